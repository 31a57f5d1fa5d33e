/* Our messages of a TLS 1.3 handshake, from ServerHello to Finished. */
#include "config/sslop.h"
#include "core/clock.h"
#include "tls/certcomp.h"
#include "tls/internal.h"
#include "tls/ocsp.h"
#include "tls/sign13.h"
#include "core/build.h"

#include <string.h>

enum {
    SERVER_HELLO = 2,
    ENCRYPTED_EXTENSIONS = 8,
    CERTIFICATE = 11,
    CERTIFICATE_REQUEST = 13,
    CERTIFICATE_VERIFY = 15,
    FINISHED = 20,
    COMPRESSED_CERTIFICATE = 25,
};

#define HEAD_LEN 4

/* A message under way in the flight's scratch space. */
struct draft {
    uint8_t *start, *at;
};

static struct draft draft_begin(struct handshake13 *hs, uint8_t type, size_t room)
{
    uint8_t *start = flight13_room(&hs->flight, HEAD_LEN + room);

    start[0] = type;
    return (struct draft){start, start + HEAD_LEN};
}

/* more: bytes of the message that follow it as pieces of their own. */
static void draft_end(struct handshake13 *hs, struct draft *d, size_t more)
{
    size_t len = (size_t)(d->at - d->start);

    put_u24(d->start + 1, (uint32_t)(len - HEAD_LEN + more));
    flight13_add(&hs->flight, &hs->transcript, span_of(d->start, len));
}

static void add_u16(struct draft *d, size_t v)
{
    put_u16(d->at, (uint32_t)v);
    d->at += 2;
}

static void add_bytes(struct draft *d, const void *bytes, size_t len)
{
    memcpy(d->at, bytes, len);
    d->at += len;
}

/* The length of what follows is put in later. */
static uint8_t *open_list(struct draft *d)
{
    d->at += 2;
    return d->at;
}

static void close_list(struct draft *d, uint8_t *list)
{
    put_u16(list - 2, (uint32_t)(d->at - list));
}

static void add_extension(struct draft *d, unsigned type, size_t len)
{
    add_u16(d, type);
    add_u16(d, len);
}

/* ---- ServerHello and HelloRetryRequest ------------------------------------------- */

/* As far as both are alike; returns the list of extensions, which stays open. */
static uint8_t *begin_hello(struct tls *t, struct draft *d, const uint8_t random[32])
{
    struct handshake13 *hs = t->v13.handshake;
    uint8_t *list;

    add_u16(d, 0x0303);
    add_bytes(d, random, 32);
    *d->at++ = hs->session_id_len;
    add_bytes(d, hs->session_id, hs->session_id_len);
    add_u16(d, t->choice.suite);
    *d->at++ = 0; /* no compression */
    list = open_list(d);
    add_extension(d, 43, 2); /* supported_versions */
    add_u16(d, 0x0304);
    return list;
}

int server13_hello(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;
    struct draft d = draft_begin(hs, SERVER_HELLO, 128 + KEX_SHARE_MAX);
    uint8_t random[32];
    uint8_t *list;

    br_hmac_drbg_generate(&t->ctx->rng, random, sizeof random);
    list = begin_hello(t, &d, random);
    if (!hs->psk.chosen || hs->psk.dhe) {
        add_extension(&d, 51, 4 + hs->kex.share_len); /* key_share */
        add_u16(&d, t->choice.group);
        add_u16(&d, hs->kex.share_len);
        add_bytes(&d, hs->kex.share, hs->kex.share_len);
    }
    if (hs->psk.chosen) {
        add_extension(&d, 41, 2); /* pre_shared_key */
        add_u16(&d, hs->psk.index);
    }
    close_list(&d, list);
    draft_end(hs, &d, 0);
    return 0;
}

