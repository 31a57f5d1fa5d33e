/*
 * Multiples of P-256's generator: entry i of row j is (i + 1) * 2^(65 j) times the
 * generator, affine, in the field's Montgomery form. Made when it is first asked
 * for, in a third of a millisecond; 4 KB that the program need not bring along.
 * Thirteen rows would save three quarters of the doublings, a third of the time, for 9 KB
 * more. Secret indices must be looked up by scanning.
 */
#ifndef TINY_CRYPTO_P256_TABLE_H
#define TINY_CRYPTO_P256_TABLE_H

#include "crypto/p256_field.h"

#define P256_TABLE_ROWS    4
#define P256_TABLE_COLUMNS 16

struct p256_affine {
    struct p256_fe x, y;
};

/* The P256_TABLE_COLUMNS entries of a row. */
const struct p256_affine *p256_table(unsigned row);

#endif
