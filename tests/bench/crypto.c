/*
 * How fast the primitives of crypto/ are beside BearSSL's, in one run: each pair
 * in turn, several rounds, the best round of each, by processor time. Not a test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/crypto.h"
#include "crypto/kex.h"
#include "crypto/mlkem.h"
#include "tls/rsasign.h"

#define ROUNDS   7
#define ROUND_NS 25000000

struct job {
    const br_ec_impl *ec;
    br_ecdsa_sign sign;
    br_ecdsa_vrfy vrfy;
    br_rsa_private rsa;
    br_chacha20_run chacha;
    const br_hash_class *hash;
    br_poly1305_run poly;
    int curve;
};

static uint8_t data[16384];

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void do_mul(const struct job *job)
{
    static const uint8_t k[32] = {0x3A, 0x5B, 0x7C, 1, 2, 3, 4, 5, [31] = 0x55};
    uint8_t point[65];
    size_t len;
    const uint8_t *g = job->ec->generator(job->curve, &len);

    memcpy(point, g, len);
    job->ec->mul(point, len, k, sizeof k, job->curve);
}

static void do_mulgen(const struct job *job)
{
    static const uint8_t k[32] = {0x3A, 0x5B, 0x7C, 1, 2, 3, 4, 5, [31] = 0x55};
    uint8_t point[65];

    job->ec->mulgen(point, k, sizeof k, job->curve);
}

static uint8_t ec_key[32] = {1, 2, 3, [31] = 7};
static uint8_t signature[80];
static size_t signature_len;

static void do_sign(const struct job *job)
{
    br_ec_private_key sk = {BR_EC_secp256r1, ec_key, 32};

    signature_len = job->sign(job->ec, &br_sha256_vtable, data, &sk, signature);
}

static void do_verify(const struct job *job)
{
    uint8_t q[65];
    static uint8_t known[65];
    br_ec_public_key pk = {BR_EC_secp256r1, q, 65};

    if (known[0] == 0) {
        crypto_ec()->mulgen(known, ec_key, 32, BR_EC_secp256r1);
    }
    memcpy(q, known, 65);
    if (job->vrfy(job->ec, data, 32, &pk, signature, signature_len) != 1) {
        puts("verification failed");
    }
}

static br_rsa_private_key rsa_key;
static br_rsa_public_key rsa_public;
static uint8_t rsa_buf[5][2048];

static void do_rsa(const struct job *job)
{
    uint8_t x[512] = {0, 1, 2, 3};

    job->rsa(x, &rsa_key);
}

static void make_rsa_key(unsigned bits)
{
    br_hmac_drbg_context drbg;

    br_hmac_drbg_init(&drbg, &br_sha256_vtable, "bench", 5);
    br_rsa_keygen_get_default()(&drbg.vtable, &rsa_key, rsa_buf[0], &rsa_public, rsa_buf[2], bits,
                                65537);
}

static void do_chacha(const struct job *job)
{
    static const uint8_t key[32], iv[12];

    job->chacha(key, iv, 1, data, sizeof data);
}

static void do_aead(const struct job *job)
{
    static const uint8_t key[32], iv[12];
    uint8_t tag[16];

    job->poly(key, iv, data, sizeof data, "aad", 3, tag, crypto_chacha20(), 1);
}

static void do_hash(const struct job *job)
{
    br_hash_compat_context c;

    job->hash->init(&c.vtable);
    job->hash->update(&c.vtable, data, sizeof data);
}

/* ---- what a handshake of TLS 1.3 is made of -------------------------------- */

static void do_kex(const struct job *job)
{
    static const uint8_t k[66] = {0, 0x3A, 0x5B, 0x7C, [31] = 0x55};
    static uint8_t share[MLKEM768_KEY + 32];
    static int known;
    static size_t len;
    static br_hmac_drbg_context rng;
    bool hybrid = job->curve == KEX_X25519MLKEM768;
    struct kex x;

    if (known != job->curve) { /* the client's share is no part of what is measured */
        size_t x_len, at = hybrid ? MLKEM768_KEY : 0;
        int curve = hybrid ? BR_EC_curve25519 : job->curve;

        job->ec->xoff(curve, &x_len);
        memset(share, 0, sizeof share);
        len = at + job->ec->mulgen(share + at, k, x_len, curve);
        br_hmac_drbg_init(&rng, crypto_sha256(), "bench", 5);
        known = job->curve;
    }
    if (kex_respond((uint16_t)job->curve, (struct span){share, len}, &rng, &x) != 0) {
        puts("no key exchange");
        exit(1);
    }
}

static void do_encapsulate(const struct job *job)
{
    static uint8_t key[MLKEM768_KEY], message[32], out[MLKEM768_CIPHERTEXT], secret[32];

    (void)job;
    key[MLKEM768_KEY - 1]++; /* another matrix each time: so the branches are not learnt */
    mlkem768_encapsulate_with(key, message, out, secret);
}

static void do_pss(const struct job *job)
{
    struct rsasign_pss pss = {.class = job->hash};
    uint8_t signature_of[512];

    rsasign(job->rsa, &rsa_key, &rsa_public, 0, &pss, data, 32, signature_of);
}

