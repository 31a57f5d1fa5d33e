/* Pre-shared keys of TLS 1.3: tickets, the session cache, external keys; binders, modes, and what
 * a session is bound to. */
#include "config/sslop.h"
#include "psk13_sides.h"

#include <unistd.h>

#define KEY_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* ---- tickets --------------------------------------------------------------- */

static void round_trip(void)
{
    struct server *s = server_new(config13());
    struct key a, b, c;

    full(s);
    ok(s->t->v13.tickets_due == 2, "two tickets after a full handshake");
    s->t->info.verdict = TLS_PEER_TRUSTED;
    memcpy(s->t->info.peer_subject, "CN=client", 10);
    a = ticket_of(s);
    b = ticket_of(s);
    ok(a.lifetime == 300 && a.early == 0, "for as long as sessions last, without early data");
    ok(a.age_add != b.age_add && memcmp(a.psk, b.psk, 32) != 0 && s->counters.tickets_issued == 2,
       "each with a key of its own");
    end(s);
    begin(s);
    ok(choose_key(s, &b, 0) == 0 && s->hs.psk.chosen && s->hs.psk.index == 0 && s->hs.psk.dhe &&
           !s->hs.psk.external && !s->hs.psk.early && s->hs.psk.secret_len == 32 &&
           memcmp(s->hs.psk.secret, b.psk, 32) == 0,
       "the second brings its key back");
    ok(s->t->info.verdict == TLS_PEER_TRUSTED &&
           strcmp(s->t->info.peer_subject, "CN=client") == 0 &&
           s->t->session_made_ms <= clock_now_ms() && clock_now_ms() - s->t->session_made_ms < 5000,
       "and who the client is, since when");
    ok(s->t->v13.tickets_due == 1 && s->counters.tickets_taken == 1, "one more ticket then");
    memset(s->t->v13.resumption, 0x77, sizeof s->t->v13.resumption);
    c = ticket_of(s);
    end(s);
    begin(s);
    ok(choose_key(s, &c, 0) == 0 && s->hs.psk.chosen &&
           strcmp(s->t->info.peer_subject, "CN=client") == 0,
       "which is as good");
    server_free(s);
}

