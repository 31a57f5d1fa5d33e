/*
 * A whole configuration: files in memory, command line, resolution, printing. The
 * input holds files apart by \xFF; @include NUMBER reads the file of that number. What
 * follows \xFE is the command line, its arguments ended by NUL; with -c, whatever
 * it names, it comes after the first file, else alone, as s_server's may. What is
 * accepted is printed, read again, printed again, and must be the same.
 */
#include "config/args.h"
#include "config/cipherlist.h"
#include "config/loader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "3.conf": the third part of the input. */
static const char *read_part(void *context, const char *path, struct source_file *out)
{
    struct span rest = *(const struct span *)context;
    unsigned number = (unsigned)strtoul(path, NULL, 10);

    for (unsigned i = 0;; i++) {
        const uint8_t *end = rest.len > 0 ? memchr(rest.data, 0xFF, rest.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

        if (i == number) {
            out->data = malloc(len > 0 ? len : 1);
            if (out->data == NULL) {
                return "no memory";
            }
            if (len > 0) {
                memcpy(out->data, rest.data, len);
            }
            out->len = len;
            out->ino = i;
            return NULL;
        }
        if (end == NULL) {
            return "no such part";
        }
        rest = span_of(end + 1, rest.len - len - 1);
    }
}

/* Sub-commands: what main.c takes for granted of their arguments. */
static void check_command(const struct config *c, enum command command, unsigned errors)
{
    const struct command_args *args = &c->args;
    struct cipherlist_result result;

    if (command == COMMAND_CIPHERS && errors == 0) {
        (void)cipherlist_parse(args->list, true, &result);
    }
    if (command == COMMAND_CERTIFICATE && errors == 0) {
        bool rsa = args->rsa_bits == 2048 || args->rsa_bits == 3072 || args->rsa_bits == 4096;

        if (args->names.count < 1 || args->names.count > 64 || args->out == NULL ||
            args->days < 1 || args->days > 36500 || (args->rsa_bits != 0 && !rsa)) {
            abort();
        }
        for (size_t i = 0; i < args->names.count; i++) {
            if (strlen(args->names.items[i]) - 1 >= 253) {
                abort();
            }
        }
    }
}

/* As config_load, without the file system. argv are the arguments, argc of them. */
static unsigned load(struct config *c, enum command *command, struct span input, int argc,
                     char **argv)
{
    char *env[] = {(char *)"VAR=value", (char *)"EMPTY=", (char *)"TINY_SERVER_BACKLOG=7", NULL};
    struct loader l = {
        .config = c, .env = env, .read = read_part, .read_context = &input, .err_fd = -1};
    struct args_scan scan;
    bool serves;

    memset(c, 0, sizeof *c);
    c->arena = config_arena_new();
    if (c->arena == NULL) {
        return 1;
    }
    loader_defaults(&l);
    if (l.errors > 0) {
        abort();
    }
    scan = args_scan(&l, argc, argv);
    *command = scan.command;
    check_command(c, scan.command, l.errors);
    c->file_given = argc <= 1 || scan.file != NULL;
    serves = scan.command == COMMAND_RUN || scan.command == COMMAND_TEST;
    if (!serves && scan.command != COMMAND_HEALTHCHECK) {
        return 1;
    }
    l.layer = LAYER_FILE;
    if (c->file_given) {
        loader_file(&l, "0.conf");
    }
    loader_environment(&l);
    args_apply(&l, scan.command, argc, argv);
    if (!serves) {
        return 1; /* tiny healthcheck takes the endpoint and finishes nothing */
    }
    l.place = NULL;
    config_finish(&l);
    return l.errors;
}

#define ARGS_MAX 64

/* Splits what follows \xFE into arguments, in buf; returns how many argv has. */
static int split(struct span *files, char *buf, char **argv)
{
    const uint8_t *mark = files->len > 0 ? memchr(files->data, 0xFE, files->len) : NULL;
    size_t len, at = 0;
    int argc = 1;

    argv[0] = (char *)"tiny";
    argv[1] = NULL;
    if (mark == NULL) {
        return argc;
    }
    len = files->len - (size_t)(mark + 1 - files->data);
    files->len = (size_t)(mark - files->data);
    memcpy(buf, mark + 1, len);
    buf[len] = '\0';
    while (at < len && argc < ARGS_MAX) {
        argv[argc++] = buf + at;
        at += strlen(buf + at) + 1;
    }
    argv[argc] = NULL;
    return argc;
}

static size_t print(const struct config *c, char *dst, size_t cap)
{
    int fd = memfd_create("printed", 0);
    ssize_t n;

    if (fd < 0 || config_print(c, fd) != 0 || lseek(fd, 0, SEEK_SET) != 0) {
        abort();
    }
    n = read(fd, dst, cap);
    close(fd);
    return n > 0 ? (size_t)n : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char first[262144], second[262144];
    char *argv[ARGS_MAX + 1], *plain[] = {(char *)"tiny", NULL};
    char *buf = malloc(size + 1);
    struct span files = span_of(data, size);
    enum command command;
    struct config c;
    unsigned errors;
    size_t len, again;
    int argc;

    if (buf == NULL) {
        return 0;
    }
    argc = split(&files, buf, argv);
    errors = load(&c, &command, files, argc, argv);

    if (errors == 0) {
        if ((c.version_min < 0x0304 && c.suite_count == 0) ||
            (c.version_max > 0x0303 && c.ciphersuite_count == 0) || c.group_count == 0 ||
            c.version_min > c.version_max || c.version_min < 0x0301 || c.version_max > 0x0304 ||
            c.endpoints.count == 0) {
            abort();
        }
        len = print(&c, first, sizeof first);
        config_free(&c);
        /* Lists of many long items outgrow the buffer, a printed 0xFF would end the
         * part, and a secret that stands there itself is not printed. */
        if (len < sizeof first && memchr(first, 0xFF, len) == NULL &&
            memmem(first, len, " = (not shown)\n", 15) == NULL) {
            if (load(&c, &command, span_of(first, len), 1, plain) != 0) {
                abort();
            }
            again = print(&c, second, sizeof second);
            if (again != len || memcmp(first, second, len) != 0) {
                abort();
            }
        }
    }
    config_free(&c);
    free(buf);
    return 0;
}
