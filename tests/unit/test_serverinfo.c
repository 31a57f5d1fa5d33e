/* Extensions from a file: what is taken, what is refused, who is answered. */
#include "tls/serverinfo.h"
#include "core/log.h"
#include "hello_build.h"
#include "tap.h"

#include <unistd.h>

static char reason[300];
static char file[32768];
static size_t file_len;

/* Adds a PEM block to the file. */
static void block(const char *label, struct span data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct text t = text_over(file + file_len, sizeof file - file_len);

    text_addf(&t, "-----BEGIN %s-----", label);
    for (size_t i = 0; i < data.len; i += 3) {
        size_t n = data.len - i < 3 ? data.len - i : 3;
        unsigned v = 0;
        char four[5] = "====";

        for (size_t k = 0; k < 3; k++) {
            v = v << 8 | (k < n ? data.data[i + k] : 0);
        }
        for (size_t k = 0; k <= n; k++) {
            four[k] = digits[v >> (18 - 6 * k) & 63];
        }
        text_addf(&t, "%s%s", i % 48 == 0 ? "\n" : "", four);
    }
    text_addf(&t, "\n-----END %s-----\n", label);
    file_len += t.len;
}

/* Takes the file, and begins a new one. */
static int take(struct serverinfo *s)
{
    struct text error = text_over(reason, sizeof reason);
    int result = serverinfo_add(s, (uint8_t *)file, file_len, &error);

    file_len = 0;
    return result;
}

static bool refused(const char *why)
{
    struct serverinfo s = {0};
    bool good = take(&s) == -1 && strstr(reason, why) != NULL;

    if (!good) {
        printf("# %s\n", reason);
    }
    return good;
}

#define V1(literal) block("SERVERINFO FOR x", BYTES(literal))
#define V2(literal) block("SERVERINFOV2 FOR x", BYTES(literal))

/* A hello that offers these types, and what it is answered. */
static struct hello offering(const unsigned *types, size_t count)
{
    struct hello_build b = build_hello();
    struct hello h;
    struct span bytes;

    for (size_t i = 0; i < count; i++) {
        build_extension(&b, types[i], BYTES(""));
    }
    bytes = hello_bytes(&b);
    if (hello_parse(bytes.data, bytes.len, &h) != 0) {
        printf("# %s\n", h.reason);
        abort();
    }
    return h;
}

static bool answers_in(const struct serverinfo *s, enum serverinfo_place place,
                       const struct hello *h, bool resumed, struct span want)
{
    uint32_t wanted = serverinfo_wanted(s, h, resumed);
    uint8_t out[SERVERINFO_MAX];
    size_t len = 0;
    struct span e;

    for (unsigned i = 0; (e = serverinfo_extension(s, place, wanted, i)).len > 0; i++) {
        memcpy(out + len, e.data, e.len);
        len += e.len;
    }
    return span_equal(span_of(out, len), want);
}

static bool answers(const struct serverinfo *s, const struct hello *h, bool resumed,
                    struct span want)
{
    return answers_in(s, SERVERINFO_HELLO, h, resumed, want);
}

#define SCT                                                                                        \
    "\x00\x12\x00\x03"                                                                             \
    "abc"
#define OTHER  "\x11\x22\x00\x00"
#define ALWAYS "\x12\x34\x00\x01Z"

static void answering(void)
{
    static const unsigned both[] = {0x1122, 18, 0xABCD}, always[] = {0x1234, 18};
    struct hello h = offering(both, 3), resuming = offering(always, 2), none = offering(both, 0);
    struct serverinfo s = {0}, empty = {0};

    V1(SCT OTHER);
    V2("\x00\x00\x01\x80" ALWAYS);
    ok(take(&s) == 0, "two blocks, three extensions");
    ok(answers(&s, &h, false, BYTES(SCT OTHER)), "whoever offers two gets two");
    ok(answers(&s, &none, false, BYTES("")), "whoever offers none gets none");
    ok(answers(&s, &resuming, false, BYTES(SCT ALWAYS)), "others get others");
    ok(answers(&s, &resuming, true, BYTES(ALWAYS)), "in a resumption only what its context allows");
    ok(answers(&empty, &h, false, BYTES("")), "without a file there is none");
    V2("\x00\x00\x01\xD0\x55\x66\x00\x00");
    ok(take(&s) == 0, "a second file");
    V1(SCT);
    ok(take(&s) == -1 && strstr(reason, "type 18 is there twice") != NULL, "a type twice");
}

