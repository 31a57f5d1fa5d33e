/* ChaCha20 and SHA-256 as crypto.h hands them out: RFCs, BearSSL at every length, Wycheproof. */
#include "crypto/crypto.h"
#include "crypto_vectors.h"

#define MOST 1700

static void chacha_known(void)
{
    uint8_t key[32], iv[12], data[128], want[64];
    uint32_t counter;

    for (int i = 0; i < 32; i++) {
        key[i] = (uint8_t)i;
    }
    memset(data, 0, sizeof data);
    hex_bytes(iv, 12, "000000090000004a00000000");
    hex_bytes(want, 64,
              "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
              "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
    counter = crypto_chacha20()(key, iv, 1, data, 64);
    ok(memcmp(data, want, 64) == 0 && counter == 2, "RFC 8439, section 2.3.2");
    ok(memcmp(data + 64, (uint8_t[64]){0}, 64) == 0, "nothing beyond the length is touched");
}

/* Every length, some counters that wrap, data at odd addresses. */
static void chacha_agrees(void)
{
    static uint8_t ours[MOST + 8], theirs[MOST + 8];
    static const uint32_t counters[] = {0, 1, 77, 0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF};
    uint64_t seed = 20;
    int bad = 0;

    for (size_t len = 0; len <= MOST; len++) {
        uint8_t key[32], iv[12];
        uint32_t counter = counters[len % 6], a, b;
        size_t shift = len % 7;

        random_bytes(&seed, key, sizeof key);
        random_bytes(&seed, iv, sizeof iv);
        random_bytes(&seed, ours, sizeof ours);
        memcpy(theirs, ours, sizeof ours);
        a = crypto_chacha20()(key, iv, counter, ours + shift, len);
        b = br_chacha20_ct_run(key, iv, counter, theirs + shift, len);
        bad += a != b || memcmp(ours, theirs, sizeof ours) != 0;
    }
    ok(bad == 0, "agrees with BearSSL at every length, and touches nothing else");
}

static void aead_wycheproof(void)
{
    const char *name = "chacha20_poly1305_test.json";
    char *text = vectors_load(name);
    int count = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *pos = text; (pos = vectors_find(pos, NULL, "key")) != NULL;) {
        uint8_t key[32], iv[64], aad[600], data[2048], ct[2048], want[32], tag[16];
        size_t iv_len, aad_len, len;
        bool valid;

        hex_bytes(key, sizeof key, pos);
        iv_len = hex_bytes(iv, sizeof iv, pos = vectors_find(pos, NULL, "iv"));
        aad_len = hex_bytes(aad, sizeof aad, pos = vectors_find(pos, NULL, "aad"));
        len = hex_bytes(data, sizeof data, pos = vectors_find(pos, NULL, "msg"));
        hex_bytes(ct, sizeof ct, pos = vectors_find(pos, NULL, "ct"));
        hex_bytes(want, sizeof want, pos = vectors_find(pos, NULL, "tag"));
        pos = vectors_find(pos, NULL, "result");
        if (iv_len != 12) {
            continue; /* the interface has no other */
        }
        crypto_poly1305()(key, iv, data, len, aad, aad_len, tag, crypto_chacha20(), 1);
        valid = memcmp(data, ct, len) == 0 && memcmp(tag, want, 16) == 0;
        bad += valid != (strncmp(pos, "valid", 5) == 0);
        count++;
    }
    free(text);
    printf("# %d vectors\n", count);
    ok(bad == 0 && count > 250, "Wycheproof chacha20_poly1305");
}

/* Every length in turn, and sums at the edge of the modulus: all bits set, with
 * keys of all bits set, too. */
