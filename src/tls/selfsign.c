#include "tls/selfsign.h"
#include "tls/rsasign.h"
#include "core/build.h"
#include "core/date.h"
#include "crypto/crypto.h"
#include "tls/der.h"
#include "tls/oid.h"
#include "tls/pem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DER_MAX       8192
#define SERIAL_LEN    16
#define RSA_EXPONENT  65537
#define RSA_BITS_MAX  4096
#define BACKDATE_S    3600 /* for clients whose clock is a little behind */
#define DAY_S         86400
#define GENERAL_DNS   2
#define GENERAL_IP    7
#define USAGE_SIGN    0x80 /* digitalSignature */
#define USAGE_ENCRYPT 0x20 /* keyEncipherment, for RSA key exchange */

struct keypair {
    bool is_rsa;
    br_rsa_private_key rsa;
    br_rsa_public_key rsa_pub;
    br_ec_private_key ec;
    br_ec_public_key ec_pub;
    uint8_t priv[BR_RSA_KBUF_PRIV_SIZE(RSA_BITS_MAX)];
    uint8_t pub[BR_RSA_KBUF_PUB_SIZE(RSA_BITS_MAX)];
    uint8_t d[RSA_BITS_MAX / 8];
    size_t d_len;
};

static int refuse(struct text *error, const char *why)
{
    text_add(error, why);
    return -1;
}

static bool random_bytes(uint8_t *dst, size_t len)
{
    return getentropy(dst, len) == 0; /* len <= 256 */
}

/* ---- the request ----------------------------------------------------------- */

/* The address's bytes (4 or 16), or 0 when the name is none. */
static size_t ip_bytes(const char *name, uint8_t dst[16])
{
    if (inet_pton(AF_INET, name, dst) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, name, dst) == 1 ? 16 : 0;
}

static bool dns_name(const char *name)
{
    size_t len = strlen(name);
    size_t label = 0;

    if (strncmp(name, "*.", 2) == 0) {
        name += 2;
        len -= 2;
    }
    if (len == 0 || len > 253) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = ascii_lower(name[i]);
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';

        if (c == '.' ? label == 0 : !letter && (c != '-' || label == 0)) {
            return false;
        }
        label = c == '.' ? 0 : label + 1;
        if (label > 63) {
            return false;
        }
    }
    return label > 0 && name[len - 1] != '-';
}

static int check_request(const struct selfsign_request *q, struct text *error)
{
    uint8_t ip[16];

    if (q->names.count == 0) {
        return refuse(error, "--name is missing: which host is the certificate for?");
    }
    if (q->names.count > SELFSIGN_NAMES_MAX) {
        text_addf(error, "--name: at most %d names", SELFSIGN_NAMES_MAX);
        return -1;
    }
    for (size_t i = 0; i < q->names.count; i++) {
        if (ip_bytes(q->names.items[i], ip) == 0 && !dns_name(q->names.items[i])) {
            text_add(error, "--name: \"");
            text_add_quoted(error, span_of(q->names.items[i], strlen(q->names.items[i])));
            text_add(error, "\" is neither a host name (in its xn-- form when it is not ASCII) "
                            "nor an IP address");
            return -1;
        }
    }
    if (q->days > SELFSIGN_DAYS_MAX) {
        text_addf(error, "--days: at most %d", SELFSIGN_DAYS_MAX);
        return -1;
    }
    if (q->rsa_bits != 0 && q->rsa_bits != 2048 && q->rsa_bits != 3072 && q->rsa_bits != 4096) {
        return refuse(error, "--rsa: 2048, 3072 or 4096 bits");
    }
    return 0;
}

/* ---- the key --------------------------------------------------------------- */

/* RSA keys are for the full build: see core/build.h. */
static inline bool is_rsa(const struct keypair *k)
{
    return TINY_STANDIN && k->is_rsa;
}

