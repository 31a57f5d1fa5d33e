#include "config/suites.h"

#include "core/text.h"

#include <string.h>

/* The order is that of OpenSSL's ALL: ephemeral before static key exchange,
 * authenticated encryption before CBC, TLS 1.2 before older, then by strength,
 * ECDSA before RSA. The static ECDH suites have the names of OpenSSL 1.0.2,
 * which was the last to have them. CCM-8 counts as HIGH, as up to OpenSSL 3.1. */
const struct suite suite_table[] = {
    {{0xC02C, 256, false, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2", "ECDH", "ECDSA",
      "AESGCM(256)", "AEAD"},
     {KX_ECDHE, AU_ECDSA, ENC_AES256GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_IN}},
    {{0xC030, 256, false, "ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", "ECDH", "RSA", "AESGCM(256)",
      "AEAD"},
     {KX_ECDHE, AU_RSA, ENC_AES256GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_IN}},
    {{0xCCA9, 256, false, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2", "ECDH", "ECDSA",
      "CHACHA20/POLY1305(256)", "AEAD"},
     {KX_ECDHE, AU_ECDSA, ENC_CHACHA20, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_IN}},
    {{0xCCA8, 256, false, "ECDHE-RSA-CHACHA20-POLY1305", "TLSv1.2", "ECDH", "RSA",
      "CHACHA20/POLY1305(256)", "AEAD"},
     {KX_ECDHE, AU_RSA, ENC_CHACHA20, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_IN}},
    {{0xC0AF, 256, false, "ECDHE-ECDSA-AES256-CCM8", "TLSv1.2", "ECDH", "ECDSA", "AESCCM8(256)",
      "AEAD"},
     {KX_ECDHE, AU_ECDSA, ENC_AES256CCM8, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC0AD, 256, false, "ECDHE-ECDSA-AES256-CCM", "TLSv1.2", "ECDH", "ECDSA", "AESCCM(256)",
      "AEAD"},
     {KX_ECDHE, AU_ECDSA, ENC_AES256CCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC02B, 128, false, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2", "ECDH", "ECDSA",
      "AESGCM(128)", "AEAD"},
     {KX_ECDHE, AU_ECDSA, ENC_AES128GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_IN}},
    {{0xC02F, 128, false, "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "ECDH", "RSA", "AESGCM(128)",
      "AEAD"},
     {KX_ECDHE, AU_RSA, ENC_AES128GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_IN}},
    {{0xC0AE, 128, false, "ECDHE-ECDSA-AES128-CCM8", "TLSv1.2", "ECDH", "ECDSA", "AESCCM8(128)",
      "AEAD"},
     {KX_ECDHE, AU_ECDSA, ENC_AES128CCM8, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC0AC, 128, false, "ECDHE-ECDSA-AES128-CCM", "TLSv1.2", "ECDH", "ECDSA", "AESCCM(128)",
      "AEAD"},
     {KX_ECDHE, AU_ECDSA, ENC_AES128CCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC024, 256, true, "ECDHE-ECDSA-AES256-SHA384", "TLSv1.2", "ECDH", "ECDSA", "AES(256)",
      "SHA384"},
     {KX_ECDHE, AU_ECDSA, ENC_AES256, MAC_SHA384, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC028, 256, true, "ECDHE-RSA-AES256-SHA384", "TLSv1.2", "ECDH", "RSA", "AES(256)", "SHA384"},
     {KX_ECDHE, AU_RSA, ENC_AES256, MAC_SHA384, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC023, 128, true, "ECDHE-ECDSA-AES128-SHA256", "TLSv1.2", "ECDH", "ECDSA", "AES(128)",
      "SHA256"},
     {KX_ECDHE, AU_ECDSA, ENC_AES128, MAC_SHA256, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC027, 128, true, "ECDHE-RSA-AES128-SHA256", "TLSv1.2", "ECDH", "RSA", "AES(128)", "SHA256"},
     {KX_ECDHE, AU_RSA, ENC_AES128, MAC_SHA256, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC00A, 256, true, "ECDHE-ECDSA-AES256-SHA", "TLSv1", "ECDH", "ECDSA", "AES(256)", "SHA1"},
     {KX_ECDHE, AU_ECDSA, ENC_AES256, MAC_SHA1, SINCE_TLS10, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC014, 256, true, "ECDHE-RSA-AES256-SHA", "TLSv1", "ECDH", "RSA", "AES(256)", "SHA1"},
     {KX_ECDHE, AU_RSA, ENC_AES256, MAC_SHA1, SINCE_TLS10, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC009, 128, true, "ECDHE-ECDSA-AES128-SHA", "TLSv1", "ECDH", "ECDSA", "AES(128)", "SHA1"},
     {KX_ECDHE, AU_ECDSA, ENC_AES128, MAC_SHA1, SINCE_TLS10, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC013, 128, true, "ECDHE-RSA-AES128-SHA", "TLSv1", "ECDH", "RSA", "AES(128)", "SHA1"},
     {KX_ECDHE, AU_RSA, ENC_AES128, MAC_SHA1, SINCE_TLS10, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC008, 112, true, "ECDHE-ECDSA-DES-CBC3-SHA", "TLSv1", "ECDH", "ECDSA", "3DES(168)", "SHA1"},
     {KX_ECDHE, AU_ECDSA, ENC_3DES, MAC_SHA1, SINCE_TLS10, GRADE_MEDIUM | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC012, 112, true, "ECDHE-RSA-DES-CBC3-SHA", "TLSv1", "ECDH", "RSA", "3DES(168)", "SHA1"},
     {KX_ECDHE, AU_RSA, ENC_3DES, MAC_SHA1, SINCE_TLS10, GRADE_MEDIUM | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC02E, 256, true, "ECDH-ECDSA-AES256-GCM-SHA384", "TLSv1.2", "ECDH/ECDSA", "ECDH",
      "AESGCM(256)", "AEAD"},
     {KX_ECDH_ECDSA, AU_ECDH, ENC_AES256GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC032, 256, true, "ECDH-RSA-AES256-GCM-SHA384", "TLSv1.2", "ECDH/RSA", "ECDH", "AESGCM(256)",
      "AEAD"},
     {KX_ECDH_RSA, AU_ECDH, ENC_AES256GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0x009D, 256, true, "AES256-GCM-SHA384", "TLSv1.2", "RSA", "RSA", "AESGCM(256)", "AEAD"},
     {KX_RSA, AU_RSA, ENC_AES256GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC0A1, 256, true, "AES256-CCM8", "TLSv1.2", "RSA", "RSA", "AESCCM8(256)", "AEAD"},
     {KX_RSA, AU_RSA, ENC_AES256CCM8, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC09D, 256, true, "AES256-CCM", "TLSv1.2", "RSA", "RSA", "AESCCM(256)", "AEAD"},
     {KX_RSA, AU_RSA, ENC_AES256CCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC02D, 128, true, "ECDH-ECDSA-AES128-GCM-SHA256", "TLSv1.2", "ECDH/ECDSA", "ECDH",
      "AESGCM(128)", "AEAD"},
     {KX_ECDH_ECDSA, AU_ECDH, ENC_AES128GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC031, 128, true, "ECDH-RSA-AES128-GCM-SHA256", "TLSv1.2", "ECDH/RSA", "ECDH", "AESGCM(128)",
      "AEAD"},
     {KX_ECDH_RSA, AU_ECDH, ENC_AES128GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0x009C, 128, true, "AES128-GCM-SHA256", "TLSv1.2", "RSA", "RSA", "AESGCM(128)", "AEAD"},
     {KX_RSA, AU_RSA, ENC_AES128GCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC0A0, 128, true, "AES128-CCM8", "TLSv1.2", "RSA", "RSA", "AESCCM8(128)", "AEAD"},
     {KX_RSA, AU_RSA, ENC_AES128CCM8, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC09C, 128, true, "AES128-CCM", "TLSv1.2", "RSA", "RSA", "AESCCM(128)", "AEAD"},
     {KX_RSA, AU_RSA, ENC_AES128CCM, MAC_AEAD, SINCE_TLS12, GRADE_HIGH, DEFAULT_OUT}},
    {{0xC026, 256, true, "ECDH-ECDSA-AES256-SHA384", "TLSv1.2", "ECDH/ECDSA", "ECDH", "AES(256)",
      "SHA384"},
     {KX_ECDH_ECDSA, AU_ECDH, ENC_AES256, MAC_SHA384, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC02A, 256, true, "ECDH-RSA-AES256-SHA384", "TLSv1.2", "ECDH/RSA", "ECDH", "AES(256)",
      "SHA384"},
     {KX_ECDH_RSA, AU_ECDH, ENC_AES256, MAC_SHA384, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0x003D, 256, true, "AES256-SHA256", "TLSv1.2", "RSA", "RSA", "AES(256)", "SHA256"},
     {KX_RSA, AU_RSA, ENC_AES256, MAC_SHA256, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC025, 128, true, "ECDH-ECDSA-AES128-SHA256", "TLSv1.2", "ECDH/ECDSA", "ECDH", "AES(128)",
      "SHA256"},
     {KX_ECDH_ECDSA, AU_ECDH, ENC_AES128, MAC_SHA256, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC029, 128, true, "ECDH-RSA-AES128-SHA256", "TLSv1.2", "ECDH/RSA", "ECDH", "AES(128)",
      "SHA256"},
     {KX_ECDH_RSA, AU_ECDH, ENC_AES128, MAC_SHA256, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0x003C, 128, true, "AES128-SHA256", "TLSv1.2", "RSA", "RSA", "AES(128)", "SHA256"},
     {KX_RSA, AU_RSA, ENC_AES128, MAC_SHA256, SINCE_TLS12, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC005, 256, true, "ECDH-ECDSA-AES256-SHA", "SSLv3", "ECDH/ECDSA", "ECDH", "AES(256)",
      "SHA1"},
     {KX_ECDH_ECDSA, AU_ECDH, ENC_AES256, MAC_SHA1, SINCE_SSL3, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC00F, 256, true, "ECDH-RSA-AES256-SHA", "SSLv3", "ECDH/RSA", "ECDH", "AES(256)", "SHA1"},
     {KX_ECDH_RSA, AU_ECDH, ENC_AES256, MAC_SHA1, SINCE_SSL3, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0x0035, 256, true, "AES256-SHA", "SSLv3", "RSA", "RSA", "AES(256)", "SHA1"},
     {KX_RSA, AU_RSA, ENC_AES256, MAC_SHA1, SINCE_SSL3, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC004, 128, true, "ECDH-ECDSA-AES128-SHA", "SSLv3", "ECDH/ECDSA", "ECDH", "AES(128)",
      "SHA1"},
     {KX_ECDH_ECDSA, AU_ECDH, ENC_AES128, MAC_SHA1, SINCE_SSL3, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC00E, 128, true, "ECDH-RSA-AES128-SHA", "SSLv3", "ECDH/RSA", "ECDH", "AES(128)", "SHA1"},
     {KX_ECDH_RSA, AU_ECDH, ENC_AES128, MAC_SHA1, SINCE_SSL3, GRADE_HIGH | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0x002F, 128, true, "AES128-SHA", "SSLv3", "RSA", "RSA", "AES(128)", "SHA1"},
     {KX_RSA, AU_RSA, ENC_AES128, MAC_SHA1, SINCE_SSL3, GRADE_HIGH | GRADE_FIPS, DEFAULT_OUT}},
    {{0xC003, 112, true, "ECDH-ECDSA-DES-CBC3-SHA", "SSLv3", "ECDH/ECDSA", "ECDH", "3DES(168)",
      "SHA1"},
     {KX_ECDH_ECDSA, AU_ECDH, ENC_3DES, MAC_SHA1, SINCE_SSL3, GRADE_MEDIUM | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0xC00D, 112, true, "ECDH-RSA-DES-CBC3-SHA", "SSLv3", "ECDH/RSA", "ECDH", "3DES(168)", "SHA1"},
     {KX_ECDH_RSA, AU_ECDH, ENC_3DES, MAC_SHA1, SINCE_SSL3, GRADE_MEDIUM | GRADE_FIPS,
      DEFAULT_OUT}},
    {{0x000A, 112, true, "DES-CBC3-SHA", "SSLv3", "RSA", "RSA", "3DES(168)", "SHA1"},
     {KX_RSA, AU_RSA, ENC_3DES, MAC_SHA1, SINCE_SSL3, GRADE_MEDIUM | GRADE_FIPS, DEFAULT_OUT}},
};
const size_t suite_table_len = ARRAY_LEN(suite_table);

