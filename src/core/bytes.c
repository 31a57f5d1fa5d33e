#include "core/bytes.h"

#include <string.h>

struct reader reader_of(const void *data, size_t len)
{
    const uint8_t *p = data;

    return (struct reader){p, p != NULL ? p + len : p, false};
}

size_t reader_left(const struct reader *r)
{
    return r->bad ? 0 : (size_t)(r->end - r->pos);
}

struct span reader_take(struct reader *r, size_t len)
{
    struct span s = {r->pos, len};

    if (r->bad || len > (size_t)(r->end - r->pos)) {
        r->bad = true;
        return (struct span){r->pos, 0};
    }
    r->pos += len;
    return s;
}

static uint32_t take_number(struct reader *r, size_t width)
{
    struct span s = reader_take(r, width);
    uint32_t v = 0;

    for (size_t i = 0; i < s.len; i++) {
        v = v << 8 | s.data[i];
    }
    return v;
}

uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)take_number(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)take_number(r, 2);
}

uint32_t reader_u24(struct reader *r)
{
    return take_number(r, 3);
}

uint32_t reader_u32(struct reader *r)
{
    return take_number(r, 4);
}

struct span reader_vec8(struct reader *r)
{
    return reader_take(r, take_number(r, 1));
}

struct span reader_vec16(struct reader *r)
{
    return reader_take(r, take_number(r, 2));
}

void put_u16(uint8_t *dst, uint32_t v)
{
    dst[0] = (uint8_t)(v >> 8);
    dst[1] = (uint8_t)v;
}

void put_u24(uint8_t *dst, uint32_t v)
{
    dst[0] = (uint8_t)(v >> 16);
    put_u16(dst + 1, v);
}

void put_u32(uint8_t *dst, uint32_t v)
{
    put_u16(dst, v >> 16);
    put_u16(dst + 2, v);
}

struct span span_of(const void *data, size_t len)
{
    return (struct span){data, len};
}

bool span_equal_ct(struct span a, struct span b)
{
    unsigned diff = 0;

    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        diff |= (unsigned)(a.data[i] ^ b.data[i]);
    }
    return diff == 0;
}

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool span_is(struct span a, const char *text)
{
    return span_equal(a, span_of(text, strlen(text)));
}

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool span_is_nocase(struct span a, const char *text)
{
    if (a.len != strlen(text)) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower((char)a.data[i]) != ascii_lower(text[i])) {
            return false;
        }
    }
    return true;
}

void bytes_wipe(void *p, size_t len)
{
    if (len == 0) {
        return;
    }
    memset(p, 0, len);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}
