/* Scalars as written, and the SSL_OP bits. */
#include "config/sslop.h"
#include "config/value.h"
#include "tap.h"

#include <inttypes.h>

static struct span s(const char *text)
{
    return span_of(text, strlen(text));
}

static void test_numbers(void)
{
    static const struct {
        const char *text;
        uint64_t want;
    } good[] = {
        {"0", 0},
        {"10", 10},
        {"0x10", 16},
        {"0XfF", 255},
        {"1k", 1000},
        {"1KB", 1000},
        {"1KiB", 1024},
        {"2 MiB", 2097152},
        {"3M", 3000000},
        {"1g", 1000000000},
        {"1GiB", 1073741824},
        {"7b", 7},
        {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {
        "",    "x",  "-1", "1.5", "1x", "0x", "k", "18446744073709551616", "18446744073709551615k",
        "1 2", "0xg"};
    uint64_t v;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        ok(value_number(s(good[i].text), &v) == NULL && v == good[i].want, good[i].text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ok(value_number(s(bad[i]), &v) != NULL, bad[i][0] != '\0' ? bad[i] : "empty");
    }
}

static void test_durations(void)
{
    uint64_t v;

    ok(value_duration(s("10"), &v) == NULL && v == 10000, "seconds without a unit");
    ok(value_duration(s("10s"), &v) == NULL && v == 10000, "10s");
    ok(value_duration(s("500ms"), &v) == NULL && v == 500, "500ms");
    ok(value_duration(s("2m"), &v) == NULL && v == 120000, "2m");
    ok(value_duration(s("1 h"), &v) == NULL && v == 3600000, "1 h");
    ok(value_duration(s("7d"), &v) == NULL && v == 604800000, "7d");
    ok(value_duration(s("1y"), &v) != NULL && value_duration(s(""), &v) != NULL &&
           value_duration(s("1.5s"), &v) != NULL,
       "bad ones");
}

static void test_bools(void)
{
    static const char *const yes[] = {"true", "TRUE", "on", "yes", "1"};
    static const char *const no[] = {"false", "Off", "no", "0"};
    bool v;

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        ok(value_bool(s(yes[i]), &v) == NULL && v, yes[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        ok(value_bool(s(no[i]), &v) == NULL && !v, no[i]);
    }
    ok(value_bool(s("maybe"), &v) != NULL && value_bool(s(""), &v) != NULL, "bad ones");
}

static void test_distance(void)
{
    ok(value_distance(s("abc"), s("abc"), 9) == 0, "equal");
    ok(value_distance(s("abc"), s("acb"), 9) == 1, "a swap");
    ok(value_distance(s("xyabc"), s("yxacb"), 3) == 2, "two swaps within the limit");
    ok(value_distance(s("kitten"), s("sitting"), 9) == 3, "kitten");
    ok(value_distance(s("kitten"), s("sitting"), 4) == 3, "kitten just within the limit");
    ok(value_distance(s("kitten"), s("sitting"), 2) == 2, "kitten beyond the limit");
    ok(value_distance(s("abcdef"), s("uvwxyz"), 2) == 2, "nothing in common");
    ok(value_distance(s(""), s("abc"), 9) == 3 && value_distance(s("abc"), s(""), 9) == 3, "empty");
    ok(value_distance(span_of("x", 65), s("x"), 9) == 9, "a text too long");
}

/* Every row by name, by SSL_OP_ name in small letters, and by number. */
static void test_every_bit(void)
{
    struct sslop each = {0};

    while (sslop_next(&each)) {
        const struct sslop *op = &each;
        bool refused = op->fate == SSLOP_REFUSED;
        struct sslop_result r;
        char text[100];
        int result = sslop_parse(s(op->name), &r);

        ok(refused ? result == -1 && strcmp(r.refused.name, op->name) == 0
                   : result == 0 && r.bits == sslop_bit(op),
           op->name);
        expect((sslop_refusal(op)[0] != '\0') == refused, "a sentence");
        snprintf(text, sizeof text, "ssl_op_%s", op->name);
        expect(sslop_parse(s(text), &r) == result, text);
        snprintf(text, sizeof text, "0x%" PRIx64 "L", sslop_bit(op));
        expect(sslop_parse(s(text), &r) == (sslop_bit(op) != 0 ? result : 0), text);
        snprintf(text, sizeof text, "%" PRIu64, sslop_bit(op));
        expect(sslop_parse(s(text), &r) == (sslop_bit(op) != 0 ? result : 0), text);
    }
}

static void test_sslop(void)
{
    struct sslop_result r;

    ok(sslop_parse(s(""), &r) == 0 && r.bits == 0, "empty");
    ok(sslop_parse(s(" NO_TICKET | 0x400000 |NO_SSLv2"), &r) == 0 && r.bits == 0x404000,
       "a mixture");
    ok(sslop_parse(s("2147485776"), &r) == 0 && r.bits == 0x80000050 && r.warning != NULL,
       "SSL_OP_ALL as a number");
    ok(sslop_parse(s("0x80000BFF"), &r) == 0 && r.bits == 0x80000050, "of 1.0.2 too");
    ok(sslop_parse(s("ALL"), &r) == 0 && r.bits == 0x80000050, "and by name");
    ok(sslop_parse(s("0x80000850|0x800"), &r) == -1 && r.refused.name != NULL, "0x800 by itself");
    ok(sslop_parse(s("NO_TICKET|"), &r) == -1 && r.error[0] != '\0', "a part is missing");
    ok(sslop_parse(s("FOO"), &r) == -1 && strstr(r.error, "FOO") != NULL, "an unknown name");
    ok(sslop_parse(s("0x1000000000000"), &r) == -1, "an unknown bit");
    ok(sslop_parse(s("4k"), &r) == -1 && sslop_parse(s("4kb"), &r) == -1 &&
           sslop_parse(s("4b"), &r) == -1,
       "no suffixes here");
    ok(sslop_parse(s("0x"), &r) == -1 && sslop_parse(s("12x"), &r) == -1, "no numbers");
    ok(sslop_parse(s("99999999999999999999"), &r) == -1, "too large");
}

int main(void)
{
    test_numbers();
    test_durations();
    test_bools();
    test_distance();
    test_every_bit();
    test_sslop();
    return tap_done();
}
