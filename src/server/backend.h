/*
 * The addresses of mode proxy's backend: resolved at start and again on SIGHUP, but not for
 * each client, since a name server may take its time to answer and the loop waits for it: on
 * SIGHUP three seconds at most. The target belongs to the caller.
 */
#ifndef TINY_SERVER_BACKEND_H
#define TINY_SERVER_BACKEND_H

#include "app/proxy.h"

/* 0, also outside of mode proxy; or -1 after telling by log_line, with the former
 * addresses kept. */
int backend_resolve(struct proxy_target *target, const struct config *config);

#endif
