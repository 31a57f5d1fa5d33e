/*
 * Inside of the ClientHello parser, shared by its three files: the walk over the
 * extensions, a set of 16-bit numbers, and how a fault is noted. For tls/hello.c,
 * tls/extensions.c and tls/hello13.c alone; others include tls/hello.h.
 */
#ifndef TINY_TLS_EXTENSIONS_H
#define TINY_TLS_EXTENSIONS_H

#include "tls/hello.h"

/* Reads h->extensions into h. 0, or -1 with alert and reason. Unknown ones
 * pass unread, but none may come twice. */
int extensions_parse(struct hello *h);

/* One that is read; `has` is set when `take` found no fault. */
struct extension {
    uint16_t type;
    unsigned has;
    int (*take)(struct hello *h, struct span body);
};

/* Reads one extension if it is among these. */
int extension_take(struct hello *h, const struct extension *known_here, size_t count, uint16_t type,
                   struct span body);
int extension_empty(struct hello *h, struct span body);
/* Is list, taken from body's front, of uint16, not empty, and body's rest? 0 with *out, or -1. */
int extension_list(struct span body, struct span list, struct span *out);

/* Note the fault and return -1. */
static inline int hello_refuse(struct hello *h, enum alert alert, const char *reason)
{
    h->alert = alert;
    h->reason = reason;
    return -1;
}

static inline int hello_malformed(struct hello *h, const char *reason)
{
    return hello_refuse(h, ALERT_DECODE_ERROR, reason);
}

static inline int hello_illegal(struct hello *h, const char *reason)
{
    return hello_refuse(h, ALERT_ILLEGAL_PARAMETER, reason);
}

/* The reader was read to its end, and never beyond. */
static inline bool reader_finished(const struct reader *r)
{
    return !r->bad && r->pos == r->end;
}

/* A set of all 16-bit numbers: doubles are found in one pass however many
 * entries a hostile hello holds. 8 KiB, for the stack. */
struct u16_set {
    uint32_t words[65536 / 32];
};

static inline bool u16_set_has(const struct u16_set *set, uint16_t v)
{
    return (set->words[v / 32] >> (v % 32) & 1) != 0;
}

/* False if v was there already. */
static inline bool u16_set_add(struct u16_set *set, uint16_t v)
{
    bool fresh = !u16_set_has(set, v);

    set->words[v / 32] |= (uint32_t)1 << (v % 32);
    return fresh;
}

#endif
