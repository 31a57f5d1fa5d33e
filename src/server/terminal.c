#include "server/terminal.h"
#include "app/console.h"
#include "core/errors.h"
#include "core/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* How often a server in the background looks whether the terminal is its own now, and
 * how soon what failed for want of memory is tried again. */
#define RETRY_MS 500
/* How long the last words wait for a reader who does not read. */
#define LAST_WORDS_MS 1000

struct terminal_end {
    int fd;      /* -1: there is none (any more) */
    bool own;    /* a descriptor of ours, which does not block */
    bool ready;  /* epoll says that it can move */
    bool always; /* epoll does not watch such a one */
    bool socket;
    bool watched; /* registered */
};

struct terminal {
    struct console *console;
    struct terminal_end in, out;
    uint64_t retry_ms;
};

/*
 * The descriptor may be shared with a shell, so it cannot be made non-blocking. A
 * second way to the same terminal or pipe has a flag of its own. Where there is
 * none (no /proc, another user's terminal) the given descriptor serves: it is asked by
 * poll before each call, and a pipe that is ready has room for PIPE_BUF bytes.
 */
static struct terminal_end open_end(int fd, int mode)
{
    struct terminal_end e = {.fd = fd};
    struct stat st;

    if (fstat(fd, &st) != 0) {
        e.fd = -1;
        return e;
    }
    if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) {
        e.fd = output_unblocked(fd, mode);
        e.own = e.fd != fd;
    } else if (S_ISSOCK(st.st_mode)) {
        e.socket = true;
    } else if (!S_ISREG(st.st_mode)) {
        e.fd = -1; /* it was closed, and the number is something else's by now */
    }
    return e;
}

static void close_end(struct server *s, struct terminal_end *e)
{
    if (e->watched) {
        loop_watch(s, EPOLL_CTL_DEL, e->fd, 0, 0);
    }
    if (e->own) {
        close(e->fd);
    }
    *e = (struct terminal_end){.fd = -1};
}

/* What a read or write at a descriptor that may block must not begin without. */
static bool can_move(const struct terminal_end *e, short what)
{
    struct pollfd p = {.fd = e->fd, .events = what};

    return e->own || poll(&p, 1, 0) == 1;
}

static void watch(struct server *s, struct terminal_end *e, bool wanted, uint32_t number)
{
    uint32_t events = number == 0 ? EPOLLIN : EPOLLOUT;

    wanted = wanted && e->fd >= 0 && !e->always;
    if (wanted == e->watched) {
        return;
    }
    if (loop_watch(s, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, e->fd, events,
                   loop_key(SLOT_TERMINAL, number)) == 0) {
        e->watched = wanted;
    } else if (errno == EPERM) {
        e->always = true; /* a file, or /dev/null */
    } else {
        s->terminal->retry_ms = s->now_ms + RETRY_MS;
    }
}

/* ---- output ---------------------------------------------------------------- */

