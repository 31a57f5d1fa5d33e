/* Early data once for each ticket: the numbers of tickets, the window of ages, and whose is
 * taken. */
#include "psk13_sides.h"

static br_hmac_drbg_context rng;
static struct early13 e;

static void once(void)
{
    uint64_t first, second;

    early13_begin(&e, &rng);
    ok(!early13_take(&e, e.next) && !early13_take(&e, e.next - 1) && !early13_take(&e, e.next + 1),
       "nothing was given out yet");
    first = early13_number(&e);
    second = early13_number(&e);
    ok(second == first + 1 && !early13_take(&e, first - 1) && !early13_take(&e, second + 1),
       "two are, and none beside them");
    ok(early13_take(&e, second) && early13_take(&e, first), "each once, in any order");
    ok(!early13_take(&e, second) && !early13_take(&e, first), "and not again");
    ok(!early13_take(&e, first + EARLY13_WINDOW) && !early13_take(&e, first - EARLY13_WINDOW) &&
           !early13_take(&e, first + ((uint64_t)1 << 32)),
       "nor others that have the same bit");
}

static void window(void)
{
    uint64_t first;
    size_t taken = 0, again = 0;

    early13_begin(&e, &rng);
    first = early13_number(&e);
    for (uint32_t i = 1; i < EARLY13_WINDOW; i++) {
        early13_number(&e);
    }
    ok(early13_take(&e, first), "the oldest in the window");
    early13_number(&e);
    ok(!early13_take(&e, first) && !early13_take(&e, first - EARLY13_WINDOW),
       "when it has left the window it is not taken for the one that has its bit");
    for (uint32_t i = 0; i <= EARLY13_WINDOW; i++) {
        taken += early13_take(&e, first + i);
    }
    for (uint32_t i = 0; i <= EARLY13_WINDOW; i++) {
        again += early13_take(&e, first + i);
    }
    ok(taken == EARLY13_WINDOW && again == 0, "all of a full window, once");
    for (uint32_t i = 0; i < 3 * EARLY13_WINDOW + 5; i++) {
        uint64_t n = early13_number(&e);

        expect(i % 3 != 0 || early13_take(&e, n), "a new one is good");
        expect(i % 3 != 0 || !early13_take(&e, n), "and then it is not");
    }
    ok(early13_take(&e, e.next - 1) != early13_take(&e, e.next - 1), "round and round");
}

/* Another process begins elsewhere, so a ticket of before the start brings nothing. */
static void restart(void)
{
    uint64_t before, after;

    early13_begin(&e, &rng);
    before = early13_number(&e);
    early13_begin(&e, &rng);
    after = early13_number(&e);
    ok(before != after && !early13_take(&e, before), "a number of before the start");
    e.next = UINT64_MAX;
    before = early13_number(&e);
    after = early13_number(&e);
    ok(after == 0 && early13_take(&e, before) && early13_take(&e, after) &&
           !early13_take(&e, before) && !early13_take(&e, after),
       "numbers that go on at zero");
}

static void ages(void)
{
    const uint32_t add = 0xFFFFF000;

    ok(early13_age_fits(5000, add + 5000, add), "the very age, over the border of 32 bits");
    ok(early13_age_fits(5000, add + 15000, add) && !early13_age_fits(5000, add + 15001, add),
       "ten seconds more");
    ok(early13_age_fits(20000, add + 10000, add) && !early13_age_fits(20001, add + 10000, add),
       "ten seconds less");
    ok(early13_age_fits(0, add, add) && early13_age_fits(10000, add, add), "a client without ms");
    ok(!early13_age_fits(0, add - 1, add), "a negative age");
    ok(!early13_age_fits(UINT64_MAX - 3, add, add) && !early13_age_fits(UINT64_MAX, 0, 0),
       "a ticket from the future");
}

/* ---- early data ------------------------------------------------------------------ */

/* As the hello says: does early data with this key come through? */
static bool early(struct server *s, const struct key *k, uint32_t age)
{
    end(s);
    begin(s);
    s->hs.early_offered = true;
    if (choose_key(s, k, age) != 0 || !s->hs.psk.chosen) {
        return false;
    }
    early13_settle(s->t);
    expect(s->t->v13.skipping == !s->hs.psk.early, "it is taken or skipped");
    return s->hs.psk.early;
}

