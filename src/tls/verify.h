/*
 * Verification of a client's certificate chain against trust anchors: an X.509
 * class for BearSSL's engine that gathers what the client sends, bounded, and
 * has it judged by path.h when it is complete. It remembers the verdict and the
 * reason, and tells of every finding on standard error in openssl's form if the
 * configuration asks for that. A verifier lives in a block of a pool for the
 * time of the handshake only.
 */
#ifndef TINY_TLS_VERIFY_H
#define TINY_TLS_VERIFY_H

#include "tls/alert.h"
#include "tls/cred.h"
#include "tls/info.h"

#define VERIFY_MAX_CHAIN 32768 /* bytes of all certificates */

struct verifier;

size_t verify_size(void);
/* What s_server tells first: how deep errors are tolerated, and whether a
 * certificate must come. */
void verify_announce(const struct config *config);
/* In memory of verify_size() bytes. now_s: wall clock. */
void verify_begin(struct verifier *v, const struct anchor_set *anchors, const struct config *config,
                  int64_t now_s);
/* The first field's address, for br_ssl_engine_set_x509. */
const br_x509_class **verify_class(struct verifier *v);
/* How much of the block is in use, for wiping. */
size_t verify_used(const struct verifier *v);

enum verify_outcome {
    VERIFY_NOT_DONE, /* no certificate came (yet) */
    VERIFY_GOOD,
    VERIFY_TOLERATED, /* does not verify, but the handshake goes on */
    VERIFY_BAD,
};

/* *alert and *reason (in the verifier's memory) are set for VERIFY_BAD. */
enum verify_outcome verify_outcome(const struct verifier *v, enum alert *alert,
                                   const char **reason);
/* openssl's number of the last error, 0 for none. */
unsigned verify_error(const struct verifier *v);
/* The leaf's subject, "" before VERIFY_GOOD or VERIFY_TOLERATED. */
const char *verify_subject(const struct verifier *v);

#endif
