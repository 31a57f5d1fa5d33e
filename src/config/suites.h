/*
 * The table behind the cipher-list grammar: every suite that BearSSL's server
 * has, in the order in which OpenSSL's ALL would list it, with the properties that
 * the keywords select by; and the keywords themselves. Constant data.
 */
#ifndef TINY_CONFIG_SUITES_H
#define TINY_CONFIG_SUITES_H

#include "config/cipherlist.h"
#include "core/bytes.h"

/* Properties, each a set of its own; a suite has one bit of each. */
enum suite_kx { KX_ECDHE = 1, KX_RSA = 2, KX_ECDH_RSA = 4, KX_ECDH_ECDSA = 8 };
enum suite_au { AU_ECDSA = 1, AU_RSA = 2, AU_ECDH = 4 };
enum suite_enc {
    ENC_AES128 = 1,
    ENC_AES256 = 2,
    ENC_AES128GCM = 4,
    ENC_AES256GCM = 8,
    ENC_AES128CCM = 16,
    ENC_AES256CCM = 32,
    ENC_AES128CCM8 = 64,
    ENC_AES256CCM8 = 128,
    ENC_CHACHA20 = 256,
    ENC_3DES = 512,
};
enum suite_mac { MAC_SHA1 = 1, MAC_SHA256 = 2, MAC_SHA384 = 4, MAC_AEAD = 8 };
enum suite_since { SINCE_SSL3 = 1, SINCE_TLS10 = 2, SINCE_TLS12 = 3 };
enum suite_grade { GRADE_HIGH = 1, GRADE_MEDIUM = 2, GRADE_LOW = 4, GRADE_FIPS = 8 };
enum suite_default { DEFAULT_IN = 1, DEFAULT_OUT = 2 };
/* Not a bit of any suite: an alias with it matches nothing that is built. */
#define SUITE_NOTHING 0x8000u

struct suite_bits {
    uint16_t kx, au, enc, mac, since, grade, in_default;
};

struct suite {
    struct suite_info info;
    struct suite_bits bits;
};

struct suite_alias {
    char name[20];
    struct suite_bits bits; /* 0: does not narrow */
};

extern const struct suite suite_table[];
extern const size_t suite_table_len;

/* NULL when it is no keyword of the grammar. */
const struct suite_alias *suite_alias_find(struct span name);
/* By OpenSSL's or IANA's name; NULL when it is not ours. */
const struct suite *suite_find(struct span name);
/* True when TLS 1.0 or 1.1 can use it. */
bool suite_before_tls12(uint16_t id);
/* What @SECLEVEL=level leaves over, 0 to 5, by OpenSSL's rules for suites. */
bool suite_allowed_at_level(uint16_t id, unsigned level);

#endif
