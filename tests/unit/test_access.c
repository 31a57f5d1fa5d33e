/* app/access: the three forms, escaping, cutting, requests cut short. */
#include "app/access.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The names that the log asks for come from other rooms, whose tables are
 * tested there: everything here is what a real server would say. */
static struct config config;
static struct counters counters;
static struct tls_info tls = {.version = 0x0303,
                              .suite = 0xC02B,
                              .verdict = TLS_PEER_TRUSTED,
                              .alpn = "http/1.1",
                              .server_name = "example.org",
                              .peer_subject = "CN=\"Ann\",O=\xC3\x84"};
static struct app_peer peer = {.tls = &tls, .address = "192.0.2.1:4711", .local = "[::1]:4433"};
static struct app_shared shared = {.config = &config, .counters = &counters, .access_fd = -1};
static int pipe_fds[2];
static char line[8192];

static struct span text_span(const char *s)
{
    return span_of(s, strlen(s));
}

/* The line that access_end writes, in one piece; "" for none. */
static const char *read_line(void)
{
    ssize_t n = read(pipe_fds[0], line, sizeof line - 1);

    line[n > 0 ? n : 0] = '\0';
    return line;
}

static const char *run(enum access_format format, struct access_request r, unsigned status,
                       uint64_t len, bool whole)
{
    struct access_entry e;

    memset(&e, 0xA5, sizeof e);
    config.access_format = format;
    access_begin(&e, &shared, &r, 1000);
    e.status = (uint16_t)status;
    e.body_len = len;
    access_end(&e, &shared, &peer, 1042, whole);
    access_end(&e, &shared, &peer, 1042, whole); /* writes nothing */
    return read_line();
}

/* Puts a fixed date in the place of the brackets' content or the time. */
static const char *undated(const char *got, char from, char to)
{
    static char out[8192];
    const char *a = strchr(got, from);
    const char *b = a != NULL ? strchr(a + 1, to) : NULL;

    if (a == NULL || b == NULL) {
        return got;
    }
    snprintf(out, sizeof out, "%.*sDATE%s", (int)(a - got + 1), got, b);
    return out;
}

static struct access_request simple(void)
{
    return (struct access_request){text_span("GET"),          text_span("/a?b=\"c\""),
                                   text_span("HTTP/1.1"),     text_span("example.org"),
                                   text_span("https://r/\n"), text_span("curl/8")};
}

static void check_forms(void)
{
    struct access_request bad = {.target = text_span("\x16\x03 junk")};

    is_text(undated(run(ACCESS_COMMON, simple(), 200, 12, true), '[', ']'),
            "192.0.2.1 - - [DATE] \"GET /a?b=\\x22c\\x22 HTTP/1.1\" 200 12\n", "common");
    is_text(undated(run(ACCESS_COMBINED, simple(), 206, 5000000000, true), '[', ']'),
            "192.0.2.1 - - [DATE] \"GET /a?b=\\x22c\\x22 HTTP/1.1\" 206 5000000000 "
            "\"https://r/\\x0a\" \"curl/8\"\n",
            "combined");
    is_text(undated(run(ACCESS_COMBINED, simple(), 200, 7, false), '[', ']'),
            "192.0.2.1 - - [DATE] \"GET /a?b=\\x22c\\x22 HTTP/1.1\" 499 7 "
            "\"https://r/\\x0a\" \"curl/8\"\n",
            "a request that was cut short has status 499");
    is_text(undated(run(ACCESS_COMBINED, bad, 400, 0, true), '[', ']'),
            "192.0.2.1 - - [DATE] \" \\x16\\x03 junk\" 400 0 \"-\" \"-\"\n",
            "a request that could not be parsed");
    run(ACCESS_JSON, simple(), 200, 12, false);
    ok(strncmp(line, "{\"time\":\"2", 10) == 0 && strlen(line) > 31, "JSON begins with the time");
    is_text(line + 30,
            ",\"remote\":\"192.0.2.1:4711\",\"local\":\"[::1]:4433\",\"method\":\"GET\","
            "\"target\":\"/a?b=\\\"c\\\"\",\"protocol\":\"HTTP/1.1\",\"host\":\"example.org\","
            "\"referer\":\"https://r/\\u000a\",\"user_agent\":\"curl/8\",\"status\":200,"
            "\"bytes\":12,\"duration_ms\":42,\"complete\":false,\"tls_version\":\"TLSv1.2\","
            "\"tls_cipher\":\"ECDHE-ECDSA-AES128-GCM-SHA256\",\"server_name\":\"example.org\","
            "\"resumed\":false,\"client_certificate\":\"trusted\","
            "\"client_subject\":\"CN=\\\"Ann\\\",O=\\u00c3\\u0084\"}\n",
            "JSON");
}

