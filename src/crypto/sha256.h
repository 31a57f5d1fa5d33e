/*
 * SHA-256 with the processor's SHA instructions, for x86-64 only; the caller
 * makes sure that it has them. The context and the saved state are those of
 * br_sha256_vtable. Constant time.
 */
#ifndef TINY_CRYPTO_SHA256_H
#define TINY_CRYPTO_SHA256_H

#include <bearssl.h>

#ifdef __x86_64__
extern const br_hash_class sha256_ni;
#endif

#endif
