/*
 * Integers modulo an odd secret number of up to 33 limbs of 64 bits, in constant
 * time: Montgomery multiplication and exponentiation for RSA. The caller owns and
 * wipes a struct modulus; numbers have as many limbs as it says.
 */
#ifndef TINY_CRYPTO_MODINT_H
#define TINY_CRYPTO_MODINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODINT_LIMBS 33

struct modulus {
    uint64_t m[MODINT_LIMBS];
    uint64_t r2[MODINT_LIMBS];    /* R^2 mod m, where R = 2^(64 limbs) */
    uint64_t t[2 * MODINT_LIMBS]; /* the product under way, here so that one wipe takes it too */
    uint64_t m0;                  /* -1/m mod 2^64 */
    size_t limbs;
    bool adx; /* the processor has MULX, ADCX and ADOX */
};

/*
 * Big-endian bytes of any length to limbs, and back. Decoding returns all-ones if the
 * value fits, else 0; encoding takes the low len bytes.
 */
uint64_t modint_decode(uint64_t *d, size_t limbs, const unsigned char *src, size_t len);
void modint_encode(unsigned char *dst, size_t len, const uint64_t *a, size_t limbs);

/* t += a * b for one limb b; returns the carry. */
uint64_t modint_mul_add(uint64_t *t, const uint64_t *a, size_t limbs, uint64_t b, bool adx);

/*
 * Prepares mod for the number in src, which has no leading zero byte and at least two
 * bytes. Returns all-ones, or 0 if it is even or too long.
 */
uint64_t modint_init(struct modulus *mod, size_t limbs, const unsigned char *src, size_t len);
/* d = a * b / R mod m, for a below R and b below m; overlap is allowed. */
void modint_montmul(uint64_t *d, const uint64_t *a, const uint64_t *b, struct modulus *mod);
/* d = a + b and d = a - b mod m, for both below m */
void modint_add(uint64_t *d, const uint64_t *a, const uint64_t *b, struct modulus *mod);
void modint_sub(uint64_t *d, const uint64_t *a, const uint64_t *b, struct modulus *mod);
/* d = R (value of the 2 * limbs limbs of a) mod m */
void modint_reduce(uint64_t *d, const uint64_t *a, struct modulus *mod);
/* d = R (a / R)^e mod m, for an exponent of len bytes, big endian. */
void modint_pow(uint64_t *d, const uint64_t *a, const unsigned char *e, size_t len,
                struct modulus *mod);

#endif
