#include "crypto/modint.h"

#include <string.h>

#include "core/bytes.h"
#include "crypto/cpu.h"
#include "crypto/limbs.h"

#if CRYPTO_WIDE

#define WINDOW_BITS 5
#define WINDOW_SIZE (1 << WINDOW_BITS)

uint64_t modint_decode(uint64_t *d, size_t limbs, const unsigned char *src, size_t len)
{
    uint64_t excess = 0;

    memset(d, 0, limbs * sizeof *d);
    for (size_t i = 0; i < len; i++) {
        uint64_t byte = src[len - 1 - i];

        if (i / 8 < limbs) {
            d[i / 8] |= byte << (i % 8 * 8);
        } else {
            excess |= byte;
        }
    }
    return mask_zero(excess);
}

void modint_encode(unsigned char *dst, size_t len, const uint64_t *a, size_t limbs)
{
    for (size_t i = 0; i < len; i++) {
        uint64_t limb = i / 8 < limbs ? a[i / 8] : 0;

        dst[len - 1 - i] = (unsigned char)(limb >> (i % 8 * 8));
    }
}

#ifdef __x86_64__
/*
 * Eight limbs of modint_mul_add: the low halves of the products and the carries go
 * along one chain (CF), the limbs of t along another (OF), so that neither waits.
 */
/* NOLINTNEXTLINE(readability-non-const-parameter): the assembly writes to t. */
static inline uint64_t mul_add_8(uint64_t *t, const uint64_t *a, uint64_t b, uint64_t carry)
{
    uint64_t low, next, zero;

#define STEP(at, in, out)                                                                          \
    "mulxq " at "(%[a]), %[low], %[" out "]\n\t"                                                   \
    "adcxq %[" in "], %[low]\n\t"                                                                  \
    "adoxq " at "(%[t]), %[low]\n\t"                                                               \
    "movq %[low], " at "(%[t])\n\t"
    __asm__("xorl %k[zero], %k[zero]\n\t" /* clears both carries too */
            STEP("0", "carry", "next") STEP("8", "next", "carry") STEP("16", "carry", "next")
                STEP("24", "next", "carry") STEP("32", "carry", "next") STEP("40", "next", "carry")
                    STEP("48", "carry", "next")
                        STEP("56", "next", "carry") "adcxq %[zero], %[carry]\n\t"
                                                    "adoxq %[zero], %[carry]\n\t"
            : [carry] "+&r"(carry), [low] "=&r"(low), [next] "=&r"(next), [zero] "=&r"(zero)
            : [t] "r"(t), [a] "r"(a), "d"(b)
            : "cc", "memory");
#undef STEP
    return carry;
}
#endif

uint64_t modint_mul_add(uint64_t *t, const uint64_t *a, size_t limbs, uint64_t b, bool adx)
{
    uint64_t carry = 0;
    size_t i = 0;

#ifdef __x86_64__
    if (adx) {
        for (; i + 8 <= limbs; i += 8) {
            carry = mul_add_8(t + i, a + i, b, carry);
        }
    }
#else
    (void)adx;
#endif
    for (; i < limbs; i++) {
        u128 v = (u128)a[i] * b + t[i] + carry;

        t[i] = (uint64_t)v;
        carry = (uint64_t)(v >> 64);
    }
    return carry;
}

/* d = a - m where that is not negative or top is 1, else a. */
static void subtract_if_needed(uint64_t *d, const uint64_t *a, uint64_t top, struct modulus *mod)
{
    unsigned char c = 0;
    uint64_t keep;

    for (size_t i = 0; i < mod->limbs; i++) {
        uint64_t unused;

        c = limb_sub(c, a[i], mod->m[i], &unused);
    }
    keep = mask_bit(c & (top ^ 1));
    c = 0;
    for (size_t i = 0; i < mod->limbs; i++) {
        c = limb_sub(c, a[i], ~keep & mod->m[i], &d[i]);
    }
}

/*
 * Product and reduction in turn: after step i the number is t[i + 1] and up, below
 * 2 m R in all, with its top limb t[i + limbs] and the carry `top` out of it.
 */
void modint_montmul(uint64_t *d, const uint64_t *a, const uint64_t *b, struct modulus *mod)
{
    uint64_t *t = mod->t, top = 0;
    size_t n = mod->limbs;

    memset(t, 0, n * sizeof *t);
    for (size_t i = 0; i < n; i++) {
        uint64_t c1 = modint_mul_add(t + i, a, n, b[i], mod->adx);
        uint64_t c2 = modint_mul_add(t + i, mod->m, n, t[i] * mod->m0, mod->adx);
        unsigned char c = limb_add((unsigned char)top, c1, c2, &t[i + n]);

        top = c;
    }
    subtract_if_needed(d, t + n, top, mod);
}

void modint_sub(uint64_t *d, const uint64_t *a, const uint64_t *b, struct modulus *mod)
{
    unsigned char c = 0;
    uint64_t borrow;

    for (size_t i = 0; i < mod->limbs; i++) {
        c = limb_sub(c, a[i], b[i], &d[i]);
    }
    borrow = mask_bit(c);
    c = 0;
    for (size_t i = 0; i < mod->limbs; i++) {
        c = limb_add(c, d[i], borrow & mod->m[i], &d[i]);
    }
}

