/*
 * Object identifiers that keys and certificates name, each as its length
 * followed by its DER contents. Constants only.
 */
#ifndef TINY_TLS_OID_H
#define TINY_TLS_OID_H

#include <stdint.h>

extern const uint8_t OID_RSA[];
extern const uint8_t OID_RSA_PSS[];
extern const uint8_t OID_SHA256_RSA[];
extern const uint8_t OID_EC_KEY[];
extern const uint8_t OID_ECDSA_SHA256[];
extern const uint8_t OID_P256[];
extern const uint8_t OID_P384[];
extern const uint8_t OID_P521[];
extern const uint8_t OID_DSA[];
extern const uint8_t OID_COMMON_NAME[];
extern const uint8_t OID_SUBJECT_KEY_ID[];
extern const uint8_t OID_KEY_USAGE[];
extern const uint8_t OID_ALT_NAME[];
extern const uint8_t OID_CONSTRAINTS[];
extern const uint8_t OID_EXT_KEY_USAGE[];
extern const uint8_t OID_SERVER_AUTH[];
extern const uint8_t OID_CLIENT_AUTH[];
extern const uint8_t OID_PBES2[];
extern const uint8_t OID_PBKDF2[];
extern const uint8_t OID_SCRYPT[];
extern const uint8_t OID_HMAC_SHA1[];
extern const uint8_t OID_HMAC_SHA224[];
extern const uint8_t OID_HMAC_SHA256[];
extern const uint8_t OID_HMAC_SHA384[];
extern const uint8_t OID_HMAC_SHA512[];
extern const uint8_t OID_DES_EDE3_CBC[];
extern const uint8_t OID_AES128_CBC[];
extern const uint8_t OID_AES192_CBC[];
extern const uint8_t OID_AES256_CBC[];

#endif
