#include "tls/ocsp.h"
#include "crypto/crypto.h"
#include "tls/der.h"
#include "tls/oid.h"

#include <string.h>

#define DER_ENUMERATED 0x0A
#define MAX_SINGLES    64
#define MAX_CERTS      4
#define WEEK_S         (7 * 86400)

static const uint8_t OID_OCSP_BASIC[] = {9, 0x2B, 6, 1, 5, 5, 7, 48, 1, 1};
static const uint8_t OID_OCSP_SIGNING[] = {8, 0x2B, 6, 1, 5, 5, 7, 3, 9};

/* One answer out of a response. */
struct single {
    struct span hash_oid, name_hash, key_hash, serial;
    uint8_t status; /* its tag */
    int64_t from_s, until_s;
};

/* ---- the parser -------------------------------------------------------- */

static void take_single(struct reader *list, struct single *s)
{
    struct reader r = der_reader(der_take(list, DER_SEQUENCE));
    struct reader id = der_reader(der_take(&r, DER_SEQUENCE));
    struct reader algorithm = der_reader(der_take(&id, DER_SEQUENCE));
    struct reader next;

    s->hash_oid = der_take(&algorithm, DER_OID);
    s->name_hash = der_take(&id, DER_OCTET_STRING);
    s->key_hash = der_take(&id, DER_OCTET_STRING);
    s->serial = der_take(&id, DER_INTEGER);
    s->status = der_peek(&r);
    der_element(&r);
    s->from_s = x509_take_time(&r);
    s->until_s = s->from_s + WEEK_S; /* without a word: not for ever */
    if (der_peek(&r) == DER_CONSTRUCTED(0)) {
        next = der_reader(der_take(&r, DER_CONSTRUCTED(0)));
        s->until_s = x509_take_time(&next);
        r.bad = r.bad || next.bad || reader_left(&next) > 0;
    }
    der_take_optional(&r, DER_CONSTRUCTED(1));
    list->bad = list->bad || r.bad || id.bad || algorithm.bad || reader_left(&r) > 0 ||
                reader_left(&id) > 0 ||
                (s->status != DER_CONTEXT(0) && s->status != DER_CONSTRUCTED(1) &&
                 s->status != DER_CONTEXT(2));
}

static bool parse_data(struct ocsp_response *o)
{
    struct reader outer = der_reader(o->parts.tbs);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    struct reader list;
    struct single s;
    uint8_t tag;

    if (der_peek(&r) == DER_CONSTRUCTED(0)) {
        der_take(&r, DER_CONSTRUCTED(0)); /* the version, 1 */
    }
    tag = der_peek(&r);
    o->responder = der_element(&r);
    x509_take_time(&r); /* producedAt */
    o->singles = der_take(&r, DER_SEQUENCE);
    der_take_optional(&r, DER_CONSTRUCTED(1));
    list = der_reader(o->singles);
    for (unsigned n = 0; reader_left(&list) > 0 && !list.bad; n++) {
        take_single(&list, &s);
        list.bad = list.bad || n == MAX_SINGLES;
    }
    return !outer.bad && !r.bad && !list.bad && reader_left(&r) == 0 &&
           (tag == DER_CONSTRUCTED(1) || tag == DER_CONSTRUCTED(2));
}

static bool parse_basic(struct ocsp_response *o, struct span basic)
{
    struct reader outer = der_reader(basic);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    struct reader certs;

    o->parts = x509_signed_take(&r);
    o->certs = span_of(basic.data, 0);
    if (!r.bad && der_peek(&r) == DER_CONSTRUCTED(0)) {
        certs = der_reader(der_take(&r, DER_CONSTRUCTED(0)));
        o->certs = der_take(&certs, DER_SEQUENCE);
        r.bad = r.bad || certs.bad || reader_left(&certs) > 0;
    }
    return !outer.bad && !r.bad && reader_left(&outer) == 0 && reader_left(&r) == 0 &&
           parse_data(o);
}

enum ocsp_parsed ocsp_parse(struct ocsp_response *o, struct span der, struct text *error)
{
    static const char failures[][18] = {"malformedRequest", "internalError", "tryLater", "",
                                        "sigRequired",      "unauthorized"};
    struct reader whole = der_reader(der);
    struct reader r = der_reader(der_take(&whole, DER_SEQUENCE));
    struct span status = der_take(&r, DER_ENUMERATED);
    struct reader bytes, body;
    struct span type, basic;

    if (!whole.bad && !r.bad && status.len == 1 && status.data[0] >= 1 &&
        status.data[0] <= ARRAY_LEN(failures)) {
        text_addf(error, "the responder gave an error (%s) in place of an answer",
                  failures[status.data[0] - 1]);
        return OCSP_FAILED;
    }
    bytes = der_reader(der_take(&r, DER_CONSTRUCTED(0)));
    body = der_reader(der_take(&bytes, DER_SEQUENCE));
    type = der_take(&body, DER_OID);
    basic = der_take(&body, DER_OCTET_STRING);
    if (whole.bad || r.bad || bytes.bad || body.bad || reader_left(&whole) > 0 || status.len != 1 ||
        status.data[0] != 0 || !der_oid_is(type, OID_OCSP_BASIC) || !parse_basic(o, basic)) {
        text_add(error, "this is no OCSP response in DER, or it is malformed");
        return OCSP_BAD;
    }
    return OCSP_READ;
}

