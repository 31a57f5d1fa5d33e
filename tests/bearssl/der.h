/*
 * Writes DER by hand, for keys that no tool would make. The caller owns the
 * memory and makes it large enough; lengths are up to 65535 bytes.
 */
#ifndef TINY_TESTS_BEARSSL_DER_H
#define TINY_TESTS_BEARSSL_DER_H

#include <stddef.h>
#include <string.h>

/* Writes a tag and a length; returns how many bytes that took. */
static inline size_t der_head(unsigned char *dst, unsigned char tag, size_t len)
{
    dst[0] = tag;
    if (len < 0x80) {
        dst[1] = (unsigned char)len;
        return 2;
    }
    dst[1] = 0x82;
    dst[2] = (unsigned char)(len >> 8);
    dst[3] = (unsigned char)len;
    return 4;
}

/* Writes an element whose contents are len times the same byte. */
static inline size_t der_fill(unsigned char *dst, unsigned char tag, unsigned char byte, size_t len)
{
    size_t head = der_head(dst, tag, len);

    memset(dst + head, byte, len);
    return head + len;
}

#endif
