/*
 * Echo and reverse: byte 0 chooses the application and the bound of a line,
 * bytes 1 and 2 the sizes of the pieces, the rest is what the client sends.
 * The answer must be that of a plain model, whatever the pieces.
 */
#include "app/app.h"
#include "core/bytes.h"
#include "core/log.h"

#include <stdlib.h>
#include <string.h>

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

/* The answer of reverse, from the whole input at once; want has room for
 * len + 1 bytes, since a line grows by its LF only when it had none. */
static size_t model_reverse(const uint8_t *in, size_t len, size_t most, uint8_t *want)
{
    size_t n = 0;

    for (size_t at = 0; at < len;) {
        const uint8_t *lf = memchr(in + at, '\n', len - at);
        size_t end = lf != NULL ? (size_t)(lf - in) : len;
        size_t crs = 0;
        size_t line_len;

        while (end - crs > at && in[end - crs - 1] == '\r') {
            crs++;
        }
        line_len = end - crs - at;
        if (line_len > most || crs > most || (line_len == 5 && memcmp(in + at, "CLOSE", 5) == 0)) {
            break;
        }
        for (size_t i = 0; i < line_len; i++) {
            want[n++] = in[at + line_len - 1 - i];
        }
        want[n++] = '\n';
        at = end + 1;
    }
    return n;
}

/* Plays the input in pieces and compares with `want`. */
static void play(const struct app_ops *ops, struct app_shared *shared, const uint8_t *in,
                 size_t len, size_t in_max, size_t out_max, struct span want)
{
    static const struct tls_info tls;
    static const struct app_peer peer = {
        .tls = &tls, .address = "192.0.2.1:4711", .local = "192.0.2.2:4433"};
    max_align_t state[(APP_STATE_MAX + sizeof(max_align_t) - 1) / sizeof(max_align_t)] = {0};
    enum app_result result = APP_MORE;
    size_t in_at = 0, out_at = 0;

    ops->open(state, shared, &peer);
    while (result == APP_MORE) {
        size_t left = len - in_at;
        struct app_io io = {.in_len = left < in_max ? left : in_max, .out_len = out_max};

        /* Exact allocations let the sanitizer see a byte too far. */
        uint8_t *piece = malloc(io.in_len + 1);
        io.out = malloc(out_max);
        if (piece == NULL || io.out == NULL) {
            abort();
        }
        if (io.in_len > 0) {
            memcpy(piece + 1, in + in_at, io.in_len);
        }
        io.in = piece + 1;
        io.in_eof = io.in_len == left;
        result = ops->step(state, &io, 0);
        check(io.in_used <= io.in_len && io.out_used <= io.out_len);
        check(result != APP_MORE || io.in_used + io.out_used > 0);
        check(out_at + io.out_used <= want.len);
        check(io.out_used == 0 || memcmp(want.data + out_at, io.out, io.out_used) == 0);
        in_at += io.in_used;
        out_at += io.out_used;
        free(piece);
        free(io.out);
    }
    check(result == APP_DONE && out_at == want.len);
    ops->close(state);
    check(shared->heads->taken == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static struct counters counters;
    struct pool heads;
    struct app_shared shared = {
        .config = &config, .counters = &counters, .heads = &heads, .access_fd = -1};
    uint8_t *want;
    size_t most;

    if (size < 3) {
        return 0;
    }
    log_set_level(LOG_ERROR);
    config.max_line = 1u + (data[0] >> 1);
    most = config.max_line;
    want = malloc(size);
    if (want == NULL) {
        return 0;
    }
    pool_begin(&heads, 4096, 1, 1);
    if (data[0] & 1) {
        play(&app_echo, &shared, data + 3, size - 3, 1u + data[1], 1u + data[2],
             span_of(data + 3, size - 3));
    } else {
        size_t n = model_reverse(data + 3, size - 3, most, want);

        play(&app_reverse, &shared, data + 3, size - 3, 1u + data[1], 1u + data[2],
             span_of(want, n));
        play(&app_reverse, &shared, data + 3, size - 3, size, size, span_of(want, n));
    }
    pool_end(&heads);
    free(want);
    return 0;
}
