/* Finding the file that a path names. */
#include "app/files.h"
#include "app/private.h"
#include "core/clock.h"
#include "core/errors.h"
#include "core/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static unsigned status_of(struct app_shared *shared, const char *path, int error)
{
    char name[1024];
    struct text quoted = text_over(name, sizeof name);

    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG:
    case ENXIO: /* a socket, or a FIFO that nobody reads */
    case ENODEV:
    case EINVAL: /* a name that the file system does not take */
    case EILSEQ:
        return 404;
    case EACCES:
    case EPERM:
        return 403;
    default:
        /* The path is the client's choice, line ends and all. */
        text_add_quoted(&quoted, span_of(path, strlen(path)));
        log_limited(&shared->complaints, clock_now_ms(), LOG_WARN, "files: cannot open %s: %s",
                    name, error_text(error));
        return 503;
    }
}

static struct found nothing(unsigned status)
{
    return (struct found){.fd = -1, .status = status};
}

/* Opens and looks: a regular file or a directory, nothing else. */
static struct found open_any(struct app_shared *shared, const char *path)
{
    struct found f = {.status = 200};

    f.fd = path_open(shared->root_fd, path, shared->walk);
    if (f.fd < 0) {
        return nothing(status_of(shared, path, errno));
    }
    if (fstat(f.fd, &f.st) != 0 || (!S_ISREG(f.st.st_mode) && !S_ISDIR(f.st.st_mode))) {
        close(f.fd);
        return nothing(404);
    }
    if (private_files_has(shared, &f.st)) {
        close(f.fd);
        return nothing(404);
    }
    f.directory = S_ISDIR(f.st.st_mode);
    return f;
}

struct found files_open(struct app_shared *shared, const char *path)
{
    struct found f = open_any(shared, path);

    if (f.status == 200 && f.directory) {
        close(f.fd);
        return nothing(404);
    }
    return f;
}

/* Puts name behind the directory; false when that grows too long. */
static bool append(struct path *path, const char *name)
{
    size_t len = strlen(name);

    if (path->len + 1 + len + 1 > sizeof path->text) {
        return false;
    }
    if (path->len > 0) {
        path->text[path->len++] = '/';
    }
    memcpy(path->text + path->len, name, len + 1);
    path->len += len;
    return true;
}

struct found files_find(struct app_shared *shared, struct path *path,
                        const struct string_list *index, bool listing)
{
    struct found f;

    if (!path->directory) {
        f = open_any(shared, path->text);
        if (f.status == 200 && f.directory) {
            close(f.fd);
            return nothing(301);
        }
        return f;
    }
    for (size_t i = 0; i < index->count; i++) {
        size_t len = path->len;

        if (append(path, index->items[i])) {
            f = files_open(shared, path->text);
            if (f.status != 404) {
                return f;
            }
        }
        path->len = len;
        path->text[len] = '\0';
    }
    f = open_any(shared, path->text);
    if (f.status != 200 || (f.directory && listing)) {
        return f;
    }
    close(f.fd);
    return nothing(f.directory ? 403 : 404); /* "file/" is no name of a file */
}
