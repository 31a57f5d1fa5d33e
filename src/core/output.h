/*
 * Text for a descriptor: what commands print. Nothing is buffered, so nothing
 * has to be flushed, and every failure is seen where it happens.
 */
#ifndef TINY_CORE_OUTPUT_H
#define TINY_CORE_OUTPUT_H

#include <stddef.h>

#define OUTPUT_MAX 2048 /* of one outputf(); what is longer is cut */

/*
 * A descriptor of our own, which never blocks, for the same terminal or pipe: the
 * given one may be shared with a shell and cannot be made so. A terminal says that it
 * is ready and blocks all the same when it has less room than is written. The given
 * descriptor where there is none (a file, no /proc, another user's terminal).
 */
int output_unblocked(int fd, int mode);
/* 0, or -1 with errno. */
int output_all(int fd, const void *data, size_t len);
int outputf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
