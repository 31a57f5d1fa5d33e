/* What TLS 1.3 asks of a ClientHello beyond hello_parse: each rule and its alert. */
#include "hello_build.h"
#include "hello_samples.h"
#include "tap.h"
#include "tls/hello.h"

enum extension_type {
    EXT_GROUPS = 10,
    EXT_SIGNATURES = 13,
    EXT_EMS = 23,
    EXT_COMPRESS = 27,
    EXT_TICKET = 35,
    EXT_PSK = 41,
    EXT_EARLY_DATA = 42,
    EXT_VERSIONS = 43,
    EXT_COOKIE = 44,
    EXT_PSK_MODES = 45,
    EXT_AUTHORITIES = 47,
    EXT_OID_FILTERS = 48,
    EXT_POST_AUTH = 49,
    EXT_KEY_SHARE = 51,
};

#define A16      "aaaaaaaaaaaaaaaa"
#define A32      A16 A16
#define IDENTITY "\x00\x07\x00\x01X\x00\x00\x00\x00"
#define ONE_PSK  IDENTITY "\x00\x21\x20" A32

/* A hello that leaves nothing to wish but for what is left out of it. */
enum { NO_GROUPS = 1, NO_SHARES = 2, NO_SIGNATURES = 4 };

static struct hello_build hello13(unsigned without)
{
    struct hello_build b = build_hello();

    b.suites = BYTES("\x13\x01\x13\x02");
    build_extension(&b, EXT_VERSIONS, BYTES("\x04\x03\x04\x03\x03"));
    if ((without & NO_GROUPS) == 0) {
        build_extension(&b, EXT_GROUPS, BYTES("\x00\x06\x00\x1d\x00\x17\x00\x18"));
    }
    if ((without & NO_SIGNATURES) == 0) {
        build_extension(&b, EXT_SIGNATURES, BYTES("\x00\x04\x04\x03\x08\x04"));
    }
    if ((without & NO_SHARES) == 0) {
        build_extension(&b, EXT_KEY_SHARE, BYTES("\x00\x05\x00\x1d\x00\x01x"));
    }
    return b;
}

/* Parses an exact copy, which lives until the next call. 0, or the alert of hello13_parse;
 * 1000 and the alert when hello_parse refused it already. */
static int judge(const struct hello_build *b, struct hello *h)
{
    static uint8_t *exact;
    struct span m = hello_bytes(b);

    free(exact);
    exact = malloc(m.len);
    memcpy(exact, m.data, m.len);
    if (hello_parse(exact, m.len, h) != 0) {
        return 1000 + (int)h->alert;
    }
    if (hello13_parse(h) == 0) {
        expect(h->reason == NULL, "no fault, no sentence");
        return 0;
    }
    expect(h->reason != NULL && h->reason[0] != '\0', "a fault has its sentence");
    return (int)h->alert;
}

static int verdict(const struct hello_build *b)
{
    struct hello h;

    return judge(b, &h);
}

/* One extension in a hello that is otherwise fine, in place of its own of that type; alert 0
 * means that it is fine. */
