/* ClientHellos of TLS 1.3 that are wrong, and the alert that RFC 8446 has for each; those
 * that are odd and right; and second ClientHellos, which may differ in little. */
#include "hand13_check.h"

enum { OPENS = -2 };

#define OMIT       EDIT_OMIT, SPAN("")
#define DOUBLE     EDIT_DOUBLE, SPAN("")
#define BODY(text) EDIT_REPLACE, SPAN(text)
#define MORE(text) EDIT_LAST, SPAN(text)

struct row {
    const char *name;
    struct hand13_edit edit;
    int alert;
};

static void play(struct hand13 *c, const struct row *rows, size_t count, bool again)
{
    for (size_t i = 0; i < count; i++) {
        *(again ? &c->says.again[0] : &c->says.edits[1]) = rows[i].edit;
        hand13_shake(c, NULL);
        expect(c->retried == again, rows[i].name);
        if (rows[i].alert == OPENS) {
            hand13_opens(c, rows[i].name);
        } else {
            hand13_ends(c, rows[i].alert, rows[i].name);
        }
    }
    c->says.again[0].what = c->says.edits[1].what = EDIT_NONE;
}

static void extensions(void)
{
    static const struct row rows[] = {
        {"no supported_groups", {EXT_GROUPS, OMIT}, ALERT_MISSING_EXTENSION},
        {"no key_share", {EXT_KEY_SHARE, OMIT}, ALERT_MISSING_EXTENSION},
        {"no signature_algorithms", {EXT_SIGNATURES, OMIT}, ALERT_MISSING_EXTENSION},
        {"no server_name", {EXT_SERVER_NAME, OMIT}, OPENS},
        {"no psk_key_exchange_modes", {EXT_PSK_MODES, OMIT}, OPENS},
        {"server_name twice", {EXT_SERVER_NAME, DOUBLE}, ALERT_ILLEGAL_PARAMETER},
        {"key_share twice", {EXT_KEY_SHARE, DOUBLE}, ALERT_ILLEGAL_PARAMETER},
        {"supported_versions twice", {EXT_VERSIONS, DOUBLE}, ALERT_ILLEGAL_PARAMETER},
        {"supported_versions of nothing", {EXT_VERSIONS, BODY("")}, ALERT_DECODE_ERROR},
        {"an empty list of versions", {EXT_VERSIONS, BODY("\0")}, ALERT_DECODE_ERROR},
        {"an odd list of versions", {EXT_VERSIONS, BODY("\3\3\4\3")}, ALERT_DECODE_ERROR},
        {"more versions than said", {EXT_VERSIONS, BODY("\2\3\4\3")}, ALERT_DECODE_ERROR},
        {"a version of the future alone", {EXT_VERSIONS, BODY("\2\3\5")}, ALERT_PROTOCOL_VERSION},
        {"a draft alone", {EXT_VERSIONS, BODY("\2\x7F\x1C")}, ALERT_PROTOCOL_VERSION},
        {"others beside 1.3", {EXT_VERSIONS, BODY("\6\x7F\x1C\x3A\x3A\3\4")}, OPENS},
        {"an empty list of groups", {EXT_GROUPS, BODY("\0\0")}, ALERT_DECODE_ERROR},
        {"an odd list of groups", {EXT_GROUPS, BODY("\0\3\0\x1D\0")}, ALERT_DECODE_ERROR},
        {"groups of nothing", {EXT_GROUPS, BODY("")}, ALERT_DECODE_ERROR},
        {"unknown groups alone", {EXT_GROUPS, BODY("\0\2\x3A\x3A")}, ALERT_ILLEGAL_PARAMETER},
        {"a share that is not listed", {EXT_GROUPS, BODY("\0\2\0\x17")}, ALERT_ILLEGAL_PARAMETER},
        {"an empty list of schemes", {EXT_SIGNATURES, BODY("\0\0")}, ALERT_DECODE_ERROR},
        {"an odd list of schemes", {EXT_SIGNATURES, BODY("\0\1\4")}, ALERT_DECODE_ERROR},
        {"schemes of nothing", {EXT_SIGNATURES, BODY("")}, ALERT_DECODE_ERROR},
        {"no scheme in common", {EXT_SIGNATURES, BODY("\0\4\4\1\x08\7")}, ALERT_HANDSHAKE_FAILURE},
        {"no scheme in common with the key",
         {EXT_SIGNATURES, BODY("\0\4\x08\4\5\3")},
         ALERT_HANDSHAKE_FAILURE},
        {"psk modes of nothing", {EXT_PSK_MODES, BODY("")}, ALERT_DECODE_ERROR},
        {"no psk modes", {EXT_PSK_MODES, BODY("\0")}, ALERT_DECODE_ERROR},
        {"unknown psk modes", {EXT_PSK_MODES, BODY("\2\1\x3A")}, OPENS},
        {"a malformed name", {EXT_SERVER_NAME, BODY("\0\5\0\0\3ab")}, ALERT_DECODE_ERROR},
        {"a name of nothing", {EXT_SERVER_NAME, BODY("")}, ALERT_DECODE_ERROR},
        {"an extension that nobody knows", {0x3A3A, MORE("what")}, OPENS},
        {"padding", {EXT_PADDING, MORE("\0\0\0\0\0\0\0\0")}, OPENS},
        {"early_data without a key", {EXT_EARLY_DATA, MORE("")}, ALERT_MISSING_EXTENSION},
        {"early_data with a body", {EXT_EARLY_DATA, MORE("\1")}, ALERT_DECODE_ERROR},
        {"an empty cookie", {EXT_COOKIE, MORE("\0\0")}, ALERT_DECODE_ERROR},
        {"a cookie of the wrong length", {EXT_COOKIE, MORE("\0\2a")}, ALERT_DECODE_ERROR},
        {"post_handshake_auth", {49, MORE("")}, OPENS},
        {"post_handshake_auth with a body", {49, MORE("\1")}, ALERT_DECODE_ERROR},
        {"compress_certificate", {EXT_COMPRESS_CERTIFICATE, MORE("\2\0\2")}, OPENS},
        {"compress_certificate, odd", {EXT_COMPRESS_CERTIFICATE, MORE("\1\0")}, ALERT_DECODE_ERROR},
        {"compress_certificate, empty", {EXT_COMPRESS_CERTIFICATE, MORE("\0")}, ALERT_DECODE_ERROR},
        {"record_size_limit of 3 bytes", {EXT_RECORD_LIMIT, MORE("\1\0\0")}, ALERT_DECODE_ERROR},
        {"record_size_limit of 63", {EXT_RECORD_LIMIT, MORE("\0\x3F")}, ALERT_ILLEGAL_PARAMETER},
        {"signature_algorithms_cert", {EXT_SIGNATURES_CERT, MORE("\0\2\4\3")}, OPENS},
        {"signature_algorithms_cert, odd",
         {EXT_SIGNATURES_CERT, MORE("\0\1\4")},
         ALERT_DECODE_ERROR},
        {"certificate_authorities", {47, MORE("\0\4\0\2\x30\0")}, OPENS},
        {"certificate_authorities, empty", {47, MORE("\0\0")}, ALERT_DECODE_ERROR},
        {"certificate_authorities, bad", {47, MORE("\0\4\0\3\x30\0")}, ALERT_DECODE_ERROR},
        {"oid_filters", {48, MORE("\0\0")}, ALERT_ILLEGAL_PARAMETER},
        {"pre_shared_key of nothing", {EXT_PSK, MORE("")}, ALERT_DECODE_ERROR},
        {"no identity",
         {EXT_PSK, MORE("\0\0\0\x21\x20"
                        "0123456789abcdef0123456789abcdef")},
         ALERT_DECODE_ERROR},
        {"no binder", {EXT_PSK, MORE("\0\7\0\1a\0\0\0\0\0\0")}, ALERT_DECODE_ERROR},
        {"an empty identity",
         {EXT_PSK, MORE("\0\6\0\0\0\0\0\0\0\x21\x20"
                        "0123456789abcdef0123456789abcdef")},
         ALERT_DECODE_ERROR},
        {"a binder of 31 bytes",
         {EXT_PSK, MORE("\0\7\0\1a\0\0\0\0\0\x20\x1F"
                        "0123456789abcdef0123456789abcde")},
         ALERT_DECODE_ERROR},
        {"two binders for one",
         {EXT_PSK, MORE("\0\7\0\1a\0\0\0\0\0\x42\x20"
                        "0123456789abcdef0123456789abcdef\x20"
                        "0123456789abcdef0123456789abcdef")},
         ALERT_ILLEGAL_PARAMETER},
        {"an unknown identity",
         {EXT_PSK, MORE("\0\7\0\1a\0\0\0\0\0\x21\x20"
                        "0123456789abcdef0123456789abcdef")},
         OPENS},
    };
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    play(c, rows, ARRAY_LEN(rows), false);
    ok(true, "extensions that are wrong, and some that are only odd");
    hand13_free(c);
}

