/*
 * Memory for the strings and lists of one configuration: taken piece by piece,
 * freed all at once. Used at start only. Everything is wiped before it is freed,
 * since a password may stand among it.
 */
#ifndef TINY_CONFIG_CONFARENA_H
#define TINY_CONFIG_CONFARENA_H

#include "core/bytes.h"

struct config_arena;

struct config_arena *config_arena_new(void);
void config_arena_free(struct config_arena *a);
/* Zeroed, aligned for any type. NULL when memory is out. */
void *config_arena_take(struct config_arena *a, size_t len);
/* A NUL-terminated copy. */
char *config_arena_copy(struct config_arena *a, struct span text);

#endif
