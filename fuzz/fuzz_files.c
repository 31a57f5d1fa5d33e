/*
 * Files mode as a transducer over a small tree: the first bytes choose how
 * input and output are cut, the rest is what the client sends. The cut run
 * must write what the run in one piece writes, no block may stay taken, and
 * nothing from outside the root may appear.
 */
#include "app/app.h"
#include "core/pool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTPUT_MAX (1u << 20)
#define OUTSIDE    "this lies outside"

static char top[] = "/tmp/tiny-fuzz-XXXXXX";
static char root[64];
static struct config config;
static struct counters counters;
static struct app_shared shared;
static struct tls_info tls;
static const struct app_peer peer = {.tls = &tls, .address = "192.0.2.1:1", .local = "local"};

struct output {
    size_t len;
    enum app_result result;
    uint8_t data[OUTPUT_MAX];
};

static struct output whole;
static struct output cut;

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static void put(const char *name, const char *text)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", top, name);
    fd = open(path, O_WRONLY | O_CREAT, 0644);
    check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void put_dir(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", top, name);
    check(mkdir(path, 0755) == 0);
}

static void put_link(const char *target, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", top, name);
    check(symlink(target, path) == 0);
}

static void remove_tree(void)
{
    char line[128];

    snprintf(line, sizeof line, "rm -rf %s", top);
    check(system(line) == 0);
}

static void begin(void)
{
    static const char *index_name = "i";

    check(mkdtemp(top) != NULL);
    atexit(remove_tree);
    snprintf(root, sizeof root, "%s/r", top);
    put("o", OUTSIDE);
    put_dir("r");
    put_dir("r/d");
    put_dir("r/e");
    put("r/i", "index");
    put("r/a", "0123456789");
    put("r/t.css", "plain");
    put("r/t.css.gz", "packed");
    put("r/d/i", "deep");
    put("r/.h", OUTSIDE);
    put_link("../o", "r/l");
    put_link("..", "r/u");
    put_link("a", "r/s");
    config = (struct config){.mode = MODE_FILES,
                             .max_connections = 4,
                             .root = root,
                             .index = {&index_name, 1},
                             .listing = true,
                             .access_file = ""};
    check(app_shared_begin(&shared, &config, &counters) == 0);
    check(counters.requests == 0);
}

static void run(struct output *o, const uint8_t *in, size_t len, size_t in_piece, size_t out_piece)
{
    static _Alignas(16) uint8_t state[APP_STATE_MAX];

    memset(state, 0, sizeof state);
    o->len = 0;
    app_files.open(state, &shared, &peer);
    for (;;) {
        struct app_io io = {.in = in,
                            .in_len = len < in_piece ? len : in_piece,
                            .out = o->data + o->len,
                            .out_len = out_piece};

        if (io.out_len > OUTPUT_MAX - o->len) {
            io.out_len = OUTPUT_MAX - o->len;
        }
        io.in_eof = io.in_len == len;
        o->result = app_files.step(state, &io, 1);
        check(io.in_used <= io.in_len && io.out_used <= io.out_len);
        o->len += io.out_used;
        in += io.in_used;
        len -= io.in_used;
        if (o->result != APP_MORE || o->len == OUTPUT_MAX) {
            break;
        }
        check(io.in_used > 0 || io.out_used > 0); /* eof was told: it must move or end */
    }
    app_files.close(state);
    check(shared.heads->taken == 0);
}

/* Dates of the same run may differ by a second. */
static void blank_dates(struct output *o)
{
    for (size_t i = 0; i + 37 <= o->len; i++) {
        if (memcmp(o->data + i, "\r\nDate: ", 8) == 0) {
            memset(o->data + i + 8, '#', 29);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t outs[] = {1, 2, 5, 17, 100, 512, 4096, 16384};

    if (shared.config == NULL) {
        begin();
    }
    if (size < 2) {
        return 0;
    }
    run(&whole, data + 2, size - 2, 16384, 16384);
    run(&cut, data + 2, size - 2, (size_t)data[0] + 1, outs[data[1] % 8]);
    if (whole.len == OUTPUT_MAX || cut.len == OUTPUT_MAX) {
        return 0;
    }
    blank_dates(&whole);
    blank_dates(&cut);
    check(whole.result == cut.result && whole.len == cut.len);
    check(memcmp(whole.data, cut.data, whole.len) == 0);
    check(memmem(whole.data, whole.len, OUTSIDE, strlen(OUTSIDE)) == NULL);
    return 0;
}