static void poly_agrees(void)
{
    uint64_t seed = 1305;
    int bad = 0;

    for (size_t round = 0; round < 2 * MOST; round++) {
        uint8_t key[32], iv[12], aad[64], ours[MOST], theirs[MOST], a[16], b[16];
        size_t len = round % MOST, aad_len = (size_t)(random64(&seed) % sizeof aad);

        random_bytes(&seed, key, sizeof key);
        random_bytes(&seed, iv, sizeof iv);
        random_bytes(&seed, aad, sizeof aad);
        random_bytes(&seed, ours, sizeof ours);
        memset(round % 2 != 0 ? aad : ours, 0xFF, sizeof aad);
        memcpy(theirs, ours, sizeof ours);
        for (int encrypt = 1; encrypt >= 0; encrypt--) {
            crypto_poly1305()(key, iv, ours, len, aad, aad_len, a, crypto_chacha20(), encrypt);
            br_poly1305_ctmul_run(key, iv, theirs, len, aad, aad_len, b, br_chacha20_ct_run,
                                  encrypt);
            bad += memcmp(a, b, 16) != 0 || memcmp(ours, theirs, sizeof ours) != 0;
        }
    }
    ok(bad == 0, "the AEAD agrees with BearSSL's at every length");
}

/* A cipher that leaves all bits set as the key, so that sums come near to 2^130 - 5. */
static uint32_t chacha_of_ones(const void *key, const void *iv, uint32_t cc, void *data, size_t len)
{
    (void)key;
    (void)iv;
    if (cc == 0) {
        memset(data, 0xFF, len);
    }
    return cc;
}

/* r = 1: the sum is that of the blocks, which are chosen around the modulus. */
static uint32_t chacha_of_one(const void *key, const void *iv, uint32_t cc, void *data, size_t len)
{
    (void)chacha_of_ones(key, iv, cc, data, len);
    if (cc == 0) {
        memset(data, 0, 16);
        ((uint8_t *)data)[0] = 1;
    }
    return cc;
}

static void poly_edges(void)
{
    static const br_chacha20_run ciphers[] = {chacha_of_ones, chacha_of_one};
    int bad = 0;

    for (size_t c = 0; c < 2; c++) {
        for (unsigned last = 0; last < 256; last++) {
            for (size_t len = 0; len <= 96; len += 16) {
                uint8_t data[96], a[16], b[16];

                memset(data, 0xFF, sizeof data);
                data[0] = (uint8_t)last;
                crypto_poly1305()("", "", data, len, data, len / 2, a, ciphers[c], 0);
                br_poly1305_ctmul_run("", "", data, len, data, len / 2, b, ciphers[c], 0);
                bad += memcmp(a, b, 16) != 0;
            }
        }
    }
    ok(bad == 0, "Poly1305 agrees around the modulus");
}

/* CCM with both, pieces of every length; the tag holds the MAC, the data the counter. */
static void ccm_agrees(void)
{
    uint64_t seed = 128;
    int bad = 0;

    for (size_t len = 0; len < 600; len++) {
        br_aes_gen_ctrcbc_keys keys;
        br_aes_ct_ctrcbc_keys reference;
        br_ccm_context a, b;
        uint8_t key[32], nonce[12], ours[600], theirs[600], x[16], y[16];
        size_t key_len = len % 2 != 0 ? 16 : 32;

        random_bytes(&seed, key, sizeof key);
        random_bytes(&seed, nonce, sizeof nonce);
        random_bytes(&seed, ours, sizeof ours);
        memcpy(theirs, ours, sizeof ours);
        crypto_aes_ctrcbc()->init(&keys.vtable, key, key_len);
        br_aes_ct_ctrcbc_init(&reference, key, key_len);
        br_ccm_init(&a, &keys.vtable);
        br_ccm_init(&b, &reference.vtable);
        for (int encrypt = 1; encrypt >= 0; encrypt--) {
            br_ccm_reset(&a, nonce, sizeof nonce, 13, len, 16);
            br_ccm_reset(&b, nonce, sizeof nonce, 13, len, 16);
            br_ccm_aad_inject(&a, key, 13);
            br_ccm_aad_inject(&b, key, 13);
            br_ccm_flip(&a);
            br_ccm_flip(&b);
            br_ccm_run(&a, encrypt, ours, len);
            br_ccm_run(&b, encrypt, theirs, len);
            br_ccm_get_tag(&a, x);
            br_ccm_get_tag(&b, y);
            bad += memcmp(x, y, 16) != 0 || memcmp(ours, theirs, sizeof ours) != 0;
        }
    }
    ok(bad == 0, "AES-CCM agrees with BearSSL's at every length");
}

