#include "server/conn.h"
#include "core/build.h"
#include "core/sock.h"
#include "core/text.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Turns of the step before another connection gets its chance: each moves at
 * most one record, so about 256 KiB. */
#define STEP_BUDGET 16
/* What is read and thrown away after our close, so that the kernel does not
 * answer unread bytes with a reset that would overtake our alert. */
#define LINGER_MAX (256u * 1024)

static void set_state(struct conn *c, struct conn_shared *s, enum conn_state state, uint64_t now_ms)
{
    struct deadline_queue *const queues[] = {
        [CONN_HANDSHAKE] = &s->handshake, [CONN_OPEN] = &s->idle, [CONN_CLOSING] = &s->closing};

    c->state = state;
    deadline_arm(queues[state], &c->deadline, now_ms);
}

void conn_begin(struct conn *c, struct conn_shared *s, const struct listener *l, int fd,
                uint64_t now_ms)
{
    c->fd = fd;
    c->listener = l;
    c->can_write = true;
    c->watch.fd = -1;
    c->peer.tls = tls_get_info(c->tls);
    tls_begin(c->tls, s->tls, l->endpoint);
    set_state(c, s, CONN_HANDSHAKE, now_ms);
    s->counters->accepted++;
    c->peer.number = (uint32_t)s->counters->accepted;
    s->counters->open++;
}

static void close_app(struct conn *c, struct conn_shared *s)
{
    if (c->app_open) {
        s->ops->close(c->app_state);
        c->app_open = false;
        c->watch = (struct app_watch){.fd = -1};
    }
}

static void begin_closing(struct conn *c, struct conn_shared *s, uint64_t now_ms)
{
    close_app(c, s);
    tls_flush(c->tls);
    tls_close(c->tls);
    c->unsealed = false;
    set_state(c, s, CONN_CLOSING, now_ms);
}

/* ---- socket and records --------------------------------------------------- */

static bool send_records(struct conn *c, struct conn_shared *s)
{
    size_t len, done;
    const uint8_t *out = tls_window(c->tls, TLS_WINDOW_SEND_REC, &len);

    if (out == NULL) {
        return false;
    }
    /* A flight of the handshake is several records: they go in one packet. */
    c->held = c->state == CONN_HANDSHAKE;
    switch (sock_send(c->fd, out, len, c->held, s->whim, &done)) {
    case SOCK_OK:
        tls_advance(c->tls, TLS_WINDOW_SEND_REC, done);
        c->can_write = done == len;
        return true;
    case SOCK_AGAIN:
        c->can_write = false;
        return false;
    default:
        /* Nobody reads any more: what is left to send is lost. */
        c->can_write = false;
        c->eof = true;
        c->shut = true;
        return false;
    }
}

/* What a debugger sends past TLS to see how the client takes it. */
static const char plain_text[] = "This line is not encrypted.\n";

static bool send_plain(struct conn *c, struct conn_shared *s)
{
    const char *rest = plain_text + sizeof plain_text - 1 - c->plain;
    size_t done;

    c->can_write = false;
    switch (sock_send(c->fd, (const uint8_t *)rest, c->plain, false, s->whim, &done)) {
    case SOCK_OK:
        c->plain = (uint8_t)(c->plain - done);
        c->can_write = c->plain == 0;
        return true;
    case SOCK_AGAIN:
        return false;
    default:
        c->eof = true;
        c->shut = true;
        return false;
    }
}

static void receive_ended(struct conn *c)
{
    c->eof = true;
    c->can_read = false;
    tls_recv_eof(c->tls);
}

static bool receive_records(struct conn *c, struct conn_shared *s)
{
    size_t len, done;
    uint8_t *in = tls_window(c->tls, TLS_WINDOW_RECV_REC, &len);

    if (in == NULL) {
        return false;
    }
    switch (sock_recv(c->fd, in, len, s->whim, &done)) {
    case SOCK_OK:
        tls_advance(c->tls, TLS_WINDOW_RECV_REC, done);
        c->can_read = done == len;
        return true;
    case SOCK_AGAIN:
        c->can_read = false;
        return false;
    case SOCK_EOF:
        receive_ended(c);
        return true;
    default:
        c->shut = true;
        receive_ended(c);
        return true;
    }
}

