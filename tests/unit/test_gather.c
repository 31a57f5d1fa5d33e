/*
 * tls/gather: every prefix of every input. Until the byte that settles it the
 * verdict is HELLO_MORE; from there on it is the same, whatever follows.
 */
#include "tls/hello.h"
#include "hello_build.h"
#include "hello_samples.h"
#include "tap.h"

static uint8_t message[HELLO_MAX_BYTES];

/* Gathers from an exact allocation, so that a read too far is seen. */
static struct hello_gathered gather(const uint8_t *wire, size_t len)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    struct hello_gathered g;

    memcpy(exact, wire, len);
    g = hello_gather(exact, len, message);
    free(exact);
    return g;
}

static bool same(const struct hello_gathered *a, const struct hello_gathered *b)
{
    return a->status == b->status && a->alert == b->alert && strcmp(a->reason, b->reason) == 0 &&
           a->wire_len == b->wire_len && a->message_len == b->message_len &&
           a->record_version == b->record_version;
}

/* The verdict falls at byte `at`, and no further byte changes it. */
static bool settles_at(const uint8_t *wire, size_t len, size_t at, struct hello_gathered *verdict)
{
    uint8_t more[64];
    bool good = true;

    for (size_t n = 0; n < at; n++) {
        struct hello_gathered g = gather(wire, n);

        good &= expect(g.status == HELLO_MORE, "more bytes are wanted before the verdict");
    }
    *verdict = gather(wire, at);
    good &= expect(verdict->status != HELLO_MORE, "the verdict falls where it is due");
    for (size_t n = at; n <= len; n++) {
        struct hello_gathered g = gather(wire, n);

        good &= expect(same(&g, verdict), "the verdict stays");
    }
    if (len + 1 <= sizeof more) {
        for (unsigned c = 0; c < 256; c++) {
            struct hello_gathered g;

            memcpy(more, wire, len);
            more[len] = (uint8_t)c;
            g = gather(more, len + 1);
            good &= expect(same(&g, verdict), "the verdict stays, whatever follows");
        }
    }
    return good;
}

static void check_samples(void)
{
    for (size_t i = 0; i < ARRAY_LEN(hello_samples); i++) {
        uint8_t wire[4096], want[4096], cut[24000];
        size_t len = sample_bytes(&hello_samples[i], wire);
        struct hello_gathered g;
        bool good = settles_at(wire, len, len, &g);

        good &= g.status == HELLO_COMPLETE && g.wire_len == len && g.message_len == len - 5 &&
                g.record_version >> 8 == 3 && memcmp(message, wire + 5, len - 5) == 0;
        memcpy(want, wire + 5, len - 5);
        for (size_t size = 1; size <= 9; size++) {
            size_t n = hello_records(cut, span_of(want, len - 5), size);

            g = gather(cut, n);
            good &= expect(g.status == HELLO_COMPLETE && g.wire_len == n &&
                               g.message_len == len - 5 && memcmp(message, want, len - 5) == 0,
                           "a hello cut into small records");
        }
        ok(good, hello_samples[i].client);
    }
}

/* Two records, cut at each byte, and each prefix of that. */
static void check_two_records(void)
{
    struct hello_build b = build_hello();
    struct span m = hello_bytes(&b);
    bool good = true;

    for (size_t cut = 1; cut < m.len; cut++) {
        uint8_t wire[512];
        size_t n = hello_records(wire, span_of(m.data, cut), cut);
        struct hello_gathered g;

        n += hello_records(wire + n, span_of(m.data + cut, m.len - cut), m.len - cut);
        good &= settles_at(wire, n, n, &g);
        good &= expect(g.status == HELLO_COMPLETE && memcmp(message, m.data, m.len) == 0,
                       "the halves are joined");
    }
    ok(good, "two records, cut anywhere, come byte by byte");
}

