/* app/files: what is answered for which request, over a real tree of files. */
#include "app/files.h"
#include "core/pool.h"
#include "http_drive.h"

#include <fcntl.h>
#include <sys/stat.h>
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

int main(void)
{
    make_tree();
    if (app_shared_begin(&shared, &config, &counters) != 0) {
        return 1;
    }
    test_simple();
    app_shared_end(&shared);
    free(d.out);
    return tap_done();
}
