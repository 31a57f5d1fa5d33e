/*
 * server/conn over a socket pair with a TLS connection that only passes bytes
 * through in plain text, one small record buffer each way: states, deadlines,
 * back-pressure, ends of stream, every split.
 */
#include "core/sock.h"
#include "server/conn.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a TLS connection in plain text ---------------------------------------- */

#define RECORD 32

struct tls {
    struct tls_info info;
    uint8_t in[RECORD], out[RECORD];
    size_t in_len, out_len, hello_left;
    bool sealed, closing, closed, eof;
    bool ended, rested; /* rested: when it was closed */
    int asked; /* by the number of the call: tls_renegotiate 1, 2; new keys 3, 4; certificate 5 */
};

size_t tls_size(void)
{
    return sizeof(struct tls);
}

void tls_begin(struct tls *t, struct tls_context *ctx, unsigned endpoint_id)
{
    (void)ctx, (void)endpoint_id;
    t->hello_left = 3; /* a "handshake" of three bytes */
    t->info.alpn = "";
}

void tls_end(struct tls *t)
{
    t->ended = true;
}

unsigned tls_state(struct tls *t)
{
    unsigned state = t->eof ? TLS_PEER_EOF : 0;

    if (t->sealed) {
        state |= TLS_SEND_REC;
    }
    if (t->closed || (t->closing && !t->sealed)) {
        return state | TLS_CLOSED;
    }
    if (!t->eof && t->in_len == 0) {
        state |= TLS_RECV_REC;
    }
    if (t->in_len > 0 && t->info.established) {
        state |= TLS_RECV_APP;
    }
    if (!t->sealed && t->info.established) {
        state |= TLS_SEND_APP;
    }
    return state;
}

static unsigned bit(enum tls_window which)
{
    static const unsigned bits[] = {TLS_SEND_REC, TLS_RECV_REC, TLS_SEND_APP, TLS_RECV_APP};

    return bits[which];
}

uint8_t *tls_window(struct tls *t, enum tls_window which, size_t *len)
{
    *len = 0;
    if ((tls_state(t) & bit(which)) == 0) {
        return NULL;
    }
    switch (which) {
    case TLS_WINDOW_SEND_REC:
        *len = t->out_len;
        return t->out;
    case TLS_WINDOW_RECV_REC:
        *len = RECORD;
        return t->in;
    case TLS_WINDOW_SEND_APP:
        *len = RECORD - t->out_len;
        return t->out + t->out_len;
    default:
        *len = t->in_len;
        return t->in;
    }
}

void tls_advance(struct tls *t, enum tls_window which, size_t n)
{
    switch (which) {
    case TLS_WINDOW_SEND_REC:
        memmove(t->out, t->out + n, t->out_len - n);
        t->out_len -= n;
        t->sealed = t->out_len > 0;
        break;
    case TLS_WINDOW_RECV_REC:
        t->in_len = n;
        while (t->hello_left > 0 && t->in_len > 0) {
            memmove(t->in, t->in + 1, --t->in_len);
            t->info.established = --t->hello_left == 0;
        }
        break;
    case TLS_WINDOW_SEND_APP:
        t->out_len += n;
        t->sealed = t->out_len == RECORD;
        break;
    default:
        memmove(t->in, t->in + n, t->in_len - n);
        t->in_len -= n;
    }
}

void tls_flush(struct tls *t)
{
    t->sealed = t->out_len > 0;
}

int tls_renegotiate(struct tls *t, bool ask_certificate)
{
    t->asked = ask_certificate ? 2 : 1;
    return 0;
}

int tls_update_keys(struct tls *t, bool ask)
{
    t->asked = ask ? 4 : 3;
    return -1;
}

int tls_ask_certificate(struct tls *t)
{
    t->asked = 5;
    return 0;
}

void tls_close(struct tls *t)
{
    t->closing = true;
}

void tls_recv_eof(struct tls *t)
{
    t->eof = true;
    t->closed = t->closed || !t->info.established;
}

void tls_rest(struct tls *t)
{
    t->rested = (tls_state(t) & TLS_CLOSED) != 0;
}

const struct tls_info *tls_get_info(const struct tls *t)
{
    return &t->info;
}

enum tls_failure tls_get_failure(const struct tls *t, const char **reason)
{
    *reason = "left early";
    return t->info.established ? TLS_FAIL_NONE : TLS_FAIL_PROBE;
}

/* ---- an application: echo; 'q' ends, 'f' fails, 'h' begins a head; 'P', 'r', 'R', 'k' and
 * 'K' ask for what the console's commands of that name do ------------------------- */

struct fake_app {
    bool head, closed;
};

static void app_open(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    (void)shared, (void)peer;
    ((struct fake_app *)state)->head = false;
}

static enum app_result app_step(void *state, struct app_io *io, uint64_t now_ms)
{
    struct fake_app *a = state;

