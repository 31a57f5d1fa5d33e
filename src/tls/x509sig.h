/*
 * The signature over a signed object of X.509: certificate, CRL or OCSP
 * response. RSA with PKCS#1 v1.5 padding or PSS, and ECDSA, with the SHA-2
 * hashes; SHA-1 counts only for who asks for that, older ones never. Pure, on
 * public data; allocates nothing.
 */
#ifndef TINY_TLS_X509SIG_H
#define TINY_TLS_X509SIG_H

#include "tls/x509cert.h"

#define X509_SIG_HASH_MAX 64

enum x509_sig { X509_SIG_GOOD, X509_SIG_BAD, X509_SIG_UNKNOWN };

/* What an AlgorithmIdentifier says. */
struct x509_sig_kind {
    uint8_t key_type; /* BR_KEYTYPE_RSA or BR_KEYTYPE_EC */
    uint8_t hash_id;  /* br_sha1_ID .. br_sha512_ID */
    bool pss;
    uint16_t salt_len; /* with pss */
};

/* Takes the three from the contents of the outer SEQUENCE, as far as they go:
 * sets r->bad, and leaves what follows to the caller. */
struct x509_signed x509_signed_take(struct reader *r);
/* From an AlgorithmIdentifier's contents. False: malformed, or none of these. */
bool x509_sig_kind_of(struct span algorithm, struct x509_sig_kind *kind);
/* X509_SIG_UNKNOWN: an algorithm other than those above, SHA-1, or a key of
 * another type than the algorithm wants. */
enum x509_sig x509_sig_check(const struct x509_signed *s, const br_x509_pkey *key);
/* The same, but with SHA-1 too. */
enum x509_sig x509_sig_check_weak(const struct x509_signed *s, const br_x509_pkey *key);
/* The hash of a number from br_sha1_ID to br_sha512_ID. */
const br_hash_class *x509_sig_class(unsigned id);
/* The two halves of a check, for what is signed once and checked often: the hash,
 * of at most X509_SIG_HASH_MAX bytes; and whether a signature of it is one of
 * this key. */
void x509_sig_hash(const struct x509_sig_kind *kind, struct span tbs, uint8_t *hash);
bool x509_sig_fits(const struct x509_sig_kind *kind, struct span signature, const uint8_t *hash,
                   const br_x509_pkey *key);
/* The key of a certificate, pointing into it. key_type 0 when it cannot be used. */
br_x509_pkey x509_cert_key(const struct x509_cert *cert);

#endif
