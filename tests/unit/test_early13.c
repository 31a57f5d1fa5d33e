/* Early data once for each ticket: the numbers of tickets, and the window of ages. */
#include "tls/early13.h"
#include "tap.h"

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

int main(void)
{
    br_hmac_drbg_init(&rng, &br_sha256_vtable, "seed", 4);
    once();
    window();
    restart();
    ages();
    return tap_done();
}
