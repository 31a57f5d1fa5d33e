#include "tls/x509sig.h"
#include "core/build.h"
#include "crypto/crypto.h"
#include "tls/der.h"
#include "tls/oid.h"
#include "tls/rsasign.h"

#include <string.h>

#define RSA_MAX_LEN 512 /* the largest modulus, 4096 bits */

struct x509_signed x509_signed_take(struct reader *r)
{
    struct x509_signed s;

    r->bad = r->bad || der_peek(r) != DER_SEQUENCE;
    s.tbs = der_element(r);
    s.algorithm = der_take(r, DER_SEQUENCE);
    s.signature = der_bits(r);
    return s;
}

br_x509_pkey x509_cert_key(const struct x509_cert *cert)
{
    br_x509_pkey key = {.key_type = (unsigned char)cert->key_type};

    if (cert->key_type == BR_KEYTYPE_RSA) {
        key.key.rsa = cert->rsa;
    } else {
        key.key.ec = cert->ec;
    }
    return key;
}

const br_hash_class *x509_sig_class(unsigned id)
{
    static const br_hash_class *const classes[] = {
        &br_sha1_vtable, &br_sha224_vtable, &br_sha256_vtable, &br_sha384_vtable, &br_sha512_vtable,
    };

    return !TINY_COMFORT || id == br_sha256_ID ? crypto_sha256() : classes[id - br_sha1_ID];
}

