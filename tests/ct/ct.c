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
#include "crypto/gcm.h"
#include "crypto/gcm_ni.h"
#include "crypto/kex.h"
#include "crypto/mlkem.h"
#include "mlkem_client.h"
#include "tap.h"
#include "tls/record13.h"
#include "tls/rsasign.h"
#include "tls/schedule13.h"

static void secret(const void *p, size_t len)
{
    VALGRIND_MAKE_MEM_UNDEFINED(p, len);
}

static void public(const void *p, size_t len)
{
    VALGRIND_MAKE_MEM_DEFINED(p, len);
}

/* Is what came out still marked? Else the marks were lost on the way, and nothing shown. */
static bool is_marked(const void *p, size_t len)
{
    unsigned char bits[64] = {0}, any = 0;

    (void)VALGRIND_GET_VBITS(p, bits, len);
    for (size_t i = 0; i < len; i++) {
        any |= bits[i];
    }
    return any != 0 || !RUNNING_ON_VALGRIND;
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

static void rsa_pss(void)
{
    unsigned char private[2048], modulus[600], sig[512], hash[32] = {4};
    struct rsasign_pss pss = {.class = &br_sha256_vtable, .salt = {1, 2, 3}};
    br_hmac_drbg_context drbg;
    br_rsa_private_key sk;
    br_rsa_public_key pk;
    size_t len;

    br_hmac_drbg_init(&drbg, &br_sha256_vtable, "pss", 3);
    br_rsa_keygen_get_default()(&drbg.vtable, &sk, private, &pk, modulus, 2048, 65537);
    secret(private, sizeof private);
    public(sk.p, 1);
    public(sk.q, 1);
    begin();
    len = rsasign(crypto_rsa_private(), &sk, &pk, 0, &pss, hash, sizeof hash, sig);
    end("RSA-PSS signing",
        len == 256 && br_rsa_i31_public(sig, len, &pk) == 1 && sig[0] < 0x80 && sig[255] == 0xBC);
    public(private, sizeof private);
}

/* ---- key exchange -------------------------------------------------------- */

static void mlkem(void)
{
    static struct mlkem_client client;
    unsigned char seed[32] = {1}, message[32], ciphertext[MLKEM768_CIPHERTEXT], ours[32],
                  theirs[32];
    bool good;

    memset(message, 0x5A, sizeof message);
    mlkem_client_keygen(&client, seed, seed);
    secret(message, sizeof message);
    begin();
    good = mlkem768_encapsulate_with(client.key, message, ciphertext, ours);
    good = VALGRIND_CHECK_VALUE_IS_DEFINED(good) == 0 && good && is_marked(ours, sizeof ours) &&
           is_marked(ciphertext, 1) && is_marked(ciphertext + sizeof ciphertext - 1, 1);
    public(ciphertext, sizeof ciphertext);
    public(ours, sizeof ours);
    public(message, sizeof message);
    mlkem_client_decapsulate(&client, ciphertext, theirs);
    end("ML-KEM-768 encapsulation", good && memcmp(ours, theirs, 32) == 0);
}

/* The random source's state is the secret, and with it all that comes out of it. */
static void key_exchange(uint16_t group, const char *name)
{
    unsigned char k[66], share[1216];
    size_t len = 0, x_at = 0, x_len = 32;
    const br_ec_impl *ec = crypto_ec();
    static struct mlkem_client client;
    br_hmac_drbg_context drbg;
    struct kex x = {.share_len = 0};
    int result;

    memset(k, 0, sizeof k);
    k[9] = 0x40;
    if (group == KEX_X25519MLKEM768) {
        mlkem_client_keygen(&client, k, k);
        memcpy(share, client.key, sizeof client.key);
        len = sizeof client.key;
        group = BR_EC_curve25519;
    } else {
        x_at = ec->xoff(group, &x_len);
    }
    len += ec->mulgen(share + len, k, x_len, group);
    br_hmac_drbg_init(&drbg, &br_sha256_vtable, name, strlen(name));
    secret(drbg.K, sizeof drbg.K);
    secret(drbg.V, sizeof drbg.V);
    begin();
    result = kex_respond(len > 133 ? KEX_X25519MLKEM768 : group, span_of(share, len), &drbg, &x);
    result |= !is_marked(x.secret, x.secret_len);
    public(&x, sizeof x);
    if (len > 133) {
        unsigned char theirs[32];

        mlkem_client_decapsulate(&client, x.share, theirs);
        result |= memcmp(theirs, x.secret, 32);
        memmove(x.share, x.share + MLKEM768_CIPHERTEXT, 32);
        memmove(x.secret, x.secret + 32, 32);
        x.share_len -= MLKEM768_CIPHERTEXT;
    }
    ec->mul(x.share, x.share_len, k, x_len, group);
    end(name, result == 0 && memcmp(x.share + x_at, x.secret, x_len) == 0);
}

/* ---- records and key schedule of TLS 1.3 ---------------------------------- */

static void record(uint16_t suite, const char *name)
{
    unsigned char traffic[48], buf[200];
    struct record13 write, read;
    uint8_t type = 0;
    struct span contents = {NULL, 0};
    unsigned alert;
    size_t len;

    memset(traffic, 0x21, sizeof traffic);
    memset(buf, 0x42, sizeof buf);
    secret(traffic, sizeof traffic);
    secret(buf + RECORD13_HEADER, 100);
    begin();
    record13_set(&write, suite, traffic);
    record13_set(&read, suite, traffic);
    len = record13_seal(&write, RECORD_DATA, buf, 100, 20);
    public(buf, len);
    alert = record13_open(&read, buf, &type, &contents);
    alert |= !is_marked(read.key, 16) || !is_marked(buf + RECORD13_HEADER, 60);
    public(&type, sizeof type);
    public(buf, sizeof buf);
    end(name,
        alert == 0 && type == RECORD_DATA && contents.len == 100 && contents.data[99] == 0x42);
    len = record13_seal(&write, RECORD_DATA, buf, 100, 20);
    public(buf, len);
    buf[len - 1] ^= 1;
    begin();
    alert = record13_open(&read, buf, &type, &contents);
    end("  a forged one", alert == ALERT_BAD_RECORD_MAC);
}

/* Finished and binder: made from a secret, and what the peer sent compared with it. */
static void schedule(void)
{
    unsigned char shared[32], base[48], transcript[32] = {3}, mine[48], sent[48];
    struct schedule13 s;
    const br_hash_class *hash = hash13_of_suite(0x1301);
    bool same, other;

    memset(shared, 0x11, sizeof shared);
    secret(shared, sizeof shared);
    begin();
    schedule13_begin(&s, hash, span_of(shared, sizeof shared));
    binder_key13(hash, span_of(shared, sizeof shared), false, base);
    finished13(hash, base, transcript, mine);
    memcpy(sent, mine, sizeof sent);
    public(sent, sizeof sent);
    same = span_equal_ct(span_of(mine, 32), span_of(sent, 32));
    sent[31] ^= 1;
    other = span_equal_ct(span_of(mine, 32), span_of(sent, 32));
    public(&same, sizeof same);
    public(&other, sizeof other);
    end("binder, and its comparison", same && !other);
    begin();
    schedule13_next(&s, span_of(shared, sizeof shared));
    schedule13_derive(&s, "c hs traffic", transcript, base);
    schedule13_next(&s, span_of(NULL, 0));
    finished13(hash, base, transcript, mine);
    memcpy(sent, mine, sizeof sent);
    public(sent, sizeof sent);
    same = span_equal_ct(span_of(mine, 32), span_of(sent, 32));
    public(&same, sizeof same);
    end("Finished, and its comparison", same && is_marked(mine, 32));
}

/* Long enough for the loop over eight blocks; each implementation that runs here. */
static void gcm(unsigned way, const char *name)
{
    static unsigned char data[600], copy[600];
    unsigned char key[32], tag[2][16];
    static const unsigned char iv[12] = {1};

    memset(key, 5, sizeof key);
    memset(data, 6, sizeof data);
    memcpy(copy, data, sizeof copy);
    secret(key, sizeof key);
    secret(data, sizeof data);
    begin();
    for (int encrypt = 1; encrypt >= 0; encrypt--) {
        if (way == 0) {
            gcm_plain(key, 32, iv, data, sizeof data, "aad", 3, tag[encrypt], encrypt);
        } else {
#ifdef __x86_64__
            gcm_ni(way == 2, key, 32, iv, data, sizeof data, "aad", 3, tag[encrypt], encrypt);
#endif
        }
    }
    public(tag, sizeof tag);
    public(data, sizeof data);
    end(name, memcmp(tag[0], tag[1], 16) == 0 && memcmp(data, copy, sizeof data) == 0);
}

static void every_gcm(void)
{
    gcm(0, "AES-GCM, portable");
#ifdef __x86_64__
    if (cpu_has_aes()) {
        gcm(1, "AES-GCM with AES-NI");
    }
    if (cpu_has_vaes()) {
        gcm(2, "AES-GCM with VAES");
    }
#endif
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
    printf("# AVX2 %s, SHA %s, ADX %s, AES %s, VAES %s\n", cpu_has_avx2() ? "yes" : "no",
           cpu_has_sha() ? "yes" : "no", cpu_has_adx() ? "yes" : "no", cpu_has_aes() ? "yes" : "no",
           cpu_has_vaes() ? "yes" : "no");
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
    rsa_pss();
    mlkem();
    key_exchange(BR_EC_curve25519, "X25519 key exchange");
    key_exchange(BR_EC_secp256r1, "P-256 key exchange");
    key_exchange(BR_EC_secp384r1, "P-384 key exchange");
    key_exchange(BR_EC_secp521r1, "P-521 key exchange");
    key_exchange(KEX_X25519MLKEM768, "X25519MLKEM768 key exchange");
    record(0x1301, "a record of AES-128-GCM");
    record(0x1302, "a record of AES-256-GCM");
    record(0x1303, "a record of ChaCha20-Poly1305");
    schedule();
    every_gcm();
    chacha20();
    poly1305();
    sha256();
    return tap_done();
}
