/*
 * 4 KB of multiples of P-256's generator: entry [j][i] is (i + 1) * 2^(65 j)
 * times the generator, affine, in the field's Montgomery form. Constant data,
 * written by p256_table.py. Thirteen rows would save three quarters of the
 * doublings, a third of the time, for 9 KB more. Secret indices must be looked up by scanning.
 */
#ifndef TINY_CRYPTO_P256_TABLE_H
#define TINY_CRYPTO_P256_TABLE_H

#include "crypto/p256_field.h"

#define P256_TABLE_ROWS    4
#define P256_TABLE_COLUMNS 16

struct p256_affine {
    struct p256_fe x, y;
};

extern const struct p256_affine p256_table[P256_TABLE_ROWS][P256_TABLE_COLUMNS];

#endif
