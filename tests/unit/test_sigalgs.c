/* Lists of signature algorithms, and what ssl.signature-algorithms makes of them. */
#include "config/sigalgs.h"
#include "config_helper.h"

#include <string.h>

static struct sigalgs parsed;

static int parse(const char *text)
{
    return sigalgs_parse(span_of(text, strlen(text)), &parsed);
}

static bool is_one(const char *name, unsigned scheme)
{
    return parse(name) == 0 && parsed.count == 1 && parsed.schemes[0] == scheme;
}

static void test_names(void)
{
    static const struct {
        const char *name;
        unsigned scheme;
    } known[] = {
        {"RSA+SHA1", 0x0201},
        {"rsa+sha224", 0x0301},
        {"RSA+SHA256", 0x0401},
        {"ECDSA+SHA512", 0x0603},
        {"DSA+SHA256", 0x0402},
        {"RSA-PSS+SHA256", 0x0804},
        {"PSS+SHA512", 0x0806},
        {"rsa_pkcs1_sha384", 0x0501},
        {"rsa_pkcs1_sha1", 0x0201},
        {"ecdsa_secp256r1_sha256", 0x0403},
        {"ecdsa_secp384r1_sha384", 0x0503},
        {"ecdsa_secp521r1_sha512", 0x0603},
        {"ecdsa_sha1", 0x0203},
        {"rsa_pss_rsae_sha256", 0x0804},
        {"rsa_pss_rsae_sha384", 0x0805},
        {"rsa_pss_pss_sha256", 0x0809},
        {"rsa_pss_pss_sha512", 0x080B},
        {"ed25519", 0x0807},
        {"ed448", 0x0808},
    };
    static const char *const none[] = {
        "",
        "RSA",
        "RSA+",
        "SHA256",
        "RSA+MD5",
        "RSA+SHA2",
        "+SHA256",
        "ecdsa_secp256r1_sha384",
        "RSA-PSS+SHA1",
        "ecdsa",
        "rsa_pss_pss_sha1",
        "ed25519 x",
        "RSA+SHA256+",
        "ed4480",
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        ok(is_one(known[i].name, known[i].scheme), known[i].name);
    }
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        ok(parse(none[i]) != 0, none[i]);
    }
    ok(sigalg_is_rsa(0x0401) && !sigalg_is_rsa(0x0403) && sigalg_is_ecdsa(0x0203) &&
           !sigalg_is_ecdsa(0x0804) && sigalg_is_pss(0x0805) && !sigalg_is_pss(0x0809),
       "kinds");
}

static void test_lists(void)
{
    char text[1024] = "RSA+SHA1";

    ok(parse(" RSA+SHA256 : ECDSA+SHA256:rsa_pkcs1_sha256") == 0 && parsed.count == 2 &&
           parsed.schemes[1] == 0x0403,
       "blanks around, and none twice");
    ok(parse("RSA+SHA256:bogus:ECDSA+SHA1") != 0 && span_is(parsed.unknown, "bogus"),
       "the name that is none is told");
    ok(parse("RSA+SHA256:") != 0 && parse(":RSA+SHA256") != 0 && parse("a::b") != 0,
       "empty places");
    while (strlen(text) + 20 < sizeof text) {
        strcat(text, ":RSA+SHA1");
    }
    ok(parse(text) == 0 && parsed.count == 1, "the same, many times");
    for (size_t n = 0; n <= strlen("ECDSA+SHA256:ed448"); n++) {
        char *copy = malloc(n + 1);

        memcpy(copy, "ECDSA+SHA256:ed448", n);
        (void)sigalgs_parse(span_of(copy, n), &parsed);
        free(copy);
    }
    ok(true, "every prefix");
}

static void test_option(void)
{
    ok(LOAD("-sigalgs", "ECDSA+SHA384:rsa_pkcs1_sha256") == 0 && config.signatures.count == 2 &&
           config.signatures.schemes[0] == 0x0503,
       "-sigalgs");
    config_free(&config);
    ok(LOAD("-4") == 0 && config.signatures.count == 0, "unset");
    config_free(&config);
    ok(FAILS("\"RSA+MD4\" is no signature algorithm", "-sigalgs", "RSA+MD4"), "a wrong name");
    ok(FAILS("none of these is built in", "-sigalgs", "ed25519:DSA+SHA1"), "none left");
    ok(WARNS("some are not built in", "-sigalgs", "ed25519:RSA+SHA512"), "some left");
}

int main(void)
{
    test_names();
    test_lists();
    test_option();
    return tap_done();
}
