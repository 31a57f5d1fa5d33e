/*
 * tls/record13: a writer and a reader with the same keys, and whatever passes between
 * them. What was sealed opens to the same contents and type; what was not, or was changed
 * on the way, gives an alert and leaves the reader where it was. Nothing outside of the
 * record is touched.
 *
 * Script: suite, then (operation, length, argument, bytes of that length) again and again.
 */
#include "tls/record13.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 5 + RECORD13_MAX_SEALED, FENCE = 64 };

struct scene {
    struct record13 writer, reader;
    uint8_t buffer[MOST + FENCE];
    uint8_t sent[RECORD13_MAX_PLAIN];
};

static struct scene scene;

/* A record of this many bytes in all stands in the buffer; behind it stands a fence. */
static void raise_fence(struct scene *s, size_t len)
{
    memset(s->buffer + len, 0xA5, FENCE);
}

static void check_fence(const struct scene *s, size_t len)
{
    for (size_t i = 0; i < FENCE; i++) {
        assert(s->buffer[len + i] == 0xA5);
    }
}

static size_t seal(struct scene *s, uint8_t type, struct span contents, size_t padding)
{
    size_t len = RECORD13_HEADER + contents.len;

    padding = s->writer.suite == 0 ? 0 : padding;
    len += s->writer.suite == 0 ? 0 : 1 + padding + RECORD13_TAG;
    memcpy(s->buffer + RECORD13_HEADER, contents.data, contents.len);
    memcpy(s->sent, contents.data, contents.len);
    raise_fence(s, len);
    assert(record13_seal(&s->writer, type, s->buffer, contents.len, padding) == len);
    check_fence(s, len);
    return len;
}

static unsigned deliver(struct scene *s, size_t len, uint8_t *type, struct span *contents)
{
    struct record13 before = s->reader;
    unsigned alert;

    raise_fence(s, len);
    alert = record13_open(&s->reader, s->buffer, type, contents);
    check_fence(s, len);
    if (alert == 0) {
        assert(contents->data >= s->buffer + RECORD13_HEADER &&
               contents->data + contents->len <= s->buffer + len);
        assert(s->reader.sequence == before.sequence + (before.suite != 0));
    } else {
        assert(alert == ALERT_BAD_RECORD_MAC || alert == ALERT_RECORD_OVERFLOW ||
               alert == ALERT_UNEXPECTED_MESSAGE || alert == ALERT_INTERNAL_ERROR);
        assert(alert != ALERT_BAD_RECORD_MAC || memcmp(&before, &s->reader, sizeof before) == 0);
    }
    return alert;
}

/* Sealed, perhaps changed by the argument's bits at one place, and opened. */
static void send(struct scene *s, struct span contents, uint8_t arg, bool change)
{
    uint8_t type = 0, sent_type = arg == 0 ? RECORD_DATA : arg;
    struct span got = {NULL, 0};
    size_t len = seal(s, sent_type, contents, arg % 32 == 0 ? 1000 : arg % 32), at = 0;
    unsigned alert;

    if (change && arg != 0 && contents.len > 0) {
        at = contents.data[0] * 131u % len;
        at = at == 3 || at == 4 ? 5 : at; /* how long it is, the caller has found out */
        s->buffer[at < len ? at : 0] ^= arg;
    }
    alert = deliver(s, len, &type, &got);
    if (!change || arg == 0 || contents.len == 0) {
        assert(alert == 0 && type == sent_type && got.len == contents.len &&
               (got.len == 0 || memcmp(got.data, s->sent, got.len) == 0));
    } else if (s->writer.suite != 0) {
        assert(alert == ALERT_BAD_RECORD_MAC);
        s->reader.sequence++; /* lost, for the script to go on */
    }
}

/* Bytes of the script as a record. */
static void forge(struct scene *s, struct span bytes, uint8_t arg)
{
    size_t len = (size_t)arg << 8 | bytes.len;
    struct span got;
    uint8_t type;
    unsigned alert;

    memset(s->buffer, 0, sizeof s->buffer);
    memcpy(s->buffer + RECORD13_HEADER, bytes.data, bytes.len);
    s->buffer[0] = RECORD_DATA;
    put_u16(s->buffer + 1, 0x0303);
    put_u16(s->buffer + 3, (uint32_t)len);
    alert = deliver(s, RECORD13_HEADER + (len > RECORD13_MAX_SEALED ? 0 : len), &type, &got);
    if (s->reader.suite != 0) {
        assert(alert == (len > RECORD13_MAX_SEALED        ? ALERT_RECORD_OVERFLOW
                         : len < RECORD13_TAG             ? ALERT_BAD_RECORD_MAC
                         : record13_exhausted(&s->reader) ? ALERT_INTERNAL_ERROR
                                                          : ALERT_BAD_RECORD_MAC));
    }
}

static void step(struct scene *s, unsigned op, uint8_t arg, struct span bytes)
{
    switch (op % 6) {
    case 0:
        send(s, bytes, arg, false);
        break;
    case 1:
        send(s, bytes, arg, true);
        break;
    case 2:
        forge(s, bytes, arg);
        break;
    case 3:
        if (s->writer.suite != 0) {
            record13_update(&s->writer);
            record13_update(&s->reader);
            assert(s->writer.sequence == 0 && !record13_wants_update(&s->writer));
        }
        break;
    case 4: /* near to the end of a key: what is left is enough for the script */
        s->writer.sequence = s->reader.sequence = 23726566 - 1000 + arg;
        break;
    default:
        if (bytes.len >= RECORD13_SECRET_MAX) {
            record13_set(&s->writer, (uint16_t)(0x1301 + arg % 3), bytes.data);
            s->reader = s->writer;
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[RECORD13_SECRET_MAX] =
        "a secret as good as any other one for such a run";
    struct reader r = reader_of(data, size);
    unsigned kind = reader_u8(&r) % 4;

    record13_wipe(&scene.writer);
    if (kind < 3) {
        record13_set(&scene.writer, (uint16_t)(0x1301 + kind), secret);
    }
    scene.reader = scene.writer;
    for (unsigned n = 0; n < 200 && reader_left(&r) >= 3; n++) {
        uint8_t op = reader_u8(&r);
        size_t len = reader_u8(&r);
        uint8_t arg = reader_u8(&r);

        len = len < reader_left(&r) ? len : reader_left(&r);
        step(&scene, op, arg, reader_take(&r, len));
        assert(scene.writer.sequence == scene.reader.sequence || scene.writer.suite == 0);
    }
    return 0;
}
