/* tls/probe: the hello of a health check, as our own strict parser reads it, and the judgement
 * of what comes back: every truncation, every byte changed. */
#include "core/build.h"
#include "tap.h"
#include "tls/hello.h"
#include "tls/probe.h"

#include <stdlib.h>

static struct span text_span(const char *text)
{
    return span_of(text, strlen(text));
}

static void test_hello(const char *name, const char *want)
{
    uint8_t random[PROBE_RANDOM], wire[PROBE_HELLO_MAX], message[HELLO_MAX_BYTES];
    struct hello_gathered g;
    struct hello h = {0};
    struct span share;
    size_t len;
    bool good = true;

    for (size_t i = 0; i < sizeof random; i++) {
        random[i] = (uint8_t)(i + 1);
    }
    memset(wire, 0xEE, sizeof wire);
    len = probe_hello(wire, random, text_span(name));
    g = hello_gather(wire, len, message);
    ok(g.status == HELLO_COMPLETE && g.wire_len == len, "one record, and nothing behind it");
    ok(hello_parse(message, g.message_len, &h) == 0 && hello13_parse(&h) == 0, "it parses");
    ok(span_is(h.server_name, want), "the server's name");
    ok(h.random.len == 32 && memcmp(h.random.data, random, 32) == 0, "the random");
    share = hello13_share(&h, 29);
    ok(share.len == 32 && memcmp(share.data, random + 32, 32) == 0, "a share for X25519");
    ok(hello_list_has(h.groups, 23) && hello_list_has(h.groups, 24) && h.groups.len == 8,
       "P-256 and P-384 may be asked for");
    ok(hello_choose_version(&h, 0x0303, 0x0303) == 0x0303 &&
           hello_choose_version(&h, 0x0301, 0x0304) == 0x0304 &&
           (hello_choose_version(&h, 0x0301, 0x0301) == 0x0301) == TINY_LEGACY,
       "every version of this build is offered");
    for (uint16_t suite = 0x1301; suite <= 0x1303; suite++) {
        good = good && hello_list_has(h.suites, suite);
    }
    ok(good && hello_list_has(h.suites, 0xC02B) && hello_list_has(h.suites, 0xC02F) &&
           hello_list_has(h.suites, 0xCCA8) && hello_list_has(h.suites, 0xC013) == TINY_LEGACY,
       "the usual suites");
    ok((h.has & (HELLO_HAS_RENEGOTIATION | HELLO_HAS_EMS | HELLO_HAS_SIGNATURES)) ==
           (HELLO_HAS_RENEGOTIATION | HELLO_HAS_EMS | HELLO_HAS_SIGNATURES),
       "what a careful server asks for");
}

static void test_names(void)
{
    char name[300];

    test_hello("localhost", "localhost");
    test_hello("*.example.org", "x.example.org");
    memset(name, 'a', sizeof name);
    for (size_t i = 30; i < sizeof name; i += 30) {
        name[i] = '.';
    }
    name[sizeof name - 1] = '\0';
    {
        char cut[PROBE_NAME_MAX + 1];

        memcpy(cut, name, PROBE_NAME_MAX);
        cut[PROBE_NAME_MAX] = '\0';
        test_hello(name, cut);
    }
}

/* ---- the answer ------------------------------------------------------------- */

/* A ServerHello with a session ID of so many bytes; ext < 0: without extensions.
 * Returns how many bytes judging takes. */
static size_t server_hello(uint8_t *dst, uint16_t suite, size_t session, int ext)
{
    size_t at = 11;
    size_t rest = ext < 0 ? 0 : 2 + (size_t)ext;

    memset(dst, 0x55, 512);
    memcpy(dst, "\x16\3\3\0\0\2\0\0\0\3\3", at);
    at += 32;
    dst[at] = (uint8_t)session;
    at += 1 + session;
    put_u16(dst + at, suite);
    dst[at + 2] = 0;
    at += 3;
    if (ext >= 0) {
        put_u16(dst + at, (uint32_t)ext);
        at += 2;
    }
    put_u16(dst + 7, (uint32_t)(38 + session + rest));
    put_u16(dst + 3, (uint32_t)(42 + session + rest));
    return at;
}

/* In a block of its own size, so that a sanitizer sees a byte too far. */
static enum probe_verdict judge(const uint8_t *answer, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    const char *reason = NULL;
    enum probe_verdict verdict;

    memcpy(exact, answer, len);
    verdict = probe_judge(exact, len, &reason);
    expect(reason != NULL, "there is always a reason");
    expect(verdict != PROBE_DEAD || reason[0] != '\0', "with words when something is wrong");
    free(exact);
    return verdict;
}

/* The verdict falls with byte `whole` and not before, and more bytes do not change it. */
static bool falls_at(const uint8_t *answer, size_t whole, enum probe_verdict want)
{
    bool good = true;

    for (size_t len = 0; len < whole; len++) {
        good = good && judge(answer, len) == PROBE_MORE;
    }
    for (size_t len = whole; len < whole + 40; len++) {
        good = good && judge(answer, len) == want;
    }
    return good;
}

