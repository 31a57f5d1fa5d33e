/* A point of the wrong length gives 0 and is not written to. */
#include "bearssl.h"
#include "tap.h"

#include <stdlib.h>

static void wrong_length(const br_ec_impl *ec, int curve, size_t len, const char *name)
{
    static const unsigned char two[] = {2};
    unsigned char *point = malloc(len), *copy = malloc(len);
    size_t generator_len;
    const unsigned char *generator = ec->generator(curve, &generator_len);

    memset(point, 0, len);
    memcpy(point, generator, len < generator_len ? len : generator_len);
    memcpy(copy, point, len);
    expect(ec->mul(point, len, two, 1, curve) == 0 && memcmp(point, copy, len) == 0, name);
    expect(ec->muladd(point, NULL, len, two, 1, two, 1, curve) == 0 &&
               memcmp(point, copy, len) == 0,
           name);
    free(point);
    free(copy);
}

static void implementation(const br_ec_impl *ec, int curve, const char *name)
{
    static const unsigned char two[] = {2};
    size_t len;
    const unsigned char *generator = ec->generator(curve, &len);
    unsigned char point[133];

    memcpy(point, generator, len);
    ok(ec->mul(point, len, two, 1, curve) == 1 && memcmp(point, generator, len) != 0, name);
    wrong_length(ec, curve, 1, name);
    wrong_length(ec, curve, len - 1, name);
    wrong_length(ec, curve, len + 1, name);
    wrong_length(ec, curve, 65 == len ? 97 : 65, name);
}

int main(void)
{
    implementation(&br_ec_p256_m31, BR_EC_secp256r1, "p256_m31");
    implementation(&br_ec_p256_m15, BR_EC_secp256r1, "p256_m15");
    implementation(&br_ec_prime_i31, BR_EC_secp256r1, "prime_i31, P-256");
    implementation(&br_ec_prime_i31, BR_EC_secp384r1, "prime_i31, P-384");
    implementation(&br_ec_prime_i31, BR_EC_secp521r1, "prime_i31, P-521");
    implementation(&br_ec_prime_i15, BR_EC_secp384r1, "prime_i15, P-384");
    return tap_done();
}
