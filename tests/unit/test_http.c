/* app/http: the parser's verdict on requests of every kind, at every split. */
#include "app/http.h"
#include "app/http_body.h"
#include "tap.h"

#include <stdlib.h>

#define H "Host: x\r\n"

struct verdict {
    const char *head;
    int status; /* of http_scan or http_parse; 0: good */
};

/* Scans in pieces that grow from one byte, then parses. */
static int judge(const char *text, size_t len, size_t first, struct http_request *r,
                 size_t *head_len)
{
    struct http_scan scan = {0, false};
    int verdict = -1;

    for (size_t n = first; verdict < 0; n++) {
        uint8_t *copy;

        n = n < len ? n : len;
        copy = malloc(n > 0 ? n : 1);
        memcpy(copy, text, n);
        verdict = http_scan(&scan, copy, n);
        free(copy);
        if (n == len) {
            break;
        }
    }
    *head_len = scan.pos;
    return verdict == 0 ? http_parse((const uint8_t *)text, scan.pos, r) : verdict;
}

static const struct verdict table[] = {
    /* good ones */
    {"GET / HTTP/1.1\r\n" H "\r\n", 0},
    {"GET / HTTP/1.0\r\n\r\n", 0},
    {"\r\nGET / HTTP/1.1\r\n" H "\r\n", 0},
    {"HEAD /a?b=c HTTP/1.1\r\n" H "\r\n", 0},
    {"OPTIONS * HTTP/1.1\r\n" H "\r\n", 0},
    {"OPTIONS / HTTP/1.1\r\n" H "\r\n", 0},
    {"GET http://x/ HTTP/1.1\r\n" H "\r\n", 0},
    {"GET http://x HTTP/1.1\r\n" H "\r\n", 0},
    {"GET HTTPS://X:8443/a?b HTTP/1.1\r\n" H "\r\n", 0},
    {"GET http://x?q HTTP/1.1\r\n" H "\r\n", 0},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", 0},
    {"POST / HTTP/1.1\r\n" H "Content-Length:5\r\n\r\n", 0},
    {"POST / HTTP/1.1\r\n" H "Content-Length: \t 5 \t\r\n\r\n", 0},
    {"POST / HTTP/1.1\r\n" H "content-length: 000\r\n\r\n", 0},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 999999999999999999\r\n\r\n", 0},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0},
    {"POST / HTTP/1.1\r\n" H "transfer-encoding: CHUNKED\r\n\r\n", 0},
    {"CONNECT x:443 HTTP/1.1\r\n" H "\r\n", 0},
    {"BREW /pot HTTP/1.1\r\n" H "\r\n", 0},
    {"get / HTTP/1.1\r\n" H "\r\n", 0},
    {"GET / HTTP/1.9\r\n" H "\r\n", 0},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
    {"GET / HTTP/1.1\r\nHost: [::1]:4433\r\n\r\n", 0},
    {"GET / HTTP/1.1\r\nHOST: x\r\n\r\n", 0},
    {"GET / HTTP/1.1\r\n" H "X:\r\n\r\n", 0},
    {"GET / HTTP/1.1\r\n" H "X: \x80\xff\r\n\r\n", 0},
    {"GET / HTTP/1.1\r\n" H "X: a\tb\r\n\r\n", 0},
    {"GET / HTTP/1.1\r\n" H "!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n", 0},
    {"GET / HTTP/1.1\r\n" H "Expect: 100-Continue\r\n\r\n", 0},
    {"GET / HTTP/1.0\r\nExpect: anything\r\n\r\n", 0},
    {"GET //a//b HTTP/1.1\r\n" H "\r\n", 0},
    {"GET /%00 HTTP/1.1\r\n" H "\r\n", 0}, /* the path's affair */
    {"GET /a\\b\"<>{}|^` HTTP/1.1\r\n" H "\r\n", 0},

    /* the request line */
    {"\r\n\r\n", 400},
    {"\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 400},
    {" GET / HTTP/1.1\r\n" H "\r\n", 400},
    {"GET\r\n\r\n", 400},
    {"GET \r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET / \r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\n" H "\r\n", 400},
    {"GET /  HTTP/1.1\r\n" H "\r\n", 400},
    {"GET / HTTP/1.1 \r\n" H "\r\n", 400},
    {"GET\t/ HTTP/1.1\r\n" H "\r\n", 400},
    {"GET /\tHTTP/1.1\r\n" H "\r\n", 400},
    {"GET / HTTP/1.1x\r\n" H "\r\n", 400},
    {"GET / HTTP/1.11\r\n" H "\r\n", 400},
    {"GET / HTTP/11\r\n" H "\r\n", 400},
    {"GET / http/1.1\r\n" H "\r\n", 400},
    {"GET / HTTP/1,1\r\n" H "\r\n", 400},
    {"GET / HTTP/a.1\r\n" H "\r\n", 400},
    {"GET / HTTP/1.a\r\n" H "\r\n", 400},
    {"GET / HTTP /1.1\r\n" H "\r\n", 400},
    {"GET / HTTPS/1.1\r\n" H "\r\n", 400},
    {"G@T / HTTP/1.1\r\n" H "\r\n", 400},
    {"G:T / HTTP/1.1\r\n" H "\r\n", 400},
    {"\"GET\" / HTTP/1.1\r\n" H "\r\n", 400},
    {"GET a HTTP/1.1\r\n" H "\r\n", 400},
    {"GET * HTTP/1.1\r\n" H "\r\n", 400},
    {"HEAD * HTTP/1.1\r\n" H "\r\n", 400},
    {"OPTIONS ** HTTP/1.1\r\n" H "\r\n", 400},
    {"GET ftp://x/ HTTP/1.1\r\n" H "\r\n", 400},
    {"GET http:/// HTTP/1.1\r\n" H "\r\n", 400},
    {"GET http:// HTTP/1.1\r\n" H "\r\n", 400},
    {"GET http:/x HTTP/1.1\r\n" H "\r\n", 400},
    {"GET http://u@x/ HTTP/1.1\r\n" H "\r\n", 400},
    {"GET http://x\\y/ HTTP/1.1\r\n" H "\r\n", 400},
    {"GET /a#b HTTP/1.1\r\n" H "\r\n", 400},
    {"GET /\x80 HTTP/1.1\r\n" H "\r\n", 400},
    {"GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", 400},
    {"GET / HTTP/0.9\r\n" H "\r\n", 505},
    {"GET / HTTP/2.0\r\n" H "\r\n", 505},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"GET / HTTP/9.1\r\n" H "\r\n", 505},

    /* line ends and control characters: found while the head comes in */
    {"GET / HTTP/1.1\n" H "\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\r\n\n", 400},
    {"\nGET / HTTP/1.1\r\n" H "\r\n", 400},
    {"GET / HTTP/1.1\rHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\r\n" H "\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X: a\nb\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X: a\x1b[0m\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n", 400},
    {"GET /\x0b HTTP/1.1\r\n" H "\r\n", 400},
    {"\x16\x03\x01\x02", 400},

    /* fields */
    {"GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X\t: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H " X: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X: a\r\n folded\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X: a\r\n\tfolded\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n X: a\r\n" H "\r\n", 400},
    {"GET / HTTP/1.1\r\n" H ": a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X Y: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X(Y: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "X\x80: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "\"X\": a\r\n\r\n", 400},

    /* Host */
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET http://x/ HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" H H "\r\n", 400},
    {"GET / HTTP/1.1\r\n" H "host: y\r\n\r\n", 400},
    {"GET / HTTP/1.0\r\n" H H "\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\"b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\x80\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", 400},

    /* framing */
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5.0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 1e3\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551616\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     400},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, gzip\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;q=1\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n chunked\r\n\r\n", 400},

    {"GET / HTTP/1.1\r\n" H "Expect: 200-maybe\r\n\r\n", 417},
    {"GET / HTTP/1.1\r\n" H "Expect:\r\n\r\n", 417},
};