/* ---- shares -------------------------------------------------------------- */

/* A key_share with one share in it. */
static struct span one_share(uint16_t group, const uint8_t *share, size_t len)
{
    static uint8_t body[3000];

    put_u16(body, (uint32_t)(len + 4));
    put_u16(body + 2, group);
    put_u16(body + 4, (uint32_t)len);
    memcpy(body + 6, share, len);
    return span_of(body, 6 + len);
}

static void try_share(struct hand13 *c, uint16_t group, const uint8_t *share, size_t len,
                      const char *name)
{
    c->says.edits[0] =
        (struct hand13_edit){EXT_KEY_SHARE, EDIT_REPLACE, one_share(group, share, len)};
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, name);
}

static void shares(void)
{
    static const uint16_t groups[] = {29, 23, 24, 25, KEX_X25519MLKEM768};
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    uint8_t share[1300];
    size_t len;

    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        memset(share, 0, sizeof share);
        len = hand13_share(groups[i], share);
        try_share(c, groups[i], share, len - 1, "a share one byte short");
        try_share(c, groups[i], share, len + 1, "a share one byte long");
        try_share(c, groups[i], share, 1, "a share of one byte");
        memset(share, 0, sizeof share);
        if (groups[i] != 29 && groups[i] != KEX_X25519MLKEM768) {
            share[0] = 4;
        }
        try_share(c, groups[i], share, len, "a share of zeros");
        if (groups[i] == 29) {
            share[0] = 1;
            try_share(c, groups[i], share, len, "a point of small order");
        } else if (groups[i] == KEX_X25519MLKEM768) {
            hand13_share(groups[i], share);
            share[0] = 0x01;
            share[1] = 0x0D; /* 3329 */
            try_share(c, groups[i], share, len, "a coefficient that is the modulus");
            hand13_share(groups[i], share);
            memset(share + 1184, 0, 32);
            try_share(c, groups[i], share, len, "a point of small order in the hybrid");
        } else {
            hand13_share(groups[i], share);
            share[len - 1] ^= 1;
            try_share(c, groups[i], share, len, "a point off the curve");
            share[0] = 2;
            try_share(c, groups[i], share, (len + 1) / 2, "a compressed point");
        }
    }
    ok(true, "shares that are none are illegal_parameter");
    {
        static const struct row rows[] = {
            {"a share of nothing", {EXT_KEY_SHARE, BODY("\0\4\0\x1D\0\0")}, ALERT_DECODE_ERROR},
            {"a share cut short", {EXT_KEY_SHARE, BODY("\0\5\0\x1D\0\2a")}, ALERT_DECODE_ERROR},
            {"half a head", {EXT_KEY_SHARE, BODY("\0\3\0\x1D\0")}, ALERT_DECODE_ERROR},
            {"a list of nothing", {EXT_KEY_SHARE, BODY("")}, ALERT_DECODE_ERROR},
            {"a list longer than it is", {EXT_KEY_SHARE, BODY("\0\1")}, ALERT_DECODE_ERROR},
            {"two of a group",
             {EXT_KEY_SHARE, BODY("\0\12\0\x1D\0\1a\0\x1D\0\1a")},
             ALERT_ILLEGAL_PARAMETER},
        };

        c->says.edits[0].what = EDIT_NONE;
        play(c, rows, ARRAY_LEN(rows), false);
    }
    ok(true, "and lists of them that are wrong");
    hand13_free(c);
}

