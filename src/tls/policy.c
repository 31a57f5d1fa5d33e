#include "tls/policy.h"
#include "config/sslop.h"
#include "core/build.h"

#include <bearssl.h>

#define TLS12_ONLY 0x80

/* BearSSL's suites: number and key exchange; those without SHA-1 for a MAC
 * belong to TLS 1.2. */
static const struct {
    uint16_t suite;
    uint8_t keyx;
} SUITES[] = {
    {0xC02B, KEYX_ECDHE_ECDSA | TLS12_ONLY},
    {0xC02C, KEYX_ECDHE_ECDSA | TLS12_ONLY},
    {0xC02F, KEYX_ECDHE_RSA | TLS12_ONLY},
    {0xC030, KEYX_ECDHE_RSA | TLS12_ONLY},
    {0xCCA8, KEYX_ECDHE_RSA | TLS12_ONLY},
    {0xCCA9, KEYX_ECDHE_ECDSA | TLS12_ONLY},
#if TINY_LEGACY
    {0x000A, KEYX_RSA},
    {0x002F, KEYX_RSA},
    {0x0035, KEYX_RSA},
    {0x003C, KEYX_RSA | TLS12_ONLY},
    {0x003D, KEYX_RSA | TLS12_ONLY},
    {0x009C, KEYX_RSA | TLS12_ONLY},
    {0x009D, KEYX_RSA | TLS12_ONLY},
    {0xC003, KEYX_ECDH_ECDSA},
    {0xC004, KEYX_ECDH_ECDSA},
    {0xC005, KEYX_ECDH_ECDSA},
    {0xC008, KEYX_ECDHE_ECDSA},
    {0xC009, KEYX_ECDHE_ECDSA},
    {0xC00A, KEYX_ECDHE_ECDSA},
    {0xC00D, KEYX_ECDH_RSA},
    {0xC00E, KEYX_ECDH_RSA},
    {0xC00F, KEYX_ECDH_RSA},
    {0xC012, KEYX_ECDHE_RSA},
    {0xC013, KEYX_ECDHE_RSA},
    {0xC014, KEYX_ECDHE_RSA},
    {0xC023, KEYX_ECDHE_ECDSA | TLS12_ONLY},
    {0xC024, KEYX_ECDHE_ECDSA | TLS12_ONLY},
    {0xC025, KEYX_ECDH_ECDSA | TLS12_ONLY},
    {0xC026, KEYX_ECDH_ECDSA | TLS12_ONLY},
    {0xC027, KEYX_ECDHE_RSA | TLS12_ONLY},
    {0xC028, KEYX_ECDHE_RSA | TLS12_ONLY},
    {0xC029, KEYX_ECDH_RSA | TLS12_ONLY},
    {0xC02A, KEYX_ECDH_RSA | TLS12_ONLY},
    {0xC02D, KEYX_ECDH_ECDSA | TLS12_ONLY},
    {0xC02E, KEYX_ECDH_ECDSA | TLS12_ONLY},
    {0xC031, KEYX_ECDH_RSA | TLS12_ONLY},
    {0xC032, KEYX_ECDH_RSA | TLS12_ONLY},
    {0xC09C, KEYX_RSA | TLS12_ONLY},
    {0xC09D, KEYX_RSA | TLS12_ONLY},
    {0xC0A0, KEYX_RSA | TLS12_ONLY},
    {0xC0A1, KEYX_RSA | TLS12_ONLY},
    {0xC0AC, KEYX_ECDHE_ECDSA | TLS12_ONLY},
    {0xC0AD, KEYX_ECDHE_ECDSA | TLS12_ONLY},
    {0xC0AE, KEYX_ECDHE_ECDSA | TLS12_ONLY},
    {0xC0AF, KEYX_ECDHE_ECDSA | TLS12_ONLY},
#endif
};

static bool is_chacha(uint16_t suite)
{
    return suite == 0x1303 || suite == 0xCCA8 || suite == 0xCCA9;
}

static int refuse(struct policy_choice *out, enum alert alert, const char *reason)
{
    out->alert = alert;
    out->reason = reason;
    return -1;
}

int policy_version(const struct config *config, const struct hello *h, struct policy_choice *out)
{
    uint16_t highest = hello_choose_version(h, 0x0301, 0x0304);

    out->version = hello_choose_version(h, config->version_min, config->version_max);
    if (out->version == 0) {
        return refuse(out, ALERT_PROTOCOL_VERSION,
                      highest > config->version_max
                          ? "the client speaks only newer versions than are on here"
                          : "the client speaks only older versions than are on here");
    }
    if ((h->has & HELLO_HAS_FALLBACK_SCSV) != 0 && highest < config->version_max) {
        return refuse(out, ALERT_INAPPROPRIATE_FALLBACK,
                      "the client fell back to an older version without need");
    }
    if (h->legacy_version < out->version && out->version < 0x0304) {
        /* supported_versions with a lower legacy_version: RFC 8446 fixes the
         * latter at TLS 1.2, and BearSSL's engine goes by it. */
        return refuse(out, ALERT_PROTOCOL_VERSION,
                      "legacy_version is below what supported_versions offers");
    }
    return 0;
}

