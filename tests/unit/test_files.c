/* app/files: what is answered for which request, over a real tree of files. */
#include "app/files.h"
#include "core/pool.h"
#include "http_drive.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BIG_LEN 100000

static char root[] = "/tmp/tiny-files-XXXXXX";
static struct config config;
static struct counters counters;
static struct app_shared shared;
static struct tls_info tls;
static struct app_peer peer = {.tls = &tls, .address = "192.0.2.1:4711", .local = "localhost"};
static struct drive d = {.shared = &shared, .ops = &app_files, .peer = &peer};
static char big[BIG_LEN];

static void write_file(const char *name, const void *data, size_t len, time_t mtime)
{
    char path[512];
    struct timespec times[2] = {{mtime, 0}, {mtime, 0}};
    int fd;

    snprintf(path, sizeof path, "%s/%s", root, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len || futimens(fd, times) != 0) {
        perror(path);
        exit(1);
    }
    close(fd);
}

static void make_dir(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", root, name);
    if (mkdir(path, 0755) != 0) {
        perror(path);
        exit(1);
    }
}

static void make_tree(void)
{
    static const char *const items[] = {"index.html", "index.txt"};

    if (mkdtemp(root) == NULL) {
        perror(root);
        exit(1);
    }
    for (size_t i = 0; i < sizeof big; i++) {
        big[i] = (char)('a' + i * 7 % 26);
    }
    write_file("a.txt", "hello\n", 6, 784111777);
    write_file("index.html", "<p>top</p>", 10, 784111777);
    write_file("big.bin", big, sizeof big, 784111777);
    write_file("empty.txt", "", 0, 784111777);
    write_file(".secret", "no", 2, 784111777);
    make_dir("dir");
    write_file("dir/index.txt", "in dir", 6, 784111777);
    make_dir("bare");
    write_file("bare/x<&>.txt", "x", 1, 784111777);
    make_dir(".well-known");
    write_file(".well-known/token", "token", 5, 784111777);
    make_dir(".git");
    write_file(".git/config", "no", 2, 784111777);
    config = (struct config){.mode = MODE_FILES,
                             .max_connections = 4,
                             .root = root,
                             .index = {(const char **)items, 2},
                             .access_file = ""};
}

static const char *get(const char *request)
{
    drive_run(&d, request, strlen(request), 16384, 16384);
    return d.out;
}

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
    {"GET /a.txt HTTP/1.1\r\n" HOST "Range: bytes=0-1,3-4\r\n\r\n", "HTTP/1.1 206 Partial Content\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Range: bytes=6-\r\n\r\n", "HTTP/1.1 416 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
     "HTTP/1.1 304 Not Modified\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "If-Match: \"no\"\r\n\r\n", "HTTP/1.1 412 "},
    {"GET /dir?a=b HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 301 "},
    {"GET /none HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404 "},
    {"GET /.secret HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404 "},
    {"GET /%zz HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400 "},
    {"GET /bare/ HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 403 "},
    {"POST /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbodyGET /a.txt HTTP/1.1\r\n" HOST "\r\n",
     "HTTP/1.1 405 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nbodyGET /none HTTP/1.1\r\n" HOST "\r\n",
     "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: u\r\n\r\nGET /none HTTP/1.1\r\n" HOST "\r\n",
     "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzzz", "HTTP/1.1 400 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\nbody",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"},
    {"PUT /a.txt HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\nbody", "HTTP/1.1 405 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", "HTTP/1.1 413 "},
    {"PUT /a.txt HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", "HTTP/1.1 405 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Expect: coffee\r\n\r\n", "HTTP/1.1 417 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Transfer-Encoding: br\r\n\r\n", "HTTP/1.1 501 "},
    {"GET /a.txt HTTP/3.0\r\n" HOST "\r\n", "HTTP/1.1 505 "},
    {"GET /a.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
    {"GET /a.txt HTTP/1.1\n", "HTTP/1.1 400 "},
    {"GET /a.txt HTTP/1.1\r\n" HOST "\r\nGET /dir/ HTTP/1.1\r\n" HOST "\r\nGET /none HTTP/1.1\r\n" HOST
     "Connection: close\r\n\r\nGET /a.txt HTTP/1.1\r\n" HOST "\r\n",
     "HTTP/1.1 200 OK\r\n"},
    {"GET /a.txt HTTP/1.1\r\n" HOST "Host: y\r\n\r\nGET /a.txt HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400 "},
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
        ok(strncmp(whole, requests[i].begins, strlen(requests[i].begins)) == 0 && d.result == APP_DONE, name);
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

static const char *body_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");

    return body != NULL ? body + 4 : "";
}

static const char *get_with(const char *path, const char *fields)
{
    char request[1024];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, fields);
    return get(request);
}

