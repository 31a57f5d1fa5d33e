/*
 * A BearSSL server and a BearSSL client in one process, joined by memory, for
 * the tests of our patches to the library. The key is made at start; the client
 * knows it and looks at no certificate. All buffers are on the heap, so that
 * the sanitizer sees the first byte beyond them.
 */
#ifndef TINY_TESTS_BEARSSL_PAIR_H
#define TINY_TESTS_BEARSSL_PAIR_H

#include "bearssl.h"
#include "tap.h"

#include <stdlib.h>

struct pair {
    br_ssl_server_context server;
    br_ssl_client_context client;
    br_x509_minimal_context unused; /* init_full wants one */
    br_x509_knownkey_context known;
    br_ec_private_key sk;
    br_ec_public_key pk;
    unsigned char sk_buf[BR_EC_KBUF_PRIV_MAX_SIZE];
    unsigned char pk_buf[BR_EC_KBUF_PUB_MAX_SIZE];
    unsigned char seed[32];
    unsigned char *sbuf;
    unsigned char *cbuf;
};

static inline void pair_key(struct pair *p)
{
    br_hmac_drbg_context rng;

    br_hmac_drbg_init(&rng, &br_sha256_vtable, "a fixed seed", 12);
    br_ec_keygen(&rng.vtable, &br_ec_p256_m31, &p->sk, p->sk_buf, BR_EC_secp256r1);
    br_ec_compute_pub(&br_ec_p256_m31, &p->pk, p->pk_buf, &p->sk);
}

/* The whole server with one suite; buffers as big as they can be. */
static inline struct pair *pair_new(uint16_t suite)
{
    static unsigned char certificate[] = {0x30, 0x00};
    static const br_x509_certificate chain = {certificate, sizeof certificate};
    struct pair *p = calloc(1, sizeof *p);

    pair_key(p);
    p->sbuf = malloc(BR_SSL_BUFSIZE_BIDI);
    p->cbuf = malloc(BR_SSL_BUFSIZE_BIDI);
    br_ssl_server_init_full_ec(&p->server, &chain, 1, BR_KEYTYPE_EC, &p->sk);
    br_ssl_engine_set_suites(&p->server.eng, &suite, 1);
    br_ssl_engine_set_buffer(&p->server.eng, p->sbuf, BR_SSL_BUFSIZE_BIDI, 1);
    br_ssl_client_init_full(&p->client, &p->unused, NULL, 0);
    br_x509_knownkey_init_ec(&p->known, &p->pk, BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN);
    br_ssl_engine_set_x509(&p->client.eng, &p->known.vtable);
    br_ssl_engine_set_suites(&p->client.eng, &suite, 1);
    br_ssl_engine_set_buffer(&p->client.eng, p->cbuf, BR_SSL_BUFSIZE_BIDI, 1);
    return p;
}

static inline void pair_free(struct pair *p)
{
    free(p->sbuf);
    free(p->cbuf);
    free(p);
}

static inline size_t move_bytes(br_ssl_engine_context *from, br_ssl_engine_context *to)
{
    size_t out_len, in_len;
    unsigned char *out = br_ssl_engine_sendrec_buf(from, &out_len);
    unsigned char *in = br_ssl_engine_recvrec_buf(to, &in_len);

    if (out == NULL || in == NULL) {
        return 0;
    }
    if (out_len > in_len) {
        out_len = in_len;
    }
    memcpy(in, out, out_len);
    br_ssl_engine_recvrec_ack(to, out_len);
    br_ssl_engine_sendrec_ack(from, out_len);
    return out_len;
}

/* Carries records both ways until nothing moves any more. */
static inline void pair_pump(struct pair *p)
{
    while (move_bytes(&p->client.eng, &p->server.eng) + move_bytes(&p->server.eng, &p->client.eng) >
           0) {
    }
}

/* A handshake from the start; true when both sides can send application data. */
static inline bool pair_handshake(struct pair *p, int resume)
{
    if (!br_ssl_server_reset(&p->server) || !br_ssl_client_reset(&p->client, "localhost", resume)) {
        return false;
    }
    pair_pump(p);
    return (br_ssl_engine_current_state(&p->server.eng) & BR_SSL_SENDAPP) != 0 &&
           (br_ssl_engine_current_state(&p->client.eng) & BR_SSL_SENDAPP) != 0;
}

/* Bytes of a peer, given to the server as they are. */
static inline void feed_server(struct pair *p, const unsigned char *data, size_t len)
{
    while (len > 0) {
        size_t room;
        unsigned char *buf = br_ssl_engine_recvrec_buf(&p->server.eng, &room);

        if (buf == NULL) {
            return;
        }
        if (room > len) {
            room = len;
        }
        memcpy(buf, data, room);
        br_ssl_engine_recvrec_ack(&p->server.eng, room);
        data += room;
        len -= room;
    }
}

#endif
