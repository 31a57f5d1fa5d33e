#include "tls/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN 4096

struct arena_chunk {
    struct arena_chunk *next;
    size_t used; /* of data */
    size_t cap;
    alignas(max_align_t) uint8_t data[];
};

static struct arena_chunk *add_chunk(struct arena *a, size_t len)
{
    size_t cap = len > CHUNK_MIN ? len : CHUNK_MIN;
    struct arena_chunk *c;

    if (cap > SIZE_MAX - sizeof *c) {
        return NULL;
    }
    c = calloc(1, sizeof *c + cap);
    if (c != NULL) {
        c->cap = cap;
        c->next = a->chunks;
        a->chunks = c;
    }
    return c;
}

void *arena_take(struct arena *a, size_t len)
{
    const size_t unit = alignof(max_align_t);
    struct arena_chunk *c = a->chunks;
    void *p;

    if (len > SIZE_MAX - unit) {
        return NULL;
    }
    len = (len + unit - 1) / unit * unit;
    if (c == NULL || len > c->cap - c->used) {
        c = add_chunk(a, len);
        if (c == NULL) {
            return NULL;
        }
    }
    p = c->data + c->used;
    c->used += len;
    return p;
}

void *arena_take_array(struct arena *a, size_t count, size_t size)
{
    return size > 0 && count > SIZE_MAX / size ? NULL : arena_take(a, count * size);
}

uint8_t *arena_copy(struct arena *a, struct span s)
{
    uint8_t *p = arena_take(a, s.len > 0 ? s.len : 1);

    if (p != NULL && s.len > 0) {
        memcpy(p, s.data, s.len);
    }
    return p;
}

char *arena_string(struct arena *a, struct span s)
{
    char *p = arena_take(a, s.len + 1); /* zeroed */

    if (p != NULL && s.len > 0) {
        memcpy(p, s.data, s.len);
    }
    return p;
}

void arena_end(struct arena *a)
{
    while (a->chunks != NULL) {
        struct arena_chunk *c = a->chunks;

        a->chunks = c->next;
        bytes_wipe(c, sizeof *c + c->cap);
        free(c);
    }
}
