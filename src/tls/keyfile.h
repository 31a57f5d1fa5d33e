/*
 * Private keys from blocks of a file: PKCS#1, SEC1, PKCS#8, plain or encrypted.
 * Our own bounded reader, since BearSSL's decoder can be overrun by a crafted
 * file. The key's parts point into the block's memory; whoever keeps the key
 * copies them (keyfile_copy) and wipes that memory.
 */
#ifndef TINY_TLS_KEYFILE_H
#define TINY_TLS_KEYFILE_H

#include "tls/arena.h"
#include "tls/cred.h"
#include "tls/pbe.h"
#include "tls/x509cert.h"

struct private_key {
    enum cred_key type;
    unsigned bits;
    br_rsa_private_key rsa;
    br_ec_private_key ec;
    struct span rsa_modulus; /* as the file says; checked against p and q */
};

enum key_label { KEY_LABEL_NONE, KEY_LABEL_KEY, KEY_LABEL_REFUSED };

/* Is the block a private key? For one that can never be used (DSA, OpenSSH,
 * PKCS#12) a sentence is added to *error. */
enum key_label keyfile_label(const struct pem_block *block, struct text *error);

/* 0, or -1 with a sentence (without the block's place) added to *error. */
int keyfile_decode(struct private_key *key, struct pem_block *block, struct password *password,
                   struct text *error);

/* Does the private key belong to the certificate's public key? Signs and
 * verifies (RSA) or computes the point (EC), so a key that is damaged inside is
 * found too. NULL when all is well, else the reason. */
const char *keyfile_match(const struct private_key *key, const struct x509_cert *cert);
/* Only a quick look whether the public values are the same. */
bool keyfile_same_public(const struct private_key *key, const struct x509_cert *cert);

/* Copies the key's parts into the arena; -1 without memory. */
int keyfile_copy(struct private_key *key, struct arena *arena);

#endif