/* job->curve again: its hash is as long as the curve's. */
static void do_sign_curve(const struct job *job)
{
    static uint8_t key[66] = {0, 1, 2, 3};
    size_t len = job->curve == BR_EC_secp256r1 ? 32 : job->curve == BR_EC_secp384r1 ? 48 : 66;
    br_ec_private_key sk = {job->curve, key, len};
    uint8_t sig[140];

    job->sign(job->ec, job->hash, data, &sk, sig);
}

/* Operations a second, the best of a few short rounds. */
static double rate(void (*run)(const struct job *), const struct job *job)
{
    double best = 0;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = now_ns(), spent;
        int count = 0;

        do {
            run(job);
            count++;
            spent = now_ns() - start;
        } while (spent < ROUND_NS);
        if (count * 1e9 / (double)spent > best) {
            best = count * 1e9 / (double)spent;
        }
    }
    return best;
}

static void compare(const char *name, void (*run)(const struct job *), const struct job *theirs,
                    const struct job *ours, double scale, const char *unit)
{
    double a = rate(run, theirs) * scale, b = rate(run, ours) * scale;

    printf("%-28s %12.1f %12.1f %s  x %.1f\n", name, a, b, unit, b / a);
    fflush(stdout);
}

static void cost(const char *name, void (*run)(const struct job *), const struct job *job)
{
    printf("%-28s %12.1f us\n", name, 1e6 / rate(run, job));
    fflush(stdout);
}

/* What the server computes once for each handshake of TLS 1.3: one of the first, and
 * one of the others. */
static void handshake_costs(struct job job)
{
    static const struct {
        int group;
        const char *share, *signature;
    } rows[] = {
        {BR_EC_curve25519, "X25519, share and secret", NULL},
        {KEX_X25519MLKEM768, "X25519MLKEM768, same", NULL},
        {BR_EC_secp256r1, "P-256, same", "ECDSA P-256"},
        {BR_EC_secp384r1, "P-384, same", "ECDSA P-384"},
        {BR_EC_secp521r1, "P-521, same", "ECDSA P-521"},
    };
    static const br_hash_class *const hashes[] = {&br_sha384_vtable, &br_sha512_vtable};

    puts("\na handshake's part:");
    cost("ML-KEM-768 encapsulation", do_encapsulate, &job);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        job.curve = rows[i].group;
        cost(rows[i].share, do_kex, &job);
    }
    for (size_t i = 2; i < sizeof rows / sizeof rows[0]; i++) {
        job.curve = rows[i].group;
        job.hash = i == 2 ? crypto_sha256() : hashes[i - 3];
        cost(rows[i].signature, do_sign_curve, &job);
    }
    job.hash = crypto_sha256();
    for (unsigned bits = 2048; bits <= 4096; bits += 1024) {
        char name[40];

        make_rsa_key(bits);
        snprintf(name, sizeof name, "RSA-PSS, %u bits", bits);
        cost(name, do_pss, &job);
    }
}

int main(void)
{
    br_rsa_private wide = br_rsa_i62_private_get();
    br_chacha20_run sse2 = br_chacha20_sse2_get();
    struct job theirs = {&br_ec_all_m31,
                         br_ecdsa_i31_sign_asn1,
                         br_ecdsa_i31_vrfy_asn1,
                         wide != NULL ? wide : br_rsa_i31_private,
                         sse2 != NULL ? sse2 : br_chacha20_ct_run,
                         &br_sha256_vtable,
                         br_poly1305_ctmulq_run,
                         0};
    struct job ours = {
        crypto_ec(),       crypto_ecdsa_sign(), crypto_ecdsa_vrfy(), crypto_rsa_private(),
        crypto_chacha20(), crypto_sha256(),     crypto_poly1305(),   0};

    data[0] = 1; /* a hash of zero is refused by BearSSL */
    printf("%-28s %12s %12s\n", "", "BearSSL", "tiny");
    theirs.curve = ours.curve = BR_EC_curve25519;
    compare("X25519", do_mul, &theirs, &ours, 1, "/s  ");
    theirs.curve = ours.curve = BR_EC_secp256r1;
    compare("P-256 multiplication", do_mul, &theirs, &ours, 1, "/s  ");
    compare("P-256 base multiplication", do_mulgen, &theirs, &ours, 1, "/s  ");
    compare("ECDSA P-256 sign", do_sign, &theirs, &ours, 1, "/s  ");
    compare("ECDSA P-256 verify", do_verify, &theirs, &ours, 1, "/s  ");
    for (unsigned bits = 1024; bits <= 4096; bits *= 2) {
        char name[40];

        make_rsa_key(bits);
        snprintf(name, sizeof name, "RSA-%u private", bits);
        compare(name, do_rsa, &theirs, &ours, 1, "/s  ");
    }
    compare("ChaCha20, 16 KiB", do_chacha, &theirs, &ours, sizeof data / 1e6, "MB/s");
    theirs.chacha = br_chacha20_ct_run;
    compare("ChaCha20, 16 KiB (ct)", do_chacha, &theirs, &ours, sizeof data / 1e6, "MB/s");
    compare("ChaCha20-Poly1305, 16 KiB", do_aead, &theirs, &ours, sizeof data / 1e6, "MB/s");
    compare("SHA-256, 16 KiB", do_hash, &theirs, &ours, sizeof data / 1e6, "MB/s");
    handshake_costs(ours);
    return 0;
}
