/*
 * What the TLS 1.3 client by hand (hand13.h) makes of the server's records and messages:
 * it is strict, takes each in its turn, and looks at each signature and each
 * Finished. What it would not take stands in `wrong`.
 */
#ifndef TINY_TESTS_HAND13_SERVER_H
#define TINY_TESTS_HAND13_SERVER_H

#include "hand13_sign.h"
#include "hand13_wire.h"

/* What the next message of the server may be. */
enum {
    EXPECT_HELLO,
    EXPECT_ENCRYPTED,
    EXPECT_REQUEST_OR_CERTIFICATE,
    EXPECT_CERTIFICATE,
    EXPECT_VERIFY,
    EXPECT_FINISHED,
    EXPECT_AFTER,
};

static inline bool hand13_offers(const uint16_t *list, size_t max, uint16_t value)
{
    for (size_t i = 0; i < max && list[i] != 0; i++) {
        if (list[i] == value) {
            return true;
        }
    }
    return false;
}

/* ---- ServerHello --------------------------------------------------------- */

struct hand13_hello_of_server {
    struct span random, session_id, share, cookie;
    uint16_t version, group;
    int psk;
    unsigned extensions;
};

static inline void hand13_read_extension(struct hand13 *c, struct hand13_hello_of_server *h,
                                         bool retry, unsigned type, struct reader body)
{
    switch (type) {
    case EXT_VERSIONS:
        h->version = reader_u16(&body);
        break;
    case EXT_KEY_SHARE:
        h->group = reader_u16(&body);
        h->share = retry ? span_of(NULL, 0) : reader_vec16(&body);
        break;
    case EXT_COOKIE:
        h->cookie = reader_vec16(&body);
        break;
    case EXT_PSK:
        h->psk = reader_u16(&body);
        break;
    default:
        hand13_wrong(c, "an extension that has no place in ServerHello");
    }
    if (body.bad || reader_left(&body) != 0) {
        hand13_wrong(c, "a malformed extension in ServerHello");
    }
}

static inline void hand13_retry(struct hand13 *c, const struct hand13_hello_of_server *h,
                                struct span message)
{
    if (c->retried || h->psk >= 0 || (h->group == 0 && h->cookie.len == 0) ||
        h->cookie.len > sizeof c->cookie) {
        hand13_wrong(c, "a HelloRetryRequest that is none");
        return;
    }
    c->retried = true;
    c->retry_group = h->group;
    if (h->cookie.len > 0) {
        memcpy(c->cookie, h->cookie.data, h->cookie.len);
    }
    c->cookie_len = h->cookie.len;
    transcript13_retry(&c->transcript);
    transcript13_add(&c->transcript, message);
    c->early_accepted = false;
}

static inline void hand13_server_hello(struct hand13 *c, struct span message, struct reader r)
{
    static const uint8_t retry_random[32] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11,
                                             0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
                                             0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E,
                                             0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
    struct hand13_hello_of_server h = {.psk = -1};
    uint8_t secret[KEX_SECRET_MAX];
    size_t len = 0;
    uint16_t suite, compression;
    struct reader ext;
    bool retry;

    if (reader_u16(&r) != 0x0303) {
        hand13_wrong(c, "ServerHello's version");
    }
    h.random = reader_take(&r, 32);
    h.session_id = reader_vec8(&r);
    suite = reader_u16(&r);
    compression = reader_u8(&r);
    ext = reader_of(NULL, 0);
    {
        struct span block = reader_vec16(&r);

        ext = reader_of(block.data, block.len);
    }
    retry = span_equal(h.random, span_of(retry_random, 32));
    while (reader_left(&ext) > 0 && !ext.bad) {
        unsigned type = reader_u16(&ext);
        struct span body = reader_vec16(&ext);

        hand13_read_extension(c, &h, retry, type, reader_of(body.data, body.len));
    }
    if (r.bad || ext.bad || reader_left(&r) != 0 || h.version != 0x0304 || compression != 0 ||
        !hand13_offers(c->says.suites, 6, suite) ||
        !span_equal(h.session_id, span_of(c->hello + 39, c->says.session_id_len))) {
        hand13_wrong(c, "a malformed ServerHello");
        return;
    }
    if (c->suite != 0 && c->suite != suite) {
        hand13_wrong(c, "another suite than in HelloRetryRequest");
    }
    if (c->suite == 0) {
        c->suite = suite;
        c->hash = hash13_of_suite(suite);
        transcript13_begin(&c->transcript, c->hash);
        transcript13_add(&c->transcript, span_of(c->hello, c->hello_len));
    }
    if (retry) {
        hand13_retry(c, &h, message);
        return;
    }
    transcript13_add(&c->transcript, message);
    c->psk_index = h.psk;
    c->group = h.group;
    if (h.psk >= (int)c->says.psk_count || (h.psk < 0 && h.group == 0)) {
        hand13_wrong(c, "ServerHello without keys");
        return;
    }
    if (h.group != 0) {
        len = hand13_secret(h.group, h.share, secret);
        if (len == 0) {
            hand13_wrong(c, "the server's share");
        }
    }
    hand13_handshake_keys(c, span_of(secret, len));
    c->expected = EXPECT_ENCRYPTED;
}

