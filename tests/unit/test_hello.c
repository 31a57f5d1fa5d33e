/* tls/hello: each rule and its alert, every truncation, real clients, GREASE. */
#include "tls/hello.h"
#include "hello_build.h"
#include "hello_samples.h"
#include "tap.h"

/* Parses an exact copy, so that a read too far is seen; the spans of *h then
 * point into the copy, which lives until the next call. */
static int parse(struct span m, struct hello *h)
{
    static uint8_t *exact;
    int result;

    free(exact);
    exact = malloc(m.len > 0 ? m.len : 1);
    memcpy(exact, m.data, m.len);
    result = hello_parse(exact, m.len, h);
    expect(result == 0 || result == -1, "0 or -1");
    expect((result == 0) == (h->reason == NULL), "a fault has its sentence");
    return result;
}

/* 0: accepted, else the alert's number (close_notify never stands here). */
static int verdict(const struct hello_build *b)
{
    struct hello h;

    return parse(hello_bytes(b), &h) == 0 ? 0 : (int)h.alert;
}

enum extension_type {
    SERVER_NAME = 0,
    FRAGMENT_LEN = 1,
    STATUS_REQUEST = 5,
    GROUPS = 10,
    POINT_FORMATS = 11,
    SIGNATURES = 13,
    HEARTBEAT = 15,
    ALPN = 16,
    ETM = 22,
    EMS = 23,
    RECORD_LIMIT = 28,
    TICKET = 35,
    VERSIONS = 43,
    PSK_MODES = 45,
    SIGNATURES_CERT = 50,
    KEY_SHARE = 51,
    RENEGOTIATION = 0xFF01,
};

#define A16     "aaaaaaaaaaaaaaaa"
#define A32     A16 A16
#define A64     A32 A32
#define LABEL63 A32 A16 "aaaaaaaaaaaaaaa"