static const struct {
    const char *name;
    unsigned type;
    struct span body;
    int alert;
} rules[] = {
    {"key_share: none yet", EXT_KEY_SHARE, SPAN("\x00\x00"), 0},
    {"key_share: two", EXT_KEY_SHARE, SPAN("\x00\x0a\x00\x1d\x00\x01x\x00\x17\x00\x01y"), 0},
    {"key_share: one group twice", EXT_KEY_SHARE,
     SPAN("\x00\x0a\x00\x1d\x00\x01x\x00\x1d\x00\x01y"), 47},
    {"key_share: a group that is not listed", EXT_KEY_SHARE, SPAN("\x00\x05\x00\x19\x00\x01x"), 47},
    {"key_share: empty share", EXT_KEY_SHARE, SPAN("\x00\x04\x00\x1d\x00\x00"), 50},
    {"key_share: share too long", EXT_KEY_SHARE, SPAN("\x00\x05\x00\x1d\x00\x02x"), 50},
    {"key_share: empty body", EXT_KEY_SHARE, SPAN(""), 50},
    {"key_share: trailing byte", EXT_KEY_SHARE, SPAN("\x00\x05\x00\x1d\x00\x01xy"), 50},
    {"PSK modes", EXT_PSK_MODES, SPAN("\x02\x01\x00"), 0},
    {"PSK modes: empty list", EXT_PSK_MODES, SPAN("\x00"), 50},
    {"PSK modes: empty body", EXT_PSK_MODES, SPAN(""), 50},
    {"PSK modes: trailing byte", EXT_PSK_MODES, SPAN("\x01\x01\x00"), 50},
    {"PSK: without its modes", EXT_PSK, SPAN(ONE_PSK), 109},
    {"PSK: no identity", EXT_PSK, SPAN("\x00\x00\x00\x21\x20" A32), 50},
    {"PSK: no binder", EXT_PSK, SPAN(IDENTITY "\x00\x00"), 50},
    {"PSK: a binder of 31 bytes", EXT_PSK, SPAN(IDENTITY "\x00\x20\x1f" A16 "aaaaaaaaaaaaaaa"), 50},
    {"PSK: an empty identity", EXT_PSK, SPAN("\x00\x06\x00\x00\x00\x00\x00\x00\x00\x21\x20" A32),
     50},
    {"PSK: more binders than identities", EXT_PSK, SPAN(IDENTITY "\x00\x42\x20" A32 "\x20" A32),
     47},
    {"PSK: trailing byte", EXT_PSK, SPAN(ONE_PSK "a"), 50},
    {"cookie", EXT_COOKIE, SPAN("\x00\x03key"), 0},
    {"cookie: empty", EXT_COOKIE, SPAN("\x00\x00"), 50},
    {"cookie: empty body", EXT_COOKIE, SPAN(""), 50},
    {"cookie: too short", EXT_COOKIE, SPAN("\x00\x03ke"), 50},
    {"cookie: trailing byte", EXT_COOKIE, SPAN("\x00\x03keys"), 50},
    {"compress_certificate", EXT_COMPRESS, SPAN("\x04\x00\x02\x00\x01"), 0},
    {"compress_certificate: empty", EXT_COMPRESS, SPAN("\x00"), 50},
    {"compress_certificate: odd", EXT_COMPRESS, SPAN("\x03\x00\x02\x00"), 50},
    {"compress_certificate: trailing byte", EXT_COMPRESS, SPAN("\x02\x00\x02\x00"), 50},
    {"certificate_authorities", EXT_AUTHORITIES, SPAN("\x00\x04\x00\x02\x30\x00"), 0},
    {"certificate_authorities: empty", EXT_AUTHORITIES, SPAN("\x00\x00"), 50},
    {"certificate_authorities: an empty name", EXT_AUTHORITIES, SPAN("\x00\x02\x00\x00"), 50},
    {"certificate_authorities: too long", EXT_AUTHORITIES, SPAN("\x00\x04\x00\x03\x30\x00"), 50},
    {"certificate_authorities: trailing byte", EXT_AUTHORITIES, SPAN("\x00\x04\x00\x02\x30\x00x"),
     50},
    {"post_handshake_auth", EXT_POST_AUTH, SPAN(""), 0},
    {"post_handshake_auth: a body", EXT_POST_AUTH, SPAN("\x01"), 50},
    {"early_data: without a PSK", EXT_EARLY_DATA, SPAN(""), 109},
    {"early_data: a body", EXT_EARLY_DATA, SPAN("\x00\x00\x00\x00"), 50},
    {"oid_filters: a server's", EXT_OID_FILTERS, SPAN("\x00\x00"), 47},
    {"an unknown extension", 0x1234, SPAN("\xff\xff\xff"), 0},
    {"padding of any bytes", 21, SPAN("\x00\x00\x00"), 0},
    {"a GREASE extension", 0xAAAA, SPAN("\x00"), 0},
};

static void check_rules(void)
{
    unsigned cuts = 0;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        unsigned without = rules[i].type == EXT_KEY_SHARE ? NO_SHARES : 0;
        struct hello_build b = hello13(without);
        int got;

        build_extension(&b, rules[i].type, rules[i].body);
        got = verdict(&b);
        if (!ok(got == rules[i].alert, rules[i].name)) {
            printf("# alert %d instead of %d\n", got, rules[i].alert);
        }
        for (size_t n = 0; rules[i].alert == 0 && rules[i].type < EXT_KEY_SHARE + 1 &&
                           rules[i].type != 21 && n < rules[i].body.len;
             n++) {
            b = hello13(without);
            build_extension(&b, rules[i].type, span_of(rules[i].body.data, n));
            cuts += expect(verdict(&b) == 50, "cut anywhere it is a decode_error");
        }
    }
    ok(cuts > 25, "bodies that are cut");
}

