/*
 * Handshakes of TLS 1.3 and what follows them: the input is a script that a client
 * written by hand plays against a server, with fixed randomness. It seals its records
 * itself, so what is wrong reaches the server behind the encryption: hellos with other
 * extensions, flights with a message dropped, doubled, cut or replaced, records of
 * any type and size, change_cipher_spec, alerts, KeyUpdates, early data, tickets.
 *
 * Nothing may be left behind; data goes through only as it was sent, and only when the
 * client's Finished was right or early data was accepted; nobody gets in whose
 * certificate is not good; and what the server answers to a client that says what it
 * means is always right.
 *
 * Script: kind, then (operation, length, bytes of that length) again and again.
 */
#include "../tests/unit/hand13_check.h"
#include "config/sslop.h"

#include <assert.h>

enum { KINDS = 8 };

static struct {
    struct config config;
    struct hand13 *client;
} scenes[KINDS];

/* What the client sealed as data, and what the application has taken of it. */
static struct {
    uint8_t sent[65536];
    size_t sent_len, taken;
} stream;

/* What was sent was also hashed and sealed as the client says: then it may be strict. */
static bool honest;
static bool said_again; /* the second hello is out */

static struct config config_of(unsigned kind)
{
    struct config c = config13(kind == 2 ? "server_rsa" : "server_ec", NULL);

    if (kind == 1 || kind == 6) {
        c.verify = kind == 1 ? VERIFY_REQUIRED : VERIFY_OPTIONAL;
        c.cafile = "ca_ec";
    }
    c.early_data = kind == 3 || kind == 7 ? 600 : 0;
    c.mode = MODE_FILES;
    if (kind == 4) {
        c.psk = "abababababababababababababababab";
        c.psk_identity = "somebody";
        c.options = SSLOP_ALLOW_NO_DHE_KEX;
    }
    if (kind == 5) {
        c.record_padding = 64;
        c.max_send_fragment = 512;
        c.session_tickets = false;
        c.server_preference = false;
    }
    c.anti_replay = kind != 7;
    return c;
}

static struct hand13 *client_of(unsigned kind)
{
    struct hand13 *c = scenes[kind].client;

    if (c == NULL) {
        scenes[kind].config = config_of(kind);
        c = scenes[kind].client = hand13_new(&scenes[kind].config);
        c->repeats = true;
    }
    c->says = hand13_usual();
    c->chunk = c->split = c->cut = c->padding = c->ticket_count = 0;
    c->between = NULL;
    return c;
}

/* ---- the client's hello -------------------------------------------------- */

static void choose(uint16_t *list, const uint16_t *all, size_t count, unsigned bits)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if ((bits >> i & 1) != 0) {
            list[n++] = all[i];
        }
    }
    list[n] = 0;
}

static void use_psk(struct hand13 *c, unsigned what)
{
    static const struct hand13_psk shared = {.identity = "somebody",
                                             .identity_len = 8,
                                             .secret_len = 16,
                                             .secret = {0xAB, 0xAB, 0xAB, 0xAB, 0xAB, 0xAB, 0xAB,
                                                        0xAB, 0xAB, 0xAB, 0xAB, 0xAB, 0xAB, 0xAB,
                                                        0xAB, 0xAB},
                                             .external = true,
                                             .suite = 0x1301};
    struct hand13_says *says = &c->says;

    says->psk_count = 0;
    if ((what & 1) != 0 && c->ticket_count > 0) {
        says->psks[says->psk_count++] = c->tickets[(what >> 4) % c->ticket_count];
    }
    if ((what & 2) != 0) {
        says->psks[says->psk_count++] = shared;
    }
    says->early = (what & 4) != 0 && says->psk_count > 0;
    says->bad_binder = (what & 0xC8) == 0xC8;
    says->psk_modes[0] = (what & 8) != 0 ? 1 : 2;
    says->psk_modes[1] = (what & 0x40) != 0 ? 2 : 0;
}

