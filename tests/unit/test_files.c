/* app/files: what is answered for which request, over a real tree of files. */
#include "files_tree.h"

static void test_simple(void)
{
    get("GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(d.result == APP_DONE && !d.stuck, "a request and its end are served");
    ok(strncmp(d.out, "HTTP/1.1 200 OK\r\n", 17) == 0, "200");
    ok(strstr(d.out, "\r\nContent-Length: 6\r\n") != NULL, "length");
    ok(strstr(d.out, "\r\nContent-Type: text/plain; charset=utf-8\r\n") != NULL, "type");
    ok(strstr(d.out, "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n") != NULL, "date");
    ok(strstr(d.out, "\r\n\r\nhello\n") != NULL, "body");
    get("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(strstr(d.out, "\r\n\r\n<p>top</p>") != NULL, "index");
    get("GET /dir HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(strstr(d.out, "\r\nLocation: /dir/\r\n") != NULL, "a directory is told its slash");
    get("GET /dir/ HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(strstr(d.out, "\r\n\r\nin dir") != NULL, "second index name");
    get("GET /bare/ HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(strncmp(d.out, "HTTP/1.1 403 ", 13) == 0, "no index, no listing");
    ok(shared.heads->taken == 0, "no block stays taken");
}

/* ---- every split gives the same bytes ------------------------------------- */

#define HOST "Host: x\r\n"

/* Answers begin with this status; several requests in one text are fine. */
static const struct {
    const char *request;
    const char *begins;
} requests[] = {
    {"GET /a.txt HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
    {"HEAD /a.txt HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\n"},
    {"\r\nGET /empty.txt HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\n"},
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 204 No Content\r\n"},
    {"OPTIONS /none HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 204 No Content\r\n"},
    {"GET http://other/a.txt HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Range: bytes=1-3\r\n\r\n", "HTTP/1.1 206 Partial Content\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Range: bytes=0-1,3-4\r\n\r\n",
     "HTTP/1.1 206 Partial Content\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Range: bytes=6-\r\n\r\n", "HTTP/1.1 416 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
     "HTTP/1.1 304 Not Modified\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "If-Match: \"no\"\r\n\r\n", "HTTP/1.1 412 "},
    {"GET /dir?a=b HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 301 "},
    {"GET /none HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404 "},
    {"GET /.secret HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404 "},
    {"GET /%zz HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400 "},
    {"GET /bare/ HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 403 "},
    {"POST /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbodyGET /a.txt HTTP/1.1\r\n" HOST
     "\r\n",
     "HTTP/1.1 405 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbodyGET /none HTTP/1.1\r\n" HOST
     "\r\n",
     "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: u\r\n\r\nGET /none HTTP/1.1\r\n" HOST
     "\r\n",
     "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzzz", "HTTP/1.1 400 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\nbody",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"},
    {"PUT /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\nbody",
     "HTTP/1.1 405 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", "HTTP/1.1 413 "},
    {"PUT /a.txt HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", "HTTP/1.1 405 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Expect: coffee\r\n\r\n", "HTTP/1.1 417 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Transfer-Encoding: br\r\n\r\n", "HTTP/1.1 501 "},
    {"GET /a.txt HTTP/3.0\r\n" HOST "\r\n", "HTTP/1.1 505 "},
    {"GET /a.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
    {"GET /a.txt HTTP/1.1\n", "HTTP/1.1 400 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "\r\nGET /dir/ HTTP/1.1\r\n" HOST
     "\r\nGET /none HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET /a.txt HTTP/1.1\r\n" HOST
     "\r\n",
     "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Host: y\r\n\r\nGET /a.txt HTTP/1.1\r\n" HOST "\r\n",
     "HTTP/1.1 400 "},
};

static void test_splits(void)
{
    static const size_t outs[] = {1, 2, 3, 7, 64, 511, 512, 16384};

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        const char *request = requests[i].request;
        size_t len = strlen(request);
        bool same = true;
        char name[64];
        char *whole;
        size_t whole_len;

        drive_run(&d, request, len, 16384, 16384);
        whole = strdup(d.out);
        whole_len = d.len;
        snprintf(name, sizeof name, "request %zu: %.12s", i, requests[i].begins);
        ok(strncmp(whole, requests[i].begins, strlen(requests[i].begins)) == 0 &&
               d.result == APP_DONE,
           name);
        for (size_t in = 1; in <= len; in++) {
            drive_run(&d, request, len, in, outs[in % ARRAY_LEN(outs)]);
            same = same && !d.stuck && d.len == whole_len && memcmp(d.out, whole, whole_len) == 0;
            if (!same) {
                printf("# in pieces of %zu:\n# %s\n# not\n# %s\n", in, d.out, whole);
                break;
            }
        }
        for (size_t out = 0; out < ARRAY_LEN(outs); out++) {
            drive_run(&d, request, len, 1, outs[out]);
            same = same && d.len == whole_len && memcmp(d.out, whole, whole_len) == 0;
            drive_run(&d, request, len, 16384, outs[out]);
            same = same && d.len == whole_len && memcmp(d.out, whole, whole_len) == 0;
        }
        ok(same && shared.heads->taken == 0, "the same bytes from every split");
        free(whole);
    }
}

/* ---- contents -------------------------------------------------------------- */

static void test_head(void)
{
    static const char *const paths[] = {"/a.txt", "/big.bin",   "/none", "/dir",
                                        "/",      "/empty.txt", "/bare/"};
    bool same = true;

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char request[128];
        char head[2048];
        size_t n;

        get_with(paths[i], "");
        n = (size_t)(body_of(d.out) - d.out);
        memcpy(head, d.out, n);
        snprintf(request, sizeof request, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[i]);
        get(request);
        same = same && d.len == n && memcmp(head, d.out, n) == 0;
    }
    ok(same, "HEAD has the fields of GET and no body");
}

static void test_big(void)
{
    static const size_t outs[] = {1, 100, 4096, 16384, 200000};
    static const char request[] = "GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n";
    bool same = true;

    for (size_t i = 0; i < ARRAY_LEN(outs); i++) {
        drive_run(&d, request, sizeof request - 1, 100, outs[i]);
        same = same && d.len > BIG_LEN && memcmp(d.out + d.len - BIG_LEN, big, BIG_LEN) == 0;
        same = same && strstr(d.out, "\r\nContent-Length: 100000\r\n") != NULL;
    }
    ok(same, "a file of many windows");
    get_with("/big.bin", "Range: bytes=70000-70999\r\n");
    ok(status_is(206) && strstr(d.out, "\r\nContent-Range: bytes 70000-70999/100000\r\n") != NULL &&
           strlen(body_of(d.out)) == 1000 && memcmp(body_of(d.out), big + 70000, 1000) == 0,
       "a range");
    get_with("/big.bin", "Range: bytes=0-1\r\n");
    ok(status_is(206) && strcmp(body_of(d.out), "ah") == 0, "what Safari asks first");
    get_with("/big.bin", "Range: bytes=-3\r\n");
    ok(status_is(206) && memcmp(body_of(d.out), big + BIG_LEN - 3, 3) == 0, "a suffix");
}

static void test_parts(void)
{
    char *boundary;
    char *body;
    char want[400];
    unsigned long long length;

    get_with("/big.bin", "Range: bytes=0-4,50000-50001,-2\r\n");
    boundary = strstr(d.out, "boundary=");
    ok(status_is(206) && boundary != NULL &&
           strstr(d.out, "Content-Type: multipart/byteranges") != NULL,
       "several ranges");
    if (boundary == NULL) {
        return;
    }
    boundary = strndup(boundary + 9, strcspn(boundary + 9, "\r"));
    body = strdup(body_of(d.out));
    length = strtoull(strstr(d.out, "\r\nContent-Length: ") + 18, NULL, 10);
    snprintf(want, sizeof want,
             "\r\n--%s\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes "
             "0-4/100000\r\n\r\n%.5s"
             "\r\n--%s\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes "
             "50000-50001/100000\r\n\r\n%.2s"
             "\r\n--%s\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes "
             "99998-99999/100000\r\n\r\n%.2s"
             "\r\n--%s--\r\n",
             boundary, big, boundary, big + 50000, boundary, big + 99998, boundary);
    is_text(body, want, "the parts, each with its head");
    ok(length == strlen(body), "their length");
    free(boundary);
    free(body);
}

/* The entity tag that a file has now, with its quotes. */
static char *etag_of(const char *path)
{
    const char *at;

    get_with(path, "");
    at = strstr(d.out, "\r\nETag: ");
    return at != NULL ? strndup(at + 8, strcspn(at + 8, "\r")) : strdup("");
}

static void test_conditions(void)
{
    char *etag = etag_of("/a.txt");
    char *other;
    char field[200];

    ok(etag[0] == '"' && etag[strlen(etag) - 1] == '"' && strlen(etag) > 4, "a strong tag");
    snprintf(field, sizeof field, "If-None-Match: \"x\", %s\r\n", etag);
    get_with("/a.txt", field);
    ok(status_is(304) && *body_of(d.out) == '\0' && strstr(d.out, etag) != NULL &&
           strstr(d.out, "Content-Length") == NULL && strstr(d.out, "Content-Type") == NULL,
       "304 has the tag, no body and no length");
    snprintf(field, sizeof field, "Range: bytes=0-0\r\nIf-Range: %s\r\n", etag);
    get_with("/a.txt", field);
    ok(status_is(206) && strcmp(body_of(d.out), "h") == 0, "If-Range that holds");
    get_with("/a.txt", "Range: bytes=0-0\r\nIf-Range: \"x\"\r\n");
    ok(status_is(200) && strcmp(body_of(d.out), "hello\n") == 0, "If-Range that does not");
    write_file("a.txt", "HELLO\n", 6, 784111777);
    other = etag_of("/a.txt");
    write_file("a.txt", "hello\n", 6, 784111778);
    free(other);
    other = etag_of("/a.txt");
    ok(strcmp(etag, other) != 0, "another time, another tag");
    write_file("a.txt", "hello\n", 6, 784111777);
    free(other);
    other = etag_of("/a.txt");
    ok(strcmp(etag, other) == 0, "the tag is that of the file's state");
    free(etag);
    free(other);
}

static void test_methods(void)
{
    static const char *const methods[] = {"POST",    "PUT",  "DELETE", "PATCH", "TRACE",
                                          "CONNECT", "BREW", "get",    "GETS"};

    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        char request[128];

        snprintf(request, sizeof request, "%s /a.txt HTTP/1.1\r\nHost: x\r\n\r\n", methods[i]);
        get(request);
        ok(status_is(405) && strstr(d.out, "\r\nAllow: GET, HEAD, OPTIONS\r\n") != NULL &&
               strstr(d.out, "Connection: close") == NULL,
           methods[i]);
    }
}

/* Early data may be somebody's copy: only what changes nothing is answered (RFC 8470). */
static void test_early(void)
{
    static const struct {
        const char *name, *request;
        unsigned early, later;
    } cases[] = {
        {"GET", "GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n", 200, 200},
        {"HEAD", "HEAD /a.txt HTTP/1.1\r\nHost: x\r\n\r\n", 200, 200},
        {"a file that is not there", "GET /none HTTP/1.1\r\nHost: x\r\n\r\n", 404, 404},
        {"OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 425, 204},
        {"POST", "POST /a.txt HTTP/1.1\r\nHost: x\r\n\r\n", 425, 405},
        {"GET with a body", "GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", 425,
         200},
        {"GET with chunks",
         "GET /a.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 425, 200},
        {"PUT that waits for 100",
         "PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 405,
         405},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        tls.early = true;
        get(cases[i].request);
        ok(status_is(cases[i].early) && drive_count(&d, "HTTP/1.1 ") == 1, cases[i].name);
        tls.early = false;
        get(cases[i].request);
        ok(status_is(cases[i].later), "behind the handshake");
    }
    tls.early = true;
    get("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(strstr(d.out, "425 Too Early") != NULL && strstr(d.out, "Connection: close") != NULL,
       "Too Early, and the connection ends");
    tls.early = false;
}

static void test_pipeline(void)
{
    enum { COUNT = 500 };
    static char text[COUNT * 64];
    size_t len = 0;
    uint64_t before = counters.requests;

    for (unsigned i = 0; i < COUNT; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", i % 2 ? "a.txt" : "dir/");
    }
    drive_run(&d, text, len, 16384, 16384);
    ok(drive_count(&d, "HTTP/1.1 200 OK") == COUNT &&
           drive_count(&d, "\r\n\r\nhello\n") == COUNT / 2 &&
           drive_count(&d, "\r\n\r\nin dir") == COUNT / 2,
       "hundreds of requests in one go");
    ok(strstr(d.out, "in dirHTTP") < strstr(d.out, "hello\nHTTP"), "in their order");
    ok(counters.requests - before == COUNT, "each is counted");
    drive_run(&d, text, len, 977, 512);
    ok(drive_count(&d, "HTTP/1.1 200 OK") == COUNT, "and in pieces");
    d.no_eof = true;
    drive_run(&d, text, len, 16384, 16384);
    ok(d.result == APP_MORE && !d.stuck, "the connection stays");
    d.no_eof = false;
}

int main(void)
{
    if (tree_begin() != 0) {
        return 1;
    }
    test_simple();
    test_splits();
    test_head();
    test_big();
    test_parts();
    test_conditions();
    test_methods();
    test_early();
    test_pipeline();
    return tree_end();
}
