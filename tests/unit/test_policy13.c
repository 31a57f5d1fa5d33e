/* What is agreed in TLS 1.3: suite, group, certificate and scheme, one question at a time. */
#include "config/sslop.h"
#include "tap.h"
#include "tls/policy13.h"
#include "tls_fixture.h"

#define U16(v)      (uint8_t)((v) >> 8), (uint8_t)(v)
#define LIST(bytes) span_of(bytes, sizeof bytes)

static struct config config_13(const char *key, const char *second)
{
    struct config config = fixture_config(key, second);
    static const uint16_t suites[] = {0x1302, 0x1303, 0x1301};

    memcpy(config.ciphersuites, suites, sizeof suites);
    config.ciphersuite_count = ARRAY_LEN(suites);
    config.version_max = 0x0304;
    return config;
}

static void versions(void)
{
    static const uint8_t both[] = {U16(0x0303), U16(0x0304)}, only12[] = {U16(0x0303)};
    struct config config = config_13("server_ec", NULL);
    struct hello h = {.legacy_version = 0x0303, .has = HELLO_HAS_VERSIONS};
    struct policy_choice c = {0};

    h.versions = LIST(both);
    ok(policy_version(&config, &h, &c) == 0 && c.version == 0x0304, "TLS 1.3 wherever it stands");
    h.legacy_version = 0x0301;
    ok(policy_version(&config, &h, &c) == 0 && c.version == 0x0304,
       "legacy_version does not count");
    h.has |= HELLO_HAS_FALLBACK_SCSV;
    ok(policy_version(&config, &h, &c) == 0, "no fallback with the newest version");
    h.versions = LIST(only12);
    h.legacy_version = 0x0303;
    ok(policy_version(&config, &h, &c) != 0 && c.alert == ALERT_INAPPROPRIATE_FALLBACK,
       "a fallback from TLS 1.3 to 1.2 is told");
    h.has = HELLO_HAS_VERSIONS;
    ok(policy_version(&config, &h, &c) == 0 && c.version == 0x0303,
       "without the sign it is TLS 1.2");
    config.version_max = 0x0303;
    h.versions = LIST(both);
    ok(policy_version(&config, &h, &c) == 0 && c.version == 0x0303, "TLS 1.2 where 1.3 is off");
    config.version_min = config.version_max = 0x0304;
    h.versions = LIST(only12);
    ok(policy_version(&config, &h, &c) != 0 && c.alert == ALERT_PROTOCOL_VERSION,
       "TLS 1.3 alone: no other");
    h.has = 0;
    ok(policy_version(&config, &h, &c) != 0 && c.alert == ALERT_PROTOCOL_VERSION,
       "TLS 1.3 alone: legacy_version cannot say it");
}

static bool marked(const struct config *config, uint16_t version, const char *mark)
{
    const uint8_t *tail = policy_downgrade(config, version);

    return mark == NULL ? tail == NULL : tail != NULL && memcmp(tail, mark, 8) == 0;
}

/* A client that was talked down is told, in all that older versions have. */
static void downgrades(void)
{
    struct config config = config_13("server_ec", NULL);
    struct pair *p;

    ok(marked(&config, 0x0304, NULL) && marked(&config, 0x0303, "DOWNGRD\1") &&
           marked(&config, 0x0302, "DOWNGRD\0") && marked(&config, 0x0301, "DOWNGRD\0"),
       "marks of a server of TLS 1.3");
    config.version_max = 0x0303;
    ok(marked(&config, 0x0303, NULL) && marked(&config, 0x0302, "DOWNGRD\0"), "of TLS 1.2");
    config.version_max = 0x0302;
    ok(marked(&config, 0x0302, NULL) && marked(&config, 0x0301, NULL), "of none above 1.1");

    config.version_max = 0x0304;
    config.mode = MODE_ECHO;
    p = pair_new(&config);
    pair_begin(p, "a.test", false);
    pair_pump(p);
    ok(pair_open(p) && memcmp(p->client.ssl.eng.server_random + 24, "DOWNGRD\1", 8) == 0,
       "it is in the ServerHello of TLS 1.2");
    pair_begin(p, "a.test", true);
    pair_pump(p);
    ok(pair_open(p) && tls_get_info(p->tls)->resumed &&
           memcmp(p->client.ssl.eng.server_random + 24, "DOWNGRD\1", 8) == 0,
       "also when a session is resumed");
    pair_free(p);
    config.version_max = 0x0303;
    p = pair_new(&config);
    pair_begin(p, "a.test", false);
    pair_pump(p);
    ok(pair_open(p) && memcmp(p->client.ssl.eng.server_random + 24, "DOWNGRD", 7) != 0,
       "and not where TLS 1.3 is off");
    pair_free(p);
}

