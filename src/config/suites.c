#include "config/suites.h"

#include "core/build.h"
#include "core/text.h"

#include <string.h>

#define ECDHE_ECDSA (KX_ECDHE | AU_ECDSA)
#define ECDHE_RSA   (KX_ECDHE | AU_RSA)
#define ECDH_ECDSA  (KX_ECDH_ECDSA | AU_ECDH)
#define ECDH_RSA    (KX_ECDH_RSA | AU_ECDH)
#define STATIC_RSA  (KX_RSA | AU_RSA)

#define ANY_GCM    (ENC_AES128GCM | ENC_AES256GCM)
#define ANY_CCM    (ENC_AES128CCM | ENC_AES256CCM)
#define ANY_CCM8   (ENC_AES128CCM8 | ENC_AES256CCM8)
#define ANY_AES128 (ENC_AES128 | ENC_AES128GCM | ENC_AES128CCM | ENC_AES128CCM8)
#define ANY_AES256 (ENC_AES256 | ENC_AES256GCM | ENC_AES256CCM | ENC_AES256CCM8)
#define ANY_ENC    (ANY_AES128 | ANY_AES256 | ENC_CHACHA20 | ENC_3DES)

/* What follows from the rest. CCM-8 counts as HIGH, as up to OpenSSL 3.1. */
#define SINCE_OF(kx, mac)                                                                          \
    ((mac) != MAC_SHA1 ? SINCE_TLS12 : ((kx)&KX_ECDHE) != 0 ? SINCE_TLS10 : SINCE_SSL3)
#define GRADE_OF(enc)                                                                              \
    (((enc) == ENC_3DES ? GRADE_MEDIUM : GRADE_HIGH) |                                             \
     (((enc) & (ANY_CCM | ANY_CCM8 | ENC_CHACHA20)) != 0 ? 0 : GRADE_FIPS))
#define DEFAULT_OF(kx, enc)                                                                        \
    (((kx)&KX_ECDHE) != 0 && ((enc) & (ANY_GCM | ENC_CHACHA20)) != 0 ? 0 : DEFAULT_OUT)
#define SUITE(id, kx, enc, mac)                                                                    \
    {                                                                                              \
        id, (kx) | (enc) | (mac) | SINCE_OF(kx, mac) | GRADE_OF(enc) | DEFAULT_OF(kx, enc)         \
    }

/* The order is that of OpenSSL's ALL: ephemeral before static key exchange,
 * authenticated encryption before CBC, TLS 1.2 before older, then by strength,
 * ECDSA before RSA. */
