/*
 * What the rest of the program may know of a TLS connection. No engine, no
 * secret. Names are static strings.
 */
#ifndef TINY_TLS_INFO_H
#define TINY_TLS_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_NAME_MAX    256
#define TLS_SUBJECT_MAX 128

enum tls_verdict {
    TLS_PEER_NOT_ASKED,
    TLS_PEER_NONE, /* asked, but no certificate came */
    TLS_PEER_TRUSTED,
    TLS_PEER_REFUSED, /* came, did not verify, and was tolerated */
};

struct tls_info {
    uint16_t version; /* 0x0301.. ; 0 before the handshake ends */
    uint16_t suite;
    uint16_t group;     /* 0 for static key exchange */
    uint16_t signature; /* SignatureScheme of the server's signature, or 0 */
    bool established;
    bool resumed;
    bool early; /* what is read now is early data, which may come twice (RFC 8446, section 8) */
    bool ems;   /* extended master secret */
    uint16_t renegotiations;
    bool early_data;        /* the client's early data was taken */
    uint64_t common_suites; /* bit i: the client offers config->suites[i], too */
    uint8_t common13;       /* the same of config->ciphersuites */
    enum tls_verdict verdict;
    uint8_t session_id[32];
    uint8_t session_id_len;
    const char *alpn;                   /* "" for none */
    char server_name[TLS_NAME_MAX];     /* lower case; "" for none */
    char peer_subject[TLS_SUBJECT_MAX]; /* of the client's certificate; "" for none */
};

const char *tls_version_name(uint16_t version);  /* "TLSv1.2" */
const char *tls_group_name(uint16_t group);      /* "X25519", "P-256" */
const char *tls_signature_name(uint16_t scheme); /* "ecdsa_secp256r1_sha256" */

#endif
