/*
 * What a ClientHello comes to in TLS 1.3, the first and, behind a HelloRetryRequest, the
 * second: agree13 and retry13 without records around them.
 */
#include "hello_build.h"
#include "tap.h"
#include "tls_fixture.h"

enum extension_type {
    EXT_NAME = 0,
    EXT_FRAGMENT_LEN = 1,
    EXT_STATUS = 5,
    EXT_GROUPS = 10,
    EXT_SIGNATURES = 13,
    EXT_ALPN = 16,
    EXT_PADDING = 21,
    EXT_RECORD_LIMIT = 28,
    EXT_PSK = 41,
    EXT_EARLY_DATA = 42,
    EXT_VERSIONS = 43,
    EXT_COOKIE = 44,
    EXT_PSK_MODES = 45,
    EXT_KEY_SHARE = 51,
};

#define SHARE_OF_29 "\x00\x05\x00\x1d\x00\x01x"
#define SHARE_OF_24 "\x00\x06\x00\x18\x00\x02yz"
#define A32         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ONE_PSK     "\x00\x07\x00\x01X\x00\x00\x00\x00\x00\x21\x20" A32

/* A connection that stands at its ClientHello, and what was said on it. */
static struct talk {
    struct config config;
    struct counters counters;
    struct tls_context *ctx;
    struct tls *t;
    uint8_t cookie[COOKIE13_MAX];
    size_t cookie_len;
} talk;

static void talk_config(const char *key, const char *second)
{
    static const uint16_t suites[] = {0x1302, 0x1303, 0x1301};
    static const uint16_t groups[] = {29, 23, 24};

    talk.config = fixture_config(key, second);
    memcpy(talk.config.ciphersuites, suites, sizeof suites);
    talk.config.ciphersuite_count = ARRAY_LEN(suites);
    memcpy(talk.config.groups, groups, sizeof groups);
    talk.config.group_count = ARRAY_LEN(groups);
    talk.config.version_max = 0x0304;
    talk.config.psk = talk.config.psk_identity = "";
    talk.config.num_tickets = 2;
    talk.config.mode = MODE_ECHO;
}

static void talk_end(void)
{
    if (talk.t != NULL) {
        bytes_wipe(talk.t->v13.handshake, sizeof *talk.t->v13.handshake);
        pool_give(&talk.ctx->handshake13_pool, talk.t->v13.handshake, 0);
        talk.t->v13.handshake = NULL;
        tls_end(talk.t);
        free(talk.t);
        talk.t = NULL;
    }
    tls_context_free(talk.ctx);
    talk.ctx = NULL;
}

static struct handshake13 *talk_begin(void)
{
    talk_end();
    talk.ctx = tls_context_new(&talk.config, &talk.counters);
    talk.t = calloc(1, tls_size());
    tls_begin(talk.t, talk.ctx, 1);
    talk.t->v13.handshake = pool_take(&talk.ctx->handshake13_pool);
    memset(talk.t->v13.handshake, 0, sizeof *talk.t->v13.handshake);
    return talk.t->v13.handshake;
}

/* 0 or the alert. The message stays until the next call. */
static int say(const struct hello_build *b)
{
    static uint8_t *exact;
    struct span m = hello_bytes(b);
    struct hello h;

    free(exact);
    exact = malloc(m.len);
    memcpy(exact, m.data, m.len);
    if (hello_parse(exact, m.len, &h) != 0) {
        printf("# not even parsed: %s\n", h.reason);
        return -1;
    }
    talk.t->choice.version = 0x0304;
    talk.t->choice.reason = NULL;
    if (agree13(talk.t, &h, span_of(exact, m.len)) == 0) {
        return 0;
    }
    expect(talk.t->choice.reason != NULL, "a fault has its sentence");
    return (int)talk.t->choice.alert;
}

/* All but the shares, which differ between first and second. */
static struct hello_build common_part(void)
{
    struct hello_build b = build_hello();

    b.suites = BYTES("\x13\x01\x13\x02\x13\x03");
    b.session_id = BYTES(A32);
    build_extension(&b, EXT_VERSIONS, BYTES("\x02\x03\x04"));
    build_extension(&b, EXT_GROUPS, BYTES("\x00\x06\x00\x19\x00\x18\x00\x17"));
    build_extension(&b, EXT_SIGNATURES, BYTES("\x00\x04\x04\x03\x08\x04"));
    return b;
}

