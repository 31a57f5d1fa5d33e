/*
 * RSA-PSS as TLS 1.3 asks for it: what the server signs is what it takes itself, which
 * OpenSSL's signatures and Wycheproof's hold against others.
 */
#include "crypto/crypto.h"
#include "crypto_rsa_keys.h"
#include "tls/rsasign.h"
#include "tls/x509sig.h"

static const struct {
    const br_hash_class *class;
    uint8_t id, len;
    const char *name;
} hashes[] = {
    {&br_sha256_vtable, br_sha256_ID, 32, "SHA-256"},
    {&br_sha384_vtable, br_sha384_ID, 48, "SHA-384"},
    {&br_sha512_vtable, br_sha512_ID, 64, "SHA-512"},
};

static struct x509_sig_kind kind_of(size_t which)
{
    return (struct x509_sig_kind){.key_type = BR_KEYTYPE_RSA,
                                  .hash_id = hashes[which].id,
                                  .pss = true,
                                  .salt_len = hashes[which].len};
}

static bool verifies(const struct rsa_key *key, size_t which, const uint8_t *sig, size_t len,
                     const uint8_t *hash)
{
    struct x509_sig_kind kind = kind_of(which);
    br_x509_pkey pkey = {.key_type = BR_KEYTYPE_RSA, .key.rsa = key->public};

    return x509_sig_fits(&kind, span_of(sig, len), hash, &pkey);
}

static void each_key(const struct rsa_test_key *src)
{
    struct rsa_key key;
    uint64_t seed = 8017;
    bool good = true, forged = false;

    rsa_key_load(&key, src);
    for (size_t which = 0; which < ARRAY_LEN(hashes); which++) {
        struct rsasign_pss pss = {.class = hashes[which].class};
        uint8_t hash[64], sig[512];
        size_t len, em_len = (key.private.n_bitlen + 6) / 8;

        random_bytes(&seed, hash, sizeof hash);
        random_bytes(&seed, pss.salt, sizeof pss.salt);
        len = rsasign(crypto_rsa_private(), &key.private, &key.public, 0, &pss, hash,
                      hashes[which].len, sig);
        if (em_len < 2u * hashes[which].len + 2) {
            good &= len == 0;
            continue;
        }
        good &= len == key.public.nlen && verifies(&key, which, sig, len, hash);
        forged |= verifies(&key, which, sig, len - 1, hash);
        forged |= verifies(&key, (which + 1) % ARRAY_LEN(hashes), sig, len, hash);
        hash[which * 7] ^= 1;
        forged |= verifies(&key, which, sig, len, hash);
        hash[which * 7] ^= 1;
        sig[len / 2] ^= 1;
        forged |= verifies(&key, which, sig, len, hash);
    }
    ok(good, src->name);
    ok(!forged, "  another hash or signature is not taken");
}

/* The other side's choice of a salt, and its arithmetic. */
static void openssl(void)
{
    static const char *const made[] = {
        "27843c5b8bc57667ae7477d664ca391bc6ffcb9aa14950ad05d9afd615f97db4d78a487bd1bc990b"
        "d6f540f0c621dcc8cbd4c6feb0a0fcd8be2641ef148690f5d0182dc6130909669e87e5491838bc22"
        "934f04bb3384d265e4284a1fa89d29df0166aba1ce5db9dd5bfd03faea896744a6379a21ed6a0d37"
        "0a0695bf9b06682b",
        "219e1dfc13e9a6fa574823c4875407714c20fc4e3fc7c0fa5101fd5b3822a84485caf0535223edae"
        "7094ad5d983c283730e5c35c2aace9ed6d0bfcdd6a1cd183bbc7f350883fa7ba15857487e73a6b13"
        "a91fb77f3f68516f0a4fad4c7d410b558ce2c3181c944314c2efa935154f92178873211f2a9441c9"
        "c1d5e246e6167b33",
    };
    struct rsa_key key;
    bool good = true;

    rsa_key_load(&key, &rsa_test_keys[0]);
    for (size_t which = 0; which < ARRAY_LEN(made); which++) {
        struct x509_sig_kind kind = kind_of(which);
        uint8_t hash[64], sig[128];

        x509_sig_hash(&kind, span_of("tiny", 4), hash);
        hex_bytes(sig, sizeof sig, made[which]);
        good &= verifies(&key, which, sig, sizeof sig, hash);
    }
    ok(good, "OpenSSL's signatures are taken");
}

static void wycheproof(void)
{
    const char *name = "rsa_pss_2048_sha256_mgf1_32_test.json";
    char *text = vectors_load(name);
    struct x509_sig_kind kind = kind_of(0);
    static uint8_t n[260];
    struct rsa_key key = {.public = {.e = (unsigned char[]){1, 0, 1}, .elen = 3}};
    int count = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    key.public.nlen = hex_bytes(n, sizeof n, vectors_find(text, NULL, "modulus"));
    key.public.n = n;
    while (key.public.nlen > 0 && key.public.n[0] == 0) {
        key.public.n++;
        key.public.nlen--;
    }
    for (const char *pos = text; (pos = vectors_find(pos, NULL, "msg")) != NULL;) {
        uint8_t message[64], sig[300], hash[64];
        size_t message_len = hex_bytes(message, sizeof message, pos), len;

        len = hex_bytes(sig, sizeof sig, pos = vectors_find(pos, NULL, "sig"));
        pos = vectors_find(pos, NULL, "result");
        x509_sig_hash(&kind, span_of(message, message_len), hash);
        bad += verifies(&key, 0, sig, len, hash) != (*pos == 'v');
        count++;
    }
    free(text);
    printf("# %d vectors\n", count);
    ok(bad == 0 && count == 108, "Wycheproof rsa_pss_2048_sha256_mgf1_32");
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rsa_test_keys); i++) {
        each_key(&rsa_test_keys[i]);
    }
    openssl();
    wycheproof();
    return tap_done();
}
