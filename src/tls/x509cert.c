#include "tls/x509cert.h"
#include "core/build.h"
#include "tls/der.h"
#include "tls/oid.h"
#include "tls/x509name.h"
#include "tls/x509sig.h"
#include "core/date.h"

#include <string.h>

#define GENERAL_NAME_DNS 2
#define MAX_EXTENSIONS   64

struct curve {
    const uint8_t *oid;
    int id;
    unsigned bits;
};

static const struct curve curves[] = {
    {OID_P256, BR_EC_secp256r1, 256},
#if TINY_COMFORT
    {OID_P384, BR_EC_secp384r1, 384},
    {OID_P521, BR_EC_secp521r1, 521},
#endif
};

int x509_curve(struct span oid)
{
    for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
        if (der_oid_is(oid, curves[i].oid)) {
            return curves[i].id;
        }
    }
    return 0;
}

unsigned x509_curve_bits(int curve)
{
    for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
        if (curves[i].id == curve) {
            return curves[i].bits;
        }
    }
    return 0;
}

size_t x509_curve_bytes(int curve)
{
    return (x509_curve_bits(curve) + 7) / 8;
}

static unsigned bit_length(struct span magnitude)
{
    unsigned bits = (unsigned)magnitude.len * 8;

    for (unsigned top = magnitude.len > 0 ? magnitude.data[0] : 0x80; top < 0x80; top <<= 1) {
        bits--;
    }
    return bits;
}

/* BearSSL's structures want pointers that are not const; nothing writes there. */
static unsigned char *loose(struct span s)
{
    return (unsigned char *)(uintptr_t)s.data;
}

static const char *take_rsa(struct x509_cert *cert, struct span bits)
{
    struct reader outer = der_reader(bits);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    struct span n = der_uint(&r);
    struct span e = der_uint(&r);

    cert->key_bits = bit_length(n);
    if (outer.bad || r.bad || reader_left(&r) > 0 || reader_left(&outer) > 0 || n.len == 0) {
        return "the RSA key is malformed";
    }
    if (cert->key_bits > 4096) {
        return "the RSA key has more than 4096 bits";
    }
    if (cert->key_bits < 1024) {
        return "the RSA key has less than 1024 bits";
    }
    if ((n.data[n.len - 1] & 1) == 0 || e.len == 0 || e.len > 8 || (e.data[e.len - 1] & 1) == 0 ||
        (e.len == 1 && e.data[0] < 3)) {
        return "the RSA key's modulus or exponent is impossible";
    }
    cert->rsa = (br_rsa_public_key){loose(n), n.len, loose(e), e.len};
    cert->key_type = BR_KEYTYPE_RSA;
    return NULL;
}

static const char *take_ec(struct x509_cert *cert, struct reader *parameters, struct span point)
{
    int curve;

    if (der_peek(parameters) != DER_OID) {
        return "the EC key's curve is given by explicit parameters, not by name";
    }
    curve = x509_curve(der_take(parameters, DER_OID));
    if (curve == 0) {
        return "the EC key's curve is not P-256, P-384 or P-521";
    }
    if (point.len != 1 + 2 * x509_curve_bytes(curve) || point.data[0] != 0x04) {
        return "the EC key's point is compressed or malformed";
    }
    cert->ec = (br_ec_public_key){curve, loose(point), point.len};
    cert->key_bits = x509_curve_bits(curve);
    cert->key_type = BR_KEYTYPE_EC;
    return NULL;
}

int x509_public_key(struct x509_cert *cert, struct span spki)
{
    struct reader outer = der_reader(spki);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    struct reader algorithm = der_reader(der_take(&r, DER_SEQUENCE));
    struct span oid = der_take(&algorithm, DER_OID);
    struct span bits = der_bits(&r);

    cert->key_type = 0;
    cert->key_bits = 0;
    if (outer.bad || r.bad || algorithm.bad || reader_left(&r) > 0) {
        cert->key_problem = "the public key is malformed";
    } else if (TINY_COMFORT && der_oid_is(oid, OID_RSA)) {
        cert->key_problem = take_rsa(cert, bits);
    } else if (der_oid_is(oid, OID_EC_KEY)) {
        cert->key_problem = take_ec(cert, &algorithm, bits);
    } else {
        cert->key_problem = "the public key is neither RSA nor EC (P-256, P-384, P-521)";
    }
    return cert->key_problem == NULL ? 0 : -1;
}

