/*
 * The server's half of a key exchange (RFC 8446, section 4.2.8, and the hybrid
 * X25519MLKEM768, group 0x11EC): from the client's share to ours and the shared
 * secret. Owns nothing, allocates nothing; constant time in the ephemeral key,
 * which is wiped before return.
 */
#ifndef TINY_CRYPTO_KEX_H
#define TINY_CRYPTO_KEX_H

#include "core/bytes.h"

#include <bearssl.h>

#define KEX_X25519MLKEM768 0x11EC
#define KEX_SHARE_MAX      1120 /* ours; ML-KEM's ciphertext 1088, then X25519's 32 */
#define KEX_SECRET_MAX     66   /* P-521's coordinate; the hybrid has 64 */

struct kex {
    uint8_t share[KEX_SHARE_MAX]; /* key_exchange of our KeyShareEntry */
    size_t share_len;
    uint8_t secret[KEX_SECRET_MAX]; /* the caller wipes it */
    size_t secret_len;
};

/* Is it one of 23 to 25, 29 and 0x11EC? */
bool kex_knows(uint16_t group);
/*
 * client: key_exchange of the client's KeyShareEntry. 0, or -1 when it is not one: a
 * wrong length, a point off the curve or compressed, a low-order or all-zero result, an
 * encapsulation key whose coefficients are not below the modulus (FIPS 203, section
 * 7.2). All are illegal_parameter.
 */
int kex_respond(uint16_t group, struct span client, br_hmac_drbg_context *rng, struct kex *out);

#endif