static bool status_is(unsigned status)
{
    char begin[16];

    snprintf(begin, sizeof begin, "HTTP/1.1 %u ", status);
    return strncmp(d.out, begin, strlen(begin)) == 0;
}

static void test_head(void)
{
    static const char *const paths[] = {"/a.txt", "/big.bin", "/none", "/dir", "/", "/empty.txt", "/bare/"};
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
    ok(status_is(206) && boundary != NULL && strstr(d.out, "Content-Type: multipart/byteranges") != NULL,
       "several ranges");
    if (boundary == NULL) {
        return;
    }
    boundary = strndup(boundary + 9, strcspn(boundary + 9, "\r"));
    body = strdup(body_of(d.out));
    length = strtoull(strstr(d.out, "\r\nContent-Length: ") + 18, NULL, 10);
    snprintf(want, sizeof want,
             "\r\n--%s\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-4/100000\r\n\r\n%.5s"
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
    static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "get", "GETS"};

    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        char request[128];

        snprintf(request, sizeof request, "%s /a.txt HTTP/1.1\r\nHost: x\r\n\r\n", methods[i]);
        get(request);
        ok(status_is(405) && strstr(d.out, "\r\nAllow: GET, HEAD, OPTIONS\r\n") != NULL &&
               strstr(d.out, "Connection: close") == NULL,
           methods[i]);
    }
}

static void test_pipeline(void)
{
    enum { COUNT = 500 };
    static char text[COUNT * 64];
    size_t len = 0;
    uint64_t before = counters.requests;

    for (unsigned i = 0; i < COUNT; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n",
                                i % 2 ? "a.txt" : "dir/");
    }
    drive_run(&d, text, len, 16384, 16384);
    ok(drive_count(&d, "HTTP/1.1 200 OK") == COUNT && drive_count(&d, "\r\n\r\nhello\n") == COUNT / 2 &&
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

/* ---- the tree --------------------------------------------------------------- */

static void shell(const char *command)
{
    char line[1024];

    snprintf(line, sizeof line, "cd %s && %s", root, command);
    if (system(line) != 0) {
        printf("Bail out! %s\n", line);
        exit(1);
    }
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", root, name);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        perror(address.sun_path);
        exit(1);
    }
    close(fd);
}

static void test_escapes(void)
{
    static const char *const out[] = {
        "/../outside", "/%2e%2e/outside", "/..%2foutside", "/dir/../../outside", "/link-out", "/link-dir/passwd",
        "/link-loop", "/.secret", "/.git/config", "/.git/", "/.git", "/dir/%2e%2e/.secret", "/a.txt%00.html",
        "/fifo", "/socket", "/a.txt/", "/a.txt/x", "/%2fetc/passwd", "//etc/passwd", "/\\..\\..\\etc\\passwd",
    };

    shell("ln -s ../../etc/passwd link-out; ln -s /etc link-dir; ln -s link-loop link-loop; ln -s a.txt link-in; "
          "mkfifo fifo");
    make_socket("socket");
    for (int walk = 0; walk < 2; walk++) {
        shared.walk = walk || !path_has_openat2(shared.root_fd);
        for (size_t i = 0; i < ARRAY_LEN(out); i++) {
            get_with(out[i], "");
            ok((status_is(404) || status_is(400)) && strstr(d.out, "root:") == NULL, out[i]);
        }
        get_with("/link-in", "");
        ok(status_is(shared.walk ? 404 : 200), "a link that stays inside");
        get_with("/.well-known/token", "");
        ok(status_is(200) && strcmp(body_of(d.out), "token") == 0, "/.well-known/ is served");
        get_with("//a.txt", "");
        ok(status_is(200), "two slashes count as one");
    }
    shared.walk = !path_has_openat2(shared.root_fd);
    get_with("//dir", "");
    ok(strstr(d.out, "\r\nLocation: /dir/\r\n") != NULL, "no redirection to another host");
    shell("mkdir 'sp ace\"<>' 'a\r\nX: y'");
    get_with("/sp%20ace%22%3C%3E?q=1", "");
    ok(strstr(d.out, "\r\nLocation: /sp%20ace%22%3C%3E/?q=1\r\n") != NULL, "a redirection is encoded");
    get_with("/a%0d%0aX:%20y", "");
    ok(strstr(d.out, "\r\nLocation: /a%0D%0AX:%20y/\r\n") != NULL, "no field can be smuggled in");
}

