/*
 * The strict ClientHello parser: the fixed fields, and the questions to a parsed
 * hello. tls/extensions.c reads the extensions, tls/hello13.c what only TLS 1.3
 * judges. A vector that does not fit, or that its RFC bounds otherwise, is
 * decode_error; a value that fits and may not stand there is illegal_parameter.
 */
#include "tls/extensions.h"

#include <string.h>

#define TLS12 0x0303

/* ---- the fixed fields ---------------------------------------------------- */

static int parse_fields(struct hello *h, struct reader *r)
{
    h->legacy_version = reader_u16(r);
    h->random = reader_take(r, 32);
    h->session_id = reader_vec8(r);
    if (r->bad || h->session_id.len > 32) {
        return hello_malformed(h, "the session ID is longer than 32 bytes or does not fit");
    }
    if (h->legacy_version < 0x0300) {
        return hello_refuse(h, ALERT_PROTOCOL_VERSION, "a version below SSLv3");
    }
    h->suites = reader_vec16(r);
    if (r->bad || h->suites.len == 0 || h->suites.len % 2 != 0) {
        return hello_malformed(h, "the cipher suites are empty, odd or do not fit");
    }
    h->compression = reader_vec8(r);
    if (h->compression.len == 0) {
        return hello_malformed(h, "the compression methods are empty or do not fit");
    }
    if (reader_left(r) > 0) {
        h->extensions = reader_vec16(r);
        if (!reader_finished(r)) {
            return hello_malformed(h, "the extensions are of the wrong length");
        }
    }
    return 0;
}

int hello_parse(const uint8_t *message, size_t message_len, struct hello *out)
{
    return hello_parse_again(message, message_len, span_of(message, 0), out);
}

int hello_parse_again(const uint8_t *message, size_t message_len, struct span verify_data,
                      struct hello *out)
{
    struct reader r = reader_of(message, message_len);

    *out = (struct hello){0};
    /* Absent parts are empty spans at a valid address, never NULL. */
    out->server_name = out->alpn = out->versions = out->groups = out->signatures =
        out->signatures_cert = out->ticket = out->extensions = out->random = out->session_id =
            out->suites = out->compression = out->key_shares = out->psk_identities =
                out->psk_binders = out->psk_modes = out->cookie = out->compressions =
                    out->authorities = span_of(message, 0);
    out->verify_data = verify_data;
    if (reader_u8(&r) != 1) {
        return hello_refuse(out, ALERT_UNEXPECTED_MESSAGE, "not a ClientHello");
    }
    if (reader_u24(&r) != reader_left(&r) || r.bad) {
        return hello_malformed(out, "the ClientHello's length is wrong");
    }
    if (parse_fields(out, &r) != 0 || extensions_parse(out) != 0) {
        return -1;
    }
    if (memchr(out->compression.data, 0, out->compression.len) == NULL) {
        return hello_illegal(out, "compression methods: null is missing");
    }
    if (verify_data.len > 0 && (out->has & HELLO_HAS_RENEGOTIATION) == 0) {
        return hello_refuse(out, ALERT_HANDSHAKE_FAILURE, "renegotiation_info: missing");
    }
    if (hello_list_has(out->suites, 0x00FF)) {
        out->has |= HELLO_HAS_RENEGOTIATION;
    }
    if (hello_list_has(out->suites, 0x5600)) {
        out->has |= HELLO_HAS_FALLBACK_SCSV;
    }
    return 0;
}

/* ---- questions to a parsed hello ----------------------------------------- */

uint16_t hello_choose_version(const struct hello *h, uint16_t min, uint16_t max)
{
    struct reader r = reader_of(h->versions.data, h->versions.len);
    uint16_t best = 0;

    /* RFC 8446 D.5: never below TLS 1.0, whatever else is listed. */
    if (h->legacy_version <= 0x0300) {
        return 0;
    }
    if ((h->has & HELLO_HAS_VERSIONS) == 0) {
        best = h->legacy_version < TLS12 ? h->legacy_version : TLS12;
        best = best < max ? best : max;
        return best >= min ? best : 0;
    }
    while (reader_left(&r) > 0) {
        uint16_t version = reader_u16(&r);

        if (version >= min && version <= max && version > best && !hello_is_grease(version)) {
            best = version;
        }
    }
    return best;
}

bool hello_list_has(struct span list, uint16_t value)
{
    for (size_t i = 0; i + 1 < list.len; i += 2) {
        if ((list.data[i] << 8 | list.data[i + 1]) == value) {
            return true;
        }
    }
    return false;
}

bool hello_alpn_has(const struct hello *h, const char *name)
{
    struct reader r = reader_of(h->alpn.data, h->alpn.len);

    while (reader_left(&r) > 0) {
        if (span_is(reader_vec8(&r), name)) {
            return true;
        }
    }
    return false;
}

bool hello_is_grease(uint16_t value)
{
    return (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF);
}