static void test_alive(void)
{
    static const struct {
        uint16_t suite;
        size_t session;
        int ext;
        const char *name;
    } cases[] = {
        {0x1301, 0, 46, "TLS 1.3"},
        {0x1303, 0, 6, "TLS 1.3 with little"},
        {0xC02F, 32, 5, "TLS 1.2 with a session"},
        {0xCCA9, 0, 0, "TLS 1.2 with an empty list of extensions"},
        {0xC02B, 16, -1, "TLS 1.2 without extensions"},
        {0xC02B, 0, 300, "TLS 1.2 with many extensions"},
    };
    uint8_t answer[512];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t len = server_hello(answer, cases[i].suite, cases[i].session, cases[i].ext);

        ok(len <= PROBE_ANSWER_MAX && falls_at(answer, len, PROBE_ALIVE), cases[i].name);
    }
    /* Certificate and the like in the same record; a record that ends amid the extensions. */
    size_t len = server_hello(answer, 0xC02F, 32, 5);

    put_u16(answer + 3, 4000);
    ok(falls_at(answer, len, PROBE_ALIVE), "further messages in the record");
    len = server_hello(answer, 0x1301, 0, 1200);
    put_u16(answer + 3, (uint32_t)len - 5);
    ok(falls_at(answer, len, PROBE_ALIVE), "a ServerHello in two records");
}

/* One byte of a good answer becomes another. */
static bool dead_with(size_t at, uint8_t value, uint16_t suite, size_t session, int ext)
{
    uint8_t answer[512];
    size_t len = server_hello(answer, suite, session, ext);

    answer[at] = value;
    return judge(answer, len) == PROBE_DEAD && judge(answer, PROBE_ANSWER_MAX) == PROBE_DEAD;
}

static void test_dead(void)
{
    static const struct {
        size_t at;
        uint8_t value;
        const char *name;
    } cases[] = {
        {0, 23, "application data"},
        {0, 20, "change_cipher_spec"},
        {1, 2, "a record that is not TLS"},
        {2, 0, "a record of SSL 3"},
        {2, 4, "a record of no version"},
        {3, 0x41, "a record over 16 KiB"},
        {5, 1, "a ClientHello"},
        {5, 11, "a Certificate"},
        {6, 1, "a message of over 64 KiB"},
        {9, 2, "a version that is not TLS"},
        {10, 0, "SSL 3"},
        {10, 4, "a version that stands in an extension only"},
        {43, 33, "a session ID that is too long"},
        {8, 10, "a length that does not fit"},
        {4, 10, "a record that ends before the hello"},
    };
    const char *reason;
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ok(dead_with(cases[i].at, cases[i].value, 0x1301, 0, 46), cases[i].name);
    }
    ok(dead_with(44, 0x12, 0x1301, 0, 46), "a suite that was not offered");
    ok(dead_with(44, 0x00, 0x13FF, 0, 46), "the SCSV as a suite");
    ok(dead_with(46, 1, 0x1301, 0, 46), "compression");
    ok(dead_with(10, 2, 0x1301, 0, 46), "a suite of TLS 1.3 with TLS 1.1");
    ok(dead_with(48, 45, 0x1301, 0, 46), "extensions that are too short");
    {
        uint8_t answer[512];

        ok(judge(answer, server_hello(answer, 0x1301, 32, 46)) == PROBE_DEAD,
           "TLS 1.3 with a session ID that nobody sent");
        ok(judge(answer, server_hello(answer, 0x1301, 0, -1)) == PROBE_DEAD,
           "TLS 1.3 without extensions");
    }
    for (unsigned first = 0; first < 256; first++) {
        uint8_t byte = (uint8_t)first;

        good = good && judge(&byte, 1) == (first == 21 || first == 22 ? PROBE_MORE : PROBE_DEAD);
    }
    ok(good, "the first byte tells most of what is no TLS");
    ok(probe_judge((const uint8_t *)"HTTP/1.1 400", 12, &reason) == PROBE_DEAD &&
           strcmp(reason, "it answers, but not in TLS") == 0,
       "HTTP");
}

static void test_alerts(void)
{
    uint8_t goodbye[PROBE_GOODBYE];
    static const uint8_t alive[] = {40, 49, 70, 71, 109, 112, 115, 116, 120};
    bool good = true;

    for (unsigned alert = 0; alert < 256; alert++) {
        uint8_t record[64] = {21, 3, 1, 0, 2, 2, (uint8_t)alert};
        bool refusal = memchr(alive, (int)alert, sizeof alive) != NULL;

        good = good && falls_at(record, 7, refusal ? PROBE_ALIVE : PROBE_DEAD);
    }
    ok(good, "refusals are healthy, other alerts are not");
    for (size_t at = 1; at < 6; at++) {
        uint8_t record[7] = {21, 3, 3, 0, 2, 2, 40};

        record[at] = 9;
        ok(judge(record, 7) == PROBE_DEAD && judge(record, at) == PROBE_MORE, "a broken alert");
    }
    probe_goodbye((const uint8_t *)"\x16\3\1", goodbye);
    ok(memcmp(goodbye, "\x15\3\1\0\2\1\x5a\x15\3\1\0\2\1\0", sizeof goodbye) == 0,
       "user_canceled and close_notify, in the server's version");
}

/* Whatever comes: within PROBE_ANSWER_MAX bytes there is a verdict, and it stays. */
static void test_any(void)
{
    uint8_t answer[512];
    uint32_t seed = 1;
    bool good = true;

    for (unsigned round = 0; round < 20000; round += TAP_STEP) {
        enum probe_verdict verdict = PROBE_MORE;

        server_hello(answer, 0x1301, 0, 46);
        for (unsigned i = 0; i < 1 + round % 3; i++) {
            seed = seed * 1664525u + 1013904223u;
            answer[(seed >> 8) % 60] = (uint8_t)(seed >> 24);
        }
        for (size_t len = 0; len <= PROBE_ANSWER_MAX; len++) {
            enum probe_verdict now = judge(answer, len);

            good = good && (verdict == PROBE_MORE || now == verdict);
            verdict = now;
        }
        good = good && verdict != PROBE_MORE;
    }
    ok(good, "there is always a verdict, and it stays");
}

int main(void)
{
    test_names();
    test_alive();
    test_dead();
    test_alerts();
    test_any();
    return tap_done();
}
