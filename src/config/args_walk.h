/*
 * The walk over the arguments of the command line, for args.c and args_commands.c
 * alone. It owns nothing: names and values are parts of the arguments.
 */
#ifndef TINY_CONFIG_ARGS_WALK_H
#define TINY_CONFIG_ARGS_WALK_H

#include "config/args.h"

struct walk {
    int argc;
    char **argv;
    int at;
    struct span name;  /* without its dashes, up to = */
    const char *inner; /* what follows =, or NULL */
};

/* Splits the next argument. False at the end, or when it is no option (then
 * name is empty). */
bool args_next(struct walk *w);
/* The value of the option that args_next() found, or NULL. */
const char *args_value(struct walk *w);
bool args_one_of(struct span name, const char *a, const char *b);
void args_missing_value(struct loader *l, struct span name);

void args_scan_ciphers(struct loader *l, struct walk *w, struct args_scan *scan);
void args_scan_certificate(struct loader *l, struct walk *w, struct args_scan *scan);

#endif