/* ---- its other messages -------------------------------------------------- */

static inline void hand13_encrypted_extensions(struct hand13 *c, struct reader r)
{
    struct span block = reader_vec16(&r);
    struct reader ext = reader_of(block.data, block.len);

    while (reader_left(&ext) > 0 && !ext.bad) {
        unsigned type = reader_u16(&ext);
        struct span body = reader_vec16(&ext);

        if (type == EXT_EARLY_DATA && body.len == 0) {
            c->early_accepted = true;
        } else if (type == EXT_ALPN && body.len > 3 && body.len < sizeof c->alpn) {
            c->alpn_len = body.len - 3;
            memcpy(c->alpn, body.data + 3, c->alpn_len);
        } else if (type == EXT_RECORD_LIMIT && body.len == 2) {
            c->record_limit = (uint16_t)(body.data[0] << 8 | body.data[1]);
        }
    }
    if (r.bad || ext.bad || reader_left(&r) != 0) {
        hand13_wrong(c, "malformed EncryptedExtensions");
    }
    c->expected = c->psk_index >= 0 ? EXPECT_FINISHED : EXPECT_REQUEST_OR_CERTIFICATE;
}

static inline void hand13_certificate_request(struct hand13 *c, struct reader r)
{
    struct span context = reader_vec8(&r);
    struct span block = reader_vec16(&r);
    struct reader ext = reader_of(block.data, block.len);
    bool schemes = false;

    while (reader_left(&ext) > 0 && !ext.bad) {
        schemes = reader_u16(&ext) == EXT_SIGNATURES || schemes;
        reader_vec16(&ext);
    }
    if (r.bad || ext.bad || reader_left(&r) != 0 || !schemes || context.len > sizeof c->context) {
        hand13_wrong(c, "a malformed CertificateRequest");
        return;
    }
    c->asked = true;
    memcpy(c->context, context.data, context.len);
    c->context_len = context.len;
    c->expected = EXPECT_CERTIFICATE;
}

static inline void hand13_server_certificate(struct hand13 *c, struct reader r)
{
    struct span context = reader_vec8(&r), leaf, ext;
    uint32_t len = reader_u24(&r);

    leaf = reader_take(&r, reader_u24(&r));
    ext = reader_vec16(&r);
    if (r.bad || context.len != 0 || leaf.len > sizeof c->leaf || leaf.len + ext.len + 5 > len) {
        hand13_wrong(c, "a malformed Certificate");
        return;
    }
    c->stapled = ext.len > 4 && ext.data[0] == 0 && ext.data[1] == EXT_STATUS_REQUEST;
    memcpy(c->leaf, leaf.data, leaf.len);
    c->leaf_len = leaf.len;
    c->expected = EXPECT_VERIFY;
}

static inline void hand13_server_verify(struct hand13 *c, struct reader r)
{
    uint16_t scheme = reader_u16(&r);
    struct span signature = reader_vec16(&r);
    uint8_t digest[HASH13_MAX];

    hand13_now(c, digest);
    if (r.bad || reader_left(&r) != 0 ||
        (!c->repeats && !hand13_signed(span_of(c->leaf, c->leaf_len), scheme,
                                       span_of(digest, hash13_len(c->hash)), signature))) {
        hand13_wrong(c, "the server's signature");
    }
    c->expected = EXPECT_FINISHED;
}

