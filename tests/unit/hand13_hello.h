/*
 * The ClientHello of the TLS 1.3 client by hand (hand13.h): every extension as the
 * client's says have it, edits of a test in place of them, binders at the end.
 */
#ifndef TINY_TESTS_HAND13_HELLO_H
#define TINY_TESTS_HAND13_HELLO_H

#include "hand13.h"

static inline struct span list16_bytes(const uint16_t *list, size_t max, uint8_t *out)
{
    size_t n = list16_len(list, max);

    put_u16(out, (uint32_t)(2 * n));
    for (size_t i = 0; i < n; i++) {
        put_u16(out + 2 + 2 * i, list[i]);
    }
    return span_of(out, 2 + 2 * n);
}

static inline const struct hand13_edit *hand13_edit_of(const struct hand13 *c, unsigned type)
{
    const struct hand13_edit *edits = c->retried ? c->says.again : c->says.edits;

    for (unsigned i = 0; i < HAND13_EDITS; i++) {
        if (edits[i].what != EDIT_NONE && edits[i].what != EDIT_LAST && edits[i].type == type) {
            return &edits[i];
        }
    }
    return NULL;
}

/* One extension, unless a test wants something else. */
static inline void hand13_extension(const struct hand13 *c, struct hello_build *b, unsigned type,
                                    struct span body)
{
    const struct hand13_edit *edit = hand13_edit_of(c, type);

    if (edit != NULL && edit->what == EDIT_OMIT) {
        return;
    }
    build_extension(b, type, edit != NULL && edit->what == EDIT_REPLACE ? edit->body : body);
    if (edit != NULL && edit->what == EDIT_DOUBLE) {
        build_extension(b, type, body);
    }
}

static inline void hand13_names(const struct hand13 *c, struct hello_build *b)
{
    const struct hand13_says *says = &c->says;
    uint8_t body[300];
    size_t n;

    if (says->name != NULL) {
        n = strlen(says->name);
        put_u16(body, (uint32_t)(n + 3));
        body[2] = 0;
        put_u16(body + 3, (uint32_t)n);
        memcpy(body + 5, says->name, n);
        hand13_extension(c, b, EXT_SERVER_NAME, span_of(body, n + 5));
    }
    if (says->alpn != NULL) {
        n = strlen(says->alpn);
        put_u16(body, (uint32_t)(n + 1));
        body[2] = (uint8_t)n;
        memcpy(body + 3, says->alpn, n);
        hand13_extension(c, b, EXT_ALPN, span_of(body, n + 3));
    }
}

/* After a HelloRetryRequest it is the one share that was asked for. */
static inline void hand13_shares(const struct hand13 *c, struct hello_build *b)
{
    const uint16_t *shares = c->says.shares;
    uint16_t retry[2] = {c->retry_group, 0};
    static uint8_t body[2000];
    size_t pos = 2;

    if (c->retried && c->retry_group != 0) {
        shares = retry;
    }
    for (unsigned i = 0; i < 6 && shares[i] != 0; i++) {
        size_t n = hand13_share(shares[i], body + pos + 4);

        put_u16(body + pos, shares[i]);
        put_u16(body + pos + 2, (uint32_t)n);
        pos += 4 + n;
    }
    put_u16(body, (uint32_t)(pos - 2));
    hand13_extension(c, b, EXT_KEY_SHARE, span_of(body, pos));
}

static inline void hand13_lists(const struct hand13 *c, struct hello_build *b)
{
    const struct hand13_says *says = &c->says;
    uint8_t body[300];

    hand13_extension(c, b, EXT_GROUPS, list16_bytes(says->groups, 8, body));
    hand13_extension(c, b, EXT_SIGNATURES, list16_bytes(says->schemes, 10, body));
    hand13_extension(c, b, EXT_VERSIONS, BYTES("\2\3\4"));
    if (says->psk_modes[0] != 0) {
        size_t n = 0;

        for (; n < sizeof says->psk_modes && says->psk_modes[n] != 0; n++) {
            body[1 + n] = (uint8_t)(says->psk_modes[n] - 1);
        }
        body[0] = (uint8_t)n;
        hand13_extension(c, b, EXT_PSK_MODES, span_of(body, n + 1));
    }
    if (says->record_limit != 0) {
        put_u16(body, says->record_limit);
        hand13_extension(c, b, EXT_RECORD_LIMIT, span_of(body, 2));
    }
    if (says->staple) {
        hand13_extension(c, b, EXT_STATUS_REQUEST, BYTES("\1\0\0\0\0"));
    }
    if (says->early && !c->retried) {
        hand13_extension(c, b, EXT_EARLY_DATA, BYTES(""));
    }
    if (c->cookie_len > 0) {
        put_u16(body, (uint32_t)c->cookie_len);
        memcpy(body + 2, c->cookie, c->cookie_len);
        hand13_extension(c, b, EXT_COOKIE, span_of(body, c->cookie_len + 2));
    }
}

