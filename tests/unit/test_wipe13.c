/*
 * Secrets of a TLS 1.3 connection are gone when they are no more needed: after each
 * stage the connection and every block of the context's pools, taken or idle, is
 * searched for what the client knows. (The stack is not searched.)
 */
#include "hand13_check.h"

#define POOLS 6

static const uint8_t *no_hit;

static const uint8_t *search(const void *memory, size_t len, struct span what)
{
    return memory == NULL ? NULL : memmem(memory, len, what.data, what.len);
}

/* All idle blocks are taken one by one, and given back as they are. */
static bool is_in_pool(struct pool *p, struct span what)
{
    void *blocks[64];
    size_t count = 0;
    bool found = false;

    while (p->idle > 0 && count < ARRAY_LEN(blocks)) {
        uint8_t *block = blocks[count++] = pool_take(p);

        /* A pool's own link stands at the start of an idle block. */
        found = found || search(block, p->block_len, what) != no_hit;
    }
    while (count > 0) {
        pool_give(p, blocks[--count], 0);
    }
    return found;
}

static bool is_anywhere(const struct hand13 *c, struct span what)
{
    struct tls_context *ctx = c->ctx;
    struct pool *const pools[POOLS] = {&ctx->in_pool,          &ctx->out_pool,
                                       &ctx->verify_pool,      &ctx->engine_pool,
                                       &ctx->handshake13_pool, &ctx->message13_pool};
    const struct tls *t = c->tls;
    bool found = search(t, sizeof *t, what) != no_hit ||
                 search(t->in, TLS_IN_LEN, what) != no_hit ||
                 search(t->out, TLS_OUT_LEN, what) != no_hit ||
                 search(t->v13.handshake, sizeof *t->v13.handshake, what) != no_hit;

    for (size_t i = 0; i < POOLS; i++) {
        found = is_in_pool(pools[i], what) || found;
    }
    return found;
}

/* The same of a part of len bytes, which stands in the middle: a block that was given back
 * has a link over its first bytes. */
static bool is_left(const struct hand13 *c, const uint8_t *secret, const char *name)
{
    size_t len = hash13_len(c->hash);
    bool found = is_anywhere(c, span_of(secret + 8, len - 8));

    if (found) {
        printf("# %s is there\n", name);
    }
    return found;
}

/* How many of the secrets of the handshake are still there. */
static int left_of_handshake(const struct hand13 *c)
{
    uint8_t resumption[HASH13_MAX], digest[HASH13_MAX];

    hand13_now(c, digest);
    schedule13_derive(&c->schedule, "res master", digest, resumption);
    return is_left(c, c->shared, "the shared secret") +
           is_left(c, c->handshake_secret, "the Handshake Secret") +
           is_left(c, c->schedule.secret, "the Master Secret") +
           is_left(c, c->client_secret, "the client's handshake traffic secret") +
           is_left(c, c->server_secret, "the server's handshake traffic secret") +
           is_left(c, c->exporter, "exporter_master_secret") +
           is_left(c, resumption, "resumption_master_secret") +
           (c->says.psk_count > 0 && is_left(c, c->says.psks[0].secret, "the PSK"));
}

static int left_of_traffic(const struct hand13 *c)
{
    struct record13 r[2];
    int left = is_left(c, c->client_application, "the client's traffic secret") +
               is_left(c, c->server_application, "the server's traffic secret");

    record13_set(&r[0], c->suite, c->client_application);
    record13_set(&r[1], c->suite, c->server_application);
    for (size_t i = 0; i < 2; i++) {
        left += is_anywhere(c, span_of(r[i].key, 16)) + is_anywhere(c, span_of(r[i].iv, 12));
    }
    return left;
}

static void whole_life(struct hand13 *c, const char *name)
{
    hand13_shake(c, NULL);
    hand13_opens(c, name);
    expect(hand13_echo(c, BYTES("hello")), "data passes");
    ok(left_of_handshake(c) == 0, name);
    ok(left_of_traffic(c) == 6, "  the keys in use are found: so would be the others");
    expect(tls13_update_keys(c->tls, true) == 0 && hand13_echo(c, BYTES("again")), "new keys");
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\0"));
    record13_update(&c->write);
    ok(hand13_echo(c, BYTES("under both")) && left_of_traffic(c) == 0,
       "  and are gone after new ones");
    tls_end(c->tls);
    ok(left_of_handshake(c) + left_of_traffic(c) == 0 &&
           !is_left(c, c->read.secret, "the last traffic secret") &&
           !is_left(c, c->write.secret, "the last traffic secret"),
       "  nothing is left of an ended connection");
}

/* A handshake that stops on its way: its secrets are there, and gone with it. */
static void broken(struct hand13 *c)
{
    hand13_begin(c);
    hand13_meet(c);
    ok(is_left(c, c->client_secret, "as is right, it") && c->tls->v13.handshake != NULL,
       "the client's secret waits for its Finished");
    ok(!is_left(c, c->shared, "the shared secret") &&
           !is_left(c, c->handshake_secret, "the Handshake Secret") &&
           !is_left(c, c->server_secret, "the server's handshake traffic secret"),
       "  what is used up is gone before");
    tls_end(c->tls);
    ok(left_of_handshake(c) + left_of_traffic(c) == 0, "  nothing is left of a broken handshake");
}

int main(void)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303};
    struct config config = config13("server_ec", NULL);

    for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
        struct hand13 *c = hand13_new(&config);

        c->says.suites[0] = suites[i];
        c->says.suites[1] = 0;
        whole_life(c, "after a handshake nothing of it is left");
        c->says.psks[0] = c->tickets[0];
        c->says.psk_count = 1;
        whole_life(c, "nor after a resumed one");
        c->says.psk_count = 0;
        broken(c);
        hand13_free(c);
    }
    return tap_done();
}