/* ---- the application ------------------------------------------------------ */

/* The address that the client came to: it matters only to applications, so
 * connections that fail before do not pay for it. */
static void note_local(struct conn *c)
{
    struct sockaddr_storage local;
    socklen_t len = sizeof local;

    memset(&local, 0, sizeof local);
    if (getsockname(c->fd, (struct sockaddr *)&local, &len) == 0) {
        sock_address(&local, c->peer.local, sizeof c->peer.local);
    }
}

/* After application data moved: which deadline holds now? A request that comes
 * in has an absolute one, so bytes that trickle in do not extend it. Early data do not
 * extend the handshake's either. */
static void rearm(struct conn *c, struct conn_shared *s, bool wrote, uint64_t now_ms)
{
    enum app_phase phase = s->ops->phase(c->app_state);
    struct deadline_queue *absolute = phase == APP_HEAD      ? &s->request
                                      : phase == APP_CONNECT ? &s->connecting
                                                             : NULL;

    if (tls_get_info(c->tls)->early) {
        return;
    }
    if (absolute == NULL) {
        deadline_arm(&s->idle, &c->deadline, now_ms);
    } else if (wrote || c->deadline.queue != absolute) {
        deadline_arm(absolute, &c->deadline, now_ms);
    }
}

static void open_app(struct conn *c, struct conn_shared *s, uint64_t now_ms)
{
    const struct tls_info *info = tls_get_info(c->tls);

    note_local(c);
    s->ops->open(c->app_state, s->app, &c->peer);
    c->app_open = true;
    c->state = CONN_OPEN;
    rearm(c, s, false, now_ms);
    if (log_enabled(LOG_DEBUG)) {
        log_line(LOG_DEBUG, "%s: %s, %s%s", c->peer.address, tls_version_name(info->version),
                 info->server_name[0] != '\0' ? info->server_name : "no server name",
                 info->resumed ? ", resumed" : "");
    }
}

static void follow_request(struct conn *c, enum app_request request)
{
    int result = 0;

    switch (request) {
    case APP_REQUEST_NONE:
        break;
    case APP_REQUEST_PLAIN_TEXT:
        c->plain = sizeof plain_text - 1;
        break;
    case APP_REQUEST_RENEGOTIATE:
    case APP_REQUEST_RENEGOTIATE_ASKING:
        result = tls_renegotiate(c->tls, request == APP_REQUEST_RENEGOTIATE_ASKING);
        break;
    case APP_REQUEST_UPDATE_KEYS:
    case APP_REQUEST_UPDATE_KEYS_ASKING:
        result = tls_update_keys(c->tls, request == APP_REQUEST_UPDATE_KEYS_ASKING);
        break;
    case APP_REQUEST_CERTIFICATE:
        result = tls_ask_certificate(c->tls);
        break;
    }
    c->peer.refused = result != 0;
}

static bool run_app(struct conn *c, struct conn_shared *s, uint64_t now_ms)
{
    struct app_io io = {0};
    enum app_result result;

    io.in = tls_window(c->tls, TLS_WINDOW_RECV_APP, &io.in_len);
    io.out = tls_window(c->tls, TLS_WINDOW_SEND_APP, &io.out_len);
    io.in_eof = c->eof || (tls_state(c->tls) & TLS_PEER_EOF) != 0;
    io.watch = &c->watch;
    result = s->ops->step(c->app_state, &io, now_ms);
    if (io.in_used > 0) {
        tls_advance(c->tls, TLS_WINDOW_RECV_APP, io.in_used);
        s->counters->bytes_in += io.in_used;
    }
    if (io.out_used > 0) {
        tls_advance(c->tls, TLS_WINDOW_SEND_APP, io.out_used);
        s->counters->bytes_out += io.out_used;
        c->unsealed = true;
    }
    if (io.flush && c->unsealed) {
        tls_flush(c->tls);
        c->unsealed = false;
    }
    if (TINY_STANDIN && io.request != APP_REQUEST_NONE) {
        follow_request(c, (enum app_request)io.request);
    }
    if (result == APP_FAIL) {
        /* No close_notify: the peer must see that the data were cut short. */
        close_app(c, s);
        c->shut = true;
        c->eof = true;
        return true;
    }
    if (result == APP_DONE) {
        begin_closing(c, s, now_ms);
        return true;
    }
    if (io.in_used + io.out_used + io.request == 0) {
        if (c->deadline.queue == &s->connecting) {
            rearm(c, s, false, now_ms); /* the backend may be there now */
        }
        return false;
    }
    c->served = true;
    rearm(c, s, io.out_used > 0, now_ms);
    return true;
}

