/*
 * 64x64-bit multiplication for the primitives of this room. Where the compiler
 * has a 128-bit integer CRYPTO_WIDE is 1 and our implementations are built;
 * elsewhere they are left out and crypto.c hands out BearSSL's instead. Masks
 * are all-ones for true and zero for false, and are kept from the optimiser, so
 * that it cannot turn a selection into a branch.
 */
#ifndef TINY_CRYPTO_WIDE_H
#define TINY_CRYPTO_WIDE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Says that a value derived from a secret may be seen from here on: a signature,
 * a public point, whether a draw succeeded. It does nothing but under tests/ct,
 * which builds this room for valgrind.
 */
#ifdef CRYPTO_CT_CHECK
#include <valgrind/memcheck.h>
static inline void crypto_declassify(const void *p, size_t len)
{
    VALGRIND_MAKE_MEM_DEFINED(p, len);
}
#else
static inline void crypto_declassify(const void *p, size_t len)
{
    (void)p;
    (void)len;
}
#endif

#ifdef __SIZEOF_INT128__
#define CRYPTO_WIDE 1

__extension__ typedef unsigned __int128 u128;

static inline uint64_t mask_hide(uint64_t mask)
{
    __asm__("" : "+r"(mask));
    return mask;
}

/* All-ones when v is zero. */
static inline uint64_t mask_zero(uint64_t v)
{
    return mask_hide(((v | (0 - v)) >> 63) - 1);
}

/* All-ones when bit is 1; bit is 0 or 1. */
static inline uint64_t mask_bit(uint64_t bit)
{
    return mask_hide(0 - bit);
}

/* Between the processor's order of bytes and the big-endian one. */
static inline uint64_t order_be64(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(v);
#else
    return v;
#endif
}

static inline uint64_t load_be64(const unsigned char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return order_be64(v);
}

static inline void store_be64(unsigned char *p, uint64_t v)
{
    v = order_be64(v);
    memcpy(p, &v, sizeof v);
}

static inline uint64_t load_le64(const unsigned char *p)
{
    return __builtin_bswap64(load_be64(p));
}

static inline void store_le64(unsigned char *p, uint64_t v)
{
    store_be64(p, __builtin_bswap64(v));
}

#else
#define CRYPTO_WIDE 0
#endif

#endif