int server13_retry(struct tls *t)
{
    /* SHA-256 of "HelloRetryRequest". */
    static const uint8_t random[32] = {
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
        0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
        0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    };
    struct handshake13 *hs = t->v13.handshake;
    struct draft d = draft_begin(hs, SERVER_HELLO, 128 + COOKIE13_MAX);
    uint8_t cookie[COOKIE13_MAX];
    size_t cookie_len = retry13_cookie(t, cookie);
    uint8_t *list;

    transcript13_retry(&hs->transcript);
    list = begin_hello(t, &d, random);
    add_extension(&d, 51, 2); /* key_share: the group alone */
    add_u16(&d, t->choice.group);
    add_extension(&d, 44, 2 + cookie_len);
    add_u16(&d, cookie_len);
    add_bytes(&d, cookie, cookie_len);
    close_list(&d, list);
    draft_end(hs, &d, 0);
    return 0;
}

/* ---- EncryptedExtensions and CertificateRequest ----------------------------------- */

static void add_serverinfo(const struct tls *t, struct draft *d, enum serverinfo_place place)
{
    const struct serverinfo *s = &t->ctx->serverinfo;
    struct span e;

    for (unsigned i = 0;
         TINY_STANDIN && (e = serverinfo_extension(s, place, t->serverinfo, i)).len > 0; i++) {
        add_bytes(d, e.data, e.len);
    }
}

static void add_alpn(struct draft *d, const char *name)
{
    size_t len = strlen(name);

    add_extension(d, 16, 3 + len);
    add_u16(d, 1 + len);
    *d->at++ = (uint8_t)len;
    add_bytes(d, name, len);
}

static void encrypted_extensions(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;
    struct draft d = draft_begin(hs, ENCRYPTED_EXTENSIONS, 300 + SERVERINFO_MAX);
    uint8_t *list = open_list(&d);

    if (hs->name_used) { /* also when resumed */
        add_extension(&d, 0, 0);
    }
    if (hs->fragment_len != 0) {
        add_extension(&d, 1, 1);
        *d.at++ = hs->fragment_len;
    }
    if (t->choice.alpn != NULL) {
        add_alpn(&d, t->choice.alpn);
    }
    if (hs->limit_answer) {
        add_extension(&d, 28, 2);
        add_u16(&d, t->v13.recv_limit);
    }
    if (TINY_EXTRAS && hs->psk.early) {
        add_extension(&d, 42, 0);
    }
    add_serverinfo(t, &d, SERVERINFO_ENCRYPTED);
    close_list(&d, list);
    draft_end(hs, &d, 0);
}

/* How certificates may be signed, beside how the handshake may: x509sig.h knows these. */
static void add_schemes_cert(struct draft *d)
{
    static const uint16_t schemes[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805,
                                       0x0806, 0x0401, 0x0501, 0x0601};

    add_extension(d, 50, 2 + sizeof schemes);
    add_u16(d, sizeof schemes);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        add_u16(d, schemes[i]);
    }
}

int server13_request(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;
    const struct config *config = t->ctx->config;
    struct draft d = draft_begin(hs, CERTIFICATE_REQUEST, 128);
    bool name = t->trust != NULL && (config->options & SSLOP_NO_CA_NAMES) == 0;
    struct span names = name ? t->trust->set->name_list : span_of(NULL, 0);
    uint8_t *list, *extension, *schemes;

    *d.at++ = hs->request_context_len;
    add_bytes(&d, hs->request_context, hs->request_context_len);
    list = open_list(&d);
    add_u16(&d, 13); /* signature_algorithms */
    extension = open_list(&d);
    schemes = open_list(&d);
    d.at += sign13_put_schemes(&config->client_signatures, d.at);
    if (d.at == schemes) {
        t->choice.alert = ALERT_HANDSHAKE_FAILURE;
        t->choice.reason = "of ssl.client-signature-algorithms none can prove a certificate in "
                           "TLS 1.3";
        return -1;
    }
    close_list(&d, schemes);
    close_list(&d, extension);
    add_schemes_cert(&d);
    if (names.len > 0) {
        add_extension(&d, 47, 2 + names.len); /* certificate_authorities */
        add_u16(&d, names.len);
    }
    put_u16(list - 2, (uint32_t)((size_t)(d.at - list) + names.len));
    draft_end(hs, &d, names.len);
    flight13_add(&hs->flight, &hs->transcript, names);
    return 0;
}

