/*
 * Byte spans, big-endian access and wiping. Nothing here allocates or owns
 * memory. A reader never moves past its end: a read that does not fit sets
 * `bad`, yields zero or an empty span, and every later read fails too, so a
 * parser may read a whole structure and test `bad` once.
 */
#ifndef TINY_CORE_BYTES_H
#define TINY_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct span {
    const uint8_t *data;
    size_t len;
};

struct reader {
    const uint8_t *pos;
    const uint8_t *end;
    bool bad;
};

struct reader reader_of(const void *data, size_t len);
size_t reader_left(const struct reader *r);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u24(struct reader *r);
uint32_t reader_u32(struct reader *r);
/* The next len bytes, or an empty span and `bad`. */
struct span reader_take(struct reader *r, size_t len);
/* A vector with a length prefix of 1 or 2 bytes (RFC 8446, section 3.4). */
struct span reader_vec8(struct reader *r);
struct span reader_vec16(struct reader *r);

void put_u16(uint8_t *dst, uint32_t v);
void put_u24(uint8_t *dst, uint32_t v);
void put_u32(uint8_t *dst, uint32_t v);

struct span span_of(const void *data, size_t len);
/* Lengths may leak, contents do not: constant time in the contents. */
bool span_equal_ct(struct span a, struct span b);
bool span_equal(struct span a, struct span b);
/* Compares with a C string. */
bool span_is(struct span a, const char *text);
/* ASCII letters only, independent of the locale. */
bool span_is_nocase(struct span a, const char *text);
char ascii_lower(char c);

/* Overwrites memory in a way that the compiler may not remove. */
void bytes_wipe(void *p, size_t len);

#endif
