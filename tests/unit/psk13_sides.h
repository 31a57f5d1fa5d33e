/*
 * Both sides of pre-shared keys without a connection between them: a handshake's fields are
 * set by hand, hellos are the parts that matter, the client's side of every binder and
 * ticket is computed here.
 */
#ifndef TINY_TESTS_PSK13_SIDES_H
#define TINY_TESTS_PSK13_SIDES_H

#include "core/clock.h"
#include "core/log.h"
#include "tap.h"
#include "tls_fixture.h"

/* ---- one side -------------------------------------------------------------- */

struct server {
    struct config config;
    struct counters counters;
    struct tls_context *ctx;
    struct tls *t;
    struct handshake13 hs;
};

static inline struct config config13(void)
{
    struct config c = fixture_config("server_ec", "server_rsa");

    c.version_max = 0x0304;
    c.ciphersuites[0] = 0x1301;
    c.ciphersuites[1] = 0x1302;
    c.ciphersuite_count = 2;
    c.session_tickets = true;
    c.num_tickets = 2;
    c.mode = MODE_FILES;
    c.anti_replay = true;
    c.psk = c.psk_identity = "";
    return c;
}

/* As agree13 leaves it when it asks for a key. */
static inline void begin(struct server *s)
{
    memset(s->t, 0, tls_size());
    memset(&s->hs, 0, sizeof s->hs);
    tls_begin(s->t, s->ctx, 1);
    s->t->v13.handshake = &s->hs;
    s->t->creds = cred_set_hold(s->ctx->creds);
    s->t->entry = &s->t->creds->entry;
    s->t->choice.cred = s->t->entry->ec;
    s->t->choice.version = 0x0304;
    s->t->choice.suite = 0x1301;
    s->t->choice.group = 29;
    agree_bind(s->t, "http/1.1");
    flight13_begin(&s->hs.flight);
}

static inline void end(struct server *s)
{
    s->t->v13.handshake = NULL;
    tls_end(s->t);
}

static inline struct server *server_new(struct config config)
{
    struct server *s = calloc(1, sizeof *s);

    s->config = config;
    s->ctx = tls_context_new(&s->config, &s->counters);
    s->t = calloc(1, tls_size());
    begin(s);
    return s;
}

static inline void server_free(struct server *s)
{
    end(s);
    free(s->t);
    tls_context_free(s->ctx);
    free(s);
}

/* ---- the other ------------------------------------------------------------- */

struct key {
    uint8_t identity[TICKET_MAX];
    size_t identity_len;
    uint8_t psk[64];
    size_t psk_len;
    uint32_t lifetime, age_add, early;
    bool external;
    uint16_t suite; /* its hash */
};

struct offer {
    struct hello h;
    uint8_t message[2048];
    size_t message_len;
    uint8_t identities[2048];
    size_t identities_len;
    uint8_t binders[512];
    size_t binders_len;
};

static const uint8_t dhe_alone[] = {1}, ke_alone[] = {0}, both[] = {0, 1}, unknown[] = {7};
static const uint8_t suites[] = {0x13, 0x01, 0x13, 0x02}, sha384_alone[] = {0x13, 0x02};

static inline void offer_begin(struct offer *o)
{
    memset(o, 0, sizeof *o);
    o->h.suites = span_of(suites, sizeof suites);
    o->h.psk_modes = span_of(dhe_alone, 1);
    memset(o->message, 0x42, 300); /* what stands before the binders */
    o->message_len = 300;
}

static inline void offer_add(struct offer *o, const struct key *k, uint32_t age)
{
    uint8_t *p = o->identities + o->identities_len;
    size_t hash_len = hash13_len(hash13_of_suite(k->suite));

    put_u16(p, (uint32_t)k->identity_len);
    memcpy(p + 2, k->identity, k->identity_len);
    put_u32(p + 2 + k->identity_len, age + k->age_add);
    o->identities_len += k->identity_len + 6;
    o->binders[o->binders_len] = (uint8_t)hash_len;
    o->binders_len += 1 + hash_len;
}