/* ---- Certificate and its proof ---------------------------------------------------- */

static void compressed_certificate(struct handshake13 *hs, struct span message)
{
    struct draft d = draft_begin(hs, COMPRESSED_CERTIFICATE, 0);

    draft_end(hs, &d, message.len);
    flight13_add(&hs->flight, &hs->transcript, message);
}

/* The chain lies ready with no extensions; the leaf's go between. */
static void certificate(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;
    struct flight13 *f = &hs->flight;
    const struct cred *cred = t->choice.cred;
    struct span staple =
        TINY_CLIENTS && hs->staple ? ocsp_staple_now(cred, clock_wall_s()) : span_of(NULL, 0);
    struct span compressed =
        TINY_EXTRAS ? certcomp_message(cred, hs->compression) : span_of(NULL, 0);
    size_t leaf = 3 + cred->chain[0].data_len;
    uint8_t given[SERVERINFO_MAX];
    struct draft d = {given, given}; /* of serverinfo */
    size_t given_len, len;

    add_serverinfo(t, &d, SERVERINFO_CERTIFICATE);
    given_len = (size_t)(d.at - d.start);
    len = given_len + (staple.len > 0 ? 4 + 4 + staple.len : 0);
    if (len == 0 && compressed.len > 0) {
        compressed_certificate(hs, compressed);
        return;
    }
    d = draft_begin(hs, CERTIFICATE, 4);
    *d.at++ = 0; /* certificate_request_context */
    put_u24(d.at, (uint32_t)(cred->list.len + len));
    d.at += 3;
    draft_end(hs, &d, cred->list.len + len);
    if (len == 0) {
        flight13_add(f, &hs->transcript, cred->list);
        return;
    }
    flight13_add(f, &hs->transcript, span_of(cred->list.data, leaf));
    d.start = d.at = flight13_room(f, 2 + given_len + 8);
    add_u16(&d, len);
    add_bytes(&d, given, given_len);
    if (staple.len > 0) {
        add_extension(&d, 5, 4 + staple.len); /* status_request: a CertificateStatus */
        *d.at++ = 1;                          /* ocsp */
        put_u24(d.at, (uint32_t)staple.len);
        d.at += 3;
    }
    flight13_add(f, &hs->transcript, span_of(d.start, (size_t)(d.at - d.start)));
    flight13_add(f, &hs->transcript, staple);
    flight13_add(f, &hs->transcript,
                 span_of(cred->list.data + leaf + 2, cred->list.len - leaf - 2));
}

static int certificate_verify(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;
    uint8_t hash[HASH13_MAX];
    struct draft d;
    size_t len;

    transcript13_now(&hs->transcript, hash);
    d = draft_begin(hs, CERTIFICATE_VERIFY, 4 + SIGN13_MAX);
    add_u16(&d, t->choice.signature);
    len = sign13_make(t->ctx, t->choice.cred, t->choice.signature,
                      span_of(hash, hash13_len(hash13_of_suite(t->choice.suite))), d.at + 2);
    if (len == 0) {
        t->choice.alert = ALERT_INTERNAL_ERROR;
        t->choice.reason = "the private key gave no signature";
        return -1;
    }
    add_u16(&d, len);
    d.at += len;
    draft_end(hs, &d, 0);
    return 0;
}

int server13_encrypted(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;

    encrypted_extensions(t);
    if (hs->psk.chosen) {
        return 0;
    }
    if (TINY_CLIENTS && hs->ask_certificate && server13_request(t) != 0) {
        return -1;
    }
    certificate(t);
    return certificate_verify(t);
}

void server13_finished(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;
    uint8_t verify_data[HASH13_MAX];
    struct draft d = draft_begin(hs, FINISHED, HASH13_MAX);

    keys13_finished(t, true, verify_data);
    add_bytes(&d, verify_data, hash13_len(hash13_of_suite(t->choice.suite)));
    draft_end(hs, &d, 0);
}
