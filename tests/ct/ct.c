/*
 * Secrets marked as undefined memory, for valgrind's memcheck: a branch or an
 * address that depends on one is reported as an error. Built with CRYPTO_CT_CHECK,
 * so that crypto_declassify() tells memcheck what may be seen. Run through
 * tests/ct/ct.t; outside valgrind it only checks that the results are right.
 */
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "crypto/cpu.h"
#include "crypto/crypto.h"
#include "tap.h"

static void secret(const void *p, size_t len)
{
    VALGRIND_MAKE_MEM_UNDEFINED(p, len);
}

static void public(const void *p, size_t len)
{
    VALGRIND_MAKE_MEM_DEFINED(p, len);
}

/* A check covers what memcheck counts between begin() and end(). */
static unsigned long errors_before;

static void begin(void)
{
    errors_before = VALGRIND_COUNT_ERRORS;
}

static void end(const char *name, bool right)
{
    ok(VALGRIND_COUNT_ERRORS == errors_before, name);
    ok(right, "  and the result is right");
}

/* That the method works: a branch on a secret must be counted (under valgrind). */
static void control(void)
{
    unsigned char k[4] = {1, 2, 3, 4};
    volatile int taken = 0;
    unsigned long before = VALGRIND_COUNT_ERRORS;

    secret(k, sizeof k);
    if (k[0] == 1) {
        taken = 1;
    }
    public(k, sizeof k);
    ok(taken == 1 && (!RUNNING_ON_VALGRIND || VALGRIND_COUNT_ERRORS > before),
       "a branch on a secret is noticed (the error above is meant)");
}

static void multiplications(int curve, const char *mul, const char *mulgen)
{
    unsigned char k[32], point[65], other[65];
    size_t len;
    const unsigned char *g = crypto_ec()->generator(curve, &len);

    for (int shape = 0; shape < 3; shape++) { /* mixed, long runs of zeros, of ones */
        uint32_t good;

        for (int i = 0; i < 32; i++) {
            k[i] = (unsigned char)(shape == 0   ? i * 37 + 11
                                   : shape == 1 ? i == 20
                                                : 0x7F + (i > 0) * 0x80);
        }
        memcpy(point, g, len);
        secret(k, sizeof k);
        begin();
        good = crypto_ec()->mul(point, len, k, sizeof k, curve);
        public(&good, sizeof good);
        public(point, sizeof point);
        end(mul, good == 1);
        begin();
        crypto_ec()->mulgen(other, k, sizeof k, curve);
        public(other, sizeof other);
        end(mulgen, memcmp(other, point, len) == 0);
        public(k, sizeof k);
    }
}

static void ecdsa(void)
{
    unsigned char x[32], q[65], hash[32] = {1, 2, 3}, sig[80];
    br_ec_private_key sk = {BR_EC_secp256r1, x, sizeof x};
    br_ec_public_key pk = {BR_EC_secp256r1, q, sizeof q};
    size_t len;

    for (int i = 0; i < 32; i++) {
        x[i] = (unsigned char)(i * 91 + 5);
    }
    crypto_ec()->mulgen(q, x, sizeof x, BR_EC_secp256r1);
    secret(x, sizeof x);
    begin();
    len = crypto_ecdsa_sign()(crypto_ec(), &br_sha256_vtable, hash, &sk, sig);
    public(&len, sizeof len);
    public(sig, sizeof sig);
    end("ECDSA signing", crypto_ecdsa_vrfy()(crypto_ec(), hash, 32, &pk, sig, len) == 1);
    public(x, sizeof x);
}

static void rsa(unsigned bits)
{
    unsigned char private[2048], modulus[600], x[512], want[512];
    br_hmac_drbg_context drbg;
    br_rsa_private_key sk;
    br_rsa_public_key pk;
    char name[40];
    uint32_t good;

    br_hmac_drbg_init(&drbg, &br_sha256_vtable, "ct", 2);
    good = br_rsa_keygen_get_default()(&drbg.vtable, &sk, private, &pk, modulus, bits, 65537);
    memset(want, 0x35, sizeof want);
    memcpy(x, want, sizeof x);
    secret(private, sizeof private);
    secret(x, sizeof x);
    public(sk.p, 1); /* how many leading zeros a factor has is no secret */
    public(sk.q, 1);
    begin();
    good &= crypto_rsa_private()(x, &sk);
    good &= crypto_rsa_is_right(x, want, bits / 8, &sk, &pk);
    public(private, sizeof private);
    public(x, sizeof x);
    public(&good, sizeof good);
    snprintf(name, sizeof name, "RSA-%u private, checked", bits);
    end(name,
        good == 1 && br_rsa_i31_public(x, bits / 8, &pk) == 1 && memcmp(x, want, bits / 8) == 0);
}

static void chacha20(void)
{
    unsigned char key[32], data[1000], copy[1000];
    static const unsigned char iv[12];

    memset(key, 7, sizeof key);
    memset(data, 9, sizeof data);
    memset(copy, 9, sizeof copy);
    br_chacha20_ct_run(key, iv, 1, copy, sizeof copy);
    secret(key, sizeof key);
    secret(data, sizeof data);
    begin();
    crypto_chacha20()(key, iv, 1, data, sizeof data);
    public(data, sizeof data);
    public(key, sizeof key);
    end("ChaCha20", memcmp(data, copy, sizeof data) == 0);
}

static void poly1305(void)
{
    unsigned char key[32], data[1003], copy[1003], a[16], b[16];
    static const unsigned char iv[12];

    memset(key, 7, sizeof key);
    memset(data, 9, sizeof data);
    memset(copy, 9, sizeof copy);
    br_poly1305_ctmul_run(key, iv, copy, sizeof copy, "aad", 3, a, br_chacha20_ct_run, 1);
    secret(key, sizeof key);
    secret(data, sizeof data);
    begin();
    crypto_poly1305()(key, iv, data, sizeof data, "aad", 3, b, crypto_chacha20(), 1);
    public(b, sizeof b);
    public(data, sizeof data);
    public(key, sizeof key);
    end("ChaCha20-Poly1305", memcmp(a, b, sizeof a) == 0 && memcmp(data, copy, sizeof data) == 0);
}

static void sha256(void)
{
    unsigned char data[300], a[32], b[32];
    br_sha256_context c;

    memset(data, 3, sizeof data);
    br_sha256_init(&c);
    br_sha256_update(&c, data, sizeof data);
    br_sha256_out(&c, a);
    secret(data, sizeof data);
    begin();
    crypto_sha256()->init((const br_hash_class **)(void *)&c);
    crypto_sha256()->update((const br_hash_class **)(void *)&c, data, sizeof data);
    crypto_sha256()->out((const br_hash_class **)(void *)&c, b);
    public(b, sizeof b);
    end("SHA-256", memcmp(a, b, sizeof a) == 0);
    public(data, sizeof data);
}

/* Valgrind shows a processor of its own: say which of the paths it let through. */
static void tell_paths(void)
{
#ifdef __x86_64__
    printf("# AVX2 %s, SHA %s, ADX %s\n", cpu_has_avx2() ? "yes" : "no",
           cpu_has_sha() ? "yes" : "no", cpu_has_adx() ? "yes" : "no");
#endif
}

int main(void)
{
    tell_paths();
    control();
    multiplications(BR_EC_curve25519, "X25519", "X25519 of the base point");
    multiplications(BR_EC_secp256r1, "P-256 multiplication", "P-256 base multiplication");
    ecdsa();
    rsa(1024);
    rsa(2048);
    chacha20();
    poly1305();
    sha256();
    return tap_done();
}