static struct hello_build hello_for_29(void)
{
    struct hello_build b = build_hello();

    b.suites = BYTES("\x13\x01\x13\x02\x13\x03");
    build_extension(&b, EXT_VERSIONS, BYTES("\x02\x03\x04"));
    build_extension(&b, EXT_GROUPS, BYTES("\x00\x04\x00\x1d\x00\x18"));
    build_extension(&b, EXT_SIGNATURES, BYTES("\x00\x04\x04\x03\x08\x04"));
    build_extension(&b, EXT_KEY_SHARE, BYTES(SHARE_OF_29));
    return b;
}

/* ---- the first hello ------------------------------------------------------ */

static void check_agreed(void)
{
    struct hello_build b = hello_for_29();
    struct handshake13 *hs;
    struct transcript13 expected;
    uint8_t got[HASH13_MAX], want[HASH13_MAX];
    struct span m;

    talk_config("server_ec", "server_rsa");
    hs = talk_begin();
    b.session_id = BYTES("session");
    ok(say(&b) == 0 && talk.t->choice.suite == 0x1302 && talk.t->choice.group == 29 &&
           talk.t->choice.signature == 0x0403 && talk.t->choice.cred == talk.t->entry->ec &&
           talk.t->alpn == NULL,
       "suite, group, scheme, certificate");
    ok(span_is(hs->share, "x") && !hs->retry && hs->session_id_len == 7 &&
           memcmp(hs->session_id, "session", 7) == 0 && !hs->early_offered &&
           !hs->ask_certificate && !hs->staple && !hs->name_used && !hs->limit_answer &&
           hs->fragment_len == 0 && hs->compression == 0 && !hs->psk.chosen,
       "and what the handshake does with them");
    ok(talk.t->v13.send_limit == 16384 && talk.t->v13.recv_limit == 16385, "records of any size");
    m = hello_bytes(&b);
    transcript13_begin(&expected, &br_sha384_vtable);
    transcript13_add(&expected, m);
    transcript13_now(&expected, want);
    transcript13_now(&hs->transcript, got);
    ok(memcmp(got, want, 48) == 0, "the transcript has the hello");
    ok(talk.t->full_handshake && talk.t->creds == talk.ctx->creds, "credentials are held");

    talk.config.verify = VERIFY_OPTIONAL;
    talk.config.cafile = "ca_ec";
    hs = talk_begin();
    ok(say(&b) == 0 && hs->ask_certificate, "the client is asked for its certificate");
}

static void check_limits(void)
{
    struct hello_build b = hello_for_29();
    struct handshake13 *hs;
    const struct tls13 *v;

    talk_config("server_ec", NULL);
    build_extension(&b, EXT_FRAGMENT_LEN, BYTES("\x02"));
    hs = talk_begin();
    v = &talk.t->v13;
    ok(say(&b) == 0 && v->send_limit == 1024 && v->recv_limit == 1025 && hs->fragment_len == 2 &&
           !hs->limit_answer,
       "max_fragment_length, in both directions");
    build_extension(&b, EXT_RECORD_LIMIT, BYTES("\x00\x40"));
    hs = talk_begin();
    v = &talk.t->v13;
    ok(say(&b) == 0 && v->send_limit == 63 && v->recv_limit == 16385 && hs->fragment_len == 0 &&
           hs->limit_answer,
       "record_size_limit counts before it, and with the type's byte");
    b = hello_for_29();
    build_extension(&b, EXT_RECORD_LIMIT, BYTES("\xff\xff"));
    hs = talk_begin();
    v = &talk.t->v13;
    ok(say(&b) == 0 && v->send_limit == 16384 && hs->limit_answer, "more than the protocol has");
    b = hello_for_29();
    build_extension(&b, EXT_RECORD_LIMIT, BYTES("\x40\x01"));
    talk.config.max_send_fragment = 512;
    hs = talk_begin();
    v = &talk.t->v13;
    ok(say(&b) == 0 && v->send_limit == 512 && hs->limit_answer, "ssl.max-send-fragment is less");
}

