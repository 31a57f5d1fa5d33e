#include "server/listen.h"
#include "config/options.h"
#include "core/build.h"
#include "core/errors.h"
#include "core/log.h"
#include "core/sock.h"
#include "core/text.h"
#include "server/activate.h"
#include "server/resolve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *bind_hint(int error)
{
    switch (error) {
    case EACCES:
        return " (a port below 1024 needs root or CAP_NET_BIND_SERVICE)";
    case EADDRINUSE:
        return " (another program listens there)";
    case EADDRNOTAVAIL:
        return " (this machine does not have that address)";
    default:
        return "";
    }
}

static int add_listener(struct listener_list *list, int fd, unsigned endpoint, const char *label)
{
    struct listener *l = &list->items[list->count];
    struct text text;

    if (list->count >= LISTENER_MAX) {
        log_line(LOG_ERROR, "%s: more than %d addresses to listen on", label, LISTENER_MAX);
        close(fd);
        return -1;
    }
    *l = (struct listener){.fd = fd, .endpoint = endpoint};
    text = text_over(l->label, sizeof l->label);
    text_add(&text, label);
    list->count++;
    return 0;
}

/* The address as bound, so that port 0 shows what the kernel chose. */
static void bound_label(int fd, char *dst, size_t cap)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    char address[64] = "?";
    struct text t = text_over(dst, cap);

    if (getsockname(fd, (struct sockaddr *)&a, &len) == 0) {
        sock_address(&a, address, sizeof address);
    }
    text_addf(&t, "tcp://%s", address);
}

/* Returns the descriptor, or -1 with errno of the step that failed. */
static int open_tcp(const struct sockaddr_storage *a, bool v6only, int backlog)
{
    int one = 1;
    int only = v6only;
    socklen_t len =
        a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        (a->ss_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0) &&
        bind(fd, (const struct sockaddr *)a, len) == 0 && listen(fd, backlog) == 0) {
        /* Accepted sockets inherit it. */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        return fd;
    }
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static bool is_wildcard(const struct endpoint *e)
{
    return e->host[0] == '\0' || strcmp(e->host, "*") == 0 || strcmp(e->host, "::") == 0;
}

/* tcp://0.0.0.0:P beside tcp://[::]:P: the two must not fight for the port. */
static bool ipv4_twin(const struct config *config, const struct endpoint *e)
{
    for (size_t i = 0; i < config->endpoints.count; i++) {
        const struct endpoint *other = &config->endpoints.items[i];

        if (other->kind == ENDPOINT_TCP && other->port == e->port &&
            strcmp(other->host, "0.0.0.0") == 0) {
            return true;
        }
    }
    return false;
}

static int listen_resolved(struct listener_list *list, const struct config *config, unsigned i,
                           const struct sockaddr_storage *a, bool v6only)
{
    const struct endpoint *e = &config->endpoints.items[i];
    char label[LISTENER_LABEL_MAX];
    int fd = open_tcp(a, v6only, (int)config->backlog);
    int error = errno;

    if (fd < 0) {
        endpoint_format(e, label, sizeof label);
        log_line(LOG_ERROR, "cannot listen on %s: %s%s", label, error_text(error),
                 bind_hint(error));
        errno = error;
        return -1;
    }
    bound_label(fd, label, sizeof label);
    return add_listener(list, fd, i, label);
}

static int listen_any(struct listener_list *list, const struct config *config, unsigned i)
{
    const struct endpoint *e = &config->endpoints.items[i];
    struct resolved any = {.port = e->port};
    const struct sockaddr_storage *a6 = &any.items[0];
    const struct sockaddr_storage *a4 = &any.items[1];
    bool v6only = config->family == FAMILY_IPV6 || ipv4_twin(config, e);
    int probe;

    resolve_literal("::", &any);
    resolve_literal("0.0.0.0", &any);
    if (config->family != FAMILY_IPV4) {
        probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (probe >= 0) {
            struct sockaddr_in6 trial = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};

            if (bind(probe, (struct sockaddr *)&trial, sizeof trial) == 0) {
                close(probe);
                return listen_resolved(list, config, i, a6, v6only);
            }
            close(probe);
        }
        if (config->family == FAMILY_IPV6) {
            return listen_resolved(list, config, i, a6, v6only);
        }
        log_line(LOG_WARN, "IPv6 is not available here: listening on IPv4 only (-4 silences this)");
    }
    return listen_resolved(list, config, i, a4, false);
}

