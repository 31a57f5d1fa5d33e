/*
 * The traces of RFC 8448 from the server's private key on: every record of both sides is
 * opened with the keys of keys13.c and sealed again to the same bytes, every Finished and
 * the binder come out as sent, and what the last key came from is gone in the end.
 */
#include "crypto/crypto.h"
#include "crypto_vectors.h"
#include "rfc8448.h"
#include "tls/internal.h"

#define TICKET_PSK "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"

struct trace {
    const char *name;
    int curve;
    const char *key; /* the server's private one */
    const char *psk; /* NULL: none */
    const char *const *records;
};

static const struct trace traces[] = {
    {"section 3: a simple handshake", BR_EC_curve25519,
     "b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e", NULL, simple_records},
    {"section 4: resumed, with early data", BR_EC_curve25519,
     "de5b4476e7b490b2652d338acbf2948066f255f9440e23b98fc69835298dc107", TICKET_PSK,
     resumed_records},
    {"section 5: after HelloRetryRequest", BR_EC_secp256r1,
     "8c510601f9765bfb8ed693449a48989859b5cfa879cb9f5443c41c5ff10634ed", NULL, retried_records},
    {"section 6: with the client's certificate", BR_EC_curve25519,
     "7382a5ad1cdd2056ae18cc708bd007d98130dbe2cd4d9ead9b96952becbb0888", NULL, certified_records},
    {"section 7: in compatibility mode", BR_EC_curve25519,
     "017c38a3647921ca2d9ed6bd7ae7132b94211b1331bb208c8ccdd51556409995", NULL, compatible_records},
};

struct play {
    const struct trace *trace;
    struct tls tls;
    struct handshake13 hs;
    struct schedule13 early; /* for the binder */
    uint8_t share[65];       /* the client's */
    bool retried;
    int finished, messages, tickets;
    size_t data; /* bytes of application data */
    int bad;
};

static struct play play;

static void require(bool good, const char *name)
{
    if (!expect(good, name)) {
        play.bad++;
    }
}

/* The binder is the last thing in the message: 32 bytes with three lengths before it. */
static void check_binder(struct span message, struct span psk)
{
    const br_hash_class *hash = hash13_of_suite(0x1301);
    struct transcript13 partial;
    uint8_t key[HASH13_MAX], digest[HASH13_MAX], binder[HASH13_MAX];

    transcript13_begin(&partial, hash);
    transcript13_add(&partial, span_of(message.data, message.len - 35));
    transcript13_now(&partial, digest);
    binder_key13(hash, psk, false, key);
    finished13(hash, key, digest, binder);
    require(memcmp(binder, message.data + message.len - 32, 32) == 0, "the binder");
}

static void take_share(struct span message)
{
    struct hello h;
    struct reader r;

    require(hello_parse(message.data, message.len, &h) == 0 && hello13_parse(&h) == 0,
            "ClientHello parses");
    r = reader_of(h.key_shares.data, h.key_shares.len);
    while (reader_left(&r) > 0) {
        uint16_t group = reader_u16(&r);
        struct span share = reader_vec16(&r);

        if (group == play.trace->curve && share.len <= sizeof play.share) {
            memcpy(play.share, share.data, share.len);
            play.hs.share = span_of(play.share, share.len);
        }
    }
}

static void client_hello(struct span message)
{
    take_share(message);
    if (play.trace->psk != NULL) {
        play.hs.psk.chosen = play.hs.psk.early = true;
        play.hs.psk.secret_len = hex_bytes(play.hs.psk.secret, 32, play.trace->psk);
        check_binder(message, span_of(play.hs.psk.secret, 32));
    }
    transcript13_add(&play.hs.transcript, message);
    if (play.trace->psk != NULL) {
        keys13_early(&play.tls);
    }
}

static void agree_on_secret(void)
{
    uint8_t key[32], point[65];
    size_t offset, len;

    hex_bytes(key, sizeof key, play.trace->key);
    memcpy(point, play.hs.share.data, play.hs.share.len);
    require(crypto_ec()->mul(point, play.hs.share.len, key, 32, play.trace->curve) == 1,
            "the client's share is a point");
    offset = crypto_ec()->xoff(play.trace->curve, &len);
    memcpy(play.hs.kex.secret, point + offset, play.hs.kex.secret_len = len);
}

static void server_hello(struct span message)
{
    static const uint8_t retry[] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11};

    if (memcmp(message.data + 6, retry, sizeof retry) == 0) {
        transcript13_retry(&play.hs.transcript);
        transcript13_add(&play.hs.transcript, message);
        play.retried = true;
        return;
    }
    agree_on_secret();
    transcript13_add(&play.hs.transcript, message);
    keys13_handshake(&play.tls);
}

static void finished(bool ours, struct span message)
{
    uint8_t verify_data[HASH13_MAX];

    keys13_finished(&play.tls, ours, verify_data);
    require(message.len == 4 + 32 && memcmp(message.data + 4, verify_data, 32) == 0,
            ours ? "the server's Finished" : "the client's Finished");
    transcript13_add(&play.hs.transcript, message);
    if (ours) {
        keys13_application(&play.tls);
    } else {
        keys13_finish(&play.tls);
        play.tls.v13.state = STATE13_OPEN;
    }
    play.finished++;
}