static void check_protocols(void)
{
    static const char *const names[] = {"x", "y"};
    struct hello_build b = hello_for_29();
    uint8_t binding[32];

    talk_config("server_ec", NULL);
    talk_begin();
    ok(say(&b) == 0, "no ALPN");
    memcpy(binding, talk.t->binding, sizeof binding);
    talk.config.alpn.items = (const char **)(uintptr_t)names;
    talk.config.alpn.count = 2;
    talk_begin();
    build_extension(&b, EXT_ALPN, BYTES("\x00\x04\x01q\x01y"));
    ok(say(&b) == 0 && strcmp(talk.t->alpn, "y") == 0, "ALPN");
    ok(memcmp(binding, talk.t->binding, sizeof binding) != 0, "a session is bound to it");
    talk.config.alpn.count = 1;
    talk_begin();
    ok(say(&b) == ALERT_NO_APPLICATION_PROTOCOL, "no protocol in common");
    talk_config("server_ec", NULL);
    talk.config.server_name_fatal = true;
    talk_begin();
    b = hello_for_29();
    build_extension(&b, EXT_NAME, BYTES("\x00\x06\x00\x00\x03o.k"));
    ok(say(&b) == ALERT_UNRECOGNIZED_NAME, "a name that is refused");
    talk.config.server_name_fatal = false;
    talk.config.server_name = "a.test";
    talk_begin();
    ok(say(&b) == 0 && !talk.t->warn_name && !talk.t->v13.handshake->name_used,
       "or passed over without a warning, which TLS 1.3 has not");
}

static void check_refused(void)
{
    struct hello_build b = hello_for_29();

    talk_config("server_ec", NULL);
    talk_begin();
    b.suites = BYTES("\x13\x04\xC0\x2F");
    ok(say(&b) == ALERT_HANDSHAKE_FAILURE, "no suite in common");
    b = hello_for_29();
    b.compression = BYTES("\x00\x01");
    talk_begin();
    ok(say(&b) == ALERT_ILLEGAL_PARAMETER, "judged as TLS 1.3");
    b = build_hello();
    b.suites = BYTES("\x13\x01");
    build_extension(&b, EXT_VERSIONS, BYTES("\x02\x03\x04"));
    build_extension(&b, EXT_GROUPS, BYTES("\x00\x02\x00\x1e"));
    build_extension(&b, EXT_SIGNATURES, BYTES("\x00\x04\x04\x03\x08\x04"));
    build_extension(&b, EXT_KEY_SHARE, BYTES("\x00\x05\x00\x1e\x00\x01x"));
    talk_begin();
    ok(say(&b) == ALERT_HANDSHAKE_FAILURE, "no group in common");
    b = build_hello();
    b.suites = BYTES("\x13\x01");
    build_extension(&b, EXT_VERSIONS, BYTES("\x02\x03\x04"));
    build_extension(&b, EXT_GROUPS, BYTES("\x00\x02\x00\x1d"));
    build_extension(&b, EXT_SIGNATURES, BYTES("\x00\x02\x08\x04"));
    build_extension(&b, EXT_KEY_SHARE, BYTES(SHARE_OF_29));
    talk_begin();
    ok(say(&b) == ALERT_HANDSHAKE_FAILURE, "no scheme in common");
}

/* Keys that we do not know: what then? */
static void check_unknown_psk(void)
{
    struct hello_build b = build_hello();
    struct handshake13 *hs;

    talk_config("server_ec", NULL);
    b.suites = BYTES("\x13\x01");
    build_extension(&b, EXT_VERSIONS, BYTES("\x02\x03\x04"));
    build_extension(&b, EXT_PSK_MODES, BYTES("\x02\x00\x01"));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    talk_begin();
    ok(say(&b) == ALERT_MISSING_EXTENSION, "no groups: nothing is left");
    b = hello_for_29();
    build_extension(&b, EXT_EARLY_DATA, BYTES(""));
    build_extension(&b, EXT_PSK_MODES, BYTES("\x02\x00\x01"));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    hs = talk_begin();
    ok(say(&b) == 0 && !hs->psk.chosen && hs->early_offered && talk.t->full_handshake,
       "a full handshake, and its early data is not taken");
    b = build_hello();
    b.suites = BYTES("\x13\x01");
    build_extension(&b, EXT_VERSIONS, BYTES("\x02\x03\x04"));
    build_extension(&b, EXT_GROUPS, BYTES("\x00\x02\x00\x1d"));
    build_extension(&b, EXT_KEY_SHARE, BYTES(SHARE_OF_29));
    build_extension(&b, EXT_PSK_MODES, BYTES("\x02\x00\x01"));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    talk_begin();
    ok(say(&b) == ALERT_MISSING_EXTENSION, "no signature_algorithms for it");
}

