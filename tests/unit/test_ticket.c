/* Session tickets by themselves: keys from files and at random, sealing,
 * opening, and everything that must not open. */
#include "tls/ticket.h"
#include "core/log.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

#define TIMEOUT_S 300

static br_hmac_drbg_context rng;
static char reason[300];

static struct session sample(void)
{
    struct session s = {.version = 0x0303,
                        .suite = 0xC02B,
                        .verdict = TLS_PEER_TRUSTED,
                        .ems = true,
                        .created_ms = 900000,
                        .peer_subject = "CN=client"};

    memset(s.master_secret, 0x11, sizeof s.master_secret);
    memset(s.binding, 0x22, sizeof s.binding);
    memset(s.fingerprint, 0x33, sizeof s.fingerprint);
    return s;
}

/* A moment on both clocks. */
#define NOW_MS 1000000u
#define NOW_S  1700000000

static size_t seal(const struct ticket_keys *keys, const struct session *s, uint8_t *out)
{
    return ticket_seal(keys, s, NOW_MS, NOW_S, &rng, out);
}

static bool opens_at(const struct ticket_keys *keys, const uint8_t *t, size_t len, int64_t later_s)
{
    uint64_t now_ms = NOW_MS + (uint64_t)later_s * 1000;
    struct session s, none = {0};
    bool renew;
    bool good = ticket_open(keys, span_of(t, len), now_ms, NOW_S + later_s, TIMEOUT_S, &s, &renew);

    expect(good || memcmp(&s, &none, sizeof s) == 0, "nothing is left of what did not open");
    return good;
}

static bool opens(const struct ticket_keys *keys, const uint8_t *t, size_t len)
{
    return opens_at(keys, t, len, 0);
}

static struct ticket_keys random_keys(void)
{
    struct ticket_keys keys = {0};

    ticket_keys_rotate(&keys, &rng, 0);
    return keys;
}

static void round_trip(void)
{
    struct ticket_keys keys = random_keys(), none = {0};
    struct session s = sample(), got;
    uint8_t t[TICKET_MAX], again[TICKET_MAX];
    bool renew = true;
    size_t len = seal(&keys, &s, t);

    ok(len > 0 && len <= TICKET_MAX, "a ticket");
    ok(ticket_open(&keys, span_of(t, len), NOW_MS, NOW_S, TIMEOUT_S, &got, &renew) && !renew,
       "opens, under the key that seals");
    ok(got.version == s.version && got.suite == s.suite && got.ems && got.verdict == s.verdict &&
           got.created_ms == s.created_ms && memcmp(got.master_secret, s.master_secret, 48) == 0 &&
           memcmp(got.binding, s.binding, 32) == 0 &&
           memcmp(got.fingerprint, s.fingerprint, 32) == 0,
       "with what was sealed");
    is_text(got.peer_subject, s.peer_subject, "and the client's name");
    ok(seal(&keys, &s, again) == len && memcmp(t + 16, again + 16, len - 16) != 0,
       "no two are the same");
    ok(memmem(t, len, s.binding, 8) == NULL && memmem(t, len, "client", 6) == NULL &&
           memmem(t, len, s.master_secret, 8) == NULL,
       "nothing can be read in it");
    ok(seal(&none, &s, t) == 0, "without a key there is no ticket");

    memset(s.peer_subject, 'x', sizeof s.peer_subject); /* not even ended */
    s.ems = false;
    s.verdict = TLS_PEER_NOT_ASKED;
    len = seal(&keys, &s, t);
    ok(len <= TICKET_MAX &&
           ticket_open(&keys, span_of(t, len), NOW_MS, NOW_S, TIMEOUT_S, &got, &renew) &&
           strlen(got.peer_subject) == TLS_SUBJECT_MAX - 1 && !got.ems,
       "the longest fits");
}

static void hostile(void)
{
    struct ticket_keys keys = random_keys(), other = random_keys();
    struct session s = sample();
    uint8_t t[TICKET_MAX + 64] = {0}, copy[TICKET_MAX];
    size_t len = seal(&keys, &s, t);
    size_t changed = 0, shorter = 0, longer = 0;

    for (size_t bit = 0; bit < len * 8; bit++) {
        memcpy(copy, t, len);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        changed += opens(&keys, copy, len);
    }
    for (size_t n = 0; n < len; n++) {
        shorter += opens(&keys, t, n);
    }
    for (size_t n = len + 1; n <= sizeof t; n++) {
        longer += opens(&keys, t, n);
    }
    ok(changed == 0, "with one bit changed, whichever, it does not open");
    ok(shorter == 0 && longer == 0, "nor cut short or made longer");
    ok(!opens(&other, t, len), "nor under another key");
    other.keys[1] = keys.keys[0];
    other.count = 2;
    memcpy(copy, t, len);
    memcpy(copy, other.keys[0].name, 16);
    ok(!opens(&other, copy, len) && opens(&other, t, len), "nor under another's name");
    ok(!opens(&keys, NULL, 0), "an empty one is none");
}