static int64_t two_digits(struct reader *r)
{
    unsigned high = (unsigned)reader_u8(r) - '0';
    unsigned low = (unsigned)reader_u8(r) - '0';

    if (high > 9 || low > 9) {
        r->bad = true;
        return 0;
    }
    return high * 10 + low;
}

int64_t x509_take_time(struct reader *outer)
{
    uint8_t tag = der_peek(outer);
    struct reader r = der_reader(der_take(outer, tag));
    int64_t year, month, day, hour, minute, second;

    if (tag == DER_GENERAL_TIME) {
        year = two_digits(&r) * 100;
        year += two_digits(&r);
    } else {
        year = two_digits(&r);
        year += year < 50 ? 2000 : 1900;
    }
    month = two_digits(&r);
    day = two_digits(&r);
    hour = two_digits(&r);
    minute = two_digits(&r);
    second = two_digits(&r);
    if ((tag != DER_GENERAL_TIME && tag != DER_UTC_TIME) || reader_u8(&r) != 'Z' || r.bad ||
        reader_left(&r) > 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
        minute > 59 || second > 60) {
        outer->bad = true;
        return 0;
    }
    return ((date_days(year, (unsigned)month, (unsigned)day) * 24 + hour) * 60 + minute) * 60 +
           second;
}

static bool take_constraints(struct x509_cert *cert, struct reader *value)
{
    struct reader r = der_reader(der_take(value, DER_SEQUENCE));
    struct span flag = der_take_optional(&r, DER_BOOLEAN);
    uint32_t limit;

    cert->ca = flag.len == 1 && flag.data[0] != 0;
    if (reader_left(&r) > 0) {
        limit = der_uint32(&r);
        /* No chain comes near a larger one. */
        cert->path_length = limit < 0x7FFF ? (int)limit : 0x7FFF;
    }
    return !r.bad;
}

/* A BIT STRING whose last bits may be left out. */
static unsigned take_usage(struct reader *value)
{
    struct span bits = der_take(value, DER_BIT_STRING);

    return bits.len > 1 ? bits.data[1] : 0;
}

/* One extension's value. What is not read here is passed over. */
static bool take_value(struct x509_cert *cert, unsigned number, struct span value)
{
    struct reader r = der_reader(value);
    bool good = true;

    switch (number) {
    case X509_SUBJECT_KEY_ID:
        cert->subject_key_id = der_take(&r, DER_OCTET_STRING);
        break;
    case X509_KEY_USAGE:
        cert->usage = take_usage(&r);
        break;
    case X509_ALT_NAMES:
        cert->alt_names = der_take(&r, DER_SEQUENCE);
        break;
    case X509_CONSTRAINTS:
        good = take_constraints(cert, &r);
        break;
    case X509_NAME_CONSTRAINTS:
        cert->name_constraints = der_take(&r, DER_SEQUENCE);
        break;
    case X509_CRL_POINTS:
        cert->crl_points = der_take(&r, DER_SEQUENCE);
        break;
    case X509_AUTHORITY_KEY_ID:
        cert->authority_key = der_take(&r, DER_SEQUENCE);
        break;
    case X509_PURPOSES:
        cert->purposes = der_take(&r, DER_SEQUENCE);
        break;
    default:
        break;
    }
    return good && !r.bad;
}

/* N of 2.5.29.N, or 0: it is another one. */
static unsigned extension_number(struct span oid)
{
    return oid.len == 3 && oid.data[0] == 0x55 && oid.data[1] == 29 && oid.data[2] < 64
               ? oid.data[2]
               : 0;
}

static bool take_extensions(struct x509_cert *cert, struct span wrapped)
{
    struct reader outer = der_reader(wrapped);
    struct reader list = der_reader(der_take(&outer, DER_SEQUENCE));
    bool good = !outer.bad;

    for (unsigned n = 0; good && reader_left(&list) > 0; n++) {
        struct reader r = der_reader(der_take(&list, DER_SEQUENCE));
        unsigned number = extension_number(der_take(&r, DER_OID));
        struct span flag = der_take_optional(&r, DER_BOOLEAN);
        bool critical = flag.len == 1 && flag.data[0] != 0;
        struct span value = der_take(&r, DER_OCTET_STRING);

        good = !list.bad && !r.bad && flag.len <= 1 && n < MAX_EXTENSIONS;
        if (number == 0) {
            cert->critical_other = cert->critical_other || critical;
            continue;
        }
        good = good && (cert->extensions >> number & 1) == 0 && take_value(cert, number, value);
        cert->extensions |= (uint64_t)1 << number;
        cert->critical |= (uint64_t)critical << number;
    }
    return good;
}

