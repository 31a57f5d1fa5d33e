/*
 * Sockets that a service manager bound before the program started and hands over as
 * descriptors 3, 4, ... (systemd's socket activation: LISTEN_PID, LISTEN_FDS). Reads what the
 * variables say and looks at the descriptors; the list of listeners (server/listen.h) owns
 * them. LISTEN_FDNAMES is not read. The program starts no other, so nobody
 * inherits the variables; the descriptors are made close-on-exec all the same.
 */
#ifndef TINY_SERVER_ACTIVATE_H
#define TINY_SERVER_ACTIVATE_H

#include <stddef.h>

#define ACTIVATE_FIRST_FD 3

/* How many were handed over to the process `self`, given the variables' values or NULL. 0 when
 * they are unset or mean another process. -1 after telling by log_line what is wrong, as when
 * there are more than `max`. */
int activate_count(const char *pid, const char *fds, long self, size_t max);
/* Makes the descriptor fit for a listener, without blocking. NULL, or what it is instead. */
const char *activate_take(int fd);

#endif
