/* app/reverse: lines, line ends, CLOSE, the bound, every split, no leaks. */
#include "app/app.h"
#include "core/bytes.h"
#include "tap.h"

#include <stdlib.h>

#define BLOCK_LEN 8192

static struct config config = {.max_line = 16};
static struct counters counters;
static struct pool heads;
static struct tls_info tls;
static struct app_peer peer = {.tls = &tls, .address = "192.0.2.1:4711", .local = "192.0.2.2:4433"};
static struct app_shared shared = {
    .config = &config, .counters = &counters, .heads = &heads, .access_fd = -1};
static char got[20000];
static enum app_result result;

/* What comes out for `in` when it arrives in pieces of in_max bytes and goes
 * out in windows of out_max bytes. The result that ended it lies in `result`
 * (APP_MORE: it never ended). */
static size_t run(const char *in, size_t len, size_t in_max, size_t out_max)
{
    max_align_t state[(APP_STATE_MAX + sizeof(max_align_t) - 1) / sizeof(max_align_t)] = {0};
    size_t in_at = 0, out_at = 0;

    app_reverse.open(state, &shared, &peer);
    result = APP_MORE;
    for (int idle = 0; result == APP_MORE && idle < 3;) {
        size_t left = len - in_at;
        size_t room = sizeof got - out_at;
        struct app_io io = {.in = (const uint8_t *)in + in_at,
                            .in_len = left < in_max ? left : in_max,
                            .out = (uint8_t *)got + out_at,
                            .out_len = room < out_max ? room : out_max};

        io.in_eof = io.in_len == left;
        result = app_reverse.step(state, &io, 0);
        expect(io.in_used <= io.in_len && io.out_used <= io.out_len, "stays within the windows");
        in_at += io.in_used;
        out_at += io.out_used;
        idle = io.in_used + io.out_used == 0 ? idle + 1 : 0;
    }
    app_reverse.close(state);
    expect(heads.taken == 0, "no block is kept");
    return out_at;
}

static void check(const char *in, size_t len, const char *want, const char *name)
{
    bool good = true;

    for (size_t in_max = 1; in_max <= len + 1; in_max++) {
        for (size_t out_max = 1; out_max <= strlen(want) + 2; out_max++) {
            size_t n = run(in, len, in_max, out_max);

            good &= result == APP_DONE && n == strlen(want) && memcmp(got, want, n) == 0;
        }
    }
    ok(good, name);
}

static void check_text(const char *in, const char *want, const char *name)
{
    check(in, strlen(in), want, name);
}

static void check_big(void)
{
    char *in = malloc(2 * BLOCK_LEN + 3);
    bool good = true;
    size_t n = 0;

    if (in == NULL) {
        return;
    }
    config.max_line = 100 * BLOCK_LEN; /* the block bounds it all the same */
    for (int i = 0; i < 2 * BLOCK_LEN; i++) {
        in[i] = (char)('a' + i % 23);
    }
    in[BLOCK_LEN] = '\n';
    n = run(in, BLOCK_LEN + 1, 1000, 512);
    for (size_t i = 0; i < BLOCK_LEN; i++) {
        good &= got[i] == in[BLOCK_LEN - 1 - i];
    }
    ok(good && n == BLOCK_LEN + 1 && got[n - 1] == '\n', "a line of a whole block");
    in[BLOCK_LEN] = 'x';
    ok(run(in, 2 * BLOCK_LEN, 1000, 512) == 0 && result == APP_DONE, "a line of more");
    free(in);
}

static void check_idle(void)
{
    max_align_t state[(APP_STATE_MAX + sizeof(max_align_t) - 1) / sizeof(max_align_t)] = {0};
    uint8_t out[8];
    struct app_io io = {.in = (const uint8_t *)"ab", .in_len = 2, .out = out, .out_len = 8};

    app_reverse.open(state, &shared, &peer);
    ok(app_reverse.phase(state) == APP_IDLE && heads.taken == 0, "at rest without a block");
    app_reverse.step(state, &io, 0);
    ok(app_reverse.phase(state) == APP_BODY && heads.taken == 1, "half a line holds a block");
    io.in = (const uint8_t *)"\n";
    io.in_len = 1;
    app_reverse.step(state, &io, 0);
    ok(io.out_used == 3 && memcmp(out, "ba\n", 3) == 0 && io.flush, "and comes back whole");
    ok(app_reverse.phase(state) == APP_IDLE && heads.taken == 0, "the block is given back");
    app_reverse.close(state);
}

int main(void)
{
    pool_begin(&heads, BLOCK_LEN, 2, 2);
    log_set_level(LOG_ERROR);
    check_text("", "", "nothing");
    check_text("hello\n", "olleh\n", "a line");
    check_text("hello\r\nab\n\n", "olleh\nba\n\n", "CR LF, LF, an empty line");
    check_text("x\r\r\r\n\ry\r\n", "x\ny\r\n", "only CRs at the end of a line are its end");
    check_text("abc", "cba\n", "what is left at the end is a line");
    check_text("abc\r", "cba\n", "so it is with a CR");
    check_text("ab\nCLOSE\nno\n", "ba\n", "CLOSE ends");
    check_text("CLOSE\r\n", "", "CLOSE with CR");
    check_text("CLOSER\nclose\n", "RESOLC\nesolc\n", "only CLOSE itself does");
    ok(run("a\0b\n\xFF\x80\n", 7, 2, 3) == 7 && memcmp(got, "b\0a\n\x80\xFF\n", 7) == 0,
       "any byte");
    check_text("0123456789abcdef\n1\n", "fedcba9876543210\n1\n", "the longest line");
    check_text("1\n0123456789abcdefg\n2\n", "1\n", "a line over the bound ends, after what was");
    check_big();
    check_idle();
    config.max_line = 16;
    heads.max_blocks = 0;
    pool_end(&heads);
    pool_begin(&heads, BLOCK_LEN, 0, 0);
    ok(run("a\nb\n", 4, 9, 9) == 0 && result == APP_DONE, "no memory ends the connection");
    ok(run("\n\n", 2, 9, 9) == 2, "empty lines need none");
    pool_end(&heads);
    return tap_done();
}