static void times(void)
{
    struct ticket_keys keys = random_keys();
    struct session s = sample(), got; /* a hundred seconds old */
    uint8_t t[TICKET_MAX];
    size_t len = seal(&keys, &s, t);
    bool renew;

    ok(opens_at(&keys, t, len, 200) && !opens_at(&keys, t, len, 201),
       "the time-out counts from the full handshake");
    ok(opens_at(&keys, t, len, -160), "a clock that is a minute behind will do");
    ok(!opens_at(&keys, t, len, -161), "one that is more than that will not");
    ok(ticket_open(&keys, span_of(t, len), 5000, NOW_S + 50, TIMEOUT_S, &got, &renew) &&
           5000 - got.created_ms == 150000,
       "on a machine that was only just started, too");
    len = ticket_seal(&keys, &got, 6000, NOW_S + 51, &rng, t);
    ok(opens_at(&keys, t, len, 199) && !opens_at(&keys, t, len, 202),
       "sealed again it gains no time");
    s.created_ms = NOW_MS;
    len = ticket_seal(&keys, &s, NOW_MS, -5, &rng, t);
    ok(ticket_open(&keys, span_of(t, len), NOW_MS, -4, TIMEOUT_S, &got, &renew),
       "a clock before 1970 breaks nothing");
    ok(!ticket_open(&keys, span_of(t, len), NOW_MS, INT64_MAX, TIMEOUT_S, &got, &renew) &&
           !ticket_open(&keys, span_of(t, len), NOW_MS, INT64_MIN, TIMEOUT_S, &got, &renew),
       "nor do others that cannot be");
}

static void rotation(void)
{
    struct ticket_keys keys = random_keys();
    struct session s = sample(), got;
    uint8_t t[TICKET_MAX];
    size_t len = seal(&keys, &s, t);
    bool renew;

    ok(keys.random && keys.count == 1, "one key at first");
    ticket_keys_rotate(&keys, &rng, 77);
    ok(keys.count == 2 && keys.made_ms == 77, "then two");
    ok(ticket_open(&keys, span_of(t, len), NOW_MS, NOW_S, TIMEOUT_S, &got, &renew) && renew,
       "under the former key it opens and is due to be renewed");
    ticket_keys_rotate(&keys, &rng, 78);
    ok(keys.count == 2 && !opens(&keys, t, len), "not under the one before that");
}

static int add(struct ticket_keys *keys, const char *bytes, size_t len)
{
    uint8_t copy[4096];
    struct text error = text_over(reason, sizeof reason);

    memcpy(copy, bytes, len);
    return ticket_keys_add(keys, copy, len, &error);
}

static int add_text(struct ticket_keys *keys, const char *text)
{
    return add(keys, text, strlen(text));
}

/* 48 and 80 bytes, 0, 1, 2, ... */
#define BASE48 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"
#define BASE80 BASE48 "MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk8="

