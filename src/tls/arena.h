/*
 * Memory that is taken piece by piece and given back all at once, wiped. Used
 * for credentials and trust anchors, which live and die together. The owner
 * calls arena_end; pieces are never freed alone.
 */
#ifndef TINY_TLS_ARENA_H
#define TINY_TLS_ARENA_H

#include "core/bytes.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
};

/* Zeroed, aligned for any type; NULL without memory. */
void *arena_take(struct arena *a, size_t len);
/* count elements of size bytes; NULL also when the product overflows. */
void *arena_take_array(struct arena *a, size_t count, size_t size);
/* Copies; NULL without memory. An empty span gives a valid pointer. */
uint8_t *arena_copy(struct arena *a, struct span s);
char *arena_string(struct arena *a, struct span s);
void arena_end(struct arena *a);

#endif
