/*
 * What the processor can do, where the release is built for the plain
 * architecture. The answers are found once (CPUID is slow in a virtual machine)
 * and never change.
 */
#ifndef TINY_CRYPTO_CPU_H
#define TINY_CRYPTO_CPU_H

#include <stdbool.h>

#ifdef __x86_64__
bool cpu_has_avx2(void);
bool cpu_has_sha(void);
/* MULX, ADCX and ADOX */
bool cpu_has_adx(void);
/* AES and carry-less multiplication, with the SSE4.1 that their code uses */
bool cpu_has_aes(void);
/* Both on 256 bits */
bool cpu_has_vaes(void);
#endif

#endif