static ssize_t write_some(const struct terminal_end *e, const void *data, size_t len)
{
    size_t most = len < PIPE_BUF ? len : PIPE_BUF;

    if (e->fd < 0) {
        return 0;
    }
    if (e->socket) {
        return send(e->fd, data, most, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (!can_move(e, POLLOUT)) {
        errno = EAGAIN;
        return -1;
    }
    return write(e->fd, data, most);
}

static void show(struct server *s)
{
    struct terminal *t = s->terminal;
    const void *data;
    size_t len;
    ssize_t n;

    while ((data = console_output(t->console, &len), len > 0)) {
        n = write_some(&t->out, data, len);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n < 0) {
            log_line(LOG_WARN, "standard output: %s; nothing is shown any more", error_text(errno));
            close_end(s, &t->out);
        }
        console_written(t->console, n > 0 ? (size_t)n : 0);
    }
}

/* ---- input ----------------------------------------------------------------- */

/* A terminal gives its input to the job in the foreground only. Who reads from it
 * in the background is stopped by SIGTTIN, or, ignoring that, gets EIO. */
static bool in_background(const struct terminal_end *e)
{
    pid_t group = tcgetpgrp(e->fd);

    return group >= 0 && group != getpgrp();
}

static void hear(struct server *s)
{
    struct terminal *t = s->terminal;
    size_t cap = 0;
    void *input = t->in.fd >= 0 ? console_input(t->console, &cap) : NULL;
    ssize_t n;

    if (input == NULL || !(t->in.ready || t->in.always)) {
        return;
    }
    t->in.ready = false;
    if (in_background(&t->in)) {
        t->retry_ms = s->now_ms + RETRY_MS;
        return;
    }
    if (!can_move(&t->in, POLLIN)) {
        return;
    }
    n = read(t->in.fd, input, cap);
    if (n > 0) {
        console_typed(t->console, (size_t)n);
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (t->in.always) {
            t->retry_ms = s->now_ms + RETRY_MS;
        }
    } else {
        close_end(s, &t->in);
        console_input_ended(t->console);
    }
}

void terminal_event(struct server *s, uint32_t number)
{
    if (number == 0) {
        s->terminal->in.ready = true;
    }
}

void terminal_turn(struct server *s)
{
    struct terminal *t = s->terminal;
    size_t len;
    void *state = NULL;

    if (s->now_ms >= t->retry_ms) {
        t->retry_ms = UINT64_MAX;
    }
    hear(s);
    show(s);
    while ((state = console_next_wake(t->console, state)) != NULL) {
        loop_ready(s, slots_of_state(&s->slots, state));
    }
    watch(s, &t->in, t->retry_ms == UINT64_MAX && console_input(t->console, &len) != NULL, 0);
    console_output(t->console, &len);
    watch(s, &t->out, len > 0, 1);
    if (t->console->leave) {
        loop_leave(s);
    }
}

uint64_t terminal_due_ms(const struct server *s)
{
    const struct terminal *t = s->terminal;
    size_t cap;

    if (t->retry_ms != UINT64_MAX) {
        return t->retry_ms;
    }
    return t->in.fd >= 0 && t->in.always && console_input(t->console, &cap) != NULL ? 0
                                                                                    : UINT64_MAX;
}

/* ---- begin and end --------------------------------------------------------- */

/* With the address where the kernel chose the port, for whoever wants to connect. */
static void say_accept(struct server *s)
{
    const struct config *config = s->shared.config;
    bool told = false;

    for (size_t i = 0; i < s->listeners->count; i++) {
        const struct listener *l = &s->listeners->items[i];
        const struct endpoint *e = &config->endpoints.items[l->endpoint];

        if (e->kind == ENDPOINT_UNIX || e->port == 0) {
            console_say(s->terminal->console, "ACCEPT %s\n", strchr(l->label, ':') + 3);
            told = true;
        }
    }
    if (!told) {
        console_say(s->terminal->console, "ACCEPT\n");
    }
}

bool terminal_wanted(const struct config *config)
{
    return config->mode == MODE_CONSOLE || (config->s_server_style && !config->file_given) ||
           config->naccept > 0;
}

int terminal_begin(struct server *s)
{
    const struct config *config = s->shared.config;
    struct terminal *t = calloc(1, sizeof *t);
    bool console = config->mode == MODE_CONSOLE;

    if (t == NULL || (t->console = console_new(config, s->shared.counters)) == NULL) {
        free(t);
        log_line(LOG_ERROR, "no memory for the console");
        return -1;
    }
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    t->retry_ms = UINT64_MAX;
    t->out = open_end(STDOUT_FILENO, O_WRONLY);
    t->in.fd = -1;
    if (console) {
        t->in = open_end(STDIN_FILENO, O_RDONLY);
        s->shared.app->console = t->console;
    }
    t->console->attended = t->in.fd >= 0 && isatty(t->in.fd);
    t->console->escapes = t->out.fd >= 0 && isatty(t->out.fd);
    s->terminal = t;
    say_accept(s);
    if (console && t->in.fd < 0) {
        console_input_ended(t->console);
    }
    terminal_turn(s);
    return 0;
}

/* Not longer than LAST_WORDS_MS since something was last taken. */
static void wait_for_reader(struct server *s)
{
    struct pollfd p = {.events = POLLOUT};
    size_t before, len;

    console_output(s->terminal->console, &len);
    do {
        before = len;
        p.fd = s->terminal->out.fd;
        if (len > 0 && poll(&p, 1, LAST_WORDS_MS) == 1) {
            show(s);
        }
        console_output(s->terminal->console, &len);
    } while (len < before && len > 0);
}

void terminal_end(struct server *s)
{
    struct terminal *t = s->terminal;

    show(s);
    console_statistics(t->console);
    show(s);
    wait_for_reader(s);
    close_end(s, &t->in);
    close_end(s, &t->out);
    s->shared.app->console = NULL;
    free(t->console);
    free(t);
    s->terminal = NULL;
}