const struct suite suite_table[] = {
    SUITE(0xC02C, ECDHE_ECDSA, ENC_AES256GCM, MAC_AEAD),
    SUITE(0xC030, ECDHE_RSA, ENC_AES256GCM, MAC_AEAD),
    SUITE(0xCCA9, ECDHE_ECDSA, ENC_CHACHA20, MAC_AEAD),
    SUITE(0xCCA8, ECDHE_RSA, ENC_CHACHA20, MAC_AEAD),
#if TINY_LEGACY
    SUITE(0xC0AF, ECDHE_ECDSA, ENC_AES256CCM8, MAC_AEAD),
    SUITE(0xC0AD, ECDHE_ECDSA, ENC_AES256CCM, MAC_AEAD),
#endif
    SUITE(0xC02B, ECDHE_ECDSA, ENC_AES128GCM, MAC_AEAD),
    SUITE(0xC02F, ECDHE_RSA, ENC_AES128GCM, MAC_AEAD),
#if TINY_LEGACY
    SUITE(0xC0AE, ECDHE_ECDSA, ENC_AES128CCM8, MAC_AEAD),
    SUITE(0xC0AC, ECDHE_ECDSA, ENC_AES128CCM, MAC_AEAD),
    SUITE(0xC024, ECDHE_ECDSA, ENC_AES256, MAC_SHA384),
    SUITE(0xC028, ECDHE_RSA, ENC_AES256, MAC_SHA384),
    SUITE(0xC023, ECDHE_ECDSA, ENC_AES128, MAC_SHA256),
    SUITE(0xC027, ECDHE_RSA, ENC_AES128, MAC_SHA256),
    SUITE(0xC00A, ECDHE_ECDSA, ENC_AES256, MAC_SHA1),
    SUITE(0xC014, ECDHE_RSA, ENC_AES256, MAC_SHA1),
    SUITE(0xC009, ECDHE_ECDSA, ENC_AES128, MAC_SHA1),
    SUITE(0xC013, ECDHE_RSA, ENC_AES128, MAC_SHA1),
    SUITE(0xC008, ECDHE_ECDSA, ENC_3DES, MAC_SHA1),
    SUITE(0xC012, ECDHE_RSA, ENC_3DES, MAC_SHA1),
    SUITE(0xC02E, ECDH_ECDSA, ENC_AES256GCM, MAC_AEAD),
    SUITE(0xC032, ECDH_RSA, ENC_AES256GCM, MAC_AEAD),
    SUITE(0x009D, STATIC_RSA, ENC_AES256GCM, MAC_AEAD),
    SUITE(0xC0A1, STATIC_RSA, ENC_AES256CCM8, MAC_AEAD),
    SUITE(0xC09D, STATIC_RSA, ENC_AES256CCM, MAC_AEAD),
    SUITE(0xC02D, ECDH_ECDSA, ENC_AES128GCM, MAC_AEAD),
    SUITE(0xC031, ECDH_RSA, ENC_AES128GCM, MAC_AEAD),
    SUITE(0x009C, STATIC_RSA, ENC_AES128GCM, MAC_AEAD),
    SUITE(0xC0A0, STATIC_RSA, ENC_AES128CCM8, MAC_AEAD),
    SUITE(0xC09C, STATIC_RSA, ENC_AES128CCM, MAC_AEAD),
    SUITE(0xC026, ECDH_ECDSA, ENC_AES256, MAC_SHA384),
    SUITE(0xC02A, ECDH_RSA, ENC_AES256, MAC_SHA384),
    SUITE(0x003D, STATIC_RSA, ENC_AES256, MAC_SHA256),
    SUITE(0xC025, ECDH_ECDSA, ENC_AES128, MAC_SHA256),
    SUITE(0xC029, ECDH_RSA, ENC_AES128, MAC_SHA256),
    SUITE(0x003C, STATIC_RSA, ENC_AES128, MAC_SHA256),
    SUITE(0xC005, ECDH_ECDSA, ENC_AES256, MAC_SHA1),
    SUITE(0xC00F, ECDH_RSA, ENC_AES256, MAC_SHA1),
    SUITE(0x0035, STATIC_RSA, ENC_AES256, MAC_SHA1),
    SUITE(0xC004, ECDH_ECDSA, ENC_AES128, MAC_SHA1),
    SUITE(0xC00E, ECDH_RSA, ENC_AES128, MAC_SHA1),
    SUITE(0x002F, STATIC_RSA, ENC_AES128, MAC_SHA1),
    SUITE(0xC003, ECDH_ECDSA, ENC_3DES, MAC_SHA1),
    SUITE(0xC00D, ECDH_RSA, ENC_3DES, MAC_SHA1),
    SUITE(0x000A, STATIC_RSA, ENC_3DES, MAC_SHA1),
#endif
};
const size_t suite_table_len = ARRAY_LEN(suite_table);

/* TLS 1.3's, which the grammar does not select among. */
static const struct {
    struct suite suite;
    char name[29];
} tls13[] = {
    {{0x1301, ENC_AES128GCM | MAC_AEAD | SINCE_TLS13}, "TLS_AES_128_GCM_SHA256"},
    {{0x1302, ENC_AES256GCM | MAC_AEAD | SINCE_TLS13}, "TLS_AES_256_GCM_SHA384"},
    {{0x1303, ENC_CHACHA20 | MAC_AEAD | SINCE_TLS13}, "TLS_CHACHA20_POLY1305_SHA256"},
};

/* Keywords of OpenSSL 1.0.2 to 3.x for what BearSSL has no suite of (DHE, PSK,
 * anonymous, RC4, ...): known, and matching nothing, so that lists like
 * HIGH:!aNULL:!MD5 pass without a warning. */
static const char nothing[] =
    "COMPLEMENTOFALL eNULL NULL kEDH kDHE DH DHE EDH ADH kDHr kDHd kDH kPSK kRSAPSK "
    "kECDHEPSK kDHEPSK kSRP kGOST kGOST18 PSK SRP KRB5 kKRB5 aNULL aDSS DSS aPSK aSRP "
    "aGOST aGOST01 aGOST12 aDH aKRB5 AECDH DES RC4 RC2 IDEA SEED CAMELLIA CAMELLIA128 "
    "CAMELLIA256 ARIA ARIAGCM ARIA128 ARIA256 GOST89 MD5 GOST94 GOST89MAC GOST12 "
    "SSLv2 EXP EXPORT EXPORT40 EXPORT56 ";

