#include "server/notify.h"
#include "config/options.h"
#include "core/build.h"
#include "core/clock.h"
#include "core/errors.h"
#include "core/lines.h"
#include "core/log.h"
#include "core/text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define NOTIFY_MAX 512 /* bytes of a message */

uint64_t notify_interval_ms(const char *usec, const char *pid, long self)
{
    uint64_t number = 0;
    unsigned long process;

    if (usec == NULL || *usec == '\0' ||
        (pid != NULL && (!lines_number(pid, &process) || process != (unsigned long)self))) {
        return 0;
    }
    /* May be more than lines_number takes, which is an hour and some minutes. */
    for (; *usec >= '0' && *usec <= '9' && number < UINT64_MAX / 20; usec++) {
        number = number * 10 + (uint64_t)(*usec - '0');
    }
    if (*usec != '\0' || number == 0) {
        return 0;
    }
    return number < 4000 ? 1 : number / 2000;
}

/* The connected socket, or -1 with errno. */
static int connect_to(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 1};
    size_t len = strlen(name);
    int fd;

    if ((name[0] != '/' && name[0] != '@') || len >= sizeof a.sun_path) {
        errno = EINVAL;
        return -1;
    }
    memcpy(a.sun_path, name, len);
    if (name[0] == '@') {
        a.sun_path[0] = '\0'; /* the abstract name is as long as it says, without a NUL behind it */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a,
                           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return fd;
}

void notify_begin(struct notify *n)
{
    const char *name = getenv("NOTIFY_SOCKET");

    *n = (struct notify){.fd = -1, .due_ms = UINT64_MAX};
    if (name == NULL || *name == '\0') {
        return;
    }
    if (!TINY_MANAGED) {
        log_line(LOG_WARN, "NOTIFY_SOCKET: " OPTION_LEFT_OUT);
        return;
    }
    n->fd = connect_to(name);
    if (n->fd < 0) {
        log_line(LOG_WARN, "NOTIFY_SOCKET: %s: the service manager is not told how it goes",
                 errno == EINVAL ? "neither a short path nor @name" : error_text(errno));
        return;
    }
    n->interval_ms = notify_interval_ms(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), getpid());
    if (n->interval_ms > 0) {
        n->due_ms = 0;
    }
}

void notify_end(struct notify *n)
{
    if (TINY_MANAGED && n->fd >= 0) {
        close(n->fd);
        n->fd = -1;
    }
}

void notify_send(const struct notify *n, const char *state, const char *format, ...)
{
    char message[NOTIFY_MAX];
    struct text t = text_over(message, sizeof message);
    va_list args;

    if (!TINY_MANAGED || n->fd < 0) {
        return;
    }
    text_addf(&t, "%s\nSTATUS=", state);
    va_start(args, format);
    text_addv(&t, format, args);
    va_end(args);
    (void)send(n->fd, message, t.len, MSG_NOSIGNAL);
}

void notify_reloading(const struct notify *n)
{
    char state[64];
    struct text t = text_over(state, sizeof state);

    if (!TINY_MANAGED) {
        return;
    }
    text_addf(&t, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_now_us());
    notify_send(n, state, "loading the certificates anew");
}

void notify_tick(struct notify *n, uint64_t now_ms)
{
    static const char alive[] = "WATCHDOG=1";

    if (!TINY_MANAGED || now_ms < n->due_ms) {
        return;
    }
    /* The loop does not wait for a manager that does not read: that one is not in a position
     * to miss the message. */
    (void)send(n->fd, alive, sizeof alive - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    n->due_ms = now_ms + n->interval_ms;
}