/* An older client may send anything where TLS 1.3 has its own. */
static void check_others_untouched(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct hello_build b = build_hello();
        struct hello h;

        build_extension(&b, rules[i].type, rules[i].body);
        build_extension(&b, EXT_EMS, BYTES(""));
        expect(judge(&b, &h) < 1000, rules[i].name);
    }
    ok(true, "hello_parse alone does not look at any of it");
}

static void check_needs(void)
{
    struct hello_build b = hello13(0);
    struct hello h;

    ok(judge(&b, &h) == 0 && h.has == (HELLO_HAS_VERSIONS | HELLO_HAS_GROUPS |
                                       HELLO_HAS_SIGNATURES | HELLO_HAS_KEY_SHARE),
       "the smallest hello with a certificate");
    ok(span_is(hello13_share(&h, 29), "x") && hello13_share(&h, 23).len == 0 &&
           hello13_share(&h, 24).len == 0,
       "its share is found, others are not");
    b = hello13(NO_SIGNATURES);
    ok(verdict(&b) == 109, "no signature_algorithms");
    b = hello13(NO_GROUPS);
    ok(verdict(&b) == 109, "shares without groups");
    b = hello13(NO_SHARES);
    ok(verdict(&b) == 109, "groups without shares");
    b = hello13(NO_GROUPS | NO_SHARES);
    ok(verdict(&b) == 109, "neither, and no PSK");
    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x00"));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    ok(verdict(&b) == 0, "neither, with a PSK");
    b = hello13(NO_GROUPS | NO_SHARES | NO_SIGNATURES);
    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x00"));
    build_extension(&b, EXT_EARLY_DATA, BYTES(""));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    ok(judge(&b, &h) == 0 && (h.has & HELLO_HAS_EARLY_DATA) != 0 && h.psk_modes.len == 1 &&
           h.psk_identities.len == 7 && h.psk_binders.len == 33,
       "a PSK alone, with early data");
    ok(h.psk_binders.data + 33 == h.extensions.data + h.extensions.len,
       "its binders end the message");
    b = hello13(NO_SHARES);
    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    ok(verdict(&b) == 109, "groups without shares, with a PSK");
    b = hello13(0);
    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    ok(verdict(&b) == 0, "a PSK as the last");
    build_extension(&b, EXT_TICKET, BYTES(""));
    ok(verdict(&b) == 47, "a PSK before another");
}

static void check_fields(void)
{
    struct hello_build b = hello13(0);
    struct hello h;

    b.compression = BYTES("\x00\x01");
    ok(verdict(&b) == 47, "compression beside null");
    b.compression = BYTES("\x01");
    ok(verdict(&b) == 1047, "compression without null");
    b = hello13(0);
    b.version = 0x0301;
    ok(verdict(&b) == 0, "legacy_version is not looked at");
    b = hello13(0);
    build_extension(&b, EXT_COOKIE, BYTES("\x00\x03key"));
    build_extension(&b, EXT_COMPRESS, BYTES("\x02\x00\x02"));
    build_extension(&b, EXT_AUTHORITIES, BYTES("\x00\x04\x00\x02\x30\x00"));
    build_extension(&b, EXT_POST_AUTH, BYTES(""));
    ok(judge(&b, &h) == 0 && span_is(h.cookie, "key") && hello_list_has(h.compressions, 2) &&
           h.compressions.len == 2 && h.authorities.len == 4 &&
           (h.has & (HELLO_HAS_COOKIE | HELLO_HAS_COMPRESS | HELLO_HAS_POST_AUTH)) ==
               (HELLO_HAS_COOKIE | HELLO_HAS_COMPRESS | HELLO_HAS_POST_AUTH),
       "all of it is read");
}

/* Real clients say nothing that has to be refused, and end where they say. */
static void check_samples(void)
{
    for (size_t i = 0; i < ARRAY_LEN(hello_samples); i++) {
        uint8_t wire[4096];
        size_t len = sample_bytes(&hello_samples[i], wire);
        struct hello h;
        bool good;

        if (hello_samples[i].best != 0x0304) {
            continue;
        }
        good = hello_parse(wire + 5, len - 5, &h) == 0 && hello13_parse(&h) == 0 &&
               hello13_share(&h, 29).len == 32 && memchr(h.psk_modes.data, 1, h.psk_modes.len);
        if (hello_list_has(h.groups, 0x11EC)) {
            good =
                good && hello13_share(&h, 0x11EC).len == 1216 && hello_list_has(h.compressions, 2);
        }
        ok(good, hello_samples[i].client);
    }
}

int main(void)
{
    check_rules();
    check_others_untouched();
    check_needs();
    check_fields();
    check_samples();
    return tap_done();
}
