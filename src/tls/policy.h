/*
 * What is agreed with a client: version, cipher suite, certificate, group,
 * signature hash and application protocol, from the ClientHello, the
 * configuration and the credentials for the name. A pure choice: nothing is
 * allocated and no engine is touched, so that it can be tested by itself.
 */
#ifndef TINY_TLS_POLICY_H
#define TINY_TLS_POLICY_H

#include "config/config.h"
#include "tls/cred.h"
#include "tls/hello.h"

/* How the pre-master secret is agreed; the numbers are BearSSL's. */
enum policy_keyx { KEYX_RSA, KEYX_ECDHE_RSA, KEYX_ECDHE_ECDSA, KEYX_ECDH_RSA, KEYX_ECDH_ECDSA };

struct policy_choice {
    uint16_t version;
    uint16_t suite;
    uint16_t group;     /* 0 unless ECDHE */
    uint16_t signature; /* SignatureScheme in TLS 1.2, else 0 */
    uint8_t hash_id;    /* br_*_ID for the signature; 0: MD5 with SHA-1 */
    uint8_t keyx;       /* enum policy_keyx */
    const struct cred *cred;
    const char *alpn;   /* NULL: none agreed */
    enum alert alert;   /* when nothing could be agreed */
    const char *reason; /* static sentence then */
};

/* Returns 0, or -1 with alert and reason set. A client that offers TLS 1.3 where it is on
 * gets that, or an alert later on, but never an older version (RFC 8446, section 4.1.3). */
int policy_version(const struct config *config, const struct hello *h, struct policy_choice *out);
int policy_alpn(const struct config *config, const struct hello *h, struct policy_choice *out);
/* What the random value of our ServerHello ends with, 8 bytes, when the version is older than
 * we could speak (RFC 8446, section 4.1.3); NULL: nothing but random. */
const uint8_t *policy_downgrade(const struct config *config, uint16_t version);
/* How handshakes may be signed here, in order of preference. */
const struct sigalgs *policy_signatures(const struct config *config);
/* br_*_ID of a SignatureScheme's hash. */
uint8_t policy_hash_of(uint16_t scheme);
/* Can the key (the RSA one, or NULL for ECDSA) sign so? PSS with SHA-512 wants more than 1024
 * bits; all else fits any RSA key. */
bool policy_fits_key(uint16_t scheme, const struct cred *rsa);
/* ssl.options has PRIORITIZE_CHACHA, and ChaCha20 is what the client would like best. */
bool policy_prefers_chacha(const struct config *config, const struct hello *h);
/* Needs out->version. Fills suite, group, signature and cred. */
int policy_suite(const struct config *config, const struct hello *h, const struct cred_entry *entry,
                 struct policy_choice *out);

#endif
