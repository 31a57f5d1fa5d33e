#include "app/app.h"
#include "core/errors.h"
#include "app/http_serve.h"
#include "app/path.h"
#include "core/build.h"
#include "app/private.h"
#include "core/log.h"
#include "core/output.h"
#include "core/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define BLOCKS_KEPT 8

const struct app_ops *app_for_mode(enum server_mode mode)
{
    if (mode == MODE_PROXY) {
        return &app_proxy;
    }
    switch (TINY_EXTRAS ? mode : MODE_FILES) {
    case MODE_STATUS:
        return &app_status;
    case MODE_RAW:
        return &app_raw;
    case MODE_ECHO:
        return &app_echo;
    case MODE_REVERSE:
        return &app_reverse;
    case MODE_CONSOLE:
        return TINY_STANDIN ? &app_console : NULL;
    default:
        return &app_files;
    }
}

/* ---- files.header ------------------------------------------------------- */

/* A sentence about what is wrong, or NULL. */
static const char *field_fault(const char *line)
{
    static const char ours[][18] = {
        "Content-Length",   "Transfer-Encoding", "Connection", "Content-Range",
        "Content-Encoding", "Content-Type",      "Date"};
    size_t n = 0;

    while (http_is_token_char((uint8_t)line[n])) {
        n++;
    }
    if (n == 0 || line[n] != ':') {
        return "is not \"Name: value\"";
    }
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (span_is_nocase(span_of(line, n), ours[i])) {
            return "is a field that the server itself has to write";
        }
    }
    for (const char *p = line + n; *p != '\0'; p++) {
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7F) {
            return "holds a control character";
        }
    }
    return NULL;
}

static int check_headers(const struct string_list *headers)
{
    size_t total = 0;
    int result = 0;

    for (size_t i = 0; i < headers->count; i++) {
        const char *fault = field_fault(headers->items[i]);

        if (fault != NULL) {
            log_line(LOG_ERROR, "files.header: \"%s\" %s", headers->items[i], fault);
            result = -1;
        }
        total += strlen(headers->items[i]) + 2;
    }
    if (total > HTTP_CONFIGURED_MAX) {
        log_line(LOG_ERROR, "files.header: %zu bytes in all, at most %d are sent", total,
                 HTTP_CONFIGURED_MAX);
        result = -1;
    }
    return result;
}

/* ---- descriptors --------------------------------------------------------- */

static int open_root(struct app_shared *s)
{
    const char *root = s->config->root;

    if (s->config->mode != MODE_FILES && s->config->mode != MODE_RAW) {
        return 0;
    }
    s->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (s->root_fd < 0) {
        log_line(LOG_ERROR, "files.root: cannot open the directory %s: %s", root,
                 error_text(errno));
        return -1;
    }
    s->walk = !path_has_openat2(s->root_fd);
    if (s->walk) {
        log_line(LOG_INFO,
                 "files.root: this kernel has no openat2; symbolic links are not followed");
    }
    if (private_files_begin(s) != 0) {
        log_line(LOG_ERROR, "no memory to begin with");
        return -1;
    }
    return 0;
}

static int open_access(const struct config *config)
{
    const char *path = config->access_file;
    int fd;

    if (path == NULL || path[0] == '\0') {
        return -1;
    }
    if (strcmp(path, "-") == 0) {
        return output_unblocked(STDOUT_FILENO, O_WRONLY);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0) {
        log_line(LOG_ERROR, "log.access-file: cannot open %s: %s", path, error_text(errno));
        return -2;
    }
    return fd;
}

static void close_access(struct app_shared *s)
{
    if (s->access_fd >= 0 && s->access_fd != STDOUT_FILENO) {
        close(s->access_fd);
    }
    s->access_fd = -1;
}

int app_shared_begin(struct app_shared *s, const struct config *config, struct counters *counters)
{
    *s =
        (struct app_shared){.config = config, .counters = counters, .root_fd = -1, .access_fd = -1};
    if (check_headers(&config->headers) != 0 || open_root(s) != 0) {
        app_shared_end(s);
        return -1;
    }
    s->access_fd = open_access(config);
    s->heads = malloc(sizeof *s->heads);
    if (s->access_fd < -1 || s->heads == NULL) {
        if (s->heads == NULL) {
            log_line(LOG_ERROR, "no memory to begin with");
        }
        free(s->heads);
        s->heads = NULL;
        app_shared_end(s);
        return -1;
    }
    pool_begin(s->heads, HTTP_BLOCK_LEN, config->max_connections > 0 ? config->max_connections : 1,
               BLOCKS_KEPT);
    if (getrandom(&s->seed, sizeof s->seed, GRND_NONBLOCK) != (ssize_t)sizeof s->seed) {
        s->seed = (uint64_t)getpid() * 0x9E3779B97F4A7C15u;
    }
    return 0;
}

int app_shared_reopen(struct app_shared *s)
{
    int fd = open_access(s->config);

    if (fd < -1) {
        return -1;
    }
    close_access(s);
    s->access_fd = fd;
    return 0;
}

void app_shared_keys_changed(struct app_shared *s)
{
    private_files_refresh(s);
}

void app_shared_end(struct app_shared *s)
{
    private_files_end(s);
    if (s->heads != NULL) {
        pool_end(s->heads);
        free(s->heads);
        s->heads = NULL;
    }
    if (s->root_fd >= 0) {
        close(s->root_fd);
        s->root_fd = -1;
    }
    close_access(s);
}
