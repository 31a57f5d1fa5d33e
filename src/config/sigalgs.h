/*
 * Lists of signature algorithms in OpenSSL's grammar: names joined by colons,
 * either RSA+SHA256, ECDSA+SHA384, RSA-PSS+SHA256 or those of TLS 1.3
 * (rsa_pss_rsae_sha256, ecdsa_secp256r1_sha256, ed25519). Pure parsing; what
 * can be done with each is for others to say.
 */
#ifndef TINY_CONFIG_SIGALGS_H
#define TINY_CONFIG_SIGALGS_H

#include "core/bytes.h"

#define SIGALGS_MAX 24

struct sigalgs {
    uint16_t schemes[SIGALGS_MAX + 1]; /* IANA SignatureScheme, as listed, none twice */
    size_t count;
    struct span unknown; /* the name that is none, when it failed; within the text */
};

/* 0, or -1 with unknown set (empty: the list has an empty place or is too long). */
int sigalgs_parse(struct span list, struct sigalgs *out);

/* rsa_pkcs1_* and ecdsa_*: hash and algorithm as TLS 1.2 first had them. */
static inline bool sigalg_is_rsa(uint16_t scheme)
{
    return (scheme & 0xFF) == 1 && scheme >> 8 < 7;
}

static inline bool sigalg_is_ecdsa(uint16_t scheme)
{
    return (scheme & 0xFF) == 3 && scheme >> 8 < 7;
}

/* rsa_pss_rsae_*: an RSA key like any other. */
static inline bool sigalg_is_pss(uint16_t scheme)
{
    return scheme >= 0x0804 && scheme <= 0x0806;
}

#endif
