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

/* Every suite that BearSSL has, with a certificate that fits, in the versions
 * that it belongs to. */
static void all_suites(void)
{
    static const struct {
        const char *key;
        uint16_t suites[16];
        bool tls12;
    } sets[] = {
        {"server_rsa", {0x000A, 0x002F, 0x0035, 0xC012, 0xC013, 0xC014}, false},
        {"server_rsa",
         {0x003C, 0x003D, 0x009C, 0x009D, 0xC09C, 0xC09D, 0xC0A0, 0xC0A1, 0xC027, 0xC028, 0xC02F,
          0xC030, 0xCCA8},
         true},
        {"server_ec", {0xC003, 0xC004, 0xC005, 0xC008, 0xC009, 0xC00A}, false},
        {"server_ec",
         {0xC025, 0xC026, 0xC02D, 0xC02E, 0xC023, 0xC024, 0xC02B, 0xC02C, 0xC0AC, 0xC0AD, 0xC0AE,
          0xC0AF, 0xCCA9},
         true},
        {"server_ec_by_rsa", {0xC00D, 0xC00E, 0xC00F}, false},
        {"server_ec_by_rsa", {0xC029, 0xC02A, 0xC031, 0xC032}, true},
        {"server_p384", {0xC02C}, true},
    };
    unsigned count = 0;

    for (size_t s = 0; s < ARRAY_LEN(sets); s++) {
        for (size_t i = 0; i < 16 && sets[s].suites[i] != 0; i++) {
            for (uint16_t v = sets[s].tls12 ? 0x0303 : 0x0301; v <= 0x0303; v++) {
                struct config config = fixture_config(sets[s].key, NULL);
                struct pair *p;
                char name[64];

                config.version_min = config.version_max = v;
                config.suites[0] = sets[s].suites[i];
                config.suite_count = 1;
                p = pair_new(&config);
                pair_begin(p, "localhost", false);
                pair_pump(p);
                snprintf(name, sizeof name, "suite %04X in %s", sets[s].suites[i],
                         tls_version_name(v));
                expect(pair_open(p) && tls_get_info(p->tls)->suite == sets[s].suites[i] &&
                           tls_get_info(p->tls)->version == v && pair_exchange(p, 20000),
                       name);
                if (!pair_open(p)) {
                    printf("# %s\n", reason_of(p));
                }
                tls_close(p->tls);
                pair_pump(p);
                expect((tls_state(p->tls) & (TLS_CLOSED | TLS_PEER_EOF)) ==
                               (TLS_CLOSED | TLS_PEER_EOF) &&
                           br_ssl_engine_last_error(&p->client.ssl.eng) == 0,
                       name);
                pair_free(p);
                count += v == 0x0303;
            }
        }
    }
    ok(count == 46, "all 45 suites, with P-256 and P-384");
}

static void groups(void)
{
    static const uint16_t each[] = {29, 23, 24, 25};
    struct config config = fixture_config("server_rsa", NULL);

    for (size_t i = 0; i < ARRAY_LEN(each); i++) {
        struct pair *p;

        config.groups[0] = each[i];
        config.group_count = 1;
        p = pair_new(&config);
        pair_begin(p, "localhost", false);
        pair_pump(p);
        expect(pair_open(p) && tls_get_info(p->tls)->group == each[i], tls_group_name(each[i]));
        pair_free(p);
    }
    ok(true, "every group alone");
    config.groups[0] = 24;
    config.groups[1] = 29;
    config.group_count = 2;
    {
        struct pair *p = pair_new(&config);

        pair_begin(p, "localhost", false);
        pair_pump(p);
        ok(pair_open(p) && tls_get_info(p->tls)->group == 24,
           "groups in the order of the configuration");
        pair_free(p);
    }
}

static struct pair *open_pair(const struct config *config)
{
    struct pair *p = pair_new(config);

    pair_begin(p, "localhost", false);
    pair_pump(p);
    if (!expect(pair_open(p), "a connection opens")) {
        printf("# %s\n", reason_of(p));
    }
    return p;
}

/* The client's engine reads the alert and ends with its number. */
static int alert_seen(struct pair *p)
{
    pair_pump(p);
    return br_ssl_engine_last_error(&p->client.ssl.eng) - BR_ERR_RECV_FATAL_ALERT;
}

