#include "core/cpu.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

bool cpu_has_fast_aes(void)
{
    unsigned a, b, c, d;

    if (__get_cpuid(1, &a, &b, &c, &d) == 0) {
        return false;
    }
    return (c & bit_AES) != 0 && (c & bit_PCLMUL) != 0;
}

#elif defined(__powerpc64__)
#include <sys/auxv.h>

/* PPC_FEATURE2_VEC_CRYPTO of the kernel's asm/cputable.h. */
#define POWER_VEC_CRYPTO 0x02000000UL

bool cpu_has_fast_aes(void)
{
    return (getauxval(AT_HWCAP2) & POWER_VEC_CRYPTO) != 0;
}

#else

bool cpu_has_fast_aes(void)
{
    return false;
}

#endif
