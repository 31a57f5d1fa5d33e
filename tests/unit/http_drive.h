/*
 * Drives an application with input and output cut into pieces, each in memory
 * of its exact size, so that the sanitizer sees one byte too far. Collects the
 * output; blanks the Date field, the one thing that time may change.
 */
#ifndef TINY_TESTS_HTTP_DRIVE_H
#define TINY_TESTS_HTTP_DRIVE_H

#include "app/app.h"
#include "tap.h"

#include <stdlib.h>

struct drive {
    struct app_shared *shared;
    const struct app_ops *ops;
    const struct app_peer *peer;
    char *out; /* NUL-terminated */
    size_t len;
    size_t cap;
    enum app_result result;
    bool stuck;  /* no progress though input was left and out had room */
    bool no_eof; /* stop when the input is used up */
    unsigned steps;
};

static inline void drive_add(struct drive *d, const uint8_t *data, size_t len)
{
    if (d->len + len + 1 > d->cap) {
        d->cap = (d->len + len + 1) * 2;
        d->out = realloc(d->out, d->cap);
    }
    if (len > 0) {
        memcpy(d->out + d->len, data, len);
    }
    d->len += len;
    d->out[d->len] = '\0';
}

static inline void drive_blank_dates(struct drive *d)
{
    static const char field[] = "\r\nDate: ";

    for (size_t i = 0; i + sizeof field + 29 < d->len; i++) {
        if (memcmp(d->out + i, field, sizeof field - 1) == 0) {
            memset(d->out + i + sizeof field - 1, '#', 29);
        }
    }
}

/* Runs until the application ends or all input and its end were told. */
static inline void drive_run(struct drive *d, const void *input, size_t len, size_t in_piece,
                             size_t out_piece)
{
    static _Alignas(16) uint8_t state[APP_STATE_MAX];
    const uint8_t *in = input;

    memset(state, 0, sizeof state);
    d->len = 0;
    d->stuck = false;
    d->steps = 0;
    drive_add(d, NULL, 0);
    d->ops->open(state, d->shared, d->peer);
    for (;;) {
        size_t n = len < in_piece ? len : in_piece;
        uint8_t *in_copy = malloc(n > 0 ? n : 1);
        uint8_t *out = malloc(out_piece > 0 ? out_piece : 1);
        struct app_io io = {.in = in_copy,
                            .in_len = n,
                            .out = out,
                            .out_len = out_piece,
                            .in_eof = n == len && !d->no_eof};

        if (n > 0) {
            memcpy(in_copy, in, n);
        }
        d->result = d->ops->step(state, &io, 1000 + d->steps++);
        if (io.in_used > n || io.out_used > out_piece) {
            printf("# used more than there was\n");
            abort();
        }
        drive_add(d, out, io.out_used);
        free(in_copy);
        free(out);
        in += io.in_used;
        len -= io.in_used;
        if (d->result != APP_MORE) {
            break;
        }
        if (io.in_used == 0 && io.out_used == 0) {
            d->stuck = len > 0;
            break;
        }
    }
    d->ops->close(state);
    drive_blank_dates(d);
}

static inline unsigned drive_count(const struct drive *d, const char *text)
{
    unsigned count = 0;

    for (const char *p = d->out; (p = strstr(p, text)) != NULL; p++) {
        count++;
    }
    return count;
}

#endif
