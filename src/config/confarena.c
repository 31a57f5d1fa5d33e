#include "config/confarena.h"

#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    size_t len;
    max_align_t data[];
};

struct config_arena {
    struct block *blocks;
};

struct config_arena *config_arena_new(void)
{
    return calloc(1, sizeof(struct config_arena));
}

void config_arena_free(struct config_arena *a)
{
    if (a == NULL) {
        return;
    }
    while (a->blocks != NULL) {
        struct block *b = a->blocks;

        a->blocks = b->next;
        bytes_wipe(b->data, b->len);
        free(b);
    }
    free(a);
}

void *config_arena_take(struct config_arena *a, size_t len)
{
    struct block *b = len < SIZE_MAX - sizeof *b ? calloc(1, sizeof *b + len) : NULL;

    if (b == NULL) {
        return NULL;
    }
    b->len = len;
    b->next = a->blocks;
    a->blocks = b;
    return b->data;
}

char *config_arena_copy(struct config_arena *a, struct span text)
{
    char *copy = config_arena_take(a, text.len + 1);

    if (copy != NULL && text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    return copy;
}
