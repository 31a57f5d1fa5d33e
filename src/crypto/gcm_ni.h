/*
 * AES-GCM with the processor's AES and carry-less multiplication, for x86-64 only; the
 * caller makes sure that it has them. Eight blocks are enciphered while eight others
 * are hashed, so that both units always have work. Constant time.
 */
#ifndef TINY_CRYPTO_GCM_NI_H
#define TINY_CRYPTO_GCM_NI_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __x86_64__
/* As gcm_run. Needs cpu_has_aes(); wide: two blocks at a time, needs cpu_has_vaes(). */
void gcm_ni(bool wide, const void *key, size_t key_len, const void *iv, void *data, size_t len,
            const void *aad, size_t aad_len, void *tag, int encrypt);
#endif

#endif
