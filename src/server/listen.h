/*
 * Listening sockets: resolves the configured endpoints, binds and listens, or takes
 * those that a service manager hands over instead (server/activate.h). The list owns its
 * descriptors and removes the Unix sockets that it made. Names are resolved once, at start,
 * server/resolve.h waiting for the answer.
 */
#ifndef TINY_SERVER_LISTEN_H
#define TINY_SERVER_LISTEN_H

#include "config/config.h"

#define LISTENER_MAX       64
#define LISTENER_LABEL_MAX 320

struct listener {
    int fd;
    unsigned endpoint;                /* index in config->endpoints or of what was handed over:
                                         binds sessions */
    char label[LISTENER_LABEL_MAX];   /* "tcp://[::]:4433", as bound */
    char unix_path[108];              /* to be removed at the end, or "" */
    uint64_t unix_device, unix_inode; /* if it is still ours */
};

struct listener_list {
    struct listener items[LISTENER_MAX];
    size_t count;
};

/* Every endpoint must come up. 0, or -1 after telling each problem by
 * log_line and closing what was open. */
int listen_begin(struct listener_list *list, const struct config *config);
void listen_end(struct listener_list *list);

#endif