/* data: groups, shares, suites, keys, then an extension by type and body. */
static void say(struct hand13 *c, struct span data)
{
    static const uint16_t groups[] = {KEX_X25519MLKEM768, 29, 23, 24, 25, 0x3A3A};
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303, 0x1304};
    struct reader r = reader_of(data.data, data.len);
    struct hand13_says *says = &c->says;
    unsigned bits;
    struct hand13_edit edit = {.what = EDIT_NONE};

    bits = reader_u8(&r);
    choose(says->groups, groups, ARRAY_LEN(groups), r.bad ? 30 : bits);
    bits = reader_u8(&r);
    choose(says->shares, groups, 5, r.bad ? 2 : bits);
    says->session_id_len = (bits & 0x80) != 0 ? 32 : 0;
    says->staple = (bits & 0x40) != 0;
    bits = reader_u8(&r);
    choose(says->suites, suites, ARRAY_LEN(suites), r.bad ? 1 : bits);
    says->certificate = (bits & 0x10) != 0 ? NULL : (bits & 0x20) != 0 ? "client_wrong" : "client";
    says->record_limit = (bits & 0x40) != 0 ? 100 : 0;
    use_psk(c, reader_u8(&r));
    if (reader_left(&r) >= 3) {
        edit.what = 1 + reader_u8(&r) % 4;
        edit.type = reader_u8(&r);
        edit.body = reader_take(&r, reader_left(&r));
    }
    says->edits[0] = edit;
    says->again[0] = edit;
}

static void begin(struct hand13 *c, struct span data)
{
    say(c, data);
    hand13_begin(c);
    honest = true;
    said_again = false;
    stream.sent_len = stream.taken = 0;
}

/* ---- the steps ----------------------------------------------------------- */

static void data_record(struct hand13 *c, struct span data)
{
    if (c->write.suite != 0 && data.len <= sizeof stream.sent - stream.sent_len) {
        memcpy(stream.sent + stream.sent_len, data.data, data.len);
        stream.sent_len += data.len;
        hand13_send(c, RECORD_DATA, data);
    }
}

static void application(struct hand13 *c, struct span data)
{
    size_t n, room;
    uint8_t *w = tls_window(c->tls, TLS_WINDOW_RECV_APP, &n);

    if (w != NULL) {
        /* Early data that was refused is lost. */
        assert(tls_get_info(c->tls)->established || c->tls->v13.handshake->psk.early);
        while (stream.taken + n <= stream.sent_len &&
               memcmp(w, stream.sent + stream.taken, n) != 0 && !c->early_accepted) {
            stream.taken++;
        }
        assert(n <= stream.sent_len - stream.taken &&
               memcmp(w, stream.sent + stream.taken, n) == 0);
        stream.taken += n;
        tls_advance(c->tls, TLS_WINDOW_RECV_APP, n);
    }
    w = tls_window(c->tls, TLS_WINDOW_SEND_APP, &room);
    if (w != NULL && data.len > 0) {
        n = room < data.len ? room : data.len;
        memcpy(w, data.data, n);
        tls_advance(c->tls, TLS_WINDOW_SEND_APP, n);
    }
    tls_flush(c->tls);
}

static void flight(struct hand13 *c, struct span data)
{
    struct reader r = reader_of(data.data, data.len);
    struct hand13_mutation m = {.change = reader_u8(&r) % (CHANGE_APPEND + 1)};
    static const uint8_t messages[] = {MSG_FINISHED, MSG_CERTIFICATE, MSG_CERTIFICATE_VERIFY,
                                       MSG_END_OF_EARLY_DATA};

    m.message = messages[reader_u8(&r) % ARRAY_LEN(messages)];
    m.at = reader_u8(&r);
    m.at = reader_left(&r) > 0 ? (m.at << 8 | reader_u8(&r)) % 700 : m.at;
    if (c->finished && !c->done && c->wrong == NULL && c->alert < 0) {
        hand13_flight(c, &m);
    }
}

static void bend(struct hand13 *c, struct span data)
{
    for (size_t i = 0; i + 2 < data.len && c->out_len > 0; i += 3) {
        c->out[(size_t)(data.data[i] << 8 | data.data[i + 1]) % c->out_len] ^= data.data[i + 2];
        honest = false;
    }
}

