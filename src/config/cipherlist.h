/*
 * OpenSSL's cipher-list grammar over the suites that BearSSL has, and the
 * table of those suites. Pure functions, no allocation.
 */
#ifndef TINY_CONFIG_CIPHERLIST_H
#define TINY_CONFIG_CIPHERLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIPHERLIST_MAX_SUITES 48

/* Texts in place: a pointer each would cost a relocation each. */
struct suite_info {
    uint16_t id; /* IANA number */
    uint16_t strength_bits;
    bool weak;                           /* 3DES, static key exchange, CBC with SHA-1 ... */
    char name[30];                       /* OpenSSL's name, as `openssl ciphers` prints it */
    char since[8];                       /* "TLSv1.2", "SSLv3": first column of -v */
    char kx[11], au[6], enc[23], mac[7]; /* as in `openssl ciphers -v` */
};

/* NULL for a suite that is not ours. */
const struct suite_info *suite_by_id(uint16_t id);

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

/* One line as `openssl ciphers -v` prints it, without the line end. */
size_t cipherlist_describe(const struct suite_info *s, char *dst, size_t cap);

#endif