static void closing(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = open_pair(&config);
    size_t len;
    uint8_t *w;

    /* Data of the client is in hand and more is on its way. */
    w = br_ssl_engine_sendapp_buf(&p->client.ssl.eng, &len);
    memset(w, 'x', 10);
    br_ssl_engine_sendapp_ack(&p->client.ssl.eng, 10);
    br_ssl_engine_flush(&p->client.ssl.eng, 0);
    pair_pump(p);
    ok((tls_state(p->tls) & TLS_RECV_APP) != 0, "data waits");
    tls_close(p->tls);
    pair_pump(p);
    ok(tls_state(p->tls) == (TLS_CLOSED | TLS_PEER_EOF), "close with unread data ends");
    ok(br_ssl_engine_last_error(&p->client.ssl.eng) == 0, "and is clean for the client");
    tls_rest(p->tls);
    ok(p->ctx->in_pool.taken == 0 && p->ctx->out_pool.taken == 0, "closed: no buffers");
    pair_free(p);

    p = open_pair(&config);
    br_ssl_engine_close(&p->client.ssl.eng);
    pair_pump(p);
    ok(tls_state(p->tls) == (TLS_CLOSED | TLS_PEER_EOF), "the client closes");
    is_text(reason_of(p), "", "no failure");
    tls_recv_eof(p->tls);
    is_text(reason_of(p), "", "nor when the stream then ends");
    pair_free(p);

    p = open_pair(&config);
    tls_recv_eof(p->tls);
    ok(tls_state(p->tls) == TLS_CLOSED, "a stream that is cut short");
    is_text(reason_of(p), "the stream ended without close_notify", "is told apart");
    pair_free(p);

    p = open_pair(&config);
    tls_close(p->tls);
    tls_recv_eof(p->tls);
    is_text(reason_of(p), "", "after our own close_notify it is no failure");
    pair_free(p);
}

static void client_sends(struct pair *p, unsigned type, const void *data, size_t len)
{
    br_ssl_engine_context *eng = &p->client.ssl.eng;
    uint8_t record[300];
    size_t a = 64, b = 300;

    eng->out.vtable->max_plaintext(&eng->out.vtable, &a, &b);
    memcpy(record + a, data, len);
    b = len;
    {
        uint8_t *r =
            eng->out.vtable->encrypt(&eng->out.vtable, (int)type, eng->version_out, record + a, &b);

        pair_inject(p, r, b);
    }
}

static void broken_records(void)
{
    static const uint16_t suites[] = {0xC02B, 0xCCA9, 0xC009, 0xC008, 0xC0AC};
    struct config config = fixture_config("server_ec", NULL);

    for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
        uint8_t junk[5 + 64] = {23, 3, 3, 0, 64};
        struct pair *p;

        config.suites[0] = suites[i];
        config.suite_count = 1;
        p = open_pair(&config);
        pair_inject(p, junk, sizeof junk);
        ok(tls_state(p->tls) == TLS_SEND_REC, "a record that fails its check");
        ok(alert_seen(p) == ALERT_BAD_RECORD_MAC, "gets bad_record_mac, sealed");
        ok(tls_state(p->tls) == TLS_CLOSED, "and the end");
        is_text(reason_of(p), "bad_record_mac: a record failed its integrity check", "told");
        pair_free(p);

        p = open_pair(&config);
        junk[4] = 63;
        pair_inject(p, junk, sizeof junk - 1);
        ok(alert_seen(p) == ALERT_BAD_RECORD_MAC, "a ragged record too");
        pair_free(p);

        p = open_pair(&config);
        junk[3] = 0x48;
        pair_inject(p, junk, 5);
        ok(alert_seen(p) == ALERT_RECORD_OVERFLOW, "record_overflow");
        pair_free(p);

        p = open_pair(&config);
        junk[2] = 2;
        pair_inject(p, junk, 5);
        ok(alert_seen(p) == ALERT_PROTOCOL_VERSION, "another version in the record");
        pair_free(p);
    }
}

