/*
 * A tree of files in a scratch folder and the shared part of files mode over
 * it, for the tests of files mode. Everything is of one program: static.
 */
#ifndef TINY_TESTS_FILES_TREE_H
#define TINY_TESTS_FILES_TREE_H

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

static inline void write_file(const char *name, const void *data, size_t len, time_t mtime)
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

static inline void make_dir(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", root, name);
    if (mkdir(path, 0755) != 0) {
        perror(path);
        exit(1);
    }
}

static inline void make_tree(void)
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

static inline const char *get(const char *request)
{
    drive_run(&d, request, strlen(request), 16384, 16384);
    return d.out;
}

static inline const char *body_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");

    return body != NULL ? body + 4 : "";
}

static inline const char *get_with(const char *path, const char *fields)
{
    char request[1024];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, fields);
    return get(request);
}

static inline bool status_is(unsigned status)
{
    char begin[16];

    snprintf(begin, sizeof begin, "HTTP/1.1 %u ", status);
    return strncmp(d.out, begin, strlen(begin)) == 0;
}

static inline void shell(const char *command)
{
    char line[1024];

    snprintf(line, sizeof line, "cd %s && %s", root, command);
    if (system(line) != 0) {
        printf("Bail out! %s\n", line);
        exit(1);
    }
}

static inline int tree_begin(void)
{
    make_tree();
    return app_shared_begin(&shared, &config, &counters);
}

static inline int tree_end(void)
{
    shell("cd / && rm -rf \"$OLDPWD\"");
    app_shared_end(&shared);
    free(d.out);
    return tap_done();
}

#endif
