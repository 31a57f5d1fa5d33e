/*
 * `tiny healthcheck`: asks the server of a configuration, over its first endpoint, for the
 * beginning of a handshake, as a container system or a script does that wants to know
 * whether it lives. Owns its socket until it returns; reads no key, allocates nothing.
 */
#ifndef TINY_SERVER_HEALTHCHECK_H
#define TINY_SERVER_HEALTHCHECK_H

#include "config/config.h"

/* 0 when the server answers in time (healthcheck_timeout_ms), else 1, and a line on standard error
 * says why not. Resolving a name of the endpoint may take longer. */
int healthcheck(const struct config *config);

#endif
