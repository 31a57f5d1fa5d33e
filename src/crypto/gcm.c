#include "crypto/gcm.h"

#include "core/bytes.h"
#include "crypto/crypto.h"

#include <string.h>

void gcm_run(const void *key, size_t key_len, const void *iv, void *data, size_t len,
             const void *aad, size_t aad_len, void *tag, int encrypt)
{
    const br_block_ctr_class *aes = crypto_aes_ctr();
    const br_ghash ghash = crypto_ghash();
    br_aes_gen_ctr_keys keys;
    uint8_t h[16] = {0}, y[16] = {0}, lengths[16] = {0};

    aes->init(&keys.vtable, key, key_len);
    aes->run(&keys.vtable, h, 0, h, sizeof h); /* zeros, enciphered with the counter 0 */
    ghash(y, h, aad, aad_len);
    if (!encrypt) {
        ghash(y, h, data, len);
    }
    aes->run(&keys.vtable, iv, 2, data, len);
    if (encrypt) {
        ghash(y, h, data, len);
    }
    put_u32(lengths + 4, (uint32_t)aad_len << 3);
    put_u32(lengths + 8, (uint32_t)((uint64_t)len >> 29));
    put_u32(lengths + 12, (uint32_t)len << 3);
    ghash(y, h, lengths, sizeof lengths);
    aes->run(&keys.vtable, iv, 1, y, sizeof y);
    memcpy(tag, y, sizeof y);
    bytes_wipe(&keys, sizeof keys);
    bytes_wipe(h, sizeof h);
}