#define ANY_BUT_NULL 0x7FFF
#define ANY_CCM      (ENC_AES128CCM | ENC_AES256CCM)
#define ANY_CCM8     (ENC_AES128CCM8 | ENC_AES256CCM8)
#define ANY_AES128   (ENC_AES128 | ENC_AES128GCM | ENC_AES128CCM | ENC_AES128CCM8)
#define ANY_AES256   (ENC_AES256 | ENC_AES256GCM | ENC_AES256CCM | ENC_AES256CCM8)

/* Keywords of OpenSSL 1.0.2 to 3.x for what BearSSL has no suite of (DHE, PSK,
 * anonymous, RC4, ...): known, and matching nothing, so that lists like
 * HIGH:!aNULL:!MD5 pass without a warning. */
static const char nothing[] =
    "COMPLEMENTOFALL eNULL NULL kEDH kDHE DH DHE EDH ADH kDHr kDHd kDH kPSK kRSAPSK "
    "kECDHEPSK kDHEPSK kSRP kGOST kGOST18 PSK SRP KRB5 kKRB5 aNULL aDSS DSS aPSK aSRP "
    "aGOST aGOST01 aGOST12 aDH aKRB5 AECDH DES RC4 RC2 IDEA SEED CAMELLIA CAMELLIA128 "
    "CAMELLIA256 ARIA ARIAGCM ARIA128 ARIA256 GOST89 MD5 GOST94 GOST89MAC GOST12 "
    "SSLv2 EXP EXPORT EXPORT40 EXPORT56 ";