static void keys(struct hand13 *c, unsigned which)
{
    switch (which % 4) {
    case 0:
        c->write.suite = 0;
        break;
    case 1:
        if (c->expected > EXPECT_HELLO) {
            hand13_set(c, &c->write, c->client_secret);
            c->keys_set = true;
        }
        break;
    case 2:
        if (c->finished) {
            hand13_set(c, &c->write, c->client_application);
        }
        break;
    default:
        if (c->write.suite != 0) {
            record13_update(&c->write);
        }
        break;
    }
}

static void server(struct hand13 *c, struct span data)
{
    switch (data.len > 0 ? data.data[0] % 6 : 0) {
    case 0:
        tls_rest(c->tls);
        break;
    case 1:
        tls_close(c->tls);
        break;
    case 2:
        tls_recv_eof(c->tls);
        break;
    case 3:
        tls_update_keys(c->tls, data.len > 1);
        break;
    case 4:
        tls_flush(c->tls);
        break;
    default:
        (void)tls_renegotiate(c->tls, false);
        break;
    }
}

static void shapes(struct hand13 *c, struct span data)
{
    struct reader r = reader_of(data.data, data.len);

    c->chunk = reader_u8(&r);
    c->split = reader_u8(&r) | 32u;
    c->cut = reader_u8(&r);
    c->padding = reader_u8(&r);
}

/* A record in the clear, or sealed, of the type that the first byte names. */
static void odd_record(struct hand13 *c, bool clear, struct span data)
{
    struct hand13_odd odd = {.clear = clear, .type = data.len > 0 ? data.data[0] : 20};

    odd.contents = span_of(data.data + (data.len > 0), data.len - (data.len > 0));
    if (odd.type == RECORD_DATA && !clear) {
        data_record(c, odd.contents);
    } else {
        honest = honest && odd.type != RECORD_HANDSHAKE;
        hand13_put(c, &odd);
    }
}

static void step(struct hand13 *c, unsigned op, struct span data)
{
    switch (op % 14) {
    case 0:
        begin(c, data);
        break;
    case 1:
        hand13_deliver(c);
        break;
    case 2:
        hand13_take(c);
        break;
    case 3:
        flight(c, data);
        break;
    case 4:
        application(c, data);
        break;
    case 5:
        data_record(c, data);
        break;
    case 6:
        odd_record(c, true, data);
        break;
    case 7:
        odd_record(c, false, data);
        break;
    case 8:
        bend(c, data);
        break;
    case 9:
        keys(c, data.len > 0 ? data.data[0] : 0);
        break;
    case 10:
        server(c, data);
        break;
    case 11:
        shapes(c, data);
        break;
    case 12:
        honest = honest && data.len == 0;
        hand13_inject(c, data);
        break;
    default:
        if (c->retried && !said_again && c->wrong == NULL) {
            said_again = true;
            hand13_say_hello(c);
        }
        break;
    }
}

/* What holds after every step. */
static void check(struct hand13 *c, unsigned kind)
{
    const struct tls_info *info = tls_get_info(c->tls);

    assert(tls_state(c->tls) != 0);
    assert(!info->established || (c->done && c->finished) || !honest);
    assert(c->wrong == NULL || !honest);
    if (info->established && scenes[kind].config.verify == VERIFY_REQUIRED) {
        assert(info->verdict == TLS_PEER_TRUSTED &&
               strcmp(info->peer_subject, "CN=Good client") == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(data, size);
    unsigned kind = reader_u8(&r) % KINDS;
    struct hand13 *c = client_of(kind);

    session_expire(c->ctx->sessions, UINT64_MAX);
    if (c->ctx->early != NULL) {
        early13_begin(c->ctx->early, &c->ctx->rng);
    }
    begin(c, span_of(data, 0));
    for (unsigned n = 0; n < 60 && reader_left(&r) >= 2; n++) {
        uint8_t op = reader_u8(&r);
        size_t len = reader_u8(&r);

        len = len < reader_left(&r) ? len : reader_left(&r);
        step(c, op, reader_take(&r, len));
        check(c, kind);
        if (sizeof c->out - c->out_len < 30000 || sizeof c->data - c->data_len < 20000) {
            break;
        }
    }
    tls_end(c->tls);
    assert(hand13_nothing_left(c));
    return 0;
}
