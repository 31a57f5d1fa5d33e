#include "core/date.h"
#include "core/errors.h"
#include "core/sock.h"
#include "core/text.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>

static bool same(const char *mine, const char *theirs, const char *format)
{
    if (strcmp(mine, theirs) == 0) {
        return true;
    }
    printf("# %s: \"%s\", snprintf writes \"%s\"\n", format, mine, theirs);
    return false;
}

/* Against the library's formatter, in a buffer that fits. */
#define AGREES(...)                                                                                \
    do {                                                                                           \
        char mine[256], theirs[256];                                                               \
        struct text t = text_over(mine, sizeof mine);                                              \
                                                                                                   \
        text_addf(&t, __VA_ARGS__);                                                                \
        snprintf(theirs, sizeof theirs, __VA_ARGS__);                                              \
        good &= same(mine, theirs, #__VA_ARGS__) && t.len == strlen(theirs) && !t.full;            \
    } while (0)

static void test_numbers(void)
{
    static const long long values[] = {0,  1,   -1,    7,       9,       10,        -10,
                                       99, 255, 65535, INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN};
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        int d = (int)values[i];
        unsigned u = (unsigned)values[i];
        long l = (long)values[i];
        unsigned long long v = (unsigned long long)values[i];

        AGREES("%d|%2d|%02d|%12d|%012d|%-12d|", d, d, d, d, d, d);
        AGREES("%u|%2u|%02u|%12u|%012u|%-12u|", u, u, u, u, u, u);
        AGREES("%x|%X|%4x|%04x|%08X|%-9x|", u, u, u, u, u, u);
        AGREES("%ld|%03ld|%lu|%lx|%lX|%-25ld|", l, l, (unsigned long)l, (unsigned long)l,
               (unsigned long)l, l);
        AGREES("%lld|%030lld|%llu|%llx|%016llx|%030llu|", values[i], values[i], v, v, v, v);
        AGREES("%zu|%5zu|%zx|%-5zu|", (size_t)v, (size_t)v, (size_t)v, (size_t)v);
    }
    ok(good, "numbers as snprintf writes them");
}

static void test_strings(void)
{
    static const char *const texts[] = {"", "a", "some words", "100%", "\xC3\xA9"};
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *s = texts[i];

        AGREES("%s", s);
        AGREES("<%5s|%-5s|%30s|%-30s>", s, s, s, s);
        AGREES("<%.0s|%.1s|%.3s|%.80s|%10.2s|%-10.2s>", s, s, s, s, s, s);
        AGREES("<%.*s|%.*s|%.*s>", 0, s, 3, s, 50, s);
        AGREES("%s%s:%s", s, s, s);
    }
    AGREES("plain");
    AGREES("%%");
    AGREES("100%% of %c%c, %3c|%-3c|", 'o', 'k', 'x', 'y');
    ok(good, "strings, characters and percent signs as snprintf writes them");
}

/* Not terminated: only as much is read as the precision says. */
static void test_precision(void)
{
    char *heap = malloc(3);
    char buf[16];
    struct text t = text_over(buf, sizeof buf);

    memcpy(heap, "abc", 3);
    text_addf(&t, "%.*s!", 3, heap);
    ok(strcmp(buf, "abc!") == 0, "a string of a known length needs no end");
    free(heap);
}

static void test_bounds(void)
{
    char theirs[64], buf[64];
    bool good = true;

    for (size_t cap = 1; cap < 40; cap++) {
        struct text t = text_over(buf, cap);

        memset(buf + cap, '#', sizeof buf - cap);
        text_addf(&t, "%s %08x %-6d|%c %llu", "words", 0xBEEFu, -42, 'c', 1234567ULL);
        snprintf(theirs, cap, "%s %08x %-6d|%c %llu", "words", 0xBEEFu, -42, 'c', 1234567ULL);
        good &= same(buf, theirs, "cut") && t.len == strlen(theirs) && buf[cap] == '#';
        good &= t.full == (cap < 32);
    }
    ok(good, "what does not fit is cut, remembered, and nothing is written behind the end");
}

