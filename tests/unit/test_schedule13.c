/* The key schedule: RFC 5869, the values of RFC 8448, section 3, and Wycheproof's HKDF. */
#include "crypto/hkdf.h"
#include "crypto_vectors.h"
#include "tls/record13.h"
#include "tls/schedule13.h"

static bool is_hex(const uint8_t *got, size_t len, const char *hex)
{
    uint8_t want[256];

    return hex_bytes(want, sizeof want, hex) == len && memcmp(got, want, len) == 0;
}

/* One of the RFC's cases: input, salt, info, both results. */
static void hkdf_case(const char *name, const char *const hex[5])
{
    uint8_t input[80], salt[80], info[80], prk[32], out[82];
    size_t input_len = hex_bytes(input, sizeof input, hex[0]);
    size_t salt_len = hex_bytes(salt, sizeof salt, hex[1]);
    size_t info_len = hex_bytes(info, sizeof info, hex[2]);

    hkdf_extract(&br_sha256_vtable, span_of(salt, salt_len), span_of(input, input_len), prk);
    ok(is_hex(prk, 32, hex[3]), name);
    hkdf_expand(&br_sha256_vtable, span_of(prk, 32), span_of(info, info_len), out,
                strlen(hex[4]) / 2);
    ok(is_hex(out, strlen(hex[4]) / 2, hex[4]), "  and expanded");
}

static void hkdf_known(void)
{
    static const char *const cases[3][5] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
         "f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2"
         "c"
         "2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
         "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8"
         "c"
         "8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
         "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbd"
         "c"
         "dddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
         "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65"
         "e"
         "590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
         "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    };

    hkdf_case("RFC 5869, A.1", cases[0]);
    hkdf_case("RFC 5869, A.2", cases[1]);
    hkdf_case("RFC 5869, A.3", cases[2]);
}

static void hkdf_wycheproof(void)
{
    const char *name = "hkdf_sha256_test.json";
    char *text = vectors_load(name);
    int count = 0, bad = 0;

    if (text == NULL) {
        vectors_skip(name);
        return;
    }
    for (const char *pos = text; (pos = vectors_find(pos, NULL, "ikm")) != NULL;) {
        static uint8_t out[255 * 32], want[255 * 32];
        uint8_t input[256], salt[256], info[256], prk[32];
        size_t input_len = hex_bytes(input, sizeof input, pos), salt_len, info_len, len;

        salt_len = hex_bytes(salt, sizeof salt, pos = vectors_find(pos, NULL, "salt"));
        info_len = hex_bytes(info, sizeof info, pos = vectors_find(pos, NULL, "info"));
        len = (size_t)atoi(pos = vectors_find(pos, NULL, "size"));
        if (len > sizeof out) {
            continue; /* more than HKDF has: the caller's promise */
        }
        hkdf_extract(&br_sha256_vtable, span_of(salt, salt_len), span_of(input, input_len), prk);
        hkdf_expand(&br_sha256_vtable, span_of(prk, 32), span_of(info, info_len), out, len);
        bad += hex_bytes(want, sizeof want, vectors_find(pos, NULL, "okm")) != len ||
               memcmp(out, want, len) != 0;
        count++;
    }
    free(text);
    printf("# %d vectors\n", count);
    ok(bad == 0 && count > 60, "Wycheproof hkdf_sha256");
}

static bool derives(const struct schedule13 *s, const char *label, const char *transcript,
                    uint8_t out[HASH13_MAX], const char *want)
{
    uint8_t hash[32];

    hex_bytes(hash, sizeof hash, transcript);
    schedule13_derive(s, label, transcript[0] != 0 ? hash : NULL, out);
    return is_hex(out, 32, want);
}

static bool has_keys(const uint8_t *secret, const char *key, const char *iv)
{
    struct record13 r;

    record13_set(&r, 0x1301, secret);
    return is_hex(r.key, 16, key) && is_hex(r.iv, 12, iv);
}

static bool finishes(const uint8_t *base_key, const char *transcript, const char *want)
{
    uint8_t hash[32], out[HASH13_MAX];

    hex_bytes(hash, sizeof hash, transcript);
    finished13(hash13_of_suite(0x1301), base_key, hash, out);
    return is_hex(out, 32, want);
}

#define TO_SERVER_HELLO    "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"
#define TO_VERIFY          "edb7725fa7a3473b031ec8ef65a2485493900138a2b91291407d7951a06110ed"
#define TO_SERVER_FINISHED "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13"
#define TO_CLIENT_FINISHED "209145a96ee8e2a122ff810047cc952684658d6049e86429426db87c54ad143d"

static void handshake_known(struct schedule13 *s)
{
    uint8_t shared[32], secret[HASH13_MAX];

    hex_bytes(shared, 32, "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
    schedule13_begin(s, hash13_of_suite(0x1301), span_of(NULL, 0));
    ok(is_hex(s->secret, 32, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"),
       "RFC 8448, section 3: Early Secret");
    ok(derives(s, "derived", "", secret,
               "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"),
       "its derived secret");
    schedule13_next(s, span_of(shared, 32));
    ok(is_hex(s->secret, 32, "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"),
       "Handshake Secret");
    ok(derives(s, "c hs traffic", TO_SERVER_HELLO, secret,
               "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"),
       "the client's handshake traffic secret");
    ok(has_keys(secret, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"),
       "  its keys");
    ok(finishes(secret, TO_SERVER_FINISHED,
                "a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61"),
       "  its Finished");
    ok(derives(s, "s hs traffic", TO_SERVER_HELLO, secret,
               "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"),
       "the server's handshake traffic secret");
    ok(has_keys(secret, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"),
       "  its keys");
    ok(finishes(secret, TO_VERIFY,
                "9b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718"),
       "  its Finished");
}

static void master_known(struct schedule13 *s)
{
    uint8_t secret[HASH13_MAX], out[HASH13_MAX];

    schedule13_next(s, span_of(NULL, 0));
    ok(is_hex(s->secret, 32, "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"),
       "Master Secret");
    ok(derives(s, "c ap traffic", TO_SERVER_FINISHED, secret,
               "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"),
       "the client's application traffic secret");
    ok(has_keys(secret, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"),
       "  its keys");
    ok(derives(s, "s ap traffic", TO_SERVER_FINISHED, secret,
               "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"),
       "the server's application traffic secret");
    ok(has_keys(secret, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"),
       "  its keys");
    ok(derives(s, "exp master", TO_SERVER_FINISHED, secret,
               "fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50"),
       "exporter_master_secret");
    export13(s->hash, secret, "export_test_label", span_of("rfc8448_rtt1", 12), out, 16);
    ok(is_hex(out, 16, "f20058a65ce0430a197944c812431c2d"), "  a key exported with it");
    ok(derives(s, "res master", TO_CLIENT_FINISHED, secret,
               "7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c"),
       "resumption_master_secret");
    ticket_psk13(s->hash, secret, span_of("\0", 2), out);
    ok(is_hex(out, 32, "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"),
       "  the PSK of its ticket");
}

int main(void)
{
    struct schedule13 s;

    hkdf_known();
    hkdf_wycheproof();
    handshake_known(&s);
    master_known(&s);
    return tap_done();
}