/* Keywords of OpenSSL 1.0.2 to 3.x for the others. */
static const struct {
    uint32_t bits;
    char name[12];
} aliases[] = {
    {ANY_ENC, "ALL"},
    {KX_RSA, "kRSA"},
    {AU_RSA, "aRSA"},
    {KX_RSA | AU_RSA, "RSA"},
    {KX_ECDHE, "kECDHE"},
    {KX_ECDHE, "kEECDH"},
    {KX_ECDHE | ANY_AU, "ECDHE"},
    {KX_ECDHE | ANY_AU, "EECDH"},
    {KX_ECDH_RSA, "kECDHr"},
    {KX_ECDH_ECDSA, "kECDHe"},
    {KX_ECDH_RSA | KX_ECDH_ECDSA, "kECDH"},
    {KX_ECDHE | KX_ECDH_RSA | KX_ECDH_ECDSA, "ECDH"},
    {AU_ECDH, "aECDH"},
    {AU_ECDSA, "aECDSA"},
    {AU_ECDSA, "ECDSA"},
    {ANY_AES128, "AES128"},
    {ANY_AES256, "AES256"},
    {ANY_AES128 | ANY_AES256, "AES"},
    {ENC_AES128GCM | ENC_AES256GCM, "AESGCM"},
    {ANY_CCM | ANY_CCM8, "AESCCM"},
    {ANY_CCM8, "AESCCM8"},
    {ENC_CHACHA20, "CHACHA20"},
    {ENC_3DES, "3DES"},
    {ENC_AES128 | ENC_AES256 | ENC_3DES, "CBC"},
    {MAC_SHA1, "SHA1"},
    {MAC_SHA1, "SHA"},
    {MAC_SHA256, "SHA256"},
    {MAC_SHA384, "SHA384"},
    {SINCE_SSL3, "SSLv3"},
    {SINCE_TLS10, "TLSv1"},
    {SINCE_TLS10, "TLSv1.0"},
    {SINCE_TLS12, "TLSv1.2"},
    {GRADE_HIGH, "HIGH"},
    {GRADE_MEDIUM, "MEDIUM"},
    {GRADE_LOW, "LOW"},
    {GRADE_FIPS, "FIPS"},
};

static bool is_nothing(struct span name)
{
    for (const char *p = nothing; *p != '\0'; p++) {
        const char *blank = strchr(p, ' ');

        if (span_equal(name, span_of(p, (size_t)(blank - p)))) {
            return true;
        }
        p = blank;
    }
    return false;
}

uint32_t suite_alias_find(struct span name)
{
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        if (span_is(name, aliases[i].name)) {
            return aliases[i].bits;
        }
    }
    if (span_is(name, "COMPLEMENTOFDEFAULT")) {
        return DEFAULT_OUT;
    }
    return is_nothing(name) ? ENC_OTHER : 0;
}

unsigned suite_strength(uint32_t bits)
{
    return (bits & ENC_3DES) != 0 ? 112 : (bits & ANY_AES128) != 0 ? 128 : 256;
}

/* Names follow from the properties. OpenSSL's: ECDHE-RSA-AES128-SHA; or, with the
 * dashes made underlines, IANA's: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA. */
static size_t add_name(const struct suite *s, bool iana, char *dst, size_t cap)
{
    uint32_t b = s->bits;
    struct text t = text_over(dst, cap);

    text_addf(&t, "%s%s%s", iana ? "TLS-" : "",
              (b & KX_ECDHE) != 0 ? "ECDHE"
              : (b & KX_RSA) == 0 ? "ECDH"
              : iana              ? "RSA"
                                  : "",
              (b & KX_RSA) != 0                       ? ""
              : (b & (AU_ECDSA | KX_ECDH_ECDSA)) != 0 ? "-ECDSA"
                                                      : "-RSA");
    text_add(&t, iana ? "-WITH-" : (b & KX_RSA) == 0 ? "-" : "");
    if ((b & ENC_CHACHA20) != 0) {
        text_add(&t, "CHACHA20-POLY1305");
    } else if ((b & ENC_3DES) != 0) {
        text_add(&t, iana ? "3DES-EDE" : "DES-CBC3");
    } else {
        text_addf(&t, "AES%s%u", iana ? "-" : "", suite_strength(b));
    }
    if (iana && (b & (ENC_AES128 | ENC_AES256 | ENC_3DES)) != 0) {
        text_add(&t, "-CBC");
    }
    text_add(&t, (b & ANY_GCM) != 0    ? "-GCM"
                 : (b & ANY_CCM) != 0  ? "-CCM"
                 : (b & ANY_CCM8) == 0 ? ""
                 : iana                ? "-CCM-8"
                                       : "-CCM8");
    if ((b & (MAC_SHA256 | ENC_AES128GCM)) != 0 || (iana && (b & ENC_CHACHA20) != 0)) {
        text_add(&t, "-SHA256");
    } else if ((b & (MAC_SHA384 | ENC_AES256GCM)) != 0) {
        text_add(&t, "-SHA384");
    } else if ((b & MAC_SHA1) != 0) {
        text_add(&t, "-SHA");
    }
    for (size_t i = 0; iana && i < t.len; i++) {
        dst[i] = dst[i] == '-' ? '_' : dst[i];
    }
    return t.len;
}

