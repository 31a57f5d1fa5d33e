/*
 * A page about a directory: its visible names in order, with size and time.
 * Memory is bounded, whatever the directory holds: the names are gathered in
 * batches of what fits, the smallest first, by reading the directory once for
 * each batch. A page ends after LISTING_MAX names and says so.
 */
#ifndef TINY_APP_LISTING_H
#define TINY_APP_LISTING_H

#include "core/bytes.h"
#include "core/text.h"

#define LISTING_MAX      2000
#define LISTING_SCAN_MAX 50000 /* entries of a directory that are looked at */
#define LISTING_ARENA    5120
#define LISTING_BATCH    512

struct listing {
    int fd;
    bool top;  /* no parent to go to */
    bool more; /* names were left out of this batch */
    bool failed;
    uint8_t stage;
    uint16_t count; /* names in the batch, in order */
    uint16_t next;
    uint16_t used; /* bytes of the arena */
    uint16_t shown;
    char title[200]; /* the path, cut to what fits */
    char last[256];  /* the last name that was shown */
    uint16_t at[LISTING_BATCH];
    char arena[LISTING_ARENA]; /* names, each with its NUL */
};

/* fd: the directory, kept by reference; path: as decoded, "" for the root. */
void listing_begin(struct listing *l, int fd, struct span path);
/* Writes what comes next in whole lines; cap is at least LISTING_CAP_MIN.
 * 0 at the end, -1 when the directory cannot be read. */
#define LISTING_CAP_MIN 4096
long listing_more(struct listing *l, uint8_t *dst, size_t cap);

/* Percent-encodes what may not stand in a path. */
void listing_add_encoded(struct text *t, struct span s);

#endif
