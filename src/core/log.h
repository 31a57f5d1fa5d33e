/*
 * The error log: one line a call, with time and level, to standard error or a
 * file. The access log is the application's (app/access.h) and uses the same
 * sinks. The log is the only global state beside the signal flags. A line is
 * written with one write(2); a log that cannot be written is dropped, never
 * waited for. Text of a peer must be quoted first (text_add_quoted).
 */
#ifndef TINY_CORE_LOG_H
#define TINY_CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* A bound on how often one kind of line is written: `burst` lines a second,
 * then silence, then one line that says how many were left out. */
struct log_rate {
    uint64_t window_start_ms;
    unsigned written;
    unsigned suppressed;
};

#define LOG_BURST_PER_S 20

/* path NULL or "" or "-": standard error. Returns 0, or -1 with errno set and
 * the former sink kept. The path is kept by reference for log_reopen. */
int log_open(const char *path, enum log_level level);
/* Opens the path anew (after rotation); keeps the old file when that fails. */
int log_reopen(void);
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* To standard error as it is, in one piece, or not at all; at most PIPE_BUF bytes. */
void log_plain(const char *lines, size_t len);
/* As log_line, bounded by *rate; now_ms is the monotonic time. */
void log_limited(struct log_rate *rate, uint64_t now_ms, enum log_level level, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

#endif
