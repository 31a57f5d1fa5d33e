#include "tls/oid.h"

#define OID_PKCS1  0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01
#define OID_PKCS5  0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05
#define OID_RSADSI 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D

const uint8_t OID_RSA[] = {9, OID_PKCS1, 1};
const uint8_t OID_RSA_PSS[] = {9, OID_PKCS1, 10};
const uint8_t OID_SHA256_RSA[] = {9, OID_PKCS1, 11};
const uint8_t OID_EC_KEY[] = {7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1};
const uint8_t OID_ECDSA_SHA256[] = {8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2};
const uint8_t OID_P256[] = {8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7};
const uint8_t OID_P384[] = {5, 0x2B, 0x81, 4, 0, 34};
const uint8_t OID_P521[] = {5, 0x2B, 0x81, 4, 0, 35};
const uint8_t OID_DSA[] = {7, 0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 1};
const uint8_t OID_COMMON_NAME[] = {3, 0x55, 4, 3};
const uint8_t OID_SUBJECT_KEY_ID[] = {3, 0x55, 29, 14};
const uint8_t OID_KEY_USAGE[] = {3, 0x55, 29, 15};
const uint8_t OID_ALT_NAME[] = {3, 0x55, 29, 17};
const uint8_t OID_CONSTRAINTS[] = {3, 0x55, 29, 19};
const uint8_t OID_EXT_KEY_USAGE[] = {3, 0x55, 29, 37};
const uint8_t OID_SERVER_AUTH[] = {8, 0x2B, 6, 1, 5, 5, 7, 3, 1};
const uint8_t OID_CLIENT_AUTH[] = {8, 0x2B, 6, 1, 5, 5, 7, 3, 2};
const uint8_t OID_PBES2[] = {9, OID_PKCS5, 13};
const uint8_t OID_PBKDF2[] = {9, OID_PKCS5, 12};
const uint8_t OID_SCRYPT[] = {9, 0x2B, 6, 1, 4, 1, 0xDA, 0x47, 4, 11};
const uint8_t OID_HMAC_SHA1[] = {8, OID_RSADSI, 2, 7};
const uint8_t OID_HMAC_SHA224[] = {8, OID_RSADSI, 2, 8};
const uint8_t OID_HMAC_SHA256[] = {8, OID_RSADSI, 2, 9};
const uint8_t OID_HMAC_SHA384[] = {8, OID_RSADSI, 2, 10};
const uint8_t OID_HMAC_SHA512[] = {8, OID_RSADSI, 2, 11};
const uint8_t OID_DES_EDE3_CBC[] = {8, OID_RSADSI, 3, 7};
const uint8_t OID_AES128_CBC[] = {9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2};
const uint8_t OID_AES192_CBC[] = {9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 22};
const uint8_t OID_AES256_CBC[] = {9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42};