static void odd_messages(void)
{
    static const uint8_t warning[] = {1, 90}, request[] = {0, 0, 0, 0}, ccs[] = {1};
    static const uint8_t hello[] = {1, 0, 0, 2, 3, 3};
    static const uint8_t trailing[] = {1, 0, 0, 2, 3, 3, 20, 0};
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = open_pair(&config);

    client_sends(p, 21, warning, 2);
    client_sends(p, 21, warning, 2);
    ok(pair_exchange(p, 100), "a few warnings are let by");
    for (unsigned i = 0; i < 4; i++) {
        client_sends(p, 21, warning, 2);
    }
    ok(pair_exchange(p, 100), "data in between resets the count");
    for (unsigned i = 0; i < 6; i++) {
        client_sends(p, 21, warning, 2);
    }
    ok(alert_seen(p) == ALERT_UNEXPECTED_MESSAGE, "six in a row are too many");
    pair_free(p);

    p = open_pair(&config);
    for (unsigned i = 0; i < 40; i++) {
        client_sends(p, 23, "", 0);
    }
    ok(alert_seen(p) == ALERT_UNEXPECTED_MESSAGE, "empty records without end");
    pair_free(p);

    p = open_pair(&config);
    client_sends(p, 22, request, sizeof request);
    ok(alert_seen(p) == ALERT_UNEXPECTED_MESSAGE, "HelloRequest from a client");
    pair_free(p);

    p = open_pair(&config);
    client_sends(p, 20, ccs, 1);
    ok(alert_seen(p) == ALERT_UNEXPECTED_MESSAGE, "ChangeCipherSpec after the handshake");
    pair_free(p);

    p = open_pair(&config);
    client_sends(p, 22, hello, sizeof hello);
    ok((tls_state(p->tls) & TLS_SEND_REC) != 0, "renegotiation gets an answer");
    ok(alert_seen(p) == 100 || br_ssl_engine_last_error(&p->client.ssl.eng) != 0,
       "no_renegotiation");
    ok((tls_state(p->tls) & TLS_SEND_APP) != 0, "and the connection lives");
    pair_free(p);

    p = open_pair(&config);
    client_sends(p, 22, trailing, sizeof trailing);
    ok(tls_state(p->tls) == TLS_SEND_REC, "bytes behind a handshake message");
    is_text(reason_of(p), "unexpected_message: bytes after the end of a handshake message",
            "are told");
    pair_free(p);

    p = open_pair(&config);
    for (unsigned i = 0; i < 6; i++) {
        client_sends(p, 22, hello, sizeof hello);
        pair_pump(p);
    }
    ok((tls_state(p->tls) & (TLS_SEND_APP | TLS_RECV_APP)) == 0,
       "renegotiation asked for without end");
    pair_free(p);

    p = open_pair(&config);
    client_sends(p, 21, "\x02\x2A", 2);
    ok(tls_state(p->tls) == TLS_CLOSED, "a fatal alert of the client ends all");
    is_text(reason_of(p), "bad_certificate: the client sent this alert", "by name");
    pair_free(p);
}

