/* What a TLS connection bounds, refuses or makes sure of beside the ordinary. */
#include "tap.h"
#include "core/clock.h"
#include "tls_fixture.h"

static const char *reason_of(const struct pair *p)
{
    const char *reason;

    tls_get_failure(p->tls, &reason);
    return reason;
}

/* The alert that the client got; -1 for none. */
static int alert_seen(struct pair *p)
{
    int err;

    pair_pump(p);
    err = br_ssl_engine_last_error(&p->client.ssl.eng);
    return err >= BR_ERR_RECV_FATAL_ALERT && err < BR_ERR_SEND_FATAL_ALERT
               ? err - BR_ERR_RECV_FATAL_ALERT
               : -1;
}

/* ---- a client that never comes to an end ---------------------------------- */

/* A certificate that may just be so long and comes byte by byte, a record each: before
 * the verifier has had all of it, the bound on bytes ends that. */
static void endless_handshake(void)
{
    static const uint8_t head[] = {22,   3,    3,    0,    10,   11,   0xFF, 0xFF,
                                   0xFF, 0xFF, 0xFF, 0xFC, 0x00, 0x7F, 0x00};
    static const uint8_t record[] = {22, 3, 3, 0, 1, 0};
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p;
    size_t total, n;

    config.cafile = "ca_ec";
    config.verify = VERIFY_OPTIONAL;
    p = pair_new(&config);
    pair_begin(p, "localhost", false);
    while (pair_to_server(p)) {
    }
    while (pair_to_client(p)) {
    }
    total = pair_inject(p, head, sizeof head);
    do {
        n = pair_inject(p, record, sizeof record);
        total += n;
    } while (n > 0 && total < 1000000);
    ok(total <= TLS_MAX_HANDSHAKE_BYTES + sizeof record, "a handshake without end is cut off");
    is_text(reason_of(p), "handshake_failure: the client's handshake is over the size limit",
            "told");
    ok(tls_state(p->tls) == TLS_SEND_REC, "the alert is due");
    pair_free(p);

    config.verify = VERIFY_NONE;
    p = pair_new(&config);
    pair_begin(p, "localhost", false);
    while (pair_to_server(p)) {
    }
    while (pair_to_client(p)) {
    }
    pair_inject(p, "\x16\x03\x03\x00\x04\x00\x00\x00", 9);
    is_text(reason_of(p), "unexpected_message: a message out of its turn",
            "a HelloRequest from a client in the midst of its handshake");
    pair_free(p);
}

/* ---- bytes behind Finished ------------------------------------------------- */

static const br_sslrec_out_gcm_class trailing_class;

/* Seals four bytes more than it was told: the head of a further message. */
static unsigned char *trailing_encrypt(const br_sslrec_out_class **ctx, int type, unsigned version,
                                       void *plaintext, size_t *len)
{
    if (type == 22) {
        memset((uint8_t *)plaintext + *len, 0, 4);
        *len += 4;
    }
    return br_sslrec_out_gcm_vtable.inner.encrypt(ctx, type, version, plaintext, len);
}

static void trailing_max(const br_sslrec_out_class *const *ctx, size_t *a, size_t *b)
{
    br_sslrec_out_gcm_vtable.inner.max_plaintext(ctx, a, b);
}

static void trailing_init(const br_sslrec_out_gcm_class **ctx, const br_block_ctr_class *bc,
                          const void *key, size_t key_len, br_ghash ghash, const void *iv)
{
    br_sslrec_out_gcm_vtable.init(ctx, bc, key, key_len, ghash, iv);
    *ctx = &trailing_class;
}

static const br_sslrec_out_gcm_class trailing_class = {
    {sizeof(br_sslrec_gcm_context), trailing_max, trailing_encrypt}, trailing_init};

static void behind_finished(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p;

    config.suites[0] = 0xC02B;
    config.suite_count = 1;
    p = pair_new(&config);
    p->client.ssl.eng.igcm_out = &trailing_class;
    pair_begin(p, "localhost", false);
    ok(alert_seen(p) == ALERT_UNEXPECTED_MESSAGE, "bytes behind Finished, in its record");
    is_text(reason_of(p), "unexpected_message: bytes after the end of a handshake message", "told");
    pair_free(p);
}

/* ---- a private key that goes wrong ------------------------------------------ */

static uint32_t flipping_rsa(unsigned char *x, const br_rsa_private_key *sk)
{
    uint32_t good = br_rsa_private_get_default()(x, sk);

    x[17] ^= 4;
    return good;
}

static uint32_t failing_rsa(unsigned char *x, const br_rsa_private_key *sk)
{
    (void)x;
    (void)sk;
    return 0;
}

static void faulty_signature(void)
{
    static const br_rsa_private faults[] = {flipping_rsa, failing_rsa};
    struct config config = fixture_config("server_rsa", NULL);
    struct pair *p = pair_new(&config);

    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        br_rsa_private sound = p->ctx->rsa_private;

        p->ctx->rsa_private = faults[i];
        pair_begin(p, "localhost", false);
        ok(alert_seen(p) == ALERT_INTERNAL_ERROR, "a signature with a flipped bit is not sent");
        is_text(reason_of(p), "internal_error: the private key gave no signature", "told");
        p->ctx->rsa_private = sound;
        pair_begin(p, "localhost", false);
        pair_pump(p);
        ok(pair_open(p), "a sound one is");
    }
    pair_free(p);
}

/* ---- the log of a hello that is refused -------------------------------------- */

static void name_of_refused(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = pair_new(&config);
    uint8_t *hello;
    size_t len;

    br_ssl_engine_set_versions(&p->client.ssl.eng, 0x0301, 0x0302);
    pair_begin(p, "old.example.org", false);
    ok(alert_seen(p) == ALERT_PROTOCOL_VERSION, "a client that is too old");
    is_text(tls_get_info(p->tls)->server_name, "old.example.org", "its name for us is known");

    /* The last byte of the extensions is cut off: server_name was read before. */
    br_ssl_engine_set_versions(&p->client.ssl.eng, 0x0303, 0x0303);
    pair_begin(p, "cut.example.org", false);
    hello = br_ssl_engine_sendrec_buf(&p->client.ssl.eng, &len);
    hello[len - 1] ^= 0xFF;
    pair_pump(p);
    printf("# %s\n", reason_of(p));
    ok(!tls_get_info(p->tls)->established, "a hello that is malformed at its end");
    is_text(tls_get_info(p->tls)->server_name, "cut.example.org", "its name too");
    pair_free(p);
}

/* A client that takes longer over the handshake than a session lives. */
static void hint_of_late_ticket(void)
{
    struct config config = fixture_config("server_ec", NULL);
    unsigned char body[6 + TICKET_MAX];
    struct pair *p;

    config.session_tickets = true;
    p = pair_new(&config);
    pair_begin(p, "localhost", false);
    pair_to_server(p);
    p->tls->replies = REPLY_TICKET;
    for (unsigned late_s = 299; late_s <= 301; late_s++) {
        struct reader r = reader_of(body, sizeof body);

        p->tls->session_made_ms = clock_now_ms() - late_s * 1000;
        ok(tls_cache_class.ticket(&p->tls->v12->cache, &p->tls->v12->server, body, sizeof body) >
                   6 &&
               reader_u32(&r) == 1,
           "a ticket's lifetime hint is never zero or huge");
    }
    pair_free(p);
}

int main(void)
{
    hint_of_late_ticket();
    endless_handshake();
    behind_finished();
    faulty_signature();
    name_of_refused();
    return tap_done();
}
