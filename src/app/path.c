#include "app/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- decoding ------------------------------------------------------------ */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape at raw.data[i] stands for, or -1. */
static int escaped(struct span raw, size_t i)
{
    int high;
    int low;

    if (raw.len - i < 3) {
        return -1;
    }
    high = hex_digit(raw.data[i + 1]);
    low = hex_digit(raw.data[i + 2]);
    return high < 0 || low < 0 || (high == 0 && low == 0) ? -1 : high << 4 | low;
}

/* May the segment from begin to the end of the text be served? */
static bool visible(const struct path *p, size_t begin)
{
    const char *segment = p->text + begin;
    size_t len = p->len - begin;

    if (segment[0] != '.') {
        return true;
    }
    return begin == 0 && len == 11 && memcmp(segment, ".well-known", 11) == 0;
}

int path_decode(struct span raw, struct path *out)
{
    size_t begin = 0; /* of the segment */

    out->len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int c = raw.data[i];

        if (c == '/') {
            if (out->len > begin) {
                if (!visible(out, begin) || out->len + 1 >= sizeof out->text) {
                    return 404;
                }
                out->text[out->len++] = '/';
                begin = out->len;
            }
            continue;
        }
        if (c == '%') {
            c = escaped(raw, i);
            if (c < 0) {
                return 400;
            }
            i += 2;
        }
        if (c == '/' || out->len + 1 >= sizeof out->text) {
            return 404;
        }
        out->text[out->len++] = (char)c;
    }
    if (out->len > begin && !visible(out, begin)) {
        return 404;
    }
    out->directory = out->len == begin;
    if (out->directory && out->len > 0) {
        out->len--; /* the slash */
    }
    out->text[out->len] = '\0';
    return 0;
}

/* ---- opening ------------------------------------------------------------- */

/* The kernel's interface, stated here because not every C library has its
 * header: struct open_how and the two bits of `resolve` that are used. */
#define SYS_OPENAT2_NUMBER       437
#define RESOLVE_NO_MAGICLINK_BIT 0x02
#define RESOLVE_BENEATH_BIT      0x08

struct how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

/* O_NONBLOCK: a FIFO must not make anybody wait. O_LARGEFILE: nobody else adds
 * it to a bare system call on a machine of 32 bits. */
#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_LARGEFILE)

static int open_beneath(int root_fd, const char *path)
{
    struct how how = {FILE_FLAGS, 0, RESOLVE_BENEATH_BIT | RESOLVE_NO_MAGICLINK_BIT};
    long fd = -1;

    /* EAGAIN: something was renamed during the look-up of "..", in a link. */
    for (int tries = 0; tries < 8; tries++) {
        fd = syscall(SYS_OPENAT2_NUMBER, root_fd, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
    return (int)fd;
}

bool path_has_openat2(int root_fd)
{
    int fd = open_beneath(root_fd, ".");

    if (fd < 0) {
        /* Seccomp filters that do not know the call say EPERM. */
        return errno != ENOSYS && errno != EPERM;
    }
    close(fd);
    return true;
}

/* Takes the next component off *path into name. False for one that is too
 * long or that would lead elsewhere. */
static bool next_component(const char **path, char name[256])
{
    size_t len = strcspn(*path, "/");

    if (len == 0 || len > 255 || (len <= 2 && memcmp(*path, "..", len) == 0)) {
        errno = len > 255 ? ENAMETOOLONG : EXDEV;
        return false;
    }
    memcpy(name, *path, len);
    name[len] = '\0';
    *path += (*path)[len] == '/' ? len + 1 : len;
    return true;
}

static int open_by_walk(int root_fd, const char *path)
{
    int dir = root_fd;
    int fd = -1;
    char name[256];

    if (*path == '\0') {
        return openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    while (next_component(&path, name)) {
        int flags = *path == '\0' ? FILE_FLAGS : O_PATH | O_DIRECTORY | O_CLOEXEC;

        fd = openat(dir, name, flags | O_NOFOLLOW);
        if (dir != root_fd) {
            int saved = errno;

            close(dir);
            errno = saved;
        }
        if (fd < 0 || *path == '\0') {
            return fd;
        }
        dir = fd;
    }
    if (dir != root_fd) {
        int saved = errno;

        close(dir);
        errno = saved;
    }
    return -1;
}

int path_open(int root_fd, const char *path, bool walk)
{
    if (walk) {
        return open_by_walk(root_fd, path);
    }
    return open_beneath(root_fd, *path != '\0' ? path : ".");
}
