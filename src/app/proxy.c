#include "app/proxy.h"
#include "core/errors.h"
#include "core/sock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum stage {
    STAGE_START,
    STAGE_CONNECTING, /* the kernel is at it */
    STAGE_OPEN,
    STAGE_OVER, /* no address answers, or the backend broke off */
};

struct proxy {
    struct app_shared *shared;
    const struct app_peer *peer;
    int fd;
    enum stage stage;
    size_t next;   /* address to be tried after this one */
    bool readable; /* the last call did not say that nothing is there */
    bool writable;
    bool deaf;   /* it takes no more bytes: what the client still says is dropped */
    bool broken; /* ... since it was reset, and then its end is no orderly one */
    bool shut;   /* it was told that the client has ended */
    bool ended;  /* it has ended, in an orderly way */
};

_Static_assert(sizeof(struct proxy) <= APP_STATE_MAX, "it lies in the slot");

static void proxy_open(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    struct proxy *p = state;

    p->shared = shared;
    p->peer = peer;
    p->fd = -1;
}

/* ---- the way to the backend ------------------------------------------------ */

static void drop(struct proxy *p, struct app_watch *watch)
{
    if (p->fd >= 0) {
        close(p->fd); /* which also takes it out of epoll */
        p->fd = -1;
    }
    *watch = (struct app_watch){.fd = -1};
}

static void tell(const struct proxy *p, int error, uint64_t now_ms)
{
    log_limited(&p->shared->complaints, now_ms, LOG_WARN, "%s: backend %s: %s", p->peer->address,
                p->shared->target->label, error_text(error));
}

/* The header goes into the empty buffer of a new socket, so it goes whole or something is
 * wrong with the socket. */
static bool send_header(struct proxy *p)
{
    uint8_t header[PROXY_HEADER_MAX];
    size_t len = proxy_header(p->shared->config->proxy_protocol, p->peer, header);

    return len == 0 || sock_send_whole(p->fd, header, len);
}

static void connected(struct proxy *p, uint64_t now_ms)
{
    p->stage = STAGE_OPEN;
    p->readable = true;
    p->writable = true;
    if (!send_header(p)) {
        tell(p, errno, now_ms);
        p->stage = STAGE_OVER;
    }
}

/* The next address that does not refuse at once. */
static void try_next(struct proxy *p, struct app_watch *watch, uint64_t now_ms)
{
    const struct proxy_target *target = p->shared->target;
    int error = ECONNREFUSED;

    while (p->next < target->count) {
        drop(p, watch);
        p->fd = sock_connect(&target->addresses[p->next++]);
        error = errno;
        if (p->fd >= 0) {
            watch->fd = p->fd;
            p->stage = STAGE_CONNECTING;
            if (error == 0) {
                connected(p, now_ms);
            }
            return;
        }
    }
    tell(p, error, now_ms);
    p->stage = STAGE_OVER;
}

/* The kernel has news of the attempt. */
static void attempt_ended(struct proxy *p, struct app_watch *watch, uint64_t now_ms)
{
    int error = sock_error(p->fd);

    if (error == 0) {
        connected(p, now_ms);
    } else if (p->next < p->shared->target->count) {
        try_next(p, watch, now_ms);
    } else {
        tell(p, error, now_ms);
        p->stage = STAGE_OVER;
    }
}

static void advance_stage(struct proxy *p, struct app_watch *watch, uint64_t now_ms)
{
    unsigned ready = watch->ready;

    watch->ready = 0;
    if (p->stage == STAGE_START) {
        try_next(p, watch, now_ms);
    } else if (p->stage == STAGE_CONNECTING && ready != 0) {
        attempt_ended(p, watch, now_ms);
    } else {
        p->readable = p->readable || (ready & APP_WATCH_READ) != 0;
        p->writable = p->writable || (ready & APP_WATCH_WRITE) != 0;
    }
}

/* ---- bytes ------------------------------------------------------------------ */

static void to_backend(struct proxy *p, struct app_io *io)
{
    if (p->deaf) {
        io->in_used = io->in_len;
    } else if (io->in_len > 0 && p->writable) {
        switch (sock_send(p->fd, io->in, io->in_len, false, NULL, &io->in_used)) {
        case SOCK_OK:
        case SOCK_AGAIN:
            p->writable = io->in_used == io->in_len;
            break;
        default:
            /* It may have said why before it closed: that still goes to the client. */
            p->deaf = true;
            p->broken = errno != EPIPE;
            p->readable = true;
            io->in_used = io->in_len;
        }
    }
    if (io->in_eof && io->in_used == io->in_len && !p->shut) {
        shutdown(p->fd, SHUT_WR);
        p->shut = true;
    }
}

static enum app_result from_backend(struct proxy *p, struct app_io *io, uint64_t now_ms)
{
    if (io->out_len == 0 || !p->readable) {
        return APP_MORE;
    }
    switch (sock_recv(p->fd, io->out, io->out_len, NULL, &io->out_used)) {
    case SOCK_OK:
        p->readable = io->out_used == io->out_len;
        io->flush = !p->readable;
        return APP_MORE;
    case SOCK_AGAIN:
        p->readable = false;
        return APP_MORE;
    case SOCK_EOF:
        if (!p->broken) {
            p->ended = true;
            return APP_DONE;
        }
        errno = ECONNRESET; /* what send found was told once, and not by this call */
        break;
    default:
        break;
    }
    tell(p, errno, now_ms);
    p->stage = STAGE_OVER;
    return APP_FAIL;
}

/* What the last calls would have waited for. */
static uint8_t wanted(const struct proxy *p, const struct app_io *io)
{
    uint8_t want = 0;

    if (p->stage == STAGE_CONNECTING) {
        return APP_WATCH_WRITE;
    }
    if (!p->readable) {
        want = APP_WATCH_READ;
    }
    if (!p->writable && !p->deaf && io->in_used < io->in_len) {
        want |= APP_WATCH_WRITE;
    }
    return want;
}

static enum app_result proxy_step(void *state, struct app_io *io, uint64_t now_ms)
{
    struct proxy *p = state;
    enum app_result result = APP_MORE;

    advance_stage(p, io->watch, now_ms);
    if (p->stage == STAGE_OPEN) {
        to_backend(p, io);
        result = from_backend(p, io, now_ms);
    }
    if (p->stage == STAGE_OVER) {
        return APP_FAIL;
    }
    io->watch->want = wanted(p, io);
    return result;
}

static enum app_phase proxy_phase(const void *state)
{
    const struct proxy *p = state;

    /* Whether the two are between requests is theirs to know: nothing is ever known to rest. */
    return p->stage == STAGE_OPEN ? APP_BODY : APP_CONNECT;
}

static void proxy_close(void *state)
{
    struct proxy *p = state;

    if (p->fd < 0) {
        return;
    }
    if (!p->ended && !p->shut && !p->peer->ended) {
        sock_reset(p->fd);
    }
    close(p->fd);
    p->fd = -1;
}

const struct app_ops app_proxy = {
    .name = "proxy",
    .state_size = sizeof(struct proxy),
    .http = false,
    .open = proxy_open,
    .step = proxy_step,
    .phase = proxy_phase,
    .close = proxy_close,
};
