/*
 * The extensions of a ClientHello, one small function a type.
 */
#include "tls/extensions.h"

#include <string.h>

int extension_list(struct span body, struct span list, struct span *out)
{
    size_t prefix = (size_t)(list.data - body.data);

    if (list.len == 0 || list.len % 2 != 0 || prefix + list.len != body.len) {
        return -1;
    }
    *out = list;
    return 0;
}

static int list16(struct span body, struct span *out)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec16(&r);

    return r.bad ? -1 : extension_list(body, list, out);
}

static bool is_host_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/*
 * RFC 6066: a DNS host name in ASCII without a trailing dot. Underscores are
 * not in the RFCs' alphabet but in names that people use; IPv4 literals ought
 * not to be sent, yet small clients do, and they harm nobody: such a name
 * matches no certificate by name.
 */
static bool is_host_name(struct span name)
{
    size_t label = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if (!is_host_char(name.data[i]) || ++label > 63) {
            return false;
        }
    }
    return label > 0 && name.len <= 255;
}

/* Every NameType, known or not, begins with a 16-bit length (RFC 6066). */
static int take_server_name(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec16(&r);
    uint32_t types[8] = {0};

    if (!reader_finished(&r) || list.len == 0) {
        return hello_malformed(h, "server_name: the list is empty or of the wrong length");
    }
    r = reader_of(list.data, list.len);
    while (reader_left(&r) > 0) {
        uint8_t type = reader_u8(&r);
        struct span name = reader_vec16(&r);

        if (r.bad || name.len == 0) {
            return hello_malformed(h, "server_name: a name is empty or does not fit");
        }
        if ((types[type / 32] >> (type % 32) & 1) != 0) {
            return hello_illegal(h, "server_name: two names of one type");
        }
        types[type / 32] |= (uint32_t)1 << (type % 32);
        if (type != 0) {
            continue;
        }
        if (!is_host_name(name)) {
            return hello_illegal(h, "server_name: not a host name");
        }
        h->server_name = name;
        h->has |= HELLO_HAS_SNI;
    }
    return 0;
}

static int take_alpn(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec16(&r);

    if (!reader_finished(&r) || list.len == 0) {
        return hello_malformed(h, "ALPN: the list is empty or of the wrong length");
    }
    r = reader_of(list.data, list.len);
    while (reader_left(&r) > 0) {
        if (reader_vec8(&r).len == 0) {
            return hello_malformed(h, "ALPN: a name is empty or does not fit");
        }
    }
    h->alpn = list;
    return 0;
}

static int take_versions(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec8(&r);

    if (r.bad || extension_list(body, list, &h->versions) != 0) {
        return hello_malformed(h, "supported_versions: empty, odd or of the wrong length");
    }
    return 0;
}

static int take_groups(struct hello *h, struct span body)
{
    if (list16(body, &h->groups) != 0) {
        return hello_malformed(h, "supported_groups: empty, odd or of the wrong length");
    }
    return 0;
}

static int take_signatures(struct hello *h, struct span body)
{
    if (list16(body, &h->signatures) != 0) {
        return hello_malformed(h, "signature_algorithms: empty, odd or of the wrong length");
    }
    return 0;
}

static int take_signatures_cert(struct hello *h, struct span body)
{
    if (list16(body, &h->signatures_cert) != 0) {
        return hello_malformed(h, "signature_algorithms_cert: empty, odd or of the wrong length");
    }
    return 0;
}

static int take_point_formats(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec8(&r);

    if (!reader_finished(&r) || list.len == 0) {
        return hello_malformed(h, "ec_point_formats: empty or of the wrong length");
    }
    if (memchr(list.data, 0, list.len) == NULL) {
        return hello_illegal(h, "ec_point_formats: uncompressed is missing");
    }
    return 0;
}

static int take_ticket(struct hello *h, struct span body)
{
    h->ticket = body;
    return 0;
}

int extension_empty(struct hello *h, struct span body)
{
    return body.len == 0 ? 0 : hello_malformed(h, "an extension that has to be empty is not");
}

