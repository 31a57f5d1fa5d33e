#include "core/clock.h"

#include <sys/types.h>
#include <time.h>

/* Some C libraries of 32-bit machines must be asked for both (the Makefile
 * does): files of 5 GiB and certificates beyond 2038 need them. */
_Static_assert(sizeof(time_t) == 8 && sizeof(off_t) == 8, "64-bit time_t and off_t are needed");

uint64_t clock_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t clock_now_ms(void)
{
    return clock_now_us() / 1000;
}

int64_t clock_wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec;
}
