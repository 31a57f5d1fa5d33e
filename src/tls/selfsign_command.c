/* The command `tiny certificate`: where the fresh PEM goes. */
#include "core/clock.h"
#include "core/errors.h"
#include "core/output.h"
#include "tls/selfsign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPLE_DAYS 825 /* Apple's systems refuse what is valid for longer, own roots included */

static int fill(int fd, const struct text *pem)
{
    int saved;

    if (output_all(fd, pem->buf, pem->len) == 0 && fsync(fd) == 0) {
        return close(fd);
    }
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* A new file with its whole contents, or none. */
static int create(const char *path, const struct text *pem)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return -1;
    }
    if (fill(fd, pem) != 0) {
        int saved = errno;

        unlink(path);
        errno = saved;
        return -1;
    }
    return 0;
}

/* Over an existing file, in one step: readers see the old one or the new one. */
static int replace(const char *path, const struct text *pem)
{
    char name[4096];
    struct text beside = text_over(name, sizeof name);
    int fd;

    text_addf(&beside, "%s.XXXXXX", path);
    if (beside.full) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkstemp(name); /* mode 0600 */
    if (fd < 0) {
        return -1;
    }
    if (fill(fd, pem) != 0 || rename(name, path) != 0) {
        int saved = errno;

        unlink(name);
        errno = saved;
        return -1;
    }
    return 0;
}

static void tell_file(const struct selfsign_request *q, int err_fd)
{
    unsigned days = q->days > 0 ? q->days : SELFSIGN_DAYS_DEFAULT;
    char names[256];
    struct text t = text_over(names, sizeof names);

    for (size_t i = 0; i < q->names.count; i++) {
        text_addf(&t, "%s%s", i > 0 ? ", " : "", q->names.items[i]);
    }
    outputf(err_fd, "%s: key and self-signed certificate for %s, valid for %u days\n", q->out,
            names, days);
}

static int deliver(const struct selfsign_request *q, const struct text *pem, int out_fd, int err_fd)
{
    if (q->out == NULL || q->out[0] == '\0' || strcmp(q->out, "-") == 0) {
        if (output_all(out_fd, pem->buf, pem->len) != 0) {
            outputf(err_fd, "tiny: certificate: standard output: %s\n", error_text(errno));
            return EXIT_CODE_FAILED;
        }
        return EXIT_CODE_OK;
    }
    if ((q->force ? replace(q->out, pem) : create(q->out, pem)) != 0) {
        outputf(err_fd, "tiny: certificate: %s: %s%s\n", q->out, error_text(errno),
                errno == EEXIST ? "; it is not overwritten, since it may hold a key in use" : "");
        return EXIT_CODE_FAILED;
    }
    tell_file(q, err_fd);
    return EXIT_CODE_OK;
}

int selfsign_command(const struct selfsign_request *request, int out_fd, int err_fd)
{
    char memory[SELFSIGN_PEM_MAX], reason[512];
    struct text pem = text_over(memory, sizeof memory);
    struct text error = text_over(reason, sizeof reason);
    int code = EXIT_CODE_USAGE;

    if (selfsign_make(request, clock_wall_s(), &pem, &error) != 0) {
        outputf(err_fd, "tiny: certificate: %s\n", reason);
    } else {
        if (request->days > APPLE_DAYS) {
            outputf(err_fd,
                    "tiny: certificate: note: some clients refuse certificates that are valid "
                    "for more than %d days\n",
                    APPLE_DAYS);
        }
        code = deliver(request, &pem, out_fd, err_fd);
    }
    bytes_wipe(memory, sizeof memory);
    return code;
}
