/*
 * AES-GCM of a whole message at once (NIST SP 800-38D) with a nonce of 12 bytes and
 * a tag of 16, by the processor's AES (gcm_ni.h) or BearSSL's AES-CTR and GHASH. The
 * expanded key lives for the call alone: with the processor's AES making it anew costs less
 * than keeping half a kilobyte for each direction of each connection.
 */
#ifndef TINY_CRYPTO_GCM_H
#define TINY_CRYPTO_GCM_H

#include <stddef.h>
#include <stdint.h>

/* In place; key_len: 16 or 32. tag is written in both directions, and whoever
 * decrypts compares it in constant time. */
void gcm_run(const void *key, size_t key_len, const void *iv, void *data, size_t len,
             const void *aad, size_t aad_len, void *tag, int encrypt);
/* The same on every processor. */
void gcm_plain(const void *key, size_t key_len, const void *iv, void *data, size_t len,
               const void *aad, size_t aad_len, void *tag, int encrypt);

#endif
