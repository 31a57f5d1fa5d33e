/*
 * The table behind the cipher-list grammar: every suite that BearSSL's server
 * has, in the order in which OpenSSL's ALL would list it, with the properties that
 * the keywords select by; and the keywords themselves. Constant data.
 */
#ifndef TINY_CONFIG_SUITES_H
#define TINY_CONFIG_SUITES_H

#include "config/cipherlist.h"
#include "core/bytes.h"

/* Properties of a suite. A pattern of the grammar has any number of a group, and
 * matches what has one of them; it leaves open the groups of which it has none. */
enum suite_bit {
    KX_ECDHE = 1 << 0,
    KX_RSA = 1 << 1,
    KX_ECDH_RSA = 1 << 2,
    KX_ECDH_ECDSA = 1 << 3,
    AU_ECDSA = 1 << 4,
    AU_RSA = 1 << 5,
    AU_ECDH = 1 << 6,
    ENC_AES128 = 1 << 7,
    ENC_AES256 = 1 << 8,
    ENC_AES128GCM = 1 << 9,
    ENC_AES256GCM = 1 << 10,
    ENC_AES128CCM = 1 << 11,
    ENC_AES256CCM = 1 << 12,
    ENC_AES128CCM8 = 1 << 13,
    ENC_AES256CCM8 = 1 << 14,
    ENC_CHACHA20 = 1 << 15,
    ENC_3DES = 1 << 16,
    ENC_OTHER = 1 << 17, /* of no suite that is built */
    MAC_SHA1 = 1 << 18,
    MAC_SHA256 = 1 << 19,
    MAC_SHA384 = 1 << 20,
    MAC_AEAD = 1 << 21,
    SINCE_SSL3 = 1 << 22,
    SINCE_TLS10 = 1 << 23,
    SINCE_TLS12 = 1 << 24,
    GRADE_HIGH = 1 << 25,
    GRADE_MEDIUM = 1 << 26,
    GRADE_LOW = 1 << 27, /* of no suite that is built */
    GRADE_FIPS = 1 << 28,
    DEFAULT_OUT = 1 << 29,
    SINCE_TLS13 = 1 << 30, /* no rows of suite_table */
};
#define ANY_KX    (KX_ECDHE | KX_RSA | KX_ECDH_RSA | KX_ECDH_ECDSA)
#define ANY_AU    (AU_ECDSA | AU_RSA | AU_ECDH)
#define ANY_MAC   (MAC_SHA1 | MAC_SHA256 | MAC_SHA384 | MAC_AEAD)
#define ANY_SINCE (SINCE_SSL3 | SINCE_TLS10 | SINCE_TLS12)
#define ANY_GRADE (GRADE_HIGH | GRADE_MEDIUM | GRADE_LOW | GRADE_FIPS)

struct suite {
    uint16_t id;
    uint32_t bits;
};

extern const struct suite suite_table[];
extern const size_t suite_table_len;

/* The pattern of a keyword; 0 when it is none. */
uint32_t suite_alias_find(struct span name);
/* 256, 128 or 112. */
unsigned suite_strength(uint32_t bits);
/* By OpenSSL's or IANA's name; NULL when it is not ours. */
const struct suite *suite_find(struct span name);
/* The number of a suite of TLS 1.3; 0 when it is not ours. */
uint16_t suite_find_tls13(struct span name);
/* True when TLS 1.0 or 1.1 can use it. */
bool suite_before_tls12(uint16_t id);
/* What @SECLEVEL=level leaves over, 0 to 5, by OpenSSL's rules for suites. */
bool suite_allowed_at_level(uint16_t id, unsigned level);

#endif