/* One extension alone in a hello; alert 0 means that it is fine. */
static const struct {
    const char *name;
    unsigned type;
    struct span body;
    int alert;
} rules[] = {
    {"SNI: a name", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03o.k"), 0},
    {"SNI: underscores", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03_ok"), 0},
    {"SNI: an IPv4 literal", SERVER_NAME,
     SPAN("\x00\x0a\x00\x00\x07"
          "1.2.3.4"),
     0},
    {"SNI: a label of 63", SERVER_NAME, SPAN("\x00\x42\x00\x00\x3f" LABEL63), 0},
    {"SNI: a label of 64", SERVER_NAME, SPAN("\x00\x43\x00\x00\x40" A64), 47},
    {"SNI: 255 bytes", SERVER_NAME,
     SPAN("\x01\x02\x00\x00\xff" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63), 0},
    {"SNI: 256 bytes", SERVER_NAME,
     SPAN("\x01\x03\x00\x01\x00" LABEL63 "." LABEL63 "." LABEL63 "." A32 A16 "aaaaaaaaaaaaaa.a"),
     47},
    {"SNI: empty body", SERVER_NAME, SPAN(""), 50},
    {"SNI: empty list", SERVER_NAME, SPAN("\x00\x00"), 50},
    {"SNI: empty name", SERVER_NAME, SPAN("\x00\x03\x00\x00\x00"), 50},
    {"SNI: list longer than the body", SERVER_NAME, SPAN("\x00\x07\x00\x00\x03o.k"), 50},
    {"SNI: list shorter than the body", SERVER_NAME, SPAN("\x00\x05\x00\x00\x03o.k"), 50},
    {"SNI: name longer than the list", SERVER_NAME, SPAN("\x00\x06\x00\x00\x04o.k"), 50},
    {"SNI: name shorter than the list", SERVER_NAME, SPAN("\x00\x06\x00\x00\x02okk"), 50},
    {"SNI: two host names", SERVER_NAME,
     SPAN("\x00\x08\x00\x00\x01"
          "a\x00\x00\x01"
          "b"),
     47},
    {"SNI: another type alone", SERVER_NAME, SPAN("\x00\x04\x07\x00\x01\x00"), 0},
    {"SNI: another type beside", SERVER_NAME, SPAN("\x00\x08\xff\x00\x01\x00\x00\x00\x01o"), 0},
    {"SNI: another type twice", SERVER_NAME, SPAN("\x00\x08\x07\x00\x01\x00\x07\x00\x01\x00"), 47},
    {"SNI: a NUL", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03o\x00k"), 47},
    {"SNI: a blank", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03o k"), 47},
    {"SNI: a slash", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03o/k"), 47},
    {"SNI: UTF-8", SERVER_NAME, SPAN("\x00\x05\x00\x00\x02\xc3\xa4"), 47},
    {"SNI: an IPv6 literal", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03::1"), 47},
    {"SNI: a trailing dot", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03ok."), 47},
    {"SNI: a leading dot", SERVER_NAME, SPAN("\x00\x06\x00\x00\x03.ok"), 47},
    {"SNI: an empty label", SERVER_NAME, SPAN("\x00\x07\x00\x00\x04o..k"), 47},
    {"ALPN: two names", ALPN, SPAN("\x00\x0c\x02h2\x08http/1.1"), 0},
    {"ALPN: bytes that are no text", ALPN, SPAN("\x00\x03\x02\x0a\x0a"), 0},
    {"ALPN: empty body", ALPN, SPAN(""), 50},
    {"ALPN: empty list", ALPN, SPAN("\x00\x00"), 50},
    {"ALPN: empty name", ALPN, SPAN("\x00\x01\x00"), 50},
    {"ALPN: empty name at the end", ALPN, SPAN("\x00\x04\x02h2\x00"), 50},
    {"ALPN: name too long", ALPN, SPAN("\x00\x03\x03h2"), 50},
    {"ALPN: trailing byte", ALPN, SPAN("\x00\x03\x02h2\x00"), 50},
    {"point formats: uncompressed", POINT_FORMATS, SPAN("\x01\x00"), 0},
    {"point formats: all", POINT_FORMATS, SPAN("\x03\x02\x01\x00"), 0},
    {"point formats: not uncompressed", POINT_FORMATS, SPAN("\x02\x01\x02"), 47},
    {"point formats: empty list", POINT_FORMATS, SPAN("\x00"), 50},
    {"point formats: empty body", POINT_FORMATS, SPAN(""), 50},
    {"point formats: trailing byte", POINT_FORMATS, SPAN("\x01\x00\x00"), 50},
    {"groups", GROUPS, SPAN("\x00\x04\x00\x1d\x00\x17"), 0},
    {"groups: empty list", GROUPS, SPAN("\x00\x00"), 50},
    {"groups: empty body", GROUPS, SPAN(""), 50},
    {"groups: odd", GROUPS, SPAN("\x00\x03\x00\x1d\x00"), 50},
    {"groups: trailing byte", GROUPS, SPAN("\x00\x02\x00\x1d\x00"), 50},
    {"groups: too short", GROUPS, SPAN("\x00\x04\x00\x1d\x00"), 50},
    {"signatures", SIGNATURES, SPAN("\x00\x02\x04\x03"), 0},
    {"signatures: empty list", SIGNATURES, SPAN("\x00\x00"), 50},
    {"signatures: empty body", SIGNATURES, SPAN(""), 50},
    {"signatures: odd", SIGNATURES, SPAN("\x00\x03\x04\x03\x04"), 50},
    {"signatures: trailing byte", SIGNATURES, SPAN("\x00\x02\x04\x03\x00"), 50},
    {"signatures_cert", SIGNATURES_CERT, SPAN("\x00\x02\x04\x03"), 0},
    {"signatures_cert: empty list", SIGNATURES_CERT, SPAN("\x00\x00"), 50},
    {"signatures_cert: odd", SIGNATURES_CERT, SPAN("\x00\x01\x04"), 50},
    {"versions", VERSIONS, SPAN("\x04\x03\x04\x03\x03"), 0},
    {"versions: empty list", VERSIONS, SPAN("\x00"), 50},
    {"versions: empty body", VERSIONS, SPAN(""), 50},
    {"versions: odd", VERSIONS, SPAN("\x03\x03\x04\x03"), 50},
    {"versions: the server's form", VERSIONS, SPAN("\x03\x04"), 50},
    {"versions: trailing byte", VERSIONS, SPAN("\x02\x03\x04\x00"), 50},
    {"EMS", EMS, SPAN(""), 0},
    {"EMS: a body", EMS, SPAN("\x00"), 50},
    {"EtM", ETM, SPAN(""), 0},
    {"EtM: a body", ETM, SPAN("\x00"), 50},
    {"ticket: empty", TICKET, SPAN(""), 0},
    {"ticket: anything", TICKET, SPAN("\x00\xff\x00"), 0},
    {"status_request", STATUS_REQUEST, SPAN("\x01\x00\x00\x00\x00"), 0},
    {"status_request: IDs", STATUS_REQUEST, SPAN("\x01\x00\x03\x00\x01x\x00\x01y"), 0},
    {"status_request: another type", STATUS_REQUEST, SPAN("\x02\x01"), 0},
    {"status_request: empty body", STATUS_REQUEST, SPAN(""), 50},
    {"status_request: an empty ID", STATUS_REQUEST, SPAN("\x01\x00\x02\x00\x00\x00\x00"), 50},
    {"status_request: an ID too long", STATUS_REQUEST, SPAN("\x01\x00\x03\x00\x02x\x00\x00"), 50},
    {"status_request: no extensions", STATUS_REQUEST, SPAN("\x01\x00\x00"), 50},
    {"status_request: trailing byte", STATUS_REQUEST, SPAN("\x01\x00\x00\x00\x00\x00"), 50},
    {"fragment length 1", FRAGMENT_LEN, SPAN("\x01"), 0},
    {"fragment length 4", FRAGMENT_LEN, SPAN("\x04"), 0},
    {"fragment length 0", FRAGMENT_LEN, SPAN("\x00"), 47},
    {"fragment length 5", FRAGMENT_LEN, SPAN("\x05"), 47},
    {"fragment length: empty body", FRAGMENT_LEN, SPAN(""), 50},
    {"fragment length: two bytes", FRAGMENT_LEN, SPAN("\x01\x01"), 50},
    {"record limit 64", RECORD_LIMIT, SPAN("\x00\x40"), 0},
    {"record limit 16385", RECORD_LIMIT, SPAN("\x40\x01"), 0},
    {"record limit 63", RECORD_LIMIT, SPAN("\x00\x3f"), 47},
    {"record limit: one byte", RECORD_LIMIT, SPAN("\x40"), 50},
    {"record limit: three bytes", RECORD_LIMIT, SPAN("\x40\x00\x00"), 50},
    {"renegotiation_info", RENEGOTIATION, SPAN("\x00"), 0},
    {"renegotiation_info: with data", RENEGOTIATION, SPAN("\x01x"), 40},
    {"renegotiation_info: empty body", RENEGOTIATION, SPAN(""), 50},
    {"renegotiation_info: trailing byte", RENEGOTIATION, SPAN("\x00\x00"), 50},
    {"heartbeat is not read", HEARTBEAT, SPAN("\x05zz"), 0},
    {"an unknown extension", 0x1234, SPAN("\xff\xff\xff"), 0},
    {"a GREASE extension", 0xAAAA, SPAN("\x00"), 0},
};

static void check_rules(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct hello_build b = build_hello();
        int got;

        build_extension(&b, rules[i].type, rules[i].body);
        got = verdict(&b);
        if (!ok(got == rules[i].alert, rules[i].name)) {
            printf("# alert %d instead of %d\n", got, rules[i].alert);
        }
    }
}

/* A body cut anywhere is malformed; save where the cut one is a whole too. */
static void check_cut_bodies(void)
{
    unsigned cuts = 0;

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (rules[i].alert != 0 || rules[i].type == TICKET || rules[i].type == HEARTBEAT ||
            rules[i].type == 0x1234 || rules[i].type == 0xAAAA ||
            (rules[i].type == STATUS_REQUEST && rules[i].body.data[0] != 1)) {
            continue;
        }
        for (size_t n = 0; n < rules[i].body.len; n++) {
            struct hello_build b = build_hello();

            build_extension(&b, rules[i].type, span_of(rules[i].body.data, n));
            cuts += expect(verdict(&b) == 50, rules[i].name);
        }
    }
    ok(cuts > 300, "a body that is cut anywhere is a decode_error");
}

static void check_fields(void)
{
    struct hello_build b = build_hello();
    struct hello h;
    struct span m = hello_bytes(&b);
    static const uint8_t zeros[33];
    uint8_t bytes[512];

    ok(parse(m, &h) == 0 && h.legacy_version == 0x0303 && h.random.len == 32 &&
           h.random.data[31] == 32 && h.session_id.len == 0 && h.suites.len == 6 &&
           h.extensions.len == 0 && h.has == HELLO_HAS_RENEGOTIATION && h.alpn.len == 0,
       "the smallest hello");
    b.no_extensions = true;
    ok(verdict(&b) == 0, "no extensions at all");
    b.trailing = BYTES("\x00");
    ok(verdict(&b) == 50, "half a length of extensions");
    b.no_extensions = false;
    ok(verdict(&b) == 50, "a byte after the extensions");
    b.trailing = BYTES("");
    b.session_id = span_of(zeros, 32);
    ok(verdict(&b) == 0, "a session ID of 32 bytes");
    b.session_id = span_of(zeros, 33);
    ok(verdict(&b) == 50, "a session ID of 33 bytes");
    b = build_hello();
    b.suites = BYTES("");
    ok(verdict(&b) == 50, "no suites");
    b.suites = BYTES("\xC0\x2F\xC0");
    ok(verdict(&b) == 50, "suites of odd length");
    b = build_hello();
    b.compression = BYTES("");
    ok(verdict(&b) == 50, "no compression methods");
    b.compression = BYTES("\x01");
    ok(verdict(&b) == 47, "compression without null");
    b.compression = BYTES("\x01\x00");
    ok(verdict(&b) == 0, "compression with null");
    build_extension(&b, VERSIONS, BYTES("\x02\x03\x03"));
    ok(verdict(&b) == 0, "compression with null, and TLS 1.2 in the list of versions");
    b = build_hello();
    b.version = 0x02FF;
    ok(verdict(&b) == 70, "a version below SSLv3");
    b.version = 0x0300;
    ok(verdict(&b) == 0, "SSLv3 parses");
    memcpy(bytes, m.data, m.len);
    bytes[0] = 2;
    ok(parse(span_of(bytes, m.len), &h) == -1 && h.alert == 10, "another message");
    bytes[0] = 1;
    bytes[3]++;
    ok(parse(span_of(bytes, m.len), &h) == -1 && h.alert == 50, "a message that is too short");
    bytes[3] = (uint8_t)(bytes[3] - 2);
    ok(parse(span_of(bytes, m.len), &h) == -1 && h.alert == 50, "a message that is too long");
}

static void check_many(void)
{
    struct hello_build b = build_hello();
    struct hello h;

    build_extension(&b, 0x7777, BYTES("a"));
    build_extension(&b, EMS, BYTES(""));
    build_extension(&b, 0x7777, BYTES("a"));
    ok(verdict(&b) == 47, "an unknown extension twice");
    b = build_hello();
    build_extension(&b, SERVER_NAME,
                    BYTES("\x00\x04\x00\x00\x01"
                          "a"));
    build_extension(&b, SERVER_NAME,
                    BYTES("\x00\x04\x00\x00\x01"
                          "a"));
    ok(parse(hello_bytes(&b), &h) == -1 && h.alert == 47 && span_is(h.server_name, "a"),
       "a known extension twice; the name is kept for the log");
    b = build_hello();
    build_extension(&b, 0x7777, BYTES("abc"));
    for (b.extensions_len--; b.extensions_len > 0; b.extensions_len--) {
        expect(verdict(&b) == 50, "an unknown extension that does not fit");
    }
    for (unsigned i = 0; i < 4000; i++) {
        build_extension(&b, 0x2000 + i, BYTES(""));
    }
    ok(verdict(&b) == 0, "four thousand extensions");
    b.suites = BYTES("\x56\x00\x13\x01");
    ok(parse(hello_bytes(&b), &h) == 0 && h.has == HELLO_HAS_FALLBACK_SCSV, "the fallback signal");
}

/* GREASE (RFC 8701) wherever a client may put it, in Chromium's manner. */
static void check_grease(void)
{
    struct hello_build b = build_hello();
    struct hello h;
    unsigned count = 0;

    b.suites = BYTES("\xCA\xCA\x13\x01\xC0\x2F");
    build_extension(&b, 0x3A3A, BYTES(""));
    build_extension(&b, SERVER_NAME,
                    BYTES("\x00\x0e\x00\x00\x0b"
                          "Example.Org"));
    build_extension(&b, GROUPS, BYTES("\x00\x06\x5A\x5A\x11\xEC\x00\x1d"));
    build_extension(&b, KEY_SHARE, BYTES("\x00\x0a\x5A\x5A\x00\x01\x00\x00\x1d\x00\x01x"));
    build_extension(&b, VERSIONS, BYTES("\x06\xFA\xFA\x03\x04\x03\x03"));
    build_extension(&b, SIGNATURES, BYTES("\x00\x04\x0A\x0A\x04\x03"));
    build_extension(&b, ALPN, BYTES("\x00\x0f\x02\xBA\xBA\x02h2\x08http/1.1"));
    build_extension(&b, PSK_MODES, BYTES("\x02\x0b\x01"));
    build_extension(&b, 0xDADA, BYTES("\x00"));
    ok(parse(hello_bytes(&b), &h) == 0 && hello13_parse(&h) == 0, "GREASE everywhere");
    ok(h.has == (HELLO_HAS_SNI | HELLO_HAS_GROUPS | HELLO_HAS_KEY_SHARE | HELLO_HAS_VERSIONS |
                 HELLO_HAS_SIGNATURES | HELLO_HAS_ALPN | HELLO_HAS_PSK_MODES),
       "what is there is noted");
    ok(span_is(h.server_name, "Example.Org") && h.groups.len == 6 && h.versions.len == 6 &&
           h.signatures.len == 4 && h.alpn.len == 15 && h.key_shares.len == 10,
       "the spans hold what was sent");
    ok(hello_choose_version(&h, 0x0301, 0xFFFF) == 0x0304, "GREASE is no version");
    ok(hello_alpn_has(&h, "h2") && hello_alpn_has(&h, "http/1.1") &&
           !hello_alpn_has(&h, "http/1.0") && !hello_alpn_has(&h, "h") && !hello_alpn_has(&h, ""),
       "ALPN names are found whole");
    ok(hello_list_has(h.groups, 29) && hello_list_has(h.groups, 0x11EC) &&
           !hello_list_has(h.groups, 0x5A11) && !hello_list_has(h.groups, 23),
       "numbers are found at even places alone");
    for (unsigned v = 0; v < 65536; v++) {
        count += hello_is_grease((uint16_t)v);
    }
    ok(count == 16 && hello_is_grease(0x0A0A) && hello_is_grease(0xFAFA) &&
           !hello_is_grease(0x0A1A),
       "sixteen GREASE values");
}

static void check_versions(void)
{
    static const struct {
        uint16_t legacy;
        struct span list;
        uint16_t min, max, want;
    } cases[] = {
        {0x0303, SPAN(""), 0x0301, 0x0304, 0x0303},
        {0x0303, SPAN(""), 0x0301, 0x0302, 0x0302},
        {0x0302, SPAN(""), 0x0301, 0x0303, 0x0302},
        {0x0302, SPAN(""), 0x0303, 0x0303, 0},
        {0x0301, SPAN(""), 0x0301, 0x0303, 0x0301},
        {0x0300, SPAN(""), 0x0300, 0x0303, 0},
        {0x0304, SPAN(""), 0x0301, 0x0304, 0x0303},
        {0x04FF, SPAN(""), 0x0301, 0x0304, 0x0303},
        {0x0303, SPAN(""), 0x0304, 0x0304, 0},
        {0x0303, SPAN("\x04\x03\x03\x03\x04"), 0x0301, 0x0304, 0x0304},
        {0x0303, SPAN("\x04\x03\x04\x03\x03"), 0x0301, 0x0303, 0x0303},
        {0x0303, SPAN("\x02\x03\x04"), 0x0301, 0x0303, 0},
        {0x0303, SPAN("\x02\x03\x03"), 0x0303, 0x0303, 0x0303},
        {0x0303, SPAN("\x02\x03\x02"), 0x0303, 0x0303, 0},
        {0x0301, SPAN("\x02\x03\x03"), 0x0301, 0x0303, 0x0303},
        {0x0303, SPAN("\x02\x7F\x17"), 0x0301, 0x0304, 0},
        {0x0300, SPAN("\x02\x03\x03"), 0x0301, 0x0303, 0},
    };
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct hello_build b = build_hello();
        struct hello h;

        b.version = cases[i].legacy;
        if (cases[i].list.len > 0) {
            build_extension(&b, VERSIONS, cases[i].list);
        }
        good &= expect(parse(hello_bytes(&b), &h) == 0, "it parses");
        if (hello_choose_version(&h, cases[i].min, cases[i].max) != cases[i].want) {
            printf("# case %zu\n", i);
            good = false;
        }
    }
    ok(good, "the highest version of both sides");
}

/*
 * Real hellos, cut at every byte. Cut anywhere with the old length, or with
 * the length mended, they are refused: save for one cut, just before the
 * extensions, that leaves a whole hello without any.
 */
static void check_samples(void)
{
    for (size_t i = 0; i < ARRAY_LEN(hello_samples); i++) {
        uint8_t wire[4096], *m = wire + 5;
        size_t len = sample_bytes(&hello_samples[i], wire) - 5, whole = 0;
        struct hello h;
        bool good;
        size_t extensions_at;

        good = parse(span_of(m, len), &h) == 0;
        extensions_at = len - h.extensions.len - 2;
        good &= span_is(h.server_name, hello_samples[i].server_name);
        good &= hello_choose_version(&h, 0x0301, 0x0304) == hello_samples[i].best;
        for (size_t n = 0; n < len; n++) {
            int result = parse(span_of(m, n), &h);

            good &= result == -1 && h.alert == (n == 0 ? 10 : 50);
        }
        for (size_t n = len - 1; n >= 4; n--) {
            put_u24(m + 1, (uint32_t)(n - 4));
            if (parse(span_of(m, n), &h) == 0) {
                whole++;
                good &= n == extensions_at;
            } else {
                good &= h.alert == 50;
            }
        }
        ok(good && whole == 1, hello_samples[i].client);
    }
}

int main(void)
{
    check_fields();
    check_rules();
    check_cut_bodies();
    check_many();
    check_grease();
    check_versions();
    check_samples();
    return tap_done();
}