static void test_table(void)
{
    struct http_request r;
    size_t head_len;

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const struct verdict *v = &table[i];
        size_t len = strlen(v->head);
        int whole = judge(v->head, len, len, &r, &head_len);
        size_t whole_len = head_len;
        char name[80];

        snprintf(name, sizeof name, "%d for request %zu: %.30s", v->status, i, v->head);
        for (char *p = name; *p != '\0'; p++) {
            *p = *p < ' ' || *p > '~' ? '.' : *p;
        }
        if (whole != v->status) {
            printf("# got %d\n", whole);
        }
        ok(whole == v->status, name);
        for (size_t first = 0; first < len; first++) {
            int got = judge(v->head, len, first, &r, &head_len);

            expect(got == whole && head_len == whole_len, "the same verdict from every split");
        }
        /* A head that is cut short is never taken for a whole one. */
        for (size_t n = 0; n < whole_len && whole == 0; n++) {
            struct http_scan scan = {0, false};

            expect(http_scan(&scan, (const uint8_t *)v->head, n) == -1, "cut short");
        }
    }
}

/* A NUL cannot stand in the table. */
static void test_nul(void)
{
    static const char good[] = "GET /path HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n";
    char text[sizeof good];
    struct http_request r;
    size_t head_len;
    bool all = true;

    for (size_t i = 0; i + 1 < sizeof good; i++) {
        memcpy(text, good, sizeof good);
        text[i] = '\0';
        all = all && judge(text, sizeof good - 1, 0, &r, &head_len) == 400;
    }
    ok(all, "a NUL anywhere is refused");
}

