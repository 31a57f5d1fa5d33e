/*
 * The signature over a signed object of X.509: certificate, CRL or OCSP
 * response. RSA with PKCS#1 v1.5 padding and ECDSA, with SHA-256, SHA-384 or
 * SHA-512; SHA-1 and older do not count. Pure, on public data; allocates nothing.
 */
#ifndef TINY_TLS_X509SIG_H
#define TINY_TLS_X509SIG_H

#include "tls/x509cert.h"

enum x509_sig { X509_SIG_GOOD, X509_SIG_BAD, X509_SIG_UNKNOWN };

/*
 * What SIGNED{} is made of (X.509): the whole element that is signed, the contents
 * of the AlgorithmIdentifier, the bytes of the BIT STRING. Spans point into the
 * given bytes.
 */
struct x509_signed {
    struct span tbs;
    struct span algorithm;
    struct span signature;
};

/* Takes the three from the contents of the outer SEQUENCE, as far as they go:
 * sets r->bad, and leaves what follows to the caller. */
struct x509_signed x509_signed_take(struct reader *r);
/* X509_SIG_UNKNOWN: an algorithm other than those above, or a key of another
 * type than the algorithm wants. */
enum x509_sig x509_sig_check(const struct x509_signed *s, const br_x509_pkey *key);
/* The key of a certificate, pointing into it. key_type 0 when it cannot be used. */
br_x509_pkey x509_cert_key(const struct x509_cert *cert);

#endif
