#include "tls/rsasign.h"
#include "core/bytes.h"
#include "crypto/crypto.h"
#include "crypto/wide.h"

#include <string.h>

const unsigned char *rsasign_hash_oid(unsigned hash_id)
{
    static const unsigned char sha1[] = {5, 0x2B, 0x0E, 0x03, 0x02, 0x1A};
    static const unsigned char sha2[][10] = {
        {9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 4},
        {9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 1},
        {9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 2},
        {9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 3},
    };

    if (hash_id == br_sha1_ID) {
        return sha1;
    }
    return hash_id >= br_sha224_ID && hash_id <= br_sha512_ID ? sha2[hash_id - br_sha224_ID] : NULL;
}

/* EMSA-PKCS1-v1_5 (RFC 8017, section 9.2) over len bytes; without an algorithm
 * (TLS 1.0 and 1.1) the bare hashes. Returns 0 when they do not fit. */
static size_t pkcs1_pad(uint8_t *dst, size_t len, const unsigned char *oid, const uint8_t *hash,
                        size_t hash_len)
{
    uint8_t info[32] = {0};
    size_t n = 0;

    if (oid != NULL) {
        info[n++] = 0x30;
        info[n++] = (uint8_t)(oid[0] + hash_len + 8);
        info[n++] = 0x30;
        info[n++] = (uint8_t)(oid[0] + 4);
        info[n++] = 0x06;
        memcpy(info + n, oid, oid[0] + 1u);
        n += oid[0] + 1u;
        info[n++] = 0x05;
        info[n++] = 0x00;
        info[n++] = 0x04;
        info[n++] = (uint8_t)hash_len;
    }
    if (len < n + hash_len + 11) {
        return 0;
    }
    memset(dst, 0xFF, len);
    dst[0] = 0x00;
    dst[1] = 0x01;
    dst[len - n - hash_len - 1] = 0x00;
    memcpy(dst + len - n - hash_len, info, n);
    memcpy(dst + len - hash_len, hash, hash_len);
    return len;
}

/* EMSA-PSS with MGF1 over the same hash and a salt as long as it (RFC 8017, section
 * 9.1.1; RFC 8446, section 4.2.3). Returns 0 when the modulus is too short. */
static size_t pss_pad(uint8_t *dst, uint32_t modulus_bits, const br_hash_class *class,
                      const uint8_t *hash, const uint8_t *salt, size_t hash_len)
{
    static const uint8_t zeros[8];
    size_t len = (modulus_bits + 7) / 8;
    size_t em_len = (modulus_bits + 6) / 8;
    size_t db_len = em_len - hash_len - 1;
    uint8_t *em = dst + (len - em_len), *h;
    br_hash_compat_context hc;

    if (em_len < 2 * hash_len + 2) {
        return 0;
    }
    h = em + db_len;
    memset(dst, 0, len);
    em[db_len - hash_len - 1] = 0x01;
    memcpy(em + db_len - hash_len, salt, hash_len);
    em[em_len - 1] = 0xBC;
    class->init(&hc.vtable);
    class->update(&hc.vtable, zeros, sizeof zeros);
    class->update(&hc.vtable, hash, hash_len);
    class->update(&hc.vtable, salt, hash_len);
    class->out(&hc.vtable, h);
    for (size_t done = 0; done < db_len; done += hash_len) {
        uint8_t counter[4], block[64];

        put_u32(counter, (uint32_t)(done / hash_len));
        class->init(&hc.vtable);
        class->update(&hc.vtable, h, hash_len);
        class->update(&hc.vtable, counter, sizeof counter);
        class->out(&hc.vtable, block);
        for (size_t i = 0; i < hash_len && done + i < db_len; i++) {
            em[done + i] ^= block[i];
        }
    }
    em[0] &= (uint8_t)(0xFF >> (8 * em_len - (modulus_bits - 1)));
    return len;
}

/* One wrong bit in half of the computation (bad memory, an overheated CPU)
 * would give a signature from which anybody can factor the modulus. So none
 * leaves that the public key does not turn back; it costs a few percent. */
size_t rsasign(br_rsa_private operation, const br_rsa_private_key *key,
               const br_rsa_public_key *public_key, unsigned hash_id, const struct rsasign_pss *pss,
               const uint8_t *hash, size_t hash_len, uint8_t *dst)
{
    size_t len = (key->n_bitlen + 7) / 8;
    uint8_t padded[512];
    uint32_t good;

    if (len > sizeof padded ||
        (pss != NULL ? pss_pad(padded, key->n_bitlen, pss->class, hash, pss->salt, hash_len)
                     : pkcs1_pad(padded, len, rsasign_hash_oid(hash_id), hash, hash_len)) == 0) {
        return 0;
    }
    memcpy(dst, padded, len);
    good = operation(dst, key);
    crypto_declassify(&good, sizeof good);
    good = good != 0 ? crypto_rsa_is_right(dst, padded, len, key, public_key) : 0;
    crypto_declassify(&good, sizeof good);
    if (good == 0) {
        bytes_wipe(dst, len);
        return 0;
    }
    crypto_declassify(dst, len);
    return len;
}