/* Contexts 0x400 and 0x1000 are EncryptedExtensions and Certificate. */
static void places(void)
{
    static const unsigned all[] = {0x1122, 0x1234, 0x5566, 18};
    struct hello h = offering(all, 4);
    struct serverinfo s = {0};

    V1(SCT);
    V2("\x00\x00\x15\x80" OTHER);
    V2("\x00\x00\x04\xE0" ALWAYS);
    V2("\x00\x00\x15\x10\x55\x66\x00\x00");
    ok(take(&s) == 0, "extensions for several messages");
    ok(answers(&s, &h, false, BYTES(SCT OTHER "\x55\x66\x00\x00")), "ServerHello of TLS 1.2");
    ok(answers_in(&s, SERVERINFO_ENCRYPTED, &h, false, BYTES(OTHER ALWAYS)), "EncryptedExtensions");
    ok(answers_in(&s, SERVERINFO_ENCRYPTED, &h, true, BYTES(OTHER)), "when resumed");
    ok(answers_in(&s, SERVERINFO_CERTIFICATE, &h, false, BYTES(OTHER)), "Certificate");
}

static void refusing(void)
{
    static const char reserved[][3] = {"\x00\x00", "\x00\x05", "\x00\x10", "\x00\x17",
                                       "\x00\x23", "\x00\x2B", "\xFF\x01"};
    static uint8_t big[4 + SERVERINFO_MAX] = {0x11, 0x22};
    struct serverinfo s = {0};

    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        uint8_t bytes[4] = {(uint8_t)reserved[i][0], (uint8_t)reserved[i][1], 0, 0};

        block("SERVERINFO FOR x", span_of(bytes, 4));
        expect(refused("answers itself"), "a type that the server answers itself");
    }
    ok(true, "types that the server answers itself");
    V1("\x00\x12\x00\x04"
       "abc");
    ok(refused("block 1 (SERVERINFO FOR x), line 1: type, length and data"), "cut off");
    V1(SCT "\x00");
    ok(refused("type, length and data"), "a byte too many");
    V2(SCT);
    ok(refused("context, type, length"), "without a context");
    V2("\x00\x00\x02\x80\x55\x66\x00\x00");
    ok(refused("neither for the ServerHello"), "for TLS 1.3's ServerHello");
    V2("\x00\x00\x14\x90\x55\x66\x00\x00");
    ok(refused("neither for the ServerHello"), "TLS 1.3's messages in TLS 1.2 only");
    V2("\x00\x00\x01\xA0\x55\x66\x00\x00");
    ok(refused("neither for the ServerHello"), "TLS 1.2's message in TLS 1.3 only");
    block("CERTIFICATE", BYTES(SCT));
    ok(refused("SERVERINFO FOR"), "a block of another kind");
    ok(refused("no PEM block"), "an empty file");
    memcpy(file, "\x30\x82\x01\x01\x02", file_len = 5);
    ok(refused("no PEM block"), "DER");
    V1(SCT);
    file_len -= 10;
    ok(refused("END"), "half a block");

    put_u16(big + 2, SERVERINFO_MAX - 5);
    block("SERVERINFO FOR x", span_of(big, SERVERINFO_MAX - 1));
    ok(take(&s) == 0 && s.len == SERVERINFO_MAX, "the largest");
    V1(SCT);
    ok(take(&s) == -1 && strstr(reason, "does not fit") != NULL, "then no other");
    put_u16(big + 2, SERVERINFO_MAX - 4);
    block("SERVERINFO FOR x", span_of(big, SERVERINFO_MAX));
    ok(refused("does not fit"), "one byte more");
    for (unsigned i = 0; i < 32; i++) {
        uint8_t bytes[] = {0x22, (uint8_t)i, 0, 0};

        block("SERVERINFO FOR x", span_of(bytes, 4));
    }
    s = (struct serverinfo){0};
    ok(take(&s) == 0 && s.count == 32, "32 of them");
    V1(SCT);
    ok(take(&s) == -1 && strstr(reason, "there may be 32") != NULL, "then no other");
}

static void loading(void)
{
    char path[] = "/tmp/tiny-serverinfo-XXXXXX";
    const char *items[] = {path, "/nonexistent/info"};
    struct string_list list = {items, 1};
    struct serverinfo s = {0};
    int fd = mkstemp(path);

    V1(SCT);
    log_set_level(LOG_ERROR);
    ok(fd >= 0 && write(fd, file, file_len) > 0 && serverinfo_load(&s, &list) == 0 && s.len == 8,
       "from disk");
    s.len = 0;
    list.count = 2;
    ok(serverinfo_load(&s, &list) == -1, "one of two that is missing");
    close(fd);
    unlink(path);
}

int main(void)
{
    answering();
    places();
    refusing();
    loading();
    return tap_done();
}