void modint_add(uint64_t *d, const uint64_t *a, const uint64_t *b, struct modulus *mod)
{
    unsigned char c = 0;

    for (size_t i = 0; i < mod->limbs; i++) {
        c = limb_add(c, a[i], b[i], &d[i]);
    }
    subtract_if_needed(d, d, c, mod);
}

/*
 * R^2 mod m. From 2^(8 (len - 1)), which is below m, doubling leads to R mod m; that
 * is R 2^0, and squaring R 2^k gives R 2^(2k), doubling R 2^(k + 1), so the bits of
 * the exponent 64 limbs lead to R R.
 */
static void compute_r2(struct modulus *mod, size_t len)
{
    size_t bits = 64 * mod->limbs, start = 8 * (len - 1);
    unsigned bit = 0;

    memset(mod->r2, 0, mod->limbs * sizeof *mod->r2);
    mod->r2[start / 64] = (uint64_t)1 << (start % 64);
    for (size_t i = start; i < bits; i++) {
        modint_add(mod->r2, mod->r2, mod->r2, mod);
    }
    while (bits >> (bit + 1) != 0) {
        bit++;
    }
    modint_add(mod->r2, mod->r2, mod->r2, mod);
    while (bit-- > 0) {
        modint_montmul(mod->r2, mod->r2, mod->r2, mod);
        if ((bits >> bit & 1) != 0) {
            modint_add(mod->r2, mod->r2, mod->r2, mod);
        }
    }
}

uint64_t modint_init(struct modulus *mod, size_t limbs, const unsigned char *src, size_t len)
{
    uint64_t inverse, odd;

    if (limbs > MODINT_LIMBS || len < 2 || (len + 7) / 8 > limbs) {
        return 0;
    }
    mod->limbs = limbs;
#ifdef __x86_64__
    mod->adx = cpu_has_adx();
#else
    mod->adx = false;
#endif
    modint_decode(mod->m, limbs, src, len);
    odd = mask_bit(mod->m[0] & 1);
    inverse = mod->m[0]; /* right for 3 bits; each step doubles that */
    for (int i = 0; i < 5; i++) {
        inverse *= 2 - mod->m[0] * inverse;
    }
    mod->m0 = 0 - inverse;
    compute_r2(mod, len);
    return odd;
}

void modint_reduce(uint64_t *d, const uint64_t *a, struct modulus *mod)
{
    uint64_t high[MODINT_LIMBS], low[MODINT_LIMBS];

    modint_montmul(high, a + mod->limbs, mod->r2, mod); /* high R */
    modint_montmul(high, high, mod->r2, mod);           /* high R R */
    modint_montmul(low, a, mod->r2, mod);               /* low R */
    modint_add(d, high, low, mod);
    bytes_wipe(high, sizeof high);
    bytes_wipe(low, sizeof low);
}

/* Bits [5 i, 5 i + 5) of the exponent; i is public. */
static uint64_t exponent_window(const unsigned char *e, size_t len, size_t i)
{
    size_t bit = i * WINDOW_BITS, at = bit / 8;
    unsigned v = e[len - 1 - at];

    if (at + 1 < len) {
        v |= (unsigned)e[len - 2 - at] << 8;
    }
    return (v >> (bit % 8)) & (WINDOW_SIZE - 1);
}

/* d = table[index], reading all of the table. */
static void window_lookup(uint64_t *d, uint64_t table[WINDOW_SIZE][MODINT_LIMBS], uint64_t index,
                          size_t limbs)
{
    memset(d, 0, limbs * sizeof *d);
    for (uint64_t k = 0; k < WINDOW_SIZE; k++) {
        uint64_t mask = mask_zero(k ^ index);

        for (size_t i = 0; i < limbs; i++) {
            d[i] |= mask & table[k][i];
        }
    }
}

void modint_pow(uint64_t *d, const uint64_t *a, const unsigned char *e, size_t len,
                struct modulus *mod)
{
    uint64_t table[WINDOW_SIZE][MODINT_LIMBS], one[MODINT_LIMBS] = {1}, t[MODINT_LIMBS];
    size_t size = mod->limbs * sizeof *d;

    modint_montmul(table[0], one, mod->r2, mod);
    memcpy(table[1], a, size);
    for (int i = 2; i < WINDOW_SIZE; i++) {
        modint_montmul(table[i], table[i - 1], table[1], mod);
    }
    memcpy(d, table[0], size);
    for (size_t i = (len * 8 + WINDOW_BITS - 1) / WINDOW_BITS; i-- > 0;) {
        for (int n = 0; n < WINDOW_BITS; n++) {
            modint_montmul(d, d, d, mod);
        }
        window_lookup(t, table, exponent_window(e, len, i), mod->limbs);
        modint_montmul(d, d, t, mod);
    }
    bytes_wipe(table, sizeof table);
    bytes_wipe(t, sizeof t);
}

#endif