/* ---- fields -------------------------------------------------------------- */

static void fields(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    c->says.compression = BYTES("\1\0");
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, "two compression methods");
    c->says.compression = BYTES("\1");
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, "a compression method that is not null");
    c->says.compression = span_of(NULL, 0);
    c->says.suites[0] = 0x1304;
    c->says.suites[1] = 0x3A3A;
    c->says.suites[2] = 0xC02B;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_HANDSHAKE_FAILURE,
                "no suite of TLS 1.3 in common: and no TLS 1.2 instead");
    c->says.suites[0] = 0x1301;
    c->says.suites[2] = 0x5600;
    hand13_shake(c, NULL);
    hand13_opens(c, "TLS_FALLBACK_SCSV says nothing where the version is the highest");
    c->says.legacy_version = 0x0301;
    hand13_shake(c, NULL);
    hand13_opens(c, "legacy_version is not looked at");
    c->says.legacy_version = 0x0303;
    for (unsigned n = 0; n <= 32; n++) {
        c->says.session_id_len = (uint8_t)n;
        hand13_shake(c, NULL);
        hand13_opens(c, "a session ID of every length, echoed");
    }
    c->says.groups[0] = 0x3A3A;
    c->says.groups[1] = c->says.shares[0] = 0;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_HANDSHAKE_FAILURE, "no group in common");
    ok(true, "fields of the hello");
    hand13_free(c);
}

