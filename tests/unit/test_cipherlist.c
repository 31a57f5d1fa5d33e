/* The cipher-list grammar. tests/integration/ciphers.t compares hundreds of
 * lists with openssl; here stand the cases that need no other program. */
#include "config/cipherlist.h"
#include "tap.h"

#include <stdlib.h>

static struct suite_info suite_of(uint16_t id)
{
    struct suite_info info;

    expect(suite_by_id(id, &info), "a suite that is there");
    return info;
}

static const char *joined(const char *list, bool aes)
{
    static char line[2048];
    struct cipherlist_result r;

    line[0] = '\0';
    if (cipherlist_parse(list, aes, &r) != 0) {
        snprintf(line, sizeof line, "error: %s", r.error);
        return line;
    }
    for (size_t i = 0; i < r.count; i++) {
        strcat(line, i > 0 ? ":" : "");
        strcat(line, suite_of(r.suites[i]).name);
    }
    return line;
}

static void test_default(void)
{
    is_text(joined("DEFAULT", true),
            "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
            "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
            "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305",
            "DEFAULT with AES in hardware");
    is_text(joined("DEFAULT", false),
            "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
            "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
            "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384",
            "DEFAULT without");
    is_text(joined("DEFAULT:!ECDSA:-AESGCM:AES128-SHA", true),
            "ECDHE-RSA-CHACHA20-POLY1305:AES128-SHA", "DEFAULT and items after it");
    ok(strstr(joined("DEFAULTX", true), "error") != NULL, "DEFAULTX is another word");
}

static void test_grammar(void)
{
    is_text(joined("AES128-SHA:AES256-SHA:AES128-SHA", true), "AES128-SHA:AES256-SHA",
            "no doubles");
    is_text(joined("AES128-SHA:AES256-SHA:+AES128-SHA", true), "AES256-SHA:AES128-SHA", "+ moves");
    is_text(joined("kRSA+3DES:-3DES:3DES+aRSA", true), "DES-CBC3-SHA:ECDHE-RSA-DES-CBC3-SHA",
            "what - took comes back first");
    is_text(joined("!DES-CBC3-SHA:kRSA+3DES:AES128-SHA", true), "AES128-SHA", "! is for good");
    is_text(joined("AES128-SHA:ECDHE-RSA-DES-CBC3-SHA:AES256-SHA:@STRENGTH", true),
            "AES256-SHA:AES128-SHA:ECDHE-RSA-DES-CBC3-SHA", "@STRENGTH");
    is_text(joined("kECDHr+AESGCM", true), "ECDH-RSA-AES256-GCM-SHA384:ECDH-RSA-AES128-GCM-SHA256",
            "static ECDH");
    is_text(joined("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8 , AES128-CCM;; AES256-CCM", true),
            "ECDHE-ECDSA-AES128-CCM8:AES128-CCM:AES256-CCM", "IANA names and separators");
    is_text(joined("SUITEB128", true),
            "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", "Suite B");
    ok(strncmp(joined("ALL:%", true), "error: no name can begin", 24) == 0, "a bad character");
    ok(strncmp(joined("ALL:AES+", true), "error: a name is missing", 24) == 0, "a name missing");
    ok(strncmp(joined("@SECLEVEL=6", true), "error: after @", 14) == 0, "a level too high");
    ok(strncmp(joined("", true), "error: no suite", 15) == 0, "an empty list");
    ok(strncmp(joined("all", true), "error: no suite", 15) == 0, "case matters");
}

static void test_result(void)
{
    struct cipherlist_result r;
    struct suite_info info;
    char list[600] = "AES";
    char line[200];

    ok(cipherlist_parse("FOO:AES:BAR+AES:DHE:RC4", true, &r) == 0, "unknown names are skipped");
    is_text(r.unknown, "FOO BAR", "and reported; what is known but not built in is not");
    for (int i = 0; i < 60; i++) {
        strcat(list, ":NOSUCH");
    }
    ok(cipherlist_parse(list, true, &r) == 0 && strlen(r.unknown) < sizeof r.unknown,
       "the report has a bound");
    ok(cipherlist_parse("ALL:@SECLEVEL=3", true, &r) == 0 && r.count == 45 && r.security_level == 3,
       "@SECLEVEL is remembered");
    cipherlist_apply_level(&r);
    ok(r.count == 18, "and takes out what has no forward secrecy or fewer than 128 bits");
    ok(cipherlist_parse("ALL", true, &r) == 0 && r.security_level == -1, "without it");
    cipherlist_apply_level(&r);
    ok(r.count == 45, "nothing is taken out");
    info = suite_of(0x002F);
    cipherlist_describe(&info, line, sizeof line);
    is_text(line,
            "AES128-SHA                     SSLv3   Kx=RSA      Au=RSA   "
            "Enc=AES(128)               Mac=SHA1",
            "a line of -v");
    ok(!suite_by_id(0x1304, &info) && info.name[0] == '\0', "a suite that is not ours");
    ok(suite_of(0x000A).weak && !suite_of(0xC02F).weak, "weak ones are marked");
}

static void test_strengths(void)
{
    struct cipherlist_result r;
    unsigned last = 256;

    ok(cipherlist_parse("ALL:@STRENGTH", true, &r) == 0 && r.count == 45, "ALL by strength");
    for (size_t i = 0; i < r.count; i++) {
        unsigned bits = suite_of(r.suites[i]).strength_bits;

        expect(bits <= last, "a stronger suite stands behind a weaker one");
        last = bits;
    }
}

/* Every prefix, in memory of exactly its size. */
static void test_truncation(void)
{
    static const char text[] = "DEFAULT:ALL:!aNULL+AES:-SHA1:+ECDSA:@STRENGTH:@SECLEVEL=2;kRSA,AES";

    for (size_t n = 0; n < sizeof text; n++) {
        struct cipherlist_result r;
        char *copy = malloc(n + 1);

        memcpy(copy, text, n);
        copy[n] = '\0';
        if (cipherlist_parse(copy, true, &r) == 0) {
            expect(r.count > 0 && r.count <= 45, "a good list has suites");
        } else {
            expect(r.error[0] != '\0', "a bad one has a reason");
        }
        free(copy);
    }
    ok(true, "every truncation");
}

int main(void)
{
    test_default();
    test_grammar();
    test_result();
    test_strengths();
    test_truncation();
    return tap_done();
}
