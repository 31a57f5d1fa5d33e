/*
 * One credential from the bytes of one or two files: collects certificates and
 * the private key, checks that they belong together, puts the chain in order.
 * Parts point into the files' memory until cred_build copies them into the
 * arena, after which that memory is wiped by its owner. Internal to credentials.
 */
#ifndef TINY_TLS_CRED_LOAD_H
#define TINY_TLS_CRED_LOAD_H

#include "tls/cred.h"
#include "tls/keyfile.h"

#define CRED_CHAIN_MAX 16

#define CRED_TAKE_CERTS (1u << 0)
#define CRED_TAKE_KEY   (1u << 1)

struct cred_parts {
    struct x509_cert certs[CRED_CHAIN_MAX];
    size_t count;
    struct private_key key;
    bool has_key;
    const struct anchor_set *issuers; /* may complete the chain; NULL for none */
};

/* Reads the blocks of a file; `take` says what is wanted of it, the rest is
 * passed over. What is wanted must be there. 0, or -1 with a sentence (with the
 * block's place) added to *error. */
int cred_scan(struct cred_parts *parts, uint8_t *data, size_t len, unsigned take,
              struct password *password, struct text *error);

/* Makes the credential. file names it in warnings, which go to the log, and must
 * outlive the arena. 0, or -1 with a sentence. */
int cred_build(struct cred *cred, struct cred_parts *parts, const char *file, int64_t now_s,
               struct arena *arena, struct text *error);

/* The anchors of a file's bytes; path is for the log. NULL and a sentence. */
struct anchor_set *anchor_set_of(uint8_t *data, size_t len, const char *path, struct text *error);

#endif
