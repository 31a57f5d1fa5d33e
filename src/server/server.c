#include "server/server.h"
#include "core/clock.h"
#include "core/build.h"
#include "core/errors.h"
#include "server/backend.h"
#include "server/loop.h"
#include "server/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENT_BATCH 64
/* Connections without a request get this long when the drain begins. */
#define DRAIN_GRACE_MS 1000

uint64_t loop_key(uint32_t slot, uint32_t generation)
{
    return (uint64_t)generation << 32 | slot;
}

int loop_watch(struct server *s, int op, int fd, uint32_t events, uint64_t key)
{
    struct epoll_event e = {.events = events, .data.u64 = key};

    return epoll_ctl(s->epoll_fd, op, fd, &e);
}

int server_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* ---- connections ---------------------------------------------------------- */

static void end_conn(struct server *s, struct conn *c)
{
    conn_end(c, &s->shared, s->now_ms);
    if (c->on_ready) {
        /* It stays in the list, which skips and frees it later. */
        return;
    }
    slots_give(&s->slots, c);
    if (s->accept_full) {
        s->accept_full = false;
        s->accept_resume_ms = UINT64_MAX;
    }
    accept_resume(s);
}

void loop_dismiss(struct server *s, struct conn *c)
{
    uint32_t interest;

    conn_drain(c, &s->shared, true, s->now_ms);
    conn_step(c, &s->shared, s->now_ms, &interest);
    end_conn(s, c);
}

void loop_ready(struct server *s, struct conn *c)
{
    if (c->on_ready) {
        return;
    }
    c->on_ready = true;
    c->next_ready = NULL;
    if (s->ready_last != NULL) {
        s->ready_last->next_ready = c;
    } else {
        s->ready_first = c;
    }
    s->ready_last = c;
}

/* What epoll looks for at the application's own descriptor. None is registered while nothing
 * is wanted of it: a hang-up is told always, and would be told again and again. */
