#include "app/console.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The end of the output that clients' bytes leave free for the server's own lines. */
#define OWN_ROOM 2048
/* The most that one byte of a client becomes: a new line, "[4294967295] ", \x1b. */
#define BYTE_ROOM 24

struct console_line {
    struct console *console;
    struct console_line *newer, *older;
    const struct app_peer *peer;
    uint32_t number;
    bool stalled;      /* waits for room in the output */
    bool wake;         /* in console_next_wake's answer */
    bool ended;        /* in an orderly way */
    char asked;        /* the command that asked for something in the last step, or 0 */
    uint8_t utf8_left; /* bytes that are still to come of a character */
    uint8_t utf8_least;
};

_Static_assert(sizeof(struct console_line) <= APP_STATE_MAX, "fits into a slot");

struct console *console_new(const struct config *config, const struct counters *counters)
{
    struct console *c = calloc(1, sizeof *c);

    if (c != NULL) {
        c->config = config;
        c->silent = config->watch_quiet;
        c->counters = counters;
    }
    return c;
}

/* ---- the output ------------------------------------------------------------ */

static struct text room(struct console *c, size_t keep)
{
    size_t end = sizeof c->out - keep;

    if (c->out_at > 0) {
        memmove(c->out, c->out + c->out_at, c->out_len - c->out_at);
        c->out_len -= c->out_at;
        c->out_at = 0;
    }
    return text_over(c->out + c->out_len, c->out_len < end ? end - c->out_len : 0);
}

static void added(struct console *c, const struct text *t)
{
    if (t->len > 0) {
        c->out_len += t->len;
        c->mid_line = t->buf[t->len - 1] != '\n';
    }
}

/* False when the text did not fit: then nothing of it is shown. */
static bool say(struct console *c, const char *format, va_list args)
{
    struct text t = room(c, 0);

    if (c->mid_line) {
        text_add(&t, "\n");
    }
    text_addv(&t, format, args);
    if (t.full) {
        return false;
    }
    added(c, &t);
    c->shown = NULL;
    return true;
}

void console_say(struct console *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (!c->silent) {
        say(c, format, args);
    }
    va_end(args);
}

void console_statistics(struct console *c)
{
    static const char names[][36] = {
        "items in the session cache",
        "client connects (SSL_connect())",
        "client renegotiates (SSL_connect())",
        "client connects that finished",
        "server accepts (SSL_accept())",
        "server renegotiates (SSL_accept())",
        "server accepts that finished",
        "session cache hits",
        "session cache misses",
        "session cache timeouts",
        "callback cache hits",
    };
    const struct counters *n = c->counters;
    const uint64_t finished = n->handshakes + n->renegotiations;
    const uint64_t values[] = {n->session_entries,
                               0,
                               0,
                               0,
                               n->accepted,
                               n->renegotiations,
                               finished,
                               n->session_hits + n->tickets_taken,
                               n->session_misses,
                               n->session_timeouts,
                               0};
    char block[1024];
    struct text t = text_over(block, sizeof block);

    _Static_assert(ARRAY_LEN(names) == ARRAY_LEN(values), "a number for each name");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        text_addf(&t, "%4llu %s\n", (unsigned long long)values[i], names[i]);
    }
    console_say(c, "%s%4llu cache full overflows (%u allowed)\n", block,
                (unsigned long long)n->session_overflows,
                c->config->session_cache ? c->config->session_cache_size : 0);
}

const void *console_output(const struct console *c, size_t *len)
{
    *len = c->out_len - c->out_at;
    return c->out + c->out_at;
}

void console_written(struct console *c, size_t len)
{
    c->out_at = len > 0 ? c->out_at + len : c->out_len;
    for (struct console_line *l = c->newest; l != NULL; l = l->older) {
        l->wake = l->wake || l->stalled;
    }
}

void *console_next_wake(struct console *c, void *after)
{
    struct console_line *l = after;

    for (l = l == NULL ? c->newest : l->older; l != NULL; l = l->older) {
        if (l->wake) {
            l->wake = false;
            return l;
        }
    }
    return NULL;
}

/* ---- what clients send ----------------------------------------------------- */

/* Bytes that command a terminal become \xHH: control characters other than tab,
 * line feed and carriage return, also those above 0x7F, which UTF-8 writes as C2
 * 80 to C2 9F, and a byte of their range where UTF-8 has none or an overlong form. */
static bool is_shown_as_it_is(struct console_line *l, uint8_t b)
{
    if (b < 0x80) {
        l->utf8_left = 0;
        return (b >= 0x20 && b != 0x7F) || b == '\n' || b == '\r' || b == '\t';
    }
    if (b >= 0xC0) {
        l->utf8_left = b < 0xC2 || b > 0xF4 ? 0 : b >= 0xF0 ? 3 : b >= 0xE0 ? 2 : 1;
        l->utf8_least = b == 0xC2 || b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
        return l->utf8_left > 0;
    }
    if (l->utf8_left == 0 || b < l->utf8_least) {
        l->utf8_left = 0;
        return b >= 0xA0;
    }
    l->utf8_left--;
    l->utf8_least = 0x80;
    return true;
}

