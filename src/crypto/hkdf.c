#include "crypto/hkdf.h"

#include <string.h>

void hkdf_extract(const br_hash_class *hash, struct span salt, struct span input, uint8_t *prk)
{
    br_hmac_key_context key;
    br_hmac_context hmac;

    br_hmac_key_init(&key, hash, salt.data, salt.len);
    br_hmac_init(&hmac, &key, 0);
    br_hmac_update(&hmac, input.data, input.len);
    br_hmac_out(&hmac, prk);
    bytes_wipe(&key, sizeof key);
    bytes_wipe(&hmac, sizeof hmac);
}

void hkdf_expand(const br_hash_class *hash, struct span prk, struct span info, uint8_t *out,
                 size_t len)
{
    br_hmac_key_context key;
    br_hmac_context hmac;
    uint8_t block[64];
    size_t size = 0;

    br_hmac_key_init(&key, hash, prk.data, prk.len);
    for (uint8_t n = 1; len > 0; n++) {
        br_hmac_init(&hmac, &key, 0);
        br_hmac_update(&hmac, block, size);
        br_hmac_update(&hmac, info.data, info.len);
        br_hmac_update(&hmac, &n, 1);
        size = br_hmac_out(&hmac, block);
        size = size < len ? size : len;
        memcpy(out, block, size);
        out += size;
        len -= size;
    }
    bytes_wipe(&key, sizeof key);
    bytes_wipe(&hmac, sizeof hmac);
    bytes_wipe(block, sizeof block);
}
