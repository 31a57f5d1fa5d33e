/*
 * A client written by hand, for what BearSSL's own would not send or not take: its
 * ClientHello, messages in the clear, and the handshake messages of a server's flights
 * as long as they are in the clear.
 */
#ifndef TINY_TESTS_BEARSSL_WIRE_H
#define TINY_TESTS_BEARSSL_WIRE_H

#include "pair.h"

struct flight {
    unsigned char bytes[8192]; /* of handshake records, one after another */
    size_t len;
    bool sealed; /* ChangeCipherSpec went by: what follows cannot be read */
};

static inline void flight_add(struct flight *f, const unsigned char *record, size_t len)
{
    if (len < 5) {
        return;
    }
    f->sealed = f->sealed || record[0] == 20;
    if (record[0] == 22 && !f->sealed && f->len + len - 5 <= sizeof f->bytes) {
        memcpy(f->bytes + f->len, record + 5, len - 5);
        f->len += len - 5;
    }
}

/* The body of the message of a type, or NULL. */
static inline const unsigned char *flight_find(const struct flight *f, unsigned type, size_t *len)
{
    for (size_t at = 0; at + 4 <= f->len; at += 4 + *len) {
        *len = (size_t)(f->bytes[at + 1] << 16 | f->bytes[at + 2] << 8 | f->bytes[at + 3]);
        if (f->bytes[at] == type && at + 4 + *len <= f->len) {
            return f->bytes + at + 4;
        }
    }
    *len = 0;
    return NULL;
}

/* What the server has to send goes into the flight. It sends whole records. */
static inline void wire_take(struct pair *p, struct flight *f)
{
    size_t len;
    unsigned char *buf;

    while ((buf = br_ssl_engine_sendrec_buf(&p->server.eng, &len)) != NULL) {
        flight_add(f, buf, len);
        br_ssl_engine_sendrec_ack(&p->server.eng, len);
    }
}

/* Starts the server anew and gives it a ClientHello for TLS 1.2 with one suite, P-256
 * and one signature scheme, then takes its answer. */
static inline void wire_hello(struct pair *p, uint16_t suite, uint16_t scheme,
                              const unsigned char *id, size_t id_len, struct flight *f)
{
    static const unsigned char extensions[] = {0,  16, 0,  10, 0, 4, 0, 2, 0,
                                               23, 0,  13, 0,  4, 0, 2, 0, 0};
    unsigned char m[256] = {22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3};
    size_t n = 11;

    for (unsigned i = 0; i < 32; i++) {
        m[n++] = (unsigned char)(i * 7 + 1);
    }
    m[n++] = (unsigned char)id_len;
    memcpy(m + n, id, id_len);
    n += id_len;
    m[n++] = 0;
    m[n++] = 2;
    m[n++] = (unsigned char)(suite >> 8);
    m[n++] = (unsigned char)suite;
    m[n++] = 1;
    m[n++] = 0;
    memcpy(m + n, extensions, sizeof extensions);
    n += sizeof extensions;
    m[n - 2] = (unsigned char)(scheme >> 8);
    m[n - 1] = (unsigned char)scheme;
    m[4] = (unsigned char)(n - 5);
    m[8] = (unsigned char)(n - 9);
    br_ssl_server_reset(&p->server);
    feed_server(p, m, n);
    f->len = 0;
    f->sealed = false;
    wire_take(p, f);
}

/* One handshake message in the clear. */
static inline void wire_message(struct pair *p, unsigned type, const unsigned char *body,
                                size_t len)
{
    unsigned char m[512] = {22, 3, 3};

    m[3] = (unsigned char)((len + 4) >> 8);
    m[4] = (unsigned char)(len + 4);
    m[5] = (unsigned char)type;
    m[7] = (unsigned char)(len >> 8);
    m[8] = (unsigned char)len;
    memcpy(m + 9, body, len);
    feed_server(p, m, len + 9);
}

#endif
