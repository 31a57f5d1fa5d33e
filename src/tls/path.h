/*
 * Path validation (RFC 5280, section 6) of what a client sent against trust
 * anchors, in the order and with the error numbers of openssl's verify(1): the
 * chain is built from the leaf over what the client sent (in any order) to the
 * anchors, then judged by rules of the configuration. Each finding goes to a
 * listener, who says whether to go on. Pure: bytes, a time and rules in, findings
 * out; no allocation. Work is bounded: a chain is searched by names and key
 * identifiers, and each certificate of it costs one signature.
 */
#ifndef TINY_TLS_PATH_H
#define TINY_TLS_PATH_H

#include "config/config.h"
#include "tls/alert.h"
#include "tls/cred.h"
#include "tls/x509cert.h"

#define PATH_MAX_DEPTH 32                   /* highest ssl.verify-depth */
#define PATH_MAX_CERTS (PATH_MAX_DEPTH + 2) /* with the leaf and the anchor */
#define PATH_MAX_SENT  64                   /* certificates that a client may send */

/* As openssl numbers them; path_errors.c has the words. */
enum path_error {
    PATH_OK = 0,
    PATH_UNSPECIFIED = 1,
    PATH_NO_ISSUER = 2,
    PATH_NO_ISSUER_KEY = 6,
    PATH_BAD_SIGNATURE = 7,
    PATH_NOT_YET_VALID = 9,
    PATH_EXPIRED = 10,
    PATH_SELF_SIGNED_LEAF = 18,
    PATH_SELF_SIGNED = 19,
    PATH_NO_LOCAL_ISSUER = 20,
    PATH_LEAF_UNVERIFIED = 21,
    PATH_TOO_LONG = 22,
    PATH_LENGTH_EXCEEDED = 25,
    PATH_WRONG_PURPOSE = 26,
    PATH_NO_CERT_SIGN = 32,
    PATH_UNKNOWN_CRITICAL = 34,
    PATH_NOT_PERMITTED = 47,
    PATH_EXCLUDED = 48,
    PATH_SUBTREE_BOUNDS = 49,
    PATH_CONSTRAINT_TYPE = 51,
    PATH_CONSTRAINT_SYNTAX = 52,
    PATH_NAME_SYNTAX = 53,
    PATH_SUITEB_VERSION = 56,
    PATH_SUITEB_ALGORITHM = 57,
    PATH_SUITEB_CURVE = 58,
    PATH_SUITEB_SIGNATURE = 59,
    PATH_SUITEB_LEVEL = 60,
    PATH_SUITEB_MIXED = 61,
    PATH_WRONG_HOST = 62,
    PATH_WRONG_EMAIL = 63,
    PATH_WRONG_IP = 64,
    PATH_LEAF_KEY_WEAK = 66,
    PATH_CA_KEY_WEAK = 67,
    PATH_DIGEST_WEAK = 68,
    PATH_NO_CA = 79,
    PATH_LENGTH_WITHOUT_CA = 80,
    PATH_LENGTH_WITHOUT_SIGN = 81,
    PATH_SIGN_WITHOUT_CA = 82,
    PATH_ISSUER_EMPTY = 83,
    PATH_SUBJECT_EMPTY = 84,
    PATH_NO_AUTHORITY_KEY = 85,
    PATH_NO_SUBJECT_KEY = 86,
    PATH_NAMES_EMPTY = 87,
    PATH_NAMES_NOT_CRITICAL = 88,
    PATH_CA_NOT_CRITICAL = 89,
    PATH_CA_WITHOUT_USAGE = 92,
    PATH_OLD_VERSION = 93,
};

const char *path_error_text(unsigned error);
enum alert path_error_alert(unsigned error);

struct path;

struct path_request {
    const struct config *config; /* the rules: ssl.verify-depth and what follows it */
    const struct anchor_set *anchors;
    int64_t now_s;           /* what validity is judged by */
    const struct span *sent; /* leaf first; at most PATH_MAX_SENT */
    size_t sent_count;
    /* A certificate of the chain is good (PATH_OK) or has this error. False stops
     * the validation. */
    bool (*report)(void *context, unsigned error, unsigned depth, const struct x509_cert *cert);
    void *context;
};

/* Work space of a validation; all of it belongs to the path_* functions. */
struct path {
    const struct path_request *request;
    size_t count;     /* certificates of the chain, leaf first */
    size_t untrusted; /* the first ones, which came from the client */
    uint64_t used;    /* bit i: sent[i] is in the chain */
    unsigned trials;  /* signatures spent on choosing between issuers of one name */
    struct x509_cert certs[PATH_MAX_CERTS];
};

/* True when all was judged, false when the listener stopped it. sent[0] must be
 * a certificate that can be read; others that cannot are passed over. */
bool path_validate(struct path *p, const struct path_request *request);

/* ---- between the files of path*.c ------------------------------------------ */

/* Tells of the certificate at this depth; false: stop. */
bool path_tell(const struct path *p, unsigned error, size_t depth);
bool path_self_issued(const struct x509_cert *cert);
bool path_self_signed(const struct x509_cert *cert);
/* Is no time to be looked at? */
bool path_timeless(const struct path *p);
/* path_rules.c: extensions and key usage; strength of keys and hashes; Suite B. */
bool path_check_leaf_key(const struct path *p);
bool path_check_extensions(const struct path *p);
bool path_check_strength(const struct path *p);
bool path_check_suiteb(const struct path *p);
/* path_names.c: host name, address of mail and IP; name constraints. */
bool path_check_identity(const struct path *p);
bool path_check_constraints(const struct path *p);
/* path_crl.c */
bool path_check_revocation(const struct path *p);

#endif
