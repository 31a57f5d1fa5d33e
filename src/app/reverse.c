/*
 * The reverse application, as `openssl s_server -rev`: each line comes back
 * with its bytes in reverse order, without its CR and LF, followed by LF. A
 * line CLOSE ends the connection; so does a line longer than
 * reverse.max-line. What stands after the last LF at the end counts as a line.
 *
 * A line is gathered in one block of shared->heads, taken at its first byte
 * and given back when it is out: an idle connection holds none.
 */
#include "app/app.h"
#include "core/bytes.h"
#include "core/log.h"

#include <string.h>

struct reverse {
    struct app_shared *shared;
    const struct app_peer *peer;
    uint8_t *line; /* block with `len` bytes, NULL while len is 0 */
    size_t len;    /* gathering: bytes gathered; giving: bytes still to give */
    size_t crs;    /* gathering: CRs that came after them, of the line's end or not */
    size_t most;   /* bytes of a line */
    size_t high;   /* bytes of the block that were ever used, to be wiped */
    bool giving;   /* a whole line is there, its LF included in the debt */
};

static void reverse_open(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    struct reverse *r = state;
    size_t most = shared->config->max_line;

    *r = (struct reverse){.shared = shared, .peer = peer};
    r->most = most < shared->heads->block_len ? most : shared->heads->block_len;
}

static void let_go(struct reverse *r)
{
    if (r->line != NULL) {
        pool_give(r->shared->heads, r->line, r->high);
    }
    r->line = NULL;
    r->len = 0;
    r->crs = 0;
    r->high = 0;
    r->giving = false;
}

/* Adds n times byte c to the line. False when the line gets too long or there
 * is no memory, which the log is told. */
static bool gather(struct reverse *r, uint8_t c, size_t n, uint64_t now_ms)
{
    if (n > r->most - r->len) {
        log_limited(&r->shared->complaints, now_ms, LOG_INFO,
                    "%s: a line of more than %zu bytes, closing", r->peer->address, r->most);
        return false;
    }
    if (n > 0 && r->line == NULL) {
        r->line = pool_take(r->shared->heads);
        if (r->line == NULL) {
            log_limited(&r->shared->complaints, now_ms, LOG_WARN,
                        "%s: no memory for a line, closing", r->peer->address);
            return false;
        }
    }
    if (n > 0) {
        memset(r->line + r->len, c, n);
        r->len += n;
        r->high = r->len;
    }
    return true;
}

static bool is_close(const struct reverse *r)
{
    return r->len == 5 && memcmp(r->line, "CLOSE", 5) == 0;
}

/* Takes bytes up to the end of a line. CRs are counted, not kept, until it is
 * known that the line goes on after them. */
static enum app_result take(struct reverse *r, struct app_io *io, uint64_t now_ms)
{
    while (!r->giving && io->in_used < io->in_len) {
        uint8_t c = io->in[io->in_used++];

        if (c == '\n') {
            r->giving = true;
        } else if (c == '\r' && r->crs < r->most) {
            r->crs++;
        } else if (!gather(r, '\r', r->crs, now_ms) || !gather(r, c, 1, now_ms)) {
            return APP_DONE;
        } else {
            r->crs = 0;
        }
    }
    if (!r->giving && io->in_eof) {
        if (r->len == 0 && r->crs == 0) {
            return APP_DONE;
        }
        r->giving = true;
    }
    return r->giving && is_close(r) ? APP_DONE : APP_MORE;
}

/* Gives the line from its end; true when it is all out. */
static bool give(struct reverse *r, struct app_io *io)
{
    while (r->len > 0 && io->out_used < io->out_len) {
        io->out[io->out_used++] = r->line[--r->len];
    }
    if (r->len > 0 || io->out_used == io->out_len) {
        return false;
    }
    io->out[io->out_used++] = '\n';
    let_go(r);
    return true;
}

static enum app_result reverse_step(void *state, struct app_io *io, uint64_t now_ms)
{
    struct reverse *r = state;
    enum app_result result = APP_MORE;

    io->in_used = 0;
    io->out_used = 0;
    do {
        if (!r->giving) {
            result = take(r, io, now_ms);
        }
    } while (result == APP_MORE && r->giving && give(r, io));
    io->flush = io->out_used > 0;
    return result;
}

static enum app_phase reverse_phase(const void *state)
{
    const struct reverse *r = state;

    return r->giving || r->len > 0 || r->crs > 0 ? APP_BODY : APP_IDLE;
}

static void reverse_close(void *state)
{
    let_go(state);
}

const struct app_ops app_reverse = {
    .name = "reverse",
    .state_size = sizeof(struct reverse),
    .http = false,
    .open = reverse_open,
    .step = reverse_step,
    .phase = reverse_phase,
    .close = reverse_close,
};
