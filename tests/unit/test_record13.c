/* The record layer of TLS 1.3: every suite, in the clear, padding, bounds, limits of keys. */
#include "crypto/gcm.h"
#include "crypto_vectors.h"
#include "tls/record13.h"

static const uint16_t suites[] = {0x1301, 0x1302, 0x1303};
static const char *const names[] = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};

static uint8_t buffer[RECORD13_HEADER + RECORD13_MAX_SEALED + 64];

static void set_both(uint16_t suite, struct record13 *a, struct record13 *b)
{
    uint8_t secret[48];

    for (size_t i = 0; i < sizeof secret; i++) {
        secret[i] = (uint8_t)(i * 7 + suite);
    }
    record13_set(a, suite, secret);
    *b = *a;
}

static void fill(size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buffer[RECORD13_HEADER + i] = (uint8_t)(i * 31 + len);
    }
}

static bool is_filled(struct span got, size_t len)
{
    for (size_t i = 0; i < got.len; i++) {
        if (got.data[i] != (uint8_t)(i * 31 + len)) {
            return false;
        }
    }
    return got.len == len;
}

/* Sealed and opened again, the keys changing now and then on both sides. */
static bool goes_through(struct record13 *w, struct record13 *r, size_t len, size_t padding)
{
    struct span contents;
    uint8_t type = 0;
    size_t whole;

    fill(len);
    memset(buffer + RECORD13_HEADER + len, 0xEE, 64);
    whole = record13_seal(w, RECORD_DATA, buffer, len, padding);
    if (whole != RECORD13_OVERHEAD + len + padding || memcmp(buffer, "\x17\x03\x03", 3) != 0 ||
        (size_t)buffer[3] * 256 + buffer[4] != whole - RECORD13_HEADER) {
        return false;
    }
    if (whole % 5 == 0) {
        record13_update(w);
    }
    if (record13_open(r, buffer, &type, &contents) != 0 || type != RECORD_DATA ||
        contents.data != buffer + RECORD13_HEADER || !is_filled(contents, len)) {
        return false;
    }
    if (whole % 5 == 0) {
        record13_update(r);
    }
    return w->sequence == r->sequence;
}

static void round_trips(void)
{
    for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
        struct record13 w, r;
        int bad = 0;

        set_both(suites[s], &w, &r);
        for (size_t len = 0; len < 600; len++) {
            bad += !goes_through(&w, &r, len, len % 40);
        }
        bad += !goes_through(&w, &r, RECORD13_MAX_PLAIN, 0);
        bad += !goes_through(&w, &r, 0, RECORD13_MAX_PLAIN);
        bad += !goes_through(&w, &r, 5, RECORD13_MAX_PLAIN - 5);
        ok(bad == 0, names[s]);
    }
}

static void in_the_clear(void)
{
    struct record13 r = {0};
    struct span contents;
    uint8_t type = 0;

    fill(100);
    ok(record13_seal(&r, RECORD_HANDSHAKE, buffer, 100, 0) == 105 &&
           memcmp(buffer, "\x16\x03\x03\x00\x64", 5) == 0,
       "with no suite a header is written");
    ok(record13_open(&r, buffer, &type, &contents) == 0 && type == RECORD_HANDSHAKE &&
           is_filled(contents, 100) && r.sequence == 0,
       "  and read");
    put_u16(buffer + 3, RECORD13_MAX_PLAIN);
    ok(record13_open(&r, buffer, &type, &contents) == 0 && contents.len == RECORD13_MAX_PLAIN,
       "the most bytes in the clear");
    put_u16(buffer + 3, RECORD13_MAX_PLAIN + 1);
    ok(record13_open(&r, buffer, &type, &contents) == ALERT_RECORD_OVERFLOW, "one more");
    ok(!record13_wants_update(&r) && !record13_exhausted(&r), "no key, no limit");
}

/* Seals inner as it is: contents, type and padding are the caller's. */
static void seal_raw(struct record13 *w, size_t inner_len)
{
    static const uint8_t aad[5] = {0x17, 3, 3, 0, 0};
    uint8_t nonce[12];

    memcpy(buffer, aad, sizeof aad);
    put_u16(buffer + 3, (uint32_t)(inner_len + RECORD13_TAG));
    memcpy(nonce, w->iv, sizeof nonce);
    nonce[11] ^= (uint8_t)w->sequence++;
    gcm_run(w->key, 16, nonce, buffer + 5, inner_len, buffer, 5, buffer + 5 + inner_len, 1);
}

/* What record13_open says to inner_len zeros, the last byte of them being last. */
static unsigned verdict(size_t inner_len, uint8_t last, uint64_t *sequence)
{
    struct record13 w, r;
    struct span contents;
    uint8_t type;
    unsigned alert;

    set_both(0x1301, &w, &r);
    memset(buffer, 0, sizeof buffer);
    if (inner_len > 0) {
        buffer[RECORD13_HEADER + inner_len - 1] = last;
    }
    seal_raw(&w, inner_len);
    alert = record13_open(&r, buffer, &type, &contents);
    *sequence = r.sequence;
    return alert;
}

