/*
 * Pre-shared keys of TLS 1.3 (RFC 8446, sections 4.2.9, 4.2.11, 4.6.1): which of those
 * that a client offers is taken, and the tickets that it is given for another time. What a
 * session may be resumed under is the same as in TLS 1.2, see agree.c.
 */
#include "config/sslop.h"
#include "core/clock.h"
#include "tls/engine13.h"
#include "tls/internal.h"
#include "core/build.h"

#include <string.h>

/* Tickets of one hello that are opened; browsers send one, two at most. */
#define OPENED_MAX 8

/* RFC 8446, section 4.6.1. */
#define LIFETIME_MAX_S 604800u

#define EXT_EARLY_DATA 42

enum { MODE_PSK_KE = 0, MODE_PSK_DHE_KE = 1 };

static uint32_t timeout_s(const struct tls_context *ctx)
{
    uint32_t configured = ctx->config->session_timeout_s;

    return configured < LIFETIME_MAX_S ? configured : LIFETIME_MAX_S;
}

static bool has_tickets(const struct tls_context *ctx)
{
    return ctx->tickets.count > 0 || (TINY_TLS12 && ctx->sessions != NULL);
}

/* Early data is for requests that may be repeated, which only HTTP tells. */
static bool allows_early(const struct config *config)
{
    return TINY_EXTRAS && config->early_data > 0 &&
           (config->mode == MODE_FILES || config->mode == MODE_STATUS);
}

/* ---- which key ----------------------------------------------------------- */

/* One identity of the hello. */
struct offered {
    struct span identity;
    struct span binder;
    uint32_t age; /* obfuscated */
};

/* Without a key exchange of its own a connection is no safer than its PSK, so that
 * is for those who ask for it, and then for clients with which nothing else can be. */
static bool choose_mode(struct tls *t, struct span modes)
{
    bool dhe = t->choice.group != 0 && memchr(modes.data, MODE_PSK_DHE_KE, modes.len) != NULL;
    bool ke = TINY_EXTRAS && (t->ctx->config->options & SSLOP_ALLOW_NO_DHE_KEX) != 0 &&
              memchr(modes.data, MODE_PSK_KE, modes.len) != NULL;

    t->v13.handshake->psk.dhe = dhe;
    return dhe || ke;
}

/* The session of the ticket, in the client's hands or in ours. */
static bool find_session(struct tls *t, struct span identity, struct session *s)
{
    struct tls_context *ctx = t->ctx;
    uint64_t now_ms = clock_now_ms();
    const struct session *cached;

    if (ctx->tickets.count > 0) {
        return ticket13_open(&ctx->tickets, identity, now_ms, clock_wall_s(), timeout_s(ctx), s);
    }
    if (!TINY_TLS12 || ctx->sessions == NULL || identity.len != sizeof s->id) {
        return false;
    }
    cached = session_find(ctx->sessions, identity.data, now_ms);
    if (cached == NULL || cached->version != 0x0304) {
        return false;
    }
    *s = *cached;
    return true;
}

static bool same_server(const struct tls *t, const uint8_t fingerprint[32])
{
    const struct cred *creds[] = {t->entry->rsa, t->entry->ec};
    bool key_alone = TINY_EXTRAS && t->ctx->config->psk_only;

    for (size_t i = 0; i < ARRAY_LEN(creds) && !key_alone; i++) {
        if (creds[i] != NULL && memcmp(creds[i]->fingerprint, fingerprint, 32) == 0) {
            return true;
        }
    }
    return TINY_EXTRAS && t->ctx->psk.len > 0 && memcmp(t->ctx->psk.digest, fingerprint, 32) == 0;
}

/* It must have been made under all that holds now: endpoint, name, client
 * authentication, protocol of the application, and a certificate that we still have or
 * the key of ssl.psk. */
static bool fits(const struct tls *t, const struct session *s)
{
    return memcmp(s->binding, t->binding, sizeof s->binding) == 0 && same_server(t, s->fingerprint);
}

/* The suite that was chosen if it has this hash, else the first that has. */
static bool fit_suite(struct tls *t, const struct hello *h, const br_hash_class *hash)
{
    const struct config *config = t->ctx->config;

    if (hash13_of_suite(t->choice.suite) == hash) {
        return true;
    }
    if (t->v13.handshake->retried) {
        return false; /* the client was told of the suite */
    }
    for (size_t i = 0; i < config->ciphersuite_count; i++) {
        uint16_t suite = config->ciphersuites[i];

        if (hash13_of_suite(suite) == hash && hello_list_has(h->suites, suite)) {
            t->choice.suite = suite;
            return true;
        }
    }
    return false;
}

