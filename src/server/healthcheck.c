#include "server/healthcheck.h"
#include "core/build.h"
#include "core/clock.h"
#include "core/errors.h"
#include "core/must.h"
#include "core/output.h"
#include "core/sock.h"
#include "server/resolve.h"
#include "tls/probe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* One attempt at one address. */
struct attempt {
    int fd;
    uint64_t end_ms;
    const uint8_t *hello;
    size_t hello_len;
};

static const char late[] = "no answer in time";

/* False when the time is over. */
static bool wait_for(const struct attempt *a, short events)
{
    struct pollfd p = {.fd = a->fd, .events = events};
    uint64_t now_ms;
    int n;

    do {
        now_ms = clock_now_ms();
        n = poll(&p, 1, now_ms < a->end_ms ? (int)(a->end_ms - now_ms) : 0);
    } while (n < 0 && errno == EINTR);
    return n > 0 && now_ms < a->end_ms;
}

/* What is not read would make a reset of our close, and the server would see a fault
 * where there is none: so we say goodbye and wait until it hangs up. */
static void leave(const struct attempt *a, const uint8_t *answer)
{
    uint8_t goodbye[PROBE_GOODBYE], waste[512];
    size_t done;

    probe_goodbye(answer, goodbye);
    (void)sock_send(a->fd, goodbye, sizeof goodbye, false, NULL, &done);
    shutdown(a->fd, SHUT_WR);
    while (wait_for(a, POLLIN) && sock_recv(a->fd, waste, sizeof waste, NULL, &done) == SOCK_OK) {
    }
}

/* NULL, or what is wrong with the answer. */
static const char *hear(const struct attempt *a)
{
    uint8_t answer[PROBE_ANSWER_MAX];
    enum probe_verdict verdict = PROBE_MORE;
    size_t len = 0, done;
    const char *reason = late;

    while (verdict == PROBE_MORE) {
        if (!wait_for(a, POLLIN)) {
            return late;
        }
        if (sock_recv(a->fd, answer + len, sizeof answer - len, NULL, &done) >= SOCK_EOF) {
            return "it hangs up";
        }
        len += done; /* 0 for SOCK_AGAIN */
        verdict = probe_judge(answer, len, &reason);
    }
    if (verdict != PROBE_ALIVE) {
        return reason;
    }
    leave(a, answer);
    return NULL;
}

/* NULL, or why the server is not well. */
static const char *try_address(struct attempt *a, const struct sockaddr_storage *to)
{
    const char *problem;
    size_t done;

    a->fd = sock_connect(to);
    if (a->fd >= 0 && !wait_for(a, POLLOUT)) {
        problem = late;
    } else if (a->fd >= 0 &&
               sock_send(a->fd, a->hello, a->hello_len, false, NULL, &done) == SOCK_OK) {
        problem = hear(a);
    } else {
        problem = error_text(errno); /* send tells what became of connect */
    }
    close(a->fd);
    return problem;
}

/* ---- whom to ask, and for which name ---------------------------------------- */

static const char *ask(const struct config *config, struct attempt *a)
{
    static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
    struct endpoint e = config->endpoints.items[0];
    struct resolved found = {.family = families[config->family]};
    const char *problem;

    if (e.host[0] == '\0' || strcmp(e.host, "*") == 0 || strcmp(e.host, "::") == 0) {
        memcpy(e.host, "localhost", sizeof "localhost");
    }
    problem = resolve_endpoint(&e, &found);
    for (size_t i = 0; i < found.count && (i == 0 || problem != NULL); i++) {
        problem = try_address(a, &found.items[i]);
    }
    return problem;
}

/* A name that the server knows, so that one with ssl.server-name-fatal need not complain. */
static struct span known_name(const struct config *config)
{
    const char *name = "localhost";

    if (TINY_STANDIN && config->server_name[0] != '\0') {
        name = config->server_name;
    } else if (config->sni.count > 0) {
        name = config->sni.items[0]; /* NAME=FILE */
    }
    return span_of(name, strcspn(name, "="));
}

int healthcheck(const struct config *config)
{
    uint8_t random[PROBE_RANDOM], hello[PROBE_HELLO_MAX];
    struct attempt a = {.end_ms = clock_now_ms() + config->healthcheck_timeout_ms, .hello = hello};
    char label[ENDPOINT_HOST_MAX + 16];
    const char *problem;

    must(getrandom(random, sizeof random, 0) == (ssize_t)sizeof random);
    a.hello_len = probe_hello(hello, random, known_name(config));
    problem = ask(config, &a);
    if (problem == NULL) {
        return EXIT_CODE_OK;
    }
    endpoint_format(&config->endpoints.items[0], label, sizeof label);
    outputf(STDERR_FILENO, "tiny: %s: %s\n", label, problem);
    return EXIT_CODE_FAILED;
}
