/*
 * Thin wrappers around the socket calls: non-blocking, close-on-exec, EINTR
 * retried, no SIGPIPE. The one place where tests inject short reads and
 * writes, EINTR and EAGAIN (built with TINY_FAULTS, steered by the environment
 * variable of that name).
 */
#ifndef TINY_CORE_SOCK_H
#define TINY_CORE_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum sock_result {
    SOCK_OK,     /* *done bytes moved, at least one */
    SOCK_AGAIN,  /* nothing now; wait for epoll */
    SOCK_EOF,    /* receive only: the peer sends nothing more */
    SOCK_FAILED, /* errno tells; the connection is gone */
};

/* whim: the state of a random generator, or NULL. With it a call moves 0 to 7
 * bytes only, 0 being SOCK_AGAIN although more could move (server.nbio-test). */
enum sock_result sock_recv(int fd, uint8_t *dst, size_t len, uint32_t *whim, size_t *done);
/* more: bytes that belong into the same packet follow at once, or sock_push. */
enum sock_result sock_send(int fd, const uint8_t *src, size_t len, bool more, uint32_t *whim,
                           size_t *done);
/* Sends what the kernel holds back for `more`. */
void sock_push(int fd);
/* All of it into a new socket's buffer, which is far larger. false with errno. */
bool sock_send_whole(int fd, const uint8_t *src, size_t len);
/* Begins to connect to an address of any of the three families. The descriptor, errno being
 * 0 when it is connected already and EINPROGRESS when epoll will tell; or -1 with errno. */
int sock_connect(const struct sockaddr_storage *to);
/* What became of it, or of the connection: 0 or an errno. */
int sock_error(int fd);
/* close will tell the peer that the stream was cut: a reset, no orderly end. */
void sock_reset(int fd);
/* -1 with errno; the peer's address goes to *peer. */
int sock_accept(int listener, struct sockaddr_storage *peer, socklen_t *peer_len);
/* "192.0.2.1:4711", "[2001:db8::1]:4711", "unix"; IPv4-mapped addresses are
 * written as IPv4. */
void sock_address(const struct sockaddr_storage *a, char *dst, size_t cap);

#endif
