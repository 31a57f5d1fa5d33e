/*
 * What only TLS 1.3 knows of a ClientHello: its own extensions, one small function
 * a type, and the rules over several fields (RFC 8446, sections 4.1.2, 4.2 and 9.2).
 */
#include "tls/extensions.h"

enum { EXT_PSK = 41, EXT_OID_FILTERS = 48 };

/* ---- extensions ---------------------------------------------------------- */

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

    h->psk_modes = reader_vec8(&r);
    if (!reader_finished(&r) || h->psk_modes.len == 0) {
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
    h->psk_identities = identities;
    h->psk_binders = binders;
    return 0;
}

static int take_cookie(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);

    h->cookie = reader_vec16(&r);
    if (!reader_finished(&r) || h->cookie.len == 0) {
        return hello_malformed(h, "cookie: empty or of the wrong length");
    }
    return 0;
}

static int take_compressions(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec8(&r);

    if (r.bad || extension_list(body, list, &h->compressions) != 0) {
        return hello_malformed(h, "compress_certificate: empty, odd or of the wrong length");
    }
    return 0;
}

static int take_authorities(struct hello *h, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list = reader_vec16(&r);

    if (!reader_finished(&r) || list.len == 0) {
        return hello_malformed(h, "certificate_authorities: empty or of the wrong length");
    }
    r = reader_of(list.data, list.len);
    while (reader_left(&r) > 0) {
        if (reader_vec16(&r).len == 0) {
            return hello_malformed(h, "certificate_authorities: a name is empty or does not fit");
        }
    }
    h->authorities = list;
    return 0;
}

/* RFC 8446, section 4.2: known, and at home in another message. */
static int take_misplaced(struct hello *h, struct span body)
{
    (void)body;
    return hello_illegal(h, "oid_filters: not for a ClientHello");
}

static const struct extension known[] = {
    {27, HELLO_HAS_COMPRESS, take_compressions}, {EXT_PSK, HELLO_HAS_PSK, take_psk},
    {42, HELLO_HAS_EARLY_DATA, extension_empty}, {44, HELLO_HAS_COOKIE, take_cookie},
    {45, HELLO_HAS_PSK_MODES, take_psk_modes},   {47, 0, take_authorities},
    {EXT_OID_FILTERS, 0, take_misplaced},        {49, HELLO_HAS_POST_AUTH, extension_empty},
    {51, HELLO_HAS_KEY_SHARE, take_key_shares},
};

/* hello_parse has seen that each extension fits and comes once. */
static int take_all(struct hello *h)
{
    struct reader r = reader_of(h->extensions.data, h->extensions.len);

    while (reader_left(&r) > 0) {
        uint16_t type = reader_u16(&r);
        struct span body = reader_vec16(&r);

        if (type == EXT_PSK && reader_left(&r) > 0) {
            return hello_illegal(h, "pre_shared_key: not the last extension");
        }
        if (extension_take(h, known, ARRAY_LEN(known), type, body) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- rules over several fields ------------------------------------------- */

/* Section 4.2.8: shares only for groups that supported_groups lists. */
static int check_key_shares(struct hello *h)
{
    struct reader r = reader_of(h->groups.data, h->groups.len);
    struct u16_set listed = {{0}};

    while (reader_left(&r) > 0) {
        u16_set_add(&listed, reader_u16(&r));
    }
    r = reader_of(h->key_shares.data, h->key_shares.len);
    while (reader_left(&r) > 0) {
        if (!u16_set_has(&listed, reader_u16(&r))) {
            return hello_illegal(h, "key_share: a share for a group that is not listed");
        }
        reader_vec16(&r);
    }
    return 0;
}

/* Section 9.2, and for the modes 4.2.9. */
static const struct {
    unsigned with, without; /* if the first is there (0: always) and the second is not, */
    unsigned needs;         /* this must be */
    char problem[62];
} needs[] = {
    {HELLO_HAS_GROUPS, 0, HELLO_HAS_KEY_SHARE, "key_share is missing beside supported_groups"},
    {HELLO_HAS_KEY_SHARE, 0, HELLO_HAS_GROUPS, "supported_groups is missing beside key_share"},
    {0, HELLO_HAS_PSK, HELLO_HAS_SIGNATURES, "signature_algorithms and pre_shared_key are missing"},
    {0, HELLO_HAS_PSK, HELLO_HAS_GROUPS, "supported_groups and pre_shared_key are missing"},
    {HELLO_HAS_PSK, 0, HELLO_HAS_PSK_MODES,
     "psk_key_exchange_modes is missing beside pre_shared_key"},
    {HELLO_HAS_EARLY_DATA, 0, HELLO_HAS_PSK, "pre_shared_key is missing beside early_data"},
};

static int check_needs(struct hello *h)
{
    for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
        if ((h->has & needs[i].with) == needs[i].with && (h->has & needs[i].without) == 0 &&
            (h->has & needs[i].needs) == 0) {
            return hello_refuse(h, ALERT_MISSING_EXTENSION, needs[i].problem);
        }
    }
    return 0;
}

int hello13_parse(struct hello *h)
{
    if (h->compression.len != 1) {
        return hello_illegal(h, "compression methods: others than null beside TLS 1.3");
    }
    if (take_all(h) != 0 || check_needs(h) != 0) {
        return -1;
    }
    return check_key_shares(h);
}

struct span hello13_share(const struct hello *h, uint16_t group)
{
    struct reader r = reader_of(h->key_shares.data, h->key_shares.len);

    while (reader_left(&r) > 0) {
        uint16_t listed = reader_u16(&r);
        struct span share = reader_vec16(&r);

        if (listed == group) {
            return share;
        }
    }
    return span_of(h->key_shares.data, 0);
}
