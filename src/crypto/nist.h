/*
 * P-384 and P-521 as a br_ec_impl, for 64-bit targets: short code on modint, with
 * complete addition formulas, which know no exceptions, and all the same for every
 * scalar. Constant data; 6 KiB of stack, and the 9 that modint_pow takes.
 */
#ifndef TINY_CRYPTO_NIST_H
#define TINY_CRYPTO_NIST_H

#include <bearssl.h>

extern const br_ec_impl ec_nist;

#endif
