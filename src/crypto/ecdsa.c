#include "crypto/ecdsa.h"

#include <string.h>

#include "core/bytes.h"
#include "crypto/limbs.h"
#include "crypto/p256.h"
#include "crypto/p256_order.h"

#if CRYPTO_WIDE

/* The leftmost 256 bits of the hash as a number, modulo n (SEC 1, section 4.1.3). */
static void hash_to_scalar(uint64_t m[4], const void *hash, size_t len)
{
    unsigned char buf[32] = {0};

    if (len > sizeof buf) {
        len = sizeof buf;
    }
    memcpy(buf + sizeof buf - len, hash, len);
    p256_scalar_decode(m, buf);
}

/* A private key of any length whose value is in [1, n - 1]; else returns 0. */
static uint32_t decode_private(uint64_t x[4], const unsigned char *src, size_t len)
{
    unsigned char buf[32] = {0};
    uint64_t excess = 0, good;

    for (; len > sizeof buf; len--) {
        excess |= *src++;
    }
    memcpy(buf + sizeof buf - len, src, len);
    good = p256_scalar_decode(x, buf) & mask_zero(excess) & ~limbs_is_zero(x);
    bytes_wipe(buf, sizeof buf);
    return (uint32_t)(good & 1);
}

/*
 * The nonce of RFC 6979: drawn until it is in [1, n - 1]. How often we draw says
 * nothing about the value that is kept, so this loop may be seen.
 */
static void draw_nonce(uint64_t k[4], unsigned char kb[32], br_hmac_drbg_context *drbg)
{
    uint64_t good;

    do {
        br_hmac_drbg_generate(drbg, kb, 32);
        good = p256_scalar_decode(k, kb) & ~limbs_is_zero(k);
        crypto_declassify(&good, sizeof good);
    } while (good == 0);
}

/* s = (m + x r) / k, with d = x, all in [0, n - 1]. */
static void compute_s(uint64_t s[4], const uint64_t m[4], const uint64_t d[4], const uint64_t r[4],
                      const uint64_t k[4])
{
    static const uint64_t plain_one[4] = {1, 0, 0, 0};
    uint64_t t[4], u[4];

    p256_scalar_invert(s, k);             /* R^2 / k */
    p256_scalar_montmul(t, d, r);         /* x r / R */
    p256_scalar_montmul(u, m, plain_one); /* m / R */
    p256_scalar_add(t, t, u);
    p256_scalar_montmul(s, t, s);
    bytes_wipe(t, sizeof t);
    bytes_wipe(u, sizeof u);
}