/* Cut at each byte, its lengths as they were. */
static void truncated(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    uint8_t hello[2000];
    size_t len;

    hand13_begin(c);
    len = c->hello_len;
    memcpy(hello, c->hello, len);
    for (size_t n = 4; n < len; n++) {
        hand13_reset(c);
        put_u24(hello + 1, (uint32_t)(n - 4));
        hand13_send(c, RECORD_HANDSHAKE, span_of(hello, n));
        hand13_deliver(c);
        hand13_take(c);
        expect(c->alert == ALERT_DECODE_ERROR || c->alert == ALERT_PROTOCOL_VERSION ||
                   c->alert == ALERT_HANDSHAKE_FAILURE || c->alert == ALERT_MISSING_EXTENSION,
               "a hello cut short");
        hand13_ends(c, c->alert, "a hello cut short");
    }
    ok(true, "hellos cut short");
    hand13_free(c);
}

/* ---- the second hello ---------------------------------------------------- */

static void second(void)
{
    static const struct row rows[] = {
        {"as asked for", {0, EDIT_NONE, SPAN("")}, OPENS},
        {"without the cookie", {EXT_COOKIE, OMIT}, ALERT_MISSING_EXTENSION},
        {"with another cookie", {EXT_COOKIE, BODY("\0\4what")}, ALERT_ILLEGAL_PARAMETER},
        {"without a share", {EXT_KEY_SHARE, OMIT}, ALERT_MISSING_EXTENSION},
        {"with no share", {EXT_KEY_SHARE, BODY("\0\0")}, ALERT_ILLEGAL_PARAMETER},
        {"with a share of another group",
         {EXT_KEY_SHARE, BODY("\0\5\0\x1D\0\1a")},
         ALERT_ILLEGAL_PARAMETER},
        {"with two shares",
         {EXT_KEY_SHARE, BODY("\0\12\0\x17\0\1a\0\x1D\0\1a")},
         ALERT_ILLEGAL_PARAMETER},
        {"without supported_versions", {EXT_VERSIONS, OMIT}, ALERT_ILLEGAL_PARAMETER},
        {"with other versions", {EXT_VERSIONS, BODY("\4\3\4\3\3")}, ALERT_ILLEGAL_PARAMETER},
        {"with other groups", {EXT_GROUPS, BODY("\0\4\0\x17\0\x1D")}, ALERT_ILLEGAL_PARAMETER},
        {"with another name", {EXT_SERVER_NAME, BODY("\0\4\0\0\1a")}, ALERT_ILLEGAL_PARAMETER},
        {"without a name", {EXT_SERVER_NAME, OMIT}, ALERT_ILLEGAL_PARAMETER},
        {"with other schemes", {EXT_SIGNATURES, BODY("\0\2\4\3")}, ALERT_ILLEGAL_PARAMETER},
        {"with early data", {EXT_EARLY_DATA, MORE("")}, ALERT_MISSING_EXTENSION},
        {"with padding", {EXT_PADDING, MORE("\0\0")}, OPENS},
    };
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    c->says.groups[0] = 23;
    c->says.groups[1] = 24;
    c->says.groups[2] = 0;
    c->says.shares[0] = 0;
    play(c, rows, ARRAY_LEN(rows), true);
    ok(true, "second hellos");
    /* A bit of the random, the session ID, the suites. */
    for (size_t at = 6; at < 79; at++) {
        c->says.flip[1] = at;
        hand13_shake(c, NULL);
        expect(c->retried, "asked again");
        hand13_ends(c,
                    at == 38 || at == 71 || at == 72 ? ALERT_DECODE_ERROR : ALERT_ILLEGAL_PARAMETER,
                    "a bit of the second hello");
    }
    ok(true, "a bit of the second hello's fixed fields");
    hand13_free(c);
}

