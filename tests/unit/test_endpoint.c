#include "config/endpoint.h"
#include "tap.h"

#include <stdlib.h>

static const char *formatted(const char *text)
{
    static char line[400];
    struct endpoint e;
    const char *problem = endpoint_parse(text, strlen(text), &e);

    if (problem != NULL) {
        snprintf(line, sizeof line, "error: %s", problem);
    } else {
        endpoint_format(&e, line, sizeof line);
    }
    return line;
}

static void test_good(void)
{
    static const char *const cases[][2] = {
        {"tcp://example.org:443", "tcp://example.org:443"},
        {"ssl://127.0.0.1:1", "tcp://127.0.0.1:1"},
        {"tcp://[::1]:8443", "tcp://[::1]:8443"},
        {"tcp://[::]", "tcp://[::]:4433"},
        {"tcp://[fe80::1%eth0]:5", "tcp://[fe80::1%eth0]:5"},
        {"http+ssl://a:0/", "tcp://a:0"},
        {"https://a/", "tcp://a:4433"},
        {"TCP://A", "tcp://A:4433"},
        {"tcp://*:80", "tcp://*:80"},
        {"tcp://:80", "tcp://*:80"},
        {"  tcp://a:65535  ", "tcp://a:65535"},
        {"unix:///run/tiny.sock", "unix:///run/tiny.sock"},
        {"http+unix:///x", "unix:///x"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        is_text(formatted(cases[i][0]), cases[i][1], cases[i][0]);
    }
}

static void test_bad(void)
{
    static const char *const cases[] = {
        "",
        "tcp://",
        "tcp:///",
        "tcp://a:",
        "tcp://a:65536",
        "tcp://a:-1",
        "tcp://a:1x",
        "tcp://::1",
        "tcp://::1:80",
        "tcp://[::1",
        "tcp://[]:1",
        "tcp://[::1]x",
        "tcp://[::g]:1",
        "tcp://a b:1",
        "tcp://a/b:1",
        "unix://",
        "udp://a:1",
        "a:1",
        "4433",
        "tcp://..:1",
        "tcp://[fe80::1%]:1",
        "tcp://a:123456",
    };
    char path[200] = "unix://";

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ok(strncmp(formatted(cases[i]), "error: ", 7) == 0, cases[i]);
    }
    memset(path + 7, 'x', 108);
    ok(strncmp(formatted(path), "error: ", 7) == 0, "a Unix path of 108 bytes is too long");
    path[7 + 107] = '\0';
    ok(strncmp(formatted(path), "unix://x", 8) == 0, "107 bytes fit");
}

/* Every prefix in memory of exactly its size: the sanitizer sees a byte read
 * too far. What is formatted parses again to the same text. */
static void test_truncation(void)
{
    static const char *const texts[] = {"http+ssl://[fe80::1%eth0]:4433/", "unix:///run/tiny.sock",
                                        "tcp://a-very.long.name:65535"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t n = 0; n <= strlen(texts[i]); n++) {
            struct endpoint e, again;
            char line[400];
            char *copy = malloc(n > 0 ? n : 1);

            memcpy(copy, texts[i], n);
            if (endpoint_parse(copy, n, &e) == NULL) {
                size_t len = endpoint_format(&e, line, sizeof line);

                expect(endpoint_parse(line, len, &again) == NULL && again.port == e.port,
                       "formatted text parses again");
            }
            free(copy);
        }
    }
    ok(true, "every truncation");
}

int main(void)
{
    test_good();
    test_bad();
    test_truncation();
    return tap_done();
}
