/*
 * The part of the TLS 1.3 client by hand (hand13.h) that plays: its second flight,
 * with every mutation that a test can want, whole handshakes and data.
 */
#ifndef TINY_TESTS_HAND13_PLAY_H
#define TINY_TESTS_HAND13_PLAY_H

#include "hand13_server.h"

/* What is done to one message of the client's second flight. The transcript always
 * has what is sent, so that nothing but the mutation can be what the server minds. */
enum hand13_change {
    CHANGE_NONE,
    CHANGE_DROP,
    CHANGE_DOUBLE,
    CHANGE_SWAP,     /* with the message behind it */
    CHANGE_TRUNCATE, /* `at` bytes off its end, its length says so */
    CHANGE_CUT,      /* `at` bytes off its end, its length does not say so */
    CHANGE_EXTEND,   /* `at` bytes more, its length says so */
    CHANGE_EMPTY,    /* no body */
    CHANGE_FLIP,     /* bit 0 of byte `at` of its body */
    CHANGE_TYPE,     /* its type becomes `at` */
    CHANGE_LENGTH,   /* its length says `at` */
    CHANGE_PREPEND,  /* a message of type `at` with an empty body before it */
    CHANGE_APPEND,   /* the same behind it, in the same record */
};

struct hand13_mutation {
    enum hand13_change change;
    uint8_t message; /* its type; the first of that type */
    uint32_t at;
};

/* ---- messages ------------------------------------------------------------ */

static inline size_t hand13_put_certificate(uint8_t *out, size_t pos, const char *name)
{
    struct span der = fixture_bytes(name, false);

    put_u24(out + pos, (uint32_t)der.len);
    memcpy(out + pos + 3, der.data, der.len);
    put_u16(out + pos + 3 + der.len, 0);
    return pos + 5 + der.len;
}

static inline size_t hand13_certificate(const struct hand13 *c, uint8_t *body)
{
    size_t pos = 1 + c->context_len + 3;

    body[0] = (uint8_t)c->context_len;
    memcpy(body + 1, c->context, c->context_len);
    if (c->says.certificate != NULL) {
        pos = hand13_put_certificate(body, pos, c->says.certificate);
    }
    if (c->says.second_certificate != NULL) {
        pos = hand13_put_certificate(body, pos, c->says.second_certificate);
    }
    put_u24(body + 1 + c->context_len, (uint32_t)(pos - 4 - c->context_len));
    return pos;
}

static inline size_t hand13_verify(const struct hand13 *c, uint8_t *body)
{
    uint16_t scheme = c->says.client_scheme;
    uint8_t digest[HASH13_MAX];
    size_t n;

    hand13_now(c, digest);
    n = hand13_sign(c->says.certificate, &scheme, span_of(digest, hash13_len(c->hash)), body + 4);
    put_u16(body, scheme);
    put_u16(body + 2, (uint32_t)n);
    return 4 + n;
}

/* A message with its header, over the transcript as it is now; in memory of its own. */
static inline struct span hand13_make(const struct hand13 *c, unsigned type)
{
    static uint8_t message[40000];
    uint8_t digest[HASH13_MAX];
    size_t n = 0;

    switch (type) {
    case MSG_CERTIFICATE:
        n = hand13_certificate(c, message + 4);
        break;
    case MSG_CERTIFICATE_VERIFY:
        n = hand13_verify(c, message + 4);
        break;
    case MSG_FINISHED:
        hand13_now(c, digest);
        finished13(c->hash, c->client_secret, digest, message + 4);
        n = hash13_len(c->hash);
        break;
    default:
        break;
    }
    message[0] = (uint8_t)type;
    put_u24(message + 1, (uint32_t)n);
    return span_of(message, n + 4);
}

/* The same with a change; bytes stay in memory of its own. */
static inline struct span hand13_change(struct span message, const struct hand13_mutation *m)
{
    static uint8_t out[60000];
    size_t len = message.len, at = m->at, start = 0;

    if (m->change == CHANGE_PREPEND) {
        memset(out, 0, start = 4);
        out[0] = (uint8_t)at;
    }
    memcpy(out + start, message.data, len);
    memset(out + start + len, 0, 4);
    switch (m->change) {
    case CHANGE_TRUNCATE:
    case CHANGE_CUT:
        len -= at < len - 4 ? at : len - 4;
        break;
    case CHANGE_EXTEND:
        at = at < sizeof out - len ? at : sizeof out - len;
        memset(out + len, 0, at);
        len += at;
        break;
    case CHANGE_EMPTY:
        len = 4;
        break;
    case CHANGE_FLIP:
        out[4 + (len > 4 ? at % (len - 4) : 0)] ^= len > 4;
        break;
    case CHANGE_TYPE:
        out[0] = (uint8_t)at;
        break;
    case CHANGE_LENGTH:
        put_u24(out + 1, (uint32_t)at);
        break;
    case CHANGE_APPEND:
        out[len] = (uint8_t)at;
        len += 4;
        break;
    default:
        len += start;
        break;
    }
    if (m->change == CHANGE_TRUNCATE || m->change == CHANGE_EXTEND || m->change == CHANGE_EMPTY) {
        put_u24(out + 1, (uint32_t)(len - 4));
    }
    return span_of(out, len);
}