static size_t sign_p256(const br_hash_class *hf, const void *hash_value,
                        const br_ec_private_key *sk, unsigned char raw[64])
{
    size_t hash_len = (hf->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK;
    unsigned char seed[64], point[P256_POINT_LEN], kb[32];
    uint64_t x[4], m[4], k[4], r[4], s[4];
    br_hmac_drbg_context drbg;
    uint32_t good = decode_private(x, sk->x, sk->xlen);

    crypto_declassify(&good, sizeof good);
    if (!good) {
        return 0;
    }
    hash_to_scalar(m, hash_value, hash_len);
    limbs_encode(seed, x);
    limbs_encode(seed + 32, m);
    br_hmac_drbg_init(&drbg, hf, seed, sizeof seed);
    draw_nonce(k, kb, &drbg);
    p256_mulgen(point, kb);
    crypto_declassify(point, sizeof point);
    p256_scalar_decode(r, point + 1);
    compute_s(s, m, x, r, k);
    crypto_declassify(s, sizeof s);
    limbs_encode(raw, r);
    limbs_encode(raw + 32, s);
    good = (uint32_t)(~(limbs_is_zero(r) | limbs_is_zero(s)) & 1);
    bytes_wipe(seed, sizeof seed);
    bytes_wipe(kb, sizeof kb);
    bytes_wipe(x, sizeof x);
    bytes_wipe(k, sizeof k);
    bytes_wipe(&drbg, sizeof drbg);
    return good ? 64 : 0;
}

size_t ecdsa_sign_asn1(const br_ec_impl *impl, const br_hash_class *hf, const void *hash_value,
                       const br_ec_private_key *sk, void *sig)
{
    unsigned char raw[64 + 12]; /* room for the ASN.1 form */
    size_t len;

    if (sk->curve != BR_EC_secp256r1) {
        return br_ecdsa_i31_sign_asn1(impl, hf, hash_value, sk, sig);
    }
    len = sign_p256(hf, hash_value, sk, raw);
    if (len > 0) {
        len = br_ecdsa_raw_to_asn1(raw, len);
        memcpy(sig, raw, len);
    }
    return len;
}

/* One INTEGER in [1, n - 1], in its shortest form; 0 if it is not that. */
static uint32_t decode_integer(uint64_t d[4], struct reader *r)
{
    unsigned char buf[32] = {0};
    struct span body;

    if (reader_u8(r) != 0x02) {
        return 0;
    }
    body = reader_vec8(r); /* a length above 127 cannot hold a number below n */
    if (r->bad || body.len == 0 || body.len > 33 || (body.data[0] & 0x80) != 0) {
        return 0;
    }
    if (body.data[0] == 0) {
        if (body.len == 1 || (body.data[1] & 0x80) == 0) {
            return 0;
        }
        body = span_of(body.data + 1, body.len - 1);
    }
    if (body.len > sizeof buf) {
        return 0;
    }
    memcpy(buf + sizeof buf - body.len, body.data, body.len);
    return p256_scalar_decode(d, buf) != 0 && !limbs_is_zero(d);
}

static uint32_t decode_signature(uint64_t r[4], uint64_t s[4], const void *sig, size_t len)
{
    struct reader in = reader_of(sig, len);
    struct reader body;
    struct span sequence;

    if (reader_u8(&in) != 0x30) {
        return 0;
    }
    sequence = reader_vec8(&in);
    if (in.bad || sequence.len > 70 || reader_left(&in) != 0) {
        return 0;
    }
    body = reader_of(sequence.data, sequence.len);
    return decode_integer(r, &body) && decode_integer(s, &body) && reader_left(&body) == 0;
}

/* Everything here is public, so it may branch. */
static uint32_t verify_p256(const void *hash, size_t hash_len, const br_ec_public_key *pk,
                            const void *sig, size_t sig_len)
{
    unsigned char point[P256_POINT_LEN], u1[32], u2[32];
    uint64_t r[4], s[4], m[4], t[4];

    if (pk->qlen != sizeof point || !decode_signature(r, s, sig, sig_len)) {
        return 0;
    }
    p256_scalar_invert(s, s); /* R^2 / s */
    hash_to_scalar(m, hash, hash_len);
    p256_scalar_montmul(m, m, s);
    p256_scalar_montmul(t, r, s);
    /* m and t are R m / s and R r / s: one more step takes the R away. */
    p256_scalar_montmul(m, m, (const uint64_t[4]){1, 0, 0, 0});
    p256_scalar_montmul(t, t, (const uint64_t[4]){1, 0, 0, 0});
    limbs_encode(u1, m);
    limbs_encode(u2, t);
    memcpy(point, pk->q, sizeof point);
    if (!p256_muladd(point, NULL, u2, u1)) {
        return 0;
    }
    p256_scalar_decode(t, point + 1);
    return memcmp(t, r, sizeof t) == 0;
}

uint32_t ecdsa_vrfy_asn1(const br_ec_impl *impl, const void *hash, size_t hash_len,
                         const br_ec_public_key *pk, const void *sig, size_t sig_len)
{
    if (pk->curve != BR_EC_secp256r1) {
        return br_ecdsa_i31_vrfy_asn1(impl, hash, hash_len, pk, sig, sig_len);
    }
    return verify_p256(hash, hash_len, pk, sig, sig_len);
}

#endif
