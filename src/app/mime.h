/*
 * Media types by the ending of a file's name. A fixed table; names are static
 * strings.
 */
#ifndef TINY_APP_MIME_H
#define TINY_APP_MIME_H

#include "core/bytes.h"

struct mime {
    bool text;        /* worth a compressed sibling */
    const char *type; /* Content-Type, with charset where it is text */
};

/* Of the part after the last dot, case-insensitive; the type is never NULL. */
struct mime mime_of(struct span name);

#endif