/* ---- pre_shared_key ------------------------------------------------------ */

static inline size_t hand13_binder_len(const struct hand13 *c, unsigned i)
{
    return c->says.binder_len != 0 ? c->says.binder_len
                                   : hash13_len(hash13_of_suite(c->says.psks[i].suite));
}

/* Its body with binders of zeros; *binders: where in it their list's length stands. */
static inline size_t hand13_psk_body(const struct hand13 *c, uint8_t *body, size_t *binders)
{
    size_t pos = 2;

    for (unsigned i = 0; i < c->says.psk_count; i++) {
        const struct hand13_psk *psk = &c->says.psks[i];

        put_u16(body + pos, (uint32_t)psk->identity_len);
        memcpy(body + pos + 2, psk->identity, psk->identity_len);
        pos += 2 + psk->identity_len;
        put_u32(body + pos, psk->external ? 0 : c->says.age_ms + psk->age_add);
        pos += 4;
    }
    put_u16(body, (uint32_t)(pos - 2));
    *binders = pos;
    pos += 2;
    for (unsigned i = 0; i < c->says.psk_count; i++) {
        size_t n = hand13_binder_len(c, i);

        body[pos] = (uint8_t)n;
        memset(body + pos + 1, 0, n);
        pos += 1 + n;
    }
    put_u16(body + *binders, (uint32_t)(pos - *binders - 2));
    return pos;
}

/* The binders over the hello up to them, and over what was said before a retry. */
static inline void hand13_bind(struct hand13 *c, size_t binders)
{
    size_t pos = binders + 2;

    for (unsigned i = 0; i < c->says.psk_count; i++) {
        const struct hand13_psk *psk = &c->says.psks[i];
        const br_hash_class *hash = hash13_of_suite(psk->suite);
        uint8_t key[HASH13_MAX], digest[HASH13_MAX], binder[HASH13_MAX];
        struct transcript13 t;
        size_t n = hand13_binder_len(c, i);

        if (c->retried && hash == c->hash) {
            t = c->transcript;
        } else {
            transcript13_begin(&t, hash);
        }
        transcript13_add(&t, span_of(c->hello, binders));
        transcript13_now(&t, digest);
        binder_key13(hash, span_of(psk->secret, psk->secret_len), psk->external, key);
        finished13(hash, key, digest, binder);
        binder[0] ^= c->says.bad_binder;
        memcpy(c->hello + pos + 1, binder, n < hash13_len(hash) ? n : hash13_len(hash));
        pos += 1 + n;
    }
}

/* ---- the whole ----------------------------------------------------------- */

static inline void hand13_last(const struct hand13 *c, struct hello_build *b)
{
    const struct hand13_edit *edits = c->retried ? c->says.again : c->says.edits;

    for (unsigned i = 0; i < HAND13_EDITS; i++) {
        if (edits[i].what == EDIT_LAST) {
            build_extension(b, edits[i].type, edits[i].body);
        }
    }
}

/* The first or the second hello, in c->hello. */
static inline void hand13_make_hello(struct hand13 *c)
{
    static const uint8_t id[32] = "a session as middleboxes like it";
    static uint8_t body[3000];
    static struct hello_build b;
    uint8_t suites[20];
    size_t binders = 0, n;
    struct span bytes;
    const struct hand13_edit *edit;

    b = build_hello();
    b.version = c->says.legacy_version;
    if (c->says.compression.data != NULL) {
        b.compression = c->says.compression;
    }
    b.session_id = span_of(id, c->says.session_id_len);
    bytes = list16_bytes(c->says.suites, 6, suites);
    b.suites = span_of(bytes.data + 2, bytes.len - 2);
    hand13_names(c, &b);
    hand13_lists(c, &b);
    hand13_shares(c, &b);
    n = c->says.psk_count > 0 ? hand13_psk_body(c, body, &binders) : 0;
    edit = hand13_edit_of(c, EXT_PSK);
    if (n > 0) {
        hand13_extension(c, &b, EXT_PSK, span_of(body, n));
    }
    hand13_last(c, &b);
    bytes = hello_bytes(&b);
    memcpy(c->hello, bytes.data, bytes.len);
    c->hello_len = bytes.len;
    if (n > 0 && edit == NULL) {
        size_t end = bytes.len;

        for (unsigned i = 0; i < HAND13_EDITS; i++) {
            const struct hand13_edit *e = c->retried ? &c->says.again[i] : &c->says.edits[i];

            end -= e->what == EDIT_LAST ? 4 + e->body.len : 0;
        }
        hand13_bind(c, end - (n - binders));
    }
    if (c->says.flip[c->retried] != 0) {
        c->hello[c->says.flip[c->retried]] ^= 1;
    }
}

#endif
