#include "tls/filebytes.h"
#include "core/errors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, struct filebytes *f, struct text *error)
{
    while (f->len < f->size) {
        ssize_t n = read(fd, f->data + f->len, f->size - f->len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            text_addf(error, "cannot be read: %s", error_text(errno));
            return -1;
        }
        if (n == 0) {
            break; /* it shrank meanwhile: what was read is what it is */
        }
        f->len += (size_t)n;
    }
    return 0;
}

static int check_kind(const struct stat *st, size_t max, struct text *error)
{
    if (S_ISDIR(st->st_mode)) {
        text_add(error, "is a directory, not a file");
    } else if (!S_ISREG(st->st_mode)) {
        text_add(error, "is not a regular file");
    } else if (st->st_size == 0) {
        text_add(error, "the file is empty");
    } else if ((uint64_t)st->st_size > max) {
        text_addf(error, "the file is bigger than %u MiB", (unsigned)(max >> 20));
    } else {
        return 0;
    }
    return -1;
}

int filebytes_read_up_to(struct filebytes *f, const char *path, size_t max, struct text *error)
{
    /* Not blocking, so that a FIFO by mistake does not hang the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    int result = -1;

    *f = (struct filebytes){0};
    if (fd < 0) {
        text_addf(error, "cannot be opened: %s", error_text(errno));
        return -1;
    }
    if (fstat(fd, &st) != 0) {
        text_addf(error, "cannot be read: %s", error_text(errno));
    } else if (check_kind(&st, max, error) == 0) {
        f->size = (size_t)st.st_size;
        f->open_to_all = (st.st_mode & S_IROTH) != 0;
        f->data = malloc(f->size);
        if (f->data == NULL) {
            text_add(error, "no memory to read it");
        } else {
            result = read_all(fd, f, error);
        }
    }
    close(fd);
    if (result != 0) {
        filebytes_free(f);
    }
    return result;
}

int filebytes_read(struct filebytes *f, const char *path, struct text *error)
{
    return filebytes_read_up_to(f, path, FILEBYTES_MAX, error);
}

void filebytes_free(struct filebytes *f)
{
    if (f->data != NULL) {
        bytes_wipe(f->data, f->size);
        free(f->data);
    }
    *f = (struct filebytes){0};
}
