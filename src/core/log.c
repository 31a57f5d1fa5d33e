#include "core/log.h"
#include "core/date.h"
#include "core/output.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    const char *path;
    int fd;
    int error; /* standard error, that does not block where this can be had */
    enum log_level level;
} log_sink = {NULL, STDERR_FILENO, STDERR_FILENO, LOG_INFO};

static bool to_stderr(const char *path)
{
    return path == NULL || path[0] == '\0' || strcmp(path, "-") == 0;
}

static int sink_open(const char *path)
{
    if (to_stderr(path)) {
        return log_sink.error;
    }
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

int log_open(const char *path, enum log_level level)
{
    int fd;

    if (log_sink.error == STDERR_FILENO) {
        log_sink.error = output_unblocked(STDERR_FILENO, O_WRONLY);
    }
    fd = sink_open(path);
    if (fd < 0) {
        return -1;
    }
    if (log_sink.fd != STDERR_FILENO && log_sink.fd != log_sink.error) {
        close(log_sink.fd);
    }
    log_sink.path = path;
    log_sink.fd = fd;
    log_sink.level = level;
    return 0;
}

int log_reopen(void)
{
    return log_open(log_sink.path, log_sink.level);
}

void log_set_level(enum log_level level)
{
    log_sink.level = level;
}

bool log_enabled(enum log_level level)
{
    return level <= log_sink.level;
}

/* Standard error is shared with others, so it cannot be made non-blocking. Who
 * reads it and stops must not stop the server: then lines are lost. A pipe that
 * is ready has room for PIPE_BUF bytes, and a line is shorter. */
static bool takes_line(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return fd != STDERR_FILENO || (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0);
}

__attribute__((format(printf, 2, 0))) static void write_line(enum log_level level,
                                                             const char *format, va_list args)
{
    static const char names[][8] = {"error", "warning", "info", "debug"};
    char line[2048];
    struct text t = text_over(line, sizeof line - 1);
    struct timespec now;
    struct date d;
    int saved = errno;

    _Static_assert(sizeof line <= PIPE_BUF, "a line is written in one piece or not at all");
    clock_gettime(CLOCK_REALTIME, &now);
    d = date_of(now.tv_sec);
    text_addf(&t, "%04d-%02u-%02uT%02u:%02u:%02u.%03ldZ %s: ", d.year, d.month, d.day, d.hour,
              d.minute, d.second, now.tv_nsec / 1000000, names[level]);
    text_addv(&t, format, args);
    line[t.len++] = '\n';
    if (takes_line(log_sink.fd) && write(log_sink.fd, line, t.len) < 0) {
        /* Nobody is left to tell. */
        errno = saved;
        return;
    }
    errno = saved;
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list args;

    if (!log_enabled(level)) {
        return;
    }
    va_start(args, format);
    write_line(level, format, args);
    va_end(args);
}

void log_plain(const char *lines, size_t len)
{
    if (takes_line(log_sink.error) && write(log_sink.error, lines, len) < 0) {
        return; /* nobody is left to tell */
    }
}

void log_limited(struct log_rate *rate, uint64_t now_ms, enum log_level level, const char *format,
                 ...)
{
    va_list args;

    if (!log_enabled(level)) {
        return;
    }
    if (now_ms - rate->window_start_ms >= 1000) {
        if (rate->suppressed > 0) {
            log_line(level, "%u similar lines were left out", rate->suppressed);
        }
        *rate = (struct log_rate){now_ms, 0, 0};
    }
    if (rate->written >= LOG_BURST_PER_S) {
        rate->suppressed++;
        return;
    }
    rate->written++;
    va_start(args, format);
    write_line(level, format, args);
    va_end(args);
}
