/* The division that releases for 32 bits have in the compiler library's place, held
 * against this machine's own. */
#define TINY_DIVIDE
#define __udivdi3 divide_u
#define __umoddi3 rest_u
#define __divdi3  divide_i
#define __moddi3  rest_i
#include "core/divide.c"

#include "tap.h"

#include <stdbool.h>

static const uint64_t edges[] = {
    0,
    1,
    2,
    3,
    10,
    1000,
    86400,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x100000000,
    0x123456789ABCDEF,
    INT64_MAX,
    (uint64_t)INT64_MAX + 1,
    (uint64_t)INT64_MAX + 2,
    UINT64_MAX - 1,
    UINT64_MAX,
};
#define EDGES (sizeof edges / sizeof *edges)

static bool agrees(uint64_t n, uint64_t d)
{
    int64_t a = (int64_t)n, b = (int64_t)d;
    bool defined = b != -1 || a != INT64_MIN;

    return divide_u(n, d) == n / d && rest_u(n, d) == n % d &&
           (!defined || (divide_i(a, b) == a / b && rest_i(a, b) == a % b));
}

static void test_edges(void)
{
    bool good = true;

    for (size_t i = 0; i < EDGES; i++) {
        for (size_t k = 1; k < EDGES; k++) {
            good = good && agrees(edges[i], edges[k]) && agrees(0 - edges[i], edges[k]) &&
                   agrees(edges[i], 0 - edges[k]);
        }
    }
    ok(good, "numbers at the edges, with either sign");
}

static void test_many(void)
{
    uint64_t x = 88172645463325252u;
    bool good = true;

    for (unsigned i = 0; i < 20000; i++) {
        uint64_t n, d;

        x ^= x << 13; /* Marsaglia's xorshift */
        x ^= x >> 7;
        x ^= x << 17;
        n = x >> i % 64;
        d = (x * 0x9E3779B97F4A7C15u) >> i / 64 % 64;
        good = good && (d == 0 || agrees(n, d));
    }
    ok(good, "numbers of every length");
}

int main(void)
{
    test_edges();
    test_many();
    return tap_done();
}
