/*
 * Gathering the ClientHello from the first records of a connection. Every
 * judgement is made in the order of the bytes, each on bytes that have come:
 * so it does not matter how the stream was cut into reads.
 */
#include "tls/hello.h"

#include <string.h>

#define RECORD_HEADER  5
#define RECORD_MAX     16384
#define MESSAGE_HEADER 4

enum record_type { RECORD_CCS = 20, RECORD_ALERT, RECORD_HANDSHAKE, RECORD_DATA };

static struct hello_gathered more(void)
{
    return (struct hello_gathered){.status = HELLO_MORE,
                                   .reason = "the ClientHello is not complete"};
}

static struct hello_gathered bad(enum alert alert, const char *reason)
{
    return (struct hello_gathered){.status = HELLO_BAD, .alert = alert, .reason = reason};
}

/* HTTP/1's methods, WebDAV's for discovery, and HTTP/2's preface. HELLO_BAD
 * when the bytes fit none of them. */
static enum hello_status look_for_http(const uint8_t *wire, size_t len)
{
    static const char methods[][10] = {
        "GET ",     "HEAD ",  "POST ",  "PUT ", "DELETE ",   "CONNECT ",
        "OPTIONS ", "TRACE ", "PATCH ", "PRI ", "PROPFIND ",
    };
    enum hello_status status = HELLO_BAD;

    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        size_t n = strlen(methods[i]);

        if (memcmp(wire, methods[i], len < n ? len : n) == 0) {
            status = len < n ? HELLO_MORE : HELLO_PLAIN_HTTP;
            break;
        }
    }
    return status;
}

/*
 * An SSLv2-form hello: two bytes of length with the top bit set, message type
 * 1, then the version that is asked for (0x0002, or 0x03xx in the form that
 * was meant to open the way from SSLv2 to TLS). RFC 6176 forbids it.
 */
static enum hello_status look_for_sslv2(const uint8_t *wire, size_t len)
{
    if ((wire[0] & 0x80) == 0 || (len > 2 && wire[2] != 1) ||
        (len > 3 && wire[3] != 0 && wire[3] != 3) || (len > 4 && wire[3] == 0 && wire[4] != 2)) {
        return HELLO_BAD;
    }
    return len > 4 ? HELLO_SSLV2 : HELLO_MORE;
}

/* The first byte is that of no record type. */
static struct hello_gathered judge_foreign(const uint8_t *wire, size_t len)
{
    switch (look_for_http(wire, len)) {
    case HELLO_MORE:
        return more();
    case HELLO_PLAIN_HTTP:
        return (struct hello_gathered){.status = HELLO_PLAIN_HTTP,
                                       .alert = ALERT_UNEXPECTED_MESSAGE,
                                       .reason = "a plain HTTP request came to a TLS port"};
    default:
        break;
    }
    switch (look_for_sslv2(wire, len)) {
    case HELLO_MORE:
        return more();
    case HELLO_SSLV2:
        return (struct hello_gathered){.status = HELLO_SSLV2,
                                       .alert = ALERT_PROTOCOL_VERSION,
                                       .reason = "the client sent an SSLv2-form hello"};
    default:
        return bad(ALERT_UNEXPECTED_MESSAGE, "the first bytes are not those of a TLS record");
    }
}

/*
 * An alert instead of a hello (or in the midst of one). What it says is worth
 * a sentence, so its two bytes are awaited.
 */
static struct hello_gathered judge_alert(const uint8_t *record, size_t len)
{
    if (len > 1 && record[1] != 3) {
        return bad(ALERT_PROTOCOL_VERSION, "an alert record with a version that is not TLS");
    }
    if (len > 3 && record[3] != 0) {
        return bad(ALERT_DECODE_ERROR, "an alert record of the wrong length before the handshake");
    }
    if (len > 4 && record[4] != 2) {
        return bad(ALERT_DECODE_ERROR, "an alert record of the wrong length before the handshake");
    }
    if (len < RECORD_HEADER + 2) {
        return more();
    }
    if (record[RECORD_HEADER + 1] == ALERT_CLOSE_NOTIFY) {
        return bad(ALERT_CLOSE_NOTIFY, "the client sent close_notify before the handshake");
    }
    return bad(ALERT_UNEXPECTED_MESSAGE, "the client sent an alert before the handshake");
}

/*
 * Judges a record's header as far as it has come; len > 0. HELLO_COMPLETE
 * means a handshake record's whole header that is in order.
 */
static struct hello_gathered judge_record(const uint8_t *record, size_t len, bool first)
{
    size_t body;

