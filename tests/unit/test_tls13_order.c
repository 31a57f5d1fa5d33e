/* The client's second flight of TLS 1.3, bent in every way: each message dropped, doubled,
 * swapped, cut, made longer, of another type, and cut into records at each byte. The
 * alert is the one that RFC 8446 has for it. */
#include "hand13_check.h"

static struct hand13 *asked_client(struct config *config)
{
    struct hand13 *c;

    *config = config13("server_ec", NULL);
    config->verify = VERIFY_REQUIRED;
    config->cafile = "ca_ec";
    c = hand13_new(config);
    c->repeats = true;
    return c;
}

struct row {
    const char *name;
    struct hand13_mutation m;
    int alert;
};

static void play(struct hand13 *c, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hand13_shake(c, &rows[i].m);
        /* What comes next shows the server that something is missing. */
        if (c->alert < 0) {
            hand13_send(c, RECORD_DATA, BYTES("data behind it"));
            hand13_deliver(c);
        }
        hand13_ends(c, rows[i].alert, rows[i].name);
    }
}

static void without_certificate(void)
{
    static const struct row rows[] = {
        {"no Finished", {CHANGE_DROP, MSG_FINISHED, 0}, ALERT_BAD_RECORD_MAC},
        {"two of Finished", {CHANGE_DOUBLE, MSG_FINISHED, 0}, ALERT_UNEXPECTED_MESSAGE},
        {"an empty Finished", {CHANGE_EMPTY, MSG_FINISHED, 0}, ALERT_DECODE_ERROR},
        {"a Finished cut short", {CHANGE_CUT, MSG_FINISHED, 1}, ALERT_BAD_RECORD_MAC},
        {"a Finished of a header", {CHANGE_CUT, MSG_FINISHED, 32}, ALERT_BAD_RECORD_MAC},
        {"a Finished of 3 MB", {CHANGE_LENGTH, MSG_FINISHED, 3000000}, ALERT_DECODE_ERROR},
        {"a Finished of 16 MB", {CHANGE_LENGTH, MSG_FINISHED, 0xFFFFFF}, ALERT_DECODE_ERROR},
        {"a Finished one byte longer", {CHANGE_EXTEND, MSG_FINISHED, 1}, ALERT_DECODE_ERROR},
        {"a Finished 900 bytes longer", {CHANGE_EXTEND, MSG_FINISHED, 900}, ALERT_DECODE_ERROR},
        {"a message behind Finished",
         {CHANGE_APPEND, MSG_FINISHED, MSG_KEY_UPDATE},
         ALERT_UNEXPECTED_MESSAGE},
        {"EndOfEarlyData without early data",
         {CHANGE_PREPEND, MSG_FINISHED, MSG_END_OF_EARLY_DATA},
         ALERT_UNEXPECTED_MESSAGE},
        {"Certificate that was not asked for",
         {CHANGE_PREPEND, MSG_FINISHED, MSG_CERTIFICATE},
         ALERT_UNEXPECTED_MESSAGE},
    };
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    c->repeats = true;
    play(c, rows, ARRAY_LEN(rows));
    for (uint32_t n = 1; n < 32; n++) {
        struct hand13_mutation m = {CHANGE_TRUNCATE, MSG_FINISHED, n};

        hand13_shake(c, &m);
        hand13_ends(c, ALERT_DECODE_ERROR, "a Finished that is shorter");
        m.change = CHANGE_FLIP;
        hand13_shake(c, &m);
        hand13_ends(c, ALERT_DECRYPT_ERROR, "a Finished that is wrong");
    }
    for (uint32_t type = 0; type < 256; type += type < 30 ? 1 : 15) {
        struct hand13_mutation m = {CHANGE_TYPE, MSG_FINISHED, type};

        if (type != MSG_FINISHED) {
            hand13_shake(c, &m);
            hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "another type than Finished's");
        }
    }
    ok(true, "Finished alone: dropped, doubled, cut, longer, wrong, of another type");
    hand13_free(c);
}

