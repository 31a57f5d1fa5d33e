/*
 * Handshake messages out of records. A message that lies whole in a record stays
 * where it is; only one that spans records is put together, in a block of a
 * pool, and one that comes when the handshake is over in a few bytes of its own.
 */
#include "tls/engine13.h"
#include "tls/internal.h"

#include <string.h>

#define HEADER_LEN 4
#define OTHER_MAX  1024 /* CertificateVerify with the largest key is the longest of them */

_Static_assert(MESSAGE13_BLOCK >= HELLO_MAX_BYTES, "a ClientHello fits");

static uint8_t expected(const struct tls *t)
{
    static const uint8_t types[] = {
        [STATE13_WAIT_HELLO] = MESSAGE13_CLIENT_HELLO,
        [STATE13_WAIT_END_OF_EARLY_DATA] = MESSAGE13_END_OF_EARLY_DATA,
        [STATE13_WAIT_CERTIFICATE] = MESSAGE13_CERTIFICATE,
        [STATE13_WAIT_CERTIFICATE_VERIFY] = MESSAGE13_CERTIFICATE_VERIFY,
        [STATE13_WAIT_FINISHED] = MESSAGE13_FINISHED,
        [STATE13_OPEN] = MESSAGE13_KEY_UPDATE,
    };

    return types[t->v13.state];
}

static uint32_t most(uint8_t type)
{
    switch (type) {
    case MESSAGE13_CLIENT_HELLO:
        return HELLO_MAX_BYTES - HEADER_LEN;
    case MESSAGE13_CERTIFICATE:
        return MESSAGE13_CERTIFICATE_MAX;
    case MESSAGE13_KEY_UPDATE:
        return 1;
    default:
        return OTHER_MAX;
    }
}

/* Of a message whose first bytes these are: the whole length as far as it is known (at
 * least the header's), 0 after refusing. */
static uint32_t judge(struct tls *t, const uint8_t *bytes, size_t have)
{
    uint32_t len;

    if (bytes[0] != expected(t) &&
        (t->v13.state != STATE13_OPEN || bytes[0] != late13_expected(t))) {
        tls13_refuse(t, ALERT_UNEXPECTED_MESSAGE, "a handshake message out of turn");
        return 0;
    }
    if (have < HEADER_LEN) {
        return HEADER_LEN;
    }
    len = (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    if (len > most(bytes[0])) {
        tls13_refuse(t, ALERT_DECODE_ERROR, "a handshake message too long for its kind");
        return 0;
    }
    return HEADER_LEN + len;
}

/* Where a message is put together, *used bytes of it being there. NULL without memory. */
static uint8_t *place(struct tls *t, uint32_t **used)
{
    struct handshake13 *hs = t->v13.handshake;

    if (t->v13.state == STATE13_OPEN && (hs == NULL || !hs->late)) {
        *used = &t->v13.part_used;
        return t->v13.part;
    }
    if (hs->message == NULL) {
        hs->message = pool_take(&t->ctx->message13_pool);
        hs->message_used = 0;
    }
    *used = &hs->message_used;
    return hs->message;
}

static void append(uint8_t *at, uint32_t *used, struct span *contents, size_t len)
{
    len = len < contents->len ? len : contents->len;
    memcpy(at + *used, contents->data, len);
    *used += (uint32_t)len;
    contents->data += len;
    contents->len -= len;
}

/* Takes as much of contents as its message needs. */
static int gather(struct tls *t, struct span *contents, struct span *message)
{
    uint32_t *used;
    uint8_t *at = place(t, &used);
    uint32_t len;

    if (at == NULL) {
        return tls13_refuse(t, ALERT_INTERNAL_ERROR, "no memory for a handshake message");
    }
    if (*used < HEADER_LEN) {
        append(at, used, contents, HEADER_LEN - *used);
    }
    len = judge(t, at, *used);
    if (len == 0) {
        return -1;
    }
    if (*used >= HEADER_LEN) {
        append(at, used, contents, len - *used);
    }
    if (*used < HEADER_LEN || *used < len) {
        return 0;
    }
    *message = span_of(at, len);
    t->v13.message_whole = true;
    return 1;
}

int message13_next(struct tls *t, struct span *contents, struct span *message)
{
    uint32_t len;

    if (t->v13.message_whole) {
        message13_end(t); /* the one before was dealt with */
    }
    if (contents->len == 0) {
        return 0;
    }
    if (!message13_pending(t)) {
        len = judge(t, contents->data, contents->len);
        if (len == 0) {
            return -1;
        }
        if (contents->len >= HEADER_LEN && contents->len >= len) {
            *message = span_of(contents->data, len);
            contents->data += len;
            contents->len -= len;
            return 1;
        }
    }
    return gather(t, contents, message);
}

bool message13_pending(const struct tls *t)
{
    const struct handshake13 *hs = t->v13.handshake;

    return !t->v13.message_whole && (t->v13.part_used > 0 || (hs != NULL && hs->message != NULL));
}

void message13_end(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;

    t->v13.part_used = 0;
    t->v13.message_whole = false;
    if (hs != NULL && hs->message != NULL) {
        pool_give(&t->ctx->message13_pool, hs->message, hs->message_used);
        hs->message = NULL;
    }
}
