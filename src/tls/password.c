#include "tls/password.h"
#include "core/errors.h"
#include "core/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct password password_of(const char *spec)
{
    return (struct password){.spec = spec, .max_iterations = PASSWORD_MAX_ITERATIONS};
}

/* The rest of spec after prefix, or NULL. */
static const char *after(const char *spec, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(spec, prefix, len) == 0 ? spec + len : NULL;
}

/* A descriptor's number, or -1. */
static int descriptor(const char *text)
{
    unsigned long n;

    return lines_number(text, &n) && n <= 65535 ? (int)n : -1;
}

int password_check(const char *spec, struct text *error)
{
    const char *fd;

    if (spec == NULL || spec[0] == '\0' || after(spec, "pass:") != NULL) {
        return 0;
    }
    if (after(spec, "env:") != NULL || after(spec, "file:") != NULL) {
        if (strchr(spec, ':')[1] != '\0') {
            return 0;
        }
        text_add(error, "a name is missing after the colon");
        return -1;
    }
    fd = after(spec, "fd:");
    if (fd != NULL && descriptor(fd) >= 0) {
        return 0;
    }
    text_add(error, fd != NULL ? "fd: wants the number of an open descriptor"
                               : "must be pass:TEXT, env:NAME, file:PATH or fd:NUMBER");
    return -1;
}

static int set(struct password *p, const void *text, size_t len, struct text *error)
{
    if (len > sizeof p->text) {
        text_addf(error, "the password is longer than %d bytes", PASSWORD_MAX);
        return -1;
    }
    if (len > 0) {
        memcpy(p->text, text, len);
    }
    p->len = len;
    p->known = true;
    return 0;
}

/* The first line, read byte by byte: what follows it in a pipe is not ours. */
static int read_line(struct password *p, int fd, struct text *error)
{
    uint8_t c;
    ssize_t n;

    p->len = 0;
    for (;;) {
        n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0 || c == '\n') {
            break;
        }
        if (p->len == sizeof p->text) {
            text_addf(error, "the password is longer than %d bytes", PASSWORD_MAX);
            return -1;
        }
        p->text[p->len++] = c;
    }
    if (n < 0) {
        text_addf(error, "the password cannot be read: %s", error_text(errno));
        return -1;
    }
    if (n == 0 && p->len == 0) {
        text_add(error, "there is no password to read");
        return -1;
    }
    if (p->len > 0 && p->text[p->len - 1] == '\r') {
        p->len--;
    }
    p->known = true;
    return 0;
}

static int from_file(struct password *p, const char *path, struct text *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int result;

    if (fd < 0) {
        text_addf(error, "%s cannot be opened: %s", path, error_text(errno));
        return -1;
    }
    result = read_line(p, fd, error);
    close(fd);
    return result;
}

/* A file behind the descriptor is read from its start each time, so that a
 * reload finds the password again; a pipe gives it once. */
static int from_fd(struct password *p, int fd, struct text *error)
{
    lseek(fd, 0, SEEK_SET);
    return read_line(p, fd, error);
}

static int fetch(struct password *p, struct text *error)
{
    const char *rest;

    if ((rest = after(p->spec, "pass:")) != NULL) {
        return set(p, rest, strlen(rest), error);
    }
    if ((rest = after(p->spec, "env:")) != NULL) {
        const char *value = getenv(rest);

        if (value == NULL) {
            text_addf(error, "the environment has no %s", rest);
            return -1;
        }
        return set(p, value, strlen(value), error);
    }
    if ((rest = after(p->spec, "file:")) != NULL) {
        return from_file(p, rest, error);
    }
    return from_fd(p, descriptor(p->spec + strlen("fd:")), error);
}

int password_read(struct password *p, struct text *error)
{
    return password_check(p->spec, error) == 0 ? fetch(p, error) : -1;
}

int password_get(struct password *p, struct span *out, struct text *error)
{
    if (p->spec == NULL || p->spec[0] == '\0') {
        text_add(error, "the key is encrypted, but ssl.password is not set");
        return -1;
    }
    if (!p->known) {
        char reason[192];
        struct text why = text_over(reason, sizeof reason);

        if (password_read(p, &why) != 0) {
            text_addf(error, "the key is encrypted; ssl.password: %s", reason);
            return -1;
        }
    }
    *out = span_of(p->text, p->len);
    return 0;
}

void password_wipe(struct password *p)
{
    bytes_wipe(p->text, sizeof p->text);
    p->len = 0;
    p->known = false;
}