static const struct suite_alias matches_nothing = {"", {.enc = SUITE_NOTHING}};

/* Keywords of OpenSSL 1.0.2 to 3.x for the others. */
static const struct suite_alias aliases[] = {
    {"ALL", {.enc = ANY_BUT_NULL}},
    {"COMPLEMENTOFDEFAULT", {.in_default = DEFAULT_OUT}},
    {"kRSA", {.kx = KX_RSA}},
    {"aRSA", {.au = AU_RSA}},
    {"RSA", {.kx = KX_RSA, .au = AU_RSA}},
    {"kECDHE", {.kx = KX_ECDHE}},
    {"kEECDH", {.kx = KX_ECDHE}},
    {"ECDHE", {.kx = KX_ECDHE, .au = ANY_BUT_NULL}},
    {"EECDH", {.kx = KX_ECDHE, .au = ANY_BUT_NULL}},
    {"kECDHr", {.kx = KX_ECDH_RSA}},
    {"kECDHe", {.kx = KX_ECDH_ECDSA}},
    {"kECDH", {.kx = KX_ECDH_RSA | KX_ECDH_ECDSA}},
    {"ECDH", {.kx = KX_ECDHE | KX_ECDH_RSA | KX_ECDH_ECDSA}},
    {"aECDH", {.au = AU_ECDH}},
    {"aECDSA", {.au = AU_ECDSA}},
    {"ECDSA", {.au = AU_ECDSA}},
    {"AES128", {.enc = ANY_AES128}},
    {"AES256", {.enc = ANY_AES256}},
    {"AES", {.enc = ANY_AES128 | ANY_AES256}},
    {"AESGCM", {.enc = ENC_AES128GCM | ENC_AES256GCM}},
    {"AESCCM", {.enc = ANY_CCM | ANY_CCM8}},
    {"AESCCM8", {.enc = ANY_CCM8}},
    {"CHACHA20", {.enc = ENC_CHACHA20}},
    {"3DES", {.enc = ENC_3DES}},
    {"CBC", {.enc = ENC_AES128 | ENC_AES256 | ENC_3DES}},
    {"SHA1", {.mac = MAC_SHA1}},
    {"SHA", {.mac = MAC_SHA1}},
    {"SHA256", {.mac = MAC_SHA256}},
    {"SHA384", {.mac = MAC_SHA384}},
    {"SSLv3", {.since = SINCE_SSL3}},
    {"TLSv1", {.since = SINCE_TLS10}},
    {"TLSv1.0", {.since = SINCE_TLS10}},
    {"TLSv1.2", {.since = SINCE_TLS12}},
    {"HIGH", {.grade = GRADE_HIGH}},
    {"MEDIUM", {.grade = GRADE_MEDIUM}},
    {"LOW", {.grade = GRADE_LOW}},
    {"FIPS", {.grade = GRADE_FIPS}},
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

const struct suite_alias *suite_alias_find(struct span name)
{
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        if (span_is(name, aliases[i].name)) {
            return &aliases[i];
        }
    }
    return is_nothing(name) ? &matches_nothing : NULL;
}