static void suites(void)
{
    static const uint8_t all[] = {U16(0x4A4A), U16(0x1303), U16(0x1301), U16(0x1302)};
    static const uint8_t two[] = {U16(0x1304), U16(0x1301), U16(0x1303)};
    static const uint8_t old[] = {U16(0xC02F), U16(0x1305)};
    struct config config = config_13("server_ec", NULL);
    struct hello h = {.suites = LIST(all)};
    struct policy_choice c = {0};

    ok(policy13_suite(&config, &h, &c) == 0 && c.suite == 0x1302, "the server's order");
    config.options = SSLOP_PRIORITIZE_CHACHA;
    ok(policy13_suite(&config, &h, &c) == 0 && c.suite == 0x1303,
       "PRIORITIZE_CHACHA, and the client has it first, behind GREASE");
    h.suites = LIST(two);
    ok(policy13_suite(&config, &h, &c) == 0 && c.suite == 0x1303, "the server's order again");
    config.ciphersuites[1] = 0x1301;
    ok(policy13_suite(&config, &h, &c) == 0 && c.suite == 0x1301, "ChaCha20 is off");
    config = config_13("server_ec", NULL);
    config.server_preference = false;
    ok(policy13_suite(&config, &h, &c) == 0 && c.suite == 0x1301, "the client's order");
    h.suites = LIST(old);
    ok(policy13_suite(&config, &h, &c) != 0 && c.alert == ALERT_HANDSHAKE_FAILURE,
       "none in common");
    config.server_preference = true;
    ok(policy13_suite(&config, &h, &c) != 0 && c.suite == 0, "nor in the server's order");
    is_text(c.reason, "no cipher suite in common", "is told");
}

/* PRIORITIZE_CHACHA for the older versions. */
static void chacha_12(void)
{
    static const uint8_t first[] = {U16(0x1A1A), U16(0xCCA9), U16(0xC02B)};
    static const uint8_t second[] = {U16(0xC02B), U16(0xCCA9)};
    struct config config = fixture_config("server_ec", NULL);
    struct cred_set *set = cred_set_load(&config, 0);
    struct hello h = {.legacy_version = 0x0303, .suites = LIST(first)};
    struct policy_choice c = {.version = 0x0303};

    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xC02B, "TLS 1.2: our order");
    config.options = SSLOP_PRIORITIZE_CHACHA;
    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xCCA9,
       "TLS 1.2: ChaCha20 for who likes it best");
    h.suites = LIST(second);
    ok(policy_suite(&config, &h, &set->entry, &c) == 0 && c.suite == 0xC02B,
       "TLS 1.2: and for nobody else");
    cred_set_drop(set);
}

static void groups(void)
{
    static const uint8_t all[] = {U16(0x2A2A), U16(0x11EC), U16(24), U16(23), U16(29)};
    static const uint8_t classic[] = {U16(24), U16(23), U16(29)}, odd[] = {U16(30), U16(256)};
    static const uint8_t two[] = {U16(0x2A2A), U16(1),  0,      U16(24), U16(1),
                                  'a',         U16(23), U16(1), 'b'};
    static const uint8_t hybrid[] = {U16(29), U16(1), 'c', U16(0x11EC), U16(1), 'd'};
    static const uint16_t ours[] = {0x11EC, 29, 23, 24, 25};
    struct config config = config_13("server_ec", NULL);
    struct hello h = {.has = HELLO_HAS_GROUPS | HELLO_HAS_KEY_SHARE, .groups = LIST(classic)};
    struct policy_choice c = {0};
    struct span share;

    memcpy(config.groups, ours, sizeof ours);
    config.group_count = ARRAY_LEN(ours);
    h.key_shares = LIST(two);
    ok(policy13_group(&config, &h, &share, &c) == 0 && c.group == 23 && span_is(share, "b"),
       "a group with a share before a better one without");
    h.groups = LIST(all);
    ok(policy13_group(&config, &h, &share, &c) == 0 && c.group == 0x11EC && share.len == 0,
       "but the hybrid is asked for");
    h.key_shares = LIST(hybrid);
    ok(policy13_group(&config, &h, &share, &c) == 0 && c.group == 0x11EC && span_is(share, "d"),
       "and taken when it is there");
    config.groups[0] = 29;
    config.groups[1] = 0x11EC;
    ok(policy13_group(&config, &h, &share, &c) == 0 && c.group == 29 && span_is(share, "c"),
       "unless it comes second here");
    h.key_shares = LIST(two);
    ok(policy13_group(&config, &h, &share, &c) == 0 && c.group == 23,
       "then it is worth no round trip either");
    h.key_shares = span_of(two, 0);
    ok(policy13_group(&config, &h, &share, &c) == 0 && c.group == 29 && share.len == 0,
       "no share: our first in common is asked for");
    h.groups = LIST(odd);
    ok(policy13_group(&config, &h, &share, &c) != 0 && c.alert == ALERT_HANDSHAKE_FAILURE,
       "no group in common");
    is_text(c.reason, "no group in common", "is told");
}

