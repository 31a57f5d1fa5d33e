/* TLS 1.3 as it should go, from a client written by hand: every suite, group and
 * certificate, in every size of pieces, and what an open connection does. */
#include "hand13_check.h"

static void every_suite_and_group(void)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303};
    static const uint16_t groups[] = {29, 23, 24, 25, KEX_X25519MLKEM768};
    static const char *const keys[] = {"server_ec", "server_rsa", "server_p384"};
    uint8_t data[40000];

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 13 >> 4);
    }
    for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
        struct config config = config13(keys[k], NULL);
        struct hand13 *c = hand13_new(&config);

        for (size_t i = 0; i < ARRAY_LEN(suites) * ARRAY_LEN(groups); i += TAP_STEP) {
            uint16_t suite = suites[i / ARRAY_LEN(groups)], group = groups[i % ARRAY_LEN(groups)];
            const struct tls_info *info = tls_get_info(c->tls);
            char name[64];

            snprintf(name, sizeof name, "%s, suite %04X, group %u", keys[k], suite, group);
            c->says.suites[0] = suite;
            c->says.suites[1] = 0;
            c->says.groups[0] = c->says.shares[0] = group;
            c->says.groups[1] = c->says.shares[1] = 0;
            hand13_shake(c, NULL);
            hand13_opens(c, name);
            expect(info->suite == suite && info->group == group && !info->resumed &&
                       strcmp(info->server_name, "localhost") == 0,
                   name);
            expect(c->ccs_count == 1 && c->ticket_count > 0, name);
            expect(hand13_echo(c, span_of(data, k == 0 ? sizeof data : 100)), name);
            tls_rest(c->tls);
        }
        hand13_free(c);
    }
    ok(true, "every suite with every group and certificate");
}

static void pieces(void)
{
    static const size_t chunks[] = {1, 2, 7, 100, 1000};
    static const size_t splits[] = {1, 2, 3, 40, 0};
    struct config config = config13("server_ec", NULL);
    struct hand13 *c;

    config.verify = VERIFY_REQUIRED;
    config.cafile = "ca_ec";
    c = hand13_new(&config);
    for (size_t i = 0; i < ARRAY_LEN(chunks) * ARRAY_LEN(splits); i += TAP_STEP) {
        c->chunk = chunks[i / ARRAY_LEN(splits)];
        c->split = splits[i % ARRAY_LEN(splits)];
        c->says.session_id_len = i % 2 == 0 ? 32 : 0;
        hand13_shake(c, NULL);
        hand13_opens(c, "a handshake in pieces");
        expect(c->ccs_count == (i % 2 == 0) && tls_get_info(c->tls)->verdict == TLS_PEER_TRUSTED,
               "change_cipher_spec only for who is in compatibility mode");
        c->split = 1000;
        expect(hand13_echo(c, span_of(c->hello, c->hello_len)), "data in pieces");
    }
    ok(true, "handshakes and data in pieces of every size");
    hand13_free(c);
}

static void retry(void)
{
    static const uint16_t groups[] = {23, 24, 25, KEX_X25519MLKEM768};
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    for (size_t i = 0; i < ARRAY_LEN(groups) * 3; i++) {
        uint16_t group = groups[i % ARRAY_LEN(groups)];

        c->says.suites[0] = (uint16_t)(0x1301 + i / ARRAY_LEN(groups));
        c->says.suites[1] = 0;
        c->says.groups[0] = group;
        c->says.groups[1] = 0x6A6A;
        c->says.groups[2] = 0;
        c->says.shares[0] = i % 2 == 0 ? 0x6A6A : 0;
        hand13_shake(c, NULL);
        hand13_opens(c, "a handshake after HelloRetryRequest");
        expect(c->retried && c->retry_group == group && c->cookie_len > 0 && c->ccs_count == 1,
               "with the group that both have, a cookie and one change_cipher_spec");
        expect(hand13_echo(c, BYTES("after a retry")), "and data");
    }
    ok(true, "HelloRetryRequest with every group and suite");
    hand13_free(c);
}