/* Status types other than OCSP are not known, so neither is their form. */
static int take_status_request(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    uint8_t type = reader_u8(&r);
    struct reader ids;

    if (!r.bad && type != 1) {
        return 0;
    }
    ids = r;
    reader_vec16(&r);
    reader_vec16(&r);
    if (!reader_finished(&r)) {
        return hello_malformed(h, "status_request: of the wrong length");
    }
    ids = reader_of(ids.pos + 2, (size_t)(ids.pos[0] << 8 | ids.pos[1]));
    while (reader_left(&ids) > 0) {
        if (reader_vec16(&ids).len == 0) {
            return hello_malformed(h, "status_request: a responder ID is empty or does not fit");
        }
    }
    h->has |= HELLO_HAS_STATUS;
    return 0;
}

static int take_renegotiation(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span verify_data = reader_vec8(&r);

    if (!reader_finished(&r)) {
        return hello_malformed(h, "renegotiation_info: of the wrong length");
    }
    if (!span_equal(verify_data, h->verify_data)) {
        return hello_refuse(h, ALERT_HANDSHAKE_FAILURE,
                            "renegotiation_info: does not belong to this connection");
    }
    return 0;
}

static int take_fragment_len(struct hello *h, struct span body)
{
    if (body.len != 1) {
        return hello_malformed(h, "max_fragment_length: of the wrong length");
    }
    if (body.data[0] < 1 || body.data[0] > 4) {
        return hello_illegal(h, "max_fragment_length: an unknown code");
    }
    h->fragment_len = body.data[0];
    return 0;
}

static int take_record_limit(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);

    h->record_limit = reader_u16(&r);
    if (!reader_finished(&r)) {
        return hello_malformed(h, "record_size_limit: of the wrong length");
    }
    if (h->record_limit < 64) {
        return hello_illegal(h, "record_size_limit: less than 64");
    }
    return 0;
}

/* What we read of every hello; tls/hello13.c reads what only TLS 1.3 knows. `has` is set when
 * `take` found no fault; 0 where it is for take to decide, or where nobody asks. */
static const struct extension known[] = {
    {0, 0, take_server_name},
    {1, HELLO_HAS_FRAGMENT_LEN, take_fragment_len},
    {5, 0, take_status_request},
    {10, HELLO_HAS_GROUPS, take_groups},
    {11, HELLO_HAS_POINT_FORMATS, take_point_formats},
    {13, HELLO_HAS_SIGNATURES, take_signatures},
    {16, HELLO_HAS_ALPN, take_alpn},
    {22, HELLO_HAS_ETM, extension_empty},
    {23, HELLO_HAS_EMS, extension_empty},
    {28, HELLO_HAS_RECORD_LIMIT, take_record_limit},
    {35, HELLO_HAS_TICKET, take_ticket},
    {43, HELLO_HAS_VERSIONS, take_versions},
    {50, HELLO_HAS_SIGNATURES_CERT, take_signatures_cert},
    {0xFF01, HELLO_HAS_RENEGOTIATION, take_renegotiation},
};

int extension_take(struct hello *h, const struct extension *known_here, size_t count, uint16_t type,
                   struct span body)
{
    for (size_t i = 0; i < count; i++) {
        if (known_here[i].type == type) {
            if (known_here[i].take(h, body) != 0) {
                return -1;
            }
            h->has |= known_here[i].has;
        }
    }
    return 0;
}

int extensions_parse(struct hello *h)
{
    struct reader r = reader_of(h->extensions.data, h->extensions.len);
    struct u16_set seen = {{0}};

    while (reader_left(&r) > 0) {
        uint16_t type = reader_u16(&r);
        struct span body = reader_vec16(&r);

        if (r.bad) {
            return hello_malformed(h, "an extension does not fit");
        }
        if (!u16_set_add(&seen, type)) {
            return hello_illegal(h, "an extension is sent twice");
        }
        if (extension_take(h, known, ARRAY_LEN(known), type, body) != 0) {
            return -1;
        }
    }
    return 0;
}