static void with_certificate(void)
{
    static const struct row rows[] = {
        {"no Certificate", {CHANGE_DROP, MSG_CERTIFICATE, 0}, ALERT_UNEXPECTED_MESSAGE},
        {"no CertificateVerify",
         {CHANGE_DROP, MSG_CERTIFICATE_VERIFY, 0},
         ALERT_UNEXPECTED_MESSAGE},
        {"no Finished", {CHANGE_DROP, MSG_FINISHED, 0}, ALERT_BAD_RECORD_MAC},
        {"two of Certificate", {CHANGE_DOUBLE, MSG_CERTIFICATE, 0}, ALERT_UNEXPECTED_MESSAGE},
        {"two of CertificateVerify",
         {CHANGE_DOUBLE, MSG_CERTIFICATE_VERIFY, 0},
         ALERT_UNEXPECTED_MESSAGE},
        {"two of Finished", {CHANGE_DOUBLE, MSG_FINISHED, 0}, ALERT_UNEXPECTED_MESSAGE},
        {"CertificateVerify before Certificate",
         {CHANGE_SWAP, MSG_CERTIFICATE, 0},
         ALERT_UNEXPECTED_MESSAGE},
        {"Finished before CertificateVerify",
         {CHANGE_SWAP, MSG_CERTIFICATE_VERIFY, 0},
         ALERT_UNEXPECTED_MESSAGE},
        {"an empty Certificate message", {CHANGE_EMPTY, MSG_CERTIFICATE, 0}, ALERT_DECODE_ERROR},
        {"an empty CertificateVerify",
         {CHANGE_EMPTY, MSG_CERTIFICATE_VERIFY, 0},
         ALERT_DECODE_ERROR},
        {"another signature scheme",
         {CHANGE_FLIP, MSG_CERTIFICATE_VERIFY, 0},
         ALERT_ILLEGAL_PARAMETER},
        {"a scheme of no kind", {CHANGE_FLIP, MSG_CERTIFICATE_VERIFY, 1}, ALERT_ILLEGAL_PARAMETER},
        {"a wrong length of the signature",
         {CHANGE_FLIP, MSG_CERTIFICATE_VERIFY, 3},
         ALERT_DECODE_ERROR},
        {"a message between",
         {CHANGE_PREPEND, MSG_CERTIFICATE_VERIFY, 0},
         ALERT_UNEXPECTED_MESSAGE},
        {"a message behind", {CHANGE_APPEND, MSG_FINISHED, MSG_TICKET}, ALERT_UNEXPECTED_MESSAGE},
        {"Certificate's length says less", {CHANGE_LENGTH, MSG_CERTIFICATE, 4}, ALERT_DECODE_ERROR},
    };
    struct config config;
    struct hand13 *c = asked_client(&config);

    play(c, rows, ARRAY_LEN(rows));
    ok(true, "with a certificate: each message dropped, doubled, swapped, emptied");
    hand13_free(c);
}

/* Every length that a message can be cut to or grow by. */
static void lengths(void)
{
    struct config config;
    struct hand13 *c = asked_client(&config);
    size_t certificate = 4 + 4 + 5 + sizeof client_cert - 4;

    for (uint32_t n = 1; n < certificate; n += n < 20 ? TAP_STEP : 23 * TAP_STEP) {
        struct hand13_mutation m = {CHANGE_TRUNCATE, MSG_CERTIFICATE, n};

        hand13_shake(c, &m);
        hand13_ends(c, ALERT_DECODE_ERROR, "a shorter Certificate");
        m.change = CHANGE_EXTEND;
        hand13_shake(c, &m);
        hand13_ends(c, ALERT_DECODE_ERROR, "a longer Certificate");
    }
    for (uint32_t n = 1; n < 74; n += n < 8 ? 1 : 5) {
        struct hand13_mutation m = {CHANGE_TRUNCATE, MSG_CERTIFICATE_VERIFY, n};

        hand13_shake(c, &m);
        hand13_ends(c, ALERT_DECODE_ERROR, "a shorter CertificateVerify");
        m.change = CHANGE_EXTEND;
        hand13_shake(c, &m);
        hand13_ends(c, ALERT_DECODE_ERROR, "a longer CertificateVerify");
    }
    ok(true, "messages cut to every length");
    hand13_free(c);
}