/* ---- the second flight --------------------------------------------------- */

/* The types of its messages as a good client sends them; a zero ends. */
static inline void hand13_plan(const struct hand13 *c, uint8_t plan[8])
{
    unsigned n = 0;

    if (c->early_accepted) {
        plan[n++] = MSG_END_OF_EARLY_DATA;
    }
    if (c->asked) {
        plan[n++] = MSG_CERTIFICATE;
        if (c->says.certificate != NULL) {
            plan[n++] = MSG_CERTIFICATE_VERIFY;
        }
    }
    plan[n++] = MSG_FINISHED;
    plan[n] = 0;
}

static inline void hand13_change_plan(uint8_t plan[8], const struct hand13_mutation *m)
{
    uint8_t *p = memchr(plan, m->message, 6);

    if (p == NULL || m->message == 0) {
        return;
    }
    if (m->change == CHANGE_DROP) {
        memmove(p, p + 1, (size_t)(plan + 7 - p));
    } else if (m->change == CHANGE_DOUBLE) {
        memmove(p + 1, p, (size_t)(plan + 7 - p));
    } else if (m->change == CHANGE_SWAP && p[1] != 0) {
        uint8_t first = p[0];

        p[0] = p[1];
        p[1] = first;
    }
}

/*
 * Makes the flight into c->out and goes on to the application's keys. All messages
 * are cut into records together, but for EndOfEarlyData, whose keys are its own.
 */
static inline void hand13_flight(struct hand13 *c, const struct hand13_mutation *m)
{
    static const struct hand13_mutation none = {.change = CHANGE_NONE};
    static uint8_t bytes[70000];
    size_t len = 0;
    uint8_t plan[8] = {0};
    bool early = c->early_accepted, changed = false;

    m = m != NULL ? m : &none;
    hand13_plan(c, plan);
    hand13_change_plan(plan, m);
    if (!early && !c->keys_set) {
        hand13_set(c, &c->write, c->client_secret);
    }
    for (unsigned i = 0; plan[i] != 0; i++) {
        struct span message = hand13_make(c, plan[i]);

        if (plan[i] == m->message && m->change > CHANGE_SWAP && !changed) {
            message = hand13_change(message, m);
            changed = true;
        }
        transcript13_add(&c->transcript, message);
        if (early && plan[i] == MSG_END_OF_EARLY_DATA) {
            hand13_send(c, RECORD_HANDSHAKE, message);
            hand13_set(c, &c->write, c->client_secret);
            early = false;
        } else {
            memcpy(bytes + len, message.data, message.len);
            len += message.len;
        }
    }
    hand13_send(c, RECORD_HANDSHAKE, span_of(bytes, len));
    hand13_set(c, &c->write, c->client_application);
    c->done = true;
}

static inline void hand13_ccs(struct hand13 *c)
{
    hand13_clear(c, RECORD_CCS, BYTES("\1"));
}

/* ---- whole handshakes ---------------------------------------------------- */

/* What a client says if a test wants nothing else. */
static inline struct hand13_says hand13_usual(void)
{
    return (struct hand13_says){
        .suites = {0x1301, 0x1303, 0x1302},
        .groups = {29, 23, 24, 25},
        .shares = {29},
        .schemes = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401},
        .legacy_version = 0x0303,
        .name = "localhost",
        .session_id_len = 32,
        .psk_modes = {2},
        .certificate = "client",
    };
}

static inline struct hand13 *hand13_new(const struct config *config)
{
    struct hand13 *c = calloc(1, sizeof *c);

    c->ctx = tls_context_new(config, &c->counters);
    c->tls = calloc(1, tls_size());
    c->says = hand13_usual();
    return c;
}

