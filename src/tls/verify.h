/*
 * Verification of a client's certificate chain against trust anchors, with
 * BearSSL's minimal X.509 engine inside an own X.509 class that remembers the
 * verdict and the reason, bounds sizes and depth, and looks at what the
 * minimal engine does not: the leaf's extended key usage and subject. A
 * verifier lives in a block of a pool for the time of the handshake only.
 */
#ifndef TINY_TLS_VERIFY_H
#define TINY_TLS_VERIFY_H

#include "tls/alert.h"
#include "tls/cred.h"
#include "tls/info.h"

#define VERIFY_MAX_LEAF  8192  /* bytes of the client's own certificate */
#define VERIFY_MAX_CHAIN 65536 /* bytes of all */

struct verifier;

size_t verify_size(void);
/* In memory of verify_size() bytes. depth: how many intermediate certificates
 * there may be. now_s: wall clock. */
void verify_begin(struct verifier *v, struct anchor_set *anchors, uint32_t depth, int64_t now_s);
/* The first field's address, for br_ssl_engine_set_x509. */
const br_x509_class **verify_class(struct verifier *v);

enum verify_outcome {
    VERIFY_NOT_DONE, /* no certificate came (yet) */
    VERIFY_GOOD,
    VERIFY_BAD,
};

/* *alert and *reason (static) are set for VERIFY_BAD. */
enum verify_outcome verify_outcome(const struct verifier *v, enum alert *alert,
                                   const char **reason);
/* The leaf's subject, "" before VERIFY_GOOD. */
const char *verify_subject(const struct verifier *v);

/* Does the certificate (DER) have an extended key usage without clientAuth?
 * 1 yes: not meant for clients; 0 no; -1 malformed. */
int verify_forbids_client(struct span certificate);

#endif