const struct suite *suite_find(struct span name)
{
    for (size_t i = 0; i < 2 * suite_table_len; i++) {
        const struct suite *s = &suite_table[i / 2];
        char own[48];

        if (span_equal(name, span_of(own, add_name(s, i % 2 != 0, own, sizeof own)))) {
            return s;
        }
    }
    return NULL;
}

uint16_t suite_find_tls13(struct span name)
{
    for (size_t i = 0; i < ARRAY_LEN(tls13); i++) {
        if (span_is(name, tls13[i].name)) {
            return tls13[i].suite.id;
        }
    }
    return 0;
}

static const struct suite *row_by_id(uint16_t id)
{
    for (size_t i = 0; i < ARRAY_LEN(tls13); i++) {
        if (tls13[i].suite.id == id) {
            return &tls13[i].suite;
        }
    }
    for (size_t i = 0; TINY_TLS12 && i < suite_table_len; i++) {
        if (suite_table[i].id == id) {
            return &suite_table[i];
        }
    }
    return NULL;
}

bool suite_by_id(uint16_t id, struct suite_info *info)
{
    const struct suite *s = row_by_id(id);

    *info = (struct suite_info){.id = id};
    if (s == NULL) {
        return false;
    }
    info->bits = s->bits;
    info->strength_bits = (uint16_t)suite_strength(s->bits);
    info->weak = (s->bits & (KX_ECDHE | SINCE_TLS13)) == 0 || (s->bits & MAC_AEAD) == 0;
    if (!TINY_TLS12 || (s->bits & SINCE_TLS13) != 0) {
        memcpy(info->name, tls13[id - 0x1301].name, sizeof tls13[0].name);
    } else {
        (void)add_name(s, false, info->name, sizeof info->name);
    }
    return true;
}

const char *suite_since(const struct suite_info *s)
{
    return (s->bits & SINCE_TLS13) != 0   ? "TLSv1.3"
           : (s->bits & SINCE_TLS12) != 0 ? "TLSv1.2"
           : (s->bits & SINCE_TLS10) != 0 ? "TLSv1"
                                          : "SSLv3";
}

void suite_cipher(const struct suite_info *s, struct text *t)
{
    uint32_t b = s->bits;

    if ((b & ENC_CHACHA20) != 0) {
        text_add(t, "CHACHA20/POLY1305(256)");
    } else if ((b & ENC_3DES) != 0) {
        text_add(t, "3DES(168)");
    } else {
        text_addf(t, "AES%s(%u)",
                  (b & ANY_GCM) != 0    ? "GCM"
                  : (b & ANY_CCM) != 0  ? "CCM"
                  : (b & ANY_CCM8) != 0 ? "CCM8"
                                        : "",
                  s->strength_bits);
    }
}

bool suite_before_tls12(uint16_t id)
{
    const struct suite *s = row_by_id(id);

    return s != NULL && (s->bits & (SINCE_TLS12 | SINCE_TLS13)) == 0;
}

bool suite_allowed_at_level(uint16_t id, unsigned level)
{
    static const uint16_t least_bits[] = {0, 80, 112, 128, 192, 256};
    const struct suite *s = row_by_id(id);

    if (s == NULL || level >= ARRAY_LEN(least_bits)) {
        return false;
    }
    if (suite_strength(s->bits) < least_bits[level]) {
        return false;
    }
    /* OpenSSL asks for forward secrecy from level 3 on, and from level 4 on
     * takes SHA-1's 160 bits as too few. */
    if (level >= 3 && (s->bits & (KX_ECDHE | SINCE_TLS13)) == 0) {
        return false;
    }
    return level < 4 || (s->bits & MAC_SHA1) == 0;
}

size_t cipherlist_describe(const struct suite_info *s, char *dst, size_t cap)
{
    uint32_t b = s->bits;
    char enc[32];
    struct text e = text_over(enc, sizeof enc);
    struct text t = text_over(dst, cap);

    suite_cipher(s, &e);
    text_addf(&t, "%-30s %-7s Kx=%-8s Au=%-5s Enc=%-22s Mac=%-4s", s->name, suite_since(s),
              (b & SINCE_TLS13) != 0     ? "any"
              : (b & KX_RSA) != 0        ? "RSA"
              : (b & KX_ECDH_RSA) != 0   ? "ECDH/RSA"
              : (b & KX_ECDH_ECDSA) != 0 ? "ECDH/ECDSA"
                                         : "ECDH",
              (b & SINCE_TLS13) != 0 ? "any"
              : (b & AU_ECDSA) != 0  ? "ECDSA"
              : (b & AU_RSA) != 0    ? "RSA"
                                     : "ECDH",
              enc,
              (b & MAC_SHA1) != 0     ? "SHA1"
              : (b & MAC_SHA256) != 0 ? "SHA256"
              : (b & MAC_SHA384) != 0 ? "SHA384"
                                      : "AEAD");
    return t.len;
}
