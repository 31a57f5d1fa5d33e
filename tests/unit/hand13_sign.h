/*
 * CertificateVerify of both sides for the TLS 1.3 client by hand: what is signed
 * (RFC 8446, section 4.4.3), ECDSA by BearSSL, RSASSA-PSS (RFC 8017, section 8.1)
 * in its plainest form here, so that the server's own is not its own judge.
 */
#ifndef TINY_TESTS_HAND13_SIGN_H
#define TINY_TESTS_HAND13_SIGN_H

#include "hand13.h"

static inline const br_hash_class *hand13_scheme_hash(uint16_t scheme)
{
    switch (scheme) {
    case 0x0403:
    case 0x0804:
        return &br_sha256_vtable;
    case 0x0503:
    case 0x0805:
        return &br_sha384_vtable;
    case 0x0603:
    case 0x0806:
        return &br_sha512_vtable;
    default:
        return NULL;
    }
}

static inline void hand13_digest(const br_hash_class *hash, struct span a, struct span b,
                                 struct span d, uint8_t *out)
{
    br_hash_compat_context h;

    hash->init(&h.vtable);
    hash->update(&h.vtable, a.data, a.len);
    hash->update(&h.vtable, b.data, b.len);
    hash->update(&h.vtable, d.data, d.len);
    hash->out(&h.vtable, out);
}

static inline void hand13_signed_digest(bool server, const br_hash_class *hash,
                                        struct span transcript, uint8_t out[64])
{
    char head[64 + 33 + 1];

    memset(head, ' ', 64);
    memcpy(head + 64,
           server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify", 34);
    hand13_digest(hash, span_of(head, sizeof head), transcript, span_of(NULL, 0), out);
}

/* ---- RSASSA-PSS, the salt as long as the hash ---------------------------- */

static inline void hand13_mask(const br_hash_class *hash, struct span seed, uint8_t *data,
                               size_t len)
{
    size_t n = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    uint8_t block[64], counter[4];

    for (size_t done = 0; done < len; done += n) {
        put_u32(counter, (uint32_t)(done / n));
        hand13_digest(hash, seed, span_of(counter, 4), span_of(NULL, 0), block);
        for (size_t i = 0; i < n && done + i < len; i++) {
            data[done + i] ^= block[i];
        }
    }
}

static inline void hand13_pss_hash(const br_hash_class *hash, size_t n, const uint8_t *digest,
                                   const uint8_t *salt, uint8_t *out)
{
    static const uint8_t zeros[8];

    hand13_digest(hash, span_of(zeros, 8), span_of(digest, n), span_of(salt, n), out);
}

/* em: len bytes, moduli of whole bytes. */
static inline void hand13_pss_make(const br_hash_class *hash, const uint8_t *digest, uint8_t *em,
                                   size_t len)
{
    size_t n = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    size_t db = len - n - 1;
    uint8_t salt[64];

    memset(salt, 0x5A, sizeof salt);
    memset(em, 0, len);
    em[db - n - 1] = 1;
    memcpy(em + db - n, salt, n);
    hand13_pss_hash(hash, n, digest, salt, em + db);
    em[len - 1] = 0xBC;
    hand13_mask(hash, span_of(em + db, n), em, db);
    em[0] &= 0x7F;
}

static inline bool hand13_pss_good(const br_hash_class *hash, const uint8_t *digest, uint8_t *em,
                                   size_t len)
{
    size_t n = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    size_t db = len - n - 1;
    uint8_t want[64];
    bool good = em[len - 1] == 0xBC && (em[0] & 0x80) == 0;

    hand13_mask(hash, span_of(em + db, n), em, db);
    em[0] &= 0x7F;
    for (size_t i = 0; i + n + 1 < db; i++) {
        good = good && em[i] == 0;
    }
    hand13_pss_hash(hash, n, digest, em + db - n, want);
    return good && em[db - n - 1] == 1 && memcmp(want, em + db, n) == 0;
}

/* ---- the two uses -------------------------------------------------------- */

/* Did the certificate's key sign the server's CertificateVerify? */
static inline bool hand13_signed(struct span leaf, uint16_t scheme, struct span transcript,
                                 struct span signature)
{
    const br_hash_class *hash = hand13_scheme_hash(scheme);
    uint8_t digest[64], em[512];
    struct x509_cert cert;
    char buf[128];
    struct text error = text_over(buf, sizeof buf);
    size_t n;

