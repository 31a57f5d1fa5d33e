#include "crypto/cpu.h"

#ifdef __x86_64__

#include <cpuid.h>

#define LEAF7_EBX_BMI2 (1u << 8)
#define LEAF7_EBX_ADX  (1u << 19)
#define LEAF7_EBX_SHA  (1u << 29)

/* The compiler's library asked before main(), also whether the system saves the registers. */
bool cpu_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

/* What __builtin_cpu_supports() does not know with every compiler; needs no saved registers. */
static bool leaf7_has(unsigned bits)
{
    static unsigned known, ebx;

    if (!known) {
        unsigned a, c, d;

        if (!__get_cpuid_count(7, 0, &a, &ebx, &c, &d)) {
            ebx = 0;
        }
        known = 1;
    }
    return (ebx & bits) == bits;
}

bool cpu_has_sha(void)
{
    return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") &&
           leaf7_has(LEAF7_EBX_SHA);
}

bool cpu_has_adx(void)
{
    return leaf7_has(LEAF7_EBX_BMI2 | LEAF7_EBX_ADX);
}

#endif
