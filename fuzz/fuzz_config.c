/*
 * A whole configuration: files in memory, resolution, printing. The input
 * holds files apart by \xFF; @include NUMBER reads the file of that number. What is
 * accepted is printed, read again, printed again, and must be the same.
 */
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

static unsigned load(struct config *c, struct span input)
{
    char *env[] = {(char *)"VAR=value", (char *)"EMPTY=", (char *)"TINY_SERVER_BACKLOG=7", NULL};
    struct loader l = {
        .config = c, .env = env, .read = read_part, .read_context = &input, .err_fd = -1};

    memset(c, 0, sizeof *c);
    c->arena = config_arena_new();
    if (c->arena == NULL) {
        return 1;
    }
    loader_defaults(&l);
    if (l.errors > 0) {
        abort();
    }
    l.layer = LAYER_FILE;
    loader_file(&l, "0.conf");
    loader_environment(&l);
    l.place = NULL;
    config_finish(&l);
    return l.errors;
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
    struct config c;
    unsigned errors = load(&c, span_of(data, size));
    size_t len, again;

    if (errors == 0) {
        if (c.suite_count == 0 || c.group_count == 0 || c.version_min > c.version_max ||
            c.version_min < 0x0301 || c.version_max > 0x0303 || c.endpoints.count == 0) {
            abort();
        }
        len = print(&c, first, sizeof first);
        config_free(&c);
        /* Lists of many long items outgrow the buffer, and a printed 0xFF
         * would end the part. */
        if (len < sizeof first && memchr(first, 0xFF, len) == NULL) {
            if (load(&c, span_of(first, len)) != 0) {
                abort();
            }
            again = print(&c, second, sizeof second);
            if (again != len || memcmp(first, second, len) != 0) {
                abort();
            }
        }
    }
    config_free(&c);
    return 0;
}