static int make_key(struct keypair *k, unsigned rsa_bits, struct text *error)
{
    br_hmac_drbg_context drbg;
    uint8_t seed[64];
    bool good;

    if (!random_bytes(seed, sizeof seed)) {
        return refuse(error, "the kernel gives no random bytes");
    }
    br_hmac_drbg_init(&drbg, &br_sha256_vtable, seed, sizeof seed);
    bytes_wipe(seed, sizeof seed);
    k->is_rsa = rsa_bits != 0;
    if (is_rsa(k)) {
        good = br_rsa_i31_keygen(&drbg.vtable, &k->rsa, k->priv, &k->rsa_pub, k->pub, rsa_bits,
                                 RSA_EXPONENT) == 1;
        k->d_len = good ? br_rsa_i31_compute_privexp(k->d, &k->rsa, RSA_EXPONENT) : 0;
        good = k->d_len > 0 && k->d_len <= sizeof k->d;
    } else {
        good = br_ec_keygen(&drbg.vtable, crypto_ec(), &k->ec, k->priv, BR_EC_secp256r1) > 0 &&
               br_ec_compute_pub(crypto_ec(), &k->ec_pub, k->pub, &k->ec) > 0;
    }
    bytes_wipe(&drbg, sizeof drbg);
    return good ? 0 : refuse(error, "the key could not be generated");
}

/* ---- the certificate, written from its end ---------------------------------- */

static void sha256(struct span s, uint8_t digest[32])
{
    br_sha256_context c;

    br_sha256_init(&c);
    br_sha256_update(&c, s.data, s.len);
    br_sha256_out(&c, digest);
}

/* The contents of the public key's BIT STRING. */
static void put_public(struct der_out *o, const struct keypair *k)
{
    size_t mark = o->pos;

    if (is_rsa(k)) {
        der_put_uint(o, k->rsa_pub.e, k->rsa_pub.elen);
        der_put_uint(o, k->rsa_pub.n, k->rsa_pub.nlen);
        der_wrap(o, DER_SEQUENCE, mark);
    } else {
        der_put(o, k->ec_pub.q, k->ec_pub.qlen);
    }
}

static void put_key_algorithm(struct der_out *o, const struct keypair *k)
{
    size_t mark = o->pos;

    if (is_rsa(k)) {
        der_put_element(o, DER_NULL, NULL, 0);
        der_put_oid(o, OID_RSA);
    } else {
        der_put_oid(o, OID_P256);
        der_put_oid(o, OID_EC_KEY);
    }
    der_wrap(o, DER_SEQUENCE, mark);
}

static void put_spki(struct der_out *o, const struct keypair *k)
{
    size_t mark = o->pos;

    put_public(o, k);
    der_put(o, "", 1); /* no unused bits */
    der_wrap(o, DER_BIT_STRING, mark);
    put_key_algorithm(o, k);
    der_wrap(o, DER_SEQUENCE, mark);
}

/* An extension around the value that was written since mark. */
static void end_extension(struct der_out *o, size_t mark, const uint8_t *oid, bool critical)
{
    der_wrap(o, DER_OCTET_STRING, mark);
    if (critical) {
        der_put_element(o, DER_BOOLEAN, "\xFF", 1);
    }
    der_put_oid(o, oid);
    der_wrap(o, DER_SEQUENCE, mark);
}

static void put_alt_names(struct der_out *o, const struct string_list *names)
{
    size_t mark = o->pos;

    for (size_t i = names->count; i-- > 0;) {
        uint8_t ip[16];
        size_t len = ip_bytes(names->items[i], ip);

        if (len > 0) {
            der_put_element(o, DER_CONTEXT(GENERAL_IP), ip, len);
        } else {
            der_put_element(o, DER_CONTEXT(GENERAL_DNS), names->items[i], strlen(names->items[i]));
        }
    }
    der_wrap(o, DER_SEQUENCE, mark);
    end_extension(o, mark, OID_ALT_NAME, false);
}

static void put_key_id(struct der_out *o, const struct keypair *k)
{
    uint8_t contents[RSA_BITS_MAX / 8 + 32], digest[32];
    struct der_out p = der_out_over(contents, sizeof contents);
    size_t mark = o->pos;

    put_public(&p, k);
    o->full = o->full || p.full;
    sha256(der_written(&p), digest);
    der_put_element(o, DER_OCTET_STRING, digest, 20); /* RFC 7093, method 1 */
    end_extension(o, mark, OID_SUBJECT_KEY_ID, false);
}