/* What a server says to bytes that open no handshake. */
static void bad_beginnings(void)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t len;
        enum alert alert;
    } cases[] = {
        {"SSLv2", "\x80\x2E\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11, ALERT_PROTOCOL_VERSION},
        {"a data record", "\x17\x03\x03\x00\x01x", 6, ALERT_UNEXPECTED_MESSAGE},
        {"a ServerHello", "\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9, ALERT_UNEXPECTED_MESSAGE},
        {"an empty ClientHello", "\x16\x03\x03\x00\x04\x01\x00\x00\x00", 9, ALERT_DECODE_ERROR},
    };
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = pair_new(&config);
    size_t len;
    uint8_t *w;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        pair_begin(p, "localhost", false);
        pair_inject(p, cases[i].bytes, cases[i].len);
        w = tls_window(p->tls, TLS_WINDOW_SEND_REC, &len);
        ok(w != NULL && len == 7 && w[0] == 21 && w[5] == 2 && w[6] == cases[i].alert,
           cases[i].what);
        printf("# %s\n", reason_of(p));
        tls_advance(p->tls, TLS_WINDOW_SEND_REC, 3);
        tls_advance(p->tls, TLS_WINDOW_SEND_REC, 4);
        ok(tls_state(p->tls) == TLS_CLOSED, "then closed");
    }
    pair_begin(p, "localhost", false);
    pair_inject(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
    w = tls_window(p->tls, TLS_WINDOW_SEND_REC, &len);
    ok(w != NULL && memcmp(w, "HTTP/1.1 400 ", 13) == 0, "HTTP in plain text gets a readable 400");
    tls_advance(p->tls, TLS_WINDOW_SEND_REC, len);
    ok(tls_state(p->tls) == TLS_CLOSED, "then closed");
    {
        const char *reason;

        ok(tls_get_failure(p->tls, &reason) == TLS_FAIL_PLAIN_HTTP, "and told");
    }
    pair_begin(p, "localhost", false);
    tls_recv_eof(p->tls);
    ok(tls_state(p->tls) == TLS_CLOSED, "a probe leaves");
    tls_rest(p->tls);
    ok(p->ctx->in_pool.taken == 0 && p->ctx->out_pool.taken == 0, "no buffers are left behind");
    pair_free(p);
}

static void refusals(void)
{
    static const uint16_t rsa_only[] = {0xC02F};
    const char *names[] = {"h2", "spdy/3"};
    const char *http[] = {"h2", "http/1.1"};
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = pair_new(&config);

    br_ssl_engine_set_versions(&p->client.ssl.eng, 0x0301, 0x0302);
    pair_begin(p, "localhost", false);
    ok(alert_seen(p) == ALERT_PROTOCOL_VERSION, "a client that is too old");
    br_ssl_engine_set_versions(&p->client.ssl.eng, 0x0301, 0x0303);

    br_ssl_engine_set_protocol_names(&p->client.ssl.eng, names, 2);
    pair_begin(p, "localhost", false);
    ok(alert_seen(p) == ALERT_NO_APPLICATION_PROTOCOL, "no protocol in common");
    br_ssl_engine_set_protocol_names(&p->client.ssl.eng, http, 2);
    pair_begin(p, "localhost", false);
    pair_pump(p);
    ok(pair_open(p), "one in common");
    is_text(tls_get_info(p->tls)->alpn, "http/1.1", "is agreed");
    is_text(br_ssl_engine_get_selected_protocol(&p->client.ssl.eng), "http/1.1", "and told");

    br_ssl_engine_set_suites(&p->client.ssl.eng, rsa_only, 1);
    pair_begin(p, "localhost", false);
    ok(alert_seen(p) == ALERT_HANDSHAKE_FAILURE, "no certificate for the client's suites");
    is_text(reason_of(p), "handshake_failure: no RSA certificate for the suites in common", "told");
    pair_free(p);
}

static void out_of_memory(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = pair_new(&config), *q;
    const char *reason;

    p->ctx->in_pool.max_blocks = 0;
    pair_begin(p, "localhost", false);
    pair_pump(p);
    ok(alert_seen(p) == ALERT_INTERNAL_ERROR, "no input buffer: internal_error");
    ok(tls_state(p->tls) == TLS_CLOSED, "and closed");
    ok(tls_get_failure(p->tls, &reason) == TLS_FAIL_MEMORY, "and told");
    pair_free(p);
    p = pair_new(&config);
    p->ctx->out_pool.max_blocks = 0;
    pair_begin(p, "localhost", false);
    pair_pump(p);
    ok(alert_seen(p) == ALERT_INTERNAL_ERROR, "no output buffer: internal_error");
    ok(tls_state(p->tls) == TLS_CLOSED, "and closed");
    tls_rest(p->tls);
    ok(p->ctx->in_pool.taken == 0, "and nothing kept");
    pair_free(p);
    p = pair_new(&config);
    p->ctx->engine_pool.max_blocks = 0;
    pair_begin(p, "localhost", false);
    ok(alert_seen(p) == ALERT_INTERNAL_ERROR, "no engine: internal_error");
    ok(tls_get_failure(p->tls, &reason) == TLS_FAIL_MEMORY, "and told");
    tls_end(p->tls);
    ok(p->ctx->in_pool.taken == 0 && p->ctx->out_pool.taken == 0, "and nothing kept");
    pair_free(p);
    q = open_pair(&config);
    tls_rest(q->tls);
    q->ctx->out_pool.max_blocks = 0;
    pool_end(&q->ctx->out_pool);
    {
        size_t len;

        ok(tls_window(q->tls, TLS_WINDOW_SEND_APP, &len) == NULL && len == 0,
           "an idle connection that finds none");
        ok(tls_state(q->tls) == TLS_CLOSED, "is closed");
    }
    pair_free(q);
}

int main(void)
{
    handshake_and_data();
    all_suites();
    groups();
    closing();
    broken_records();
    odd_messages();
    bad_beginnings();
    refusals();
    out_of_memory();
    return tap_done();
}
