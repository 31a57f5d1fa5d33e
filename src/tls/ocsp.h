/*
 * OCSP responses (RFC 6960) that lie in files, to be sent with the certificate
 * that they vouch for (stapling, RFC 6066). A pure parser and judge over DER
 * that may be hostile, and the loader that gives each certificate of a set its
 * response. The bytes lie in the set's arena. Nobody is asked over the network.
 */
#ifndef TINY_TLS_OCSP_H
#define TINY_TLS_OCSP_H

#include "tls/arena.h"
#include "tls/cred.h"
#include "tls/x509sig.h"

/* A client takes it in the midst of a handshake. */
#define OCSP_MAX 8192

struct ocsp_staple {
    struct span der; /* empty: none */
    int64_t from_s, until_s;
    const char *file; /* by reference */
    bool told;        /* that it is not valid now */
};

struct ocsp_response {
    struct x509_signed parts;
    struct span responder; /* the whole ResponderID */
    struct span singles;   /* contents of the list of SingleResponse */
    struct span certs;     /* certificates one after another; may be empty */
};

enum ocsp_parsed {
    OCSP_BAD,    /* malformed */
    OCSP_FAILED, /* the responder gave an error instead of an answer */
    OCSP_READ,
};

/* Checks the whole shape. A sentence is added to *error unless OCSP_READ. */
enum ocsp_parsed ocsp_parse(struct ocsp_response *o, struct span der, struct text *error);

enum ocsp_verdict {
    OCSP_OTHER,     /* about other certificates */
    OCSP_NOT_GOOD,  /* revoked, or not known to the responder */
    OCSP_UNTRUSTED, /* not signed by who may */
    OCSP_UNCHECKED, /* good, but there is no issuer whose key could tell */
    OCSP_GOOD,
};

/*
 * What the response says of a certificate. issuer: its issuer's certificate, or NULL when
 * that is not at hand. Times are left to the caller (but a responder's certificate
 * must be valid at now_s). A sentence is added to *error unless OCSP_GOOD or
 * OCSP_OTHER; times are in *staple unless OCSP_OTHER.
 */
enum ocsp_verdict ocsp_judge(const struct ocsp_response *o, const struct x509_cert *cert,
                             const struct x509_cert *issuer, int64_t now_s,
                             struct ocsp_staple *staple, struct text *error);

/* Reads the file and gives it to those of the credentials that it is for, in their
 * ->staple. What cannot be stapled is told by log_line. -1, with a line of its own, for a
 * file that cannot be read. */
int ocsp_load(const char *path, struct cred *const *creds, size_t count, int64_t now_s,
              struct arena *arena);

/* What to staple to this certificate now; empty: nothing, and the first time that it is
 * because its time is over the log tells so. Lives as long as the credential. */
struct span ocsp_staple_now(const struct cred *cred, int64_t now_s);

#endif