static void check_addresses(void)
{
    static const char *const pairs[][2] = {{"[2001:db8::1]:4711", "2001:db8::1 - - "},
                                           {"unix", "unix - - "},
                                           {"[broken", "[broken - - "},
                                           {"", " - - "}};

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        snprintf(peer.address, sizeof peer.address, "%s", pairs[i][0]);
        run(ACCESS_COMMON, simple(), 200, 0, true);
        ok(strncmp(line, pairs[i][1], strlen(pairs[i][1])) == 0, pairs[i][1]);
    }
    strcpy(peer.address, "192.0.2.1:4711");
}

/* Every length of every field: one line, never more than a pipe's atomic
 * write would hold twice over, and what is cut says so. */
static void check_lengths(void)
{
    static char longest[400];
    bool good = true;

    memset(longest, '\x01', sizeof longest);
    for (int form = ACCESS_COMMON; form <= ACCESS_JSON; form++) {
        for (size_t n = 0; n < sizeof longest; n += 7) {
            for (size_t m = 0; m < sizeof longest; m += 57) {
                struct access_request r = {span_of("GET", 3),        span_of(longest, n),
                                           span_of(longest, m % 20), span_of(longest, m),
                                           span_of(longest, m),      span_of(longest, n)};

                run((enum access_format)form, r, 200, 0, true);
                good &= expect(strchr(line, '\n') == line + strlen(line) - 1, "one line");
                good &= expect(n < ACCESS_TEXT_MAX || strstr(line, "...") != NULL, "cut is told");
            }
        }
    }
    ok(good, "fields of any length");
    run(ACCESS_COMBINED,
        (struct access_request){span_of("GET", 3), span_of(longest, 400), span_of("HTTP/1.1", 8),
                                span_of("h", 1), span_of("referer", 7), span_of("agent", 5)},
        200, 0, true);
    ok(strstr(line, "... HTTP/1.1\" 200 0 \"referer\" \"agent\"\n") != NULL,
       "a long target leaves room for the rest");
}

/* A reader of standard output that does not read: lines are lost, nobody
 * waits. alarm() ends the test if somebody does. */
static void check_stalled(void)
{
    struct access_request r = simple();
    struct access_entry e = {.open = false};
    static char filler[65536];
    int before = shared.access_fd;
    int fds[2];
    int out;

    fflush(stdout);
    if (pipe(fds) != 0 || (out = dup(STDOUT_FILENO)) < 0) {
        ok(false, "pipe");
        return;
    }
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    while (write(fds[1], filler, sizeof filler) > 0) {
    }
    fcntl(fds[1], F_SETFL, 0);
    dup2(fds[1], STDOUT_FILENO);
    shared.access_fd = STDOUT_FILENO;
    alarm(20);
    access_begin(&e, &shared, &r, 0);
    access_end(&e, &shared, &peer, 0, true);
    alarm(0);
    dup2(out, STDOUT_FILENO);
    shared.access_fd = before;
    close(out);
    close(fds[0]);
    close(fds[1]);
    ok(true, "a stalled reader of standard output stalls nobody");
}

int main(void)
{
    struct access_request r = simple();
    struct access_entry e = {.open = false};

    if (pipe(pipe_fds) != 0) {
        return 1;
    }
    access_end(&e, &shared, &peer, 0, true);
    ok(counters.requests == 0, "an entry that is not open counts nothing");
    access_begin(&e, &shared, &r, 5);
    access_end(&e, &shared, &peer, 6, true);
    access_begin(&e, &shared, &r, 5);
    access_end(&e, &shared, &peer, 6, false);
    ok(counters.requests == 1, "whole requests are counted, log or not");
    shared.access_fd = pipe_fds[1];
    check_forms();
    check_addresses();
    check_lengths();
    check_stalled();
    ok(sizeof(struct access_entry) <= 304, "an entry stays small");
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    return tap_done();
}