static inline void hand13_server_finished(struct hand13 *c, struct span message)
{
    uint8_t digest[HASH13_MAX], want[HASH13_MAX];
    size_t n = hash13_len(c->hash);

    hand13_now(c, digest);
    finished13(c->hash, c->server_secret, digest, want);
    c->finished = message.len == 4 + n && memcmp(message.data + 4, want, n) == 0;
    if (!c->finished) {
        hand13_wrong(c, "the server's Finished");
    }
    transcript13_add(&c->transcript, message);
    hand13_application_keys(c);
    c->expected = EXPECT_AFTER;
}

static inline void hand13_ticket(struct hand13 *c, struct reader r)
{
    struct hand13_psk *psk = &c->tickets[c->ticket_count];
    uint8_t digest[HASH13_MAX], resumption[HASH13_MAX];
    struct span nonce, identity, ext;

    if (c->ticket_count == HAND13_TICKETS) {
        return;
    }
    memset(psk, 0, sizeof *psk);
    psk->lifetime = reader_u32(&r);
    psk->age_add = reader_u32(&r);
    nonce = reader_vec8(&r);
    identity = reader_vec16(&r);
    ext = reader_vec16(&r);
    if (r.bad || reader_left(&r) != 0 || identity.len == 0 || identity.len > sizeof psk->identity ||
        psk->lifetime > 604800) {
        hand13_wrong(c, "a malformed NewSessionTicket");
        return;
    }
    if (ext.len == 8 && ext.data[1] == EXT_EARLY_DATA) {
        psk->max_early = (uint32_t)ext.data[4] << 24 | (uint32_t)ext.data[5] << 16 |
                         (uint32_t)ext.data[6] << 8 | ext.data[7];
    }
    memcpy(psk->identity, identity.data, identity.len);
    psk->identity_len = identity.len;
    psk->suite = c->suite;
    psk->secret_len = hash13_len(c->hash);
    hand13_now(c, digest);
    schedule13_derive(&c->schedule, "res master", digest, resumption);
    ticket_psk13(c->hash, resumption, nonce, psk->secret);
    c->ticket_count++;
}

static inline bool hand13_in_turn(const struct hand13 *c, unsigned type)
{
    switch (c->expected) {
    case EXPECT_HELLO:
        return type == MSG_SERVER_HELLO;
    case EXPECT_ENCRYPTED:
        return type == MSG_ENCRYPTED_EXTENSIONS;
    case EXPECT_REQUEST_OR_CERTIFICATE:
        return type == MSG_CERTIFICATE_REQUEST || type == MSG_CERTIFICATE ||
               type == MSG_COMPRESSED_CERTIFICATE;
    case EXPECT_CERTIFICATE:
        return type == MSG_CERTIFICATE || type == MSG_COMPRESSED_CERTIFICATE;
    case EXPECT_VERIFY:
        return type == MSG_CERTIFICATE_VERIFY;
    case EXPECT_FINISHED:
        return type == MSG_FINISHED;
    default:
        return c->done && (type == MSG_TICKET || type == MSG_KEY_UPDATE);
    }
}

static inline void hand13_message(struct hand13 *c, struct span message)
{
    unsigned type = message.data[0];
    struct reader r = reader_of(message.data + 4, message.len - 4);

    if (c->seen_count < sizeof c->seen) {
        c->seen[c->seen_count++] = (uint8_t)type;
    }
    if (!hand13_in_turn(c, type)) {
        hand13_wrong(c, "a message of the server out of its turn");
        return;
    }
    switch (type) {
    case MSG_SERVER_HELLO:
        hand13_server_hello(c, message, r);
        return;
    case MSG_ENCRYPTED_EXTENSIONS:
        hand13_encrypted_extensions(c, r);
        break;
    case MSG_CERTIFICATE_REQUEST:
        hand13_certificate_request(c, r);
        break;
    case MSG_CERTIFICATE:
        hand13_server_certificate(c, r);
        break;
    case MSG_COMPRESSED_CERTIFICATE:
        c->compressed = true; /* what is in it, others test */
        c->expected = EXPECT_VERIFY;
        break;
    case MSG_CERTIFICATE_VERIFY:
        hand13_server_verify(c, r);
        break;
    case MSG_FINISHED:
        hand13_server_finished(c, message);
        return;
    case MSG_TICKET:
        hand13_ticket(c, r);
        return;
    default:
        c->updates++;
        c->update_due = c->update_due || (message.len == 5 && message.data[4] == 1);
        record13_update(&c->read);
        if (message.len != 5 || c->message_len != message.len) {
            hand13_wrong(c, "a malformed KeyUpdate");
        }
        return;
    }
    transcript13_add(&c->transcript, message);
}

