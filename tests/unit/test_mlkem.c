/* ML-KEM-768 encapsulation: Wycheproof's vectors, and Keccak's. */
#include "crypto/mlkem.h"
#include "crypto/sha3.h"
#include "crypto_vectors.h"

/* Is it right about the test between pos and end? *valid: what the test says of the key. */
static bool wycheproof_one(const char *pos, const char *end, bool *valid)
{
    static uint8_t key[MLKEM768_KEY + 1], want[MLKEM768_CIPHERTEXT], got[MLKEM768_CIPHERTEXT];
    uint8_t message[32], secret[32], want_secret[32];
    size_t key_len = hex_bytes(key, sizeof key, vectors_find(pos, end, "ek"));

    *valid = *vectors_find(pos, end, "result") == 'v';
    if (key_len != MLKEM768_KEY) {
        return !*valid; /* whoever calls looks at the length */
    }
    hex_bytes(message, 32, vectors_find(pos, end, "m"));
    hex_bytes(want, sizeof want, vectors_find(pos, end, "c"));
    hex_bytes(want_secret, 32, vectors_find(pos, end, "K"));
    return mlkem768_encapsulate_with(key, message, got, secret) == *valid &&
           (!*valid ||
            (memcmp(got, want, sizeof got) == 0 && memcmp(secret, want_secret, 32) == 0));
}

static void wycheproof(void)
{
    const char *name = "mlkem_768_encaps_test.json";
    char *text = vectors_load(name);
    int good = 0, refused = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *pos = vectors_find(text, NULL, "tcId"), *next; pos != NULL; pos = next) {
        bool valid;

        next = vectors_find(pos, NULL, "tcId");
        bad += !wycheproof_one(pos, next, &valid);
        good += valid;
        refused += !valid;
    }
    free(text);
    printf("# %d keys, %d that are none\n", good, refused);
    ok(bad == 0 && good == 133 && refused == 132, "Wycheproof ML-KEM-768 encapsulation");
}

int main(void)
{
    wycheproof();
    return tap_done();
}