static void put_extensions(struct der_out *o, const struct keypair *k,
                           const struct string_list *names)
{
    size_t mark = o->pos;
    uint8_t usage[2] = {7, USAGE_SIGN}; /* 7 unused bits */
    size_t inner;

    if (is_rsa(k)) {
        usage[0] = 5;
        usage[1] = USAGE_SIGN | USAGE_ENCRYPT;
    }
    put_alt_names(o, names);
    put_key_id(o, k);
    inner = o->pos;
    der_put_oid(o, OID_SERVER_AUTH);
    der_wrap(o, DER_SEQUENCE, inner);
    end_extension(o, inner, OID_EXT_KEY_USAGE, false);
    inner = o->pos;
    der_put_element(o, DER_BIT_STRING, usage, sizeof usage);
    end_extension(o, inner, OID_KEY_USAGE, true);
    inner = o->pos;
    der_put_element(o, DER_SEQUENCE, NULL, 0); /* cA FALSE is the default, so absent */
    end_extension(o, inner, OID_CONSTRAINTS, true);
    der_wrap(o, DER_SEQUENCE, mark);
    der_wrap(o, DER_CONSTRUCTED(3), mark);
}

/* CN holds 64 characters at most; a longer name stands in the alternative
 * names alone, and the CN says what this is. */
static void put_name(struct der_out *o, const char *name)
{
    const char *cn = strlen(name) <= 64 ? name : "tiny self-signed";
    size_t mark = o->pos;

    der_put_element(o, DER_UTF8, cn, strlen(cn));
    der_put_oid(o, OID_COMMON_NAME);
    der_wrap(o, DER_SEQUENCE, mark);
    der_wrap(o, DER_SET, mark);
    der_wrap(o, DER_SEQUENCE, mark);
}

static void put_time(struct der_out *o, int64_t when_s)
{
    struct date d = date_of(when_s);
    char buf[24];
    struct text t = text_over(buf, sizeof buf);

    text_addf(&t, "%04d%02u%02u%02u%02u%02uZ", d.year, d.month, d.day, d.hour, d.minute, d.second);
    if (d.year < 2050) {
        der_put_element(o, DER_UTC_TIME, buf + 2, t.len - 2);
    } else {
        der_put_element(o, DER_GENERAL_TIME, buf, t.len);
    }
}

static void put_algorithm(struct der_out *o, const struct keypair *k)
{
    size_t mark = o->pos;

    if (is_rsa(k)) {
        der_put_element(o, DER_NULL, NULL, 0);
        der_put_oid(o, OID_SHA256_RSA);
    } else {
        der_put_oid(o, OID_ECDSA_SHA256);
    }
    der_wrap(o, DER_SEQUENCE, mark);
}

static int put_tbs(struct der_out *o, const struct keypair *k, const struct selfsign_request *q,
                   int64_t now_s)
{
    unsigned days = q->days > 0 ? q->days : SELFSIGN_DAYS_DEFAULT;
    uint8_t serial[SERIAL_LEN];
    size_t mark = o->pos;
    size_t inner;

    if (!random_bytes(serial, sizeof serial)) {
        return -1;
    }
    serial[0] = (uint8_t)((serial[0] & 0x7F) | 0x40); /* positive, and never short */
    put_extensions(o, k, &q->names);
    put_spki(o, k);
    put_name(o, q->names.items[0]);
    inner = o->pos;
    put_time(o, now_s + (int64_t)days * DAY_S);
    put_time(o, now_s - BACKDATE_S);
    der_wrap(o, DER_SEQUENCE, inner);
    put_name(o, q->names.items[0]);
    put_algorithm(o, k);
    der_put_uint(o, serial, sizeof serial);
    inner = o->pos;
    der_put_element(o, DER_INTEGER, "\x02", 1); /* version 3 */
    der_wrap(o, DER_CONSTRUCTED(0), inner);
    der_wrap(o, DER_SEQUENCE, mark);
    return o->full ? -1 : 0;
}

/* Signs digest; the signature's length, or 0. */
static size_t sign(const struct keypair *k, const uint8_t digest[32], uint8_t *signature)
{
    if (!is_rsa(k)) {
        return crypto_ecdsa_sign()(crypto_ec(), &br_sha256_vtable, digest, &k->ec, signature);
    }
    return rsasign(crypto_rsa_private(), &k->rsa, &k->rsa_pub, br_sha256_ID, NULL, digest, 32,
                   signature);
}