/* A first flight; `at`: the byte count at which the verdict falls. */
static const struct {
    const char *name;
    struct span wire;
    size_t at;
    enum hello_status status;
    int alert;
} flights[] = {
    {"GET", SPAN("GET / HTTP/1.1\r\n\r\n"), 4, HELLO_PLAIN_HTTP, 10},
    {"HEAD", SPAN("HEAD / HTTP/1.1\r\n"), 5, HELLO_PLAIN_HTTP, 10},
    {"POST", SPAN("POST /x HTTP/1.0"), 5, HELLO_PLAIN_HTTP, 10},
    {"PUT", SPAN("PUT /x"), 4, HELLO_PLAIN_HTTP, 10},
    {"PATCH", SPAN("PATCH /x"), 6, HELLO_PLAIN_HTTP, 10},
    {"DELETE", SPAN("DELETE /x"), 7, HELLO_PLAIN_HTTP, 10},
    {"CONNECT", SPAN("CONNECT a:443 HTTP/1.1"), 8, HELLO_PLAIN_HTTP, 10},
    {"OPTIONS", SPAN("OPTIONS * HTTP/1.1"), 8, HELLO_PLAIN_HTTP, 10},
    {"TRACE", SPAN("TRACE /"), 6, HELLO_PLAIN_HTTP, 10},
    {"PROPFIND", SPAN("PROPFIND /"), 9, HELLO_PLAIN_HTTP, 10},
    {"the preface of HTTP/2", SPAN("PRI * HTTP/2.0\r\n"), 4, HELLO_PLAIN_HTTP, 10},
    {"a word that is no method", SPAN("GETS"), 4, HELLO_BAD, 10},
    {"a method in lower case", SPAN("get / HTTP/1.1"), 1, HELLO_BAD, 10},
    {"an SSH client", SPAN("SSH-2.0-x\r\n"), 1, HELLO_BAD, 10},
    {"a zero byte", SPAN("\x00"), 1, HELLO_BAD, 10},
    {"an SSLv2 hello", SPAN("\x80\x2e\x01\x00\x02\x00\x15"), 5, HELLO_SSLV2, 70},
    {"an SSLv2-form hello for TLS", SPAN("\x80\x2e\x01\x03\x01\x00\x15"), 5, HELLO_SSLV2, 70},
    {"SSLv2 form, another message", SPAN("\x80\x2e\x02\x03\x01"), 3, HELLO_BAD, 10},
    {"SSLv2 form, version 4.0", SPAN("\x80\x2e\x01\x04\x00"), 4, HELLO_BAD, 10},
    {"SSLv2 form, version 0.3", SPAN("\x80\x2e\x01\x00\x03"), 5, HELLO_BAD, 10},
    {"ChangeCipherSpec first", SPAN("\x14\x03\x03\x00\x01\x01"), 1, HELLO_BAD, 10},
    {"application data first", SPAN("\x17\x03\x03\x00\x01\x01"), 1, HELLO_BAD, 10},
    {"a heartbeat first", SPAN("\x18\x03\x03\x00\x03\x01"), 1, HELLO_BAD, 10},
    {"close_notify first", SPAN("\x15\x03\x01\x00\x02\x01\x00"), 7, HELLO_BAD, 0},
    {"a fatal alert first", SPAN("\x15\x03\x01\x00\x02\x02\x28"), 7, HELLO_BAD, 10},
    {"a warning first", SPAN("\x15\x03\x01\x00\x02\x01\x5a"), 7, HELLO_BAD, 10},
    {"an alert of three bytes", SPAN("\x15\x03\x01\x00\x03\x01\x00\x00"), 5, HELLO_BAD, 50},
    {"an alert of 258 bytes", SPAN("\x15\x03\x01\x01\x02"), 4, HELLO_BAD, 50},
    {"an alert of version 2", SPAN("\x15\x02\x01\x00\x02\x01\x00"), 2, HELLO_BAD, 70},
    {"a record of version 4", SPAN("\x16\x04\x01\x00\x05"), 2, HELLO_BAD, 70},
    {"a record of version 2", SPAN("\x16\x02\x00\x00\x05"), 2, HELLO_BAD, 70},
    {"an empty record", SPAN("\x16\x03\x01\x00\x00"), 5, HELLO_BAD, 10},
    {"a record of 16385 bytes", SPAN("\x16\x03\x01\x40\x01"), 5, HELLO_BAD, 22},
    {"a record of 65535 bytes", SPAN("\x16\x03\x01\xff\xff"), 4, HELLO_BAD, 22},
    {"a HelloRequest", SPAN("\x16\x03\x01\x00\x04\x00\x00\x00\x00"), 6, HELLO_BAD, 10},
    {"a ServerHello", SPAN("\x16\x03\x01\x00\x04\x02\x00\x00\x00"), 6, HELLO_BAD, 10},
    {"a message of 16385 bytes", SPAN("\x16\x03\x01\x00\x04\x01\x00\x3f\xfd"), 9, HELLO_BAD, 47},
    {"a message of 2^24 bytes", SPAN("\x16\x03\x01\x00\x04\x01\xff\xff\xff"), 9, HELLO_BAD, 47},
    {"a message and a byte more", SPAN("\x16\x03\x01\x00\x05\x01\x00\x00\x00\x01"), 9, HELLO_BAD,
     10},
    {"a second message beside", SPAN("\x16\x03\x01\x00\x01\x01\x16\x03\x01\x00\x04\x00\x00\x00"),
     14, HELLO_BAD, 10},
    {"an empty message", SPAN("\x16\x03\x01\x00\x04\x01\x00\x00\x00"), 9, HELLO_COMPLETE, 0},
    {"an alert amid the hello", SPAN("\x16\x03\x01\x00\x01\x01\x15\x03\x01\x00\x02\x01\x5a"), 13,
     HELLO_BAD, 10},
    {"data amid the hello", SPAN("\x16\x03\x01\x00\x01\x01\x17"), 7, HELLO_BAD, 10},
    {"HTTP amid the hello", SPAN("\x16\x03\x01\x00\x01\x01GET / "), 7, HELLO_BAD, 10},
    {"an empty record amid", SPAN("\x16\x03\x01\x00\x01\x01\x16\x03\x03\x00\x00"), 11, HELLO_BAD,
     10},
    {"another record version amid", SPAN("\x16\x03\x01\x00\x01\x01\x16\x02"), 8, HELLO_BAD, 70},
};