static void test_siblings(void)
{
    write_file("s.css", "plain", 5, 784111777);
    write_file("s.css.gz", "gz", 2, 784111777);
    write_file("s.css.br", "br", 2, 784111778);
    write_file("old.css", "plain", 5, 784111777);
    write_file("old.css.gz", "old", 3, 784111776);
    write_file("p.png", "png", 3, 784111777);
    write_file("p.png.gz", "no", 2, 784111777);
    get_with("/s.css", "Accept-Encoding: gzip\r\n");
    ok(strcmp(body_of(d.out), "gz") == 0 && strstr(d.out, "\r\nContent-Encoding: gzip\r\n") != NULL &&
           strstr(d.out, "\r\nVary: Accept-Encoding\r\n") != NULL && strstr(d.out, ": text/css;") != NULL,
       "a compressed sibling");
    get_with("/s.css", "Accept-Encoding: gzip, deflate, br, zstd\r\n");
    ok(strcmp(body_of(d.out), "br") == 0, "the best of those that are there");
    get_with("/s.css", "Accept-Encoding: gzip;q=1.0, br;q=0.5\r\n");
    ok(strcmp(body_of(d.out), "gz") == 0, "the one that is wanted more");
    get_with("/s.css", "Accept-Encoding: *\r\n");
    ok(strcmp(body_of(d.out), "br") == 0, "any");
    get_with("/s.css", "Accept-Encoding: gzip;q=0, br;q=0\r\n");
    ok(strcmp(body_of(d.out), "plain") == 0 && strstr(d.out, "Content-Encoding") == NULL, "none");
    get_with("/s.css", "Accept-Encoding: identity, br;q=0.5\r\n");
    ok(strcmp(body_of(d.out), "plain") == 0, "plain is wanted more");
    get_with("/s.css", "Accept-Encoding: zstd\r\n");
    ok(strcmp(body_of(d.out), "plain") == 0, "one that is not there");
    get_with("/s.css", "");
    ok(strcmp(body_of(d.out), "plain") == 0 && strstr(d.out, "Vary: Accept-Encoding") != NULL, "no field");
    get_with("/s.css", "Accept-Encoding: gzip\r\nRange: bytes=1-1\r\n");
    ok(status_is(206) && strcmp(body_of(d.out), "z") == 0 && strstr(d.out, "bytes 1-1/2\r\n") != NULL,
       "a range of the sibling");
    get_with("/old.css", "Accept-Encoding: gzip\r\n");
    ok(strcmp(body_of(d.out), "plain") == 0, "one that is older than the file is not taken");
    get_with("/p.png", "Accept-Encoding: gzip\r\n");
    ok(strcmp(body_of(d.out), "png") == 0, "pictures have none");
}

