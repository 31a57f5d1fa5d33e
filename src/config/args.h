/*
 * The command line: which command it asks for, -c, and the options in both
 * spellings, `--ssl.keyfile X` and `-key X`, one dash or two, with or without `=`.
 * Inside of config/ only.
 */
#ifndef TINY_CONFIG_ARGS_H
#define TINY_CONFIG_ARGS_H

#include "config/loader.h"

/* What stands before everything else. */
struct args_scan {
    enum command command;
    const char *file; /* of -c, or NULL */
};

/* First pass: the command and -c; nothing is set, nothing complained of. For
 * a sub-command the rest is read into l->config->args, with complaints. */
struct args_scan args_scan(struct loader *l, int argc, char **argv);
/* Second pass: sets the options, for a start or, with what that has besides, for
 * COMMAND_HEALTHCHECK. */
void args_apply(struct loader *l, enum command command, int argc, char **argv);

#endif
