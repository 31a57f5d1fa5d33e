/*
 * ChaCha20 (RFC 8439) on eight blocks at once with AVX2, for x86-64 only; the
 * caller makes sure that the processor has it. Constant time. BearSSL's
 * interface: encrypts in place, returns the counter of the next block.
 */
#ifndef TINY_CRYPTO_CHACHA20_H
#define TINY_CRYPTO_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#ifdef __x86_64__
uint32_t chacha20_avx2(const void *key, const void *iv, uint32_t counter, void *data, size_t len);
#endif

#endif