static void check_flights(void)
{
    for (size_t i = 0; i < ARRAY_LEN(flights); i++) {
        struct hello_gathered g;
        bool good = settles_at(flights[i].wire.data, flights[i].wire.len, flights[i].at, &g);

        ok(good && g.status == flights[i].status && (int)g.alert == flights[i].alert &&
               (g.status == HELLO_COMPLETE) == (g.reason[0] == '\0'),
           flights[i].name);
    }
}

static void check_limits(void)
{
    static uint8_t big[HELLO_MAX_BYTES + 1], wire[200000];
    struct hello_gathered g;
    size_t n, at = 0;

    big[0] = 1;
    put_u24(big + 1, HELLO_MAX_BYTES - 4);
    n = hello_records(wire, span_of(big, HELLO_MAX_BYTES), 16384);
    g = gather(wire, n);
    ok(g.status == HELLO_COMPLETE && g.message_len == HELLO_MAX_BYTES, "the largest message");
    ok(gather(wire, n - 1).status == HELLO_MORE, "the largest message but for a byte");
    n = hello_records(wire, span_of(big, HELLO_MAX_BYTES), 256);
    ok(n == HELLO_MAX_WIRE && gather(wire, n).status == HELLO_COMPLETE, "the largest flight");
    n = hello_records(wire, span_of(big, HELLO_MAX_BYTES), 255);
    g = gather(wire, n);
    ok(g.status == HELLO_BAD && g.alert == ALERT_ILLEGAL_PARAMETER, "a flight beyond the bound");
    n = hello_records(wire, span_of(big, HELLO_MAX_BYTES - 5), 256);
    ok(n == HELLO_MAX_WIRE - 5 && gather(wire, n - 1).status == HELLO_MORE &&
           gather(wire, n).status == HELLO_BAD,
       "room for a record's header alone is no room");
    for (size_t size = 1; size < 400; size++) {
        n = hello_records(wire, span_of(big, HELLO_MAX_BYTES), size);
        n = n < HELLO_MAX_WIRE ? n : HELLO_MAX_WIRE;
        expect(gather(wire, n).status != HELLO_MORE, "a full buffer never waits for more");
        at++;
    }
    ok(at == 399, "records of every small size reach a verdict within the bound");
}

int main(void)
{
    check_samples();
    check_two_records();
    check_flights();
    check_limits();
    return tap_done();
}
