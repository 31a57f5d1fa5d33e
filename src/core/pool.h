/*
 * A pool of equal blocks with a fixed maximum. Blocks come from mmap one by
 * one, are handed out last-in first-out so that few pages stay warm, and go
 * back to the kernel when more than `keep` lie idle. A block is wiped when it
 * is given back. The pool owns all blocks; pool_end frees the idle ones.
 *
 * A packed pool is for blocks that are kept for long and fill no whole pages: they
 * stand side by side in one mapping, whose pages stay once they were touched.
 */
#ifndef TINY_CORE_POOL_H
#define TINY_CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool_block;

struct pool {
    struct pool_block *free;
    size_t block_len;  /* usable bytes, as asked for */
    size_t mapped_len; /* rounded up to pages */
    size_t max_blocks;
    size_t keep_blocks;
    size_t taken;
    size_t idle;
    bool packed;
    uint8_t *base; /* of a packed one, from the first block that was taken on */
};

void pool_begin(struct pool *p, size_t block_len, size_t max_blocks, size_t keep_blocks);
void pool_begin_packed(struct pool *p, size_t block_len, size_t max_blocks);
/* NULL when the maximum is reached or the kernel has no memory. Contents are
 * not defined (zero or wiped). */
void *pool_take(struct pool *p);
/* used: how many bytes from the start may hold data and must be wiped. */
void pool_give(struct pool *p, void *block, size_t used);
void pool_end(struct pool *p);

#endif
