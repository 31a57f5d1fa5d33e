#include "tls/der.h"

#include <string.h>

struct reader der_reader(struct span s)
{
    return reader_of(s.data, s.len);
}

uint8_t der_peek(const struct reader *r)
{
    return reader_left(r) > 0 ? r->pos[0] : 0;
}

/* Lengths up to 2^24 - 1: no file that is read is bigger. */
static size_t take_length(struct reader *r)
{
    uint8_t first = reader_u8(r);
    unsigned width = first & 0x7Fu;
    size_t len = 0;

    if (first < 0x80) {
        return first;
    }
    if (width == 0 || width > 3) {
        r->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < width; i++) {
        len = len << 8 | reader_u8(r);
    }
    if (len < 0x80 || len >> (8 * (width - 1)) == 0) {
        r->bad = true; /* a shorter form exists */
    }
    return len;
}

struct span der_take(struct reader *r, uint8_t tag)
{
    if (reader_u8(r) != tag) {
        r->bad = true;
    }
    return reader_take(r, take_length(r));
}

struct span der_element(struct reader *r)
{
    const uint8_t *start = r->pos;
    struct span s;

    if ((der_peek(r) & 0x1F) == 0x1F) {
        r->bad = true; /* tags of several bytes appear in nothing that is read here */
    }
    reader_u8(r);
    reader_take(r, take_length(r));
    s = span_of(start, r->bad ? 0 : (size_t)(r->pos - start));
    return s;
}

struct span der_take_optional(struct reader *r, uint8_t tag)
{
    if (der_peek(r) != tag) {
        return span_of(r->pos, 0);
    }
    return der_take(r, tag);
}

struct span der_uint(struct reader *r)
{
    struct span s = der_take(r, DER_INTEGER);

    if (s.len == 0 || (s.data[0] & 0x80) != 0) {
        r->bad = true;
        return span_of(r->pos, 0);
    }
    while (s.len > 0 && s.data[0] == 0) {
        s.data++;
        s.len--;
    }
    return s;
}

uint32_t der_uint32(struct reader *r)
{
    struct span s = der_uint(r);
    uint32_t v = 0;

    if (s.len > 4) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < s.len; i++) {
        v = v << 8 | s.data[i];
    }
    return v;
}

struct span der_bits(struct reader *r)
{
    struct span s = der_take(r, DER_BIT_STRING);

    if (s.len == 0 || s.data[0] != 0) {
        r->bad = true;
        return span_of(r->pos, 0);
    }
    return span_of(s.data + 1, s.len - 1);
}

bool der_oid_is(struct span contents, const uint8_t *oid)
{
    return span_equal(contents, span_of(oid + 1, oid[0]));
}

bool der_oid_in(struct span list, const uint8_t *oid)
{
    struct reader r = der_reader(list);

    while (reader_left(&r) > 0) {
        if (der_oid_is(der_take(&r, DER_OID), oid)) {
            return true;
        }
    }
    return false;
}

struct der_out der_out_over(uint8_t *buf, size_t cap)
{
    return (struct der_out){buf, cap, cap, false};
}

void der_put(struct der_out *o, const void *data, size_t len)
{
    if (len > o->pos) {
        o->full = true;
        return;
    }
    o->pos -= len;
    if (len > 0) {
        memcpy(o->buf + o->pos, data, len);
    }
}

void der_wrap(struct der_out *o, uint8_t tag, size_t mark)
{
    size_t len = mark - o->pos;
    uint8_t header[4];
    size_t n = 0;

    header[n++] = tag;
    if (len < 0x80) {
        header[n++] = (uint8_t)len;
    } else if (len < 0x100) {
        header[n++] = 0x81;
        header[n++] = (uint8_t)len;
    } else {
        o->full = o->full || len > 0xFFFF;
        header[n++] = 0x82;
        put_u16(header + n, (uint32_t)len);
        n += 2;
    }
    der_put(o, header, n);
}

void der_put_element(struct der_out *o, uint8_t tag, const void *data, size_t len)
{
    size_t mark = o->pos;

    der_put(o, data, len);
    der_wrap(o, tag, mark);
}

void der_put_oid(struct der_out *o, const uint8_t *oid)
{
    der_put_element(o, DER_OID, oid + 1, oid[0]);
}

void der_put_uint(struct der_out *o, const uint8_t *data, size_t len)
{
    size_t mark = o->pos;

    while (len > 1 && data[0] == 0) {
        data++;
        len--;
    }
    der_put(o, data, len);
    if (len == 0 || (data[0] & 0x80) != 0) {
        der_put(o, "", 1);
    }
    der_wrap(o, DER_INTEGER, mark);
}

struct span der_written(const struct der_out *o)
{
    return span_of(o->buf + o->pos, o->cap - o->pos);
}
