#include "server/activate.h"
#include "core/errors.h"
#include "core/lines.h"
#include "core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

int activate_count(const char *pid, const char *fds, long self, size_t max)
{
    unsigned long number;

    if (pid == NULL || fds == NULL) {
        return 0;
    }
    if (!lines_number(pid, &number)) {
        log_line(LOG_ERROR, "LISTEN_PID must be the number of a process");
        return -1;
    }
    if (number != (unsigned long)self) {
        return 0; /* meant for a parent of ours, which forgot to unset it */
    }
    if (!lines_number(fds, &number) || number > max) {
        log_line(LOG_ERROR, "LISTEN_FDS must be a number from 0 to %zu", max);
        return -1;
    }
    return (int)number;
}

/* -1 when it cannot be asked. */
static int ask(int fd, int option)
{
    int value = -1;
    socklen_t len = sizeof value;

    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

const char *activate_take(int fd)
{
    int type = ask(fd, SO_TYPE);
    int family;
    int flags;

    if (type < 0) {
        return errno == ENOTSOCK ? "it is not a socket" : error_text(errno);
    }
    family = ask(fd, SO_DOMAIN);
    if (type != SOCK_STREAM || (family != AF_INET && family != AF_INET6 && family != AF_UNIX)) {
        return "it is neither a TCP nor a Unix stream socket (ListenStream= in systemd)";
    }
    if (ask(fd, SO_ACCEPTCONN) != 1) {
        return "it does not listen (Accept=no in systemd)";
    }
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return error_text(errno);
    }
    return NULL;
}
