/*
 * Builds ClientHellos for tests: fixed fields with settable values, then
 * extensions in order. hello_bytes() puts the pieces together in memory of its
 * own and fills the lengths in; hello_records() wraps a message into records.
 */
#ifndef TINY_TESTS_HELLO_BUILD_H
#define TINY_TESTS_HELLO_BUILD_H

#include "core/bytes.h"

#include <stdlib.h>
#include <string.h>

struct hello_build {
    uint16_t version;
    struct span session_id;
    struct span suites;
    struct span compression;
    bool no_extensions;
    uint8_t extensions[20000];
    size_t extensions_len;
    struct span trailing; /* after the extensions, inside of the message */
};

/* A C string literal as a span: bodies are written "\x00\x01". */
#define BYTES(literal) span_of(literal, sizeof(literal) - 1)
/* The same for the tables of constants. */
#define SPAN(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

static inline struct hello_build build_hello(void)
{
    return (struct hello_build){
        .version = 0x0303,
        .session_id = BYTES(""),
        .suites = BYTES("\xC0\x2F\xC0\x2B\x00\xFF"),
        .compression = BYTES("\x00"),
        .trailing = BYTES(""),
    };
}

static inline void build_extension(struct hello_build *b, unsigned type, struct span body)
{
    uint8_t *p = b->extensions + b->extensions_len;

    if (b->extensions_len + 4 + body.len > sizeof b->extensions) {
        abort();
    }
    put_u16(p, type);
    put_u16(p + 2, (uint32_t)body.len);
    memcpy(p + 4, body.data, body.len);
    b->extensions_len += 4 + body.len;
}

static inline size_t build_put(uint8_t *dst, size_t pos, struct span s)
{
    memcpy(dst + pos, s.data, s.len);
    return pos + s.len;
}

/* The handshake message with its header. */
static inline struct span hello_bytes(const struct hello_build *b)
{
    static uint8_t out[4][24000];
    static unsigned turn;
    uint8_t *m = out[turn++ % 4];
    size_t pos = 4;

    put_u16(m + pos, b->version);
    pos += 2;
    for (unsigned i = 0; i < 32; i++) {
        m[pos++] = (uint8_t)(i + 1);
    }
    m[pos++] = (uint8_t)b->session_id.len;
    pos = build_put(m, pos, b->session_id);
    put_u16(m + pos, (uint32_t)b->suites.len);
    pos = build_put(m, pos + 2, b->suites);
    m[pos++] = (uint8_t)b->compression.len;
    pos = build_put(m, pos, b->compression);
    if (!b->no_extensions) {
        put_u16(m + pos, (uint32_t)b->extensions_len);
        pos = build_put(m, pos + 2, span_of(b->extensions, b->extensions_len));
    }
    pos = build_put(m, pos, b->trailing);
    m[0] = 1;
    put_u24(m + 1, (uint32_t)(pos - 4));
    return span_of(m, pos);
}

/* Records of at most `size` bytes each. Returns the length written to out. */
static inline size_t hello_records(uint8_t *out, struct span message, size_t size)
{
    size_t pos = 0;

    for (size_t done = 0; done < message.len;) {
        size_t n = message.len - done < size ? message.len - done : size;

        out[pos] = 22;
        put_u16(out + pos + 1, 0x0301);
        put_u16(out + pos + 3, (uint32_t)n);
        pos = build_put(out, pos + 5, span_of(message.data + done, n));
        done += n;
    }
    return pos;
}

#endif
