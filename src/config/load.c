#include "config/args.h"
#include "config/loader.h"
#include "core/build.h"
#include "core/errors.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *read_all(int fd, struct source_file *out)
{
    size_t cap = 16384;
    ssize_t n;

    out->data = malloc(cap);
    while (out->data != NULL) {
        if (out->len == cap) {
            uint8_t *more = cap < LOADER_MAX_FILE ? realloc(out->data, cap * 2) : NULL;

            if (more == NULL) {
                return cap < LOADER_MAX_FILE ? "memory is out" : "the file is larger than 1 MiB";
            }
            out->data = more;
            cap *= 2;
        }
        do {
            n = read(fd, out->data + out->len, cap - out->len);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            return error_text(errno);
        }
        if (n == 0) {
            return NULL;
        }
        out->len += (size_t)n;
    }
    return "memory is out";
}

static const char *read_path(void *context, const char *path, struct source_file *out)
{
    const char *problem;
    struct stat st;
    int fd;

    (void)context;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        return error_text(errno);
    }
    problem = fstat(fd, &st) != 0 ? error_text(errno) : read_all(fd, out);
    close(fd);
    if (problem != NULL) {
        free(out->data);
        return problem;
    }
    out->dev = (uint64_t)st.st_dev;
    out->ino = (uint64_t)st.st_ino;
    return NULL;
}

static void set_from_environment(struct loader *l, const struct option *o, const char *value)
{
    struct span text = span_of(value, strlen(value));

    if (o->type != OPTION_LIST && o->type != OPTION_ENDPOINTS) {
        loader_set(l, o, text);
        return;
    }
    /* A line an item. */
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;

        loader_set(l, o, span_of(text.data, len));
        len += end != NULL;
        text = span_of(text.data + len, text.len - len);
    }
}

/* Container systems put variables of their own, TINY_SERVER_PORT for a
 * service by the name tiny-server, so a name that is no option is no error. */
static void warn_of_strangers(struct loader *l)
{
    for (char **e = l->env; *e != NULL; e++) {
        const char *equals = strchr(*e, '=');
        char name[64];
        bool known = false;

        if (strncmp(*e, "TINY_SSL_", 9) != 0 || equals == NULL) {
            continue;
        }
        for (size_t i = 0; i < option_table_len; i++) {
            size_t len = option_env_name(&option_table[i], name, sizeof name);

            known = known || (len == (size_t)(equals - *e) && memcmp(name, *e, len) == 0);
        }
        if (!known) {
            loader_warning(l, NULL, "%.*s names no option", (int)(equals - *e), *e);
        }
    }
}

void loader_environment(struct loader *l)
{
    char name[64];

    l->layer = LAYER_ENVIRONMENT;
    l->line = 0;
    for (size_t i = 0; i < option_table_len && l->env != NULL; i++) {
        size_t len = option_env_name(&option_table[i], name, sizeof name);
        const char *value = loader_env(l, span_of(name, len));

        if (value != NULL) {
            l->place = name;
            set_from_environment(l, &option_table[i], value);
        }
    }
    l->place = "environment";
    if (l->env != NULL) {
        warn_of_strangers(l);
    }
}

static void set_default(struct loader *l, const void *field, const char *value)
{
    const struct option *o =
        option_of_field((size_t)((const char *)field - (const char *)l->config));

    if (l->set_in[option_index(o)] == LAYER_DEFAULT) {
        loader_set(l, o, span_of(value, strlen(value)));
    }
}

/* Whether a file with a key has its certificate, too. True also of what is no
 * file that can be read, for who loads it says why. */
static bool holds_certificate(const char *path)
{
    static const char label[] = "CERTIFICATE-----";
    char buf[4096];
    size_t matched = 0;
    ssize_t n = -1;
    struct stat st;
    int fd = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    while (fd >= 0 && matched < sizeof label - 1 && (n = read(fd, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n && matched < sizeof label - 1; i++) {
            matched = buf[i] == label[matched] ? matched + 1 : buf[i] == label[0];
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    bytes_wipe(buf, sizeof buf);
    return n < 0 || matched == sizeof label - 1;
}

/* Called as openssl s_server is, it does as that does where nothing else is said:
 * server.pem, sessions that are kept, the client's order of suites. */
static void stand_in(struct loader *l)
{
    struct config *c = l->config;

    l->layer = LAYER_DEFAULT;
    set_default(l, &c->session_cache, "true");
    set_default(l, &c->session_cache_size, "128");
    set_default(l, &c->session_timeout_s, "7200s");
    set_default(l, &c->server_preference, "false");
    if (c->certfile[0] != '\0' || c->sni.count > 0) {
        return;
    }
    if (c->keyfile[0] != '\0') {
        if (access("server.pem", F_OK) == 0 && !holds_certificate(c->keyfile)) {
            set_default(l, &c->certfile, "server.pem");
        }
    } else if (access("server.pem", F_OK) == 0) {
        set_default(l, &c->keyfile, "server.pem");
    } else if (l->errors == 0) {
        loader_warning(l, NULL, "no -cert, and there is no server.pem in this folder");
    }
}

int config_load(struct config *config, enum command *command, int argc, char **argv, char **env,
                int err_fd)
{
    struct loader l = {.config = config, .env = env, .read = read_path, .err_fd = err_fd};
    struct args_scan scan;
    bool serves;

    memset(config, 0, sizeof *config);
    config->arena = config_arena_new();
    if (config->arena == NULL) {
        loader_error(&l, NULL, "memory is out");
        return -1;
    }
    loader_defaults(&l);
    scan = args_scan(&l, argc, argv);
    *command = scan.command;
    config->file_given = scan.file != NULL;
    serves = scan.command == COMMAND_RUN || scan.command == COMMAND_TEST;
    if (serves || scan.command == COMMAND_HEALTHCHECK) {
        l.layer = LAYER_FILE;
        if (scan.file != NULL) {
            loader_file(&l, scan.file);
        }
        loader_environment(&l);
        args_apply(&l, scan.command, argc, argv);
    }
    l.place = NULL;
    if (TINY_STANDIN && serves && config->s_server_style && !config->file_given) {
        stand_in(&l);
    }
    if (!l.out_of_memory && (serves || (TINY_EXTRAS && scan.command != COMMAND_HEALTHCHECK))) {
        config_finish(&l);
    }
    if (l.out_of_memory) {
        loader_error(&l, NULL, "memory is out");
    }
    if (l.reports > LOADER_MAX_REPORTS) {
        l.reports = 0;
        loader_warning(&l, NULL, "further messages are left out");
    }
    return l.errors > 0 ? -1 : 0;
}

void config_free(struct config *config)
{
    config_arena_free(config->arena);
    memset(config, 0, sizeof *config);
}
