#include "tls/keyfile.h"
#include "crypto/crypto.h"
#include "tls/der.h"
#include "tls/oid.h"
#include "config/options.h"
#include "core/build.h"

#include <string.h>

#define RSA_MIN_BITS  1024
#define RSA_MAX_BITS  4096
#define RSA_MAX_BYTES (RSA_MAX_BITS / 8)
#define FACTOR_MAX    260 /* BearSSL's limit, in bytes */

#if TINY_COMFORT
#define OTHER_CURVE "an EC key on a curve other than P-256, P-384 and P-521"
#else
#define OTHER_CURVE "an EC key on another curve than P-256: " OPTION_LEFT_OUT
#endif
#define OTHER_KEY "this " TINY_BUILD " build takes EC keys on P-256 only"

static int refuse(struct text *error, const char *why)
{
    text_add(error, why);
    return -1;
}

static unsigned char *loose(struct span s)
{
    return (unsigned char *)(uintptr_t)s.data;
}

enum key_label keyfile_label(const struct pem_block *block, struct text *error)
{
    const char *label = block->label;

    if (strcmp(label, "PRIVATE KEY") == 0 || strcmp(label, "RSA PRIVATE KEY") == 0 ||
        strcmp(label, "EC PRIVATE KEY") == 0 || strcmp(label, "ENCRYPTED PRIVATE KEY") == 0) {
        return KEY_LABEL_KEY;
    }
    if (strcmp(label, "PKCS12") == 0) {
        text_add(error, "a PKCS#12 file; convert it with: openssl pkcs12 -in OLD -nodes -out NEW");
    } else if (strcmp(label, "OPENSSH PRIVATE KEY") == 0) {
        text_add(error, "an OpenSSH key; convert it with: ssh-keygen -p -m PKCS8 -f FILE");
    } else if (strcmp(label, "DSA PRIVATE KEY") == 0) {
        text_add(error, "a DSA key; only RSA and EC keys are supported");
    } else {
        return KEY_LABEL_NONE;
    }
    return KEY_LABEL_REFUSED;
}

/* a * b, big-endian, into exactly a.len + b.len bytes. The time depends on the
 * lengths alone. */
static void multiply(struct span a, struct span b, uint8_t *out)
{
    memset(out, 0, a.len + b.len);
    for (size_t i = a.len; i-- > 0;) {
        uint32_t carry = 0;

        for (size_t j = b.len; j-- > 0;) {
            uint32_t v = (uint32_t)a.data[i] * b.data[j] + out[i + j + 1] + carry;

            out[i + j + 1] = (uint8_t)v;
            carry = v >> 8;
        }
        out[i] = (uint8_t)(out[i] + carry);
    }
}

static bool is_product(struct span p, struct span q, struct span n)
{
    uint8_t product[2 * FACTOR_MAX];
    size_t len = p.len + q.len;
    size_t skip = len > n.len ? len - n.len : 0;
    bool good;

    multiply(p, q, product);
    good = span_equal_ct(span_of(product + skip, len - skip), n);
    for (size_t i = 0; i < skip; i++) {
        good = good && product[i] == 0;
    }
    bytes_wipe(product, sizeof product);
    return good;
}

static bool odd(struct span s)
{
    return s.len > 0 && (s.data[s.len - 1] & 1) != 0;
}

static unsigned bit_length(struct span s)
{
    unsigned bits = (unsigned)s.len * 8;

    for (unsigned top = s.len > 0 ? s.data[0] : 0x80; top < 0x80; top <<= 1) {
        bits--;
    }
    return bits;
}