const uint8_t *policy_downgrade(const struct config *config, uint16_t version)
{
    static const uint8_t marks[2][8] = {"DOWNGRD", "DOWNGRD\1"};

    if (version >= config->version_max || version >= 0x0304) {
        return NULL;
    }
    return config->version_max >= 0x0303 ? marks[version == 0x0303] : NULL;
}

int policy_alpn(const struct config *config, const struct hello *h, struct policy_choice *out)
{
    static const char *const HTTP_NAMES[] = {"http/1.1", "http/1.0"};
    const char *const *names = config->alpn.items;
    size_t count = config->alpn.count;

    if (count == 0 && config->mode != MODE_ECHO && config->mode != MODE_REVERSE &&
        config->mode != MODE_CONSOLE && config->mode != MODE_PROXY) {
        names = HTTP_NAMES;
        count = ARRAY_LEN(HTTP_NAMES);
    }
    out->alpn = NULL;
    if ((h->has & HELLO_HAS_ALPN) == 0 || count == 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (hello_alpn_has(h, names[i])) {
            out->alpn = names[i];
            return 0;
        }
    }
    if (config->alpn.count == 0 && config->s_server_style) {
        return 0; /* which has no protocol of its own */
    }
    return refuse(out, ALERT_NO_APPLICATION_PROTOCOL, "no application protocol in common");
}

bool policy_prefers_chacha(const struct config *config, const struct hello *h)
{
    struct reader r = reader_of(h->suites.data, h->suites.len);
    uint16_t first = reader_u16(&r);

    while (hello_is_grease(first) && reader_left(&r) >= 2) {
        first = reader_u16(&r);
    }
    return config->server_preference && (config->options & SSLOP_PRIORITIZE_CHACHA) != 0 &&
           is_chacha(first);
}

static int suite_keyx(uint16_t suite)
{
    for (size_t i = 0; i < ARRAY_LEN(SUITES); i++) {
        if (SUITES[i].suite == suite) {
            return SUITES[i].keyx;
        }
    }
    return -1;
}

/* Is the suite configured, and possible with that version? */
static bool is_allowed(const struct config *config, uint16_t suite, uint16_t version,
                       enum policy_keyx *keyx)
{
    int found = suite_keyx(suite);

    if (found < 0 || ((found & TLS12_ONLY) != 0 && version < 0x0303)) {
        return false;
    }
    *keyx = (enum policy_keyx)(found & ~TLS12_ONLY);
    for (size_t i = 0; i < config->suite_count; i++) {
        if (config->suites[i] == suite) {
            return true;
        }
    }
    return false;
}

/* Without ssl.signature-algorithms. */
static const struct sigalgs usual_signatures = {
    .schemes = {0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0603, 0x0804, 0x0805, 0x0806, 0x0301,
                0x0303, 0x0201, 0x0203},
    .count = 13,
};

uint8_t policy_hash_of(uint16_t scheme)
{
    return sigalg_is_pss(scheme) ? (uint8_t)scheme : (uint8_t)(scheme >> 8);
}

bool policy_fits_key(uint16_t scheme, const struct cred *rsa)
{
    return rsa != NULL ? sigalg_is_rsa(scheme) ||
                             (sigalg_is_pss(scheme) &&
                              (scheme != 0x0806 || rsa->key.rsa.n_bitlen > 8 * (64 + 64 + 2)))
                       : sigalg_is_ecdsa(scheme);
}

const struct sigalgs *policy_signatures(const struct config *config)
{
    return config->signatures.count > 0 ? &config->signatures : &usual_signatures;
}

/* The first of our list that fits the key (the RSA one, or NULL for ECDSA) and is on
 * the client's; 0 for none. Without the extension that is SHA-1 (RFC 5246), and
 * before TLS 1.2 nothing is chosen. */
static uint16_t choose_scheme(const struct config *config, const struct hello *h, uint16_t version,
                              const struct cred *rsa)
{
    const struct sigalgs *ours = policy_signatures(config);
    bool listed = (h->has & HELLO_HAS_SIGNATURES) != 0;

    if (version < 0x0303) {
        return rsa != NULL ? 0x0201 : 0x0203;
    }
    for (size_t i = 0; i < ours->count; i++) {
        uint16_t scheme = ours->schemes[i];

        if (policy_fits_key(scheme, rsa) &&
            (listed ? hello_list_has(h->signatures, scheme) : scheme >> 8 == br_sha1_ID)) {
            return scheme;
        }
    }
    return 0;
}

