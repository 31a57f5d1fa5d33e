#include "core/build.h"
#include "core/sock.h"
#include "core/errors.h"
#include "server/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Accepted in a row before the connections get their turn. */
#define ACCEPT_BATCH 16
/* How long accepting pauses when descriptors or memory ran out. */
#define ACCEPT_PAUSE_MS 100
/* When all slots are taken, a connection makes room for a new one if it has
 * been idle between requests, has not moved in the middle of an answer, or has
 * been shaking hands for longer than this. */
#define EVICT_IDLE_MS      1000
#define EVICT_STALLED_MS   10000
#define EVICT_HANDSHAKE_MS 3000
/* How often the log tells that all slots are taken. */
#define FULL_TOLD_MS 60000
/* How many of the longest idle are looked at for one that may go. */
#define EVICT_LOOK 64

int accept_arm(struct server *s, bool on)
{
    size_t i = 0;
    int error = 0;

    if (s->listening == on) {
        return 0;
    }
    for (; on && i < s->listeners->count && error == 0; i++) {
        if (loop_watch(s, EPOLL_CTL_ADD, s->listeners->items[i].fd, EPOLLIN,
                       loop_key(SLOT_LISTENER, (uint32_t)i)) != 0) {
            error = errno;
            i--; /* this one is not in */
        }
    }
    if (!on) {
        i = s->listeners->count;
    }
    while ((!on || error != 0) && i > 0) {
        loop_watch(s, EPOLL_CTL_DEL, s->listeners->items[--i].fd, 0, 0);
    }
    s->listening = on && error == 0;
    errno = error;
    return error == 0 ? 0 : -1;
}

void accept_resume(struct server *s)
{
    if (s->listeners->count == 0 || s->accept_resume_ms != UINT64_MAX) {
        return;
    }
    if (accept_arm(s, true) != 0) {
        log_limited(&s->accept_rate, s->now_ms, LOG_ERROR, "epoll_ctl on a listener: %s",
                    error_text(errno));
        s->accept_resume_ms = s->now_ms + ACCEPT_PAUSE_MS;
    }
}

/* Errors of the connection that was about to be accepted, not of ours. */
static bool accept_error_passes(int error)
{
    static const int passing[] = {ECONNABORTED, EPROTO,       ENETDOWN,   ENOPROTOOPT, EHOSTDOWN,
                                  ENONET,       EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM};

    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        if (error == passing[i]) {
            return true;
        }
    }
    return false;
}

static void accept_failed(struct server *s, int error)
{
    s->shared.counters->accept_errors++;
    if (accept_error_passes(error)) {
        return;
    }
    log_limited(&s->accept_rate, s->now_ms, LOG_WARN, "accept: %s; accepting pauses for %d ms",
                error_text(error), ACCEPT_PAUSE_MS);
    s->accept_resume_ms = s->now_ms + ACCEPT_PAUSE_MS;
    accept_arm(s, false);
}

static void refuse(struct server *s, struct conn *c, int fd, const char *why)
{
    s->shared.counters->refused++;
    log_limited(&s->accept_rate, s->now_ms, LOG_WARN, "connection refused: %s", why);
    if (c != NULL) {
        slots_give(&s->slots, c);
    }
    close(fd);
}

/* How long ago the deadline was armed: since the last progress, or the accept. */
static uint64_t armed_for(const struct server *s, const struct deadline_queue *q,
                          const struct deadline *d)
{
    return s->now_ms + q->duration_ms - d->at_ms;
}

static struct conn *longest_idle(const struct server *s)
{
    const struct deadline_queue *q = &s->shared.idle;
    struct deadline *d = q->first;

    for (int i = 0; d != NULL && i < EVICT_LOOK; d = d->next, i++) {
        struct conn *c = (struct conn *)(void *)d;
        bool resting = s->shared.ops->phase(c->app_state) == APP_IDLE;

        if (!c->on_ready && armed_for(s, q, d) >= (resting ? EVICT_IDLE_MS : EVICT_STALLED_MS)) {
            return c;
        }
    }
    d = s->shared.handshake.first;
    if (d != NULL && armed_for(s, &s->shared.handshake, d) >= EVICT_HANDSHAKE_MS) {
        struct conn *c = (struct conn *)(void *)d;

        return c->on_ready ? NULL : c;
    }
    return NULL;
}

/* All slots are taken and somebody knocks: who only holds a connection keeps
 * nobody out. */
static bool evict(struct server *s)
{
    struct conn *c = longest_idle(s);

    if (c == NULL) {
        return false;
    }
    log_limited(&s->accept_rate, s->now_ms, LOG_INFO,
                "%s: closed while idle, to make room (server.max-connections)", c->peer.address);
    loop_dismiss(s, c);
    return s->slots.taken < s->slots.max;
}

/* False when accepting should not go on now. */
static bool accept_one(struct server *s, const struct listener *l)
{
    struct sockaddr_storage peer;
    socklen_t peer_len;
    struct conn *c;
    int fd;

    if (s->slots.taken >= s->slots.max && !evict(s)) {
        /* The rest waits in the kernel's queue until a slot is free, or one
         * of the connections has been idle for long enough. */
        if (s->now_ms >= s->full_told_ms) {
            log_line(LOG_WARN,
                     "all %u connections are taken, more have to wait (server.max-connections)",
                     s->slots.max);
            s->full_told_ms = s->now_ms + FULL_TOLD_MS;
        }
        s->accept_full = true;
        s->accept_resume_ms = s->now_ms + ACCEPT_PAUSE_MS;
        accept_arm(s, false);
        return false;
    }
    memset(&peer, 0, sizeof peer);
    fd = sock_accept(l->fd, &peer, &peer_len);
    if (fd < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK) {
            accept_failed(s, errno);
        }
        return false;
    }
    c = slots_take(&s->slots);
    if (c == NULL ||
        loop_watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, loop_key(c->slot, c->generation)) != 0) {
        refuse(s, c, fd, c == NULL ? "no slot is free" : error_text(errno));
        return true;
    }
    sock_address(&peer, c->peer.address, sizeof c->peer.address);
    c->interest = EPOLLIN;
    conn_begin(c, &s->shared, l, fd, s->now_ms);
    if (TINY_STANDIN && s->shared.counters->accepted == s->shared.config->naccept) {
        loop_last(s);
    }
    return true;
}

void accept_many(struct server *s, const struct listener *l)
{
    for (int i = 0; i < ACCEPT_BATCH && s->listening; i++) {
        if (!accept_one(s, l)) {
            return;
        }
    }
}