/* ---- the step ------------------------------------------------------------- */

static void tell_failure(struct conn *c, struct conn_shared *s, uint64_t now_ms)
{
    const struct tls_info *info = tls_get_info(c->tls);
    char name[TLS_NAME_MAX * 2];
    struct text sni = text_over(name, sizeof name);
    const char *reason = "";
    enum tls_failure failure = tls_get_failure(c->tls, &reason);

    if (failure == TLS_FAIL_NONE) {
        return;
    }
    if (failure == TLS_FAIL_PROBE || failure == TLS_FAIL_GOODBYE) {
        s->counters->probes++;
        if (s->config->log_probes) {
            log_limited(&s->rate, now_ms, failure == TLS_FAIL_PROBE ? LOG_INFO : LOG_DEBUG,
                        "%s: left before %s", c->peer.address,
                        failure == TLS_FAIL_PROBE ? "a ClientHello" : "the end of the handshake");
        }
        return;
    }
    if (!info->established) {
        s->counters->handshake_errors++;
    }
    text_add_quoted(&sni, span_of(info->server_name, strlen(info->server_name)));
    log_limited(&s->rate, now_ms, failure == TLS_FAIL_TRUNCATED ? LOG_DEBUG : LOG_INFO,
                "%s: %s%s%s%s: %s", c->peer.address,
                info->established ? "connection broke" : "handshake failed",
                sni.len > 0 ? ", server name \"" : "", name, sni.len > 0 ? "\"" : "", reason);
}

/* The engine is closed and nothing is left to send. */
static enum conn_next linger(struct conn *c, struct conn_shared *s, uint64_t now_ms,
                             uint32_t *interest)
{
    uint8_t waste[4096];
    size_t done;

    if (c->state != CONN_CLOSING) {
        c->peer.ended = (tls_state(c->tls) & TLS_PEER_EOF) != 0;
        close_app(c, s);
        set_state(c, s, CONN_CLOSING, now_ms);
    }
    if (c->eof || (tls_state(c->tls) & TLS_PEER_EOF) != 0) {
        return CONN_END;
    }
    if (!c->shut) {
        shutdown(c->fd, SHUT_WR);
        c->shut = true;
    }
    while (c->lingered < LINGER_MAX) {
        switch (sock_recv(c->fd, waste, sizeof waste, s->whim, &done)) {
        case SOCK_OK:
            c->lingered += (uint32_t)done;
            continue;
        case SOCK_AGAIN:
            *interest = EPOLLIN;
            tls_rest(c->tls); /* the client may take its time: without buffers of ours */
            return CONN_WAIT;
        default:
            return CONN_END;
        }
    }
    return CONN_END;
}

static bool move_once(struct conn *c, struct conn_shared *s, uint64_t now_ms)
{
    bool moved = false;

    if ((tls_state(c->tls) & TLS_SEND_REC) != 0 && c->can_write) {
        moved = send_records(c, s);
        if (moved && c->state == CONN_OPEN && c->deadline.queue == &s->idle) {
            deadline_arm(&s->idle, &c->deadline, now_ms);
        }
    }
    if (c->state == CONN_HANDSHAKE &&
        (tls_get_info(c->tls)->established || tls_get_info(c->tls)->early)) {
        open_app(c, s, now_ms);
        moved = true;
    }
    if (c->state == CONN_OPEN && c->deadline.queue == &s->handshake &&
        tls_get_info(c->tls)->established) {
        rearm(c, s, false, now_ms);
    }
    if (TINY_STANDIN && c->plain > 0 && (tls_state(c->tls) & TLS_SEND_REC) == 0 && c->can_write) {
        moved = send_plain(c, s) || moved;
    }
    /* The plain text goes between two records, so the next has to wait. */
    if (c->state == CONN_OPEN && (tls_state(c->tls) & TLS_CLOSED) == 0 && c->plain == 0) {
        moved = run_app(c, s, now_ms) || moved;
    }
    if ((tls_state(c->tls) & TLS_RECV_REC) != 0 && c->can_read && !c->eof) {
        moved = receive_records(c, s) || moved;
    }
    return moved;
}