static void instead_of_second(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    c->says.shares[0] = 0;
    hand13_begin(c);
    hand13_deliver(c);
    hand13_take(c);
    ok(c->retried && c->expected == EXPECT_HELLO, "a HelloRetryRequest for want of a share");
    hand13_clear(c, RECORD_HANDSHAKE,
                 BYTES("\x14\0\0\x20"
                       "0123456789abcdef0123456789abcdef"));
    hand13_deliver(c);
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "Finished in place of the second hello");

    hand13_begin(c);
    hand13_deliver(c);
    hand13_take(c);
    hand13_clear(c, RECORD_DATA, BYTES("data"));
    hand13_deliver(c);
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "data in place of it");

    hand13_begin(c);
    hand13_deliver(c);
    hand13_take(c);
    tls_recv_eof(c->tls);
    ok((tls_state(c->tls) & TLS_CLOSED) != 0 &&
           strstr(hand13_reason(c), "left during the handshake") != NULL,
       "or nothing at all");

    hand13_begin(c);
    hand13_deliver(c);
    hand13_take(c);
    hand13_clear(c, RECORD_HANDSHAKE, BYTES("\1\xFF\xFF\xFF"));
    hand13_deliver(c);
    hand13_ends(c, ALERT_DECODE_ERROR, "or one of 16 MB");
    hand13_free(c);
}

/* A client that could do TLS 1.3 is never led to TLS 1.2. */
static void versions(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    c->says.edits[0] = (struct hand13_edit){EXT_VERSIONS, EDIT_REPLACE, BYTES("\4\3\3\3\4")};
    hand13_shake(c, NULL);
    ok(hand13_open(c), "the highest version, wherever it stands");
    c->says.suites[0] = 0xC02B;
    c->says.suites[1] = 0;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_HANDSHAKE_FAILURE, "a suite of TLS 1.2 alone beside both versions");
    config.version_min = 0x0304;
    c->says.edits[0].body = BYTES("\2\3\3");
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_PROTOCOL_VERSION, "TLS 1.2 alone where it is off");
    hand13_free(c);
}

int main(void)
{
    extensions();
    shares();
    fields();
    truncated();
    second();
    instead_of_second();
    versions();
    return tap_done();
}