static void certificates(void)
{
    static const uint8_t all[] = {U16(0x0804), U16(0x0401), U16(0x0403), U16(0x0805), U16(0x0503)};
    static const uint8_t rsa[] = {U16(0x0401), U16(0x0806), U16(0x0805), U16(0x0807)};
    static const uint8_t p384[] = {U16(0x0503), U16(0x0804)}, old[] = {U16(0x0401), U16(0x0201)};
    static const uint8_t pss_alone[] = {U16(0x0804)};
    struct config config = config_13("server_ec", "server_rsa");
    struct cred_set *set = cred_set_load(&config, 0);
    struct cred_entry *e = &set->entry;
    struct cred_entry one = {.ec = e->ec};
    struct hello h = {.has = HELLO_HAS_SIGNATURES, .signatures = LIST(all)};
    struct policy_choice c = {0};

    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->ec && c.signature == 0x0403 &&
           c.hash_id == br_sha256_ID,
       "ECDSA before RSA");
    h.signatures = LIST(p384);
    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->rsa && c.signature == 0x0804,
       "P-384 with SHA-384 is not for a key on P-256");
    ok(policy13_certificate(&config, &h, &one, &c) != 0 && c.alert == ALERT_HANDSHAKE_FAILURE,
       "and without RSA there is none");
    is_text(c.reason, "no signature scheme in common", "is told");
    h.signatures = LIST(rsa);
    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->rsa && c.signature == 0x0805 &&
           c.hash_id == br_sha384_ID,
       "RSA signs with PSS, in our order");
    h.signatures = LIST(old);
    ok(policy13_certificate(&config, &h, e, &c) != 0, "never with PKCS#1 or SHA-1");

    h.signatures = LIST(all);
    config.signatures = (struct sigalgs){.schemes = {0x0401, 0x0203, 0x0805, 0x0403}, .count = 4};
    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->rsa && c.signature == 0x0805,
       "in the order that is configured, where it is for TLS 1.3");
    config.signatures.count = 0;

    set->creds[0].chain_schemes[0] = 0x0403;
    set->creds[1].chain_schemes[0] = 0x0401;
    h.has |= HELLO_HAS_SIGNATURES_CERT;
    h.signatures_cert = LIST(old);
    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->rsa && c.signature == 0x0804,
       "signature_algorithms_cert: the chain that is signed so");
    set->creds[1].chain_schemes[1] = 0x0501;
    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->ec && c.signature == 0x0403,
       "one certificate of the chain is not: then any chain is as good");
    h.has = HELLO_HAS_SIGNATURES;
    h.signatures = LIST(pss_alone);
    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->rsa && c.signature == 0x0804,
       "signature_algorithms does not cover the chain: it is sent all the same");

    h.has = 0;
    ok(policy13_certificate(&config, &h, e, &c) == 0 && c.cred == e->ec && c.signature == 0,
       "no signature_algorithms: a certificate to bind to, and no scheme");
    cred_set_drop(set);

    config = config_13("server_p384", NULL);
    set = cred_set_load(&config, 0);
    h.has = HELLO_HAS_SIGNATURES;
    h.signatures = LIST(all);
    ok(policy13_certificate(&config, &h, &set->entry, &c) == 0 && c.signature == 0x0503 &&
           c.hash_id == br_sha384_ID,
       "a key on P-384 signs with SHA-384");
    cred_set_drop(set);
}

int main(void)
{
    versions();
    downgrades();
    suites();
    chacha_12();
    groups();
    certificates();
    return tap_done();
}