static void bounds(void)
{
    struct record13 w, r;
    struct span contents;
    uint64_t n;
    uint8_t type;

    ok(verdict(RECORD13_MAX_PLAIN + 1, 23, &n) == 0 && n == 1, "the most bytes inside");
    ok(verdict(RECORD13_MAX_PLAIN + 2, 23, &n) == ALERT_RECORD_OVERFLOW, "one more inside");
    ok(verdict(RECORD13_MAX_SEALED - 16, 0, &n) == ALERT_RECORD_OVERFLOW, "the most in all");
    ok(verdict(RECORD13_MAX_SEALED - 15, 23, &n) == ALERT_RECORD_OVERFLOW && n == 0,
       "one more in all is not even opened");
    ok(verdict(0, 0, &n) == ALERT_UNEXPECTED_MESSAGE && n == 1, "nothing inside");
    ok(verdict(1, 0, &n) == ALERT_UNEXPECTED_MESSAGE, "a zero inside");
    ok(verdict(RECORD13_MAX_PLAIN + 1, 0, &n) == ALERT_UNEXPECTED_MESSAGE, "zeros alone inside");
    ok(verdict(1, 23, &n) == 0, "a type alone");
    set_both(0x1303, &w, &r);
    memset(buffer, 0x17, 64);
    for (uint8_t len = 0; len < RECORD13_TAG; len++) {
        buffer[3] = 0;
        buffer[4] = len;
        if (!expect(record13_open(&r, buffer, &type, &contents) == ALERT_BAD_RECORD_MAC, "short")) {
            return;
        }
    }
    ok(r.sequence == 0, "what is shorter than a tag does not open");
}

/* A record with each of its bits turned; the right one still opens after all of them. */
static void forged(uint16_t suite, const char *name)
{
    struct record13 w, r;
    struct span contents;
    uint8_t copy[128], type;
    size_t len;
    int bad = 0;

    set_both(suite, &w, &r);
    fill(20);
    len = record13_seal(&w, RECORD_DATA, buffer, 20, 3);
    memcpy(copy, buffer, len);
    for (size_t bit = 0; bit < len * 8; bit++) {
        if (bit / 8 == 3 || bit / 8 == 4) {
            continue; /* the length: the caller has other bytes then */
        }
        memcpy(buffer, copy, len);
        buffer[bit / 8] ^= (uint8_t)(1 << bit % 8);
        bad += record13_open(&r, buffer, &type, &contents) != ALERT_BAD_RECORD_MAC;
    }
    memcpy(buffer, copy, len);
    bad += record13_open(&r, buffer, &type, &contents) != 0 || !is_filled(contents, 20);
    memcpy(buffer, copy, len);
    bad += record13_open(&r, buffer, &type, &contents) != ALERT_BAD_RECORD_MAC;
    ok(bad == 0, name);
}

static bool has_limits(uint16_t suite, uint64_t soon, uint64_t most)
{
    struct record13 w, r;
    struct span contents;
    uint8_t type;
    bool good;

    set_both(suite, &w, &r);
    w.sequence = r.sequence = soon - 1;
    good = !record13_wants_update(&w);
    w.sequence = soon;
    good = good && record13_wants_update(&w) && !record13_exhausted(&w);
    w.sequence = r.sequence = most - 1;
    good = good && !record13_exhausted(&w) && goes_through(&w, &r, 10, 1) && w.sequence == most &&
           record13_exhausted(&w) && record13_exhausted(&r);
    buffer[3] = 0;
    buffer[4] = 40;
    good = good && record13_open(&r, buffer, &type, &contents) == ALERT_INTERNAL_ERROR;
    record13_update(&w);
    return good && w.sequence == 0 && !record13_wants_update(&w) && !record13_exhausted(&w);
}

static void limits(void)
{
    ok(has_limits(0x1301, (uint64_t)1 << 23, 23726566), "AES-128-GCM's limits, until the next key");
    ok(has_limits(0x1302, (uint64_t)1 << 23, 23726566), "AES-256-GCM's");
    ok(has_limits(0x1303, (uint64_t)1 << 62, UINT64_MAX), "ChaCha20-Poly1305's");
}

/* Keys are another suite's, or another secret's: nothing opens. */
static void wrong_keys(void)
{
    struct record13 w[3], r[3], wiped = {0};
    struct span contents;
    uint8_t type;
    int bad = 0;

    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            set_both(suites[i], &w[i], &r[i]);
            set_both(suites[j], &w[j], &r[j]);
            fill(20);
            record13_seal(&w[i], RECORD_ALERT, buffer, 20, 0);
            if (i == j) {
                record13_update(&r[j]);
            }
            bad += record13_open(&r[j], buffer, &type, &contents) != ALERT_BAD_RECORD_MAC;
        }
    }
    ok(bad == 0, "nothing opens with other keys");
    record13_wipe(&w[0]);
    ok(memcmp(&w[0], &wiped, sizeof wiped) == 0, "nothing is left after wiping");
}

int main(void)
{
    round_trips();
    in_the_clear();
    bounds();
    forged(0x1301, "AES-128-GCM: no bit may be another");
    forged(0x1302, "AES-256-GCM: no bit may be another");
    forged(0x1303, "ChaCha20-Poly1305: no bit may be another");
    limits();
    wrong_keys();
    return tap_done();
}
