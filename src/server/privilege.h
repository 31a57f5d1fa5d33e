/*
 * Giving up what is not needed any more once keys are read and ports are
 * bound: root directory, user, group, core dumps, the way to new privileges.
 */
#ifndef TINY_SERVER_PRIVILEGE_H
#define TINY_SERVER_PRIVILEGE_H

#include "config/config.h"

/* Looks user and group up and enters them, after chroot. 0, or -1 after
 * telling why by log_line: then the program must not go on. */
int privilege_drop(const struct config *config);
/* Raises the soft limit of descriptors as far as the connections need it.
 * Returns how many connections fit, at most config->max_connections. */
uint32_t privilege_descriptors(const struct config *config);

#endif
