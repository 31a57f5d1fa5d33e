/*
 * Text for a descriptor: what commands print. Nothing is buffered, so nothing
 * has to be flushed, and every failure is seen where it happens.
 */
#ifndef TINY_CORE_OUTPUT_H
#define TINY_CORE_OUTPUT_H

#include <stddef.h>

#define OUTPUT_MAX 2048 /* of one outputf(); what is longer is cut */

/* 0, or -1 with errno. */
int output_all(int fd, const void *data, size_t len);
int outputf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
