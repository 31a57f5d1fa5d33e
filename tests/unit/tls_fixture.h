/*
 * Fixtures of the TLS tests: credentials and anchors from tls_certs.h in place
 * of files (these definitions stand in for tls/cred.c, which the linker then
 * leaves out), a client on BearSSL's own engine, and a wire between the two.
 */
#ifndef TINY_TESTS_TLS_FIXTURE_H
#define TINY_TESTS_TLS_FIXTURE_H

#include "tls/internal.h"
#include "tls/x509cert.h"
#include "tls_certs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- credentials ------------------------------------------------------- */

struct cred_set {
    unsigned references;
    struct cred creds[2];
    br_x509_certificate chains[2];
    uint8_t lists[2][2048]; /* the same for TLS 1.3 */
    br_skey_decoder_context keys[2];
    struct cred_entry entry;
};

static inline struct span fixture_bytes(const char *name, bool key)
{
#define FIXTURE(n)                                                                                 \
    if (strcmp(name, #n) == 0) {                                                                   \
        return key ? span_of(n##_key, sizeof n##_key) : span_of(n##_cert, sizeof n##_cert);        \
    }
    FIXTURE(server_rsa)
    FIXTURE(server_ec)
    FIXTURE(server_ec_by_rsa)
    FIXTURE(server_p384)
    FIXTURE(client)
    FIXTURE(client_rsa)
    FIXTURE(client_p384)
    FIXTURE(client_wrong)
    FIXTURE(client_expired)
    FIXTURE(client_server)
    FIXTURE(client_deep)
#undef FIXTURE
    if (strcmp(name, "ca_ec") == 0) {
        return span_of(ca_ec_cert, sizeof ca_ec_cert);
    }
    if (strcmp(name, "ca_rsa") == 0) {
        return span_of(ca_rsa_cert, sizeof ca_rsa_cert);
    }
    if (strcmp(name, "middle") == 0) {
        return span_of(middle_cert, sizeof middle_cert);
    }
    return span_of(other_ca_cert, sizeof other_ca_cert);
}

static inline struct x509_cert fixture_cert(const char *name)
{
    struct x509_cert cert;
    char buf[128];
    struct text error = text_over(buf, sizeof buf);

    memset(&cert, 0, sizeof cert);
    if (x509_cert_parse(&cert, fixture_bytes(name, false), false, &error) != 0) {
        printf("# %s: %s\n", name, buf);
        abort();
    }
    return cert;
}

static inline void fixture_cred(struct cred_set *set, unsigned i, const char *name)
{
    struct cred *c = &set->creds[i];
    struct span der = fixture_bytes(name, false);
    struct span key = fixture_bytes(name, true);
    br_sha256_context sha;

    set->chains[i].data = (unsigned char *)(uintptr_t)der.data;
    set->chains[i].data_len = der.len;
    c->chain = &set->chains[i];
    c->chain_len = 1;
    put_u24(set->lists[i], (uint32_t)der.len);
    memcpy(set->lists[i] + 3, der.data, der.len);
    c->list = span_of(set->lists[i], 3 + der.len + 2);
    c->issuer_key_type = fixture_cert(name).issuer_key_type;
    br_sha256_init(&sha);
    br_sha256_update(&sha, der.data, der.len);
    br_sha256_out(&sha, c->fingerprint);
    br_skey_decoder_init(&set->keys[i]);
    br_skey_decoder_push(&set->keys[i], key.data, key.len);
    if (br_skey_decoder_key_type(&set->keys[i]) == BR_KEYTYPE_RSA) {
        c->key_type = CRED_RSA;
        c->key.rsa = *br_skey_decoder_get_rsa(&set->keys[i]);
        c->rsa_public = fixture_cert(name).rsa; /* points into the constant bytes */
        set->entry.rsa = c;
    } else {
        c->key_type = CRED_EC;
        c->key.ec = *br_skey_decoder_get_ec(&set->keys[i]);
        set->entry.ec = c;
    }
}

/* config->keyfile and second_keyfile name fixtures instead of files. */
struct cred_set *cred_set_load(const struct config *config, int64_t now_s)
{
    struct cred_set *set = calloc(1, sizeof *set);

    (void)now_s;
    set->references = 1;
    fixture_cred(set, 0, config->keyfile);
    if (config->second_keyfile[0] != '\0') {
        fixture_cred(set, 1, config->second_keyfile);
    }
    return set;
}

struct cred_set *cred_set_hold(struct cred_set *set)
{
    set->references++;
    return set;
}

void cred_set_drop(struct cred_set *set)
{
    if (set != NULL && --set->references == 0) {
        free(set);
    }
}

const struct cred_entry *cred_set_pick(const struct cred_set *set, struct span name, bool *matched)
{
    (void)name;
    if (matched != NULL) {
        *matched = false;
    }
    return &set->entry;
}

struct anchor_set *anchor_set_load(const struct config *config, int64_t now_s)
{
    struct anchor_set *set = calloc(1, sizeof *set);
    struct x509_cert cert = fixture_cert(config->cafile);
    uint8_t *list = calloc(1, 2 + cert.subject.len);

    (void)now_s;
    set->certs = calloc(1, sizeof *set->certs);
    set->names = calloc(1, sizeof *set->names);
    set->count = set->name_count = 1;
    set->certs[0] = cert.der;
    set->names[0].data = (unsigned char *)(uintptr_t)cert.subject.data;
    set->names[0].len = cert.subject.len;
    put_u16(list, (uint32_t)cert.subject.len);
    memcpy(list + 2, cert.subject.data, cert.subject.len);
    set->name_list = span_of(list, 2 + cert.subject.len);
    memcpy(set->digest, cert.subject.data,
           sizeof set->digest < cert.subject.len ? sizeof set->digest : cert.subject.len);
    return set;
}

void anchor_set_free(struct anchor_set *set)
{
    free(set->certs);
    free(set->names);
    free((void *)(uintptr_t)set->name_list.data);
    free(set);
}

/* ---- configuration ----------------------------------------------------- */

static inline struct config fixture_config(const char *key, const char *second)
{
    static const uint16_t suites[] = {0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8};
    static const uint16_t groups[] = {29, 23, 24, 25};
    static const struct sigalgs client_signatures = {
        .schemes = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601},
        .count = 9,
    };
    struct config c;

    memset(&c, 0, sizeof c);
    c.keyfile = key;
    c.second_keyfile = second != NULL ? second : "";
    c.certfile = c.second_certfile = c.cafile = c.capath = "";
    c.max_connections = 100;
    c.version_min = 0x0303;
    c.version_max = 0x0303;
    memcpy(c.suites, suites, sizeof suites);
    c.suite_count = ARRAY_LEN(suites);
    memcpy(c.groups, groups, sizeof groups);
    c.group_count = ARRAY_LEN(groups);
    c.client_signatures = client_signatures;
    c.server_preference = true;
    c.session_cache = true;
    c.session_cache_size = 8;
    c.session_timeout_s = 300;
    c.verify_depth = 1;
    c.verify_return_error = c.check_time = c.partial_chain = true;
    c.verify_hostname = c.verify_email = c.verify_ip = "";
    c.auth_level = 2;
    c.verify_error_depth = 100;
    return c;
}

/* ---- client ------------------------------------------------------------ */

struct client {
    br_ssl_client_context ssl; /* first */
    union {
        const br_x509_class *class;
        br_x509_knownkey_context known;
    } x509;
    unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
    br_skey_decoder_context key;
    br_x509_certificate chain[2];
};

static inline void client_init(struct client *c, const struct cred *server)
{
    struct x509_cert cert;
    struct text error = text_over((char *)c->buffer, 100);
    br_x509_minimal_context unused;

    br_ssl_client_init_full(&c->ssl, &unused, NULL, 0);
    memset(&cert, 0, sizeof cert);
    if (x509_cert_parse(&cert, span_of(server->chain[0].data, server->chain[0].data_len), false,
                        &error) != 0) {
        abort();
    }
    if (cert.key_type == BR_KEYTYPE_RSA) {
        br_x509_knownkey_init_rsa(&c->x509.known, &cert.rsa, BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN);
    } else {
        br_x509_knownkey_init_ec(&c->x509.known, &cert.ec, BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN);
    }
    br_ssl_engine_set_x509(&c->ssl.eng, &c->x509.class);
    br_ssl_engine_set_buffer(&c->ssl.eng, c->buffer, sizeof c->buffer, 1);
}

static inline void client_certificate(struct client *c, const char *name, const char *second)
{
    struct span der = fixture_bytes(name, false);
    struct span key = fixture_bytes(name, true);
    size_t count = 1;

    c->chain[0].data = (unsigned char *)(uintptr_t)der.data;
    c->chain[0].data_len = der.len;
    if (second != NULL) {
        der = fixture_bytes(second, false);
        c->chain[1].data = (unsigned char *)(uintptr_t)der.data;
        c->chain[1].data_len = der.len;
        count = 2;
    }
    br_skey_decoder_init(&c->key);
    br_skey_decoder_push(&c->key, key.data, key.len);
    if (br_skey_decoder_key_type(&c->key) == BR_KEYTYPE_RSA) {
        br_ssl_client_set_single_rsa(&c->ssl, c->chain, count, br_skey_decoder_get_rsa(&c->key),
                                     br_rsa_pkcs1_sign_get_default());
    } else {
        br_ssl_client_set_single_ec(&c->ssl, c->chain, count, br_skey_decoder_get_ec(&c->key),
                                    BR_KEYTYPE_SIGN, BR_KEYTYPE_EC, br_ec_get_default(),
                                    br_ecdsa_sign_asn1_get_default());
    }
}

/* ---- the wire ---------------------------------------------------------- */

struct pair {
    struct tls_context *ctx;
    struct counters counters;
    struct tls *tls;
    struct client client;
    size_t chunk;           /* most bytes moved at once; 0: all */
    size_t to_client_bytes; /* so far */
};

static inline size_t pair_chunk(const struct pair *p, size_t a, size_t b)
{
    size_t n = a < b ? a : b;

    return p->chunk != 0 && n > p->chunk ? p->chunk : n;
}

/* Gives bytes to the server; returns how many it took. */
static inline size_t pair_inject(struct pair *p, const void *data, size_t len)
{
    size_t done = 0;

    while (done < len && (tls_state(p->tls) & TLS_RECV_REC) != 0) {
        size_t room;
        uint8_t *w = tls_window(p->tls, TLS_WINDOW_RECV_REC, &room);
        size_t n = pair_chunk(p, room, len - done);

        if (w == NULL) {
            break;
        }
        memcpy(w, (const uint8_t *)data + done, n);
        tls_advance(p->tls, TLS_WINDOW_RECV_REC, n);
        done += n;
    }
    return done;
}

static inline bool pair_to_client(struct pair *p)
{
    size_t from_len, to_len;
    uint8_t *from, *to;

    if ((tls_state(p->tls) & TLS_SEND_REC) == 0) {
        return false;
    }
    from = tls_window(p->tls, TLS_WINDOW_SEND_REC, &from_len);
    to = br_ssl_engine_recvrec_buf(&p->client.ssl.eng, &to_len);
    if (from == NULL || to == NULL) {
        return false;
    }
    to_len = pair_chunk(p, from_len, to_len);
    memcpy(to, from, to_len);
    br_ssl_engine_recvrec_ack(&p->client.ssl.eng, to_len);
    tls_advance(p->tls, TLS_WINDOW_SEND_REC, to_len);
    p->to_client_bytes += to_len;
    return true;
}

static inline bool pair_to_server(struct pair *p)
{
    size_t len;
    uint8_t *from = br_ssl_engine_sendrec_buf(&p->client.ssl.eng, &len);

    if (from == NULL) {
        return false;
    }
    len = pair_inject(p, from, p->chunk != 0 && len > p->chunk ? p->chunk : len);
    if (len > 0) {
        br_ssl_engine_sendrec_ack(&p->client.ssl.eng, len);
    }
    return len > 0;
}

/* Moves records until nothing moves; application data stays where it is. */
static inline void pair_pump(struct pair *p)
{
    bool moved = true;

    while (moved) {
        moved = pair_to_client(p);
        moved = pair_to_server(p) || moved;
    }
}

static inline void pair_begin(struct pair *p, const char *server_name, bool resume)
{
    if (p->tls == NULL) {
        p->tls = calloc(1, tls_size());
    } else {
        tls_end(p->tls);
        memset(p->tls, 0, tls_size());
    }
    tls_begin(p->tls, p->ctx, 1);
    br_ssl_engine_set_buffer(&p->client.ssl.eng, p->client.buffer, sizeof p->client.buffer, 1);
    br_ssl_client_reset(&p->client.ssl, server_name, resume);
}

/* A context for the configuration, a client that trusts its first certificate. */
static inline struct pair *pair_new(const struct config *config)
{
    struct pair *p = calloc(1, sizeof *p);

    p->ctx = tls_context_new(config, &p->counters);
    client_init(&p->client, p->ctx->creds->entry.ec != NULL ? p->ctx->creds->entry.ec
                                                            : p->ctx->creds->entry.rsa);
    return p;
}

static inline void pair_free(struct pair *p)
{
    if (p->tls != NULL) {
        tls_end(p->tls);
    }
    free(p->tls);
    tls_context_free(p->ctx);
    free(p);
}

static inline bool pair_open(const struct pair *p)
{
    unsigned client = br_ssl_engine_current_state(&p->client.ssl.eng);

    return tls_get_info(p->tls)->established && (client & BR_SSL_SENDAPP) != 0;
}

/* Server to client and back: len bytes each way. True when all came right. */
static inline bool pair_exchange(struct pair *p, size_t len)
{
    br_ssl_engine_context *eng = &p->client.ssl.eng;
    size_t sent = 0, echoed = 0, back = 0;
    bool good = true, moved = true;

    while (moved) {
        size_t n, m;
        uint8_t *from, *to = br_ssl_engine_sendapp_buf(eng, &n);

        moved = false;
        if (to != NULL && sent < len) {
            n = n < len - sent ? n : len - sent;
            for (size_t i = 0; i < n; i++) {
                to[i] = (uint8_t)((sent + i) * 7 >> 3);
            }
            br_ssl_engine_sendapp_ack(eng, n);
            br_ssl_engine_flush(eng, 0);
            sent += n;
            moved = true;
        }
        moved = pair_to_server(p) || moved;
        tls_rest(p->tls);
        if ((tls_state(p->tls) & (TLS_RECV_APP | TLS_SEND_APP)) == (TLS_RECV_APP | TLS_SEND_APP)) {
            from = tls_window(p->tls, TLS_WINDOW_RECV_APP, &n);
            to = tls_window(p->tls, TLS_WINDOW_SEND_APP, &m);
            n = n < m ? n : m;
            memcpy(to, from, n);
            tls_advance(p->tls, TLS_WINDOW_RECV_APP, n);
            tls_advance(p->tls, TLS_WINDOW_SEND_APP, n);
            tls_flush(p->tls);
            echoed += n;
            moved = true;
        }
        moved = pair_to_client(p) || moved;
        tls_rest(p->tls);
        from = br_ssl_engine_recvapp_buf(eng, &n);
        if (from != NULL) {
            for (size_t i = 0; i < n; i++) {
                good = good && from[i] == (uint8_t)((back + i) * 7 >> 3);
            }
            br_ssl_engine_recvapp_ack(eng, n);
            back += n;
            moved = true;
        }
    }
    return good && sent == len && echoed == len && back == len;
}

#endif
