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

void *pool_take(struct pool *p)
{
    struct pool_block *b = p->free;

    if (b != NULL) {
        p->free = b->next;
        p->idle--;
    } else if (p->taken >= p->max_blocks) {
        return NULL;
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
    while (p->free != NULL) {
        struct pool_block *b = p->free;

        p->free = b->next;
        p->idle--;
        munmap(b, p->mapped_len);
    }
}
