/*
 * What the processor can do that bears on a choice of ours. Reads CPUID, keeps
 * nothing, never fails: what is not known counts as absent.
 */
#ifndef TINY_CORE_CPU_H
#define TINY_CORE_CPU_H

#include <stdbool.h>

/* True when AES and carry-less multiplication run in hardware that BearSSL
 * has code for: AES-NI with PCLMULQDQ on x86, POWER8 crypto elsewhere. ARMv8
 * has such instructions, but BearSSL 0.6 does not use them, so the answer there is
 * false: it is the speed that counts for the order of suites. */
bool cpu_has_fast_aes(void);

#endif
