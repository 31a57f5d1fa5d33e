/*
 * Whole connections: the input is a script that a client, the wire and the
 * application play against a server, with fixed randomness. The client is
 * BearSSL's engine, whose bytes may be bent, held back or mixed with others; for
 * TLS 1.3, which it has not, there are only hellos here and fuzz_handshake13 for the rest.
 * Nothing may be left behind, data goes only through an established
 * connection and arrives as it was sent whatever happens to the wire, and
 * nobody gets in whose certificate is not good.
 *
 * Script: kind, then (operation, length, bytes of that length) again and again.
 */
#include "../tests/unit/hello_build.h"
#include "../tests/unit/tls_fixture.h"
#include "core/clock.h"
#include "crypto/crypto.h"

#include <assert.h>

enum { KINDS = 16, SENT_MAX = 65536 };

/* What one side sent, and how much of it the other has taken. */
static struct stream {
    uint8_t sent[SENT_MAX];
    size_t sent_len, taken;
} from_client, from_server;

static struct {
    struct config config;
    struct pair *pair;
    struct session session; /* of a handshake that went well */
    br_ssl_session_parameters client_session;
} scenes[KINDS];

/* With fixed randomness the same few numbers are signed or decrypted again
 * and again: half of the time of a run without this memory. */
static uint32_t remembered_rsa(unsigned char *x, const br_rsa_private_key *sk)
{
    static struct {
        uint8_t in[256], out[256];
    } known[32];
    static unsigned next;
    uint8_t in[256];

    assert(sk->n_bitlen == 2048);
    for (unsigned i = 0; i < ARRAY_LEN(known); i++) {
        if (memcmp(known[i].in, x, sizeof in) == 0) {
            memcpy(x, known[i].out, sizeof in);
            return 1;
        }
    }
    memcpy(in, x, sizeof in);
    if (crypto_rsa_private()(x, sk) == 0) {
        return 0;
    }
    memcpy(known[next].in, in, sizeof in);
    memcpy(known[next].out, x, sizeof in);
    next = (next + 1) % ARRAY_LEN(known);
    return 1;
}

static void begin(struct pair *p, bool resume)
{
    br_ssl_engine_context *eng = &p->client.ssl.eng;

    eng->rng_init_done = 0;
    eng->rng_os_rand_done = 1;
    br_ssl_engine_inject_entropy(eng, "client", 6);
    from_client.sent_len = from_client.taken = 0;
    from_server.sent_len = from_server.taken = 0;
    pair_begin(p, "localhost", resume);
}

/* Kinds: certificates and client authentication, new and old suites; the upper
 * half starts with a session to resume, which is much quicker to run. */
static struct pair *pair_of(unsigned kind)
{
    static const uint16_t suites13[] = {0x1301, 0x1302, 0x1303};
    static const uint16_t old[] = {0x002F, 0xC009, 0xC013, 0x000A, 0xC004, 0x009C};
    struct config *c = &scenes[kind].config;
    struct pair *p = scenes[kind].pair;

    if (p != NULL) {
        return p;
    }
    *c = fixture_config((kind & 1) != 0 ? "server_rsa" : "server_ec", NULL);
    if ((kind & 2) != 0) {
        c->verify = (kind & 1) != 0 ? VERIFY_REQUIRED : VERIFY_OPTIONAL;
        c->cafile = "ca_ec";
    }
    if ((kind & 4) != 0) {
        memcpy(c->suites, old, sizeof old);
        c->suite_count = ARRAY_LEN(old);
        c->version_min = 0x0301;
    }
    c->session_tickets = true;
    if ((kind & 4) == 0) {
        c->version_max = 0x0304; /* only hellos of our own ask for it */
        memcpy(c->ciphersuites, suites13, sizeof suites13);
        c->ciphersuite_count = ARRAY_LEN(suites13);
        c->num_tickets = 1;
        c->psk = c->psk_identity = "";
    }
    p = pair_new(c);
    scenes[kind].pair = p;
    p->ctx->rsa_private = remembered_rsa;
    br_ssl_engine_set_ec(&p->client.ssl.eng, crypto_ec());
    br_ssl_engine_set_ecdsa(&p->client.ssl.eng, crypto_ecdsa_vrfy());
    client_certificate(&p->client, "client", NULL);
    begin(p, false);
    pair_pump(p);
    assert(pair_open(p));
    br_ssl_engine_get_session_parameters(&p->client.ssl.eng, &scenes[kind].client_session);
    scenes[kind].session = *session_find(p->ctx->sessions, p->tls->info.session_id, clock_now_ms());
    return p;
}

