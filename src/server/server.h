/*
 * The event loop: one epoll instance, the listeners, the slots of the
 * connections, their deadlines, the signals. Owns all of these and the shared
 * contexts handed to it for the time of server_run. Parses no protocol.
 */
#ifndef TINY_SERVER_SERVER_H
#define TINY_SERVER_SERVER_H

#include "app/app.h"
#include "config/config.h"
#include "core/counters.h"
#include "server/listen.h"
#include "server/notify.h"
#include "tls/tls.h"

struct server;

/* Makes the loop around bound listeners. References are kept to all
 * arguments. NULL after telling why by log_line. */
struct server *server_new(const struct config *config, struct listener_list *listeners,
                          struct tls_context *tls, struct app_shared *shared,
                          struct counters *counters, struct notify *notify, int signal_fd);
/* Serves until SIGTERM or SIGINT has drained the connections. Returns an
 * exit code. */
int server_run(struct server *s);
void server_free(struct server *s);

/* Blocks the signals that the loop reads (signalfd) and ignores SIGPIPE: as
 * process 1 too, where signals without this have no effect. Returns the
 * descriptor or -1. To be called before anything slow, so that a signal
 * during start-up is not lost. */
int server_signals(void);

#endif