/* IANA's name follows from the properties: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA. */
static size_t iana_name(const struct suite *s, char *dst, size_t cap)
{
    unsigned enc = s->bits.enc;
    struct text t = text_over(dst, cap);

    text_add(&t, s->bits.kx == KX_RSA          ? "TLS_RSA"
                 : s->bits.kx == KX_ECDH_RSA   ? "TLS_ECDH_RSA"
                 : s->bits.kx == KX_ECDH_ECDSA ? "TLS_ECDH_ECDSA"
                 : s->bits.au == AU_RSA        ? "TLS_ECDHE_RSA"
                                               : "TLS_ECDHE_ECDSA");
    text_add(&t, enc == ENC_3DES           ? "_WITH_3DES_EDE"
                 : enc == ENC_CHACHA20     ? "_WITH_CHACHA20_POLY1305_SHA256"
                 : (enc & ANY_AES128) != 0 ? "_WITH_AES_128"
                                           : "_WITH_AES_256");
    text_add(&t, enc == ENC_AES128GCM        ? "_GCM_SHA256"
                 : enc == ENC_AES256GCM      ? "_GCM_SHA384"
                 : (enc & ANY_CCM) != 0      ? "_CCM"
                 : (enc & ANY_CCM8) != 0     ? "_CCM_8"
                 : s->bits.mac == MAC_SHA1   ? "_CBC_SHA"
                 : s->bits.mac == MAC_SHA256 ? "_CBC_SHA256"
                 : s->bits.mac == MAC_SHA384 ? "_CBC_SHA384"
                                             : "");
    return t.len;
}

