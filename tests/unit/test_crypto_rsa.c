/* RSA behind crypto_rsa_private(): the way back by the public key, BearSSL, odd keys and values. */
#include "crypto/crypto.h"
#include "crypto/modint.h"
#include "crypto/wide.h"
#include "crypto_rsa_keys.h"
#include "crypto_vectors.h"

/* x^d, then to the power of e again. */
static bool returns(const struct rsa_key *key, const uint8_t *x)
{
    uint8_t y[520];
    size_t len = key->public.nlen;

    memcpy(y, x, len);
    return crypto_rsa_private()(y, &key->private) == 1 &&
           br_rsa_i31_public(y, len, &key->public) == 1 && memcmp(x, y, len) == 0;
}

/* y + q, or y - q where that is beyond n: right modulo q, wrong modulo p. It is what
 * a fault in one half of the computation gives, and all that its finder needs. */
static void half_wrong(const struct rsa_key *key, uint8_t *y)
{
    size_t len = key->public.nlen, qlen = key->private.qlen;
    bool up = y[0] < key->n[0] / 2;
    int carry = 0;

    for (size_t i = 0; i < len; i++) {
        int q = i < qlen ? key->private.q[qlen - 1 - i] : 0;
        int v = y[len - 1 - i] + (up ? q : -q) + carry;

        y[len - 1 - i] = (uint8_t)v;
        carry = v < 0 ? -1 : v >> 8;
    }
}

static void each_key(const struct rsa_test_key *src)
{
    struct rsa_key key;
    uint8_t x[520], y[520];
    uint64_t seed = 65537;
    size_t len;
    char name[80];
    int bad = 0, wrong = 0;

    rsa_key_load(&key, src);
    len = key.public.nlen;
    for (int i = 0; i < 3; i += TAP_STEP) {
        uint8_t z[520];

        random_bytes(&seed, x, len);
        x[0] = 0;
        memcpy(y, x, len);
        memcpy(z, x, len);
        bad += crypto_rsa_private()(x, &key.private) != 1;
        if (crypto_rsa_private() == br_rsa_i31_private) {
            memcpy(y, x, len); /* ours is BearSSL's there */
        } else {
            bad += br_rsa_i31_private(y, &key.private) != 1 || memcmp(x, y, len) != 0;
        }
        wrong += crypto_rsa_is_right(x, z, len, &key.private, &key.public) != 1;
        half_wrong(&key, y);
        wrong += crypto_rsa_is_right(y, z, len, &key.private, &key.public) != 0;
        x[seed % len] ^= 1;
        wrong += crypto_rsa_is_right(x, z, len, &key.private, &key.public) != 0;
    }
    snprintf(name, sizeof name, "RSA %s: what is wrong modulo one factor is seen", src->name);
    ok(wrong == 0, name);
    snprintf(name, sizeof name, "RSA %s: agrees with BearSSL", src->name);
    ok(bad == 0, name);

    memset(x, 0, len);
    bad += !returns(&key, x);
    x[len - 1] = 1;
    bad += !returns(&key, x);
    memcpy(x, key.n, len);
    x[len - 1]--; /* n - 1; n is odd */
    bad += !returns(&key, x);
    memset(x, 0, len);
    memcpy(x + len - key.private.plen, key.private.p, key.private.plen);
    bad += !returns(&key, x); /* a multiple of p is 0 there */
    memset(x, 0, len);
    memcpy(x + len - key.private.qlen, key.private.q, key.private.qlen);
    bad += !returns(&key, x);
    snprintf(name, sizeof name, "RSA %s: 0, 1, n - 1, p and q come back", src->name);
    ok(bad == 0, name);

    memcpy(x, key.n, len);
    bad += crypto_rsa_private()(x, &key.private) != 0;
    memset(x, 0xFF, len);
    bad += crypto_rsa_private()(x, &key.private) != 0;
    snprintf(name, sizeof name, "RSA %s: n and beyond are refused", src->name);
    ok(bad == 0, name);
}

/* The same key in other clothes. */
static void odd_keys(void)
{
    struct rsa_key key;
    uint8_t x[128] = {[100] = 5}, y[128] = {[100] = 5}, padded[5][160];
    br_rsa_private_key sk;
    br_rsa_private rsa = crypto_rsa_private();

    rsa_key_load(&key, &rsa_test_keys[0]);
    rsa(y, &key.private);
    sk = key.private;
    memset(padded, 0, sizeof padded);
    memcpy(padded[0] + 10, sk.p, sk.plen);
    memcpy(padded[1] + 7, sk.q, sk.qlen);
    memcpy(padded[2] + 9, sk.dp, sk.dplen);
    memcpy(padded[3] + 64, sk.dq, sk.dqlen);
    memcpy(padded[4] + 33, sk.iq, sk.iqlen);
    sk.p = padded[0];
    sk.plen += 10;
    sk.q = padded[1];
    sk.qlen += 7;
    sk.dp = padded[2];
    sk.dplen += 9;
    sk.dq = padded[3];
    sk.dqlen += 64;
    sk.iq = padded[4];
    sk.iqlen += 33;
    ok(rsa(x, &sk) == 1 && memcmp(x, y, 128) == 0, "leading zeros do not matter");

    rsa_key_load(&key, &rsa_test_keys[0]);
    key.private.p[key.private.plen - 1] ^= 1;
    ok(rsa(x, &key.private) == 0, "an even factor is refused");
    rsa_key_load(&key, &rsa_test_keys[0]);
    key.private.plen = 0;
    ok(rsa(x, &key.private) == 0, "no factor is refused");
    rsa_key_load(&key, &rsa_test_keys[0]);
    memset(key.private.q, 0, key.private.qlen);
    ok(rsa(x, &key.private) == 0, "a factor of zero is refused");
    rsa_key_load(&key, &rsa_test_keys[0]);
    key.private.plen = 265;
    key.private.p[0] |= 1;
    ok_ours(rsa(x, &key.private) == 0, "a factor too long is refused");
}

/* Rows with and without the special instructions, at every length. */
static void rows(void)
{
#if CRYPTO_WIDE
    struct modulus probe;
    uint64_t seed = 64;
    uint8_t prime[16];
    int bad = 0;

    memset(prime, 0xFF, sizeof prime);
    modint_init(&probe, 2, prime, sizeof prime);
    for (size_t n = 0; n <= MODINT_LIMBS; n++) {
        for (int round = 0; round < 20; round++) {
            uint64_t a[MODINT_LIMBS + 1], t[MODINT_LIMBS + 1], u[MODINT_LIMBS + 1], b;

            for (size_t i = 0; i <= MODINT_LIMBS; i++) {
                a[i] = round < 4 ? UINT64_MAX : random64(&seed);
                t[i] = u[i] = round % 2 ? UINT64_MAX : random64(&seed);
            }
            b = round < 8 ? UINT64_MAX : random64(&seed);
            bad += modint_mul_add(t, a, n, b, probe.adx) != modint_mul_add(u, a, n, b, false);
            bad += memcmp(t, u, sizeof t) != 0;
        }
    }
    printf("# %s MULX and ADX\n", probe.adx ? "with" : "without");
    ok(bad == 0, "both ways to add a product agree at every length");
#else
    ok(true, "no rows on this target");
#endif
}

int main(void)
{
    for (size_t i = 0; i < sizeof rsa_test_keys / sizeof rsa_test_keys[0]; i++) {
        each_key(&rsa_test_keys[i]);
    }
    odd_keys();
    rows();
    return tap_done();
}
