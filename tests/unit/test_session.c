/* The session cache by itself, and which sessions a server resumes. */
#include "tap.h"
#include "tls_fixture.h"

static struct session numbered(uint32_t n, uint64_t created_ms)
{
    struct session s = {.version = 0x0303, .suite = 0xC02B, .created_ms = created_ms};

    put_u32(s.id, n * 0x9E3779B1u); /* spread over the buckets */
    put_u32(s.id + 4, n);
    put_u32(s.master_secret, n);
    return s;
}

static bool has(struct session_cache *cache, uint32_t n, uint64_t now_ms)
{
    struct session s = numbered(n, 0);
    const struct session *found = session_find(cache, s.id, now_ms);

    return found != NULL && memcmp(found->master_secret, s.master_secret, 48) == 0;
}

static void save(struct session_cache *cache, uint32_t n, uint64_t created_ms)
{
    struct session s = numbered(n, created_ms);

    session_save(cache, &s);
}

static void cache_alone(void)
{
    struct counters counters = {0};
    struct session_cache *cache = session_cache_new(4, 10, &counters);
    uint32_t seed = 1;

    ok(session_cache_new(0, 10, &counters) == NULL, "no cache without entries");
    ok(!has(cache, 1, 0), "nothing is in it");
    for (uint32_t i = 1; i <= 4; i++) {
        save(cache, i, 1000 * i);
    }
    ok(has(cache, 1, 5000) && counters.session_entries == 4, "four fit");
    save(cache, 5, 5000);
    ok(!has(cache, 2, 5000) && has(cache, 1, 5000) && has(cache, 5, 5000),
       "the least recently used makes room");
    ok(counters.session_overflows == 1 && counters.session_entries == 4, "and is counted");
    ok(!has(cache, 1, 11001) && counters.session_timeouts == 1, "ten seconds, and it is gone");
    ok(counters.session_entries == 3, "the count follows");
    session_expire(cache, 14000);
    ok(counters.session_entries == 2 && counters.session_timeouts == 2, "the tick drops old ones");
    session_expire(cache, 100000);
    ok(counters.session_entries == 0, "all of them in the end");
    save(cache, 7, 0);
    save(cache, 7, 0);
    ok(counters.session_entries == 1, "the same ID replaces");
    session_cache_free(cache);

    /* Against a plain list of what was stored last. */
    cache = session_cache_new(16, 1000000, &counters);
    counters.session_entries = 0;
    {
        uint32_t recent[16] = {0};

        for (unsigned round = 0; round < 20000; round++) {
            uint32_t n, at = 15;
            bool known = false;

            seed = seed * 1664525 + 1013904223;
            n = (seed >> 16) % 40 + 1;
            for (uint32_t i = 0; i < 16; i++) {
                if (recent[i] == n) {
                    known = true;
                    at = i;
                }
            }
            expect(has(cache, n, 0) == known, "as the list says");
            if (!known) {
                save(cache, n, 0);
            }
            memmove(recent + 1, recent, at * sizeof recent[0]);
            recent[0] = n;
        }
    }
    ok(counters.session_entries == 16, "20000 look-ups agree with a list");
    session_cache_free(cache);
}

static bool connects(struct pair *p, unsigned endpoint, const char *name, bool resume)
{
    pair_begin(p, name, resume);
    p->tls->endpoint_id = endpoint;
    pair_pump(p);
    return pair_open(p) && pair_exchange(p, 3000);
}

static bool resumes(struct pair *p, unsigned endpoint, const char *name)
{
    return connects(p, endpoint, name, true) && tls_get_info(p->tls)->resumed;
}

/* A fresh session under the first setting of everything. */
static struct pair *fresh(struct config *config)
{
    struct pair *p = pair_new(config);

    client_certificate(&p->client, "client", NULL);
    expect(connects(p, 1, "one.example", false), "a first connection");
    expect(!tls_get_info(p->tls)->resumed, "is not resumed");
    return p;
}

static void what_resumes(void)
{
    struct config config = fixture_config("server_ec", "server_rsa");
    struct pair *p = fresh(&config);

    ok(resumes(p, 1, "one.example"), "the same again resumes");
    ok(resumes(p, 1, "ONE.example"), "letter case does not matter");
    ok(p->counters.session_hits == 2 && p->counters.resumed == 2, "hits are counted");
    ok(tls_get_info(p->tls)->group == 0 && tls_get_info(p->tls)->suite == 0xC02B,
       "without a group, with the suite");
    ok(connects(p, 2, "one.example", true) && !tls_get_info(p->tls)->resumed,
       "not on another endpoint");
    ok(p->counters.session_misses == 1, "a miss is counted");
    pair_free(p);

    p = fresh(&config);
    ok(connects(p, 1, "two.example", true) && !tls_get_info(p->tls)->resumed,
       "not under another server name");
    pair_free(p);
    p = fresh(&config);
    ok(connects(p, 1, NULL, true) && !tls_get_info(p->tls)->resumed, "not without one");
    pair_free(p);

    p = fresh(&config);
    ok(tls_context_reload(p->ctx) == 0 && resumes(p, 1, "one.example"),
       "a reload of the same files keeps sessions");
    config.suites[0] = 0xC02C;
    ok(connects(p, 1, "one.example", true) && !tls_get_info(p->tls)->resumed,
       "not with a suite that is no longer on");
    config.suites[0] = 0xC02B;
    pair_free(p);

    config.session_timeout_s = 0;
    p = fresh(&config);
    session_expire(p->ctx->sessions, UINT64_MAX);
    ok(connects(p, 1, "one.example", true) && !tls_get_info(p->tls)->resumed, "not when expired");
    pair_free(p);
    config.session_timeout_s = 300;
    config.session_cache = false;
    p = fresh(&config);
    ok(connects(p, 1, "one.example", true) && !tls_get_info(p->tls)->resumed &&
           tls_get_info(p->tls)->session_id_len == 0,
       "not without a cache");
    pair_free(p);
}

