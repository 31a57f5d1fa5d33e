/*
 * The elliptic curves as one br_ec_impl: P-256 and X25519 for speed, P-384 and
 * P-521 for few bytes. Constant data. Unlike BearSSL's, multiplication on
 * Curve25519 fails (0) for a point of small order, elsewhere when infinity comes out.
 */
#ifndef TINY_CRYPTO_EC_H
#define TINY_CRYPTO_EC_H

#include <bearssl.h>

extern const br_ec_impl ec_fast;

#endif
