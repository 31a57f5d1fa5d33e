#include "tls/x509sig.h"
#include "crypto/crypto.h"
#include "tls/der.h"
#include "tls/oid.h"

#include <string.h>

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

/* The three hashes in their order: of RSA's algorithms 11 to 13, of ECDSA's 2 to 4. */
static const br_hash_class *hash_of(unsigned number)
{
    return number == 0   ? crypto_sha256()
           : number == 1 ? &br_sha384_vtable
           : number == 2 ? &br_sha512_vtable
                         : NULL;
}

/* Is it an algorithm with this first one's OID, but for the last byte? How much larger is that? */
static unsigned distance(struct span oid, const uint8_t *first)
{
    size_t len = first[0];

    if (oid.len != len || memcmp(oid.data, first + 1, len - 1) != 0) {
        return 0xFF;
    }
    return (unsigned)oid.data[len - 1] - first[len];
}

static bool rsa_good(const struct x509_signed *s, unsigned number, const uint8_t *hash, size_t len,
                     const br_rsa_public_key *key)
{
    uint8_t oid[] = {9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, (uint8_t)(number + 1)};
    uint8_t found[64];

    return br_rsa_i31_pkcs1_vrfy(s->signature.data, s->signature.len, oid, len, key, found) == 1 &&
           memcmp(hash, found, len) == 0;
}

enum x509_sig x509_sig_check(const struct x509_signed *s, const br_x509_pkey *key)
{
    struct reader r = der_reader(s->algorithm);
    struct span oid = der_take(&r, DER_OID);
    bool rsa = key->key_type == BR_KEYTYPE_RSA;
    unsigned number = distance(oid, rsa ? OID_SHA256_RSA : OID_ECDSA_SHA256);
    const br_hash_class *class;
    br_hash_compat_context context;
    uint8_t hash[64];
    size_t len;
    bool good;

    if (rsa && reader_left(&r) > 0) {
        r.bad = der_take(&r, DER_NULL).len > 0 || r.bad;
    }
    class = hash_of(number);
    if (r.bad || reader_left(&r) > 0 || class == NULL || key->key_type == 0) {
        return X509_SIG_UNKNOWN;
    }
    len = (class->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK;
    class->init(&context.vtable);
    class->update(&context.vtable, s->tbs.data, s->tbs.len);
    class->out(&context.vtable, hash);
    good = rsa ? rsa_good(s, number, hash, len, &key->key.rsa)
               : crypto_ecdsa_vrfy()(crypto_ec(), hash, len, &key->key.ec, s->signature.data,
                                     s->signature.len) == 1;
    return good ? X509_SIG_GOOD : X509_SIG_BAD;
}