/* The certificate changes between the session and its resumption. */
static void another_certificate(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = fresh(&config);
    br_ssl_session_parameters session;

    br_ssl_engine_get_session_parameters(&p->client.ssl.eng, &session);
    config.keyfile = "server_p384";
    ok(tls_context_reload(p->ctx) == 0, "another certificate is loaded");
    client_init(&p->client, p->ctx->creds->entry.ec);
    br_ssl_engine_set_session_parameters(&p->client.ssl.eng, &session);
    ok(connects(p, 1, "one.example", true), "a connection");
    ok(!tls_get_info(p->tls)->resumed, "the old session does not resume");
    pair_free(p);
}

static void with_client_authentication(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = fresh(&config);

    config.cafile = "ca_ec";
    config.verify = VERIFY_OPTIONAL;
    ok(tls_context_reload(p->ctx) == 0, "client certificates are asked for");
    ok(connects(p, 1, "one.example", true) && !tls_get_info(p->tls)->resumed,
       "a session from before does not resume");
    is_text(tls_get_info(p->tls)->peer_subject, "CN=Good client", "the certificate was asked for");
    ok(resumes(p, 1, "one.example"), "the new one does");
    ok(tls_get_info(p->tls)->verdict == TLS_PEER_TRUSTED, "with its verdict");
    is_text(tls_get_info(p->tls)->peer_subject, "CN=Good client", "and its subject");
    config.verify = VERIFY_REQUIRED;
    ok(connects(p, 1, "one.example", true) && !tls_get_info(p->tls)->resumed,
       "optional is not required");
    config.cafile = "other_ca";
    ok(tls_context_reload(p->ctx) == 0, "another authority");
    ok(!connects(p, 1, "one.example", true), "whose client this is not");
    pair_free(p);
}

/* A session is stored only after the client's Finished. */
static void unfinished(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = pair_new(&config);
    size_t len;

    pair_begin(p, "one.example", false);
    while (pair_to_server(p)) {
    }
    while (pair_to_client(p)) {
    }
    br_ssl_engine_sendrec_buf(&p->client.ssl.eng, &len);
    pair_inject(p, br_ssl_engine_sendrec_buf(&p->client.ssl.eng, &len), len - 1);
    tls_recv_eof(p->tls);
    ok(p->counters.session_stored == 0, "nothing is stored of a handshake that broke off");
    pair_free(p);
}

/* The random keys of tickets: made at start, changed with time, kept over a reload. */
static void ticket_keys(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct counters counters = {0};
    struct tls_context *ctx = tls_context_new(&config, &counters);
    struct ticket_keys first;
    uint64_t made_ms;

    ok(ctx->tickets.count == 0, "with tickets off there is no key");
    tls_context_free(ctx);
    config.session_tickets = true;
    ctx = tls_context_new(&config, &counters);
    first = ctx->tickets;
    made_ms = first.made_ms;
    ok(first.count == 1 && first.random, "a random key at start");
    ok(tls_context_reload(ctx) == 0 && memcmp(&ctx->tickets, &first, sizeof first) == 0,
       "a reload leaves it");
    tls_context_tick(ctx, made_ms + 299999);
    ok(ctx->tickets.count == 1, "it stays for a session time-out");
    tls_context_tick(ctx, made_ms + 300000);
    ok(ctx->tickets.count == 2 && memcmp(&ctx->tickets.keys[1], &first.keys[0], 48) == 0 &&
           memcmp(&ctx->tickets.keys[0], &first.keys[0], 48) != 0,
       "then a new one seals, and it still opens");
    tls_context_tick(ctx, made_ms + 600000);
    ok(ctx->tickets.count == 2 && memcmp(&ctx->tickets.keys[1], &first.keys[0], 48) != 0,
       "after another it is gone");
    tls_context_free(ctx);
    config.session_timeout_s = 1;
    ctx = tls_context_new(&config, &counters);
    tls_context_tick(ctx, ctx->tickets.made_ms + 59999);
    ok(ctx->tickets.count == 1, "no key changes more often than once a minute");
    tls_context_free(ctx);
}

int main(void)
{
    cache_alone();
    what_resumes();
    another_certificate();
    with_client_authentication();
    unfinished();
    ticket_keys();
    return tap_done();
}