const struct suite *suite_find(struct span name)
{
    for (size_t i = 0; i < suite_table_len; i++) {
        const struct suite *s = &suite_table[i];
        char iana[48];
        size_t len = iana_name(s, iana, sizeof iana);

        if (span_is(name, s->info.name) || span_equal(name, span_of(iana, len))) {
            return s;
        }
    }
    return NULL;
}

static const struct suite *row_by_id(uint16_t id)
{
    for (size_t i = 0; i < suite_table_len; i++) {
        if (suite_table[i].info.id == id) {
            return &suite_table[i];
        }
    }
    return NULL;
}

const struct suite_info *suite_by_id(uint16_t id)
{
    const struct suite *s = row_by_id(id);

    return s != NULL ? &s->info : NULL;
}

bool suite_before_tls12(uint16_t id)
{
    const struct suite *s = row_by_id(id);

    return s != NULL && s->bits.since != SINCE_TLS12;
}

bool suite_allowed_at_level(uint16_t id, unsigned level)
{
    static const uint16_t least_bits[] = {0, 80, 112, 128, 192, 256};
    const struct suite *s = row_by_id(id);

    if (s == NULL || level >= ARRAY_LEN(least_bits)) {
        return false;
    }
    if (s->info.strength_bits < least_bits[level]) {
        return false;
    }
    /* OpenSSL asks for forward secrecy from level 3 on, and from level 4 on
     * takes SHA-1's 160 bits as too few. */
    if (level >= 3 && s->bits.kx != KX_ECDHE) {
        return false;
    }
    return level < 4 || s->bits.mac != MAC_SHA1;
}

size_t cipherlist_describe(const struct suite_info *s, char *dst, size_t cap)
{
    struct text t = text_over(dst, cap);

    text_addf(&t, "%-30s %-7s Kx=%-8s Au=%-5s Enc=%-22s Mac=%-4s", s->name, s->since, s->kx, s->au,
              s->enc, s->mac);
    return t.len;
}
