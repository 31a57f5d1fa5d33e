/*
 * Lines for whoever watches: to standard output, standard error or a file, each
 * with the connection's number in front where one is set. Text is gathered and
 * leaves in pieces of whole lines. Who is to read it and does not must not stop
 * the server: when a pipe is full, a little time is spent waiting (at most a
 * fifth of all time), then lines are lost, and a line says how many bytes it
 * were. Callers call watch_flush when what they tell is complete. Nothing is
 * allocated.
 */
#ifndef TINY_TLS_WATCH_OUT_H
#define TINY_TLS_WATCH_OUT_H

#include "core/bytes.h"

enum watch_place { WATCH_STDOUT, WATCH_STDERR, WATCH_FILE, WATCH_PLACES };

/* No more than PIPE_BUF: a pipe that is ready has room for so much. */
#define WATCH_BUFFER 4096

struct watch_out {
    struct {
        int own;       /* closed in the end, if it is not one of the given ones */
        int fd;        /* the same, or -1: nobody reads */
        uint64_t lost; /* bytes since the last that were written */
    } places[WATCH_PLACES];
    enum watch_place place; /* of what is in buf */
    uint32_t number;        /* in front of each line; 0: none */
    uint64_t patience_ms;   /* what may be spent waiting now */
    uint64_t patience_at_ms;
    size_t len;
    bool midline; /* the last byte was no line's end */
    char buf[WATCH_BUFFER];
};

/* Standard output and standard error; file: a descriptor of the caller, or -1. */
void watch_out_begin(struct watch_out *o, int file);
void watch_out_end(struct watch_out *o);
/* What follows goes to place, with this number in front of its lines. */
void watch_to(struct watch_out *o, enum watch_place place, uint32_t number);
void watch_put(struct watch_out *o, struct span s);
void watch_add(struct watch_out *o, const char *s);
/* At most 256 bytes at once. */
void watch_addf(struct watch_out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Upper-case hexadecimal. */
void watch_hex(struct watch_out *o, struct span s);
/* "0000 - 16 03 01 00 c9-...   ....." rows, indented. */
void watch_dump(struct watch_out *o, unsigned indent, struct span s);
void watch_flush(struct watch_out *o);

#endif
