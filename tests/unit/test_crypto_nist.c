/* P-384 and P-521 behind crypto_ec(): agreement with BearSSL, scalars and sums that need care. */
#include "core/bytes.h"
#include "crypto/crypto.h"
#include "crypto_vectors.h"

static const struct curve {
    int id;
    size_t len;
    const char *name;
} curves[] = {{BR_EC_secp384r1, 48, "P-384"}, {BR_EC_secp521r1, 66, "P-521"}};

/* The order plus a small number. */
static void near_order(const struct curve *c, int plus, uint8_t k[66])
{
    size_t len;
    int carry = plus;

    memcpy(k, crypto_ec()->order(c->id, &len), c->len);
    for (size_t i = c->len; i-- > 0;) {
        carry += k[i];
        k[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void constants(const struct curve *c)
{
    size_t ours, theirs;
    const uint8_t *g = crypto_ec()->generator(c->id, &ours);
    bool same = memcmp(g, br_ec_prime_i31.generator(c->id, &theirs), ours) == 0 && ours == theirs;
    const uint8_t *n = crypto_ec()->order(c->id, &ours);

    same &= memcmp(n, br_ec_prime_i31.order(c->id, &theirs), ours) == 0 && ours == theirs;
    same &= crypto_ec()->xoff(c->id, &ours) == br_ec_prime_i31.xoff(c->id, &theirs);
    ok(same && ours == theirs, c->name);
}

static bool same_mulgen(const struct curve *c, const uint8_t *k, size_t len)
{
    uint8_t ours[133], theirs[133];
    size_t n = crypto_ec()->mulgen(ours, k, len, c->id);

    return n == br_ec_prime_i31.mulgen(theirs, k, len, c->id) && memcmp(ours, theirs, n) == 0;
}

static void scalars(const struct curve *c)
{
    uint8_t k[80], point[133], other[133], zero[66] = {0};
    uint64_t seed = 384;
    size_t n = 1 + 2 * c->len;
    bool same = true, agree = true;

    for (int i = 0; i < 8; i++) {
        random_bytes(&seed, k, c->len);
        k[0] = 0;
        same &= same_mulgen(c, k, c->len);
        crypto_ec()->mulgen(point, k, c->len, c->id);
        random_bytes(&seed, k, c->len);
        k[0] = 0;
        memcpy(other, point, n);
        agree &= crypto_ec()->mul(point, n, k, c->len, c->id) == 1 &&
                 br_ec_prime_i31.mul(other, n, k, c->len, c->id) == 1 &&
                 memcmp(point, other, n) == 0;
    }
    ok(same && agree, "  random multiples are BearSSL's");
    same = true;
    for (uint8_t i = 1; i < 40; i++) {
        same &= same_mulgen(c, &i, 1);
    }
    near_order(c, -1, k);
    same &= same_mulgen(c, k, c->len);
    near_order(c, -2, k);
    same &= same_mulgen(c, k, c->len);
    ok(same, "  and so are those from 1 to 39, and the last ones");
    memcpy(point, crypto_ec()->generator(c->id, &n), n);
    ok_ours(crypto_ec()->mul(point, n, zero, c->len, c->id) == 0, "  0 times a point is refused");
    memcpy(point, crypto_ec()->generator(c->id, &n), n);
    near_order(c, 0, k);
    ok_ours(crypto_ec()->mul(point, n, k, c->len, c->id) == 0, "  and so is the order");
    memcpy(point, crypto_ec()->generator(c->id, &n), n);
    near_order(c, 1, k);
    ok_ours(crypto_ec()->mul(point, n, k, c->len, c->id) == 1 &&
                memcmp(point, crypto_ec()->generator(c->id, &n), n) == 0,
            "  one more is 1");
    memset(k, 0, sizeof k);
    k[79] = 5;
    crypto_ec()->mulgen(point, k, sizeof k, c->id);
    crypto_ec()->mulgen(other, k + 79, 1, c->id);
    ok(memcmp(point, other, n) == 0, "  zeros in front of a scalar do not matter");
}

static void sums(const struct curve *c)
{
    uint8_t x[66], y[66], a[133], b[133], ours[133], theirs[133], two[1] = {2};
    uint64_t seed = 521;
    size_t n = 1 + 2 * c->len;
    bool same = true;

    for (int i = 0; i < 3; i++) {
        random_bytes(&seed, x, c->len);
        random_bytes(&seed, y, c->len);
        x[0] = y[0] = 0;
        crypto_ec()->mulgen(a, x, c->len, c->id);
        crypto_ec()->mulgen(b, y, c->len, c->id);
        memcpy(ours, a, n);
        memcpy(theirs, a, n);
        same &= crypto_ec()->muladd(ours, i == 0 ? NULL : b, n, y, c->len, x, c->len, c->id) == 1;
        br_ec_prime_i31.muladd(theirs, i == 0 ? NULL : b, n, y, c->len, x, c->len, c->id);
        same &= memcmp(ours, theirs, n) == 0;
    }
    ok(same, "  x A + y B is BearSSL's");
    memcpy(ours, a, n);
    memcpy(theirs, a, n);
    same = crypto_ec()->muladd(ours, a, n, (uint8_t[]){1}, 1, (uint8_t[]){1}, 1, c->id) == 1;
    crypto_ec()->mul(theirs, n, two, 1, c->id);
    ok(same && memcmp(ours, theirs, n) == 0, "  A + A is 2 A");
    memcpy(ours, a, n);
    near_order(c, -1, x);
    ok(crypto_ec()->muladd(ours, a, n, (uint8_t[]){1}, 1, x, c->len, c->id) == 0,
       "  A - A is refused");
    memcpy(ours, a, n);
    ok(crypto_ec()->muladd(ours, NULL, n - 1, two, 1, two, 1, c->id) == 0 &&
           crypto_ec()->muladd(ours, b, n - 1, two, 1, two, 1, c->id) == 0,
       "  a short point is refused");
    b[n - 1] ^= 1;
    ok(crypto_ec()->muladd(ours, b, n, two, 1, two, 1, c->id) == 0 &&
           crypto_ec()->muladd(b, ours, n, two, 1, two, 1, c->id) == 0,
       "  a point off the curve is refused on either side");
}

/* What test_kex.c sees refused, by the functions themselves. */
static void bad_points(const struct curve *c)
{
    uint8_t point[134], bad[134], two[1] = {2};
    size_t n;
    bool refused = true;

    memcpy(point, crypto_ec()->generator(c->id, &n), 1 + 2 * c->len);
    for (size_t i = 0; i < n; i += 5) {
        memcpy(bad, point, n);
        bad[i] ^= 0x20;
        refused &= crypto_ec()->mul(bad, n, two, 1, c->id) == 0;
    }
    memcpy(bad, point, n);
    refused &= crypto_ec()->mul(bad, n - 1, two, 1, c->id) == 0;
    refused &= crypto_ec()->mul(bad, n + 1, two, 1, c->id) == 0;
    memset(bad + 1, 0xFF, n - 1);
    refused &= crypto_ec()->mul(bad, n, two, 1, c->id) == 0;
    ok(refused, "  points off the curve, wrong lengths and large coordinates are refused");
}

/* OpenSSL's derivation from a key to another's public key. */
static void openssl(void)
{
    static const struct {
        const char *k, *point, *shared;
    } made[] = {
        {"d0b16bc7eba5b027f5219b4154c3dab96b34c3541b7cfc1cdee3e06603c3706f5e137688222377f4"
         "bf29b2ab152908dd",
         "047c8aa53b64ea96fd8ec774bec4b020ebfe942c5847a566ff3298ccf35282f51cb0fa52b849b8b8"
         "7bb8f45a8b66df8f74ed27d2c0822fa1c717cafc2639c9bdce32128529049d3750b67567f14ba7bb"
         "d58d3877366677f5de113d146f2c09a080",
         "b2ffb9cae7ebbd76322224fbf738cee01d1dea6add3c639415cd8817cf19982efe2ed0351490ae50"
         "b4aaf979cfe0b583"},
        {"003f852bfac030eceb0cfa96c08b7b1a3bc40676d9dd540ee0f4c90615ded4392915e5d8a8b78baf"
         "304fbef3e4109d0ccfcd3494729b7127647fe63682a0fc803209",
         "0400b785ed2ed6ea5004053bcbbd3ed12e1182baa5575fde833ba4728088f1911c667e1bfb658311"
         "749fbb9ca5012559e2a1c25f718ff5da008035e0bc2d79dbf5b737003ad4bbc0132f3a3807cd340e"
         "385229b7b0e7bfff762319125f563adedb2d3128a02268e6ab3931abb86560ba763f3c334f7adad3"
         "841c8827b32f1dff8e26d0d10e",
         "00418179284da147ce351494a4d175f93ba191f2f93ceb07104ca86073b3d1510ff3196a38167316"
         "841a3f15f10bd01acc832b5df01d21d552a49a23e63f5c0e87b3"},
    };

    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        uint8_t k[66], point[133], want[66];
        size_t len = curves[i].len;

        hex_bytes(k, sizeof k, made[i].k);
        hex_bytes(point, sizeof point, made[i].point);
        hex_bytes(want, sizeof want, made[i].shared);
        ok(crypto_ec()->mul(point, 1 + 2 * len, k, len, curves[i].id) == 1 &&
               memcmp(point + 1, want, len) == 0,
           "OpenSSL comes to the same shared secret");
    }
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
        constants(&curves[i]);
        scalars(&curves[i]);
        sums(&curves[i]);
        bad_points(&curves[i]);
    }
    openssl();
    return tap_done();
}