/* What lies between two handshakes of one client: what it says and its tickets stay. */
static inline void hand13_reset(struct hand13 *c)
{
    size_t from = offsetof(struct hand13, transcript);
    size_t tickets = offsetof(struct hand13, tickets);
    size_t after = offsetof(struct hand13, updates);

    tls_end(c->tls);
    memset(c->tls, 0, tls_size());
    memset((uint8_t *)c + from, 0, tickets - from);
    memset((uint8_t *)c + after, 0, offsetof(struct hand13, out) - after);
    c->out_len = 0;
    c->alert = c->psk_index = -1;
    if (c->repeats) {
        c->ctx->ecdsa_sign = hand13_ecdsa;
        tls_context_fix_random(c->ctx, "hand", 4);
    }
    tls_begin(c->tls, c->ctx, 1);
}

/* Sends the first or the second hello; the caller delivers it. */
static inline void hand13_say_hello(struct hand13 *c)
{
    bool again = c->retried;

    hand13_make_hello(c);
    if (again) {
        transcript13_add(&c->transcript, span_of(c->hello, c->hello_len));
    }
    if (again && c->says.session_id_len > 0 && !c->says.early) {
        hand13_ccs(c);
    }
    c->write.suite = 0;
    hand13_send(c, RECORD_HANDSHAKE, span_of(c->hello, c->hello_len));
}

static inline void hand13_begin(struct hand13 *c)
{
    hand13_reset(c);
    hand13_say_hello(c);
    if (c->says.early) {
        if (c->says.session_id_len > 0) {
            hand13_ccs(c);
        }
        hand13_early_keys(c);
    }
}

/* As far as the server's Finished, over a HelloRetryRequest if one comes. */
static inline void hand13_meet(struct hand13 *c)
{
    hand13_begin(c);
    hand13_deliver(c);
    hand13_take(c);
    if (c->retried && c->expected == EXPECT_HELLO && c->wrong == NULL && c->alert < 0) {
        hand13_say_hello(c);
        hand13_deliver(c);
        hand13_take(c);
    }
}

/* A whole handshake with one mutation (NULL: none), as far as it goes. */
static inline void hand13_shake(struct hand13 *c, const struct hand13_mutation *m)
{
    hand13_meet(c);
    if (!c->finished || c->wrong != NULL) {
        return;
    }
    if (c->says.session_id_len > 0 && !c->retried && !c->says.early) {
        hand13_ccs(c);
    }
    hand13_flight(c, m);
    hand13_deliver(c);
    hand13_take(c);
}

static inline void hand13_free(struct hand13 *c)
{
    tls_end(c->tls);
    free(c->tls);
    tls_context_free(c->ctx);
    free(c);
}

static inline const char *hand13_reason(const struct hand13 *c)
{
    const char *reason;

    tls_get_failure(c->tls, &reason);
    return reason;
}

/* Both sides are content. */
static inline bool hand13_open(const struct hand13 *c)
{
    return c->finished && c->done && c->wrong == NULL && c->alert < 0 &&
           tls_get_info(c->tls)->established && tls_get_info(c->tls)->version == 0x0304 &&
           (tls_state(c->tls) & TLS_SEND_APP) != 0;
}

/* Data to the server and, by the application, back; what lies in the server afterwards. */
static inline bool hand13_echo(struct hand13 *c, struct span data)
{
    size_t echoed = 0, n, m;
    uint8_t *from, *to;

    c->data_len = 0;
    hand13_send(c, RECORD_DATA, data);
    for (unsigned turn = 0; turn < 1000; turn++) {
        size_t before = c->out_len + c->data_len;

        hand13_deliver(c);
        from = tls_window(c->tls, TLS_WINDOW_RECV_APP, &n);
        if (from != NULL && n > 0) {
            to = tls_window(c->tls, TLS_WINDOW_SEND_APP, &m);
            from = tls_window(c->tls, TLS_WINDOW_RECV_APP, &n);
            n = to == NULL ? 0 : n < m ? n : m;
            if (n > 0) {
                memcpy(to, from, n);
                tls_advance(c->tls, TLS_WINDOW_RECV_APP, n);
                tls_advance(c->tls, TLS_WINDOW_SEND_APP, n);
                tls_flush(c->tls);
                echoed += n;
            }
        } else {
            n = 0;
        }
        if (!hand13_take(c) && n == 0 && before == c->out_len + c->data_len) {
            break;
        }
    }
    return echoed == data.len && c->data_len == data.len &&
           memcmp(c->data, data.data, data.len) == 0;
}

#endif
