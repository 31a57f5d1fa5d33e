/*
 * The RSA private-key operation with the Chinese remainder theorem, for 64-bit
 * targets, behind BearSSL's interface. Factors of up to 2,112 bits, so moduli of
 * up to 4096. Constant time but for the lengths of the key's parts; it works on
 * the stack and wipes what it leaves there.
 */
#ifndef TINY_CRYPTO_RSA_H
#define TINY_CRYPTO_RSA_H

#include <bearssl.h>

/*
 * x = x^d mod n, in place, (n_bitlen + 7) / 8 bytes, big endian. Returns 1, or 0
 * (contents not defined) if x is not below n or the key makes no sense.
 */
uint32_t rsa_private(unsigned char *x, const br_rsa_private_key *sk);

/*
 * Is y = x^d? Told by y^e = x modulo both factors, at a few percent of what
 * rsa_private costs. e > 0; y and x as rsa_private gave and took them. Returns 1 or 0.
 */
uint32_t rsa_is_right(const unsigned char *y, const unsigned char *x, const br_rsa_private_key *sk,
                      uint32_t e);

#endif
