#include "crypto/gcm.h"

#include "core/bytes.h"
#include "crypto/cpu.h"
#include "crypto/gcm_ni.h"

#include <bearssl.h>
#include <string.h>

/* BearSSL's of constant time. */
#if UINTPTR_MAX > UINT32_MAX
#define AES_KEYS br_aes_ct64_ctr_keys
#define AES_INIT br_aes_ct64_ctr_init
#define AES_RUN  br_aes_ct64_ctr_run
#define GHASH    br_ghash_ctmul64
#else
#define AES_KEYS br_aes_ct_ctr_keys
#define AES_INIT br_aes_ct_ctr_init
#define AES_RUN  br_aes_ct_ctr_run
#define GHASH    br_ghash_ctmul
#endif

void gcm_run(const void *key, size_t key_len, const void *iv, void *data, size_t len,
             const void *aad, size_t aad_len, void *tag, int encrypt)
{
#ifdef __x86_64__
    if (cpu_has_aes()) {
        gcm_ni(cpu_has_vaes(), key, key_len, iv, data, len, aad, aad_len, tag, encrypt);
        return;
    }
#endif
    gcm_plain(key, key_len, iv, data, len, aad, aad_len, tag, encrypt);
}

void gcm_plain(const void *key, size_t key_len, const void *iv, void *data, size_t len,
               const void *aad, size_t aad_len, void *tag, int encrypt)
{
    AES_KEYS keys;
    uint8_t h[16] = {0}, y[16] = {0}, lengths[16] = {0};

    AES_INIT(&keys, key, key_len);
    AES_RUN(&keys, h, 0, h, sizeof h); /* zeros, enciphered with the counter 0 */
    GHASH(y, h, aad, aad_len);
    if (!encrypt) {
        GHASH(y, h, data, len);
    }
    AES_RUN(&keys, iv, 2, data, len);
    if (encrypt) {
        GHASH(y, h, data, len);
    }
    put_u32(lengths + 4, (uint32_t)aad_len << 3);
    put_u32(lengths + 8, (uint32_t)((uint64_t)len >> 29));
    put_u32(lengths + 12, (uint32_t)len << 3);
    GHASH(y, h, lengths, sizeof lengths);
    AES_RUN(&keys, iv, 1, y, sizeof y);
    memcpy(tag, y, sizeof y);
    bytes_wipe(&keys, sizeof keys);
    bytes_wipe(h, sizeof h);
}