static void test_shrinking(void)
{
    static _Alignas(16) uint8_t state[APP_STATE_MAX];
    static uint8_t out[4096];
    static const char request[] = "GET /shrink HTTP/1.1\r\nHost: x\r\n\r\n";
    struct app_io io = {.in = (const uint8_t *)request, .in_len = sizeof request - 1, .out = out, .out_len = 4096};
    enum app_result result;

    write_file("shrink", big, 50000, 784111777);
    memset(state, 0, sizeof state);
    app_files.open(state, &shared, &peer);
    result = app_files.step(state, &io, 1);
    ok(result == APP_MORE && io.out_used == 4096 && app_files.phase(state) == APP_BODY, "half way");
    write_file("shrink", big, 5000, 784111777);
    io.in_len = 0;
    for (int i = 0; i < 20 && result == APP_MORE; i++) {
        result = app_files.step(state, &io, 2);
    }
    ok(result == APP_FAIL, "a file that shrinks cuts the connection");
    app_files.close(state);
    ok(shared.heads->taken == 0, "and nothing stays behind");
}

/* ---- listings ---------------------------------------------------------------- */

static void test_listing(void)
{
    static const size_t outs[] = {1, 513, 4095, 16384};
    static const char one_dot_one[] = "GET /list/ HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char one_dot_zero[] = "GET /list/ HTTP/1.0\r\n\r\n";
    bool sorted = true;
    char *whole;
    char *at;
    char last[32] = "";

    config.listing = true;
    shell("mkdir list list/dir && touch list/.hidden 'list/<i>&\"x' && mkfifo list/pipe && ln -s /etc/passwd list/zlink && "
          "for i in $(seq 1000 1999); do : > list/name-$i-is-not-short; done");
    drive_run(&d, one_dot_zero, sizeof one_dot_zero - 1, 100, 16384);
    whole = strdup(d.out);
    at = whole;
    for (unsigned i = 0; i < 1000; i++) {
        at = strstr(at, "<a href=\"./name-");
        if (at == NULL) {
            sorted = false;
            break;
        }
        sorted = sorted && strncmp(last, at + 11, 20) < 0;
        snprintf(last, sizeof last, "%.20s", at + 11);
        at++;
    }
    ok(sorted && status_is(200), "a thousand names, in order");
    ok(drive_count(&d, "<a href=") == 1004, "each name once, and the parent");
    ok(strstr(whole, ">dir/</a>") && !strstr(whole, "hidden") && !strstr(whole, "pipe"), "what is shown");
    ok(strstr(whole, "<a href=\"./%3Ci%3E%26%22x\">&lt;i&gt;&amp;&quot;x</a>") != NULL, "escaped");
    ok(strstr(whole, "</body></html>\n") != NULL && strstr(whole, "part of the names") == NULL, "whole");
    for (size_t i = 0; i < ARRAY_LEN(outs); i++) {
        drive_run(&d, one_dot_zero, sizeof one_dot_zero - 1, 7, outs[i]);
        ok(strcmp(d.out, whole) == 0, "the same from every split");
    }
    free(whole);
    drive_run(&d, one_dot_one, sizeof one_dot_one - 1, 100, 16384);
    whole = strdup(d.out);
    ok(strstr(whole, "\r\nTransfer-Encoding: chunked\r\n") != NULL &&
           strcmp(whole + d.len - 10, "\r\n0000\r\n\r\n") == 0,
       "in chunks");
    for (size_t i = 0; i < ARRAY_LEN(outs); i++) {
        drive_run(&d, one_dot_one, sizeof one_dot_one - 1, 7, outs[i]);
        ok(strcmp(d.out, whole) == 0, "the same from every split");
    }
    free(whole);
    get("HEAD /list/ HTTP/1.1\r\nHost: x\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(drive_count(&d, "HTTP/1.1 200") == 2 && strstr(d.out, "<a") == NULL, "HEAD of a listing");
    shell("for i in $(seq 2000 4000); do : > list/name-$i-is-not-short; done");
    get("GET /list/ HTTP/1.0\r\n\r\n");
    ok(strstr(d.out, "part of the names") != NULL && d.len < 400000, "a page has a bound");
    config.listing = false;
}

/* ---- raw ----------------------------------------------------------------------- */

static void test_raw(void)
{
    static const char response[] = "HTTP/1.0 418 Teapot\r\nX: y\r\n\r\nshort and stout";

    write_file("tea", response, sizeof response - 1, 784111777);
    d.ops = &app_raw;
    get("GET /tea HTTP/1.1\r\nHost: x\r\n\r\nGET /tea HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(strcmp(d.out, response) == 0 && d.result == APP_DONE, "the file is the response; then the end");
    drive_run(&d, "GET /tea HTTP/1.0\r\n\r\n", 21, 1, 1);
    ok(strcmp(d.out, response) == 0 && d.result == APP_DONE, "byte by byte");
    get_with("/none", "");
    ok(status_is(404) && strstr(d.out, "Connection: close") != NULL, "404 is ours");
    get_with("/dir", "");
    ok(status_is(404), "a directory without its slash");
    get("HEAD /tea HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(status_is(405) && strstr(d.out, "\r\nAllow: GET, OPTIONS\r\n") != NULL, "HEAD cannot be told apart");
    get_with("/../tea", "");
    ok(status_is(404), "no way out");
    d.ops = &app_files;
}

/* ---- means ------------------------------------------------------------------------ */

static void test_means(void)
{
    static const char *const extra[] = {"Strict-Transport-Security: max-age=1", "X-Y: z"};
    static const char *const bad[] = {"no colon", "Content-Length: 1", "X: a\r\nY: b", ": x", "X : y", ""};
    struct app_shared other;
    void *blocks[4];

    for (size_t i = 0; i < 4; i++) {
        blocks[i] = pool_take(shared.heads);
    }
    drive_run(&d, "GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n", 32, 16384, 16384);
    ok(status_is(200), "a request in one piece needs no block");
    drive_run(&d, "GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n", 32, 8, 16384);
    ok(d.result == APP_FAIL && d.len == 0, "without blocks a head in pieces fails alone");
    for (size_t i = 0; i < 4; i++) {
        pool_give(shared.heads, blocks[i], 0);
    }
    config.headers = (struct string_list){(const char **)(uintptr_t)extra, 2};
    get_with("/none", "");
    ok(strstr(d.out, "\r\nStrict-Transport-Security: max-age=1\r\nX-Y: z\r\n\r\n") != NULL, "configured fields");
    log_open("/dev/null", LOG_ERROR);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        config.headers = (struct string_list){(const char **)(uintptr_t)&bad[i], 1};
        ok(app_shared_begin(&other, &config, &counters) != 0, bad[i][0] != '\0' ? "a bad field" : "an empty field");
    }
    config.headers = (struct string_list){NULL, 0};
    config.root = "/nonexistent/tiny";
    ok(app_shared_begin(&other, &config, &counters) != 0, "no root");
    config.root = root;
    log_open(NULL, LOG_INFO);
}

static void test_phases(void)
{
    static _Alignas(16) uint8_t state[APP_STATE_MAX];
    static uint8_t out[4096];
    struct app_io io = {.in = (const uint8_t *)"GET ", .in_len = 4, .out = out, .out_len = 4096};

    memset(state, 0, sizeof state);
    app_files.open(state, &shared, &peer);
    ok(app_files.phase(state) == APP_IDLE, "idle before the first byte");
    ok(app_files.step(state, &io, 1) == APP_MORE && app_files.phase(state) == APP_HEAD, "a head has begun");
    io.in = (const uint8_t *)"/a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    io.in_len = strlen((const char *)io.in);
    ok(app_files.step(state, &io, 2) == APP_MORE && app_files.phase(state) == APP_IDLE && io.flush &&
           io.out_used > 100,
       "answered, and idle again");
    ok(shared.heads->taken == 0, "an idle connection holds no block");
    app_files.close(state);
}

int main(void)
{
    make_tree();
    if (app_shared_begin(&shared, &config, &counters) != 0) {
        return 1;
    }
    test_simple();
    test_splits();
    test_head();
    test_big();
    test_parts();
    test_conditions();
    test_methods();
    test_pipeline();
    test_escapes();
    test_siblings();
    test_shrinking();
    test_listing();
    test_raw();
    test_means();
    test_phases();
    shell("cd / && rm -rf \"$OLDPWD\"");
    app_shared_end(&shared);
    free(d.out);
    return tap_done();
}