    switch (record[0]) {
    case RECORD_HANDSHAKE:
        break;
    case RECORD_ALERT:
        return judge_alert(record, len);
    case RECORD_CCS:
        return bad(ALERT_UNEXPECTED_MESSAGE, "ChangeCipherSpec came before the ClientHello");
    case RECORD_DATA:
        return bad(ALERT_UNEXPECTED_MESSAGE, "application data came before the ClientHello");
    default:
        return first ? judge_foreign(record, len)
                     : bad(ALERT_UNEXPECTED_MESSAGE, "an unknown record type amid the ClientHello");
    }
    if (len > 1 && record[1] != 3) {
        return bad(ALERT_PROTOCOL_VERSION, "a record version that is neither SSLv3 nor TLS");
    }
    if (len > 3 && record[3] > RECORD_MAX >> 8) {
        return bad(ALERT_RECORD_OVERFLOW, "a plaintext record of more than 16384 bytes");
    }
    if (len < RECORD_HEADER) {
        return more();
    }
    body = (size_t)record[3] << 8 | record[4];
    if (body > RECORD_MAX) {
        return bad(ALERT_RECORD_OVERFLOW, "a plaintext record of more than 16384 bytes");
    }
    if (body == 0) {
        return bad(ALERT_UNEXPECTED_MESSAGE, "an empty handshake record");
    }
    return (struct hello_gathered){.status = HELLO_COMPLETE};
}

/* What is known of the handshake message: its first `len` header bytes. */
struct message_head {
    uint8_t bytes[MESSAGE_HEADER];
    size_t len;
};

static size_t message_size(const struct message_head *head)
{
    return MESSAGE_HEADER +
           ((size_t)head->bytes[1] << 16 | (size_t)head->bytes[2] << 8 | head->bytes[3]);
}

/* Takes header bytes from a record's body; HELLO_COMPLETE: nothing is wrong. */
static struct hello_gathered judge_message(struct message_head *head, const uint8_t *body,
                                           size_t len)
{
    while (head->len < MESSAGE_HEADER && len > 0) {
        head->bytes[head->len++] = *body++;
        len--;
        if (head->bytes[0] != 1) {
            return bad(ALERT_UNEXPECTED_MESSAGE, "the first handshake message is no ClientHello");
        }
        if (head->len == MESSAGE_HEADER && message_size(head) > HELLO_MAX_BYTES) {
            return bad(ALERT_ILLEGAL_PARAMETER, "the ClientHello is larger than 16384 bytes");
        }
    }
    return (struct hello_gathered){.status = HELLO_COMPLETE};
}

/* Copies the bodies of whole records; all of them were judged before. */
static void copy_message(const uint8_t *wire, size_t wire_len, uint8_t *message)
{
    while (wire_len > 0) {
        size_t body = (size_t)wire[3] << 8 | wire[4];

        memcpy(message, wire + RECORD_HEADER, body);
        message += body;
        wire += RECORD_HEADER + body;
        wire_len -= RECORD_HEADER + body;
    }
}

struct hello_gathered hello_gather(const uint8_t *wire, size_t wire_len, uint8_t *message)
{
    static const char too_many[] = "the ClientHello is spread over too many records";
    struct message_head head = {{0}, 0};
    struct hello_gathered verdict;
    size_t pos = 0;      /* where the record at hand begins */
    size_t gathered = 0; /* bytes of the message in the records before it */

    while (pos < wire_len) {
        size_t left = wire_len - pos, body;

        verdict = judge_record(wire + pos, left, pos == 0);
        if (verdict.status != HELLO_COMPLETE) {
            return verdict;
        }
        body = (size_t)wire[pos + 3] << 8 | wire[pos + 4];
        if (pos + RECORD_HEADER + body > HELLO_MAX_WIRE) {
            return bad(ALERT_ILLEGAL_PARAMETER, too_many);
        }
        left -= RECORD_HEADER;
        verdict = judge_message(&head, wire + pos + RECORD_HEADER, left < body ? left : body);
        if (verdict.status != HELLO_COMPLETE) {
            return verdict;
        }
        if (head.len == MESSAGE_HEADER && gathered + body > message_size(&head)) {
            return bad(ALERT_UNEXPECTED_MESSAGE, "the ClientHello's record holds further bytes");
        }
        if (left < body) {
            return more();
        }
        pos += RECORD_HEADER + body;
        gathered += body;
        if (head.len == MESSAGE_HEADER && gathered == message_size(&head)) {
            copy_message(wire, pos, message);
            return (struct hello_gathered){
                .status = HELLO_COMPLETE,
                .reason = "",
                .wire_len = pos,
                .message_len = gathered,
                .record_version = (uint16_t)(wire[1] << 8 | wire[2]),
            };
        }
        /* No record fits any more: a full buffer must not wait for bytes. */
        if (pos + RECORD_HEADER >= HELLO_MAX_WIRE) {
            return bad(ALERT_ILLEGAL_PARAMETER, too_many);
        }
    }
    return more();
}