static void binders(void)
{
    struct server *s = server_new(config13());
    struct key k = fresh_ticket(s);
    struct offer o;
    size_t failed = 0;

    for (size_t bit = 0; bit < 256; bit++) {
        end(s);
        begin(s);
        offer_begin(&o);
        offer_add(&o, &k, 0);
        offer_bind(&o, &k, 0, NULL);
        o.binders[1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        failed +=
            choose(s, &o) == -1 && s->t->choice.alert == ALERT_DECRYPT_ERROR && !s->hs.psk.chosen;
    }
    ok(failed == 256, "a binder with a wrong bit ends the handshake: decrypt_error");
    end(s);
    begin(s);
    offer_begin(&o);
    offer_add(&o, &k, 0);
    offer_bind(&o, &k, 0, NULL);
    o.message[299] ^= 1;
    ok(choose(s, &o) == -1 && s->t->choice.alert == ALERT_DECRYPT_ERROR, "as does a changed hello");
    end(s);
    begin(s);
    offer_begin(&o);
    k.suite = 0x1302; /* a binder of 48 bytes */
    offer_add(&o, &k, 0);
    ok(choose(s, &o) == -1 && s->t->choice.alert == ALERT_DECRYPT_ERROR,
       "and a binder that is too long");
    server_free(s);
}

static void foreign(void)
{
    struct server *s = server_new(config13()), *other = server_new(config13());
    struct key good = fresh_ticket(s), bad = fresh_ticket(other), junk = bad;
    struct offer o;

    memset(junk.identity, 0xEE, sizeof junk.identity);
    ok(choose_key(s, &bad, 0) == 0 && !s->hs.psk.chosen && s->counters.tickets_refused == 1,
       "another server's ticket is passed over");
    offer_begin(&o);
    offer_add(&o, &junk, 0);
    offer_add(&o, &bad, 0);
    offer_add(&o, &good, 0);
    offer_bind(&o, &good, 2, NULL);
    end(s);
    begin(s);
    ok(choose(s, &o) == 0 && s->hs.psk.chosen && s->hs.psk.index == 2,
       "the third of three is ours");
    offer_begin(&o);
    for (unsigned i = 0; i < 8; i++) {
        offer_add(&o, &bad, 0);
    }
    offer_add(&o, &good, 0);
    offer_bind(&o, &good, 8, NULL);
    end(s);
    begin(s);
    ok(choose(s, &o) == 0 && !s->hs.psk.chosen, "not more than eight are looked at");
    good.identity_len -= 1;
    ok(choose_key(s, &good, 0) == 0 && !s->hs.psk.chosen, "one that is cut short");
    good.identity_len = 1;
    ok(choose_key(s, &good, 0) == 0 && !s->hs.psk.chosen, "one of a byte");
    server_free(other);
    server_free(s);
}

/* ---- what a session is bound to --------------------------------------------- */

static bool resumes(struct server *s, const struct key *k)
{
    return choose_key(s, k, 0) == 0 && s->hs.psk.chosen;
}

static void bindings(void)
{
    struct server *s = server_new(config13());
    struct key k = fresh_ticket(s);
    struct cred_entry elsewhere = {0};

    agree_bind(s->t, "h2");
    ok(!resumes(s, &k), "another application protocol");
    memcpy(s->t->info.server_name, "other.example", 14);
    agree_bind(s->t, "http/1.1");
    ok(!resumes(s, &k), "another server name");
    s->t->info.server_name[0] = '\0';
    s->t->endpoint_id = 2;
    agree_bind(s->t, "http/1.1");
    ok(!resumes(s, &k), "another endpoint");
    s->t->endpoint_id = 1;
    s->config.verify = VERIFY_OPTIONAL;
    agree_bind(s->t, "http/1.1");
    ok(!resumes(s, &k), "another rule for clients");
    s->config.verify = VERIFY_NONE;
    s->ctx->rules[0] ^= 1;
    agree_bind(s->t, "http/1.1");
    ok(!resumes(s, &k), "other options about clients' certificates");
    s->ctx->rules[0] ^= 1;
    agree_bind(s->t, "http/1.1");
    s->t->entry = &elsewhere;
    elsewhere.rsa = s->t->creds->entry.rsa;
    ok(!resumes(s, &k), "a certificate that is not served any more");
    elsewhere.ec = s->t->creds->entry.ec;
    s->t->choice.cred = elsewhere.rsa;
    ok(resumes(s, &k), "it need not be the one that a full handshake would take");
    server_free(s);
}

static void suites_and_hashes(void)
{
    struct config config = config13();
    struct server *s = server_new(config);
    struct key sha256 = fresh_ticket(s), sha384;
    struct offer o;

    full(s);
    s->t->choice.suite = 0x1302;
    sha384 = ticket_of(s);
    end(s);
    begin(s);
    ok(sha384.psk_len == 48 && resumes(s, &sha384) && s->t->choice.suite == 0x1302 &&
           s->hs.psk.secret_len == 48,
       "a key for SHA-384 brings its suite");
    begin(s);
    s->t->choice.suite = 0x1302;
    ok(resumes(s, &sha256) && s->t->choice.suite == 0x1301, "and one for SHA-256");
    begin(s);
    s->t->choice.suite = 0x1302;
    offer_begin(&o);
    o.h.suites = span_of(sha384_alone, sizeof sha384_alone);
    offer_add(&o, &sha256, 0);
    offer_bind(&o, &sha256, 0, NULL);
    ok(choose(s, &o) == 0 && !s->hs.psk.chosen && s->t->choice.suite == 0x1302,
       "not when the client has no suite with that hash");
    begin(s);
    s->config.ciphersuite_count = 1;
    ok(!resumes(s, &sha384), "nor when we have none");
    cred_set_drop(s->ctx->creds); /* begin() held them three times more */
    cred_set_drop(s->ctx->creds);
    cred_set_drop(s->ctx->creds);
    server_free(s);
}

static void modes(void)
{
    struct server *s = server_new(config13());
    struct key k = fresh_ticket(s);
    struct {
        struct span modes;
        bool allowed, share, chosen, dhe;
        const char *name;
    } cases[] = {
        {span_of(dhe_alone, 1), false, true, true, true, "psk_dhe_ke"},
        {span_of(ke_alone, 1), false, true, false, false, "psk_ke is not taken"},
        {span_of(ke_alone, 1), true, true, true, false, "but when it is allowed"},
        {span_of(both, 2), true, true, true, true, "psk_dhe_ke goes before it"},
        {span_of(both, 2), false, true, true, true, "or stands alone"},
        {span_of(both, 2), true, false, true, false, "unless no group is in common"},
        {span_of(dhe_alone, 1), true, false, false, false, "psk_dhe_ke wants a group"},
        {span_of(unknown, 1), true, true, false, false, "a mode that nobody knows"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct offer o;

        end(s);
        begin(s);
        s->config.options = cases[i].allowed ? SSLOP_ALLOW_NO_DHE_KEX : 0;
        s->t->choice.group = cases[i].share ? 29 : 0;
        offer_begin(&o);
        o.h.psk_modes = cases[i].modes;
        offer_add(&o, &k, 0);
        offer_bind(&o, &k, 0, NULL);
        ok(choose(s, &o) == 0 && s->hs.psk.chosen == cases[i].chosen &&
               s->hs.psk.dhe == cases[i].dhe &&
               (s->t->v13.tickets_due > 0) == (cases[i].chosen || s->hs.psk.dhe),
           cases[i].name);
    }
    s->config.num_tickets = 0;
    full(s);
    ok(s->t->v13.tickets_due == 0, "no tickets with ssl.num-tickets 0");
    server_free(s);
}

/* The binder covers what was said before a HelloRetryRequest, and the suite stays. */
static void after_retry(void)
{
    struct server *s = server_new(config13());
    struct key k = fresh_ticket(s);
    struct offer o;

    s->hs.retried = true;
    transcript13_begin(&s->hs.transcript, hash13_of_suite(0x1301));
    transcript13_add(&s->hs.transcript, span_of("the first hello", 15));
    transcript13_retry(&s->hs.transcript);
    transcript13_add(&s->hs.transcript, span_of("and what came back", 18));
    offer_begin(&o);
    offer_add(&o, &k, 0);
    offer_bind(&o, &k, 0, &s->hs.transcript);
    ok(choose(s, &o) == 0 && s->hs.psk.chosen, "over all that was said");
    offer_bind(&o, &k, 0, NULL);
    ok(choose(s, &o) == -1 && s->t->choice.alert == ALERT_DECRYPT_ERROR,
       "not over this hello alone");
    s->t->choice.suite = 0x1302;
    ok(choose(s, &o) == 0 && !s->hs.psk.chosen && s->t->choice.suite == 0x1302,
       "no other suite than the one that was named");
    server_free(s);
}

/* ---- times ------------------------------------------------------------------- */

static void times(void)
{
    struct config config = config13();
    struct server *s;
    struct key k;

    config.session_timeout_s = 604800 + 5000;
    s = server_new(config);
    full(s);
    s->t->session_made_ms -= 100000;
    k = ticket_of(s);
    ok(k.lifetime == 604800 - 100, "what is left, of seven days at most");
    end(s);
    begin(s);
    ok(resumes(s, &k) && clock_now_ms() - s->t->session_made_ms >= 100000 &&
           clock_now_ms() - s->t->session_made_ms < 103000,
       "a session is as old as its full handshake");
    ok(choose_key(s, &k, 3000000) == 0 && s->hs.psk.chosen,
       "what the client thinks of the age matters for early data alone");
    full(s);
    s->t->session_made_ms -= 604800000;
    flight13_begin(&s->hs.flight);
    ok(!psk13_ticket(s->t, &s->hs.flight) && s->hs.flight.used == 0, "nothing left, no ticket");
    full(s);
    s->t->session_made_ms -= 604799000;
    k = ticket_of(s);
    ok(k.lifetime == 1 && resumes(s, &k), "a second left");
    server_free(s);
}

/* ---- without tickets: the session cache --------------------------------------- */

static void stateful(void)
{
    struct config config = config13();
    struct server *s;
    struct key k;

    config.session_tickets = false;
    config.session_id_prefix = "node7";
    s = server_new(config);
    full(s);
    ok(s->t->v13.tickets_due == 2, "tickets, too");
    k = ticket_of(s);
    ok(k.identity_len == 32 && memcmp(k.identity, "node7", 5) == 0 &&
           s->counters.session_stored == 1 && s->counters.tickets_issued == 0,
       "that name a session in the cache");
    end(s);
    begin(s);
    ok(resumes(s, &k) && memcmp(s->hs.psk.secret, k.psk, 32) == 0 && s->counters.session_hits == 1,
       "which is found");
    k.identity[9] ^= 1;
    ok(!resumes(s, &k) && s->counters.session_misses == 1, "another is not");
    k.identity[9] ^= 1;
    session_forget(s->ctx->sessions, k.identity);
    ok(!resumes(s, &k), "nor one that was dropped");
    server_free(s);

    config.session_cache = false;
    s = server_new(config);
    full(s);
    ok(s->t->v13.tickets_due == 0 && !psk13_ticket(s->t, &s->hs.flight),
       "without a cache there are no sessions");
    ok(!resumes(s, &k), "and none is resumed");
    server_free(s);
}

/* ---- external keys ------------------------------------------------------------- */

static struct key shared_key(const char *identity)
{
    struct key k = {.external = true, .suite = 0x1301, .psk_len = 32};

    for (uint8_t i = 0; i < 32; i++) {
        k.psk[i] = i;
    }
    k.identity_len = strlen(identity);
    memcpy(k.identity, identity, k.identity_len);
    return k;
}

static void external(void)
{
    struct config config = config13();
    struct server *s;
    struct key k = shared_key("one"), other = shared_key("on"), ticket;

    config.psk = KEY_HEX;
    config.psk_identity = "one";
    s = server_new(config);
    s->t->choice.suite = 0x1302;
    ok(resumes(s, &k) && s->hs.psk.external && s->t->choice.suite == 0x1301 &&
           s->hs.psk.secret_len == 32 && s->t->v13.tickets_due == 1 &&
           s->counters.tickets_taken + s->counters.tickets_refused == 0,
       "a key shared beforehand, with SHA-256");
    memset(s->t->v13.resumption, 0x77, sizeof s->t->v13.resumption);
    s->t->choice.cred = NULL;
    ticket = ticket_of(s);
    end(s);
    begin(s);
    ok(resumes(s, &ticket) && !s->hs.psk.external, "its session is resumed");
    s->ctx->psk.digest[0] ^= 1;
    ok(!resumes(s, &ticket), "not when the key is another one");
    s->ctx->psk.digest[0] ^= 1;
    k.external = false;
    ok(choose_key(s, &k, 0) == -1 && s->t->choice.alert == ALERT_DECRYPT_ERROR,
       "with the binder of a ticket it is refused");
    k.external = true;
    k.psk[31] ^= 1;
    ok(choose_key(s, &k, 0) == -1 && s->t->choice.alert == ALERT_DECRYPT_ERROR, "a wrong key");
    ok(!resumes(s, &other), "another name is passed over");
    k.psk[31] ^= 1;
    s->config.verify = VERIFY_REQUIRED;
    ok(!resumes(s, &k), "it does not stand in for a certificate that is required");
    server_free(s);
}

static bool loads(const char *spec, struct external13 *psk)
{
    memset(psk, 0, sizeof *psk);
    return external13_load(psk, spec) == 0;
}

static void loading(void)
{
    char path[] = "/tmp/tiny-psk-XXXXXX", spec[64];
    struct external13 a, b;
    int fd = mkstemp(path);

    ok(loads(KEY_HEX, &a) && a.len == 32 && a.secret[31] == 0x1F, "hexadecimal");
    ok(fd >= 0 && write(fd, "0001AbcD\n", 9) == 9 && snprintf(spec, sizeof spec, "file:%s", path) &&
           loads(spec, &b) && b.len == 4 && b.secret[2] == 0xAB && b.secret[3] == 0xCD,
       "from a file");
    ok(memcmp(a.digest, b.digest, 32) != 0, "told apart");
    close(fd);
    unlink(path);
    setenv("TEST_PSK", KEY_HEX, 1);
    ok(loads("env:TEST_PSK", &b) && memcmp(&a, &b, sizeof a) == 0, "from the environment");
    ok(loads("", &a) && a.len == 0 && loads(NULL, &a) && a.len == 0, "none");
    log_set_level(LOG_ERROR);
    ok(!loads("abc", &a) && !loads("zz", &a) && !loads("0x11", &a) && !loads("11 ", &a) &&
           !loads("env:NO_SUCH_VARIABLE", &a) && !loads("file:/nonexistent", &a) &&
           !loads("pass:", &a) && !loads("what:11", &a),
       "what is none");
    ok(loads(KEY_HEX KEY_HEX, &a) && a.len == 64 && !loads(KEY_HEX KEY_HEX "00", &a),
       "64 bytes, and no more");
}

int main(void)
{
    log_set_level(LOG_ERROR);
    round_trip();
    binders();
    foreign();
    bindings();
    suites_and_hashes();
    modes();
    after_retry();
    times();
    stateful();
    external();
    loading();
    return tap_done();
}
