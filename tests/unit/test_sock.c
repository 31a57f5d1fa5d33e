/*
 * core/sock: short reads and writes on a whim (server.nbio-test), addresses in text.
 */
#include "core/sock.h"
#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

static uint8_t data[20000];
static uint8_t got[sizeof data];

/* Sends and receives all of data; how often each number of bytes moved goes to
 * counts, SOCK_AGAIN at 0. */
static bool move(unsigned counts[8], bool sending, uint32_t *whim)
{
    int fds[2];
    size_t sent = 0, received = 0, done;
    int size = 1 << 20;
    bool good = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0;

    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    while (good && received < sizeof data) {
        uint8_t *to = got + received;
        enum sock_result r;

        if (sending) {
            r = sock_send(fds[0], data + sent, sizeof data - sent, false, whim, &done);
            sent += done;
            good = r == (done > 0 ? SOCK_OK : SOCK_AGAIN) && done < 8;
            counts[done]++;
            sock_recv(fds[1], to, sizeof data - received, NULL, &done);
        } else {
            if (sent < sizeof data) {
                sock_send(fds[0], data + sent, sizeof data - sent, false, NULL, &done);
                sent += done;
            }
            r = sock_recv(fds[1], to, sizeof data - received, whim, &done);
            good = r == (done > 0 ? SOCK_OK : SOCK_AGAIN) && done < 8;
            counts[done]++;
        }
        received += done;
    }
    close(fds[0]);
    close(fds[1]);
    return good && memcmp(data, got, sizeof data) == 0;
}

static void whims(void)
{
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 13 >> 3);
    }
    for (int sending = 0; sending < 2; sending++) {
        unsigned counts[8] = {0};
        uint32_t whim = 4711;
        bool all = true;

        ok(move(counts, sending, &whim),
           sending ? "sent 0 to 7 at a time" : "received 0 to 7 at a time");
        for (int i = 0; i < 8; i++) {
            all &= counts[i] > 200;
        }
        ok(all, "each number is as likely");
    }
}

static void ends(void)
{
    int fds[2];
    size_t done;
    uint32_t whim = 1;
    uint8_t byte;
    enum sock_result r;

    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds);
    ok(sock_recv(fds[0], &byte, 1, NULL, &done) == SOCK_AGAIN, "nothing yet");
    close(fds[1]);
    ok(sock_recv(fds[0], &byte, 1, NULL, &done) == SOCK_EOF, "the end");
    do {
        r = sock_recv(fds[0], &byte, 1, &whim, &done);
    } while (r == SOCK_AGAIN);
    ok(r == SOCK_EOF, "the end on a whim, sooner or later");
    ok(sock_send(fds[0], &byte, 1, false, NULL, &done) == SOCK_FAILED, "nobody reads");
    close(fds[0]);
}

static void address(int family, const char *text, uint16_t port, const char *want)
{
    struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
    struct sockaddr_in *in = (void *)&a;
    struct sockaddr_in6 *in6 = (void *)&a;
    char got_text[64];

    if (family == AF_INET) {
        in->sin_port = htons(port);
        inet_pton(family, text, &in->sin_addr);
    } else {
        in6->sin6_port = htons(port);
        inet_pton(family, text, &in6->sin6_addr);
    }
    sock_address(&a, got_text, sizeof got_text);
    is_text(got_text, want, want);
}

int main(void)
{
    whims();
    ends();
    address(AF_INET, "192.0.2.1", 4711, "192.0.2.1:4711");
    address(AF_INET6, "::1", 443, "[::1]:443");
    address(AF_INET6, "::ffff:192.0.2.1", 1, "192.0.2.1:1");
    address(AF_INET6, "2001:db8:0:0:1:0:0:1", 65535, "[2001:db8::1:0:0:1]:65535");
    address(AF_INET6, "::", 0, "[::]:0");
    return tap_done();
}
