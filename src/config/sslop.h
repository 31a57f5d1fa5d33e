/*
 * OpenSSL's SSL_OP_* bits as a configuration writes them: a number, or names
 * joined by `|`. Every bit is honoured, needless here, or refused with a sentence of its
 * own. Numbers mean what they mean in OpenSSL 1.1.1 and 3.x.
 */
#ifndef TINY_CONFIG_SSLOP_H
#define TINY_CONFIG_SSLOP_H

#include "core/bytes.h"

#define SSLOP_NO_EXTENDED_MASTER_SECRET              UINT64_C(0x00000001)
#define SSLOP_NO_CA_NAMES                            UINT64_C(0x00000200)
#define SSLOP_NO_TICKET                              UINT64_C(0x00004000)
#define SSLOP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION UINT64_C(0x00010000)
#define SSLOP_PRIORITIZE_CHACHA                      UINT64_C(0x00200000)
#define SSLOP_CIPHER_SERVER_PREFERENCE               UINT64_C(0x00400000)
#define SSLOP_ALLOW_NO_DHE_KEX                       UINT64_C(0x00000400)
#define SSLOP_NO_ANTI_REPLAY                         UINT64_C(0x01000000)
#define SSLOP_NO_TLSV1_3                             UINT64_C(0x20000000)
#define SSLOP_NO_TX_CERTIFICATE_COMPRESSION          UINT64_C(0x100000000)
#define SSLOP_NO_RENEGOTIATION                       UINT64_C(0x40000000)
#define SSLOP_NO_TLSV1                               UINT64_C(0x04000000)
#define SSLOP_NO_TLSV1_2                             UINT64_C(0x08000000)
#define SSLOP_NO_TLSV1_1                             UINT64_C(0x10000000)

enum sslop_fate {
    SSLOP_HONOURED, /* changes something, or is what is always done */
    SSLOP_NEEDLESS, /* concerns what is not here; accepted */
    SSLOP_REFUSED,
};

struct sslop {
    const char *name;
    unsigned position; /* of the bit, unless it is an old name whose bit is gone */
    enum sslop_fate fate;
};

/* One after the other, beginning with a zeroed one; false behind the last. */
bool sslop_next(struct sslop *op);

/* 0 for an old name. */
uint64_t sslop_bit(const struct sslop *op);
/* Why a refused one is refused, and what to do instead; "" for the others. */
const char *sslop_refusal(const struct sslop *op);

struct sslop_result {
    uint64_t bits;
    struct sslop refused; /* the first bit that is refused; its name is NULL if none is */
    const char *warning;  /* NULL, or a sentence */
    char error[200];      /* "" when the text could be read */
};

/* text may be empty: no bit. Returns 0, or -1 with refused or error set. */
int sslop_parse(struct span text, struct sslop_result *result);

#endif