static void files(void)
{
    struct ticket_keys raw = {0}, text = {0}, both = {0}, wide = {0}, bad;
    char bytes[96];
    uint8_t t[TICKET_MAX];
    struct session s = sample();
    size_t len;

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
    }
    ok(add(&raw, bytes, 48) == 0 && raw.count == 1 && !raw.random, "48 bytes are a key");
    ok(add(&wide, bytes, 80) == 0 && wide.count == 1, "80 bytes are a key");
    ok(add_text(&text, BASE48 "\n") == 0 && memcmp(&raw, &text, sizeof raw) == 0,
       "the same in base64 is the same");
    ok(memcmp(raw.keys[0].name, bytes, 16) != 0, "a ticket does not begin with the file's bytes");
    len = seal(&raw, &s, t);
    ok(opens(&text, t, len) && !opens(&wide, t, len), "and opens the other's tickets");
    ok(add_text(&both, "\r\n" BASE80 "\r\n\r\n" BASE48) == 0 && both.count == 2 &&
           memcmp(both.keys, wide.keys, sizeof both.keys[0]) == 0,
       "several lines are several keys, the first first");
    ok(opens(&both, t, len), "all of them open");

    bad = (struct ticket_keys){0};
    ok(add(&bad, bytes, 47) == -1 && strstr(reason, "line 1: 48 or 80") != NULL, "47 bytes");
    ok(add(&bad, bytes, 96) == -1 && reason[0] != '\0', "two keys as bytes");
    ok(add_text(&bad, BASE80 "\nAAAA\n") == -1 && strstr(reason, "line 2") != NULL, "a short line");
    ok(add_text(&bad, "-----BEGIN PRIVATE KEY-----\n") == -1, "a file of another kind");
    ok(add_text(&bad, BASE48 "=\n") == -1 && add_text(&bad, "x" BASE48) == -1,
       "base64 that is not");
    ok(add_text(&bad, "\n\n") == -1 && strstr(reason, "no key") != NULL, "only empty lines");
    bad = (struct ticket_keys){0};
    ok(add(&bad, (const char[48]){0}, 48) == -1 && strstr(reason, "same") != NULL,
       "zeros are no key");
    bad = (struct ticket_keys){0};
    for (int i = 0; i < TICKET_KEYS_MAX; i++) {
        expect(add(&bad, bytes + i, 48) == 0, "room for a key");
    }
    ok(add(&bad, bytes + 20, 48) == -1 && strstr(reason, "more than 16") != NULL, "a 17th key");
}

/* From disk, as the configuration names them. */
static void loading(void)
{
    char path[] = "/tmp/tiny-ticket-XXXXXX";
    const char *items[] = {path, "/nonexistent/keys"};
    struct string_list list = {items, 1};
    struct ticket_keys keys = {0}, none = {0};
    int fd = mkstemp(path);

    log_set_level(LOG_ERROR);
    ok(fd >= 0 && write(fd, BASE80 "\n" BASE48 "\n", sizeof BASE80 + sizeof BASE48) > 0 &&
           ticket_keys_load(&keys, &list) == 0 && keys.count == 2,
       "a file");
    keys = none;
    list.count = 2;
    ok(ticket_keys_load(&keys, &list) == -1 && memcmp(&keys, &none, sizeof keys) == 0,
       "one of two that is missing: none");
    list.count = 0;
    ok(ticket_keys_load(&keys, &list) == 0 && keys.count == 0, "no file, no key");
    close(fd);
    unlink(path);
}

static bool opens13(const struct ticket_keys *keys, const uint8_t *t, size_t len)
{
    struct session s, none = {0};
    bool good = ticket13_open(keys, span_of(t, len), NOW_MS, NOW_S, TIMEOUT_S, &s);

    expect(good || memcmp(&s, &none, sizeof s) == 0, "nothing is left of what did not open");
    return good;
}

static void of_tls13(void)
{
    struct ticket_keys keys = random_keys();
    struct session s = sample(), got;
    uint8_t t[TICKET_MAX], copy[TICKET_MAX];
    size_t changed = 0, shorter = 0, len = seal(&keys, &s, t);

    ok(!opens13(&keys, t, len), "a ticket of TLS 1.2 is none of TLS 1.3");
    s.version = 0x0304;
    s.suite = 0x1302;
    s.age_add = 0xA1A2A3A4;
    s.early = 16384;
    s.serial = 0x0102030405060708;
    s.issued_ms = 987654321012;
    len = seal(&keys, &s, t);
    ok(len > 0 && !opens(&keys, t, len), "nor the other way round");
    ok(ticket13_open(&keys, span_of(t, len), NOW_MS + 1000, NOW_S + 1, TIMEOUT_S, &got) &&
           memcmp(&got, &s, sizeof s) == 0,
       "all of it comes back");
    for (size_t bit = 0; bit < len * 8; bit++) {
        memcpy(copy, t, len);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        changed += opens13(&keys, copy, len);
    }
    for (size_t n = 0; n < len; n++) {
        shorter += opens13(&keys, t, n);
    }
    ok(changed == 0 && shorter == 0, "no bit may change, none be missing");
    ok(!ticket13_open(&keys, span_of(t, len), NOW_MS, NOW_S + 201, TIMEOUT_S, &got),
       "nor does it live longer than the session");
    memset(s.peer_subject, 'x', sizeof s.peer_subject);
    len = seal(&keys, &s, t);
    ok(len <= TICKET_MAX && opens13(&keys, t, len), "the longest fits");
}

int main(void)
{
    br_hmac_drbg_init(&rng, &br_sha256_vtable, "seed", 4);
    round_trip();
    of_tls13();
    hostile();
    times();
    rotation();
    files();
    loading();
    return tap_done();
}