/* ---- the second hello ----------------------------------------------------- */

/* As far as the HelloRetryRequest, for P-256, which is before P-384 here. */
static struct handshake13 *retry_talk(void)
{
    struct hello_build b = common_part();
    struct handshake13 *hs = talk_begin();

    build_extension(&b, EXT_EARLY_DATA, BYTES(""));
    build_extension(&b, EXT_PADDING, BYTES("\x00\x00\x00"));
    build_extension(&b, EXT_KEY_SHARE, BYTES("\x00\x05\x00\x19\x00\x01x"));
    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
    build_extension(&b, EXT_PSK, BYTES(ONE_PSK));
    expect(say(&b) == 0 && hs->retry && talk.t->choice.group == 23 && hs->early_offered, "a retry");
    talk.cookie_len = retry13_cookie(talk.t, talk.cookie);
    expect(server13_retry(talk.t) == 0, "it is made");
    flight13_begin(&hs->flight);
    hs->retried = true;
    return hs;
}

static void add_cookie(struct hello_build *b, unsigned flip)
{
    uint8_t body[2 + COOKIE13_MAX];

    put_u16(body, (uint32_t)talk.cookie_len);
    memcpy(body + 2, talk.cookie, talk.cookie_len);
    if (flip < talk.cookie_len) {
        body[2 + flip] ^= 1;
    }
    build_extension(b, EXT_COOKIE, span_of(body, 2 + talk.cookie_len));
}

static struct hello_build second_hello(void)
{
    struct hello_build b = common_part();

    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
    add_cookie(&b, 100);
    build_extension(&b, EXT_KEY_SHARE, BYTES("\x00\x06\x00\x17\x00\x02yz"));
    return b;
}

/* A second hello that is wrong in one thing. */
static void check_second(const struct hello_build *b, int alert, const char *name)
{
    int got;

    got = say(b);
    if (!ok(got == alert, name)) {
        printf("# alert %d: %s\n", got, got != 0 ? talk.t->choice.reason : "");
    }
}

static void check_retry(void)
{
    struct hello_build b;
    struct handshake13 *hs;

    talk_config("server_ec", NULL);
    hs = retry_talk();
    b = second_hello();
    ok(talk.cookie_len == 32, "a cookie");
    check_second(&b, 0, "the share that was asked for");
    ok(span_is(hs->share, "yz") && !hs->retry && talk.t->choice.group == 23 &&
           talk.t->choice.suite == 0x1302 && talk.t->choice.signature == 0x0403,
       "goes on with what was agreed");

    retry_talk();
    b = common_part();
    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
    build_extension(&b, EXT_KEY_SHARE, BYTES("\x00\x06\x00\x17\x00\x02yz"));
    check_second(&b, ALERT_MISSING_EXTENSION, "no cookie");
    for (unsigned i = 0; i < 32; i++) {
        retry_talk();
        b = common_part();
        build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
        add_cookie(&b, i);
        build_extension(&b, EXT_KEY_SHARE, BYTES("\x00\x06\x00\x17\x00\x02yz"));
        expect(say(&b) == ALERT_ILLEGAL_PARAMETER, "another cookie");
    }
    retry_talk();
    talk.cookie_len--;
    b = second_hello();
    check_second(&b, ALERT_ILLEGAL_PARAMETER, "a cookie that is shorter");
}

static void check_retry_shares(void)
{
    static const struct {
        const char *name;
        struct span body;
        int alert;
    } shares[] = {
        {"another group", SPAN(SHARE_OF_24), ALERT_ILLEGAL_PARAMETER},
        {"the group, and another", SPAN("\x00\x0a\x00\x17\x00\x01x\x00\x18\x00\x01y"),
         ALERT_ILLEGAL_PARAMETER},
        {"no share again", SPAN("\x00\x00"), ALERT_ILLEGAL_PARAMETER},
        {"the same shares again", SPAN("\x00\x05\x00\x19\x00\x01x"), ALERT_ILLEGAL_PARAMETER},
    };

    for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
        struct hello_build b;

        retry_talk();
        b = common_part();
        build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
        add_cookie(&b, 100);
        build_extension(&b, EXT_KEY_SHARE, shares[i].body);
        check_second(&b, shares[i].alert, shares[i].name);
    }
}