static int make_certificate(struct der_out *o, const struct keypair *k,
                            const struct selfsign_request *q, int64_t now_s)
{
    uint8_t memory[DER_MAX], digest[32], signature[RSA_BITS_MAX / 8];
    struct der_out tbs = der_out_over(memory, sizeof memory);
    struct span signed_part;
    size_t mark = o->pos;
    size_t len;

    if (put_tbs(&tbs, k, q, now_s) != 0) {
        return -1;
    }
    signed_part = der_written(&tbs);
    sha256(signed_part, digest);
    len = sign(k, digest, signature);
    if (len == 0) {
        return -1;
    }
    der_put(o, signature, len);
    der_put(o, "", 1);
    der_wrap(o, DER_BIT_STRING, mark);
    put_algorithm(o, k);
    der_put(o, signed_part.data, signed_part.len);
    der_wrap(o, DER_SEQUENCE, mark);
    return o->full ? -1 : 0;
}

/* RSAPrivateKey (RFC 8017, A.1.2). */
static void put_rsa_private(struct der_out *o, const struct keypair *k)
{
    const br_rsa_private_key *sk = &k->rsa;
    size_t mark = o->pos;

    der_put_uint(o, sk->iq, sk->iqlen);
    der_put_uint(o, sk->dq, sk->dqlen);
    der_put_uint(o, sk->dp, sk->dplen);
    der_put_uint(o, sk->q, sk->qlen);
    der_put_uint(o, sk->p, sk->plen);
    der_put_uint(o, k->d, k->d_len);
    der_put_uint(o, k->rsa_pub.e, k->rsa_pub.elen);
    der_put_uint(o, k->rsa_pub.n, k->rsa_pub.nlen);
    der_put_element(o, DER_INTEGER, "", 1);
    der_wrap(o, DER_SEQUENCE, mark);
}

/* ECPrivateKey (RFC 5915); the curve stands outside. */
static void put_ec_private(struct der_out *o, const struct keypair *k)
{
    size_t mark = o->pos;

    put_public(o, k);
    der_put(o, "", 1); /* no unused bits */
    der_wrap(o, DER_BIT_STRING, mark);
    der_wrap(o, DER_CONSTRUCTED(1), mark);
    der_put_element(o, DER_OCTET_STRING, k->ec.x, k->ec.xlen);
    der_put_element(o, DER_INTEGER, "\x01", 1);
    der_wrap(o, DER_SEQUENCE, mark);
}

/* PrivateKeyInfo (RFC 5208). */
static void add_private(struct text *dst, const struct keypair *k)
{
    uint8_t memory[4096];
    struct der_out o = der_out_over(memory, sizeof memory);
    size_t mark = o.pos;

    if (is_rsa(k)) {
        put_rsa_private(&o, k);
    } else {
        put_ec_private(&o, k);
    }
    der_wrap(&o, DER_OCTET_STRING, mark);
    put_key_algorithm(&o, k);
    der_put_element(&o, DER_INTEGER, "", 1);
    der_wrap(&o, DER_SEQUENCE, mark);
    dst->full = dst->full || o.full;
    pem_add(dst, der_written(&o), "PRIVATE KEY");
    bytes_wipe(memory, sizeof memory);
}

int selfsign_make(const struct selfsign_request *request, int64_t now_s, struct text *dst,
                  struct text *error)
{
    uint8_t memory[DER_MAX];
    struct der_out o = der_out_over(memory, sizeof memory);
    struct keypair k = {0};
    int result = -1;

    if (check_request(request, error) != 0 || make_key(&k, request->rsa_bits, error) != 0) {
        return -1;
    }
    if (make_certificate(&o, &k, request, now_s) != 0) {
        text_add(error, "the certificate could not be written: too many or too long names");
    } else {
        pem_add(dst, der_written(&o), "CERTIFICATE");
        add_private(dst, &k);
        result = dst->full ? refuse(error, "the certificate is too big") : 0;
    }
    bytes_wipe(&k, sizeof k);
    return result;
}