    (void)now_ms;
    while (io->in_used < io->in_len && io->out_used < io->out_len) {
        static const char letters[] = "PrRkK?"; /* in the order of enum app_request */
        uint8_t c = io->in[io->in_used++];
        const char *letter = memchr(letters, c, sizeof letters - 1);

        if (c == 'q' || c == 'f') {
            return c == 'q' ? APP_DONE : APP_FAIL;
        }
        if (letter != NULL) {
            io->request = (uint8_t)(APP_REQUEST_PLAIN_TEXT + (letter - letters));
            io->flush = true;
            return APP_MORE;
        }
        a->head = c == 'h';
        if (!a->head) {
            io->out[io->out_used++] = c;
        }
    }
    return io->in_eof && io->in_used == io->in_len ? APP_DONE : APP_MORE;
}

static enum app_phase app_phase(const void *state)
{
    return ((const struct fake_app *)state)->head ? APP_HEAD : APP_IDLE;
}

static void app_close(void *state)
{
    ((struct fake_app *)state)->closed = true;
}

static const struct app_ops fake_ops = {
    "fake", sizeof(struct fake_app), false, app_open, app_step, app_phase, app_close};

/* ---- one connection under test ---------------------------------------------- */

static struct config config = {.handshake_timeout_ms = 100};
static struct counters counters;
static struct conn_shared shared = {.config = &config,
                                    .ops = &fake_ops,
                                    .counters = &counters,
                                    .handshake.duration_ms = 100,
                                    .request.duration_ms = 50,
                                    .idle.duration_ms = 200,
                                    .closing.duration_ms = 30};
static struct listener listener;
static struct tls tls;
static struct fake_app app;
static struct conn conn;
static int peer = -1;
static uint64_t now;

static void begin(void)
{
    int fds[2];

    if (peer >= 0) {
        close(peer);
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0) {
        abort();
    }
    memset(&tls, 0, sizeof tls);
    memset(&app, 0, sizeof app);
    memset(&conn, 0, sizeof conn);
    conn.tls = &tls;
    conn.app_state = &app;
    peer = fds[1];
    conn_begin(&conn, &shared, &listener, fds[0], now);
}

/* Steps until the connection waits or ends, as the loop would. */
static enum conn_next go(uint32_t *interest)
{
    enum conn_next next = CONN_READY;

    conn.can_read = true;
    conn.can_write = true;
    for (int i = 0; i < 10000 && next == CONN_READY; i++) {
        next = conn_step(&conn, &shared, now, interest);
    }
    return next;
}

static void feed(const char *text)
{
    if (write(peer, text, strlen(text)) != (ssize_t)strlen(text)) {
        abort();
    }
}

static const char *answer(void)
{
    static char buf[4096];
    ssize_t n = read(peer, buf, sizeof buf - 1);

    buf[n > 0 ? n : 0] = '\0';
    return buf;
}

static void end(void)
{
    conn_end(&conn, &shared, now);
}

static void test_flow(void)
{
    uint32_t interest = 0;

    begin();
    ok(go(&interest) == CONN_WAIT && interest == EPOLLIN && conn.state == CONN_HANDSHAKE,
       "waits for the handshake");
    feed("ab");
    ok(go(&interest) == CONN_WAIT && conn.state == CONN_HANDSHAKE, "half a handshake");
    feed("chello"); /* c ends the handshake, then data in the same piece; h begins a head */
    ok(go(&interest) == CONN_WAIT && conn.state == CONN_OPEN && interest == EPOLLIN,
       "the application runs");
    is_text(answer(), "ello", "echoed");
    feed("0123456789012345678901234567890123456789012345678901234567890123456789");
    ok(go(&interest) == CONN_WAIT, "more than a record");
    is_text(answer(), "0123456789012345678901234567890123456789012345678901234567890123456789",
            "all of it comes back");
    feed("xq");
    ok(go(&interest) == CONN_WAIT && conn.state == CONN_CLOSING && app.closed,
       "the application ends");
    is_text(answer(), "x", "what it wrote last is sent");
    ok(recv(peer, &(char){0}, 1, 0) == 0, "then the end of the stream");
    close(peer);
    peer = -1;
    ok(go(&interest) == CONN_END, "over when the peer has left");
    end();
    ok(counters.open == 0 && tls.ended, "all is given back");
}

static void test_requests(void)
{
    static const char want[] = "xThis line is not encrypted.\nyz";
    uint32_t interest = 0, whim = 1;
    size_t len = 0;

    begin();
    feed("abcxPyz");
    ok(go(&interest) == CONN_WAIT && interest == EPOLLIN, "plain text is asked for");
    is_text(answer(), want, "it comes between what is sent before and after it");
    for (int i = 1; i <= 5; i++) {
        feed((const char *[]){"r", "R", "k", "K", "?"}[i - 1]);
        ok(go(&interest) == CONN_WAIT && tls.asked == i && conn.peer.refused == (i == 3 || i == 4),
           "a renegotiation, new keys (refused), a certificate");
    }
    feed("vRw");
    is_text(go(&interest) == CONN_WAIT ? answer() : "", "vw", "and the flow goes on");
    end();

    begin();
    shared.whim = &whim;
    feed("abcxPyz");
    for (int i = 0; i < 1000 && len < sizeof want - 1; i++) {
        const char *got;

        go(&interest);
        got = answer();
        expect(memcmp(got, want + len, strlen(got)) == 0, "pieces of it, in order");
        expect(strlen(got) > 0 || interest != 0, "it knows what it waits for");
        len += strlen(got);
    }
    ok(len == sizeof want - 1, "the same in pieces of 7 bytes");
    shared.whim = NULL;
    end();
}