static int listen_host(struct listener_list *list, const struct config *config, unsigned i)
{
    const struct endpoint *e = &config->endpoints.items[i];
    static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
    struct resolved found = {.family = families[config->family], .port = e->port};
    const char *problem = resolve_host(e->host, &found);
    int result = 0;

    if (problem != NULL) {
        log_line(LOG_ERROR, "cannot resolve \"%s\"%s: %s", e->host,
                 config->family == FAMILY_IPV4   ? " to an IPv4 address"
                 : config->family == FAMILY_IPV6 ? " to an IPv6 address"
                                                 : "",
                 problem);
        return -1;
    }
    for (size_t n = 0; n < found.count; n++) {
        if (listen_resolved(list, config, i, &found.items[n], true) != 0) {
            /* localhost names ::1 even where IPv6 is off. */
            if (found.items[n].ss_family == AF_INET6 && found.count > 1 &&
                (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
                log_line(LOG_WARN, "going on without that IPv6 address");
                continue;
            }
            result = -1;
        }
    }
    return result;
}

/* Removes a socket that a former run left; never a file of another kind. */
static int unlink_stale(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (!S_ISSOCK(st.st_mode)) {
        errno = ENOTSOCK;
        return -1;
    }
    return unlink(path);
}

static int listen_unix(struct listener_list *list, const struct config *config, unsigned i)
{
    const struct endpoint *e = &config->endpoints.items[i];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char label[LISTENER_LABEL_MAX];
    struct stat st;
    int fd = -1;

    endpoint_format(e, label, sizeof label);
    if (strlen(e->host) >= sizeof a.sun_path) {
        log_line(LOG_ERROR, "cannot listen on %s: the path is longer than %zu bytes", label,
                 sizeof a.sun_path - 1);
        return -1;
    }
    memcpy(a.sun_path, e->host, strlen(e->host) + 1);
    if (config->unlink && unlink_stale(e->host) != 0) {
        log_line(LOG_ERROR, "cannot remove %s: %s", e->host,
                 errno == ENOTSOCK ? "it is not a socket" : error_text(errno));
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        log_line(LOG_ERROR, "cannot listen on %s: %s%s", label, error_text(errno),
                 errno == EADDRINUSE ? " (server.unlink = true removes a stale socket)" : "");
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    if (listen(fd, (int)config->backlog) != 0) {
        log_line(LOG_ERROR, "cannot listen on %s: %s", label, error_text(errno));
        close(fd);
        unlink(e->host);
        return -1;
    }
    if (add_listener(list, fd, i, label) != 0) {
        unlink(e->host);
        return -1;
    }
    memcpy(list->items[list->count - 1].unix_path, a.sun_path, sizeof a.sun_path);
    if (lstat(e->host, &st) == 0) {
        list->items[list->count - 1].unix_device = st.st_dev;
        list->items[list->count - 1].unix_inode = st.st_ino;
    }
    return 0;
}

/* In the form of an endpoint, "unix://@name" for an abstract name. */
static void handed_label(int fd, char *dst, size_t cap)
{
    /* Longer than what the kernel fills, and zero behind it. */
    struct sockaddr_storage a = {0};
    const char *path = ((const struct sockaddr_un *)(const void *)&a)->sun_path;
    socklen_t len = sizeof(struct sockaddr_un);
    struct text t = text_over(dst, cap);

    if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 || a.ss_family != AF_UNIX) {
        bound_label(fd, dst, cap);
        return;
    }
    text_addf(&t, path[0] != '\0' ? "unix://%s" : "unix://@%s", path + (path[0] == '\0'));
}

/* Sockets of a service manager stand in for the endpoints: each is bound where its unit says,
 * and its place among them is the number that sessions are bound to. unix_path stays empty: the
 * manager, which made the file, goes on listening there when this server ends. */
static int listen_handed(struct listener_list *list, int count)
{
    int result = 0;

    for (int i = 0; i < count; i++) {
        int fd = ACTIVATE_FIRST_FD + i;
        int one = 1;
        const char *problem = activate_take(fd);
        char label[LISTENER_LABEL_MAX];

        if (problem != NULL) {
            log_line(LOG_ERROR, "LISTEN_FDS: descriptor %d cannot be listened on: %s", fd, problem);
            result = -1;
            continue;
        }
        /* As open_tcp does; it means nothing to a Unix socket. */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        handed_label(fd, label, sizeof label);
        (void)add_listener(list, fd, (unsigned)i, label);
    }
    return result;
}

/* Every endpoint of the configuration. */
static int listen_endpoints(struct listener_list *list, const struct config *config)
{
    int result = 0;

    for (unsigned i = 0; i < config->endpoints.count; i++) {
        const struct endpoint *e = &config->endpoints.items[i];
        int one;

        if (e->kind == ENDPOINT_UNIX) {
            one = listen_unix(list, config, i);
        } else if (is_wildcard(e)) {
            one = listen_any(list, config, i);
        } else {
            one = listen_host(list, config, i);
        }
        result = one != 0 ? -1 : result;
    }
    return result;
}

/* Sockets that were handed over, else the endpoints. */
static int listen_all(struct listener_list *list, const struct config *config)
{
    const char *pid = getenv("LISTEN_PID");
    const char *fds = getenv("LISTEN_FDS");
    int handed;

    if (!TINY_MANAGED) {
        if (fds != NULL) {
            log_line(LOG_WARN, "LISTEN_FDS: " OPTION_LEFT_OUT);
        }
        return listen_endpoints(list, config);
    }
    handed = activate_count(pid, fds, getpid(), LISTENER_MAX);
    if (handed > 0) {
        log_line(LOG_INFO, "server.endpoint is not used: sockets were handed over (LISTEN_FDS)");
        return listen_handed(list, handed);
    }
    return handed == 0 ? listen_endpoints(list, config) : -1;
}

int listen_begin(struct listener_list *list, const struct config *config)
{
    int result;

    list->count = 0;
    result = listen_all(list, config);
    if (result == 0 && list->count == 0) {
        log_line(LOG_ERROR, "there is no address to listen on");
        result = -1;
    }
    if (result != 0) {
        listen_end(list);
        return -1;
    }
    for (size_t i = 0; i < list->count; i++) {
        log_line(LOG_INFO, "listening on %s", list->items[i].label);
    }
    return 0;
}

void listen_end(struct listener_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        close(list->items[i].fd);
        const struct listener *l = &list->items[i];
        struct stat st;

        /* A server that took over meanwhile (server.unlink) keeps its socket. */
        if (l->unix_path[0] != '\0' && lstat(l->unix_path, &st) == 0 &&
            st.st_dev == l->unix_device && st.st_ino == l->unix_inode) {
            unlink(l->unix_path);
        }
    }
    list->count = 0;
}
