/*
 * One connection: a socket, a TLS connection and an application, moved along
 * by conn_step until nothing moves. The slot's memory belongs to the loop
 * (server/slots.h); the connection owns its descriptor.
 */
#ifndef TINY_SERVER_CONN_H
#define TINY_SERVER_CONN_H

#include "app/app.h"
#include "core/deadline.h"
#include "core/log.h"
#include "server/listen.h"
#include "tls/tls.h"

enum conn_state {
    CONN_FREE,
    CONN_HANDSHAKE, /* ClientHello and handshake */
    CONN_OPEN,      /* the application runs */
    CONN_CLOSING,   /* close_notify or alert, then what the peer still sends */
};

/* What all connections of the loop share. */
struct conn_shared {
    const struct config *config;
    struct tls_context *tls;
    struct app_shared *app;
    const struct app_ops *ops;
    struct counters *counters;
    struct deadline_queue handshake, request, idle, closing;
    struct deadline_queue connecting; /* to the backend */
    struct log_rate rate;
    uint32_t *whim; /* of sock_recv and sock_send */
};

struct conn {
    struct deadline deadline; /* first: the queue's entry is the connection */
    struct conn *next_ready;
    struct tls *tls;
    void *app_state;
    const struct listener *listener;
    int fd;
    uint32_t slot;
    uint32_t generation;
    uint32_t interest; /* as registered with epoll */
    uint32_t lingered; /* bytes discarded while closing */
    enum conn_state state;
    bool on_ready;
    bool can_read; /* the last recv did not say EAGAIN */
    bool can_write;
    bool eof;      /* the peer's FIN was seen */
    bool shut;     /* our FIN was sent */
    bool held;     /* the kernel holds bytes back for the rest of the flight */
    bool unsealed; /* application data waits for a flush */
    bool served;   /* application data has moved */
    bool app_open;
    struct app_watch watch; /* a descriptor of the application's */
    uint8_t plain;          /* bytes of the plain text that are still to be sent */
    struct app_peer peer;
};

enum conn_next {
    CONN_WAIT,  /* *interest tells what for */
    CONN_READY, /* the budget is used up, more can move at once */
    CONN_END,   /* over: the caller closes it with conn_end */
};

void conn_begin(struct conn *c, struct conn_shared *s, const struct listener *l, int fd,
                uint64_t now_ms);
enum conn_next conn_step(struct conn *c, struct conn_shared *s, uint64_t now_ms,
                         uint32_t *interest);
/* The deadline passed: disarms it, tells the log, closes in an orderly way where that can
 * still work (then the closing deadline is armed), else CONN_END. */
enum conn_next conn_timeout(struct conn *c, struct conn_shared *s, uint64_t now_ms);
/* While draining: closes the connection if no request is under way. */
void conn_drain(struct conn *c, struct conn_shared *s, bool also_unserved, uint64_t now_ms);
/* Wipes, closes the descriptor, disarms. The slot is the caller's. */
void conn_end(struct conn *c, struct conn_shared *s, uint64_t now_ms);

#endif
