/* Client certificates in TLS 1.3: who comes in, who does not and by which alert, and how
 * the client may sign. */
#include "hand13_check.h"

static struct hand13 *client(struct config *config, enum verify_mode verify, const char *ca)
{
    *config = config13("server_ec", NULL);
    config->verify = verify;
    config->cafile = ca;
    return hand13_new(config);
}

static void accepted(void)
{
    static const struct {
        const char *name, *ca, *subject;
        uint16_t scheme;
    } rows[] = {
        {"client", "ca_ec", "CN=Good client", 0},
        {"client_p384", "ca_ec", "CN=P-384 client", 0},
        {"client_rsa", "ca_rsa", "CN=RSA client", 0x0804},
        {"client_rsa", "ca_rsa", "CN=RSA client", 0x0805},
        {"client_rsa", "ca_rsa", "CN=RSA client", 0x0806},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config config;
        struct hand13 *c = client(&config, VERIFY_REQUIRED, rows[i].ca);

        c->says.certificate = rows[i].name;
        c->says.client_scheme = rows[i].scheme;
        hand13_shake(c, NULL);
        hand13_opens(c, rows[i].name);
        expect(c->asked && tls_get_info(c->tls)->verdict == TLS_PEER_TRUSTED, rows[i].name);
        ok(strcmp(tls_get_info(c->tls)->peer_subject, rows[i].subject) == 0, rows[i].subject);
        c->says.psks[0] = c->tickets[0];
        c->says.psk_count = 1;
        hand13_shake(c, NULL);
        hand13_opens(c, "resumed");
        ok(!c->asked && tls_get_info(c->tls)->resumed &&
               tls_get_info(c->tls)->verdict == TLS_PEER_TRUSTED &&
               strcmp(tls_get_info(c->tls)->peer_subject, rows[i].subject) == 0,
           "a resumed session knows whose it is");
        hand13_free(c);
    }
}

static void chains(void)
{
    struct config config;
    struct hand13 *c = client(&config, VERIFY_REQUIRED, "ca_ec");

    config.verify_depth = 2;
    c->says.certificate = "client_deep";
    c->says.second_certificate = "middle";
    hand13_shake(c, NULL);
    ok(hand13_open(c), "a chain of two");
    config.verify_depth = 0;
    hand13_shake(c, NULL);
    ok(!hand13_open(c) && c->alert > 0, "is too deep where that is configured");
    hand13_ends(c, c->alert, "too deep");
    config.verify_depth = 2;
    c->says.second_certificate = NULL;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_UNKNOWN_CA, "its middle is missing");
    hand13_free(c);
}

static void refused(void)
{
    static const struct {
        const char *name;
        uint16_t scheme;
        int alert;
    } rows[] = {
        {NULL, 0, ALERT_CERTIFICATE_REQUIRED},
        {"client_wrong", 0, ALERT_UNKNOWN_CA},
        {"client_expired", 0, ALERT_CERTIFICATE_EXPIRED},
        {"client_server", 0, ALERT_UNSUPPORTED_CERTIFICATE},
        {"client_rsa", 0, ALERT_UNKNOWN_CA},
        {"client", 0x0503, ALERT_ILLEGAL_PARAMETER}, /* P-384's for a key on P-256 */
        {"client", 0x0804, ALERT_ILLEGAL_PARAMETER}, /* RSA's */
        {"client", 0x0401, ALERT_ILLEGAL_PARAMETER}, /* of TLS 1.2 */
        {"client", 0x0203, ALERT_ILLEGAL_PARAMETER}, /* with SHA-1 */
        {"client", 0x0807, ALERT_ILLEGAL_PARAMETER}, /* Ed25519's */
    };
    struct config config;
    struct hand13 *c = client(&config, VERIFY_REQUIRED, "ca_ec");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *name = rows[i].name != NULL ? rows[i].name : "no certificate";
        const char *reason;

        c->says.certificate = rows[i].name;
        c->says.client_scheme = rows[i].scheme;
        hand13_shake(c, NULL);
        expect(tls_get_failure(c->tls, &reason) == TLS_FAIL_PEER_CERT, name);
        hand13_ends(c, rows[i].alert, name);
    }
    ok(true, "certificates and signatures that are refused");
    c->says.client_scheme = 0x0401;
    c->says.certificate = "client_rsa";
    config.cafile = "ca_rsa";
    tls_context_reload(c->ctx);
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, "PKCS #1 is of TLS 1.2");
    hand13_free(c);
}

static void optional(void)
{
    struct config config;
    struct hand13 *c = client(&config, VERIFY_OPTIONAL, "ca_ec");
    struct hand13_mutation proof = {CHANGE_PREPEND, MSG_FINISHED, MSG_CERTIFICATE_VERIFY};

    c->says.certificate = NULL;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && tls_get_info(c->tls)->verdict == TLS_PEER_NONE, "none is allowed");
    hand13_shake(c, &proof);
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "a proof without a certificate");
    c->says.certificate = "client";
    hand13_shake(c, NULL);
    ok(hand13_open(c) && tls_get_info(c->tls)->verdict == TLS_PEER_TRUSTED, "a good one is seen");
    c->says.certificate = "client_wrong";
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_UNKNOWN_CA, "a bad one is refused");
    config.verify_return_error = false;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && tls_get_info(c->tls)->verdict == TLS_PEER_REFUSED,
       "unless it is tolerated");
    c->says.client_scheme = 0x0503;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, "but its proof has to be right");
    hand13_free(c);
}