/* From a ticket of ours to the key that is in it. */
static bool take_session(struct tls *t, const struct hello *h, const struct offered *o)
{
    struct psk13 *psk = &t->v13.handshake->psk;
    struct session s;
    bool good = find_session(t, o->identity, &s);

    if (good && fits(t, &s) && fit_suite(t, h, hash13_of_suite(s.suite))) {
        psk->chosen = true;
        psk->secret_len = hash13_len(hash13_of_suite(s.suite));
        memcpy(psk->secret, s.master_secret, psk->secret_len);
        memcpy(psk->fingerprint, s.fingerprint, sizeof psk->fingerprint);
        psk->created_ms = t->session_made_ms = s.created_ms;
        psk->early_most = s.early;
        psk->number = s.serial;
        psk->early = s.early > 0 && psk->index == 0 && s.suite == t->choice.suite &&
                     allows_early(t->ctx->config) &&
                     early13_age_fits(clock_now_ms() - s.issued_ms, o->age, s.age_add);
        t->info.verdict = (enum tls_verdict)s.verdict;
        memcpy(t->info.peer_subject, s.peer_subject, sizeof t->info.peer_subject);
    }
    bytes_wipe(&s, sizeof s);
    return psk->chosen;
}

/* Who has ssl.psk shows no certificate, so where one is required it opens nothing.
 * Its hash is SHA-256, as nothing else is said of it (section 4.2.11). */
static bool take_external(struct tls *t, const struct hello *h, const struct offered *o)
{
    const struct tls_context *ctx = t->ctx;
    struct psk13 *psk = &t->v13.handshake->psk;

    if (ctx->psk.len == 0 || !span_is(o->identity, ctx->config->psk_identity) ||
        ctx->config->verify == VERIFY_REQUIRED || !fit_suite(t, h, hash13_of_suite(0x1301))) {
        return false;
    }
    psk->chosen = psk->external = true;
    psk->secret_len = ctx->psk.len;
    memcpy(psk->secret, ctx->psk.secret, ctx->psk.len);
    memcpy(psk->fingerprint, ctx->psk.digest, sizeof psk->fingerprint);
    psk->created_ms = t->session_made_ms;
    return true;
}

/* The client's proof that it has the key and means this hello (section 4.2.11.2). The
 * hash is of all that was said, up to the binders with the length before them. */
static int check_binder(struct tls *t, struct span truncated, struct span binder)
{
    const struct handshake13 *hs = t->v13.handshake;
    const br_hash_class *hash = hash13_of_suite(t->choice.suite);
    uint8_t key[HASH13_MAX], sum[HASH13_MAX], due[HASH13_MAX];
    struct transcript13 copy;
    bool good;

    if (hs->retried) {
        copy = hs->transcript;
    } else {
        transcript13_begin(&copy, hash);
    }
    transcript13_add(&copy, truncated);
    transcript13_now(&copy, sum);
    binder_key13(hash, span_of(hs->psk.secret, hs->psk.secret_len), hs->psk.external, key);
    finished13(hash, key, sum, due);
    good = span_equal_ct(span_of(due, hash13_len(hash)), binder);
    bytes_wipe(key, sizeof key);
    bytes_wipe(due, sizeof due);
    return good ? 0 : tls13_refuse(t, ALERT_DECRYPT_ERROR, "pre_shared_key: a binder is wrong");
}

/* ---- the hello ----------------------------------------------------------- */

static void count(struct tls *t)
{
    struct counters *c = t->ctx->counters;
    const struct psk13 *psk = &t->v13.handshake->psk;

    if (psk->external) {
        return;
    }
    if (t->ctx->tickets.count > 0) {
        c->tickets_taken += psk->chosen;
        c->tickets_refused += !psk->chosen;
    } else if (t->ctx->sessions != NULL) {
        c->session_hits += psk->chosen;
        c->session_misses += !psk->chosen;
    }
}

/* The first that is good is taken. That there are as many binders as identities was
 * looked at when the hello was parsed. */
static int choose_identity(struct tls *t, const struct hello *h, struct span message)
{
    struct reader identities = reader_of(h->psk_identities.data, h->psk_identities.len);
    struct reader binders = reader_of(h->psk_binders.data, h->psk_binders.len);
    struct span truncated = span_of(message.data, (size_t)(h->psk_binders.data - message.data) - 2);
    struct psk13 *psk = &t->v13.handshake->psk;

    for (size_t i = 0; i < OPENED_MAX && reader_left(&identities) > 0; i++) {
        struct offered o = {.identity = reader_vec16(&identities)};

        o.age = reader_u32(&identities);
        o.binder = reader_vec8(&binders);
        psk->index = (uint16_t)i;
        if ((TINY_EXTRAS && take_external(t, h, &o)) || take_session(t, h, &o)) {
            return check_binder(t, truncated, o.binder);
        }
    }
    return 0;
}

