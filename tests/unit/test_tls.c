/* Whole connections in memory against BearSSL's client engine. */
#include "tap.h"
#include "tls_fixture.h"

static const char *reason_of(const struct pair *p)
{
    const char *reason;

    tls_get_failure(p->tls, &reason);
    return reason;
}

static void handshake_and_data(void)
{
    static const size_t chunks[] = {0, 1, 5, 1000};
    struct config config = fixture_config("server_ec", "server_rsa");
    struct pair *p = pair_new(&config);

    ok(tls_size() <= 5000, "a connection's own memory is at most 5000 bytes");
    printf("# tls_size %zu\n", tls_size());
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        p->chunk = chunks[i];
        pair_begin(p, "LocalHost", false);
        pair_pump(p);
        ok(pair_open(p), "a handshake ends");
        is_text(reason_of(p), "", "nothing failed");
        ok(pair_exchange(p, 100000), "data goes both ways");
        is_text(tls_get_info(p->tls)->server_name, "localhost", "the server name, in lower case");
        tls_rest(p->tls);
        ok(p->ctx->in_pool.taken == 0 && p->ctx->out_pool.taken == 0,
           "an idle connection holds no buffers");
        ok(pair_exchange(p, 20000), "and takes them again");
    }
    ok(p->counters.handshakes == ARRAY_LEN(chunks), "handshakes are counted");
    pair_free(p);
}

int main(void)
{
    handshake_and_data();
    return tap_done();
}
