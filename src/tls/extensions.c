/*
 * The extensions of a ClientHello, one small function a type.
 */
#include "tls/extensions.h"

#include <string.h>

/* A vector of uint16 that holds at least one and is the whole body. */
static int whole_list(struct span body, struct span list, struct span *out)
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

    return r.bad ? -1 : whole_list(body, list, out);
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

    if (r.bad || whole_list(body, list, &h->versions) != 0) {
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

static int take_empty(struct hello *h, struct span body)
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

static int take_key_shares(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec16(&r);
    struct u16_set seen = {{0}};

    if (!reader_finished(&r)) {
        return hello_malformed(h, "key_share: of the wrong length");
    }
    r = reader_of(list.data, list.len);
    while (reader_left(&r) > 0) {
        uint16_t group = reader_u16(&r);
        struct span share = reader_vec16(&r);

        if (r.bad || share.len == 0) {
            return hello_malformed(h, "key_share: a share is empty or does not fit");
        }
        if (!u16_set_add(&seen, group)) {
            return hello_illegal(h, "key_share: two shares for one group");
        }
    }
    h->key_shares = list;
    return 0;
}

static int take_psk_modes(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span modes = reader_vec8(&r);

    if (!reader_finished(&r) || modes.len == 0) {
        return hello_malformed(h, "psk_key_exchange_modes: empty or of the wrong length");
    }
    return 0;
}

static int take_psk(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span identities = reader_vec16(&r);
    struct span binders = reader_vec16(&r);
    size_t identity_count = 0, binder_count = 0;

    if (!reader_finished(&r) || identities.len == 0 || binders.len == 0) {
        return hello_malformed(h, "pre_shared_key: a list is empty or of the wrong length");
    }
    r = reader_of(identities.data, identities.len);
    while (reader_left(&r) > 0) {
        struct span identity = reader_vec16(&r);

        reader_u32(&r);
        if (r.bad || identity.len == 0) {
            return hello_malformed(h, "pre_shared_key: an identity is empty or does not fit");
        }
        identity_count++;
    }
    r = reader_of(binders.data, binders.len);
    while (reader_left(&r) > 0) {
        if (reader_vec8(&r).len < 32) {
            return hello_malformed(h, "pre_shared_key: a binder is too short or does not fit");
        }
        binder_count++;
    }
    if (identity_count != binder_count) {
        return hello_illegal(h, "pre_shared_key: as many binders as identities are due");
    }
    return 0;
}

#define EXT_PSK 41

/* What we read. `has` is set when `take` found no fault; 0 where it is for
 * take to decide, or where nobody asks. */
static const struct extension {
    uint16_t type;
    unsigned has;
    int (*take)(struct hello *h, struct span body);
} known[] = {
    {0, 0, take_server_name},
    {1, HELLO_HAS_FRAGMENT_LEN, take_fragment_len},
    {5, 0, take_status_request},
    {10, HELLO_HAS_GROUPS, take_groups},
    {11, HELLO_HAS_POINT_FORMATS, take_point_formats},
    {13, HELLO_HAS_SIGNATURES, take_signatures},
    {16, HELLO_HAS_ALPN, take_alpn},
    {22, HELLO_HAS_ETM, take_empty},
    {23, HELLO_HAS_EMS, take_empty},
    {28, HELLO_HAS_RECORD_LIMIT, take_record_limit},
    {35, HELLO_HAS_TICKET, take_ticket},
    {EXT_PSK, HELLO_HAS_PSK, take_psk},
    {42, 0, take_empty}, /* early_data */
    {43, HELLO_HAS_VERSIONS, take_versions},
    {45, 0, take_psk_modes},
    {49, 0, take_empty}, /* post_handshake_auth */
    {50, HELLO_HAS_SIGNATURES_CERT, take_signatures_cert},
    {51, HELLO_HAS_KEY_SHARE, take_key_shares},
    {0xFF01, HELLO_HAS_RENEGOTIATION, take_renegotiation},
};

static int parse_extension(struct hello *h, uint16_t type, struct span body)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i].type == type) {
            if (known[i].take(h, body) != 0) {
                return -1;
            }
            h->has |= known[i].has;
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
        if (type == EXT_PSK && reader_left(&r) > 0) {
            return hello_illegal(h, "pre_shared_key: not the last extension");
        }
        if (parse_extension(h, type, body) != 0) {
            return -1;
        }
    }
    return 0;
}