static bool client_has_group(const struct hello *h, uint16_t group)
{
    return (h->has & HELLO_HAS_GROUPS) != 0 ? hello_list_has(h->groups, group)
                                            : group == BR_EC_secp256r1;
}

static uint16_t choose_group(const struct config *config, const struct hello *h)
{
    for (size_t i = 0; i < config->group_count; i++) {
        /* X25519MLKEM768 is TLS 1.3's alone. */
        if (config->groups[i] != 0x11EC && client_has_group(h, config->groups[i])) {
            return config->groups[i];
        }
    }
    return 0;
}

/* What this hello allows, found once and used for every suite. */
struct offer {
    uint16_t group;
    uint16_t rsa_scheme, ec_scheme;
    bool ec_curve; /* the client takes certificates on our curve */
    const struct cred *rsa, *ec;
    const char *obstacle; /* why suites in common could not be used */
};

static bool usable(struct offer *o, enum policy_keyx keyx)
{
    bool ephemeral = keyx == KEYX_ECDHE_RSA || keyx == KEYX_ECDHE_ECDSA;
    bool rsa = keyx == KEYX_RSA || keyx == KEYX_ECDHE_RSA;
    unsigned issuer = keyx == KEYX_ECDH_RSA ? BR_KEYTYPE_RSA : BR_KEYTYPE_EC;

    if ((rsa ? o->rsa : o->ec) == NULL) {
        o->obstacle = rsa ? "no RSA certificate for the suites in common"
                          : "no ECDSA certificate for the suites in common";
    } else if (ephemeral && o->group == 0) {
        o->obstacle = "no group in common";
    } else if (ephemeral && (rsa ? o->rsa_scheme : o->ec_scheme) == 0) {
        o->obstacle = "no signature scheme in common";
    } else if (!rsa && !o->ec_curve) {
        o->obstacle = "the client does not take the curve of the ECDSA certificate";
    } else if (!rsa && !ephemeral && o->ec->issuer_key_type != issuer) {
        o->obstacle = "the certificate's issuer does not fit the static ECDH suites in common";
    } else {
        return true;
    }
    return false;
}

static bool try_suite(const struct config *config, uint16_t suite, struct offer *o,
                      struct policy_choice *out)
{
    enum policy_keyx keyx;
    bool rsa, ephemeral;

    if (!is_allowed(config, suite, out->version, &keyx) || !usable(o, keyx)) {
        return false;
    }
    rsa = keyx == KEYX_RSA || keyx == KEYX_ECDHE_RSA;
    ephemeral = keyx == KEYX_ECDHE_RSA || keyx == KEYX_ECDHE_ECDSA;
    out->suite = suite;
    out->keyx = (uint8_t)keyx;
    out->cred = rsa ? o->rsa : o->ec;
    out->group = ephemeral ? o->group : 0;
    out->hash_id = 0;
    out->signature = 0;
    if (ephemeral && out->version >= 0x0303) {
        out->signature = rsa ? o->rsa_scheme : o->ec_scheme;
        out->hash_id = policy_hash_of(out->signature);
    } else if (ephemeral && !rsa) {
        out->hash_id = br_sha1_ID;
    }
    return true;
}

/* In the server's order; chacha: only those with ChaCha20. */
static bool try_ours(const struct config *config, const struct hello *h, bool chacha,
                     struct offer *o, struct policy_choice *out)
{
    for (size_t i = 0; i < config->suite_count; i++) {
        if (hello_list_has(h->suites, config->suites[i]) &&
            (!chacha || is_chacha(config->suites[i])) &&
            try_suite(config, config->suites[i], o, out)) {
            return true;
        }
    }
    return false;
}

int policy_suite(const struct config *config, const struct hello *h, const struct cred_entry *entry,
                 struct policy_choice *out)
{
    struct offer o = {
        .group = choose_group(config, h),
        .rsa_scheme = entry->rsa != NULL ? choose_scheme(config, h, out->version, entry->rsa) : 0,
        .ec_scheme = choose_scheme(config, h, out->version, NULL),
        .rsa = entry->rsa,
        .ec = entry->ec,
    };

    o.ec_curve = o.ec != NULL && ((h->has & HELLO_HAS_GROUPS) == 0 ||
                                  hello_list_has(h->groups, (uint16_t)o.ec->key.ec.curve));
    if (config->server_preference) {
        if ((policy_prefers_chacha(config, h) && try_ours(config, h, true, &o, out)) ||
            try_ours(config, h, false, &o, out)) {
            return 0;
        }
    } else {
        struct reader r = reader_of(h->suites.data, h->suites.len);

        while (reader_left(&r) >= 2) {
            if (try_suite(config, reader_u16(&r), &o, out)) {
                return 0;
            }
        }
    }
    return refuse(out, ALERT_HANDSHAKE_FAILURE,
                  o.obstacle != NULL ? o.obstacle : "no cipher suite in common");
}
