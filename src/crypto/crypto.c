#include "crypto/crypto.h"
#include "core/build.h"

#include "crypto/chacha20.h"
#include "crypto/cpu.h"
#include "crypto/ctrcbc.h"
#include "crypto/ec.h"
#include "crypto/ecdsa.h"
#include "crypto/poly1305.h"
#include "crypto/rsa.h"
#include "crypto/sha256.h"
#include "crypto/wide.h"

#include <string.h>

const br_ec_impl *crypto_ec(void)
{
#if CRYPTO_WIDE || !TINY_COMFORT
    return &ec_fast;
#else
    return &br_ec_all_m31;
#endif
}

br_ecdsa_sign crypto_ecdsa_sign(void)
{
#if CRYPTO_WIDE
    return ecdsa_sign_asn1;
#else
    return br_ecdsa_i31_sign_asn1;
#endif
}

br_ecdsa_vrfy crypto_ecdsa_vrfy(void)
{
#if CRYPTO_WIDE
    return ecdsa_vrfy_asn1;
#else
    return br_ecdsa_i31_vrfy_asn1;
#endif
}

br_rsa_private crypto_rsa_private(void)
{
#if CRYPTO_WIDE
    return rsa_private;
#else
    return br_rsa_i31_private;
#endif
}

uint32_t crypto_rsa_is_right(const uint8_t *y, const uint8_t *x, size_t len,
                             const br_rsa_private_key *sk, const br_rsa_public_key *pk)
{
    uint8_t back[512];

#if CRYPTO_WIDE
    uint32_t e = 0;

    for (size_t i = 0; pk->elen <= 4 && i < pk->elen; i++) {
        e = e << 8 | pk->e[i];
    }
    if (e != 0) {
        return rsa_is_right(y, x, sk, e);
    }
#else
    (void)sk;
#endif
    if (len > sizeof back) {
        return 0;
    }
    memcpy(back, y, len);
    return br_rsa_i31_public(back, len, pk) != 0 && memcmp(back, x, len) == 0;
}

br_chacha20_run crypto_chacha20(void)
{
#ifdef __x86_64__
    if (cpu_has_avx2()) {
        return chacha20_avx2;
    }
    return br_chacha20_sse2_get(); /* every x86-64 has it */
#else
    return br_chacha20_ct_run;
#endif
}

br_poly1305_run crypto_poly1305(void)
{
#if CRYPTO_WIDE
    return poly1305_run;
#else
    return br_poly1305_ctmul_run;
#endif
}

const br_block_ctrcbc_class *crypto_aes_ctrcbc(void)
{
    return ctrcbc_class();
}

const br_hash_class *crypto_sha256(void)
{
#ifdef __x86_64__
    if (cpu_has_sha()) {
        return &sha256_ni;
    }
#endif
    return &br_sha256_vtable;
}