/* A server prefers the group after quantum computers where the client knows it. */
static void preference(void)
{
    struct config config = config13("server_ec", "server_rsa");
    struct hand13 *c = hand13_new(&config);

    c->says.groups[0] = 29;
    c->says.groups[1] = 23;
    c->says.groups[2] = 0;
    c->says.shares[0] = 23;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && !c->retried && c->group == 23,
       "a share that is there costs no round trip");
    c->says.shares[1] = 29;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && c->group == 29, "of two, the one that the server likes better");
    c->says.groups[2] = KEX_X25519MLKEM768;
    c->says.groups[3] = 0;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && c->retried && c->group == KEX_X25519MLKEM768,
       "who knows the hybrid is asked for it");
    c->says.groups[2] = 0;
    c->says.suites[0] = 0x1302;
    c->says.suites[1] = 0x1301;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && c->suite == 0x1301, "the server's order of suites");
    config.server_preference = false;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && c->suite == 0x1302, "or the client's");
    c->says.schemes[0] = 0x0804;
    c->says.schemes[1] = 0;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && tls_get_info(c->tls)->signature == 0x0804,
       "the certificate that the client can check");
    hand13_free(c);
}

static void application_protocol(void)
{
    static const char *names[] = {"other", "http/1.1"};
    struct config config = config13("server_ec", NULL);
    struct hand13 *c;

    config.alpn.items = names;
    config.alpn.count = 2;
    c = hand13_new(&config);
    c->says.alpn = "http/1.1";
    hand13_shake(c, NULL);
    ok(hand13_open(c) && c->alpn_len == 8 && memcmp(c->alpn, "http/1.1", 8) == 0 &&
           strcmp(tls_get_info(c->tls)->alpn, "http/1.1") == 0,
       "ALPN in EncryptedExtensions");
    c->says.alpn = "h3";
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_NO_APPLICATION_PROTOCOL, "no protocol in common");
    hand13_free(c);
}

static void key_updates(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_shake(c, NULL);
    for (unsigned i = 0; i < 6; i++) {
        bool ask = i % 2 == 1;

        hand13_record(c, RECORD_HANDSHAKE, ask ? BYTES("\x18\0\0\1\1") : BYTES("\x18\0\0\1\0"));
        record13_update(&c->write);
        expect(hand13_echo(c, BYTES("under the next key")), "data after a KeyUpdate");
        expect(c->updates == i / 2 + ask, "answered where asked for");
        expect(!c->update_due, "and asks for nothing itself");
    }
    ok(hand13_open(c), "KeyUpdates of the client");
    ok(tls13_update_keys(c->tls, true) == 0, "one of ours");
    ok(hand13_echo(c, BYTES("under ours")), "data goes on");
    ok(c->updates == 4 && c->update_due, "the client has read it");
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\0"));
    record13_update(&c->write);
    ok(hand13_echo(c, BYTES("under both")) && c->updates == 4, "its answer is not answered");
    hand13_free(c);
}

static void closing(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    size_t len;
    uint8_t *w;

    hand13_shake(c, NULL);
    tls_close(c->tls);
    hand13_take(c);
    ok(c->alert == ALERT_CLOSE_NOTIFY && c->alert_sealed, "close_notify of the server");
    ok((tls_state(c->tls) & TLS_CLOSED) != 0, "which ends it, without a wait for the client's");
    is_text(hand13_reason(c), "", "nothing failed");

    hand13_shake(c, NULL);
    hand13_record(c, RECORD_DATA, BYTES("the last words"));
    hand13_record(c, RECORD_ALERT, BYTES("\1\0"));
    hand13_deliver(c);
    w = tls_window(c->tls, TLS_WINDOW_RECV_APP, &len);
    ok(w != NULL && len == 14 && memcmp(w, "the last words", 14) == 0,
       "data before the client's close_notify");
    tls_advance(c->tls, TLS_WINDOW_RECV_APP, 14);
    ok((tls_state(c->tls) & (TLS_PEER_EOF | TLS_SEND_APP)) == (TLS_PEER_EOF | TLS_SEND_APP),
       "the server may still send");
    w = tls_window(c->tls, TLS_WINDOW_SEND_APP, &len);
    memcpy(w, "the answer", 10);
    tls_advance(c->tls, TLS_WINDOW_SEND_APP, 10);
    tls_flush(c->tls);
    tls_close(c->tls);
    hand13_take(c);
    ok(c->data_len == 10 && c->alert == ALERT_CLOSE_NOTIFY && c->wrong == NULL,
       "and does, and closes");
    ok((tls_state(c->tls) & TLS_CLOSED) != 0, "both sides are closed");

    hand13_shake(c, NULL);
    tls_recv_eof(c->tls);
    ok(strcmp(hand13_reason(c), "the stream ended without close_notify") == 0,
       "a truncated stream");
    hand13_free(c);
}