static void test_ends(void)
{
    uint32_t interest = 0;

    begin();
    close(peer);
    peer = -1;
    ok(go(&interest) == CONN_END, "left before a hello");
    end();
    ok(counters.probes == 1, "counted as a probe");

    begin();
    feed("abcxyz");
    shutdown(peer, SHUT_WR);
    ok(go(&interest) == CONN_WAIT && go(&interest) == CONN_END && app.closed,
       "half-close: answered, then over");
    is_text(answer(), "xyz", "the answer came through");
    end();

    begin();
    feed("abcf");
    ok(go(&interest) == CONN_END && !tls.closing, "a failed application gets no close_notify");
    end();

    begin();
    feed("abcq");
    ok(go(&interest) == CONN_WAIT && tls.rested, "who waits for the client's end has no buffers");
    for (int i = 0; i < 1000; i++) {
        char waste[1024] = {0};

        if (write(peer, waste, sizeof waste) < 0) {
            conn.can_read = true;
            if (conn_step(&conn, &shared, now, &interest) == CONN_END) {
                break;
            }
        }
    }
    ok(conn.lingered >= 256 * 1024 && conn.lingered < 300 * 1024,
       "what comes after the close is bounded");
    end();
}

static void test_deadlines(void)
{
    uint32_t interest = 0;

    begin();
    feed("a");
    now += 99;
    go(&interest);
    ok(deadline_next_ms(&shared.handshake) == now + 1, "bytes do not extend the handshake");
    now += 1;
    ok(conn_timeout(&conn, &shared, now) == CONN_END, "a late handshake ends");
    end();

    begin();
    feed("abch");
    go(&interest);
    ok(conn.deadline.queue == &shared.request, "a head has its own deadline");
    now += 40;
    feed("h");
    go(&interest);
    ok(deadline_next_ms(&shared.request) == now + 10, "which bytes do not extend");
    feed("x");
    go(&interest);
    ok(conn.deadline.queue == &shared.idle && conn.deadline.at_ms == now + 200,
       "then the idle one");
    now += 200;
    deadline_disarm(&conn.deadline);
    ok(conn_timeout(&conn, &shared, now) == CONN_READY && conn.state == CONN_CLOSING,
       "idle: closed in an orderly way");
    ok(go(&interest) == CONN_WAIT && conn.deadline.queue == &shared.closing, "with a bound");
    ok(conn_timeout(&conn, &shared, now + 30) == CONN_END, "after which it is cut");
    end();
}

static void test_backpressure(void)
{
    uint32_t interest = 0;
    size_t sent = 0, got = 0;
    char c = 0;
    bool same = true, waited = false;

    begin();
    fcntl(peer, F_SETFL, O_NONBLOCK);
    feed("abc");
    go(&interest);
    while (sent < 1000000) {
        c = (char)('A' + sent % 7);
        if (write(peer, &c, 1) != 1) {
            break;
        }
        sent++;
        if (sent % 50 == 0 && go(&interest) != CONN_WAIT) {
            break;
        }
        if ((interest & EPOLLOUT) != 0) {
            waited = true;
            ok((interest & EPOLLIN) == 0, "a peer that does not read is not read from");
            break;
        }
    }
    ok(waited, "the socket fills up");
    while (got < sent) {
        char buf[256];
        ssize_t n = read(peer, buf, sizeof buf);

        for (ssize_t i = 0; i < n; i++) {
            same = same && buf[i] == (char)('A' + (got + (size_t)i) % 7);
        }
        got += n > 0 ? (size_t)n : 0;
        go(&interest);
    }
    ok(same, "and everything arrives in order once it reads");
    conn_drain(&conn, &shared, false, now);
    ok(conn.state == CONN_CLOSING, "an idle connection closes when the server drains");
    end();
    begin();
    feed("abc");
    go(&interest);
    conn_drain(&conn, &shared, false, now);
    ok(conn.state == CONN_OPEN, "one without a request gets its grace");
    conn_drain(&conn, &shared, true, now);
    ok(conn.state == CONN_CLOSING, "and then closes too");
    end();
}

int main(void)
{
    log_open("/dev/null", LOG_ERROR);
    now = 1000;
    test_flow();
    test_requests();
    test_ends();
    test_deadlines();
    test_backpressure();
    if (peer >= 0) {
        close(peer);
    }
    return tap_done();
}
