#include "core/sock.h"
#include "core/build.h"
#include "core/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef TINY_FAULTS
#include <stdlib.h>

enum fault { FAULT_NONE, FAULT_EINTR, FAULT_EAGAIN, FAULT_SHORT };

/* A fault for about every second call, from the seed in TINY_FAULTS. */
static enum fault fault_next(void)
{
    static uint32_t seed;

    if (seed == 0) {
        const char *text = getenv("TINY_FAULTS");

        seed = text != NULL ? (uint32_t)strtoul(text, NULL, 10) | 1 : 1;
    }
    seed = seed * 1664525u + 1013904223u;
    return (enum fault)((seed >> 24) % 6 % 4);
}
#else
enum fault { FAULT_NONE, FAULT_EINTR, FAULT_EAGAIN, FAULT_SHORT };

static enum fault fault_next(void)
{
    return FAULT_NONE;
}
#endif

static ssize_t faulty(enum fault f, size_t *len)
{
    if (f == FAULT_EINTR || f == FAULT_EAGAIN) {
        errno = f == FAULT_EINTR ? EINTR : EAGAIN;
        return -1;
    }
    if (f == FAULT_SHORT && *len > 3) {
        *len = 1 + *len % 3;
    }
    return 0;
}

static enum sock_result failed(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? SOCK_AGAIN : SOCK_FAILED;
}

/* False when this call moves nothing, else *len is what it may move at most. */
static bool whim_allows(uint32_t *whim, size_t *len)
{
    size_t most;

    if (!TINY_STANDIN || whim == NULL) {
        return true;
    }
    *whim = *whim * 1664525u + 1013904223u;
    most = *whim >> 29;
    *len = *len < most ? *len : most;
    return most > 0;
}

enum sock_result sock_recv(int fd, uint8_t *dst, size_t len, uint32_t *whim, size_t *done)
{
    ssize_t n;

    *done = 0;
    if (!whim_allows(whim, &len)) {
        return SOCK_AGAIN;
    }
    do {
        n = faulty(fault_next(), &len);
        if (n == 0) {
            n = recv(fd, dst, len, 0);
        }
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        *done = (size_t)n;
        return SOCK_OK;
    }
    return n == 0 ? SOCK_EOF : failed();
}

enum sock_result sock_send(int fd, const uint8_t *src, size_t len, bool more, uint32_t *whim,
                           size_t *done)
{
    ssize_t n;

    *done = 0;
    if (!whim_allows(whim, &len)) {
        return SOCK_AGAIN;
    }
    do {
        n = faulty(fault_next(), &len);
        if (n == 0) {
            n = send(fd, src, len, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
        }
    } while (n < 0 && errno == EINTR);
    if (n >= 0) {
        *done = (size_t)n;
        return SOCK_OK;
    }
    return failed();
}

void sock_push(int fd)
{
    int one = 1;

    /* Setting it pushes, even where it is set already; a Unix socket holds nothing back. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

bool sock_send_whole(int fd, const uint8_t *src, size_t len)
{
    ssize_t n;

    do {
        n = send(fd, src, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0 && (size_t)n < len) {
        errno = ENOBUFS;
    }
    return n == (ssize_t)len;
}

int sock_connect(const struct sockaddr_storage *to)
{
    socklen_t len = to->ss_family == AF_INET    ? sizeof(struct sockaddr_in)
                    : to->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                : sizeof(struct sockaddr_un);
    int fd = socket(to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    int error;

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    error = connect(fd, (const struct sockaddr *)to, len) == 0 ? 0 : errno;
    if (error != 0 && error != EINPROGRESS && error != EINTR) {
        close(fd);
        fd = -1;
    }
    errno = error == EINTR ? EINPROGRESS : error;
    return fd;
}

int sock_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof error;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
}

void sock_reset(int fd)
{
    struct linger at_once = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

int sock_accept(int listener, struct sockaddr_storage *peer, socklen_t *peer_len)
{
    int fd;

    do {
        *peer_len = sizeof *peer;
        fd = accept4(listener, (struct sockaddr *)peer, peer_len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static void add_ipv4(struct text *t, const uint8_t a[4])
{
    text_addf(t, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static unsigned zero_groups(const uint8_t a[16], unsigned from)
{
    unsigned n = 0;

    while (from + n < 8 && a[2 * (from + n)] == 0 && a[2 * (from + n) + 1] == 0) {
        n++;
    }
    return n;
}

/* RFC 5952: lower case, no leading zeros; the first of the longest runs of at
 * least two groups of zeros becomes "::". */
static void add_ipv6(struct text *t, const uint8_t a[16])
{
    unsigned best = 8, longest = 1;

    for (unsigned i = 0; i < 8; i++) {
        unsigned n = zero_groups(a, i);

        if (n > longest) {
            best = i;
            longest = n;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            text_add(t, "::");
            i += longest - 1;
        } else {
            text_addf(t, "%s%x", i > 0 && i != best + longest ? ":" : "",
                      (unsigned)a[2 * i] << 8 | a[2 * i + 1]);
        }
    }
}

void sock_address(const struct sockaddr_storage *a, char *dst, size_t cap)
{
    struct text t = text_over(dst, cap);

    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a;

        add_ipv4(&t, (const uint8_t *)&in->sin_addr);
        text_addf(&t, ":%u", ntohs(in->sin_port));
    } else if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)a;
        const uint8_t *bytes = in6->sin6_addr.s6_addr;

        if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
            add_ipv4(&t, bytes + 12);
        } else {
            text_add(&t, "[");
            add_ipv6(&t, bytes);
            text_add(&t, "]");
        }
        text_addf(&t, ":%u", ntohs(in6->sin6_port));
    } else {
        text_add(&t, "unix");
    }
}
