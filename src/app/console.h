/*
 * Console mode without its terminal: what clients send goes into one bounded
 * output, what is typed goes to one client, and a typed line's first byte may be
 * a command. The application app_console attaches a connection by being
 * opened; whoever owns the terminal (server/terminal.h) feeds the input, takes
 * the output and steps the connections that console_next_wake names. One block,
 * made by console_new; knows no descriptor.
 *
 * Which client: text goes to the connection that was opened last, commands too;
 * when it ends, the one before it is next. A typed piece that has begun to go to a
 * connection stays with it, and what is left of it ends with that connection.
 */
#ifndef TINY_APP_CONSOLE_H
#define TINY_APP_CONSOLE_H

#include "app/app.h"

struct console_line; /* an attached connection: its application state */

#define CONSOLE_TYPED 4096
#define CONSOLE_SHOWN 16384

struct console {
    const struct config *config;
    const struct counters *counters;
    struct console_line *newest;
    struct console_line *target; /* whom the typed piece belongs to; NULL: the newest */
    struct console_line *shown;  /* who wrote last, NULL for none */
    uint32_t attached;
    bool silent;       /* -quiet, -brief: clients' bytes only, no commands */
    bool escapes;      /* a terminal shows it: control bytes are written out */
    bool attended;     /* somebody types: lines are read without a client too */
    bool mid_line;     /* the last byte of the output is no LF */
    bool typed_inside; /* the next typed byte is not the first of its line */
    bool cr_sent;      /* -crlf: the CR of the LF that is next went out */
    bool leave;        /* Q: end all connections and the server */
    size_t typed_at, typed_len;
    size_t out_at, out_len;
    char typed[CONSOLE_TYPED];
    char out[CONSOLE_SHOWN];
};

/* NULL without memory; free() ends it. */
struct console *console_new(const struct config *config, const struct counters *counters);

/* Where the next typed bytes go, and how many at most; NULL when none are wanted. */
void *console_input(struct console *c, size_t *cap);
void console_typed(struct console *c, size_t n);
/* What is typed has come to its end. */
void console_input_ended(struct console *c);

/* What waits to be shown. */
const void *console_output(const struct console *c, size_t *len);
/* len = 0: nothing, for the output is gone; what waits is thrown away. */
void console_written(struct console *c, size_t len);

/* A line of the server's own; dropped when there is no room even for those. */
void console_say(struct console *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void console_statistics(struct console *c);

/* The state of an application that can move now, the first one or the next `after`
 * another; NULL when there is none. */
void *console_next_wake(struct console *c, void *after);

#endif