static size_t hash_len(unsigned id)
{
    return x509_sig_class(id)->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

/* The hash of pieces, one after the other. */
static void hash_all(unsigned id, const struct span *pieces, size_t count, uint8_t *out)
{
    br_hash_compat_context c;
    const br_hash_class *class = x509_sig_class(id);

    class->init(&c.vtable);
    for (size_t i = 0; i < count; i++) {
        class->update(&c.vtable, pieces[i].data, pieces[i].len);
    }
    class->out(&c.vtable, out);
}

/* ---- which algorithm ------------------------------------------------------ */

/* The hash of an AlgorithmIdentifier, 0 when it is none of ours. */
static uint8_t hash_of(struct reader *outer)
{
    struct reader r = der_reader(der_take(outer, DER_SEQUENCE));
    struct span oid = der_take(&r, DER_OID);

    for (unsigned id = br_sha1_ID; id <= br_sha512_ID; id++) {
        if (der_oid_is(oid, rsasign_hash_oid(id))) {
            return r.bad ? 0 : (uint8_t)id;
        }
    }
    return 0;
}

/* RSASSA-PSS-params (RFC 4055). The mask must be made with the same hash. What is
 * left out would mean SHA-1, so nobody leaves it out. */
static bool take_pss(struct reader *outer, struct x509_sig_kind *kind)
{
    static const uint8_t mgf1[] = {9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8};
    struct reader r = der_reader(der_take(outer, DER_SEQUENCE));
    struct reader hash = der_reader(der_take_optional(&r, DER_CONSTRUCTED(0)));
    struct reader mask = der_reader(der_take_optional(&r, DER_CONSTRUCTED(1)));
    struct reader salt = der_reader(der_take_optional(&r, DER_CONSTRUCTED(2)));
    struct reader generator = der_reader(der_take(&mask, DER_SEQUENCE));
    uint32_t salt_len = reader_left(&salt) > 0 ? der_uint32(&salt) : 20;

    kind->pss = true;
    kind->hash_id = hash_of(&hash);
    kind->salt_len = (uint16_t)salt_len;
    return kind->hash_id != 0 && der_oid_is(der_take(&generator, DER_OID), mgf1) &&
           hash_of(&generator) == kind->hash_id && salt_len <= RSA_MAX_LEN && !generator.bad &&
           !mask.bad && !salt.bad && !r.bad && reader_left(&r) == 0;
}

/* The last number of an OID that is otherwise the same as this one, else 0. */
static unsigned last_number(struct span oid, const uint8_t *like)
{
    size_t len = like[0];

    return oid.len == len && memcmp(oid.data, like + 1, len - 1) == 0 ? oid.data[len - 1] : 0;
}

bool x509_sig_kind_of(struct span algorithm, struct x509_sig_kind *kind)
{
    static const uint8_t ecdsa_sha1[] = {7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1};
    struct reader r = der_reader(algorithm);
    struct span oid = der_take(&r, DER_OID);
    unsigned rsa = last_number(oid, OID_RSA), ec = last_number(oid, OID_ECDSA_SHA256);

    *kind = (struct x509_sig_kind){.key_type = rsa != 0 ? BR_KEYTYPE_RSA : BR_KEYTYPE_EC};
    if (rsa == OID_RSA_PSS[9]) {
        return take_pss(&r, kind) && !r.bad && reader_left(&r) == 0;
    }
    if (rsa != 0 && reader_left(&r) > 0) {
        r.bad = der_take(&r, DER_NULL).len > 0 || r.bad;
    }
    if (rsa == 14) {
        kind->hash_id = br_sha224_ID;
    } else if (rsa >= 11 && rsa <= 13) {
        kind->hash_id = (uint8_t)(rsa - 11 + br_sha256_ID);
    } else if (ec >= 1 && ec <= 4) {
        kind->hash_id = (uint8_t)(ec - 1 + br_sha224_ID);
    } else if (rsa == 5 || der_oid_is(oid, ecdsa_sha1)) {
        kind->hash_id = br_sha1_ID;
    }
    return kind->hash_id != 0 && !r.bad && reader_left(&r) == 0;
}

/* ---- does it verify ------------------------------------------------------- */

/* XORs MGF1 (RFC 8017, B.2.1) of the seed onto dst. */
static void unmask(uint8_t *dst, size_t len, unsigned id, struct span seed)
{
    size_t step = hash_len(id);

    for (uint32_t n = 0; n * step < len; n++) {
        uint8_t counter[4], block[X509_SIG_HASH_MAX];
        struct span pieces[2] = {seed, span_of(counter, sizeof counter)};

        put_u32(counter, n);
        hash_all(id, pieces, ARRAY_LEN(pieces), block);
        for (size_t i = 0; i < step && n * step + i < len; i++) {
            dst[n * step + i] ^= block[i];
        }
    }
}

/* EMSA-PSS-VERIFY (RFC 8017, 9.1.2). The encoded message's `unused` highest bits
 * are zero: it has one bit less than the modulus. */
static bool pss_fits(const struct x509_sig_kind *kind, uint8_t *em, size_t len, unsigned unused,
                     const uint8_t *hash)
{
    static const uint8_t zeros[8];
    size_t h_len = hash_len(kind->hash_id);
    size_t db_len, pad;
    uint8_t digest[X509_SIG_HASH_MAX];
    struct span pieces[3] = {span_of(zeros, sizeof zeros), span_of(hash, h_len)};

    if (len < h_len + kind->salt_len + 2 || em[len - 1] != 0xBC || em[0] >> (8 - unused) != 0) {
        return false;
    }
    db_len = len - h_len - 1;
    pad = db_len - kind->salt_len - 1;
    unmask(em, db_len, kind->hash_id, span_of(em + db_len, h_len));
    em[0] &= (uint8_t)(0xFF >> unused);
    for (size_t i = 0; i < pad; i++) {
        if (em[i] != 0) {
            return false;
        }
    }
    pieces[2] = span_of(em + pad + 1, kind->salt_len);
    hash_all(kind->hash_id, pieces, ARRAY_LEN(pieces), digest);
    return em[pad] == 1 && memcmp(digest, em + db_len, h_len) == 0;
}

static bool pss_good(const struct x509_sig_kind *kind, struct span signature, const uint8_t *hash,
                     const br_rsa_public_key *key)
{
    uint8_t em[RSA_MAX_LEN];
    unsigned unused = 1;
    size_t skip;

    if (signature.len != key->nlen || signature.len > sizeof em) {
        return false;
    }
    for (unsigned top = key->n[0]; top < 0x80 && top != 0; top <<= 1) {
        unused++;
    }
    skip = unused / 8;
    memcpy(em, signature.data, signature.len);
    return br_rsa_i31_public(em, signature.len, key) == 1 && (skip == 0 || em[0] == 0) &&
           pss_fits(kind, em + skip, signature.len - skip, unused % 8, hash);
}

static bool rsa_good(const struct x509_sig_kind *kind, struct span signature, const uint8_t *hash,
                     const br_rsa_public_key *key)
{
    size_t len = hash_len(kind->hash_id);
    uint8_t found[X509_SIG_HASH_MAX];

    if (kind->pss) {
        return pss_good(kind, signature, hash, key);
    }
    return br_rsa_i31_pkcs1_vrfy(signature.data, signature.len, rsasign_hash_oid(kind->hash_id),
                                 len, key, found) == 1 &&
           memcmp(hash, found, len) == 0;
}

void x509_sig_hash(const struct x509_sig_kind *kind, struct span tbs, uint8_t *hash)
{
    hash_all(kind->hash_id, &tbs, 1, hash);
}

bool x509_sig_fits(const struct x509_sig_kind *kind, struct span signature, const uint8_t *hash,
                   const br_x509_pkey *key)
{
    if (key->key_type != kind->key_type) {
        return false;
    }
    return key->key_type == BR_KEYTYPE_RSA
               ? rsa_good(kind, signature, hash, &key->key.rsa)
               : crypto_ecdsa_vrfy()(crypto_ec(), hash, hash_len(kind->hash_id), &key->key.ec,
                                     signature.data, signature.len) == 1;
}

enum x509_sig x509_sig_check_weak(const struct x509_signed *s, const br_x509_pkey *key)
{
    struct x509_sig_kind kind;
    uint8_t hash[X509_SIG_HASH_MAX];

    if (!x509_sig_kind_of(s->algorithm, &kind) || key->key_type != kind.key_type) {
        return X509_SIG_UNKNOWN;
    }
    x509_sig_hash(&kind, s->tbs, hash);
    return x509_sig_fits(&kind, s->signature, hash, key) ? X509_SIG_GOOD : X509_SIG_BAD;
}

enum x509_sig x509_sig_check(const struct x509_signed *s, const br_x509_pkey *key)
{
    struct x509_sig_kind kind;

    if (x509_sig_kind_of(s->algorithm, &kind) && kind.hash_id == br_sha1_ID) {
        return X509_SIG_UNKNOWN;
    }
    return x509_sig_check_weak(s, key);
}