/* The binder of key number `index`. */
static inline void offer_bind(struct offer *o, const struct key *k, size_t index,
                              const struct transcript13 *before)
{
    const br_hash_class *hash = hash13_of_suite(k->suite);
    uint8_t *p = o->binders;
    uint8_t base[HASH13_MAX], sum[HASH13_MAX], binder[HASH13_MAX];
    struct transcript13 t;

    if (before != NULL) {
        t = *before;
    } else {
        transcript13_begin(&t, hash);
    }
    transcript13_add(&t, span_of(o->message, 300));
    transcript13_now(&t, sum);
    binder_key13(hash, span_of(k->psk, k->psk_len), k->external, base);
    finished13(hash, base, sum, binder);
    for (; index > 0; index--) {
        p += 1 + p[0];
    }
    memcpy(p + 1, binder, hash13_len(hash));
}

static inline int choose(struct server *s, struct offer *o)
{
    put_u16(o->message + 300, (uint32_t)o->binders_len);
    memcpy(o->message + 302, o->binders, o->binders_len);
    o->message_len = 302 + o->binders_len;
    o->h.psk_identities = span_of(o->identities, o->identities_len);
    o->h.psk_binders = span_of(o->message + 302, o->binders_len);
    if (o->binders_len > 0) {
        o->h.has |= HELLO_HAS_PSK;
    }
    return psk13_choose(s->t, &o->h, span_of(o->message, o->message_len));
}

/* One key with the right binder. */
static inline int choose_key(struct server *s, const struct key *k, uint32_t age)
{
    struct offer o;

    offer_begin(&o);
    offer_add(&o, k, age);
    offer_bind(&o, k, 0, NULL);
    return choose(s, &o);
}

/* A hello without a key. */
static inline void full(struct server *s)
{
    struct offer o;

    end(s);
    begin(s);
    offer_begin(&o);
    expect(choose(s, &o) == 0 && !s->hs.psk.chosen, "no key, none chosen");
    memset(s->t->v13.resumption, 0x77, sizeof s->t->v13.resumption);
}

/* What a NewSessionTicket says; false when it is not well formed. */
static inline bool read_ticket(struct span m, uint16_t suite, struct key *k)
{
    static const uint8_t resumption[HASH13_MAX] = {[0 ... 47] = 0x77};
    struct reader r = reader_of(m.data, m.len), ext;
    struct span nonce, ticket;
    bool good = reader_u8(&r) == 4 && reader_u24(&r) == m.len - 4;

    memset(k, 0, sizeof *k);
    k->lifetime = reader_u32(&r);
    k->age_add = reader_u32(&r);
    nonce = reader_vec8(&r);
    ticket = reader_vec16(&r);
    ext = r;
    ext.pos += 2;
    reader_vec16(&r);
    if (!good || r.bad || reader_left(&r) != 0 || ticket.len > sizeof k->identity) {
        return false;
    }
    if (reader_left(&ext) > 0) {
        good = reader_u16(&ext) == 42 && reader_u16(&ext) == 4;
        k->early = reader_u32(&ext);
        good = good && !ext.bad && reader_left(&ext) == 0;
    }
    memcpy(k->identity, ticket.data, ticket.len);
    k->identity_len = ticket.len;
    k->suite = suite;
    k->psk_len = hash13_len(hash13_of_suite(suite));
    ticket_psk13(hash13_of_suite(suite), resumption, nonce, k->psk);
    return good;
}

/* The next ticket of this connection. */
static inline struct key ticket_of(struct server *s)
{
    struct flight13 *f = &s->hs.flight;
    struct key k = {0};

    flight13_begin(f);
    expect(psk13_ticket(s->t, f) && f->count == 1 &&
               read_ticket(f->pieces[0], s->t->choice.suite, &k),
           "a ticket");
    return k;
}

static inline struct key fresh_ticket(struct server *s)
{
    struct key k;

    full(s);
    k = ticket_of(s);
    end(s);
    begin(s);
    return k;
}

#endif
