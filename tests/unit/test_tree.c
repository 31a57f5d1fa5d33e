/* app/files: ways out of the root, siblings, listings, raw mode, lack of means. */
#include "files_tree.h"
#include "core/log.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

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
        "/../outside",    "/%2e%2e/outside",
        "/..%2foutside",  "/dir/../../outside",
        "/link-out",      "/link-dir/passwd",
        "/link-loop",     "/.secret",
        "/.git/config",   "/.git/",
        "/.git",          "/dir/%2e%2e/.secret",
        "/a.txt%00.html", "/fifo",
        "/socket",        "/a.txt/",
        "/a.txt/x",       "/%2fetc/passwd",
        "//etc/passwd",   "/\\..\\..\\etc\\passwd",
    };

    shell("ln -s ../../etc/passwd link-out; ln -s /etc link-dir; ln -s link-loop link-loop; ln -s "
          "a.txt link-in; "
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
    ok(strstr(d.out, "\r\nLocation: /sp%20ace%22%3C%3E/?q=1\r\n") != NULL,
       "a redirection is encoded");
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
    ok(strcmp(body_of(d.out), "gz") == 0 &&
           strstr(d.out, "\r\nContent-Encoding: gzip\r\n") != NULL &&
           strstr(d.out, "\r\nVary: Accept-Encoding\r\n") != NULL &&
           strstr(d.out, ": text/css;") != NULL,
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
    ok(strcmp(body_of(d.out), "plain") == 0 && strstr(d.out, "Vary: Accept-Encoding") != NULL,
       "no field");
    get_with("/s.css", "Accept-Encoding: gzip\r\nRange: bytes=1-1\r\n");
    ok(status_is(206) && strcmp(body_of(d.out), "z") == 0 &&
           strstr(d.out, "bytes 1-1/2\r\n") != NULL,
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
    struct app_io io = {
        .in = (const uint8_t *)request, .in_len = sizeof request - 1, .out = out, .out_len = 4096};
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
    shell("mkdir list list/dir && touch list/.hidden 'list/<i>&\"x' && mkfifo list/pipe && ln -s "
          "/etc/passwd list/zlink && "
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
    ok(strstr(whole, ">dir/</a>") && !strstr(whole, "hidden") && !strstr(whole, "pipe"),
       "what is shown");
    ok(strstr(whole, "<a href=\"./%3Ci%3E%26%22x\">&lt;i&gt;&amp;&quot;x</a>") != NULL, "escaped");
    ok(strstr(whole, "</body></html>\n") != NULL && strstr(whole, "part of the names") == NULL,
       "whole");
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
    ok(strcmp(d.out, response) == 0 && d.result == APP_DONE,
       "the file is the response; then the end");
    drive_run(&d, "GET /tea HTTP/1.0\r\n\r\n", 21, 1, 1);
    ok(strcmp(d.out, response) == 0 && d.result == APP_DONE, "byte by byte");
    get_with("/none", "");
    ok(status_is(404) && strstr(d.out, "Connection: close") != NULL, "404 is ours");
    get_with("/dir", "");
    ok(status_is(404), "a directory without its slash");
    get("HEAD /tea HTTP/1.1\r\nHost: x\r\n\r\n");
    ok(status_is(405) && strstr(d.out, "\r\nAllow: GET, OPTIONS\r\n") != NULL,
       "HEAD cannot be told apart");
    get_with("/../tea", "");
    ok(status_is(404), "no way out");
    d.ops = &app_files;
}

/* ---- means ------------------------------------------------------------------------ */

static void test_means(void)
{
    static const char *const extra[] = {"Strict-Transport-Security: max-age=1", "X-Y: z"};
    static const char *const bad[] = {
        "no colon", "Content-Length: 1", "X: a\r\nY: b", ": x", "X : y", ""};
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
    ok(strstr(d.out, "\r\nStrict-Transport-Security: max-age=1\r\nX-Y: z\r\n\r\n") != NULL,
       "configured fields");
    log_open("/dev/null", LOG_ERROR);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        config.headers = (struct string_list){(const char **)(uintptr_t)&bad[i], 1};
        ok(app_shared_begin(&other, &config, &counters) != 0,
           bad[i][0] != '\0' ? "a bad field" : "an empty field");
    }
    config.headers = (struct string_list){NULL, 0};
    config.root = "/nonexistent/tiny";
    ok(app_shared_begin(&other, &config, &counters) != 0, "no root");
    config.root = root;
    log_open(NULL, LOG_INFO);
}

/* ---- private files ------------------------------------------------------------------ */

static bool hidden(const char *path)
{
    get_with(path, "");
    return status_is(404);
}

/* Keys under the root: by name, by links, replaced, and in raw mode. */
static void test_private(void)
{
    char key[64], cert[64], name[64], item[64], secret[64], text[4096] = "";
    const char *items[] = {item};
    struct app_shared former = shared;
    int fd;

    shell("mkdir keys && cd keys && echo key > a.pem && echo sni > sni.pem && echo pw > pw.txt && "
          "echo cert > cert.pem && echo key2 > b.pem && ln a.pem hard.pem && ln -s b.pem c.pem && "
          "echo fine > fine.pem");
    snprintf(name, sizeof name, "%s.log", root);
    snprintf(key, sizeof key, "%s/keys/a.pem", root);
    snprintf(cert, sizeof cert, "%s/keys/cert.pem", root);
    snprintf(item, sizeof item, "x.test=%s/../%s/keys/sni.pem", root, strrchr(root, '/') + 1);
    snprintf(secret, sizeof secret, "file:%s/keys/pw.txt", root);
    config.keyfile = key;
    config.certfile = cert;
    config.second_keyfile = "";
    config.second_certfile = "";
    config.sni = (struct string_list){items, 1};
    config.password = secret;
    log_open(name, LOG_INFO);
    ok(app_shared_begin(&shared, &config, &counters) == 0, "keys under the root");
    log_open(NULL, LOG_INFO);
    fd = open(name, O_RDONLY);
    ok(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && unlink(name) == 0, "the log warns");
    close(fd);
    ok(strstr(text, "/keys/a.pem lies in") != NULL &&
           strstr(text, "/keys/sni.pem lies in") != NULL &&
           strstr(text, "/keys/pw.txt lies in") != NULL && strstr(text, "cert.pem lies") == NULL,
       "of each by name");
    ok(hidden("/keys/a.pem") && hidden("/keys/hard.pem") && hidden("/keys/sni.pem") &&
           hidden("/keys/pw.txt") && hidden("/keys/../keys/a.pem") && hidden("/keys//a.pem"),
       "they are not there, nor by other names");
    d.ops = &app_raw;
    ok(hidden("/keys/a.pem") && hidden("/keys/hard.pem"), "nor in raw mode");
    d.ops = &app_files;
    get_with("/keys/cert.pem", "");
    ok(status_is(200), "a certificate by itself is");
    shell("cd keys && echo new > n && mv n a.pem");
    ok(hidden("/keys/a.pem"), "a key is safe as soon as it is replaced");
    app_shared_end(&shared);

    /* A link that is turned to another key, and a certificate's file with the key in it. */
    snprintf(key, sizeof key, "%s/keys/c.pem", root);
    config.second_certfile = cert;
    ok(app_shared_begin(&shared, &config, &counters) == 0, "a link as the key");
    ok(hidden("/keys/c.pem") && hidden("/keys/b.pem") && hidden("/keys/cert.pem"),
       "it and its target are not there");
    shell("cd keys && ln -sf a.pem c.pem");
    ok(hidden("/keys/c.pem") && hidden("/keys/a.pem"), "nor a new target");
    app_shared_keys_changed(&shared);
    get_with("/keys/b.pem", "");
    ok(status_is(200), "what is no key any more is a file like others");
    get_with("/keys/fine.pem", "");
    ok(status_is(200), "and so are others");
    app_shared_end(&shared);
    config.keyfile = config.certfile = config.password = NULL;
    config.second_certfile = config.second_keyfile = NULL;
    config.sni = (struct string_list){NULL, 0};
    shared = former;
}

/* Without descriptors the log is told of the path, which is the client's. */
static void test_log_line(void)
{
    char name[64], text[1024] = "";
    struct rlimit limit, none;
    int fd;

    snprintf(name, sizeof name, "%s.log", root);
    log_open(name, LOG_INFO);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    get_with("/a%0Aforged%1B[2J", "");
    setrlimit(RLIMIT_NOFILE, &limit);
    log_open(NULL, LOG_INFO);
    ok(status_is(503), "no descriptor is left");
    fd = open(name, O_RDONLY);
    ok(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && unlink(name) == 0, "the log was told");
    close(fd);
    ok(strstr(text, "a\\x0aforged\\x1b[2J") != NULL && strchr(text, '\n') == strrchr(text, '\n'),
       "in one line, whatever the path holds");
}

static void test_phases(void)
{
    static _Alignas(16) uint8_t state[APP_STATE_MAX];
    static uint8_t out[4096];
    struct app_io io = {.in = (const uint8_t *)"GET ", .in_len = 4, .out = out, .out_len = 4096};

    memset(state, 0, sizeof state);
    app_files.open(state, &shared, &peer);
    ok(app_files.phase(state) == APP_IDLE, "idle before the first byte");
    ok(app_files.step(state, &io, 1) == APP_MORE && app_files.phase(state) == APP_HEAD,
       "a head has begun");
    io.in = (const uint8_t *)"/a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    io.in_len = strlen((const char *)io.in);
    ok(app_files.step(state, &io, 2) == APP_MORE && app_files.phase(state) == APP_IDLE &&
           io.flush && io.out_used > 100,
       "answered, and idle again");
    ok(shared.heads->taken == 0, "an idle connection holds no block");
    io.in = (const uint8_t *)"GET /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12345678";
    io.in_len = strlen((const char *)io.in);
    ok(app_files.step(state, &io, 3) == APP_MORE && io.in_used == io.in_len &&
           app_files.phase(state) == APP_HEAD,
       "a body that is read over is under the request's deadline");
    app_files.close(state);
}

int main(void)
{
    if (tree_begin() != 0) {
        return 1;
    }
    test_escapes();
    test_siblings();
    test_shrinking();
    test_listing();
    test_raw();
    test_means();
    test_private();
    test_log_line();
    test_phases();
    return tree_end();
}
