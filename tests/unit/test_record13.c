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

int main(void)
{
    round_trips();
    return tap_done();
}