int psk13_choose(struct tls *t, const struct hello *h, struct span message)
{
    struct tls13 *t13 = &t->v13;
    struct psk13 *psk = &t13->handshake->psk;
    const struct config *config = t->ctx->config;
    bool usable = choose_mode(t, h->psk_modes);
    int result;

    bytes_wipe(psk->secret, sizeof psk->secret);
    psk->chosen = psk->external = psk->early = false;
    psk->early_most = 0;
    /* A first hello with somebody's ticket, which anyone can send again, may have said more. */
    t->info.verdict = TLS_PEER_NOT_ASKED;
    t->info.peer_subject[0] = '\0';
    t->session_made_ms = clock_now_ms();
    t13->tickets_due = usable && has_tickets(t->ctx) ? (uint8_t)config->num_tickets : 0;
    if ((h->has & HELLO_HAS_PSK) == 0) {
        return 0;
    }
    result = usable ? choose_identity(t, h, message) : 0;
    if (result != 0) {
        psk->chosen = false;
    } else if (!t13->handshake->retry || (psk->chosen && !psk->dhe)) {
        count(t); /* not before a HelloRetryRequest, too */
    }
    if (psk->chosen && t13->tickets_due > 1) {
        t13->tickets_due = 1; /* for the one that was used */
    }
    return result;
}

/* ---- tickets ------------------------------------------------------------- */

static struct session session_now(struct tls *t, uint64_t now_ms)
{
    struct tls_context *ctx = t->ctx;
    const struct psk13 *psk = &t->v13.handshake->psk;
    const uint8_t *fingerprint = psk->chosen ? psk->fingerprint : t->choice.cred->fingerprint;
    struct session s = {
        .version = 0x0304,
        .suite = t->choice.suite,
        .verdict = (uint8_t)t->info.verdict,
        .ems = true,
        .created_ms = t->session_made_ms,
        .issued_ms = now_ms,
    };

    br_hmac_drbg_generate(&ctx->rng, &s.age_add, sizeof s.age_add);
    if (allows_early(ctx->config)) {
        s.early = ctx->config->early_data;
        s.serial = ctx->early != NULL ? early13_number(ctx->early) : 0;
    }
    memcpy(s.binding, t->binding, sizeof s.binding);
    memcpy(s.fingerprint, fingerprint, sizeof s.fingerprint);
    memcpy(s.peer_subject, t->info.peer_subject, sizeof s.peer_subject);
    return s;
}

/* What the client is to bring again: the session, or a name for it. */
static size_t write_identity(struct tls_context *ctx, struct session *s, uint64_t now_ms,
                             uint8_t *out)
{
    if (!TINY_TLS12 || ctx->tickets.count > 0) {
        ctx->counters->tickets_issued++;
        return ticket_seal(&ctx->tickets, s, now_ms, clock_wall_s(), &ctx->rng, out);
    }
    br_hmac_drbg_generate(&ctx->rng, s->id, sizeof s->id);
    session_id_begins(ctx->config, s->id);
    session_save(ctx->sessions, s);
    memcpy(out, s->id, sizeof s->id);
    return sizeof s->id;
}

/* Type and length, lifetime, age_add, nonce, ticket, extensions. */
#define MESSAGE_MAX (4 + 4 + 4 + 2 + 2 + TICKET_MAX + 2 + 8)

bool psk13_ticket(struct tls *t, struct flight13 *f)
{
    struct tls_context *ctx = t->ctx;
    const br_hash_class *hash = hash13_of_suite(t->choice.suite);
    uint64_t now_ms = clock_now_ms();
    uint64_t age_s = (now_ms - t->session_made_ms) / 1000;
    uint8_t nonce = t->v13.ticket_count, *p;
    size_t len;
    struct session s;

    if (!has_tickets(ctx) || age_s >= timeout_s(ctx)) {
        return false;
    }
    p = flight13_room(f, MESSAGE_MAX);
    t->v13.ticket_count++;
    s = session_now(t, now_ms);
    ticket_psk13(hash, t->v13.resumption, span_of(&nonce, 1), s.master_secret);
    p[0] = 4;
    put_u32(p + 4, timeout_s(ctx) - (uint32_t)age_s);
    put_u32(p + 8, s.age_add);
    p[12] = 1;
    p[13] = nonce;
    len = write_identity(ctx, &s, now_ms, p + 16);
    put_u16(p + 14, (uint32_t)len);
    len += 16;
    put_u16(p + len, s.early > 0 ? 8 : 0);
    if (TINY_EXTRAS && s.early > 0) {
        put_u16(p + len + 2, EXT_EARLY_DATA);
        put_u16(p + len + 4, 4);
        put_u32(p + len + 6, s.early);
    }
    len += s.early > 0 ? 10 : 2;
    put_u24(p + 1, (uint32_t)len - 4);
    bytes_wipe(&s, sizeof s);
    flight13_add(f, NULL, span_of(p, len));
    return true;
}
