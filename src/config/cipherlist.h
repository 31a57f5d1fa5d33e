/*
 * OpenSSL's cipher-list grammar over the suites that BearSSL has, the table of
 * those suites, and the simple lists of TLS 1.3's. Pure functions, no allocation.
 */
#ifndef TINY_CONFIG_CIPHERLIST_H
#define TINY_CONFIG_CIPHERLIST_H

#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIPHERLIST_MAX_SUITES 48
#define CIPHERLIST_MAX_TLS13  8

/* One suite, told when asked for: names follow from properties. */
struct suite_info {
    uint32_t bits; /* enum suite_bit; for the functions below */
    uint16_t id;   /* IANA number */
    uint16_t strength_bits;
    bool weak;     /* 3DES, static key exchange, CBC ... */
    char name[30]; /* OpenSSL's name, as `openssl ciphers` prints it; "" if not ours */
};

/* False for a suite that is not ours. */
bool suite_by_id(uint16_t id, struct suite_info *info);
/* "TLSv1.2", "SSLv3": first column of `openssl ciphers -v`. */
const char *suite_since(const struct suite_info *s);
/* Appends what stands behind Enc= there: AESGCM(128). */
void suite_cipher(const struct suite_info *s, struct text *t);

struct cipherlist_result {
    uint16_t suites[CIPHERLIST_MAX_SUITES];
    size_t count;
    int security_level; /* of the last @SECLEVEL=, -1 when none was given */
    char unknown[160];  /* names that were skipped, blank-separated; "" if none */
    char error[160];    /* "" when all went well */
};

/* Keywords select as in OpenSSL; @SECLEVEL is only remembered, as `openssl
 * ciphers -v` shows it; cipherlist_apply_level takes the suites out.
 * aes_hardware: the CPU has AES instructions; decides the order of DEFAULT.
 * Returns 0, or -1 with result->error set. */
int cipherlist_parse(const char *list, bool aes_hardware, struct cipherlist_result *result);

/* Takes out what the list's @SECLEVEL does not allow. */
void cipherlist_apply_level(struct cipherlist_result *result);

/* TLS 1.3's suites by their names, joined by colons; "DEFAULT" for the usual ones.
 * What of it is not built in is skipped. Fills suites, count, unknown and error. */
int cipherlist_parse_tls13(const char *list, bool aes_hardware, struct cipherlist_result *result);

/* One line as `openssl ciphers -v` prints it, without the line end. */
size_t cipherlist_describe(const struct suite_info *s, char *dst, size_t cap);

#endif
