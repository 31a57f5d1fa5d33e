/* AES-GCM of a whole message: its authors' cases, BearSSL's br_gcm at every length, Wycheproof. */
#include "core/bytes.h"
#include "crypto/cpu.h"
#include "crypto/gcm.h"
#include "crypto/gcm_ni.h"
#include "crypto_vectors.h"

#include <bearssl.h>

#define MOST 500

#define PLAIN                                                                                      \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6" \
    "b525b16aedf5aa0de657ba637b39"
#define EXTRA "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define NONCE "cafebabefacedbaddecaf888"
#define KEY   "feffe9928665731c6d6a8f9467308308"

/* key, nonce, additional data, plaintext, ciphertext, tag. */
static void known(const char *name, const char *const hex[6])
{
    uint8_t key[32], iv[12], aad[32], data[64], want[64], tag[16], want_tag[16];
    size_t key_len = hex_bytes(key, sizeof key, hex[0]);
    size_t aad_len = hex_bytes(aad, sizeof aad, hex[2]);
    size_t len = hex_bytes(data, sizeof data, hex[3]);
    bool right;

    hex_bytes(iv, sizeof iv, hex[1]);
    hex_bytes(want, sizeof want, hex[4]);
    hex_bytes(want_tag, sizeof want_tag, hex[5]);
    gcm_run(key, key_len, iv, data, len, aad, aad_len, tag, 1);
    right = memcmp(data, want, len) == 0 && memcmp(tag, want_tag, 16) == 0;
    gcm_run(key, key_len, iv, data, len, aad, aad_len, tag, 0);
    hex_bytes(want, sizeof want, hex[3]);
    ok(right && memcmp(data, want, len) == 0 && memcmp(tag, want_tag, 16) == 0, name);
}

static void all_known(void)
{
    static const char *const nothing[] = {
        "00000000000000000000000000000000", "000000000000000000000000", "", "", "",
        "58e2fccefa7e3061367f1d57a4e7455a",
    };
    static const char *const short_key[] = {
        KEY,
        NONCE,
        EXTRA,
        PLAIN,
        ("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aa"
         "c"
         "84aa051ba30b396a0aac973d58e091"),
        "5bc94fbc3221a5db94fae95ae7121a47",
    };
    static const char *const long_key[] = {
        KEY KEY,
        NONCE,
        EXTRA,
        PLAIN,
        ("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105"
         "6"
         "828838c5f61e6393ba7a0abcc9f662"),
        "76fc6ece0f4e1768cddf8853bb2d551b",
    };

    known("case 1: nothing at all", nothing);
    known("case 4: AES-128", short_key);
    known("case 16: AES-256", long_key);
}

/* Every implementation that this processor can run. */
struct way {
    const char *name;
    void (*run)(const void *, size_t, const void *, void *, size_t, const void *, size_t, void *,
                int);
};

#ifdef __x86_64__
static void narrow(const void *key, size_t key_len, const void *iv, void *data, size_t len,
                   const void *aad, size_t aad_len, void *tag, int encrypt)
{
    gcm_ni(false, key, key_len, iv, data, len, aad, aad_len, tag, encrypt);
}

static void wide(const void *key, size_t key_len, const void *iv, void *data, size_t len,
                 const void *aad, size_t aad_len, void *tag, int encrypt)
{
    gcm_ni(true, key, key_len, iv, data, len, aad, aad_len, tag, encrypt);
}
#endif

/* The reference is BearSSL's, of its portable parts. */
static void reference(const uint8_t *key, size_t key_len, const uint8_t *iv, uint8_t *data,
                      size_t len, const uint8_t *aad, size_t aad_len, uint8_t tag[16], int encrypt)
{
    br_aes_ct_ctr_keys aes;
    br_gcm_context gcm;

    br_aes_ct_ctr_init(&aes, key, key_len);
    br_gcm_init(&gcm, &aes.vtable, br_ghash_ctmul32);
    br_gcm_reset(&gcm, iv, 12);
    br_gcm_aad_inject(&gcm, aad, aad_len);
    br_gcm_flip(&gcm);
    br_gcm_run(&gcm, encrypt, data, len);
    br_gcm_get_tag(&gcm, tag);
}

static void agrees(const struct way *way)
{
    uint64_t seed = 38;
    int bad = 0;

    for (size_t round = 0; round < 2 * MOST; round++) {
        uint8_t key[32], iv[12], aad[64], ours[MOST + 8], theirs[MOST + 8], a[16], b[16];
        size_t len = round % MOST, aad_len = (size_t)(random64(&seed) % sizeof aad);
        size_t key_len = round % 2 != 0 ? 16 : 32, shift = round % 7;

        random_bytes(&seed, key, sizeof key);
        random_bytes(&seed, iv, sizeof iv);
        random_bytes(&seed, aad, sizeof aad);
        random_bytes(&seed, ours, sizeof ours);
        memcpy(theirs, ours, sizeof ours);
        for (int encrypt = 1; encrypt >= 0; encrypt--) {
            way->run(key, key_len, iv, ours + shift, len, aad, aad_len, a, encrypt);
            reference(key, key_len, iv, theirs + shift, len, aad, aad_len, b, encrypt);
            bad += memcmp(a, b, 16) != 0 || memcmp(ours, theirs, sizeof ours) != 0;
        }
    }
    ok(bad == 0, way->name);
}

static void wycheproof(void)
{
    const char *name = "aes_gcm_test.json";
    char *text = vectors_load(name);
    int count = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *pos = text; (pos = vectors_find(pos, NULL, "key")) != NULL;) {
        uint8_t key[32], iv[512], aad[600], data[2048], ct[2048], want[32], tag[16];
        size_t key_len, iv_len, aad_len, len, tag_len;
        bool valid;

        key_len = hex_bytes(key, sizeof key, pos);
        iv_len = hex_bytes(iv, sizeof iv, pos = vectors_find(pos, NULL, "iv"));
        aad_len = hex_bytes(aad, sizeof aad, pos = vectors_find(pos, NULL, "aad"));
        len = hex_bytes(data, sizeof data, pos = vectors_find(pos, NULL, "msg"));
        hex_bytes(ct, sizeof ct, pos = vectors_find(pos, NULL, "ct"));
        tag_len = hex_bytes(want, sizeof want, pos = vectors_find(pos, NULL, "tag"));
        pos = vectors_find(pos, NULL, "result");
        if (iv_len != 12 || tag_len != 16 || key_len == 24) {
            continue; /* the interface has no other */
        }
        gcm_run(key, key_len, iv, data, len, aad, aad_len, tag, 1);
        valid = memcmp(data, ct, len) == 0 && memcmp(tag, want, 16) == 0;
        bad += valid != (strncmp(pos, "valid", 5) == 0);
        count++;
    }
    free(text);
    printf("# %d vectors\n", count);
    ok(bad == 0 && count > 120, "Wycheproof aes_gcm");
}

#ifdef __x86_64__
static void skip(const char *name)
{
    printf("ok %d - # SKIP %s: not this processor\n", ++tap_count, name);
}
#endif

int main(void)
{
    static const struct way plain = {"the portable one agrees at every length, touching no more",
                                     gcm_plain};

    all_known();
    agrees(&plain);
#ifdef __x86_64__
    static const struct way ni = {"the one with AES-NI agrees", narrow};
    static const struct way vaes = {"the one with VAES agrees", wide};

    cpu_has_aes() ? agrees(&ni) : skip(ni.name);
    cpu_has_vaes() ? agrees(&vaes) : skip(vaes.name);
#endif
    wycheproof();
    return tap_done();
}