static void test_limits(void)
{
    static char text[20000];
    struct http_request r;
    size_t head_len;
    size_t len;

    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    ok(judge(text, sizeof text, sizeof text, &r, &head_len) == 414 && head_len == HTTP_LINE_MAX,
       "a long line is refused at its limit");
    ok(judge(text, sizeof text, 1, &r, &head_len) == 414 && head_len == HTTP_LINE_MAX,
       "and so byte by byte");
    len = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    memset(text + len, 'a', HTTP_HEAD_MAX - len - 4);
    memcpy(text + HTTP_HEAD_MAX - 4, "\r\n\r\n", 4);
    ok(judge(text, HTTP_HEAD_MAX, HTTP_HEAD_MAX, &r, &head_len) == 0, "the longest head is taken");
    memcpy(text + HTTP_HEAD_MAX - 4, "aaaa\r\n\r\n", 8);
    ok(judge(text, HTTP_HEAD_MAX + 4, 9000, &r, &head_len) == 431, "a longer one is not");
    ok(judge(text, HTTP_HEAD_MAX + 4, 8000, &r, &head_len) == 431 && head_len == HTTP_HEAD_MAX,
       "in pieces");
    for (unsigned fields = 99; fields <= 101; fields++) {
        len = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\n");
        for (unsigned i = 1; i < fields; i++) {
            len += (size_t)snprintf(text + len, sizeof text - len, "A: b\r\n");
        }
        memcpy(text + len, "\r\n", 2);
        ok(judge(text, len + 2, len + 2, &r, &head_len) == (fields <= HTTP_FIELDS_MAX ? 0 : 431),
           "number of fields");
    }
}

static void parse(const char *text, struct http_request *r)
{
    size_t head_len;

    if (judge(text, strlen(text), strlen(text), r, &head_len) != 0) {
        ok(false, text);
    }
}

static void test_values(void)
{
    struct http_request r;

    parse("GET /a/b?c=d?e HTTP/1.1\r\n" H "\r\n", &r);
    ok(r.method == HTTP_GET && r.minor == 1 && r.keep_alive, "GET, 1.1, keep-alive");
    ok(span_is(r.path, "/a/b") && span_is(r.query, "?c=d?e"), "path and query");
    ok(span_is(r.host, "x") && span_is(r.line, "GET /a/b?c=d?e HTTP/1.1"), "host and line");
    parse("GET https://Host.example:1/a?b HTTP/1.1\r\n" H "\r\n", &r);
    ok(span_is(r.host, "Host.example:1") && span_is(r.path, "/a") && span_is(r.query, "?b"),
       "absolute form: its host counts");
    parse("GET http://y?b HTTP/1.1\r\n" H "\r\n", &r);
    ok(span_is(r.path, "/") && span_is(r.query, "?b"), "absolute form without a path");
    parse("OPTIONS * HTTP/1.1\r\n" H "\r\n", &r);
    ok(r.asterisk && r.method == HTTP_OPTIONS, "OPTIONS *");
    parse("GET / HTTP/1.0\r\n\r\n", &r);
    ok(!r.keep_alive && r.minor == 0, "1.0 closes");
    parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &r);
    ok(r.keep_alive, "1.0 may go on");
    parse("GET / HTTP/1.1\r\n" H "Connection: foo, CLOSE\r\n\r\n", &r);
    ok(!r.keep_alive, "close in a list");
    parse("GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n", &r);
    ok(!r.keep_alive, "close in a second field wins");
    parse("POST / HTTP/1.1\r\n" H "Content-Length: 123456789012\r\nExpect: 100-continue\r\n\r\n",
          &r);
    ok(r.content_length == 123456789012u && r.expect_continue && !r.chunked, "length, expectation");
    parse("GET / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n", &r);
    ok(!r.expect_continue, "no body, no expectation");
    parse("GET / HTTP/1.1\r\n" H "Range:  bytes=0-1 \t\r\nAccept: a\r\nACCEPT: b\r\n\r\n", &r);
    ok(span_is(http_field(&r, "range"), "bytes=0-1"), "a field, blanks stripped");
    ok(http_field(&r, "Accept").len == 0 && http_field(&r, "Rang").len == 0, "doubled or absent");
}

