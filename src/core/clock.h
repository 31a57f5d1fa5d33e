/*
 * Time. Deadlines use the monotonic clock in milliseconds; dates use the wall
 * clock in seconds. Both are read from the kernel at each call; the event loop
 * reads once a turn and passes `now_ms` on.
 */
#ifndef TINY_CORE_CLOCK_H
#define TINY_CORE_CLOCK_H

#include <stdint.h>

uint64_t clock_now_ms(void);
uint64_t clock_now_us(void);
/* Seconds since 1970-01-01 UTC, 64-bit on every target. */
int64_t clock_wall_s(void);

#endif
