/*
 * What the server needs to know of an X.509 certificate: names, validity,
 * public key, extensions, and what its signature is over. A pure reader over
 * DER; all spans point into the given bytes. It checks the shape, never a
 * signature (x509sig.h).
 */
#ifndef TINY_TLS_X509CERT_H
#define TINY_TLS_X509CERT_H

#include "core/text.h"

#include <bearssl.h>

/* Extensions by the last number of their OID, 2.5.29.N. */
enum x509_extension {
    X509_SUBJECT_KEY_ID = 14,
    X509_KEY_USAGE = 15,
    X509_ALT_NAMES = 17,
    X509_CONSTRAINTS = 19,
    X509_NAME_CONSTRAINTS = 30,
    X509_CRL_POINTS = 31,
    X509_AUTHORITY_KEY_ID = 35,
    X509_PURPOSES = 37,
};

/* Bits of key usage, in the order of RFC 5280. */
#define X509_USAGE_SIGN      0x80u /* digitalSignature */
#define X509_USAGE_ENCRYPT   0x20u /* keyEncipherment */
#define X509_USAGE_AGREE     0x08u /* keyAgreement */
#define X509_USAGE_SIGN_CERT 0x04u
#define X509_USAGE_SIGN_CRL  0x02u

/*
 * What SIGNED{} is made of (X.509): the whole element that is signed, the contents
 * of the AlgorithmIdentifier, the bytes of the BIT STRING.
 */
struct x509_signed {
    struct span tbs;
    struct span algorithm;
    struct span signature;
};

struct x509_cert {
    struct span der; /* the certificate itself, without what may trail it */
    struct x509_signed sig;
    struct span serial; /* contents of the INTEGER, any */
    struct span issuer; /* whole Name elements */
    struct span subject;
    struct span spki;
    /* Contents of extensions' SEQUENCEs (of an OCTET STRING: subject_key_id),
     * empty where there is none. */
    struct span alt_names;
    struct span purposes; /* extended key usage: OIDs */
    struct span name_constraints;
    struct span crl_points; /* where its CRLs are */
    struct span authority_key;
    struct span subject_key_id;
    uint64_t extensions; /* bit N: extension 2.5.29.N is there */
    uint64_t critical;   /* bit N: and critical */
    bool critical_other; /* one of another kind is critical */
    bool same_algorithm; /* inside and outside of the signed part, as it must be */
    unsigned usage;      /* X509_USAGE_* when X509_KEY_USAGE is there */
    int path_length;     /* basicConstraints' limit, -1 for none */
    int64_t not_before_s;
    int64_t not_after_s;
    unsigned version;         /* 1 to 3 */
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
static inline bool x509_has(const struct x509_cert *cert, enum x509_extension n)
{
    return (cert->extensions >> n & 1) != 0;
}

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
