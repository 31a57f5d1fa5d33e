#include "tls/watch_out.h"

#include "core/clock.h"
#include "core/output.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MAX_MS 500

void watch_out_begin(struct watch_out *o, int file)
{
    memset(o, 0, sizeof *o);
    o->places[WATCH_STDOUT].own = output_unblocked(STDOUT_FILENO, O_WRONLY);
    o->places[WATCH_STDERR].own = output_unblocked(STDERR_FILENO, O_WRONLY);
    o->places[WATCH_FILE].own = file;
    for (size_t i = 0; i < WATCH_PLACES; i++) {
        o->places[i].fd = o->places[i].own;
    }
    o->patience_ms = PATIENCE_MAX_MS;
    o->patience_at_ms = clock_now_ms();
}

void watch_out_end(struct watch_out *o)
{
    for (enum watch_place i = WATCH_STDOUT; i <= WATCH_STDERR; i++) {
        if (o->places[i].own > STDERR_FILENO) {
            close(o->places[i].own);
        }
    }
}

/* ---- writing ------------------------------------------------------------ */

static bool takes(int fd, uint64_t wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, (int)wait_ms) == 1;
}

/* Waits for a reader who is slow, within what patience is left. */
static bool wait_for(struct watch_out *o, int fd)
{
    uint64_t before, after, gained;
    bool good;

    if (takes(fd, 0)) {
        return true;
    }
    before = clock_now_ms();
    gained = o->patience_ms + (before - o->patience_at_ms) / 4;
    o->patience_ms = gained < PATIENCE_MAX_MS ? gained : PATIENCE_MAX_MS;
    good = o->patience_ms > 0 && takes(fd, o->patience_ms);
    after = clock_now_ms();
    o->patience_ms -= after - before < o->patience_ms ? after - before : o->patience_ms;
    o->patience_at_ms = after;
    return good;
}

static void write_piece(struct watch_out *o, const char *data, size_t len)
{
    int *fd = &o->places[o->place].fd;
    uint64_t *lost = &o->places[o->place].lost;
    ssize_t n;

    if (*fd < 0) {
        return;
    }
    if (*lost > 0 && takes(*fd, 0)) {
        char line[96];
        struct text t = text_over(line, sizeof line);

        text_addf(&t, "(%llu bytes are left out here: nobody read them in time)\n",
                  (unsigned long long)*lost);
        if (write(*fd, line, t.len) > 0) {
            *lost = 0;
        }
    }
    while (len > 0 && *lost == 0 && wait_for(o, *fd)) {
        n = write(*fd, data, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno != EAGAIN) {
            *fd = -1;
            return;
        }
        if (n <= 0) {
            break;
        }
        data += n; /* a terminal takes what it has room for */
        len -= (size_t)n;
    }
    *lost += len;
}

void watch_flush(struct watch_out *o)
{
    if (o->len > 0) {
        write_piece(o, o->buf, o->len);
        o->len = 0;
    }
}

/* The buffer is full: its whole lines leave, a begun one stays if it can. */
static void make_room(struct watch_out *o)
{
    size_t keep = 0;

    while (keep < o->len && o->buf[o->len - keep - 1] != '\n') {
        keep++;
    }
    if (keep == o->len) {
        watch_flush(o);
        return;
    }
    write_piece(o, o->buf, o->len - keep);
    memmove(o->buf, o->buf + o->len - keep, keep);
    o->len = keep;
}

void watch_to(struct watch_out *o, enum watch_place place, uint32_t number)
{
    if (place != o->place) {
        watch_flush(o);
        o->place = place;
    }
    o->number = number;
}

/* ---- text --------------------------------------------------------------- */

static void put_raw(struct watch_out *o, const uint8_t *data, size_t len)
{
    while (len > 0) {
        size_t n = sizeof o->buf - o->len;

        if (n == 0) {
            make_room(o);
            continue;
        }
        n = n < len ? n : len;
        memcpy(o->buf + o->len, data, n);
        o->len += n;
        data += n;
        len -= n;
    }
}

void watch_put(struct watch_out *o, struct span s)
{
    _Static_assert(WATCH_BUFFER <= PIPE_BUF, "a piece goes into a pipe that is ready");
    while (s.len > 0) {
        const uint8_t *end = memchr(s.data, '\n', s.len);
        size_t n = end != NULL ? (size_t)(end - s.data) + 1 : s.len;

        if (!o->midline && o->number != 0) {
            char prefix[16];
            struct text t = text_over(prefix, sizeof prefix);

            text_addf(&t, "[%u] ", o->number);
            put_raw(o, (const uint8_t *)prefix, t.len);
        }
        put_raw(o, s.data, n);
        o->midline = end == NULL;
        s = span_of(s.data + n, s.len - n);
    }
}

void watch_add(struct watch_out *o, const char *s)
{
    watch_put(o, span_of(s, strlen(s)));
}

void watch_addf(struct watch_out *o, const char *format, ...)
{
    char buf[256];
    struct text t = text_over(buf, sizeof buf);
    va_list args;

    va_start(args, format);
    text_addv(&t, format, args);
    va_end(args);
    watch_put(o, span_of(buf, t.len));
}

void watch_hex(struct watch_out *o, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        watch_addf(o, "%02X", s.data[i]);
    }
}

/* A deep indentation makes rows shorter, so that they fit on a line. */
void watch_dump(struct watch_out *o, unsigned indent, struct span s)
{
    static const char blanks[] = "                ";
    size_t width = 16 - (indent > 6 ? indent - 6 + 3 : 3) / 4;

    for (size_t at = 0; at < s.len; at += width) {
        size_t n = s.len - at < width ? s.len - at : width;
        char row[96];
        struct text t = text_over(row, sizeof row);

        text_addf(&t, "%.*s%04x - ", (int)indent, blanks, (unsigned)at);
        for (size_t i = 0; i < width; i++) {
            if (i < n) {
                text_addf(&t, "%02x%c", s.data[at + i], i == 7 ? '-' : ' ');
            } else {
                text_add(&t, "   ");
            }
        }
        text_add(&t, "  ");
        for (size_t i = 0; i < n; i++) {
            uint8_t c = s.data[at + i];

            text_addf(&t, "%c", c >= ' ' && c <= '~' ? c : '.');
        }
        text_add(&t, "\n");
        watch_put(o, span_of(row, t.len));
    }
}
