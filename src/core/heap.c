/*
 * malloc and its kin for the release: a mapping of its own for every block. The
 * program allocates a few dozen blocks at start and at reload and none while it
 * serves, so whole pages cost little; a use after free is a fault at once, and
 * the C library's allocator (8 KB of code) stays out. Tests and sanitizers use
 * the platform's, since this one is only built where TINY_HEAP is defined.
 */
#ifdef TINY_HEAP
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MARK ((size_t)0x74696E79)

struct head {
    alignas(max_align_t) size_t len; /* of the mapping */
    size_t mark;
};

static struct head *head_of(void *p)
{
    struct head *h = (struct head *)p - 1;

    if (h->mark != (MARK ^ h->len)) {
        __builtin_trap(); /* not a block of ours, or one that was overrun */
    }
    return h;
}

void *calloc(size_t count, size_t size)
{
    struct head *h = MAP_FAILED;
    size_t len;

    if (!__builtin_mul_overflow(count, size, &len) &&
        !__builtin_add_overflow(len, sizeof *h, &len)) {
        h = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (h == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    h->len = len;
    h->mark = MARK ^ len;
    return h + 1;
}

void *malloc(size_t len)
{
    return calloc(1, len);
}

void free(void *p)
{
    int saved = errno;

    if (p != NULL) {
        munmap(head_of(p), head_of(p)->len);
    }
    errno = saved;
}

void *realloc(void *p, size_t len)
{
    void *fresh = calloc(1, len);
    size_t had;

    if (p != NULL && fresh != NULL) {
        had = head_of(p)->len - sizeof(struct head);
        memcpy(fresh, p, had < len ? had : len);
        free(p);
    }
    return fresh;
}
#else
typedef int heap_of_the_platform; /* a file is never empty in C */
#endif