/* RSAPrivateKey (RFC 8017, A.1.2). */
static int decode_rsa(struct private_key *key, struct span der, struct text *error)
{
    struct reader outer = der_reader(der);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    uint32_t version = der_uint32(&r);
    struct span n = der_uint(&r);
    struct span e = der_uint(&r);
    struct span d = der_uint(&r);
    struct span p = der_uint(&r);
    struct span q = der_uint(&r);
    struct span dp = der_uint(&r);
    struct span dq = der_uint(&r);
    struct span iq = der_uint(&r);

    if (!outer.bad && !r.bad && version == 1) {
        return refuse(error, "an RSA key with more than two primes is not supported");
    }
    if (outer.bad || r.bad || version != 0 || reader_left(&r) > 0 || reader_left(&outer) > 0 ||
        e.len == 0 || d.len == 0) {
        return refuse(error, "the RSA key is malformed");
    }
    key->type = CRED_RSA;
    key->bits = bit_length(n);
    if (key->bits < RSA_MIN_BITS || key->bits > RSA_MAX_BITS) {
        text_addf(error, "an RSA key of %u bits; %d to %d are supported", key->bits, RSA_MIN_BITS,
                  RSA_MAX_BITS);
        return -1;
    }
    if (!odd(n) || !odd(p) || !odd(q) || p.len > FACTOR_MAX || q.len > FACTOR_MAX || dp.len == 0 ||
        dq.len == 0 || iq.len == 0 || dp.len > p.len || dq.len > q.len || iq.len > p.len ||
        !is_product(p, q, n)) {
        return refuse(error, "the RSA key's numbers do not belong together");
    }
    key->rsa = (br_rsa_private_key){.n_bitlen = key->bits,
                                    .p = loose(p),
                                    .plen = p.len,
                                    .q = loose(q),
                                    .qlen = q.len,
                                    .dp = loose(dp),
                                    .dplen = dp.len,
                                    .dq = loose(dq),
                                    .dqlen = dq.len,
                                    .iq = loose(iq),
                                    .iqlen = iq.len};
    key->rsa_modulus = n;
    return 0;
}

/* 0 < x < order, without a branch on the bytes. */
static bool in_range(struct span x, int curve)
{
    size_t order_len;
    const uint8_t *order = crypto_ec()->order(curve, &order_len);
    unsigned less = 0, equal = 1, any = 0;

    if (x.len != order_len) {
        return false;
    }
    for (size_t i = 0; i < x.len; i++) {
        unsigned below = ((unsigned)x.data[i] - order[i]) >> 31;
        unsigned same = (((unsigned)x.data[i] ^ order[i]) - 1u) >> 31;

        less |= equal & below;
        equal &= same;
        any |= x.data[i];
    }
    return (less & (any != 0)) != 0;
}

/* ECPrivateKey (RFC 5915). curve: from PKCS#8, or 0. */
static int decode_ec(struct private_key *key, struct span der, int curve, struct text *error)
{
    struct reader outer = der_reader(der);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    uint32_t version = der_uint32(&r);
    struct span x = der_take(&r, DER_OCTET_STRING);

    if (outer.bad || r.bad || version != 1 || reader_left(&outer) > 0) {
        return refuse(error, "the EC key is malformed");
    }
    if (der_peek(&r) == DER_CONSTRUCTED(0)) {
        struct reader parameters = der_reader(der_take(&r, DER_CONSTRUCTED(0)));
        int named;

        if (der_peek(&parameters) == DER_SEQUENCE) {
            return refuse(error, "the EC key gives its curve by explicit parameters; convert it "
                                 "with: openssl ec -in OLD -param_enc named_curve -out NEW");
        }
        named = x509_curve(der_take(&parameters, DER_OID));
        if (r.bad || parameters.bad || (curve != 0 && named != curve)) {
            return refuse(error, "the EC key is malformed");
        }
        curve = named;
    }
    if (curve == 0) {
        return refuse(error, OTHER_CURVE);
    }
    while (x.len > x509_curve_bytes(curve) && x.data[0] == 0) {
        x.data++;
        x.len--;
    }
    if (!in_range(x, curve)) {
        return refuse(error, "the EC key's number is out of range");
    }
    key->type = CRED_EC;
    key->bits = x509_curve_bits(curve);
    key->ec = (br_ec_private_key){curve, loose(x), x.len};
    return 0;
}

static int decode_ec_pkcs8(struct private_key *key, struct reader *algorithm, struct span der,
                           struct text *error)
{
    int curve;

    if (der_peek(algorithm) == DER_SEQUENCE) {
        return refuse(error, "the EC key gives its curve by explicit parameters; convert it "
                             "with: openssl ec -in OLD -param_enc named_curve -out NEW");
    }
    curve = x509_curve(der_take(algorithm, DER_OID));
    if (algorithm->bad) {
        return refuse(error, "the EC key is malformed");
    }
    if (curve == 0) {
        return refuse(error, OTHER_CURVE);
    }
    return decode_ec(key, der, curve, error);
}