/* With several clients each line tells whose it is. */
static void show_whose(struct console *c, struct console_line *l, struct text *t)
{
    if (c->attached > 1 && !c->silent && (!c->mid_line || c->shown != l)) {
        text_addf(t, "%s[%u] ", c->mid_line ? "\n" : "", l->number);
    }
    c->shown = l;
}

/* How many bytes can be shown in one piece: at most to the end of a line. */
static size_t run_of(const struct app_io *io, size_t space, bool one)
{
    const uint8_t *b = io->in + io->in_used;
    size_t n = io->in_len - io->in_used;
    const uint8_t *end;

    if (space <= BYTE_ROOM) {
        return 0;
    }
    n = one ? 1 : n < space - BYTE_ROOM ? n : space - BYTE_ROOM;
    end = memchr(b, '\n', n);
    return end != NULL ? (size_t)(end - b) + 1 : n;
}

static void show(struct console *c, struct console_line *l, struct app_io *io)
{
    struct text t = room(c, OWN_ROOM);

    l->stalled = false;
    while (io->in_used < io->in_len) {
        const uint8_t *b = io->in + io->in_used;
        size_t n = run_of(io, t.cap - t.len, c->escapes);

        if (n == 0) {
            l->stalled = true;
            break;
        }
        show_whose(c, l, &t);
        if (c->escapes && !is_shown_as_it_is(l, *b)) {
            text_addf(&t, "\\x%02x", *b);
        } else {
            text_add_span(&t, span_of(b, n));
        }
        c->mid_line = b[n - 1] != '\n';
        io->in_used += n;
    }
    added(c, &t);
}

/* ---- what is typed ----------------------------------------------------------- */

void *console_input(struct console *c, size_t *cap)
{
    if (c->typed_at == c->typed_len) {
        c->typed_at = c->typed_len = 0;
    } else if (c->newest != NULL) {
        return NULL; /* first what is there */
    }
    *cap = sizeof c->typed - c->typed_len;
    return (c->newest != NULL || c->attended) && !c->leave && *cap > 0 ? c->typed + c->typed_len
                                                                       : NULL;
}

/* Without a client only commands that need none are followed; what else is typed
 * waits for the next one. */
static bool follow_without_client(struct console *c)
{
    bool inside = c->typed_len > 0 ? c->typed[c->typed_len - 1] != '\n' : c->typed_inside;
    char command = c->typed[c->typed_len];

    if (inside || c->silent || (command != 'Q' && command != 'S')) {
        return false;
    }
    if (command == 'Q') {
        c->leave = true;
    } else {
        console_statistics(c);
    }
    return true;
}

void console_typed(struct console *c, size_t n)
{
    if (n == 0 || (c->newest == NULL && follow_without_client(c))) {
        return;
    }
    c->typed_len += n;
    c->target = c->newest;
    if (c->newest != NULL) {
        c->newest->wake = true;
    }
}

void console_input_ended(struct console *c)
{
    c->leave = !c->silent && !c->config->console_ignore_eof;
}

enum command_result {
    NO_COMMAND,
    COMMAND_DONE, /* the line is sent, too */
    COMMAND_ONLY, /* it is not */
    COMMAND_WAIT, /* not now */
};

/* s_server takes some letters for commands only then. */
static bool alone_on_line(const struct console *c)
{
    const char *next = c->typed + c->typed_at + 1;

    return c->typed_at + 1 < c->typed_len && (*next == '\n' || *next == '\r');
}

static enum command_result follow(struct console *c, struct console_line *l, struct app_io *io,
                                  char command)
{
    switch (command) {
    case 'Q':
        c->leave = true;
        return COMMAND_ONLY;
    case 'q':
        l->ended = true;
        c->target = NULL; /* what follows is for the next one */
        return COMMAND_ONLY;
    case 'S':
        console_statistics(c);
        return COMMAND_DONE;
    case 'c':
    case 'k':
    case 'K':
        if (!alone_on_line(c)) {
            return NO_COMMAND;
        }
        break;
    case 'P':
    case 'r':
    case 'R':
        break;
    default:
        return NO_COMMAND;
    }
    /* Without room to send, a handshake or a flood is under way. */
    if (io->out_used == io->out_len) {
        return COMMAND_WAIT;
    }
    if (command == 'P') {
        io->request = APP_REQUEST_PLAIN_TEXT;
        return COMMAND_DONE;
    }
    if (command == 'c') {
        io->request = APP_REQUEST_CERTIFICATE;
    } else if (command == 'k' || command == 'K') {
        io->request = command == 'k' ? APP_REQUEST_UPDATE_KEYS : APP_REQUEST_UPDATE_KEYS_ASKING;
    } else {
        io->request = command == 'r' ? APP_REQUEST_RENEGOTIATE : APP_REQUEST_RENEGOTIATE_ASKING;
    }
    l->asked = command;
    return COMMAND_ONLY;
}

