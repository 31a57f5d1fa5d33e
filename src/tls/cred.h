/*
 * Credentials: certificate chains with their private keys, loaded from files,
 * and the choice among them by server name and key type. A cred_set is
 * immutable once loaded, counted by reference (connections in a handshake or
 * with resumable sessions keep the set that they began with over a reload),
 * and wipes its keys when the last reference goes.
 */
#ifndef TINY_TLS_CRED_H
#define TINY_TLS_CRED_H

#include "core/bytes.h"
#include "config/config.h"

#include <bearssl.h>

#define CRED_COMPRESSIONS 3 /* zlib, brotli and zstd: numbers 1 to 3 of RFC 8879 */

enum cred_key { CRED_RSA, CRED_EC };

#define CRED_SCHEMES_MAX 6

struct cred {
    br_x509_certificate *chain; /* leaf first; within list */
    size_t chain_len;
    struct span list; /* the same as TLS 1.3's CertificateEntry list, no extensions */
    struct span compressed[CRED_COMPRESSIONS]; /* see tls/certcomp.h; empty: none */
    enum cred_key key_type;
    union {
        br_rsa_private_key rsa;
        br_ec_private_key ec;
    } key;
    br_rsa_public_key rsa_public;             /* with CRED_RSA; within the leaf in chain */
    unsigned key_bits;                        /* RSA modulus size, or the curve's */
    unsigned issuer_key_type;                 /* BR_KEYTYPE_RSA or BR_KEYTYPE_EC, for static ECDH */
    uint16_t chain_schemes[CRED_SCHEMES_MAX]; /* the SignatureSchemes in the chain, each once;
                                                 0 behind the last */
    int64_t not_after_s;                      /* of the leaf, wall clock */
    uint8_t fingerprint[32];                  /* SHA-256 of the leaf */
    char subject[128];                        /* for logs */
    const char *file;                         /* where it came from; "(self-signed)" */
    struct ocsp_staple *staple;               /* NULL: none */
};

/* One server name (or the default) with up to one credential a key type. */
struct cred_entry {
    const char *name; /* lower case, "*.example.org" for a wildcard; NULL: default */
    const struct cred *rsa;
    const struct cred *ec;
};

struct cred_set;

/*
 * Loads all that config names: keyfile/certfile, the second pair, the list by
 * server name; without any of them a self-signed P-256 certificate for
 * localhost is made in memory, with a loud warning. On error every problem is
 * told by log_line with file, block and reason, and NULL is returned.
 * now_s: wall clock, for the warning about expired certificates.
 */
struct cred_set *cred_set_load(const struct config *config, int64_t now_s);
struct cred_set *cred_set_hold(struct cred_set *set);
void cred_set_drop(struct cred_set *set);

/* Most specific wins: exact name, then the wildcard of one label, else the
 * default entry. name: any case, may be empty. Never NULL. *matched (may be
 * NULL) says whether a name matched rather than the default. */
const struct cred_entry *cred_set_pick(const struct cred_set *set, struct span name, bool *matched);

/* ---- trust anchors for client certificates ------------------------------ */

struct crl_set;

struct anchor_set {
    struct span *certs; /* DER */
    size_t count;
    br_x500_name *names;   /* their subjects */
    size_t name_count;     /* of these, the first ones, which are sent to clients */
    struct span name_list; /* those, each with two bytes of length in front, for TLS 1.3 */
    struct crl_set *crls;  /* NULL: nothing is looked up */
    uint8_t digest[32];    /* SHA-256 over certificates and CRLs */
};

/* Reads the certificates of ssl.cafile and ssl.capath (PEM or DER) and, where
 * they are to be looked at, the CRLs of ssl.crl-file and those that lie among
 * the certificates. NULL after telling by log_line. now_s: wall clock. */
struct anchor_set *anchor_set_load(const struct config *config, int64_t now_s);
/* The certificates alone, of files and folders; no names, no digest. */
struct anchor_set *anchor_set_of_list(const char *option, const struct string_list *paths,
                                      int64_t now_s);
void anchor_set_free(struct anchor_set *set);

#endif