/* PrivateKeyInfo (RFC 5208) and OneAsymmetricKey (RFC 5958). */
static int decode_pkcs8(struct private_key *key, struct span der, struct text *error)
{
    struct reader outer = der_reader(der);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    uint32_t version = der_uint32(&r);
    struct reader algorithm = der_reader(der_take(&r, DER_SEQUENCE));
    struct span oid = der_take(&algorithm, DER_OID);
    struct span body = der_take(&r, DER_OCTET_STRING);

    if (outer.bad || r.bad || algorithm.bad || version > 1 || reader_left(&outer) > 0) {
        return refuse(error, "the key is malformed");
    }
    if (der_oid_is(oid, OID_EC_KEY)) {
        return decode_ec_pkcs8(key, &algorithm, body, error);
    }
    if (!TINY_COMFORT) {
        return refuse(error, OTHER_KEY);
    }
    if (der_oid_is(oid, OID_RSA)) {
        return decode_rsa(key, body, error);
    }
    if (der_oid_is(oid, OID_RSA_PSS)) {
        return refuse(error, "an RSA key that is restricted to PSS; a plain RSA key is needed");
    }
    if (der_oid_is(oid, OID_DSA)) {
        return refuse(error, "a DSA key; only RSA and EC keys are supported");
    }
    return refuse(error, "a key of a kind that is not supported (Ed25519?); RSA or EC on P-256, "
                         "P-384, P-521 is needed");
}

/* The three containers can be told apart by the element after the version. */
static int decode_plain(struct private_key *key, struct span der, struct text *error)
{
    struct reader outer = der_reader(der);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));

    der_take(&r, DER_INTEGER);
    switch (der_peek(&r)) {
    case DER_SEQUENCE:
        return decode_pkcs8(key, der, error);
    case DER_OCTET_STRING:
        return decode_ec(key, der, 0, error);
    case DER_INTEGER:
        return TINY_COMFORT ? decode_rsa(key, der, error) : refuse(error, OTHER_KEY);
    default:
        return refuse(error, "the key is malformed");
    }
}

int keyfile_decode(struct private_key *key, struct pem_block *block, struct password *password,
                   struct text *error)
{
    struct span der = span_of(block->data, block->len);

    *key = (struct private_key){0};
    if (block->encrypted || strcmp(block->label, "ENCRYPTED PRIVATE KEY") == 0) {
        if (!TINY_EXTRAS) {
            return refuse(error, "the key is encrypted: " OPTION_LEFT_OUT);
        }
        if (pbe_decrypt(block, password, &der, error) != 0) {
            return -1;
        }
    }
    return decode_plain(key, der, error);
}

bool keyfile_same_public(const struct private_key *key, const struct x509_cert *cert)
{
    uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE];
    size_t len;

    if (TINY_COMFORT && key->type == CRED_RSA) {
        return cert->key_type == BR_KEYTYPE_RSA &&
               span_equal(key->rsa_modulus, span_of(cert->rsa.n, cert->rsa.nlen));
    }
    if (cert->key_type != BR_KEYTYPE_EC || cert->ec.curve != key->ec.curve) {
        return false;
    }
    len = crypto_ec()->mulgen(point, key->ec.x, key->ec.xlen, key->ec.curve);
    return span_equal(span_of(point, len), span_of(cert->ec.q, cert->ec.qlen));
}

/* A private operation undone by the public one. */
static bool rsa_works(const struct private_key *key, const struct x509_cert *cert)
{
    uint8_t x[RSA_MAX_BYTES], y[RSA_MAX_BYTES];
    size_t len = cert->rsa.nlen;

    for (size_t i = 0; i < len; i++) {
        x[i] = (uint8_t)(i * 37 + 1);
    }
    x[0] = 0; /* below the modulus, whose first byte is not 0 */
    memcpy(y, x, len);
    return crypto_rsa_private()(y, &key->rsa) == 1 && br_rsa_i31_public(y, len, &cert->rsa) == 1 &&
           memcmp(x, y, len) == 0;
}

const char *keyfile_match(const struct private_key *key, const struct x509_cert *cert)
{
    if (!keyfile_same_public(key, cert)) {
        return "the private key does not belong to the certificate";
    }
    if (TINY_COMFORT && key->type == CRED_RSA && !rsa_works(key, cert)) {
        return "the private key is damaged: a test signature does not verify";
    }
    return NULL;
}

static bool copy_part(unsigned char **part, size_t len, struct arena *arena)
{
    *part = arena_copy(arena, span_of(*part, len));
    return *part != NULL;
}

int keyfile_copy(struct private_key *key, struct arena *arena)
{
    br_rsa_private_key *k = &key->rsa;
    bool good;

    if (!TINY_COMFORT || key->type == CRED_EC) {
        good = copy_part(&key->ec.x, key->ec.xlen, arena);
    } else {
        good = copy_part(&k->p, k->plen, arena) && copy_part(&k->q, k->qlen, arena) &&
               copy_part(&k->dp, k->dplen, arena) && copy_part(&k->dq, k->dqlen, arena) &&
               copy_part(&k->iq, k->iqlen, arena);
    }
    key->rsa_modulus = span_of(NULL, 0);
    return good ? 0 : -1;
}