/* ---- records from the server --------------------------------------------- */

static inline void hand13_handshake_bytes(struct hand13 *c, struct span bytes)
{
    if (bytes.len == 0 || bytes.len > sizeof c->message - c->message_len) {
        hand13_wrong(c, "an empty handshake record, or too many bytes");
        return;
    }
    memcpy(c->message + c->message_len, bytes.data, bytes.len);
    c->message_len += bytes.len;
    while (c->message_len >= 4) {
        size_t n = 4 + ((size_t)c->message[1] << 16 | (size_t)c->message[2] << 8 | c->message[3]);

        if (n > c->message_len || c->wrong != NULL) {
            return;
        }
        hand13_message(c, span_of(c->message, n));
        memmove(c->message, c->message + n, c->message_len - n);
        c->message_len -= n;
    }
}

static inline void hand13_contents(struct hand13 *c, unsigned type, struct span contents,
                                   bool sealed)
{
    if (type == RECORD_ALERT && contents.len == 2) {
        if (c->alert >= 0) {
            hand13_wrong(c, "a second alert");
        }
        if (contents.data[0] != (contents.data[1] == 0 || contents.data[1] == 90 ? 1 : 2)) {
            hand13_wrong(c, "an alert's level");
        }
        c->alert = contents.data[1];
        c->alert_sealed = sealed;
    } else if (c->alert >= 0) {
        hand13_wrong(c, "something after the alert");
    } else if (type == RECORD_HANDSHAKE) {
        hand13_handshake_bytes(c, contents);
    } else if (type == RECORD_DATA && sealed && contents.len <= sizeof c->data - c->data_len &&
               c->expected == EXPECT_AFTER) {
        memcpy(c->data + c->data_len, contents.data, contents.len);
        c->data_len += contents.len;
    } else {
        hand13_wrong(c, "a record of a wrong type");
    }
}

static inline void hand13_read_record(struct hand13 *c, size_t len)
{
    struct span contents = span_of(c->in + 5, len - 5);
    uint8_t type = c->in[0];

    c->records++;
    c->largest_record = len > c->largest_record ? (unsigned)len : c->largest_record;
    /* An alert may go out before a version was agreed. */
    if (c->in[1] != 3 || (c->in[2] != 3 && (type != RECORD_ALERT || c->expected != EXPECT_HELLO))) {
        hand13_wrong(c, "a record's version");
    }
    if (type == RECORD_CCS && len == 6 && c->in[5] == 1) {
        c->ccs_count++;
        return;
    }
    if (c->read.suite == 0) {
        hand13_contents(c, type, contents, false);
        return;
    }
    if (type != RECORD_DATA) {
        hand13_wrong(c, "a record in the clear where keys are known");
        return;
    }
    if (record13_open(&c->read, c->in, &type, &contents) != 0) {
        hand13_wrong(c, "a record does not open");
        return;
    }
    hand13_contents(c, type, contents, true);
}

/* Takes what the server has to send. True when there was something. */
static inline bool hand13_take(struct hand13 *c)
{
    size_t len;
    uint8_t *w;
    bool any = false;

    while ((tls_state(c->tls) & TLS_SEND_REC) != 0 &&
           (w = tls_window(c->tls, TLS_WINDOW_SEND_REC, &len)) != NULL && len > 0) {
        len = c->chunk != 0 && c->chunk < len ? c->chunk : len;
        len = len < sizeof c->in - c->in_len ? len : sizeof c->in - c->in_len;
        memcpy(c->in + c->in_len, w, len);
        c->in_len += len;
        tls_advance(c->tls, TLS_WINDOW_SEND_REC, len);
        any = true;
        while (c->in_len >= 5) {
            size_t n = 5 + ((size_t)c->in[3] << 8 | c->in[4]);

            if (n > c->in_len) {
                break;
            }
            hand13_read_record(c, n);
            memmove(c->in, c->in + n, c->in_len - n);
            c->in_len -= n;
        }
    }
    return any;
}

#endif
