/*
 * What the server needs to know of an X.509 certificate: names, validity,
 * public key, CA flag, alternative names. A pure reader over DER; all spans
 * point into the given bytes. It checks the shape, never a signature.
 */
#ifndef TINY_TLS_X509CERT_H
#define TINY_TLS_X509CERT_H

#include "core/text.h"

#include <bearssl.h>

struct x509_cert {
    struct span der;    /* the certificate itself, without what may trail it */
    struct span issuer; /* whole Name elements */
    struct span subject;
    struct span spki;
    struct span alt_names; /* contents of subjectAltName's SEQUENCE, empty for none */
    int64_t not_before_s;
    int64_t not_after_s;
    unsigned version; /* 1 to 3 */
    bool has_constraints;
    bool ca;                  /* basicConstraints says so */
    unsigned issuer_key_type; /* by the signature: BR_KEYTYPE_RSA, BR_KEYTYPE_EC, or 0 */
    unsigned key_type;        /* BR_KEYTYPE_RSA, BR_KEYTYPE_EC, or 0: not usable here */
    const char *key_problem;  /* why key_type is 0 */
    br_rsa_public_key rsa;
    br_ec_public_key ec;
    unsigned key_bits;
};

/* 0, or -1 with a sentence added to *error. Bytes after the certificate are
 * tolerated when trailing is set (openssl's TRUSTED CERTIFICATE). */
int x509_cert_parse(struct x509_cert *cert, struct span der, bool trailing, struct text *error);
/* Would a client that asks for this host name take the certificate? Looks at
 * the DNS names, or at the common name when there are none. */
bool x509_cert_covers(const struct x509_cert *cert, const char *name);

/* A UTCTime or GeneralizedTime in the form of RFC 5280 (to the second, UTC), in
 * seconds since 1970; sets outer->bad otherwise. */
int64_t x509_take_time(struct reader *outer);
/* The key of a SubjectPublicKeyInfo: fills key_type, rsa or ec, key_bits. */
int x509_public_key(struct x509_cert *cert, struct span spki);
/* An EC curve by its OID's contents: 0 when it is not P-256, P-384 or P-521. */
int x509_curve(struct span oid);
unsigned x509_curve_bits(int curve);
size_t x509_curve_bytes(int curve);

#endif
