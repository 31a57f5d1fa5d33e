#include "core/output.h"

#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

int output_unblocked(int fd, int mode)
{
    char path[] = "/proc/self/fd/0";
    struct stat st;
    int own = -1;

    if (fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))) {
        path[sizeof path - 2] = (char)('0' + fd);
        own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    return own >= 0 ? own : fd;
}

int output_all(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return -1;
        }
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

int outputf(int fd, const char *format, ...)
{
    char buf[OUTPUT_MAX];
    struct text t = text_over(buf, sizeof buf);
    va_list args;

    va_start(args, format);
    text_addv(&t, format, args);
    va_end(args);
    return output_all(fd, buf, t.len);
}
