/* core/pool: the maximum, the order of reuse, wiping, and what goes back to the kernel. */
#include "core/pool.h"
#include "tap.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whether the kernel still has the page mapped. */
static bool mapped(void *page)
{
    unsigned char there;

    return mincore(page, 1, &there) == 0;
}

static void test_maximum(void)
{
    struct pool p;
    void *block[4];

    pool_begin(&p, 5000, 3, 1);
    ok(p.mapped_len >= 5000 && p.mapped_len % (size_t)sysconf(_SC_PAGESIZE) == 0,
       "blocks are whole pages");
    for (int i = 0; i < 4; i++) {
        block[i] = pool_take(&p);
    }
    ok(block[0] != NULL && block[1] != NULL && block[2] != NULL, "three blocks of three");
    ok(block[0] != block[1] && block[1] != block[2] && block[0] != block[2], "are different");
    ok(block[3] == NULL && p.taken == 3, "a fourth is refused");
    pool_give(&p, block[1], 0);
    ok(pool_take(&p) == block[1], "a block that was given back is taken again");
    ok(pool_take(&p) == NULL, "and the maximum still holds");
    for (int i = 0; i < 3; i++) {
        pool_give(&p, block[i], 5000);
    }
    ok(p.taken == 0 && p.idle == 1, "one idle block is kept, as asked");
    ok(!mapped(block[1]) && !mapped(block[2]) && mapped(block[0]), "the others are unmapped");
    pool_end(&p);
    ok(p.idle == 0 && !mapped(block[0]), "the end unmaps the last");
}

static void test_packed(void)
{
    struct pool p;
    uint8_t *block[4];
    unsigned left = 0;

    pool_begin_packed(&p, 4151, 3);
    for (int i = 0; i < 4; i++) {
        block[i] = pool_take(&p);
    }
    ok(block[0] != NULL && block[1] == block[0] + p.mapped_len &&
           block[2] == block[1] + p.mapped_len && p.mapped_len < 4151 + 32,
       "packed blocks stand side by side");
    ok((uintptr_t)block[1] % _Alignof(max_align_t) == 0, "and are aligned");
    ok(block[3] == NULL && p.taken == 3, "no more than the maximum");
    memset(block[1], 0x5A, 4151);
    pool_give(&p, block[1], 4151);
    pool_give(&p, block[0], 0);
    ok(pool_take(&p) == block[0] && pool_take(&p) == block[1], "those given back come again");
    for (size_t i = sizeof(void *); i < 4151; i++) {
        left |= block[1][i];
    }
    ok(left == 0, "wiped");
    ok(pool_take(&p) == NULL, "and the maximum still holds");
    for (int i = 0; i < 3; i++) {
        pool_give(&p, block[i], 0);
    }
    pool_end(&p);
    ok(p.taken == 0 && !mapped((void *)((uintptr_t)block[0] & ~(uintptr_t)4095)),
       "the end unmaps all");
}

static void test_order_and_wiping(void)
{
    struct pool p;
    uint8_t *a, *b;
    unsigned left = 0;

    pool_begin(&p, 100, 8, 8);
    a = pool_take(&p);
    b = pool_take(&p);
    memset(a, 0x5A, 100);
    pool_give(&p, a, 100);
    pool_give(&p, b, 0);
    ok(pool_take(&p) == b && pool_take(&p) == a, "the last one given is the first one taken");
    /* The first bytes hold the pool's own link while a block is idle. */
    for (size_t i = sizeof(void *); i < 100; i++) {
        left |= a[i];
    }
    ok(left == 0, "what was used is wiped");
    pool_give(&p, NULL, 0);
    ok(p.taken == 2, "giving NULL does nothing");
    pool_give(&p, a, 100);
    pool_give(&p, b, 100);
    pool_end(&p);
}

static void test_no_keeping(void)
{
    struct pool p;
    void *a;

    pool_begin(&p, 100, 8, 0);
    a = pool_take(&p);
    pool_give(&p, a, 100);
    ok(p.idle == 0 && !mapped(a), "a pool that keeps nothing unmaps at once");
    pool_end(&p);
}

int main(void)
{
    test_maximum();
    test_order_and_wiping();
    test_packed();
    test_no_keeping();
    return tap_done();
}
