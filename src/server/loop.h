/*
 * What the files of the event loop share: the loop's state and its two halves,
 * accepting (accept.c) and everything else (server.c). Nobody else includes it.
 */
#ifndef TINY_SERVER_LOOP_H
#define TINY_SERVER_LOOP_H

#include "core/log.h"
#include "server/notify.h"
#include "server/server.h"
#include "server/slots.h"

/* Generation 0 is never a connection's: these slots mean other things. */
#define SLOT_WATCH    0x80000000u /* a bit beside the slot's number: what its application watches */
#define SLOT_SIGNALS  0xFFFFFFFFu
#define SLOT_LISTENER 0xFFFFFFFEu
#define SLOT_TERMINAL 0xFFFFFFFDu

struct terminal;

struct server {
    struct conn_shared shared;
    struct slots slots;
    struct listener_list *listeners; /* none: nobody is let in any more */
    struct terminal *terminal;       /* server/terminal.h; usually NULL */
    struct notify *notify;
    struct conn *ready_first, *ready_last;
    uint64_t now_ms;
    uint64_t tick_ms;          /* next call of tls_context_tick */
    uint64_t reload_ms;        /* next look at the files */
    uint64_t accept_resume_ms; /* UINT64_MAX: not paused */
    uint64_t drain_sweep_ms;
    uint64_t drain_end_ms;
    int epoll_fd;
    int signal_fd;
    uint64_t full_told_ms; /* before this the log does not tell again that it is full */
    bool accept_full;      /* accepting pauses because all slots are taken */
    bool listening;        /* the listeners are registered with epoll */
    bool draining;
    bool left; /* loop_leave was called */
    bool stop;
    uint32_t whim; /* the random generator of server.nbio-test */
    struct log_rate accept_rate;
};

/* epoll's data: the slot and its generation, so that an event of a former
 * connection never reaches the present one. */
uint64_t loop_key(uint32_t slot, uint32_t generation);
/* epoll_ctl on the loop's instance. */
int loop_watch(struct server *s, int op, int fd, uint32_t events, uint64_t key);

/* Registers the listeners with epoll, or takes them out. -1 with errno when
 * one could not be registered: then none is. */
int accept_arm(struct server *s, bool on);
/* Accepting goes on if nothing stands against it; else it is tried again. */
void accept_resume(struct server *s);
/* Takes what waits at one listener, within a bound. */
void accept_many(struct server *s, const struct listener *l);

/* Ends the connection at once, with a close_notify where no answer is cut by it.
 * It must not be in the ready list. */
void loop_dismiss(struct server *s, struct conn *c);
/* The connection gets its turn before the loop waits again. */
void loop_ready(struct server *s, struct conn *c);
/* Nobody is let in any more: the server ends with the last connection. */
void loop_last(struct server *s);
/* Ends all connections, and so the server. */
void loop_leave(struct server *s);

#endif