static void sha_known(void)
{
    br_hash_compat_context c;
    uint8_t got[32], want[32];

    crypto_sha256()->init(&c.vtable);
    crypto_sha256()->update(&c.vtable, "abc", 3);
    crypto_sha256()->out(&c.vtable, got);
    hex_bytes(want, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ok(memcmp(got, want, 32) == 0, "FIPS 180: abc");
    ok(crypto_sha256()->desc == br_sha256_vtable.desc &&
           crypto_sha256()->context_size == br_sha256_vtable.context_size,
       "described as BearSSL describes it");
}

/* Every length in two pieces, with the digest read on the way. */
static void sha_agrees(void)
{
    static uint8_t data[MOST];
    uint64_t seed = 256;
    int bad = 0;

    random_bytes(&seed, data, sizeof data);
    for (size_t len = 0; len <= 400; len++) {
        br_hash_compat_context ours, theirs;
        uint8_t a[32], b[32];
        size_t first = (size_t)(random64(&seed) % (len + 1));

        crypto_sha256()->init(&ours.vtable);
        br_sha256_vtable.init(&theirs.vtable);
        ours.vtable->update(&ours.vtable, data, first);
        theirs.vtable->update(&theirs.vtable, data, first);
        ours.vtable->out(&ours.vtable, a);
        theirs.vtable->out(&theirs.vtable, b);
        bad += memcmp(a, b, 32) != 0;
        ours.vtable->update(&ours.vtable, data + first, len - first);
        theirs.vtable->update(&theirs.vtable, data + first, len - first);
        ours.vtable->out(&ours.vtable, a);
        theirs.vtable->out(&theirs.vtable, b);
        bad += memcmp(a, b, 32) != 0;
    }
    ok(bad == 0, "agrees with BearSSL at every length to 400, in two pieces");
}

static void sha_state(void)
{
    br_hash_compat_context ours, theirs;
    uint8_t data[200] = {1, 2, 3}, saved[32], also[32], a[32], b[32];
    uint64_t count;

    crypto_sha256()->init(&ours.vtable);
    br_sha256_vtable.init(&theirs.vtable);
    ours.vtable->update(&ours.vtable, data, 128);
    theirs.vtable->update(&theirs.vtable, data, 128);
    count = ours.vtable->state(&ours.vtable, saved);
    ok(count == 128 && theirs.vtable->state(&theirs.vtable, also) == 128 &&
           memcmp(saved, also, 32) == 0,
       "the saved state is BearSSL's");
    crypto_sha256()->init(&ours.vtable);
    ours.vtable->set_state(&ours.vtable, saved, count);
    ours.vtable->update(&ours.vtable, data, 72);
    theirs.vtable->update(&theirs.vtable, data, 72);
    ours.vtable->out(&ours.vtable, a);
    theirs.vtable->out(&theirs.vtable, b);
    ok(ours.vtable == crypto_sha256() && memcmp(a, b, 32) == 0, "and can be gone on from");
}

/* HMAC and the DRBG take the class as their hash. */
static void sha_users(void)
{
    br_hmac_drbg_context ours, theirs;
    uint8_t a[100], b[100];

    br_hmac_drbg_init(&ours, crypto_sha256(), "seed", 4);
    br_hmac_drbg_init(&theirs, &br_sha256_vtable, "seed", 4);
    br_hmac_drbg_generate(&ours, a, sizeof a);
    br_hmac_drbg_generate(&theirs, b, sizeof b);
    ok(memcmp(a, b, sizeof a) == 0, "HMAC_DRBG draws the same with it");
}

int main(void)
{
    chacha_known();
    chacha_agrees();
    aead_wycheproof();
    poly_agrees();
    ccm_agrees();
    poly_edges();
    sha_known();
    sha_agrees();
    sha_state();
    sha_users();
    return tap_done();
}