/* One typed byte, which is not the last of a command: false without room. */
static bool send_byte(struct console *c, struct app_io *io, char b)
{
    if (io->out_used == io->out_len) {
        return false;
    }
    if (b == '\n' && c->config->console_crlf && !c->cr_sent) {
        io->out[io->out_used++] = '\r';
        c->cr_sent = true;
        return send_byte(c, io, b);
    }
    c->cr_sent = false;
    io->out[io->out_used++] = (uint8_t)b;
    return true;
}

/* A command that came without its line's end is over, too. */
static void skip_line(struct console *c)
{
    const char *rest = c->typed + c->typed_at;
    const char *end = memchr(rest, '\n', c->typed_len - c->typed_at);

    c->typed_at = end != NULL ? (size_t)(end - c->typed) + 1 : c->typed_len;
}

/* Ends where something is asked of the connection: that comes before what follows. */
static void type(struct console *c, struct console_line *l, struct app_io *io)
{
    while (c->typed_at < c->typed_len && !l->ended && !c->leave) {
        char b = c->typed[c->typed_at];

        switch (c->typed_inside || c->silent ? NO_COMMAND : follow(c, l, io, b)) {
        case COMMAND_WAIT:
            return;
        case COMMAND_ONLY:
            skip_line(c);
            break;
        case COMMAND_DONE:
            c->typed_inside = true;
            break;
        case NO_COMMAND:
            if (!send_byte(c, io, b)) {
                return;
            }
            c->typed_inside = b != '\n';
            c->typed_at++;
        }
        if (io->request != APP_REQUEST_NONE) {
            return;
        }
    }
}

/* ---- the application --------------------------------------------------------- */

static void console_open(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    struct console_line *l = state;
    struct console *c = shared->console;

    l->console = c;
    l->peer = peer;
    l->number = peer->number;
    l->older = c->newest;
    if (l->older != NULL) {
        l->older->newer = l;
    }
    c->newest = l;
    c->attached++;
    if (c->attached > 1) {
        console_say(c, "[%u] %s\n", l->number, peer->address);
    }
}

static enum app_result console_step(void *state, struct app_io *io, uint64_t now_ms)
{
    struct console_line *l = state;
    struct console *c = l->console;

    (void)now_ms;
    if (l->asked) {
        if (l->asked == 'c' && l->peer->refused) {
            console_say(c, "Failed to initiate request\n");
        } else {
            console_say(c, "SSL_do_handshake -> %s\n", l->peer->refused ? "-1" : "1");
        }
        l->asked = 0;
    }
    show(c, l, io);
    if (c->typed_at < c->typed_len && (c->target == l || (c->target == NULL && c->newest == l))) {
        c->target = l;
        type(c, l, io);
        io->flush = io->out_used > 0;
    }
    l->ended = l->ended || (io->in_eof && io->in_used == io->in_len);
    return l->ended ? APP_DONE : APP_MORE;
}

static enum app_phase console_phase(const void *state)
{
    (void)state;
    return APP_IDLE;
}

/* What is left of a piece that was meant for a connection ends with it. */
static void forget_typed(struct console *c)
{
    c->target = NULL;
    c->typed_at = c->typed_len = 0;
    c->typed_inside = c->cr_sent = false;
}

static void console_close(void *state)
{
    struct console_line *l = state;
    struct console *c = l->console;
    const char *how = l->ended || l->peer->ended || c->leave ? "DONE" : "ERROR";

    if (c->attached > 1) {
        console_say(c, "[%u] %s\n[%u] CONNECTION CLOSED\n", l->number, how, l->number);
    } else {
        console_say(c, "%s\nCONNECTION CLOSED\n", how);
    }
    if (l->newer != NULL) {
        l->newer->older = l->older;
    } else {
        c->newest = l->older;
    }
    if (l->older != NULL) {
        l->older->newer = l->newer;
    }
    c->attached--;
    if (c->target == l) {
        forget_typed(c);
    } else if (c->newest != NULL) {
        c->newest->wake = true; /* it may be its turn */
    }
    if (c->shown == l) {
        c->shown = NULL;
    }
}

const struct app_ops app_console = {
    .name = "console",
    .state_size = sizeof(struct console_line),
    .http = false,
    .open = console_open,
    .step = console_step,
    .phase = console_phase,
    .close = console_close,
};