/* A bit in any byte of the certificate or of its proof never lets the client in. */
static void bits(void)
{
    static const uint8_t alerts[] = {
        ALERT_BAD_CERTIFICATE,
        ALERT_UNSUPPORTED_CERTIFICATE,
        ALERT_CERTIFICATE_EXPIRED,
        ALERT_CERTIFICATE_UNKNOWN,
        ALERT_UNKNOWN_CA,
        ALERT_DECRYPT_ERROR,
        ALERT_DECODE_ERROR,
        ALERT_ILLEGAL_PARAMETER,
        ALERT_UNSUPPORTED_EXTENSION,
    };
    struct config config;
    struct hand13 *c = asked_client(&config);
    size_t len = 4 + 5 + sizeof client_cert;

    for (uint32_t n = 0; n<len; n += n> 30 && n + 6 < len ? 3 * TAP_STEP : 1) {
        struct hand13_mutation m = {CHANGE_FLIP, MSG_CERTIFICATE, n};

        hand13_shake(c, &m);
        expect(c->alert > 0 && memchr(alerts, c->alert, sizeof alerts) != NULL &&
                   !tls_get_info(c->tls)->established,
               "a bit of the certificate");
        hand13_ends(c, c->alert, "a bit of the certificate");
    }
    for (uint32_t n = 4; n < 74; n += TAP_STEP) {
        struct hand13_mutation m = {CHANGE_FLIP, MSG_CERTIFICATE_VERIFY, n};

        hand13_shake(c, &m);
        hand13_ends(c, ALERT_DECRYPT_ERROR, "a bit of the signature");
    }
    ok(true, "every bit of certificate and signature counts");
    hand13_free(c);
}

/* The flight in two records, cut at each byte; in one, cut on the socket at each byte. */
static void cuts(void)
{
    struct config config;
    struct hand13 *c = asked_client(&config);
    size_t flight, wire;

    hand13_shake(c, NULL);
    hand13_opens(c, "whole");
    hand13_meet(c);
    hand13_flight(c, NULL);
    wire = c->out_len;
    flight = wire - RECORD13_OVERHEAD;
    for (size_t i = 1; i<flight; i += i> 20 && i + 60 < flight ? 5 * TAP_STEP : TAP_STEP) {
        c->cut = i;
        c->says.session_id_len = i % 2 == 0 ? 32 : 0;
        hand13_meet(c);
        hand13_flight(c, NULL);
        hand13_deliver(c);
        hand13_take(c);
        hand13_opens(c, "cut into two records");
    }
    c->cut = 0;
    for (size_t i = 1; i<wire; i += i> 20 && i + 60 < wire ? 7 * TAP_STEP : TAP_STEP) {
        hand13_meet(c);
        hand13_flight(c, NULL);
        if (i >= c->out_len) {
            break; /* a signature is not always as long */
        }
        hand13_inject(c, span_of(c->out, i));
        hand13_take(c);
        tls_rest(c->tls);
        expect(!tls_get_info(c->tls)->established, "not yet");
        hand13_inject(c, span_of(c->out + i, c->out_len - i));
        hand13_take(c);
        hand13_opens(c, "cut on the socket");
    }
    ok(true, "the flight cut at each byte");
    hand13_free(c);
}

/* The same for both hellos. */
static void hello_cuts(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    size_t len;

    c->repeats = true;
    hand13_shake(c, NULL);
    len = c->hello_len;
    for (size_t i = 1; i<len; i += i> 12 && i + 12 < len ? 3 * TAP_STEP : TAP_STEP) {
        c->cut = i;
        c->says.groups[0] = 23;
        c->says.groups[1] = 0;
        c->says.shares[0] = i % 2 == 0 ? 23 : 0;
        hand13_shake(c, NULL);
        hand13_opens(c, "a hello cut into two records");
        expect(c->retried == (i % 2 != 0), "or two hellos");
    }
    ok(true, "hellos cut at each byte");
    hand13_free(c);
}

int main(void)
{
    without_certificate();
    with_certificate();
    lengths();
    bits();
    cuts();
    hello_cuts();
    return tap_done();
}