static void ticket(void)
{
    uint8_t psk[HASH13_MAX], want[32];

    ticket_psk13(hash13_of_suite(0x1301), play.tls.v13.resumption, span_of("\0", 2), psk);
    hex_bytes(want, sizeof want, TICKET_PSK);
    require(memcmp(psk, want, 32) == 0, "the PSK of the next trace");
    play.tickets++;
}

static void message(bool ours, struct span m)
{
    play.messages++;
    if (m.data[0] == 1) {
        client_hello(m);
    } else if (m.data[0] == 2) {
        server_hello(m);
    } else if (m.data[0] == 20) {
        finished(ours, m);
    } else if (m.data[0] == 4) {
        ticket();
    } else {
        transcript13_add(&play.hs.transcript, m);
        if (m.data[0] == 5) {
            keys13_early_ends(&play.tls);
        }
    }
}

/* The record's contents: opened, and sealed again with the same padding. */
static struct span open_and_seal(bool ours, uint8_t *record, size_t len, uint8_t *type)
{
    static uint8_t again[2048], opened[2048];
    struct record13 *keys = ours ? &play.tls.v13.write : &play.tls.v13.read;
    struct record13 copy = *keys;
    struct span contents = {opened, 0};
    size_t padding;

    memcpy(opened, record, len);
    require(record13_open(&copy, opened, type, &contents) == 0, "a record opens");
    memcpy(again + RECORD13_HEADER, contents.data, contents.len);
    padding = keys->suite == 0 ? 0 : len - RECORD13_OVERHEAD - contents.len;
    require(record13_seal(keys, *type, again, contents.len, padding) == len, "its length");
    again[2] = record[2]; /* the first ClientHello's record says TLS 1.0 */
    require(memcmp(again, record, len) == 0, "it is sealed to the same bytes");
    require(keys->sequence == copy.sequence, "the sequence number");
    return contents;
}

static void data(struct span contents)
{
    for (size_t i = 0; i < contents.len; i++) {
        require(contents.data[i] == (contents.len == 6 ? 'A' + i : i), "application data");
    }
    play.data += contents.len;
}

static void record(bool ours, const char *hex)
{
    static uint8_t bytes[2048];
    size_t len = hex_bytes(bytes, sizeof bytes, hex);
    uint8_t type = 0;
    struct span contents;
    struct reader r;

    if (bytes[0] == RECORD_CCS) {
        return;
    }
    contents = open_and_seal(ours, bytes, len, &type);
    if (type == RECORD_DATA) {
        data(contents);
    } else if (type == RECORD_ALERT) {
        require(span_equal(contents, span_of("\1\0", 2)), "close_notify");
    } else {
        r = reader_of(contents.data, contents.len);
        while (reader_left(&r) > 0) {
            const uint8_t *start = r.pos;

            reader_u8(&r);
            reader_take(&r, reader_u24(&r));
            require(!r.bad, "whole messages");
            message(ours, span_of(start, (size_t)(r.pos - start)));
        }
    }
}

/* After the handshake: nothing of it, and no exporter, for which nobody asked. */
static bool is_wiped(void)
{
    static const uint8_t zeros[HASH13_MAX];
    static const struct kex no_kex;
    static const struct schedule13 no_schedule;
    const struct handshake13 *hs = &play.hs;

    return memcmp(hs->kex.secret, no_kex.secret, sizeof no_kex.secret) == 0 &&
           memcmp(&hs->schedule, &no_schedule, sizeof no_schedule) == 0 &&
           memcmp(hs->psk.secret, zeros, sizeof zeros) == 0 &&
           memcmp(hs->client_secret, zeros, sizeof zeros) == 0 &&
           memcmp(hs->server_secret, zeros, sizeof zeros) == 0 &&
           memcmp(hs->client_application, zeros, sizeof zeros) == 0 &&
           memcmp(play.tls.v13.exporter, zeros, sizeof zeros) == 0;
}

static void run(const struct trace *t)
{
    memset(&play, 0, sizeof play);
    play.trace = t;
    play.tls.v13.handshake = &play.hs;
    play.tls.choice.suite = 0x1301;
    transcript13_begin(&play.hs.transcript, hash13_of_suite(0x1301));
    for (const char *const *r = t->records; *r != NULL; r++) {
        record((*r)[0] == 's', *r + 1);
    }
    require(play.finished == 2 && play.messages >= 6, "the whole handshake");
    require(play.retried == (t->curve == BR_EC_secp256r1), "HelloRetryRequest");
    require(play.tickets == (t->records == simple_records), "NewSessionTicket");
    require(play.data == (t->records == simple_records    ? 100
                          : t->records == resumed_records ? 106
                                                          : 0),
            "all data");
    require(is_wiped(), "what the last key came from is gone");
    ok(play.bad == 0, t->name);
}

int main(void)
{
    for (size_t i = 0; i < ARRAY_LEN(traces); i++) {
        run(&traces[i]);
    }
    return tap_done();
}
