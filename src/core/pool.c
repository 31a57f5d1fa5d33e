#include "core/pool.h"
#include "core/bytes.h"
#include "core/must.h"

#include <sys/auxv.h>
#include <sys/mman.h>

/* Lies in the idle block itself. */
struct pool_block {
    struct pool_block *next;
};

void pool_begin(struct pool *p, size_t block_len, size_t max_blocks, size_t keep_blocks)
{
    size_t page = (size_t)getauxval(AT_PAGESZ);

    must(block_len >= sizeof(struct pool_block));
    *p = (struct pool){.block_len = block_len,
                       .mapped_len = (block_len + page - 1) / page * page,
                       .max_blocks = max_blocks,
                       .keep_blocks = keep_blocks};
}

void pool_begin_packed(struct pool *p, size_t block_len, size_t max_blocks)
{
    size_t unit = _Alignof(max_align_t);

    *p = (struct pool){.block_len = block_len,
                       .mapped_len = (block_len + unit - 1) / unit * unit,
                       .max_blocks = max_blocks,
                       .keep_blocks = max_blocks,
                       .packed = true};
}

/* The next block that was never taken; all that were are in use. */
static void *next_packed(struct pool *p)
{
    if (p->base == NULL) {
        uint8_t *base = mmap(NULL, p->mapped_len * p->max_blocks, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        p->base = base != MAP_FAILED ? base : NULL;
    }
    return p->base != NULL ? p->base + p->taken * p->mapped_len : NULL;
}

void *pool_take(struct pool *p)
{
    struct pool_block *b = p->free;

    if (b != NULL) {
        p->free = b->next;
        p->idle--;
    } else if (p->taken >= p->max_blocks) {
        return NULL;
    } else if (p->packed) {
        b = next_packed(p);
        if (b == NULL) {
            return NULL;
        }
    } else {
        b = mmap(NULL, p->mapped_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (b == MAP_FAILED) {
            return NULL;
        }
    }
    p->taken++;
    return b;
}

void pool_give(struct pool *p, void *block, size_t used)
{
    struct pool_block *b = block;

    if (b == NULL) {
        return;
    }
    must(p->taken > 0 && used <= p->mapped_len);
    p->taken--;
    bytes_wipe(block, used);
    if (p->idle >= p->keep_blocks) {
        munmap(block, p->mapped_len);
        return;
    }
    b->next = p->free;
    p->free = b;
    p->idle++;
}

void pool_end(struct pool *p)
{
    if (p->packed) {
        if (p->base != NULL) {
            munmap(p->base, p->mapped_len * p->max_blocks);
        }
        *p = (struct pool){0};
        return;
    }
    while (p->free != NULL) {
        struct pool_block *b = p->free;

        p->free = b->next;
        p->idle--;
        munmap(b, p->mapped_len);
    }
}
