/*
 * Records after a handshake: the input is a script of raw bytes, records
 * sealed with the client's keys, and what the application does. Whatever
 * comes, the server hands out only what the client sealed as data, in order,
 * and gives every buffer back. The handshake is made once for each kind of
 * protection and then taken up again from a copy.
 *
 * Script: kind, then (operation, length, bytes of that length) again and again.
 */
#include "../tests/unit/tls_fixture.h"

#include <assert.h>

enum { KINDS = 6, SENT_MAX = 4096 };

struct scene {
    struct config config;
    struct pair *pair;
    struct tls tls; /* as they were when the handshake had ended */
    struct tls12 engine;
    struct client client;
};

struct run {
    struct pair *pair;
    uint8_t sent[SENT_MAX]; /* what the client sealed as data */
    size_t sent_len, taken;
};

static struct scene scenes[KINDS];

static struct scene *scene_of(unsigned kind)
{
    static const uint16_t suites[KINDS] = {0xC02B, 0xCCA9, 0xC009, 0xC00A, 0xC008, 0xC0AE};
    struct scene *s = &scenes[kind];

    if (s->pair != NULL) {
        return s;
    }
    s->config = fixture_config("server_ec", NULL);
    s->config.suites[0] = suites[kind];
    s->config.suite_count = 1;
    s->config.version_min = s->config.version_max = kind == 3 ? 0x0301 : 0x0303;
    s->pair = pair_new(&s->config);
    tls_context_fix_random(s->pair->ctx, "fuzz", 4);
    s->pair->client.ssl.eng.rng_os_rand_done = 1;
    br_ssl_engine_inject_entropy(&s->pair->client.ssl.eng, "client", 6);
    pair_begin(s->pair, "localhost", false);
    pair_pump(s->pair);
    assert(pair_open(s->pair));
    tls_rest(s->pair->tls);
    s->tls = *s->pair->tls;
    s->engine = *s->pair->tls->v12;
    s->client = s->pair->client;
    tls_end(s->pair->tls);
    return s;
}

/* The connection as it was. Its engine points into itself, so it must lie where it lay. */
static void take_up(struct scene *s)
{
    struct tls12 *engine = pool_take(&s->pair->ctx->engine_pool);

    assert(engine == s->tls.v12);
    *engine = s->engine;
    *s->pair->tls = s->tls;
    s->pair->client = s->client;
}

static void seal(struct run *r, unsigned type, struct span data)
{
    br_ssl_engine_context *eng = &r->pair->client.ssl.eng;
    uint8_t record[512];
    size_t a = 64, len = data.len, b = sizeof record;
    uint8_t *sealed;

    if (type == 23 && r->sent_len + len > SENT_MAX) {
        return;
    }
    eng->out.vtable->max_plaintext(&eng->out.vtable, &a, &b);
    memcpy(record + a, data.data, len);
    sealed =
        eng->out.vtable->encrypt(&eng->out.vtable, (int)type, eng->version_out, record + a, &len);
    if (type == 23) {
        memcpy(r->sent + r->sent_len, data.data, data.len);
        r->sent_len += data.len;
    }
    pair_inject(r->pair, sealed, len);
}

static void take(struct run *r, size_t most)
{
    size_t len;
    uint8_t *w = tls_window(r->pair->tls, TLS_WINDOW_RECV_APP, &len);

    if (w != NULL) {
        len = len < most ? len : most;
        assert(len <= r->sent_len - r->taken && memcmp(w, r->sent + r->taken, len) == 0);
        r->taken += len;
        tls_advance(r->pair->tls, TLS_WINDOW_RECV_APP, len);
    }
}

static void give(struct run *r, struct span data)
{
    size_t len;
    uint8_t *w = tls_window(r->pair->tls, TLS_WINDOW_SEND_APP, &len);

    if (w != NULL) {
        len = len < data.len ? len : data.len;
        memcpy(w, data.data, len);
        tls_advance(r->pair->tls, TLS_WINDOW_SEND_APP, len);
    }
}

static void send(struct run *r, size_t most)
{
    size_t len;
    uint8_t *w = tls_window(r->pair->tls, TLS_WINDOW_SEND_REC, &len);

    if (w != NULL) {
        assert(len > 0);
        tls_advance(r->pair->tls, TLS_WINDOW_SEND_REC, len < most ? len : most);
    }
}

static void step(struct run *r, unsigned op, struct span data)
{
    switch (op % 10) {
    case 0:
        pair_inject(r->pair, data.data, data.len);
        break;
    case 1:
        seal(r, 23, data);
        break;
    case 2:
        seal(r, data.len > 0 ? data.data[0] : 21, data);
        break;
    case 3:
        take(r, data.len);
        break;
    case 4:
        give(r, data);
        break;
    case 5:
        tls_flush(r->pair->tls);
        break;
    case 6:
        send(r, data.len + 1);
        break;
    case 7:
        tls_rest(r->pair->tls);
        break;
    case 8:
        seal(r, 21, data);
        break;
    default:
        if (data.len == 7) {
            tls_close(r->pair->tls);
        } else if (data.len == 8) {
            tls_recv_eof(r->pair->tls);
        }
        break;
    }
    assert(tls_state(r->pair->tls) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run;
    struct reader r = reader_of(data, size);
    struct scene *s = scene_of(reader_u8(&r) % KINDS);

    run.pair = s->pair;
    run.sent_len = run.taken = 0;
    take_up(s);
    for (unsigned n = 0; n < 200 && reader_left(&r) >= 2; n++) {
        uint8_t op = reader_u8(&r);
        size_t len = reader_u8(&r);

        len = len < reader_left(&r) ? len : reader_left(&r);
        step(&run, op, reader_take(&r, len));
    }
    tls_end(s->pair->tls);
    assert(s->pair->ctx->in_pool.taken == 0 && s->pair->ctx->out_pool.taken == 0 &&
           s->pair->ctx->engine_pool.taken == 0);
    return 0;
}