/* What a connection holds when nothing goes on. */
static void at_rest(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_shake(c, NULL);
    tls_rest(c->tls);
    ok(hand13_nothing_left(c), "an idle connection holds no block of any pool");
    ok(tls_size() <= 2048, "and its own memory is at most 2 KiB");
    ok(sizeof(struct tls13) <= 1024, "of which the engine's is at most 1 KiB");
    printf("# tls_size %zu, of it the engine's %zu\n", tls_size(), sizeof(struct tls13));
    ok(hand13_echo(c, BYTES("again")), "it wakes up");
    tls_rest(c->tls);
    hand13_record(c, RECORD_DATA, BYTES("again"));
    hand13_inject(c, span_of(c->out, 3));
    tls_rest(c->tls);
    ok(hand13_inject(c, span_of(c->out + 3, c->out_len - 3)) == c->out_len - 3 &&
           (tls_state(c->tls) & TLS_RECV_APP) != 0,
       "half a record survives the rest");
    c->counters.handshakes = 0;
    hand13_shake(c, NULL);
    ok(c->counters.handshakes == 1, "handshakes are counted");
    hand13_free(c);
}

/* Whatever a handshake lacks, it ends in an orderly way and keeps nothing. */
static void without_memory(void)
{
    struct config config = config13("server_ec", NULL);
    const char *reason;

    config.verify = VERIFY_OPTIONAL;
    config.cafile = "ca_ec";
    for (unsigned i = 0; i < 5; i++) {
        struct hand13 *c = hand13_new(&config);
        struct tls_context *ctx = c->ctx;
        struct pool *pools[] = {&ctx->handshake13_pool, &ctx->message13_pool, &ctx->verify_pool,
                                &ctx->in_pool, &ctx->out_pool};

        pools[i]->max_blocks = 0;
        c->cut = 100;
        hand13_shake(c, NULL);
        expect(tls_get_failure(c->tls, &reason) == TLS_FAIL_MEMORY || (i > 0 && i < 3), "told");
        expect(hand13_ends(c, ALERT_INTERNAL_ERROR, "ended"), "ended");
        hand13_free(c);
    }
    ok(true, "pools without blocks");
}

/* The client stops after each byte, more or less, and what then? */
static void stops(struct hand13 *c, size_t step, bool early)
{
    size_t whole = 2 * step;

    for (size_t at = 0; at < whole; at += step) {
        size_t sent = 0;

        c->says.psk_count = c->says.early = false;
        if (early) {
            c->ticket_count = 0;
            hand13_shake(c, NULL);
            c->says.psks[0] = c->tickets[0];
            c->says.psk_count = c->says.early = true;
        }
        hand13_begin(c);
        for (unsigned turn = 0; turn < 3 && sent < at; turn++) {
            if (early && turn == 0) {
                hand13_record(c, RECORD_DATA, BYTES("early data"));
            }
            if (turn > 0 && c->finished && !c->done) {
                hand13_flight(c, NULL);
            } else if (turn > 0 && c->retried && !c->finished) {
                hand13_say_hello(c);
            }
            whole = sent + c->out_len + step > whole ? sent + c->out_len + step : whole;
            c->out_len = c->out_len < at - sent ? c->out_len : at - sent;
            sent += c->out_len;
            hand13_deliver(c);
            hand13_take(c);
        }
        if (at / step % 3 == 1) {
            tls_recv_eof(c->tls);
        } else if (at / step % 3 == 2) {
            tls_close(c->tls);
        }
        expect(c->wrong == NULL || c->done, "a client that stops");
        tls_end(c->tls);
        expect(hand13_nothing_left(c), "nothing is left");
    }
    ok(whole > 250, "a client that stops anywhere");
}

static void stops_anywhere(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c;

    config.early_data = 1000;
    config.mode = MODE_FILES;
    c = hand13_new(&config);
    stops(c, 9, false);
    stops(c, 13, true);
    c->says.shares[0] = 0;
    stops(c, 17, false);
    hand13_free(c);
    config.verify = VERIFY_OPTIONAL;
    config.cafile = "ca_ec";
    c = hand13_new(&config);
    c->split = 50;
    stops(c, 31, false);
    hand13_free(c);
}

int main(void)
{
    every_suite_and_group();
    pieces();
    retry();
    preference();
    application_protocol();
    key_updates();
    closing();
    at_rest();
    without_memory();
    stops_anywhere();
    return tap_done();
}