/* ---- whom it is about -------------------------------------------------- */

/* What a hash of RFC 6960 is made over: the bits of the key alone. */
static struct span key_bits(const struct x509_cert *cert)
{
    struct reader outer = der_reader(cert->spki);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));

    der_take(&r, DER_SEQUENCE);
    return der_bits(&r);
}

static bool is_hash(struct span hash, const br_hash_class *class, struct span bytes)
{
    br_hash_compat_context c;
    uint8_t out[64];

    class->init(&c.vtable);
    class->update(&c.vtable, bytes.data, bytes.len);
    class->out(&c.vtable, out);
    return span_equal(hash,
                      span_of(out, (class->desc >> BR_HASHDESC_OUT_OFF) & BR_HASHDESC_OUT_MASK));
}

static bool is_about(const struct single *s, const struct x509_cert *cert,
                     const struct x509_cert *issuer)
{
    static const uint8_t sha1[] = {5, 0x2B, 0x0E, 3, 2, 0x1A};
    static const uint8_t sha256[] = {9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1};
    const br_hash_class *class = der_oid_is(s->hash_oid, sha1)     ? &br_sha1_vtable
                                 : der_oid_is(s->hash_oid, sha256) ? crypto_sha256()
                                                                   : NULL;

    return class != NULL && span_equal(s->serial, cert->serial) &&
           is_hash(s->name_hash, class, cert->issuer) &&
           (issuer == NULL || is_hash(s->key_hash, class, key_bits(issuer)));
}

static bool find_single(const struct ocsp_response *o, const struct x509_cert *cert,
                        const struct x509_cert *issuer, struct single *s)
{
    struct reader list = der_reader(o->singles);

    while (reader_left(&list) > 0) {
        take_single(&list, s);
        if (is_about(s, cert, issuer)) {
            return true;
        }
    }
    return false;
}

/* ---- who signed it ----------------------------------------------------- */

static bool is_responder(const struct ocsp_response *o, const struct x509_cert *cert)
{
    struct reader r = der_reader(o->responder);

    if (der_peek(&r) == DER_CONSTRUCTED(1)) {
        return span_equal(der_take(&r, DER_CONSTRUCTED(1)), cert->subject);
    }
    r = der_reader(der_take(&r, DER_CONSTRUCTED(2)));
    return is_hash(der_take(&r, DER_OCTET_STRING), &br_sha1_vtable, key_bits(cert));
}

static bool is_signed_by(const struct x509_signed *parts, const struct x509_cert *cert)
{
    br_x509_pkey key = x509_cert_key(cert);

    return x509_sig_check(parts, &key) == X509_SIG_GOOD;
}

/* A responder that the issuer has named by a certificate (RFC 6960, 4.2.2.2). */
static bool is_delegate(const struct x509_cert *cert, const struct x509_cert *issuer, int64_t now_s)
{
    return der_oid_in(cert->purposes, OID_OCSP_SIGNING) &&
           span_equal(cert->issuer, issuer->subject) && cert->not_before_s <= now_s &&
           now_s <= cert->not_after_s && is_signed_by(&cert->sig, issuer);
}

static bool signed_well(const struct ocsp_response *o, const struct x509_cert *issuer,
                        int64_t now_s)
{
    struct reader list = der_reader(o->certs);
    struct text unused = text_over(NULL, 0);
    struct x509_cert cert;

    if (is_responder(o, issuer)) {
        return is_signed_by(&o->parts, issuer);
    }
    for (unsigned n = 0; n < MAX_CERTS && reader_left(&list) > 0; n++) {
        if (x509_cert_parse(&cert, der_element(&list), false, &unused) == 0 &&
            is_responder(o, &cert) && is_delegate(&cert, issuer, now_s)) {
            return is_signed_by(&o->parts, &cert);
        }
    }
    return false;
}

enum ocsp_verdict ocsp_judge(const struct ocsp_response *o, const struct x509_cert *cert,
                             const struct x509_cert *issuer, int64_t now_s,
                             struct ocsp_staple *staple, struct text *error)
{
    struct single s;

    if (!find_single(o, cert, issuer, &s)) {
        return OCSP_OTHER;
    }
    staple->from_s = s.from_s;
    staple->until_s = s.until_s;
    if (s.status != DER_CONTEXT(0)) {
        text_add(error, s.status == DER_CONSTRUCTED(1) ? "the certificate is REVOKED"
                                                       : "the responder does not know the "
                                                         "certificate");
        return OCSP_NOT_GOOD;
    }
    if (issuer == NULL) {
        text_add(error, "its signature is not checked: the issuer's certificate is not in the "
                        "chain");
        return OCSP_UNCHECKED;
    }
    if (!signed_well(o, issuer, now_s)) {
        text_add(error, "it is not signed by the certificate's issuer or by a responder of it");
        return OCSP_UNTRUSTED;
    }
    return OCSP_GOOD;
}