/* Every ECDSA signature's identifier lies under 1.2.840.10045.4, every RSA
 * signature's under 1.2.840.113549.1.1. */
static unsigned issuer_key(struct span oid)
{
    if (oid.len > 6 && memcmp(oid.data, OID_ECDSA_SHA256 + 1, 6) == 0) {
        return BR_KEYTYPE_EC;
    }
    return oid.len > 8 && memcmp(oid.data, OID_RSA + 1, 8) == 0 ? BR_KEYTYPE_RSA : 0;
}

static bool parse_tbs(struct x509_cert *cert, struct span body)
{
    struct reader r = der_reader(body);
    struct reader version, validity;

    cert->version = 1;
    cert->path_length = -1;
    if (der_peek(&r) == DER_CONSTRUCTED(0)) {
        version = der_reader(der_take(&r, DER_CONSTRUCTED(0)));
        cert->version = der_uint32(&version) + 1;
        r.bad = r.bad || version.bad || cert->version == 0 || cert->version > 3;
    }
    cert->serial = der_take(&r, DER_INTEGER); /* any, even a negative one */
    cert->same_algorithm = span_equal(der_take(&r, DER_SEQUENCE), cert->sig.algorithm);
    cert->issuer = der_element(&r);
    validity = der_reader(der_take(&r, DER_SEQUENCE));
    cert->not_before_s = x509_take_time(&validity);
    cert->not_after_s = x509_take_time(&validity);
    cert->subject = der_element(&r);
    cert->spki = der_element(&r);
    if (r.bad || validity.bad || cert->issuer.data[0] != DER_SEQUENCE ||
        cert->subject.data[0] != DER_SEQUENCE) {
        return false;
    }
    der_take_optional(&r, DER_CONTEXT(1)); /* unique identifiers of version 2 */
    der_take_optional(&r, DER_CONTEXT(2));
    if (der_peek(&r) == DER_CONSTRUCTED(3) &&
        !take_extensions(cert, der_take(&r, DER_CONSTRUCTED(3)))) {
        return false;
    }
    return !r.bad && reader_left(&r) == 0;
}

int x509_cert_parse(struct x509_cert *cert, struct span der, bool trailing, struct text *error)
{
    struct reader whole = der_reader(der);
    struct reader outer, r, tbs, algorithm;

    *cert = (struct x509_cert){0};
    cert->der = der_element(&whole);
    outer = der_reader(cert->der);
    r = der_reader(der_take(&outer, DER_SEQUENCE));
    cert->sig = x509_signed_take(&r);
    tbs = der_reader(cert->sig.tbs);
    algorithm = der_reader(cert->sig.algorithm);
    cert->issuer_key_type = issuer_key(der_take(&algorithm, DER_OID));
    if (whole.bad || outer.bad || r.bad || algorithm.bad || reader_left(&r) > 0 ||
        (!trailing && reader_left(&whole) > 0) || !parse_tbs(cert, der_take(&tbs, DER_SEQUENCE))) {
        text_add(error, "the certificate is malformed");
        return -1;
    }
    x509_public_key(cert, cert->spki);
    return 0;
}

/* RFC 6125: a wildcard is the whole leftmost label and stands for one label; two
 * labels at least follow it, or it would be for a whole top-level domain. */
static bool name_matches(struct span pattern, const char *name)
{
    const char *dot = strchr(name, '.');

    if (span_is_nocase(pattern, name)) {
        return true;
    }
    return pattern.len > 2 && pattern.data[0] == '*' && pattern.data[1] == '.' && dot != NULL &&
           strchr(dot + 1, '.') != NULL &&
           span_is_nocase(span_of(pattern.data + 1, pattern.len - 1), dot);
}

static bool common_name_matches(struct span subject, const char *name)
{
    struct x509name_walk walk = x509name_walk_of(subject);
    struct span value;

    while (x509name_next(&walk, OID_COMMON_NAME, &value)) {
        if (name_matches(value, name)) {
            return true;
        }
    }
    return false;
}

bool x509_cert_covers(const struct x509_cert *cert, const char *name)
{
    struct reader r = der_reader(cert->alt_names);
    bool any = false;

    while (reader_left(&r) > 0) {
        bool dns = der_peek(&r) == DER_CONTEXT(GENERAL_NAME_DNS);
        struct span value = der_take(&r, der_peek(&r));

        any = any || dns;
        if (dns && name_matches(value, name)) {
            return true;
        }
    }
    return TINY_COMFORT && !any && common_name_matches(cert->subject, name);
}