static void bent(struct pair *p, struct span data)
{
    size_t len;
    uint8_t *w = br_ssl_engine_sendrec_buf(&p->client.ssl.eng, &len);

    if (w != NULL) {
        uint8_t copy[BR_SSL_BUFSIZE_OUTPUT];

        memcpy(copy, w, len);
        for (size_t i = 0; i + 2 < data.len; i += 3) {
            copy[(size_t)(data.data[i] << 8 | data.data[i + 1]) % len] ^= data.data[i + 2];
        }
        pair_inject(p, copy, len);
        br_ssl_engine_sendrec_ack(&p->client.ssl.eng, len);
    }
}

static void certificate(struct pair *p, unsigned which)
{
    static const char *const names[] = {"client", "client_wrong", "client_expired",
                                        "client_server"};

    client_certificate(&p->client, names[which % ARRAY_LEN(names)], NULL);
}

static void stream_take(struct stream *s, const uint8_t *data, size_t len)
{
    assert(len <= s->sent_len - s->taken && memcmp(data, s->sent + s->taken, len) == 0);
    s->taken += len;
}

static size_t stream_put(struct stream *s, uint8_t *to, size_t room, struct span data)
{
    size_t n = room < data.len ? room : data.len;

    n = n < SENT_MAX - s->sent_len ? n : SENT_MAX - s->sent_len;
    if (n > 0) {
        memcpy(to, data.data, n);
        memcpy(s->sent + s->sent_len, data.data, n);
        s->sent_len += n;
    }
    return n;
}

static void app_data(struct pair *p, struct span data)
{
    size_t n, m;
    uint8_t *from = tls_window(p->tls, TLS_WINDOW_RECV_APP, &n);
    uint8_t *to = tls_window(p->tls, TLS_WINDOW_SEND_APP, &m);

    assert((from == NULL && to == NULL) || tls_get_info(p->tls)->established);
    if (from != NULL) {
        stream_take(&from_client, from, n);
        tls_advance(p->tls, TLS_WINDOW_RECV_APP, n);
    }
    if (to != NULL && data.len > 0) {
        tls_advance(p->tls, TLS_WINDOW_SEND_APP, stream_put(&from_server, to, m, data));
    }
    tls_flush(p->tls);
}

static void client_data(struct pair *p, struct span data)
{
    br_ssl_engine_context *eng = &p->client.ssl.eng;
    size_t n, m;
    uint8_t *from = br_ssl_engine_recvapp_buf(eng, &n);
    uint8_t *to = br_ssl_engine_sendapp_buf(eng, &m);

    if (from != NULL) {
        stream_take(&from_server, from, n);
        br_ssl_engine_recvapp_ack(eng, n);
    }
    if (to != NULL && data.len > 0) {
        br_ssl_engine_sendapp_ack(eng, stream_put(&from_client, to, m, data));
        br_ssl_engine_flush(eng, 0);
    }
}

/* A ticket of this server for the session that a kind begins with: made now, by
 * the key before (which gives a new one), or bent. */
static struct span ticket_for(struct pair *p, const struct session *session, unsigned how)
{
    static uint8_t ticket[TICKET_MAX];
    struct ticket_keys keys = p->ctx->tickets;
    struct session s = *session;
    size_t len;

    if ((how & 1) != 0) {
        keys.keys[0] = keys.keys[1];
    }
    s.ems = (how & 2) != 0;
    s.suite = (uint16_t)(s.suite ^ ((how & 4) != 0));
    s.created_ms = clock_now_ms();
    len = ticket_seal(&keys, &s, clock_now_ms(), clock_wall_s(), &p->ctx->rng, ticket);
    ticket[how >> 3 & 0x3F] ^= (how & 8) != 0;
    return span_of(ticket, (how & 16) != 0 ? len / 2 : len);
}

/* What BearSSL's client never offers: extended master secret, tickets, a staple.
 * data: which of them, what the ticket is, the ID, and what stands for more. Nobody
 * can end such a handshake, so nobody comes in by it. */
