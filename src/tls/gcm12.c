/*
 * TLS 1.2's records under AES-GCM (RFC 5288), for BearSSL's engine, by the AES-GCM that
 * TLS 1.3 has, too (crypto/gcm.h): one is smaller than two, and ours is the faster one. Of the
 * library's context the key's bytes stand in `bc`, their number in `h`.
 */
#include "crypto/gcm.h"
#include "tls/internal.h"

#include <string.h>

enum { NONCE = 8, TAG = 16, PLAIN_MAX = 16384 };

static void init(br_sslrec_gcm_context *cc, const void *key, size_t key_len, const void *iv)
{
    cc->seq = 0;
    memcpy(&cc->bc, key, key_len);
    cc->h[0] = (unsigned char)key_len;
    memcpy(cc->iv, iv, sizeof cc->iv);
}

/* The nonce's 8 bytes stand before the data. */
static void protect(br_sslrec_gcm_context *cc, int type, unsigned version, uint8_t *data,
                    size_t len, uint8_t tag[TAG], bool encrypt)
{
    uint8_t nonce[12], aad[13];

    memcpy(nonce, cc->iv, sizeof cc->iv);
    memcpy(nonce + sizeof cc->iv, data - NONCE, NONCE);
    put_u32(aad, (uint32_t)(cc->seq >> 32));
    put_u32(aad + 4, (uint32_t)cc->seq);
    aad[8] = (uint8_t)type;
    put_u16(aad + 9, version);
    put_u16(aad + 11, (uint32_t)len);
    cc->seq++;
    gcm_run(&cc->bc, cc->h[0], nonce, data, len, aad, sizeof aad, tag, encrypt);
}

/* ---- from the client ------------------------------------------------------- */

static void in_init(const br_sslrec_in_gcm_class **ctx, const br_block_ctr_class *bc,
                    const void *key, size_t key_len, br_ghash ghash, const void *iv)
{
    br_sslrec_gcm_context *cc = (br_sslrec_gcm_context *)(void *)ctx;

    (void)bc;
    (void)ghash;
    cc->vtable.in = &gcm12_in;
    init(cc, key, key_len, iv);
}

static int fits(const br_sslrec_in_class *const *ctx, size_t len)
{
    (void)ctx;
    return len >= NONCE + TAG && len <= PLAIN_MAX + NONCE + TAG;
}

static unsigned char *decrypt(const br_sslrec_in_class **ctx, int type, unsigned version,
                              void *payload, size_t *len)
{
    uint8_t *data = (uint8_t *)payload + NONCE, tag[TAG];

    *len -= NONCE + TAG;
    protect((br_sslrec_gcm_context *)(void *)ctx, type, version, data, *len, tag, false);
    return span_equal_ct(span_of(tag, TAG), span_of(data + *len, TAG)) ? data : NULL;
}

const br_sslrec_in_gcm_class gcm12_in = {
    {sizeof(br_sslrec_gcm_context), fits, decrypt},
    in_init,
};

/* ---- to the client --------------------------------------------------------- */

static void out_init(const br_sslrec_out_gcm_class **ctx, const br_block_ctr_class *bc,
                     const void *key, size_t key_len, br_ghash ghash, const void *iv)
{
    br_sslrec_gcm_context *cc = (br_sslrec_gcm_context *)(void *)ctx;

    (void)bc;
    (void)ghash;
    cc->vtable.out = &gcm12_out;
    init(cc, key, key_len, iv);
}

static void max_plaintext(const br_sslrec_out_class *const *ctx, size_t *start, size_t *end)
{
    size_t most;

    (void)ctx;
    *start += NONCE;
    most = *end - *start - TAG;
    *end = *start + (most < PLAIN_MAX ? most : PLAIN_MAX);
}

/* The sequence number serves as the nonce, so none comes twice. */
static unsigned char *encrypt(const br_sslrec_out_class **ctx, int type, unsigned version,
                              void *plain, size_t *len)
{
    br_sslrec_gcm_context *cc = (br_sslrec_gcm_context *)(void *)ctx;
    uint8_t *data = plain, *record = data - NONCE - 5;

    put_u32(data - NONCE, (uint32_t)(cc->seq >> 32));
    put_u32(data - NONCE + 4, (uint32_t)cc->seq);
    protect(cc, type, version, data, *len, data + *len, true);
    *len += NONCE + TAG;
    record[0] = (uint8_t)type;
    put_u16(record + 1, version);
    put_u16(record + 3, (uint32_t)*len);
    *len += 5;
    return record;
}

const br_sslrec_out_gcm_class gcm12_out = {
    {sizeof(br_sslrec_gcm_context), max_plaintext, encrypt},
    out_init,
};
