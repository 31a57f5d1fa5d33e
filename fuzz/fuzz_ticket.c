/*
 * Session tickets. The first byte says what the rest is: (0) a ticket, opened with
 * keys that never sealed it; (1) what lies inside of one, sealed here by the rules,
 * as another release with the same key might; (2) a key file; (3) and (4) as (0) and (1)
 * for TLS 1.3. Nothing opens that was not sealed, or not for this kind; what opens has its
 * bounds and survives being sealed anew, a key file is taken whole or refused with a
 * sentence.
 */
#include "crypto/crypto.h"
#include "tls/ticket.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD_LEN  48
#define TAG_LEN   16
#define NOW_MS    1000000u
#define NOW_S     1700000000
#define TIMEOUT_S 300

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static struct ticket_keys two_keys(br_hmac_drbg_context *rng)
{
    struct ticket_keys keys = {0};

    br_hmac_drbg_init(rng, &br_sha256_vtable, "fuzz", 4);
    ticket_keys_rotate(&keys, rng, 0);
    ticket_keys_rotate(&keys, rng, 0);
    return keys;
}

static bool opens(const struct ticket_keys *keys, bool tls13, struct span ticket, struct session *s)
{
    bool renew;

    if (tls13) {
        return ticket13_open(keys, ticket, NOW_MS, NOW_S, TIMEOUT_S, s);
    }
    return ticket_open(keys, ticket, NOW_MS, NOW_S, TIMEOUT_S, s, &renew);
}

static void play_ticket(bool tls13, const uint8_t *data, size_t size)
{
    br_hmac_drbg_context rng;
    struct ticket_keys keys = two_keys(&rng);
    uint8_t named[TICKET_MAX];
    struct session s;

    check(!opens(&keys, tls13, span_of(data, size), &s));
    if (size >= 16 && size <= sizeof named) {
        memcpy(named, data, size);
        memcpy(named, keys.keys[size % 2].name, 16);
        check(!opens(&keys, tls13, span_of(named, size), &s));
    }
}

static void seal(const struct ticket_key *key, bool tls13, uint8_t *ticket, size_t body_len)
{
    const uint8_t nonce[12] = {tls13};
    uint8_t once[32];
    br_hmac_key_context k;
    br_hmac_context h;

    memcpy(ticket, key->name, 16);
    memset(ticket + 16, 0x5A, 32);
    br_hmac_key_init(&k, &br_sha256_vtable, key->secret, 32);
    br_hmac_init(&h, &k, 0);
    br_hmac_update(&h, ticket + 16, 32);
    br_hmac_out(&h, once);
    crypto_poly1305()(once, nonce, ticket + HEAD_LEN, body_len, ticket, HEAD_LEN,
                      ticket + HEAD_LEN + body_len, crypto_chacha20(), 1);
}

static void play_body(bool tls13, const uint8_t *data, size_t size)
{
    br_hmac_drbg_context rng;
    struct ticket_keys keys = two_keys(&rng);
    uint8_t ticket[TICKET_MAX], again[TICKET_MAX];
    struct session s, back;
    size_t len;

    if (size > sizeof ticket - HEAD_LEN - TAG_LEN) {
        return;
    }
    memcpy(ticket + HEAD_LEN, data, size);
    seal(&keys.keys[1], tls13, ticket, size);
    check(!opens(&keys, !tls13, span_of(ticket, HEAD_LEN + size + TAG_LEN), &s));
    if (!opens(&keys, tls13, span_of(ticket, HEAD_LEN + size + TAG_LEN), &s)) {
        return;
    }
    check((s.version == 0x0304) == tls13);
    check(memchr(s.peer_subject, 0, sizeof s.peer_subject) != NULL);
    check(s.verdict <= TLS_PEER_REFUSED && NOW_MS - s.created_ms <= TIMEOUT_S * 1000);
    len = ticket_seal(&keys, &s, NOW_MS, NOW_S, &rng, again);
    check(opens(&keys, tls13, span_of(again, len), &back));
    check(back.version == s.version && back.suite == s.suite && back.ems == s.ems &&
          back.created_ms == s.created_ms && back.verdict == s.verdict && back.early == s.early &&
          back.age_add == s.age_add && back.serial == s.serial && back.issued_ms == s.issued_ms &&
          memcmp(back.master_secret, s.master_secret, 48) == 0 &&
          memcmp(back.binding, s.binding, 32) == 0 &&
          strcmp(back.peer_subject, s.peer_subject) == 0);
}

static void play_file(const uint8_t *data, size_t size)
{
    char reason[200];
    struct text error = text_over(reason, sizeof reason);
    struct ticket_keys keys = {0};
    uint8_t *copy = malloc(size + 1);

    check(copy != NULL);
    memcpy(copy, data, size);
    if (ticket_keys_add(&keys, copy, size, &error) == 0) {
        check(keys.count >= 1 && keys.count <= TICKET_KEYS_MAX);
    } else {
        check(strlen(reason) > 0);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 8192) {
        return 0;
    }
    switch (data[0]) {
    case 0:
    case 3:
        play_ticket(data[0] == 3, data + 1, size - 1);
        break;
    case 1:
    case 4:
        play_body(data[0] == 4, data + 1, size - 1);
        break;
    default:
        play_file(data + 1, size - 1);
    }
    return 0;
}