static void hello_of_ours(struct pair *p, const struct session *session, struct span data)
{
    static uint8_t records[TLS_IN_LEN];
    struct hello_build b = build_hello();
    unsigned what = data.data[0], how = data.data[1];
    uint8_t suites[4];

    put_u16(suites, session->suite);
    put_u16(suites + 2, 0x1301u + how % 3);
    b.suites = span_of(suites, how >= 0x40 ? 4 : 2);
    b.version = (uint16_t)(session->version - ((what & 64) != 0));
    if ((what & 32) != 0) {
        b.session_id = span_of(session->id, sizeof session->id);
    }
    build_extension(&b, 0, BYTES("\0\14\0\0\11localhost"));
    build_extension(&b, 10, BYTES("\0\4\0\35\0\27"));
    build_extension(&b, 13, BYTES("\0\10\4\1\4\3\10\4\2\1"));
    if ((what & 1) != 0) {
        build_extension(&b, 23, BYTES(""));
    }
    if ((what & 2) != 0) {
        build_extension(&b, 35, (what & 4) != 0 ? BYTES("") : ticket_for(p, session, how));
    }
    if ((what & 8) != 0) {
        build_extension(&b, 5, BYTES("\1\0\0\0\0"));
    }
    if ((what & 16) != 0) {
        build_extension(&b, 1, BYTES("\1"));
    }
    if ((what & 128) != 0) {
        build_extension(&b, 11, BYTES("\1\0"));
    }
    if (how >= 0x40) {
        build_extension(&b, 43, BYTES("\4\3\4\3\3"));
        build_extension(&b, 51,
                        BYTES("\0\x24\0\x1D\0\x20"
                              "a point of X25519, as all are..."));
    }
    b.trailing = span_of(data.data + 2, 0);
    pair_inject(p, records,
                hello_records(records, hello_bytes(&b), how >= 0x80 ? 40 : TLS_IN_LEN - 5));
    pair_inject(p, data.data + 2, data.len - 2);
}

/* The server's own doings: a renegotiation, or its buffers given back. */
static void server_step(struct pair *p, const struct session *session, struct span data)
{
    if (data.len == 1) {
        tls_renegotiate(p->tls, (data.data[0] & 1) != 0);
    } else if (data.len > 1 && p->tls->stage == TLS_STAGE_HELLO && p->tls->in_end == 0) {
        hello_of_ours(p, session, data);
    } else {
        tls_rest(p->tls);
    }
}

static void step(struct pair *p, const struct session *session, unsigned op, struct span data)
{
    switch (op % 12) {
    case 0:
        pair_inject(p, data.data, data.len);
        break;
    case 1:
        pair_pump(p);
        break;
    case 2:
        pair_to_client(p);
        break;
    case 3:
        pair_to_server(p);
        break;
    case 4:
        bent(p, data);
        break;
    case 5:
        app_data(p, data);
        break;
    case 6:
        client_data(p, data);
        break;
    case 7:
        server_step(p, session, data);
        break;
    case 8:
        if (data.len > 0) {
            p->chunk = data.data[0];
        }
        break;
    case 9:
        br_ssl_engine_close(&p->client.ssl.eng);
        break;
    case 10:
        if (data.len % 2 != 0) {
            tls_close(p->tls);
        } else if (data.len > 0) {
            tls_recv_eof(p->tls);
        }
        break;
    default:
        certificate(p, (unsigned)data.len);
        begin(p, data.len > 3);
        break;
    }
    assert(tls_state(p->tls) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(data, size);
    unsigned kind = reader_u8(&r) % KINDS;
    struct pair *p = pair_of(kind);

    tls_context_fix_random(p->ctx, "before", 6); /* the ticket key before */
    tls_context_fix_random(p->ctx, "fuzz", 4);
    session_expire(p->ctx->sessions, UINT64_MAX);
    p->chunk = 0;
    certificate(p, 0);
    if (kind >= KINDS / 2) {
        session_save(p->ctx->sessions, &scenes[kind].session);
        br_ssl_engine_set_session_parameters(&p->client.ssl.eng, &scenes[kind].client_session);
    }
    begin(p, kind >= KINDS / 2);
    for (unsigned n = 0; n < 60 && reader_left(&r) >= 2; n++) {
        uint8_t op = reader_u8(&r);
        size_t len = reader_u8(&r);

        len = len < reader_left(&r) ? len : reader_left(&r);
        step(p, &scenes[kind].session, op, reader_take(&r, len));
        if (tls_get_info(p->tls)->established && p->tls->renegotiation != RENEGOTIATION_RUNS &&
            scenes[kind].config.verify == VERIFY_REQUIRED) {
            assert(tls_get_info(p->tls)->verdict == TLS_PEER_TRUSTED &&
                   strcmp(tls_get_info(p->tls)->peer_subject, "CN=Good client") == 0);
        }
    }
    tls_end(p->tls);
    assert(p->ctx->in_pool.taken == 0 && p->ctx->out_pool.taken == 0 &&
           p->ctx->verify_pool.taken == 0 && p->ctx->engine_pool.taken == 0 &&
           p->ctx->handshake13_pool.taken == 0 && p->ctx->message13_pool.taken == 0);
    return 0;
}
