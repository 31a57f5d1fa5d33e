#include "crypto/kex.h"
#include "core/build.h"

#include <string.h>

#include "crypto/crypto.h"
#include "crypto/mlkem.h"
#include "crypto/wide.h"

#define POINT_MAX  133 /* P-521, uncompressed */
#define SCALAR_MAX 66

/* TLS and BearSSL number the curves alike. */
static bool is_curve(uint16_t group)
{
    return (group >= BR_EC_secp256r1 &&
            group <= (TINY_COMFORT ? BR_EC_secp521r1 : BR_EC_secp256r1)) ||
           group == BR_EC_curve25519;
}

bool kex_knows(uint16_t group)
{
    return is_curve(group) || group == KEX_X25519MLKEM768;
}

/*
 * Draws a private key into k, as long as the curve's order; returns its length. On
 * Curve25519 that is any 32 bytes, elsewhere a number from 1 to the order - 1, drawn
 * again if it is not one, which tells nothing of the one that is kept.
 */
static size_t draw_scalar(const br_ec_impl *ec, int curve, br_hmac_drbg_context *rng,
                          uint8_t k[SCALAR_MAX])
{
    size_t len;
    const uint8_t *order = ec->order(curve, &len);
    uint8_t usable;

    do {
        uint32_t below = 0, any = 0;

        br_hmac_drbg_generate(rng, k, len);
        if (curve == BR_EC_secp521r1) {
            k[0] &= order[0]; /* the one with spare bits in front */
        }
        for (size_t i = len; i-- > 0;) {
            below = ((uint32_t)k[i] - order[i] - below) >> 31;
            any |= k[i];
        }
        usable = (uint8_t)(below & (0 - any) >> 31) | (curve == BR_EC_curve25519);
        crypto_declassify(&usable, 1);
    } while (!usable);
    return len;
}

/* Our share and the shared coordinate to share and secret; returns 0 or -1. */
static int respond_curve(int curve, struct span client, br_hmac_drbg_context *rng, uint8_t *share,
                         uint8_t *secret)
{
    const br_ec_impl *ec = crypto_ec();
    uint8_t k[SCALAR_MAX], point[POINT_MAX];
    size_t point_len, x_at, x_len, k_len;
    uint32_t good, any = 0;

    ec->generator(curve, &point_len);
    if (client.len != point_len) {
        return -1;
    }
    x_at = ec->xoff(curve, &x_len);
    memcpy(point, client.data, point_len);
    k_len = draw_scalar(ec, curve, rng, k);
    good = ec->mul(point, point_len, k, k_len, curve);
    /* BearSSL's Curve25519 takes points of small order: all zero is what they give. */
    for (size_t i = 0; i < x_len; i++) {
        any |= point[x_at + i];
    }
    good &= (uint32_t)(curve != BR_EC_curve25519) | ((0 - any) >> 31);
    crypto_declassify(&good, sizeof good);
    if (good != 0) {
        memcpy(secret, point + x_at, x_len);
        ec->mulgen(share, k, k_len, curve);
    }
    bytes_wipe(k, sizeof k);
    bytes_wipe(point, sizeof point);
    return good != 0 ? 0 : -1;
}

/* ML-KEM's part comes first in the client's share, in ours and in the secret. */
static int respond_hybrid(struct span client, br_hmac_drbg_context *rng, struct kex *out)
{
    uint8_t message[32];
    bool good;

    if (client.len != MLKEM768_KEY + 32) {
        return -1;
    }
    br_hmac_drbg_generate(rng, message, sizeof message);
    good = mlkem768_encapsulate_with(client.data, message, out->share, out->secret);
    bytes_wipe(message, sizeof message);
    out->share_len = MLKEM768_CIPHERTEXT + 32;
    out->secret_len = MLKEM768_SECRET + 32;
    return good ? respond_curve(BR_EC_curve25519, span_of(client.data + MLKEM768_KEY, 32), rng,
                                out->share + MLKEM768_CIPHERTEXT, out->secret + MLKEM768_SECRET)
                : -1;
}

int kex_respond(uint16_t group, struct span client, br_hmac_drbg_context *rng, struct kex *out)
{
    if (group == KEX_X25519MLKEM768) {
        return respond_hybrid(client, rng, out);
    }
    if (!is_curve(group)) {
        return -1;
    }
    crypto_ec()->generator(group, &out->share_len);
    crypto_ec()->xoff(group, &out->secret_len);
    return respond_curve(group, client, rng, out->share, out->secret);
}
