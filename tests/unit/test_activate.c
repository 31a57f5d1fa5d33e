/* server/activate, server/notify: what a service manager may say and hand over. */
#include "core/log.h"
#include "server/activate.h"
#include "server/listen.h"
#include "server/notify.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void test_count(void)
{
    static const struct {
        const char *pid, *fds;
        int want;
    } rows[] = {
        {NULL, NULL, 0},
        {"42", NULL, 0},
        {NULL, "1", 0},
        {"42", "1", 1},
        {"42", "0", 0},
        {"42", "64", 64},
        {"42", "007", 7},
        {"41", "1", 0},
        {"420", "1", 0},
        {"4", "rubbish", 0}, /* not for us, so not looked at */
        {"42", "65", -1},
        {"42", "", -1},
        {"42", "-1", -1},
        {"42", "+1", -1},
        {"42", " 1", -1},
        {"42", "1 ", -1},
        {"42", "1x", -1},
        {"42", "0x1", -1},
        {"42", "4294967297", -1},
        {"42", "99999999999999999999999999", -1},
        {"", "1", -1},
        {"-42", "1", -1},
        {" 42", "1", -1},
        {"42 ", "1", -1},
        {"forty-two", "1", -1},
        {"4294967338", "1", -1}, /* 42 in 32 bits */
        {"18446744073709551658", "1", -1},
    };
    bool good = true;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int got = activate_count(rows[i].pid, rows[i].fds, 42, LISTENER_MAX);

        if (got != rows[i].want) {
            printf("# LISTEN_PID=%s LISTEN_FDS=%s: %d, not %d\n", rows[i].pid, rows[i].fds, got,
                   rows[i].want);
            good = false;
        }
    }
    ok(good, "LISTEN_PID and LISTEN_FDS, right and wrong");
}

static void test_interval(void)
{
    static const struct {
        const char *usec, *pid;
        uint64_t want;
    } rows[] = {
        {NULL, NULL, 0},
        {"", NULL, 0},
        {"0", NULL, 0},
        {"1", NULL, 1},
        {"3999", NULL, 1},
        {"4000", NULL, 2},
        {"30000000", NULL, 15000},
        {"30000000", "42", 15000},
        {"30000000", "43", 0},
        {"30000000", "", 0},
        {"30000000", "x", 0},
        {"5000000000", NULL, 2500000}, /* above 32 bits */
        {"18446744073709551615", NULL, 0},
        {"99999999999999999999999999999999", NULL, 0},
        {"infinity", NULL, 0},
        {"-1", NULL, 0},
        {"1s", NULL, 0},
        {" 1", NULL, 0},
    };
    bool good = true;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t got = notify_interval_ms(rows[i].usec, rows[i].pid, 42);

        if (got != rows[i].want) {
            printf("# WATCHDOG_USEC=%s: %llu\n", rows[i].usec, (unsigned long long)got);
            good = false;
        }
    }
    ok(good, "half of WATCHDOG_USEC, right and wrong");
}

/* A socket bound to loopback, of that kind. */
static int tcp(int type, bool listening)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
        (listening && listen(fd, 1) != 0)) {
        printf("# socket: %s\n", strerror(errno));
    }
    return fd;
}

static void refuse(int fd, const char *want, const char *name)
{
    const char *problem = activate_take(fd);

    ok(problem != NULL && strncmp(problem, want, strlen(want)) == 0, name);
    if (fd >= 0) {
        close(fd);
    }
}

