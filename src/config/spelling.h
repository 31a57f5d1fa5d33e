/*
 * The spellings of openssl s_server: which key each of them sets, which need
 * nothing done, and why the others are refused. Constant data, packed into
 * bytes (spelling_rows.h has the rows, refusal_rows.h the sentences); one walk
 * over it.
 */
#ifndef TINY_CONFIG_SPELLING_H
#define TINY_CONFIG_SPELLING_H

#include <stdbool.h>
#include <stdint.h>

/* What a spelling does with its key. */
enum spelling_how {
    SPELLING_SET,
    SPELLING_ACCEPT,  /* [host:]port becomes an endpoint */
    SPELLING_PATH,    /* a path becomes a unix:// endpoint */
    SPELLING_ADD_OP,  /* a bit more in ssl.options */
    SPELLING_UNSET,   /* only where nothing else says anything */
    SPELLING_FIRST,   /* unless the command line has set it already */
    SPELLING_UNASKED, /* named, but another option asks for its use */
    SPELLING_FORM,    /* PEM or DER, which is found by looking into the file */
    SPELLING_NEEDLESS,
    SPELLING_REFUSED,    /* for a reason of refusal_rows.h */
    SPELLING_REFUSED_OP, /* as its bit of ssl.options is */
};

/* One row. Several rows may share a name: then all of them apply. */
struct spelling {
    const char *name;  /* without the dash */
    const char *fixed; /* what is set; NULL: takes an argument */
    uint16_t field;    /* of struct config, or which sentence refuses it */
    enum spelling_how how;
    bool takes_value;
    const uint8_t *next;
};

/* Moves on to the next row, from a zeroed struct to the first; false at the end. */
bool spelling_next(struct spelling *s);
/* Why it is refused and what would be right. */
const char *spelling_refusal(const struct spelling *s);

#endif