static int follow_watch(struct server *s, struct conn *c)
{
    struct app_watch *w = &c->watch;
    uint32_t events = ((w->want & APP_WATCH_READ) != 0 ? (uint32_t)EPOLLIN : 0u) |
                      ((w->want & APP_WATCH_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0u);
    int op = w->registered == 0 ? EPOLL_CTL_ADD : w->want == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

    if (w->fd < 0 || w->want == w->registered) {
        return 0;
    }
    if (loop_watch(s, op, w->fd, events, loop_key(c->slot | SLOT_WATCH, c->generation)) != 0) {
        return -1;
    }
    w->registered = w->want;
    return 0;
}

static void follow(struct server *s, struct conn *c, enum conn_next next, uint32_t interest)
{
    switch (next) {
    case CONN_READY:
        loop_ready(s, c);
        return;
    case CONN_WAIT:
        if ((interest == c->interest || loop_watch(s, EPOLL_CTL_MOD, c->fd, interest,
                                                   loop_key(c->slot, c->generation)) == 0) &&
            follow_watch(s, c) == 0) {
            c->interest = interest;
            return;
        }
        log_limited(&s->accept_rate, s->now_ms, LOG_ERROR, "%s: epoll_ctl: %s", c->peer.address,
                    error_text(errno));
        break;
    default:
        break;
    }
    end_conn(s, c);
}

static void run_conn(struct server *s, struct conn *c)
{
    uint32_t interest = c->interest;
    enum conn_next next = conn_step(c, &s->shared, s->now_ms, &interest);

    follow(s, c, next, interest);
}

static void run_ready(struct server *s)
{
    struct conn *c = s->ready_first;

    s->ready_first = NULL;
    s->ready_last = NULL;
    while (c != NULL) {
        struct conn *next = c->next_ready;

        c->on_ready = false;
        if (c->state == CONN_FREE) {
            slots_give(&s->slots, c);
        } else {
            run_conn(s, c);
        }
        c = next;
    }
    accept_resume(s);
}

static void watch_event(struct server *s, struct conn *c, uint32_t events)
{
    bool dead = (events & (EPOLLHUP | EPOLLERR)) != 0;

    c->watch.ready |= (uint8_t)((dead || (events & EPOLLIN) != 0 ? APP_WATCH_READ : 0) |
                                (dead || (events & EPOLLOUT) != 0 ? APP_WATCH_WRITE : 0));
    run_conn(s, c);
}

static void conn_event(struct server *s, const struct epoll_event *e)
{
    struct conn *c =
        slots_find(&s->slots, (uint32_t)e->data.u64 & ~SLOT_WATCH, (uint32_t)(e->data.u64 >> 32));

    if (c == NULL) {
        return;
    }
    if (((uint32_t)e->data.u64 & SLOT_WATCH) != 0) {
        watch_event(s, c, e->events);
        return;
    }
    if ((e->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        c->can_read = true;
    }
    if ((e->events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
        c->can_write = true;
    }
    if ((e->events & (EPOLLHUP | EPOLLERR)) != 0 && c->interest == 0) {
        /* Nothing is wanted of the socket and the socket is dead. */
        c->eof = true;
        c->shut = true;
    }
    run_conn(s, c);
}

static void run_deadlines(struct server *s, struct deadline_queue *q)
{
    struct deadline *d;

    while ((d = deadline_due(q, s->now_ms)) != NULL) {
        struct conn *c = (struct conn *)(void *)d;
        enum conn_next next;

        next = conn_timeout(c, &s->shared, s->now_ms);
        follow(s, c, next, c->interest);
    }
}

/* ---- signals, reload, drain ----------------------------------------------- */

static void reload(struct server *s, bool all)
{
    const char *outcome = "certificates were loaded anew";
    bool good;

    notify_reloading(s->notify);
    if (all) {
        log_reopen();
        app_shared_reopen(s->shared.app);
        if (s->shared.app->target != NULL) {
            backend_resolve(s->shared.app->target, s->shared.config);
        }
    }
    good = tls_context_reload(s->shared.tls) == 0;
    if (good) {
        app_shared_keys_changed(s->shared.app);
    } else {
        outcome = "the former certificates stay in use";
    }
    log_line(good ? LOG_INFO : LOG_ERROR, "%s", outcome);
    notify_send(s->notify, "READY=1", "%s", outcome);
}

static void drain_sweep(struct server *s, bool also_unserved)
{
    for (uint32_t i = 0; i < s->slots.touched; i++) {
        struct conn *c = slots_at(&s->slots, i);

        if (c->state == CONN_OPEN) {
            conn_drain(c, &s->shared, also_unserved, s->now_ms);
            if (c->state == CONN_CLOSING) {
                loop_ready(s, c);
            }
        }
    }
}

void loop_last(struct server *s)
{
    accept_arm(s, false);
    if (s->listeners->count > 0) {
        notify_send(s->notify, "STOPPING=1", "the last connections end");
    }
    listen_end(s->listeners);
}

void loop_leave(struct server *s)
{
    if (s->left) {
        return;
    }
    s->left = true;
    loop_last(s);
    for (uint32_t i = 0; i < s->slots.touched; i++) {
        struct conn *c = slots_at(&s->slots, i);

        if (c->state == CONN_HANDSHAKE) {
            end_conn(s, c);
        }
    }
    drain_sweep(s, true);
}

static void begin_drain(struct server *s)
{
    if (s->draining) {
        log_line(LOG_INFO, "a second signal: leaving at once");
        s->stop = true;
        return;
    }
    loop_last(s);
    s->draining = true;
    s->drain_end_ms = s->now_ms + s->shared.config->drain_timeout_ms;
    s->drain_sweep_ms = s->now_ms + DRAIN_GRACE_MS;
    log_line(LOG_INFO, "closing: %u connections have up to %u ms to end", s->slots.taken,
             s->shared.config->drain_timeout_ms);
    drain_sweep(s, false);
    if (s->shared.app->console != NULL) {
        loop_leave(s);
    }
}

static void run_signals(struct server *s)
{
    struct signalfd_siginfo info;

    while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        switch (info.ssi_signo) {
        case SIGHUP:
            reload(s, true);
            break;
        case SIGUSR1:
            log_reopen();
            app_shared_reopen(s->shared.app);
            break;
        default:
            begin_drain(s);
        }
    }
}

static void run_clockwork(struct server *s)
{
    uint32_t interval_s = s->shared.config->reload_interval_s;

    run_deadlines(s, &s->shared.handshake);
    run_deadlines(s, &s->shared.request);
    run_deadlines(s, &s->shared.idle);
    run_deadlines(s, &s->shared.connecting);
    run_deadlines(s, &s->shared.closing);
    notify_tick(s->notify, s->now_ms);
    if (s->now_ms >= s->tick_ms) {
        tls_context_tick(s->shared.tls, s->now_ms);
        s->tick_ms = s->now_ms + 1000;
    }
    if (s->now_ms >= s->reload_ms) {
        s->reload_ms = s->now_ms + interval_s * 1000ull;
        if (tls_context_changed(s->shared.tls)) {
            reload(s, false);
        }
    }
    if (s->now_ms >= s->accept_resume_ms) {
        s->accept_resume_ms = UINT64_MAX;
        s->accept_full = false;
        accept_resume(s);
    }
    if (s->draining && s->now_ms >= s->drain_sweep_ms) {
        /* Whoever finished a request since then is idle now. */
        drain_sweep(s, true);
        s->drain_sweep_ms = s->now_ms + DRAIN_GRACE_MS;
    }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int wait_ms(const struct server *s)
{
    uint64_t next = earlier(s->reload_ms, s->accept_resume_ms);

    if (s->ready_first != NULL) {
        return 0;
    }
    if (TINY_STANDIN && s->terminal != NULL) {
        next = earlier(next, terminal_due_ms(s));
    }
    next = earlier(next, s->notify->due_ms);
    next = earlier(next, deadline_next_ms(&s->shared.handshake));
    next = earlier(next, deadline_next_ms(&s->shared.request));
    next = earlier(next, deadline_next_ms(&s->shared.idle));
    next = earlier(next, deadline_next_ms(&s->shared.connecting));
    next = earlier(next, deadline_next_ms(&s->shared.closing));
    if (s->draining) {
        next = earlier(next, earlier(s->drain_end_ms, s->drain_sweep_ms));
    }
    if (next == UINT64_MAX) {
        return -1;
    }
    if (next <= s->now_ms) {
        return 0;
    }
    return next - s->now_ms > 3600000 ? 3600000 : (int)(next - s->now_ms);
}

static void dispatch(struct server *s, const struct epoll_event *e)
{
    uint32_t slot = (uint32_t)e->data.u64;
    uint32_t number = (uint32_t)(e->data.u64 >> 32);

    if (slot == SLOT_SIGNALS) {
        run_signals(s);
    } else if (TINY_STANDIN && slot == SLOT_TERMINAL) {
        terminal_event(s, number);
    } else if (slot == SLOT_LISTENER) {
        if (s->listening && number < s->listeners->count) {
            accept_many(s, &s->listeners->items[number]);
        }
    } else {
        conn_event(s, e);
    }
}

int server_run(struct server *s)
{
    struct epoll_event events[EVENT_BATCH];

    notify_send(s->notify, "READY=1", "listening on %s%s", s->listeners->items[0].label,
                s->listeners->count > 1 ? " and more" : "");
    while (!s->stop) {
        int n = epoll_wait(s->epoll_fd, events, EVENT_BATCH, wait_ms(s));

        s->now_ms = clock_now_ms();
        if (n < 0 && errno != EINTR) {
            log_line(LOG_ERROR, "epoll_wait: %s", error_text(errno));
            return EXIT_CODE_FAILED;
        }
        for (int i = 0; i < n; i++) {
            dispatch(s, &events[i]);
        }
        run_ready(s);
        if (TINY_STANDIN && s->terminal != NULL) {
            terminal_turn(s);
        }
        run_clockwork(s);
        if ((s->listeners->count == 0 && s->slots.taken == 0) ||
            (s->draining && s->now_ms >= s->drain_end_ms)) {
            s->stop = true;
        }
    }
    log_line(LOG_INFO, "stopped, %u connections were cut", s->slots.taken);
    return EXIT_CODE_OK;
}

/* ---- begin and end -------------------------------------------------------- */

struct server *server_new(const struct config *config, struct listener_list *listeners,
                          struct tls_context *tls, struct app_shared *shared,
                          struct counters *counters, struct notify *notify, int signal_fd)
{
    struct server *s = calloc(1, sizeof *s);

    if (s == NULL) {
        log_line(LOG_ERROR, "no memory");
        return NULL;
    }
    s->shared = (struct conn_shared){.config = config,
                                     .tls = tls,
                                     .app = shared,
                                     .ops = app_for_mode(config->mode),
                                     .counters = counters,
                                     .handshake.duration_ms = config->handshake_timeout_ms,
                                     .request.duration_ms = config->request_timeout_ms,
                                     .idle.duration_ms = config->idle_timeout_ms,
                                     .connecting.duration_ms = config->connect_timeout_ms,
                                     .closing.duration_ms = config->close_timeout_ms};
    s->listeners = listeners;
    s->notify = notify;
    s->shared.whim = TINY_STANDIN && config->nbio_test ? &s->whim : NULL;
    s->whim = (uint32_t)shared->seed;
    s->signal_fd = signal_fd;
    s->now_ms = clock_now_ms();
    s->accept_resume_ms = UINT64_MAX;
    s->reload_ms = config->reload_interval_s > 0 ? s->now_ms + config->reload_interval_s * 1000ull
                                                 : UINT64_MAX;
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd < 0 ||
        loop_watch(s, EPOLL_CTL_ADD, signal_fd, EPOLLIN, loop_key(SLOT_SIGNALS, 0)) != 0) {
        log_line(LOG_ERROR, "cannot set up epoll: %s", error_text(errno));
        server_free(s);
        return NULL;
    }
    if (slots_begin(&s->slots, config->max_connections, s->shared.ops->state_size) != 0) {
        log_line(LOG_ERROR, "no memory for %u connections: %s (server.max-connections)",
                 config->max_connections, error_text(errno));
        server_free(s);
        return NULL;
    }
    if (accept_arm(s, true) != 0) {
        log_line(LOG_ERROR, "cannot watch the listeners: %s", error_text(errno));
        server_free(s);
        return NULL;
    }
    if (TINY_STANDIN && terminal_wanted(config) && terminal_begin(s) != 0) {
        server_free(s);
        return NULL;
    }
    return s;
}

void server_free(struct server *s)
{
    if (s == NULL) {
        return;
    }
    for (uint32_t i = 0; i < s->slots.touched; i++) {
        struct conn *c = slots_at(&s->slots, i);

        if (c->state != CONN_FREE) {
            conn_end(c, &s->shared, s->now_ms);
        }
    }
    if (TINY_STANDIN && s->terminal != NULL) {
        terminal_end(s);
    }
    slots_end(&s->slots);
    if (s->epoll_fd >= 0) {
        close(s->epoll_fd);
    }
    free(s);
}