/* What a Certificate message may hold. */
static void shapes(void)
{
    static const struct {
        const char *name;
        struct span body;
        int alert;
    } rows[] = {
        {"a context that was not given", SPAN("\1a\0\0\0"), ALERT_ILLEGAL_PARAMETER},
        {"an empty certificate", SPAN("\0\0\0\5\0\0\0\0\0"), ALERT_DECODE_ERROR},
        {"half a certificate", SPAN("\0\0\0\4\0\0\4\x30"), ALERT_DECODE_ERROR},
        {"a list longer than it is", SPAN("\0\0\0\6\0\0\1"), ALERT_DECODE_ERROR},
        {"bytes behind the list", SPAN("\0\0\0\0\0"), ALERT_DECODE_ERROR},
        {"an extension that was not asked for", SPAN("\0\0\0\12\0\0\1\x30\0\4\0\5\0\0"),
         ALERT_UNSUPPORTED_EXTENSION},
        {"an extension of another message", SPAN("\0\0\0\12\0\0\1\x30\0\4\0\x33\0\0"),
         ALERT_ILLEGAL_PARAMETER},
        {"an extension cut short", SPAN("\0\0\0\11\0\0\1\x30\0\3\0\5\0"), ALERT_DECODE_ERROR},
        {"no certificate at all", SPAN("\0\0\0\6\0\0\1\x30\0\0"), ALERT_BAD_CERTIFICATE},
    };
    struct config config;
    struct hand13 *c = client(&config, VERIFY_REQUIRED, "ca_ec");
    uint8_t message[64];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand13_meet(c);
        hand13_set(c, &c->write, c->client_secret);
        message[0] = MSG_CERTIFICATE;
        put_u24(message + 1, (uint32_t)rows[i].body.len);
        memcpy(message + 4, rows[i].body.data, rows[i].body.len);
        hand13_record(c, RECORD_HANDSHAKE, span_of(message, 4 + rows[i].body.len));
        hand13_deliver(c);
        hand13_ends(c, rows[i].alert, rows[i].name);
    }
    ok(true, "the shape of a Certificate message");
    hand13_free(c);
}

/* A certificate without end, in records that are full, is cut off. */
static void endless(void)
{
    static uint8_t block[16384];
    struct config config;
    struct hand13 *c = client(&config, VERIFY_REQUIRED, "ca_ec");
    unsigned n = 0;

    hand13_meet(c);
    hand13_set(c, &c->write, c->client_secret);
    memcpy(block, "\13\0\x8F\x00\0\0\x8E\xFC\0\x8E\xF7\x30", 12);
    while (n < 100 && (tls_state(c->tls) & TLS_RECV_REC) != 0) {
        hand13_record(c, RECORD_HANDSHAKE, span_of(block, sizeof block));
        hand13_deliver(c);
        n++;
    }
    ok(n <= 3 && c->alert < 0, "a large certificate is read whole and not further");
    hand13_take(c);
    ok(c->alert > 0, "and refused");
    hand13_ends(c, c->alert, "a large certificate");
    hand13_meet(c);
    hand13_set(c, &c->write, c->client_secret);
    memcpy(block, "\13\xFF\xFF\xFF", 4);
    hand13_record(c, RECORD_HANDSHAKE, span_of(block, 4));
    hand13_deliver(c);
    hand13_take(c);
    ok(c->alert == ALERT_DECODE_ERROR || c->alert == ALERT_BAD_CERTIFICATE,
       "one of 16 MB is refused by its header");
    hand13_ends(c, c->alert, "a certificate without end");
    hand13_free(c);
}

/*
 * Who has only recorded a first hello can send it again, since its binder holds, and let its
 * pre-shared key out of the second: whose session it was says nothing of him.
 */
static void borrowed(void)
{
    static const struct hand13_psk shared = {.identity = "somebody",
                                             .identity_len = 8,
                                             .secret_len = 16,
                                             .external = true,
                                             .suite = 0x1301};
    struct config config = config13("server_ec", NULL);

    config.verify = VERIFY_OPTIONAL;
    config.cafile = "ca_ec";
    config.psk = "00000000000000000000000000000000";
    config.psk_identity = "somebody";
    for (size_t external = 0; external < 2; external++) {
        struct hand13 *c = hand13_new(&config);

        hand13_shake(c, NULL);
        expect(tls_get_info(c->tls)->verdict == TLS_PEER_TRUSTED, "a session of one with a name");
        c->says.psks[0] = c->tickets[0];
        c->says.psk_count = 1;
        c->says.shares[0] = 0;
        c->says.certificate = NULL;
        hand13_begin(c);
        hand13_deliver(c);
        hand13_take(c);
        expect(c->retried, "its hello is sent again and leads to a retry");
        c->says.psks[0] = shared;
        c->says.psk_count = external;
        c->says.shares[0] = 29;
        hand13_say_hello(c);
        hand13_deliver(c);
        hand13_take(c);
        hand13_flight(c, NULL);
        hand13_deliver(c);
        hand13_take(c);
        hand13_opens(c, "the second hello is without it");
        ok(tls_get_info(c->tls)->peer_subject[0] == '\0' &&
               tls_get_info(c->tls)->verdict ==
                   (external != 0 ? TLS_PEER_NOT_ASKED : TLS_PEER_NONE),
           "and nobody's name is told");
        hand13_free(c);
    }
}

int main(void)
{
    accepted();
    chains();
    refused();
    optional();
    shapes();
    endless();
    borrowed();
    return tap_done();
}
