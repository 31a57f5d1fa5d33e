#include "crypto/cpu.h"

#ifdef __x86_64__

#include <cpuid.h>

#define LEAF7_EBX_SHA (1u << 29)

/* The compiler's library asked before main(), also whether the system saves the registers. */
bool cpu_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

/* Compilers differ in whether __builtin_cpu_supports() knows these. */
bool cpu_has_sha(void)
{
    static signed char known = -1;
    unsigned a, b, c, d;

    if (known < 0) {
        known = __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") &&
                __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & LEAF7_EBX_SHA) != 0;
    }
    return known;
}

#endif
