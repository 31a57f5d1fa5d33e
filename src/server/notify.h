/*
 * Tells a service manager how it goes, in systemd's notification protocol: one datagram a
 * message to the Unix socket that NOTIFY_SOCKET names, and WATCHDOG=1 at half of WATCHDOG_USEC.
 * Owns the socket, which is connected before the root and the user change. Without the
 * variable nothing is sent; what cannot be sent is dropped, and never waited for longer than a
 * second.
 */
#ifndef TINY_SERVER_NOTIFY_H
#define TINY_SERVER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify {
    int fd;               /* -1: there is nobody to tell */
    uint64_t interval_ms; /* of the watchdog; 0: it is not wanted */
    uint64_t due_ms;      /* when it is next; UINT64_MAX: never */
};

/* Half of WATCHDOG_USEC in milliseconds, given the variables' values or NULL; 0 when it is
 * unset, meant for another process or no number. */
uint64_t notify_interval_ms(const char *usec, const char *pid, long self);
/* Connects. A manager that cannot be reached is told of in the log, and is then none. */
void notify_begin(struct notify *n);
void notify_end(struct notify *n);
/* One datagram: state ("READY=1"), and for people the status as formatted. */
void notify_send(const struct notify *n, const char *state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* RELOADING=1 with the time, as the protocol asks. notify_send with READY=1 ends it. */
void notify_reloading(const struct notify *n);
/* Feeds the watchdog if that is due. */
void notify_tick(struct notify *n, uint64_t now_ms);

#endif