enum conn_next conn_step(struct conn *c, struct conn_shared *s, uint64_t now_ms, uint32_t *interest)
{
    unsigned state;

    for (int budget = STEP_BUDGET;; budget--) {
        state = tls_state(c->tls);
        if (c->shut && c->eof) {
            return CONN_END;
        }
        if ((state & TLS_CLOSED) != 0 && (state & TLS_SEND_REC) == 0) {
            return linger(c, s, now_ms, interest);
        }
        if (budget == 0) {
            return CONN_READY;
        }
        if (move_once(c, s, now_ms)) {
            continue;
        }
        if (c->unsealed) {
            c->unsealed = false;
            tls_flush(c->tls);
            continue;
        }
        break;
    }
    if (c->held) {
        c->held = false;
        sock_push(c->fd);
    }
    state = tls_state(c->tls);
    if ((state & TLS_CLOSED) != 0 && (state & TLS_SEND_REC) == 0) {
        return linger(c, s, now_ms, interest); /* there was no memory to move anything */
    }
    *interest = ((state & TLS_RECV_REC) != 0 && !c->eof ? (uint32_t)EPOLLIN : 0u) |
                ((state & TLS_SEND_REC) != 0 || c->plain > 0 ? (uint32_t)EPOLLOUT : 0u);
    if (c->eof && *interest == 0 && c->watch.want == 0) {
        return CONN_END;
    }
    tls_rest(c->tls);
    return CONN_WAIT;
}

enum conn_next conn_timeout(struct conn *c, struct conn_shared *s, uint64_t now_ms)
{
    bool opened = c->state == CONN_OPEN && tls_get_info(c->tls)->established;
    const struct deadline_queue *passed = c->deadline.queue;

    deadline_disarm(&c->deadline);
    s->counters->timeouts++;
    switch (c->state == CONN_OPEN && !opened ? CONN_HANDSHAKE : c->state) {
    case CONN_HANDSHAKE:
        s->counters->handshake_errors++;
        log_limited(&s->rate, now_ms, LOG_INFO, "%s: handshake failed: not done within %u ms",
                    c->peer.address, s->config->handshake_timeout_ms);
        return CONN_END;
    case CONN_OPEN:
        log_limited(&s->rate, now_ms, passed == &s->connecting ? LOG_WARN : LOG_DEBUG, "%s: %s",
                    c->peer.address,
                    passed == &s->request      ? "the request took too long to come"
                    : passed == &s->connecting ? "the backend took too long to answer"
                                               : "idle for too long");
        if (c->watch.fd >= 0) {
            return CONN_END; /* between two others: neither may take it for the other's end */
        }
        begin_closing(c, s, now_ms);
        return CONN_READY;
    default:
        return CONN_END;
    }
}

void conn_drain(struct conn *c, struct conn_shared *s, bool also_unserved, uint64_t now_ms)
{
    if (c->state == CONN_OPEN && (c->served || also_unserved) &&
        s->ops->phase(c->app_state) == APP_IDLE) {
        begin_closing(c, s, now_ms);
    }
}

void conn_end(struct conn *c, struct conn_shared *s, uint64_t now_ms)
{
    tell_failure(c, s, now_ms);
    close_app(c, s);
    tls_end(c->tls);
    deadline_disarm(&c->deadline);
    close(c->fd);
    c->fd = -1;
    c->state = CONN_FREE;
    s->counters->open--;
}