/* In all that is known, what the second hello may not change. */
static void check_changes(void)
{
    static const struct {
        const char *name;
        unsigned type;
        struct span body;
        int alert;
    } added[] = {
        {"early_data", EXT_EARLY_DATA, SPAN(""), ALERT_MISSING_EXTENSION},
        {"a server name", EXT_NAME, SPAN("\x00\x06\x00\x00\x03o.k"), ALERT_ILLEGAL_PARAMETER},
        {"protocols", EXT_ALPN, SPAN("\x00\x04\x01q\x01y"), ALERT_ILLEGAL_PARAMETER},
        {"a record limit", EXT_RECORD_LIMIT, SPAN("\x40\x01"), ALERT_ILLEGAL_PARAMETER},
        {"a fragment length", EXT_FRAGMENT_LEN, SPAN("\x01"), ALERT_ILLEGAL_PARAMETER},
        {"a status", EXT_STATUS, SPAN("\x01\x00\x00\x00\x00"), ALERT_ILLEGAL_PARAMETER},
        {"padding", EXT_PADDING, SPAN("\x00"), 0},
        {"what nobody knows", 0x7777, SPAN("a"), 0},
        {"a key that is not known", EXT_PSK, SPAN(ONE_PSK), 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(added); i++) {
        struct hello_build b;

        retry_talk();
        b = second_hello();
        build_extension(&b, added[i].type, added[i].body);
        check_second(&b, added[i].alert, added[i].name);
    }
}

static void check_changed_fields(void)
{
    struct hello_build b;
    struct hello_build early = {0};

    retry_talk();
    early = second_hello();
    build_extension(&early, EXT_EARLY_DATA, BYTES(""));
    build_extension(&early, EXT_PSK, BYTES(ONE_PSK));
    check_second(&early, ALERT_ILLEGAL_PARAMETER, "early data with a key");
    retry_talk();
    b = second_hello();
    b.suites = BYTES("\x13\x02\x13\x01\x13\x03");
    check_second(&b, ALERT_ILLEGAL_PARAMETER, "suites in another order");
    retry_talk();
    b = second_hello();
    b.session_id = BYTES("other");
    check_second(&b, ALERT_ILLEGAL_PARAMETER, "another session ID");
    retry_talk();
    b = second_hello();
    b.version = 0x0302;
    check_second(&b, ALERT_ILLEGAL_PARAMETER, "another legacy_version");
    retry_talk();
    b = build_hello();
    b.suites = BYTES("\x13\x01\x13\x02\x13\x03");
    b.session_id = BYTES(A32);
    build_extension(&b, EXT_VERSIONS, BYTES("\x02\x03\x03"));
    build_extension(&b, EXT_GROUPS, BYTES("\x00\x06\x00\x19\x00\x18\x00\x17"));
    build_extension(&b, EXT_SIGNATURES, BYTES("\x00\x04\x04\x03\x08\x04"));
    build_extension(&b, EXT_PSK_MODES, BYTES("\x01\x01"));
    add_cookie(&b, 100);
    build_extension(&b, EXT_KEY_SHARE, BYTES("\x00\x06\x00\x17\x00\x02yz"));
    check_second(&b, ALERT_ILLEGAL_PARAMETER, "no TLS 1.3 any more");
}

/* The cookie is good for what it was made for, and here alone. */
static void check_cookies(void)
{
    uint8_t first[COOKIE13_MAX], second[COOKIE13_MAX];

    retry_talk();
    memcpy(first, talk.cookie, 32);
    talk.t->choice.group = 24;
    retry13_cookie(talk.t, second);
    ok(memcmp(first, second, 32) != 0, "another group, another cookie");
    talk.t->choice.group = 23;
    retry13_cookie(talk.t, second);
    expect(memcmp(first, second, 32) == 0, "the same again");
    talk.t->choice.suite = 0x1301;
    retry13_cookie(talk.t, second);
    ok(memcmp(first, second, 32) != 0, "another suite, another cookie");
    retry_talk();
    ok(memcmp(first, talk.cookie, 32) != 0, "another key, another cookie");
}

int main(void)
{
    check_agreed();
    check_limits();
    check_protocols();
    check_refused();
    check_unknown_psk();
    check_retry();
    check_retry_shares();
    check_changes();
    check_changed_fields();
    check_cookies();
    talk_end();
    return tap_done();
}