static void test_quality(void)
{
    static const struct {
        const char *value;
        int gzip;
    } cases[] = {
        {"gzip", 1000},
        {"GZIP", 1000},
        {"br, gzip", 1000},
        {"gzip;q=0.5", 500},
        {"gzip; q=0.123", 123},
        {"gzip ;Q=0", 0},
        {"gzip;q=0.000", 0},
        {"gzip;q=1.000", 1000},
        {"gzip;q=1.001", 0},
        {"gzip;q=2", 0},
        {"gzip;q=", 0},
        {"gzip;q=0.1234", 0},
        {"gzip;a=b;q=0.2", 200},
        {"gzip;a=\",;q=0\";q=0.3", 300},
        {"xgzip", -1},
        {"gzipx", -1},
        {"", -1},
        {",,, gzip,,", 1000},
        {"br;q=1.0", -1},
        {"gzip;q=.5", 0},
        {"gzip;q=0.", 0},
        {"*;q=0.5", -1},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[200];
        struct http_request r;

        snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" H "Accept-Encoding: %s\r\n\r\n",
                 cases[i].value);
        parse(text, &r);
        ok(http_quality(&r, "Accept-Encoding", "gzip") == cases[i].gzip, cases[i].value);
    }
}

static void test_dates(void)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
        {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Wednesday, 01-Jan-70 00:00:00 GMT", 3155760000}, /* 2070 */
        {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
        {"Sun, 06 Nov 1994 08:49:37", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
        {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
        {"sun, 06 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 nov 1994 08:49:37 GMT", -1},
        {"Sun, 32 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 31 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
        {"Mon, 29 Feb 1900 00:00:00 GMT", -1},
        {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
        {"Sun, 06 Nov 1994 08:60:00 GMT", -1},
        {"Sun, 06 Nov 1994 08:49:61 GMT", -1},
        {"Sun, 06 Nov 1600 08:49:37 GMT", -1},
        {"", -1},
        {"0", -1},
        {"784111777", -1},
    };
    char text[HTTP_DATE_LEN + 1];
    bool round = true;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t seconds = -1;
        bool good =
            http_date_parse(span_of(cases[i].text, strlen(cases[i].text)), 1795000000, &seconds);

        ok(good == (cases[i].seconds >= 0) && (!good || seconds == cases[i].seconds),
           cases[i].text);
    }
    for (int64_t s = 0; s < 253402300799; s += 86399 * 131) {
        int64_t back = -1;

        http_date_format(s, text);
        round = round && strlen(text) == HTTP_DATE_LEN &&
                http_date_parse(span_of(text, HTTP_DATE_LEN), 0, &back) && back == s;
    }
    ok(round, "what is written is read back");
    http_date_format(784111777, text);
    is_text(text, "Sun, 06 Nov 1994 08:49:37 GMT", "the example of the RFC");
}

static const struct {
    const char *body;
    int status;
    size_t used;
} bodies[] = {
    {"0\r\n\r\n", 0, 5},
    {"0\r\n\r\nGET", 0, 5},
    {"5\r\nhello\r\n0\r\n\r\n", 0, 15},
    {"00000005\r\nhello\r\n000\r\n\r\n", 0, 24},
    {"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", 0, 35},
    {"5;ext=\"v\"\r\nhello\r\n0;x\r\n\r\n", 0, 25},
    {"0\r\nTrailer: x\r\nOther:\r\n\r\n", 0, 25},
    {"10000\r\n", -1, 7},
    {"10001\r\n", 413, 6},
    {"ffffffff\r\n", 413, 9},
    {"\r\n", 400, 1},
    {";x\r\n", 400, 1},
    {"g\r\n", 400, 1},
    {"0x5\r\n", 400, 2},
    {" 5\r\n", 400, 1},
    {"5 \r\n", 400, 2},
    {"-5\r\n", 400, 1},
    {"000000005\r\n", 400, 9},
    {"5\n", 400, 2},
    {"5\r\r", 400, 3},
    {"5\r\nhelloX", 400, 9},
    {"5\r\nhello\n", 400, 9},
    {"5\r\nhello\rX", 400, 10},
    {"5;a\n", 400, 4},
    {"0\r\n X: y\r\n", 400, 4},
    {"0\r\nX y\r\n", 400, 5},
    {"0\r\nX\r\n", 400, 5},
    {"0\r\nX: a\n", 400, 8},
    {"0\r\n\rX", 400, 5},
    {"5\r\nhel", -1, 6},
};

static void test_bodies(void)
{
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        size_t len = strlen(bodies[i].body);
        bool same = true;

        for (size_t piece = 1; piece <= len; piece++) {
            struct http_body b;
            size_t total = 0;
            int verdict = -1;

            http_body_chunked(&b);
            while (verdict < 0 && total < len) {
                size_t n = len - total < piece ? len - total : piece;
                size_t used;

                verdict =
                    http_body_skip(&b, (const uint8_t *)bodies[i].body + total, n, 65536, &used);
                total += used;
            }
            same = same && verdict == bodies[i].status && total == bodies[i].used;
        }
        ok(same, "a chunked body, in pieces of every length");
    }
}

int main(void)
{
    test_table();
    test_nul();
    test_limits();
    test_values();
    test_quality();
    test_dates();
    test_bodies();
    return tap_done();
}