    memset(&cert, 0, sizeof cert);
    if (hash == NULL || x509_cert_parse(&cert, leaf, false, &error) != 0) {
        return false;
    }
    n = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    hand13_signed_digest(true, hash, transcript, digest);
    if (cert.key_type == BR_KEYTYPE_EC) {
        return scheme >> 8 == (cert.ec.curve == 23   ? 4
                               : cert.ec.curve == 24 ? 5
                                                     : 6) &&
               (scheme & 0xFF) == 3 &&
               crypto_ecdsa_vrfy()(crypto_ec(), digest, n, &cert.ec, signature.data,
                                   signature.len) == 1;
    }
    if (scheme >> 8 != 8 || signature.len > sizeof em || signature.len != cert.rsa.nlen) {
        return false;
    }
    memcpy(em, signature.data, signature.len);
    return br_rsa_i31_public(em, signature.len, &cert.rsa) == 1 &&
           hand13_pss_good(hash, digest, em, signature.len);
}

/* Where randomness is fixed the same few things are signed again and again, which
 * would be most of the time: ECDSA with a memory. Of use as the server's, too. */
static inline size_t hand13_ecdsa(const br_ec_impl *impl, const br_hash_class *hash,
                                  const void *digest, const br_ec_private_key *sk, void *sig)
{
    static struct {
        uint8_t digest[64], key[66], signature[144];
        size_t len;
    } known[64];
    static unsigned next;
    size_t n = hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
    unsigned i = 0;

    while (i < ARRAY_LEN(known) && (memcmp(known[i].digest, digest, n) != 0 ||
                                    memcmp(known[i].key, sk->x, sk->xlen) != 0)) {
        i++;
    }
    if (i == ARRAY_LEN(known)) {
        i = next++ % ARRAY_LEN(known);
        memcpy(known[i].digest, digest, n);
        memcpy(known[i].key, sk->x, sk->xlen);
        known[i].len = crypto_ecdsa_sign()(impl, hash, digest, sk, known[i].signature);
    }
    memcpy(sig, known[i].signature, known[i].len);
    return known[i].len;
}

/* The signature of a client's fixture; scheme 0: what fits its key, and told in *scheme. */
static inline size_t hand13_sign(const char *name, uint16_t *scheme, struct span transcript,
                                 uint8_t out[600])
{
    struct span der = fixture_bytes(name, true);
    br_skey_decoder_context key;
    const br_hash_class *hash;
    uint8_t digest[64];
    size_t n;

    br_skey_decoder_init(&key);
    br_skey_decoder_push(&key, der.data, der.len);
    if (*scheme == 0) {
        *scheme = 0x0804;
        if (br_skey_decoder_key_type(&key) == BR_KEYTYPE_EC) {
            int curve = br_skey_decoder_get_ec(&key)->curve;

            *scheme = curve == 23 ? 0x0403 : curve == 24 ? 0x0503 : 0x0603;
        }
    }
    /* A scheme that does not exist is signed with some hash. */
    hash = hand13_scheme_hash(*scheme) != NULL ? hand13_scheme_hash(*scheme) : &br_sha256_vtable;
    hand13_signed_digest(false, hash, transcript, digest);
    if (br_skey_decoder_key_type(&key) == BR_KEYTYPE_EC) {
        return hand13_ecdsa(crypto_ec(), hash, digest, br_skey_decoder_get_ec(&key), out);
    }
    n = (br_skey_decoder_get_rsa(&key)->n_bitlen + 7) / 8;
    hand13_pss_make(hash, digest, out, n);
    return crypto_rsa_private()(out, br_skey_decoder_get_rsa(&key)) == 1 ? n : 0;
}

#endif
