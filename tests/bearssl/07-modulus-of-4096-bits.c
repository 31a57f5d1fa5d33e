/* The modulus of a key is the product of its factors, up to 4096 bits. */
#include "bearssl.h"
#include "tap.h"

#define MAX 520

static void multiply(unsigned char *n, const unsigned char *p, size_t plen, const unsigned char *q,
                     size_t qlen)
{
    memset(n, 0, plen + qlen);
    for (size_t i = plen; i-- > 0;) {
        unsigned carry = 0;

        for (size_t j = qlen; j-- > 0;) {
            carry += (unsigned)p[i] * q[j] + n[i + j + 1];
            n[i + j + 1] = (unsigned char)carry;
            carry >>= 8;
        }
        n[i] = (unsigned char)carry;
    }
}

static void modulus(br_rsa_compute_modulus compute, size_t plen, size_t qlen, const char *name)
{
    unsigned char p[MAX], q[MAX], want[2 * MAX], got[2 * MAX];
    br_rsa_private_key sk = {
        .n_bitlen = (uint32_t)(8 * (plen + qlen)), .p = p, .plen = plen, .q = q, .qlen = qlen};

    for (size_t i = 0; i < MAX; i++) {
        p[i] = (unsigned char)(0xF1 + 7 * i);
        q[i] = (unsigned char)(0xE9 + 5 * i);
    }
    multiply(want, p, plen, q, qlen);
    ok(compute(got, &sk) == plen + qlen && memcmp(got, want, plen + qlen) == 0, name);
}

int main(void)
{
    modulus(br_rsa_i31_compute_modulus, 128, 128, "i31, 2048 bits");
    modulus(br_rsa_i31_compute_modulus, 192, 192, "i31, 3072 bits");
    modulus(br_rsa_i31_compute_modulus, 256, 256, "i31, 4096 bits");
    modulus(br_rsa_i31_compute_modulus, 260, 252, "i31, 4096 bits of unequal factors");
    modulus(br_rsa_i15_compute_modulus, 128, 128, "i15, 2048 bits");
    modulus(br_rsa_i15_compute_modulus, 256, 256, "i15, 4096 bits");
    modulus(br_rsa_i15_compute_modulus, 260, 252, "i15, 4096 bits of unequal factors");
    return tap_done();
}
