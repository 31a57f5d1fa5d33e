/* Our handshake messages in pieces: their bytes whatever is taken at once, and their hash. */
#include "tls/flight13.h"
#include "tap.h"

static uint8_t far[600], expected[4096];
static size_t expected_len;
static struct transcript13 transcript;

static void expect_bytes(const void *bytes, size_t len)
{
    memcpy(expected + expected_len, bytes, len);
    expected_len += len;
}

static void add_near(struct flight13 *f, uint8_t first, size_t len)
{
    uint8_t *p = flight13_room(f, len + 100);

    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)(first + i);
    }
    expect_bytes(p, len);
    flight13_add(f, &transcript, span_of(p, len));
}

static void add_far(struct flight13 *f, size_t from, size_t len)
{
    expect_bytes(far + from, len);
    flight13_add(f, &transcript, span_of(far + from, len));
}

static void fill(struct flight13 *f)
{
    expected_len = 0;
    transcript13_begin(&transcript, hash13_of_suite(0x1301));
    add_near(f, 1, 5);
    add_near(f, 50, 7); /* goes on where the one before ends */
    add_far(f, 100, 300);
    add_far(f, 0, 0);
    add_far(f, 500, 100);
    add_near(f, 90, 1);
}

static bool all_cuts_agree(void)
{
    bool good = true;

    for (size_t step = 1; step < 420; step++) {
        static struct flight13 f;
        uint8_t out[1000];
        size_t n = 0, got;

        flight13_begin(&f);
        fill(&f);
        while ((got = flight13_take(&f, out + n, step)) > 0) {
            good = good && got <= step && (got == step || flight13_done(&f));
            n += got;
        }
        good = good && n == expected_len && memcmp(out, expected, n) == 0 && f.used == 0;
    }
    return good;
}

static void pieces(void)
{
    static struct flight13 f;
    uint8_t hash[HASH13_MAX], want[32], out[100];
    br_sha256_context sha;

    for (size_t i = 0; i < sizeof far; i++) {
        far[i] = (uint8_t)(i * 7);
    }
    flight13_begin(&f);
    ok(flight13_done(&f) && flight13_take(&f, out, sizeof out) == 0, "empty at first");
    fill(&f);
    ok(f.count == 4, "neighbours are one piece, empty ones none");
    ok(!flight13_done(&f) && f.used == 13, "not done");
    br_sha256_init(&sha);
    br_sha256_update(&sha, expected, expected_len);
    br_sha256_out(&sha, want);
    transcript13_now(&transcript, hash);
    ok(memcmp(hash, want, 32) == 0, "all is in the transcript, in order");
    ok(all_cuts_agree(), "the same bytes whatever is taken at once");
    flight13_begin(&f);
    flight13_add(&f, NULL, span_of(far, 10));
    ok(flight13_take(&f, out, 0) == 0 && !flight13_done(&f), "nothing is taken into no room");
    ok(flight13_take(&f, out, sizeof out) == 10 && flight13_done(&f), "without a transcript");
    flight13_room(&f, FLIGHT13_SCRATCH);
    ok(true, "then all of the scratch space is free");
}

int main(void)
{
    pieces();
    return tap_done();
}
