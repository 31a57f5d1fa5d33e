/* server/listen: what is bound, what is refused, what is left behind. */
#include "core/log.h"
#include "core/sock.h"
#include "server/listen.h"
#include "tap.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct config config;
static struct listener_list list;

static int try_endpoint(const char *text)
{
    const char *error = endpoint_parse(text, strlen(text), &config.endpoints.items[0]);

    if (error != NULL) {
        printf("# %s: %s\n", text, error);
        return -2;
    }
    config.endpoints.count = 1;
    config.backlog = 5;
    return listen_begin(&list, &config);
}

static void test_unix(void)
{
    char dir[] = "/tmp/test_listen.XXXXXX";
    char path[64], url[80];
    struct listener_list first;
    struct stat st;
    int fd;

    if (!ok(mkdtemp(dir) != NULL, "a scratch folder")) {
        return;
    }
    snprintf(path, sizeof path, "%s/s", dir);
    snprintf(url, sizeof url, "unix://%s", path);
    ok(try_endpoint(url) == 0 && stat(path, &st) == 0 && S_ISSOCK(st.st_mode), "a Unix socket");
    listen_end(&list);
    ok(stat(path, &st) != 0, "it is removed at the end");

    /* A stale socket of a run that was killed. */
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%.60s", path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ok(bind(fd, (struct sockaddr *)&a, sizeof a) == 0, "a stale socket is made");
    close(fd);
    ok(try_endpoint(url) == -1, "a stale socket is in the way");
    config.unlink = true;
    ok(try_endpoint(url) == 0, "server.unlink removes it");
    first = list;
    ok(try_endpoint(url) == 0, "another server takes the path over");
    listen_end(&first);
    ok(stat(path, &st) == 0, "and keeps its socket when the former one ends");
    listen_end(&list);
    ok(stat(path, &st) != 0, "until it ends");
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    ok(try_endpoint(url) == -1 && stat(path, &st) == 0, "a regular file is never removed");
    config.unlink = false;
    unlink(path);
    rmdir(dir);
}

static void test_addresses(void)
{
    struct sockaddr_storage a = {0};
    struct sockaddr_in *in = (void *)&a;
    struct sockaddr_in6 *in6 = (void *)&a;
    char text[64];

    in->sin_family = AF_INET;
    in->sin_port = htons(4711);
    in->sin_addr.s_addr = htonl(0xC0000201);
    sock_address(&a, text, sizeof text);
    is_text(text, "192.0.2.1:4711", "an IPv4 address");
    memset(&a, 0, sizeof a);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(1);
    in6->sin6_addr.s6_addr[15] = 1;
    sock_address(&a, text, sizeof text);
    is_text(text, "[::1]:1", "an IPv6 address");
    memcpy(in6->sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
    sock_address(&a, text, sizeof text);
    is_text(text, "192.0.2.1:1", "a mapped address is written as IPv4");
    a.ss_family = AF_UNIX;
    sock_address(&a, text, sizeof text);
    is_text(text, "unix", "a Unix socket has no address");
}

int main(void)
{
    int blocker;

    log_open("/dev/null", LOG_ERROR);
    test_addresses();
    ok(try_endpoint("tcp://127.0.0.1:0") == 0 && list.count == 1, "one IPv4 address");
    ok(strncmp(list.items[0].label, "tcp://127.0.0.1:", 16) == 0 &&
           strcmp(list.items[0].label + 16, "0") != 0,
       "port 0 shows the port that was chosen");
    listen_end(&list);
    ok(try_endpoint("tcp://[::]:0") == 0 && list.count == 1, "the wildcard is one socket");
    listen_end(&list);
    ok(try_endpoint("ssl://localhost:0") == 0 && list.count >= 1, "a name");
    listen_end(&list);
    ok(try_endpoint("tcp://no-such-host.invalid:0") == -1 && list.count == 0,
       "a name that does not resolve");
    config.family = FAMILY_IPV6;
    ok(try_endpoint("tcp://127.0.0.1:0") == -1, "-6 refuses an IPv4 literal");
    config.family = FAMILY_ANY;
    ok(try_endpoint("tcp://192.0.2.1:0") == -1, "an address that is not ours");

    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    char url[40];
    blocker = socket(AF_INET, SOCK_STREAM, 0);
    ok(bind(blocker, (struct sockaddr *)&a, len) == 0 && listen(blocker, 1) == 0 &&
           getsockname(blocker, (struct sockaddr *)&a, &len) == 0,
       "a port is taken");
    snprintf(url, sizeof url, "tcp://127.0.0.1:%u", ntohs(a.sin_port));
    ok(try_endpoint(url) == -1 && list.count == 0,
       "a port that is in use is refused, nothing stays open");
    close(blocker);
    test_unix();
    return tap_done();
}