static void test_take(void)
{
    int fd = tcp(SOCK_STREAM, true);
    int pair[2];

    ok(activate_take(fd) == NULL, "a listening TCP socket is taken");
    ok((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC,
       "and then it neither blocks nor is inherited");
    close(fd);
    refuse(tcp(SOCK_STREAM, false), "it does not listen", "one that does not listen");
    refuse(tcp(SOCK_DGRAM, false), "it is neither", "a datagram socket");
    refuse(open("/dev/null", O_RDONLY), "it is not a socket", "a file");
    refuse(-1, "Bad file descriptor", "nothing at all");
    ok(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "a pair of sockets");
    refuse(pair[0], "it does not listen", "a connection (Accept=yes)");
    close(pair[1]);
    ok(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "a pair that keeps packets apart");
    refuse(pair[0], "it is neither", "is no stream");
    close(pair[1]);
}

/* What listen_begin makes of descriptors 3 and up. */
static void test_listen(void)
{
    static struct listener_list list;
    static struct config config;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char pid[16], path[64], want[80];
    char dir[] = "/tmp/test_activate.XXXXXX";
    int fd = tcp(SOCK_STREAM, true);

    ok(mkdtemp(dir) != NULL, "a scratch folder");
    snprintf(path, sizeof path, "%s/s", dir);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "3", 1);
    config.endpoints.count = 1; /* which would be refused: it has no host and no port */
    dup2(fd, 3);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    ok(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0 && dup2(fd, 4) == 4,
       "a Unix socket");
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(a.sun_path, "\0tiny-test", 10);
    ok(bind(fd, (struct sockaddr *)&a, (socklen_t)(sizeof a.sun_family + 10)) == 0 &&
           listen(fd, 1) == 0 && dup2(fd, 5) == 5,
       "and an abstract one");
    ok(listen_begin(&list, &config) == 0 && list.count == 3, "three sockets are taken");
    ok(list.items[0].endpoint == 0 && list.items[1].endpoint == 1 && list.items[2].endpoint == 2,
       "each is an endpoint of its own for sessions");
    ok(strncmp(list.items[0].label, "tcp://127.0.0.1:", 16) == 0, "the first is told by address");
    snprintf(want, sizeof want, "unix://%s", path);
    is_text(list.items[1].label, want, "the second by path");
    is_text(list.items[2].label, "unix://@tiny-test", "the third by its abstract name");
    listen_end(&list);
    ok(access(path, F_OK) == 0, "the manager's file stays when the server ends");
    ok(fcntl(3, F_GETFD) < 0, "the descriptors are closed");
    ok(listen_begin(&list, &config) == -1 && list.count == 0, "none of them a second time");
    unlink(path);
    rmdir(dir);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
}

static void test_notify(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct notify n;
    char name[200], got[600];
    ssize_t len;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    snprintf(name, sizeof name, "@tiny-notify-%d", (int)getpid());
    memcpy(a.sun_path + 1, name + 1, strlen(name) - 1);
    ok(bind(fd, (struct sockaddr *)&a, (socklen_t)(sizeof a.sun_family + strlen(name))) == 0,
       "a manager listens");
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "2000000", 1);
    notify_begin(&n);
    ok(n.fd >= 0 && n.interval_ms == 1000, "it is found by its abstract name");
    notify_send(&n, "READY=1", "%s %d", "so", 7);
    len = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);
    got[len > 0 ? len : 0] = '\0';
    is_text(got, "READY=1\nSTATUS=so 7", "a message");
    notify_tick(&n, 5000);
    len = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);
    got[len > 0 ? len : 0] = '\0';
    is_text(got, "WATCHDOG=1", "the watchdog");
    notify_tick(&n, 5999);
    ok(recv(fd, got, sizeof got, MSG_DONTWAIT) < 0, "is not fed too early");
    notify_tick(&n, 6000);
    ok(recv(fd, got, sizeof got, MSG_DONTWAIT) == 10, "and fed in time");
    close(fd);
    notify_send(&n, "READY=1", "nobody is there");
    notify_end(&n);
    notify_begin(&n);
    ok(n.fd == -1 && n.due_ms == UINT64_MAX, "a manager that is gone is none");
    static const char *const wrong[] = {"relative", "vsock:2:1234", "", "/"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("NOTIFY_SOCKET", wrong[i], 1);
        notify_begin(&n);
        expect(n.fd == -1, wrong[i]);
    }
    memset(name, 'x', sizeof name - 1);
    name[0] = '/';
    name[sizeof name - 1] = '\0';
    setenv("NOTIFY_SOCKET", name, 1);
    notify_begin(&n);
    ok(n.fd == -1, "names that cannot be are none");
    unsetenv("NOTIFY_SOCKET");
    notify_begin(&n);
    notify_send(&n, "READY=1", "nothing is sent");
    notify_tick(&n, 1);
    ok(n.fd == -1, "without the variable nobody is told");
    notify_end(&n);
}

int main(void)
{
    log_open("/dev/null", LOG_ERROR);
    test_count();
    test_interval();
    test_take();
    test_listen();
    test_notify();
    return tap_done();
}
