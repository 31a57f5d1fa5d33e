/* What is agreed with a client, from hellos that no library would send. */
#include "tap.h"
#include "tls_fixture.h"

#define U16(v) (uint8_t)((v) >> 8), (uint8_t)(v)

static struct hello hello_with(uint16_t legacy, struct span suites)
{
    struct hello h;

    memset(&h, 0, sizeof h);
    h.legacy_version = legacy;
    h.suites = suites;
    return h;
}

static struct span list(const uint8_t *bytes, size_t len)
{
    return span_of(bytes, len);
}

static void versions(void)
{
    static const uint8_t both[] = {U16(0x0304), U16(0x0303)}, only13[] = {U16(0x0304)};
    static const uint8_t old[] = {U16(0x0302)};
    struct config config = fixture_config("server_ec", NULL);
    struct policy_choice c = {0};
    struct hello h = hello_with(0x0303, span_of(NULL, 0));

    ok(policy_version(&config, &h, &c) == 0 && c.version == 0x0303, "TLS 1.2");
    h.has = HELLO_HAS_VERSIONS;
    h.versions = list(both, sizeof both);
    ok(policy_version(&config, &h, &c) == 0 && c.version == 0x0303, "of TLS 1.3 and 1.2, 1.2");
    h.versions = list(only13, sizeof only13);
    ok(policy_version(&config, &h, &c) != 0 && c.alert == ALERT_PROTOCOL_VERSION, "1.3 alone");
    h.versions = list(old, sizeof old);
    ok(policy_version(&config, &h, &c) != 0 && c.alert == ALERT_PROTOCOL_VERSION,
       "supported_versions counts, not legacy_version");
    config.version_min = 0x0301;
    ok(policy_version(&config, &h, &c) == 0 && c.version == 0x0302, "and may lower it");
    h.has = HELLO_HAS_FALLBACK_SCSV;
    h.legacy_version = 0x0302;
    ok(policy_version(&config, &h, &c) != 0 && c.alert == ALERT_INAPPROPRIATE_FALLBACK,
       "a fallback without need");
    h.legacy_version = 0x0303;
    ok(policy_version(&config, &h, &c) == 0, "none when the version is our highest");
    h.legacy_version = 0x0302;
    config.version_max = 0x0302;
    ok(policy_version(&config, &h, &c) == 0, "nor when we are that old ourselves");
    h.has = HELLO_HAS_VERSIONS;
    h.versions = list(both, sizeof both);
    config.version_max = 0x0303;
    ok(policy_version(&config, &h, &c) != 0, "legacy_version below what is agreed");
}

static void suites(void)
{
    static const uint8_t all[] = {U16(0xC030), U16(0xC02F), U16(0xC02C), U16(0xC02B)};
    static const uint8_t p384[] = {U16(24)}, p256[] = {U16(23), U16(24)}, odd[] = {U16(0x0100)};
    static const uint8_t pss[] = {U16(0x0804)}, ed25519[] = {U16(0x0807)};
    static const uint8_t rsa[] = {U16(0x0804), U16(0x0501), U16(0x0201)};
    struct config config = fixture_config("server_ec", "server_rsa");
    struct cred_set *set = cred_set_load(&config, 0);
    struct cred_entry only_ec = {.ec = set->entry.ec};
    struct policy_choice c = {.version = 0x0303};
    struct hello h = hello_with(0x0303, list(all, sizeof all));

    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xC02B && c.group == 23 &&
           c.signature == 0x0203,
       "no extensions: P-256 and SHA-1 are assumed");
    config.server_preference = false;
    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xC030,
       "in the client's order when so configured");
    config.server_preference = true;

    h.has = HELLO_HAS_GROUPS;
    h.groups = list(p384, sizeof p384);
    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xC02F && c.group == 24 &&
           c.cred == set->entry.rsa,
       "an ECDSA certificate on a curve that the client did not list: RSA serves");
    ok(policy_suite(&config, &h, &only_ec, &c) != 0 && c.alert == ALERT_HANDSHAKE_FAILURE,
       "without RSA nothing does");
    h.groups = list(odd, sizeof odd);
    ok(policy_suite(&config, &h, &set->entry, &c) != 0, "no group in common");
    is_text(c.reason, "no group in common", "is told");

    h.groups = list(p256, sizeof p256);
    h.has |= HELLO_HAS_SIGNATURES;
    h.signatures = list(pss, sizeof pss);
    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xC02F &&
           c.signature == 0x0804 && c.hash_id == 4,
       "RSA-PSS alone: an RSA key signs so");
    h.signatures = list(ed25519, sizeof ed25519);
    ok(policy_suite(&config, &h, &set->entry, &c) != 0, "no scheme that fits either key");
    is_text(c.reason, "no signature scheme in common", "is told");
    h.signatures = list(rsa, sizeof rsa);
    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xC02F &&
           c.signature == 0x0501 && c.hash_id == 5,
       "the best hash that the client lists for RSA; ECDSA is never signed unasked");
    config.signatures = (struct sigalgs){.schemes = {0x0403, 0x0201, 0x0501}, .count = 3};
    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.signature == 0x0201 && c.hash_id == 2,
       "in the order that is configured");
    config.signatures = (struct sigalgs){.schemes = {0x0401}, .count = 1};
    ok(policy_suite(&config, &h, &set->entry, &c) != 0, "and with nothing else");
    config.signatures.count = 0;
    c.version = 0x0302;
    ok(policy_suite(&config, &h, &set->entry, &c) != 0, "AEAD suites are for TLS 1.2");
    is_text(c.reason, "no cipher suite in common", "is told");
    cred_set_drop(set);
}

int main(void)
{
    versions();
    suites();
    return tap_done();
}
