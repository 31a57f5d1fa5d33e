/*
 * Division of 64-bit numbers for releases for 32 bits, where the compiler calls it by
 * these names (MIPS, i386). Its own library has each of the four unrolled, on MIPS 4.5 KB
 * together; nothing here divides so much that the time counts, and nothing secret: the
 * time depends on the numbers.
 */
#ifdef TINY_DIVIDE
#include <stdint.h>

uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d);

/* n / d, bit by bit, and what is left over. */
static uint64_t divide(uint64_t n, uint64_t d, uint64_t *rest)
{
    uint64_t quotient = 0, bit = 1;

    if (d == 0) {
        __builtin_trap();
    }
    while (d < n && d >> 63 == 0) {
        d <<= 1;
        bit <<= 1;
    }
    for (; bit != 0; bit >>= 1, d >>= 1) {
        if (n >= d) {
            n -= d;
            quotient |= bit;
        }
    }
    *rest = n;
    return quotient;
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
    uint64_t rest;

    return divide(n, d, &rest);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
    uint64_t rest;

    (void)divide(n, d, &rest);
    return rest;
}

int64_t __divdi3(int64_t n, int64_t d)
{
    uint64_t rest, quotient = divide(magnitude(n), magnitude(d), &rest);

    return (int64_t)((n < 0) != (d < 0) ? 0 - quotient : quotient);
}

int64_t __moddi3(int64_t n, int64_t d)
{
    uint64_t rest;

    (void)divide(magnitude(n), magnitude(d), &rest);
    return (int64_t)(n < 0 ? 0 - rest : rest);
}
#endif
