/*
 * The echo application: bytes go back as they come. It holds nothing: what
 * does not fit into `out` stays in `in`, so a client that does not read is
 * not read from either.
 */
#include "app/app.h"

#include <string.h>

static void echo_open(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    (void)state;
    (void)shared;
    (void)peer;
}

static enum app_result echo_step(void *state, struct app_io *io, uint64_t now_ms)
{
    size_t n = io->in_len < io->out_len ? io->in_len : io->out_len;

    (void)state;
    (void)now_ms;
    if (n > 0) {
        memcpy(io->out, io->in, n);
    }
    io->in_used = n;
    io->out_used = n;
    io->flush = n > 0;
    return io->in_eof && n == io->in_len ? APP_DONE : APP_MORE;
}

/* Nothing is ever half-way here: all that was taken has been given back. */
static enum app_phase echo_phase(const void *state)
{
    (void)state;
    return APP_IDLE;
}

static void echo_close(void *state)
{
    (void)state;
}

const struct app_ops app_echo = {
    .name = "echo",
    .state_size = 0,
    .http = false,
    .open = echo_open,
    .step = echo_step,
    .phase = echo_phase,
    .close = echo_close,
};