static void test_dates(void)
{
    static const int64_t special[] = {0,          -1,           951782399,    951868800,
                                      4107542400, 253402300799, -62135596800, -11644473600,
                                      2147483647, 2147483648,   4102444799,   -2203891200};
    bool good = true;

    for (unsigned i = 0; i < 4000; i++) {
        /* Nearly every day of some years, at changing hours, from 1870 on. */
        int64_t s = i < ARRAY_LEN(special) ? special[i] : -3155673600 + (int64_t)i * 2500007;
        time_t when = (time_t)s;
        struct tm tm;
        struct date d = date_of(s);

        gmtime_r(&when, &tm);
        good &= d.year == tm.tm_year + 1900 && d.month == (unsigned)tm.tm_mon + 1 &&
                d.day == (unsigned)tm.tm_mday && d.hour == (unsigned)tm.tm_hour &&
                d.minute == (unsigned)tm.tm_min && d.second == (unsigned)tm.tm_sec &&
                (d.weekday + 4) % 7 == (unsigned)tm.tm_wday;
        good &= date_days(d.year, d.month, d.day) * DATE_DAY_S + (int64_t)d.hour * 3600 +
                    (int64_t)d.minute * 60 + d.second ==
                s;
    }
    ok(good, "dates as gmtime_r has them, and back");
    ok(date_of(INT64_MAX).month <= 12 && date_of(INT64_MIN).month <= 12, "no time is too far");
}

static bool address_is(int family, const char *host, const char *want)
{
    struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
    char got[64];

    if (family == AF_INET) {
        struct sockaddr_in *in = (void *)&a;

        in->sin_port = htons(4711);
        inet_pton(AF_INET, host, &in->sin_addr);
    } else {
        struct sockaddr_in6 *in6 = (void *)&a;

        in6->sin6_port = htons(65535);
        inet_pton(AF_INET6, host, &in6->sin6_addr);
    }
    sock_address(&a, got, sizeof got);
    return same(got, want, host);
}

static void test_addresses(void)
{
    bool good = address_is(AF_INET, "192.0.2.1", "192.0.2.1:4711") &&
                address_is(AF_INET, "0.0.0.0", "0.0.0.0:4711") &&
                address_is(AF_INET, "255.255.255.255", "255.255.255.255:4711");

    ok(good, "IPv4 addresses");
    good = address_is(AF_INET6, "::", "[::]:65535") && address_is(AF_INET6, "::1", "[::1]:65535") &&
           address_is(AF_INET6, "2001:DB8::", "[2001:db8::]:65535") &&
           address_is(AF_INET6, "2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:65535") &&
           address_is(AF_INET6, "2001:0:0:1:0:0:0:1", "[2001:0:0:1::1]:65535") &&
           address_is(AF_INET6, "2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:65535") &&
           address_is(AF_INET6, "0:1:2:3:4:5:6:7", "[0:1:2:3:4:5:6:7]:65535") &&
           address_is(AF_INET6, "1:2:3:4:5:6::", "[1:2:3:4:5:6::]:65535") &&
           address_is(AF_INET6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                      "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535") &&
           address_is(AF_INET6, "fe80::1:0:00a0", "[fe80::1:0:a0]:65535");
    ok(good, "IPv6 addresses by RFC 5952");
    ok(address_is(AF_INET6, "::ffff:192.0.2.7", "192.0.2.7:65535"), "IPv4-mapped ones as IPv4");
}

/* Every text must go to the error that the C library means by it. */
static void errors(void)
{
    static const struct {
        int error;
        const char *text;
    } same_words[] = {
        {EPERM, "Operation not permitted"},
        {ENOENT, "No such file or directory"},
        {EBADF, "Bad file descriptor"},
        {EACCES, "Permission denied"},
        {EISDIR, "Is a directory"},
        {EMFILE, "Too many open files"},
        {ENOSPC, "No space left on device"},
        {EROFS, "Read-only file system"},
        {EPIPE, "Broken pipe"},
        {ECONNRESET, "Connection reset by peer"},
        {ECONNREFUSED, "Connection refused"},
    };
    unsigned known = 0;

    for (size_t i = 0; i < ARRAY_LEN(same_words); i++) {
        is_text(error_text(same_words[i].error), same_words[i].text, same_words[i].text);
#ifdef __GLIBC__ /* musl says it in words of its own */
        expect(strcmp(strerror(same_words[i].error), same_words[i].text) == 0, "as the C library");
#endif
    }
    for (int error = -1; error < 5000; error++) {
        known += strcmp(error_text(error), "unexpected system error") != 0;
    }
    ok(known == 40, "40 errors have a text, the last one too");
    is_text(error_text(0), "unexpected system error", "no error is none of them");
}

int main(void)
{
    errors();
    test_numbers();
    test_strings();
    test_precision();
    test_bounds();
    test_dates();
    test_addresses();
    return tap_done();
}