static struct server *early_server(enum server_mode mode, bool anti_replay)
{
    struct config config = config13();

    config.early_data = 20000;
    config.mode = mode;
    config.anti_replay = anti_replay;
    return server_new(config);
}

static void early_data(void)
{
    struct server *s = early_server(MODE_FILES, true);
    struct key a = fresh_ticket(s), b = fresh_ticket(s), c = fresh_ticket(s);
    struct offer o;

    ok(a.early == 20000, "a ticket tells how much");
    ok(early(s, &a, 0) && s->t->v13.early_left == 20000 && s->counters.early_accepted == 1,
       "it is taken");
    ok(!early(s, &a, 0) && s->hs.psk.chosen && s->t->v13.early_left == 20000 &&
           s->counters.early_refused == 1,
       "once; the session is resumed all the same");
    ok(!early(s, &b, 10500) && !early(s, &b, (uint32_t)-1), "not when its age is wrong");
    ok(early(s, &b, 9000), "which uses up nothing");

    end(s);
    begin(s);
    s->hs.early_offered = true;
    offer_begin(&o);
    offer_add(&o, &a, 0);
    offer_add(&o, &c, 0);
    memset(o.identities + 2, 0xEE, 40);
    offer_bind(&o, &c, 1, NULL);
    ok(choose(s, &o) == 0 && s->hs.psk.chosen && s->hs.psk.index == 1, "with the second key");
    early13_settle(s->t);
    ok(!s->hs.psk.early && s->t->v13.skipping, "there is none");

    end(s);
    begin(s);
    s->hs.early_offered = true;
    ok(choose_key(s, &c, 0) == 0, "a hello that is answered by HelloRetryRequest");
    s->hs.retry = true;
    early13_settle(s->t);
    ok(!s->hs.psk.early && s->t->v13.skipping && s->t->v13.early_left == 20000, "is not, either");
    s->hs.retry = false;
    s->hs.retried = true;
    early13_settle(s->t);
    ok(!s->hs.psk.early && !s->t->v13.skipping, "and nothing is skipped behind the second one");

    end(s);
    begin(s);
    s->t->choice.suite = 0x1303;
    s->hs.early_offered = true;
    ok(choose_key(s, &c, 0) == 0 && s->hs.psk.chosen, "another suite with the same hash");
    early13_settle(s->t);
    ok(!s->hs.psk.early, "has no early data");
    s->hs.early_offered = false;
    ok(early(s, &c, 0), "in all that time the ticket was good");
    end(s);
    begin(s);
    early13_settle(s->t);
    ok(!s->t->v13.skipping && !s->hs.psk.early, "a client that sends none");
    s->hs.early_offered = true;
    s->config.early_data = 0;
    early13_settle(s->t);
    ok(s->t->v13.skipping && s->t->v13.early_left == 16384, "off: 16 KiB are skipped");
    server_free(s);
}

static void early_elsewhere(void)
{
    struct server *s = early_server(MODE_ECHO, true), *one, *two;
    struct key k = fresh_ticket(s);

    ok(k.early == 0 && !early(s, &k, 0), "none in a mode without HTTP");
    server_free(s);

    s = early_server(MODE_STATUS, false);
    k = fresh_ticket(s);
    ok(early(s, &k, 0) && early(s, &k, 0) && !early(s, &k, 11000),
       "without ssl.anti-replay twice, in the same window");
    server_free(s);

    one = early_server(MODE_FILES, true);
    two = early_server(MODE_FILES, true);
    two->ctx->tickets = one->ctx->tickets;
    k = fresh_ticket(one);
    ok(!early(two, &k, 0) && two->hs.psk.chosen, "not by another server with the same keys");
    ok(early(one, &k, 0), "by the one that gave the ticket");
    one->config.early_data = 0;
    k = fresh_ticket(one);
    ok(k.early == 0, "none any more");
    server_free(one);
    server_free(two);
}

int main(void)
{
    log_set_level(LOG_ERROR);
    br_hmac_drbg_init(&rng, &br_sha256_vtable, "seed", 4);
    once();
    window();
    restart();
    ages();
    early_data();
    early_elsewhere();
    return tap_done();
}
