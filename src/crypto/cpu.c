#include "crypto/cpu.h"

#ifdef __x86_64__

#include <cpuid.h>

#define LEAF1_ECX_PCLMUL  (1u << 1)
#define LEAF1_ECX_SSSE3   (1u << 9)
#define LEAF1_ECX_SSE41   (1u << 19)
#define LEAF1_ECX_AES     (1u << 25)
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF1_ECX_AVX     (1u << 28)
#define LEAF7_ECX_VAES    (1u << 9)
#define LEAF7_ECX_VPCLMUL (1u << 10)
#define LEAF7_EBX_AVX2    (1u << 5)
#define LEAF7_EBX_BMI2    (1u << 8)
#define LEAF7_EBX_ADX     (1u << 19)
#define LEAF7_EBX_SHA     (1u << 29)
#define XCR0_SSE_AVX      6u

/* The compiler's __builtin_cpu_supports() would do, but brings 5 KB of processor models. */
struct features {
    bool known, avx2, sha, adx, aes, vaes;
};

/* Whether the system saves the wide registers. */
static bool system_saves_avx(void)
{
    unsigned low, high;

    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & XCR0_SSE_AVX) == XCR0_SSE_AVX;
}

static bool all_of(unsigned word, unsigned bits)
{
    return (word & bits) == bits;
}

static const struct features *features(void)
{
    static struct features f;
    unsigned a, b7, c1, c7, d, b1;

    if (f.known) {
        return &f;
    }
    f.known = true;
    if (!__get_cpuid(1, &a, &b1, &c1, &d)) {
        return &f;
    }
    f.aes = all_of(c1, LEAF1_ECX_AES | LEAF1_ECX_PCLMUL | LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE41);
    if (__get_cpuid_count(7, 0, &a, &b7, &c7, &d)) {
        f.avx2 = all_of(c1, LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX) && (b7 & LEAF7_EBX_AVX2) != 0 &&
                 system_saves_avx();
        f.vaes = f.avx2 && f.aes && all_of(c7, LEAF7_ECX_VAES | LEAF7_ECX_VPCLMUL);
        f.sha = all_of(c1, LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE41) && (b7 & LEAF7_EBX_SHA) != 0;
        f.adx = all_of(b7, LEAF7_EBX_BMI2 | LEAF7_EBX_ADX);
    }
    return &f;
}

bool cpu_has_avx2(void)
{
    return features()->avx2;
}

bool cpu_has_sha(void)
{
    return features()->sha;
}

bool cpu_has_adx(void)
{
    return features()->adx;
}

bool cpu_has_aes(void)
{
    return features()->aes;
}

bool cpu_has_vaes(void)
{
    return features()->vaes;
}

#endif
