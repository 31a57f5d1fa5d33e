/* Records of TLS 1.3 that are not as they should be, and those that may be odd:
 * change_cipher_spec, alerts, padding, sizes, data and messages at the wrong time. */
#include "hand13_check.h"

enum when {
    BEFORE_HELLO,
    INSIDE_HELLO,  /* between two records of it */
    BEFORE_FLIGHT, /* the server's flight is read; handshake keys */
    INSIDE_FLIGHT, /* between two records of Finished */
    WHEN_OPEN,
};

enum { GOES_ON = -2, WITHOUT_ALERT = -1 };

struct row {
    const char *name;
    enum when when;
    struct hand13_odd odd;
    int result; /* an alert, or one of those above */
};

static void play_row(struct hand13 *c, const struct row *row)
{
    hand13_reset(c);
    if (row->when == BEFORE_HELLO) {
        hand13_put(c, &row->odd);
    }
    c->cut = 20;
    c->between = row->when == INSIDE_HELLO ? &row->odd : NULL;
    hand13_say_hello(c);
    hand13_deliver(c);
    hand13_take(c);
    if (c->finished) {
        if (row->when == BEFORE_FLIGHT) {
            c->keys_set = true;
            hand13_set(c, &c->write, c->client_secret);
            hand13_put(c, &row->odd);
        }
        c->between = row->when == INSIDE_FLIGHT ? &row->odd : NULL;
        hand13_flight(c, NULL);
        hand13_deliver(c);
        hand13_take(c);
    }
    if (c->done && row->when == WHEN_OPEN) {
        hand13_put(c, &row->odd);
        hand13_deliver(c);
    }
    hand13_take(c);
}

static void play(const struct row *rows, size_t count, const char *name)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    for (size_t i = 0; i < count; i++) {
        play_row(c, &rows[i]);
        if (rows[i].result == GOES_ON) {
            hand13_opens(c, rows[i].name);
            expect(hand13_echo(c, BYTES("data")), rows[i].name);
        } else {
            hand13_ends(c, rows[i].result, rows[i].name);
        }
    }
    ok(true, name);
    hand13_free(c);
}

/* Section 5: one byte, 1, in the clear, between the first ClientHello and Finished. */
static void change_cipher_spec(void)
{
    static const struct row rows[] = {
        {"before the hello", BEFORE_HELLO, {true, 20, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"inside of the hello", INSIDE_HELLO, {true, 20, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"before Finished", BEFORE_FLIGHT, {true, 20, SPAN("\1")}, GOES_ON},
        {"of 2", BEFORE_FLIGHT, {true, 20, SPAN("\2")}, ALERT_UNEXPECTED_MESSAGE},
        {"of two bytes", BEFORE_FLIGHT, {true, 20, SPAN("\1\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"of no byte", BEFORE_FLIGHT, {true, 20, SPAN("")}, ALERT_UNEXPECTED_MESSAGE},
        {"sealed", BEFORE_FLIGHT, {false, 20, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"inside of Finished", INSIDE_FLIGHT, {true, 20, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"sealed, when open", WHEN_OPEN, {false, 20, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"when open", WHEN_OPEN, {true, 20, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
    };

    play(rows, ARRAY_LEN(rows), "change_cipher_spec where it may be, and where not");
}

static void handshake_records(void)
{
    static const struct row rows[] = {
        {"empty, before the hello", BEFORE_HELLO, {true, 22, SPAN("")}, ALERT_UNEXPECTED_MESSAGE},
        {"empty, in the hello", INSIDE_HELLO, {true, 22, SPAN("")}, ALERT_UNEXPECTED_MESSAGE},
        {"empty, before Finished", BEFORE_FLIGHT, {false, 22, SPAN("")}, ALERT_UNEXPECTED_MESSAGE},
        {"empty, in Finished", INSIDE_FLIGHT, {false, 22, SPAN("")}, ALERT_UNEXPECTED_MESSAGE},
        {"empty, when open", WHEN_OPEN, {false, 22, SPAN("")}, ALERT_UNEXPECTED_MESSAGE},
        {"in the clear", BEFORE_FLIGHT, {true, 22, SPAN("\x14\0\0\0")}, ALERT_UNEXPECTED_MESSAGE},
        {"in the clear, open",
         WHEN_OPEN,
         {true, 22, SPAN("\x18\0\0\1\0")},
         ALERT_UNEXPECTED_MESSAGE},
        {"another hello", BEFORE_FLIGHT, {false, 22, SPAN("\1\0\0\1\0")}, ALERT_UNEXPECTED_MESSAGE},
        {"another hello, open",
         WHEN_OPEN,
         {false, 22, SPAN("\1\0\0\1\0")},
         ALERT_UNEXPECTED_MESSAGE},
        {"KeyUpdate early",
         BEFORE_FLIGHT,
         {false, 22, SPAN("\x18\0\0\1\0")},
         ALERT_UNEXPECTED_MESSAGE},
        {"KeyUpdate of 2", WHEN_OPEN, {false, 22, SPAN("\x18\0\0\1\2")}, ALERT_ILLEGAL_PARAMETER},
        {"KeyUpdate of nothing", WHEN_OPEN, {false, 22, SPAN("\x18\0\0\0")}, ALERT_DECODE_ERROR},
        {"KeyUpdate of 2 bytes",
         WHEN_OPEN,
         {false, 22, SPAN("\x18\0\0\2\0\0")},
         ALERT_DECODE_ERROR},
        {"KeyUpdate and more",
         WHEN_OPEN,
         {false, 22, SPAN("\x18\0\0\1\0\x18")},
         ALERT_UNEXPECTED_MESSAGE},
        {"two KeyUpdates at once",
         WHEN_OPEN,
         {false, 22, SPAN("\x18\0\0\1\0\x18\0\0\1\0")},
         ALERT_UNEXPECTED_MESSAGE},
        {"a ticket", WHEN_OPEN, {false, 22, SPAN("\4\0\0\1\0")}, ALERT_UNEXPECTED_MESSAGE},
        {"Finished again", WHEN_OPEN, {false, 22, SPAN("\x14\0\0\1\0")}, ALERT_UNEXPECTED_MESSAGE},
        {"a certificate", WHEN_OPEN, {false, 22, SPAN("\x0b\0\0\1\0")}, ALERT_UNEXPECTED_MESSAGE},
        {"EndOfEarlyData", WHEN_OPEN, {false, 22, SPAN("\5\0\0\0")}, ALERT_UNEXPECTED_MESSAGE},
        {"HelloRequest", WHEN_OPEN, {false, 22, SPAN("\0\0\0\0")}, ALERT_UNEXPECTED_MESSAGE},
    };

    play(rows, ARRAY_LEN(rows), "handshake messages where they do not belong");
}

static void data_records(void)
{
    static const struct row rows[] = {
        {"before the hello", BEFORE_HELLO, {true, 23, SPAN("data")}, ALERT_UNEXPECTED_MESSAGE},
        {"in the hello", INSIDE_HELLO, {true, 23, SPAN("data")}, ALERT_UNEXPECTED_MESSAGE},
        {"before Finished", BEFORE_FLIGHT, {false, 23, SPAN("data")}, ALERT_UNEXPECTED_MESSAGE},
        {"inside of Finished", INSIDE_FLIGHT, {false, 23, SPAN("data")}, ALERT_UNEXPECTED_MESSAGE},
        {"shorter than a tag",
         BEFORE_FLIGHT,
         {true, 23, SPAN("0123456789abcdef")},
         ALERT_BAD_RECORD_MAC},
        {"empty", BEFORE_FLIGHT, {true, 23, SPAN("")}, ALERT_BAD_RECORD_MAC},
        {"not sealed", BEFORE_FLIGHT, {true, 23, SPAN("0123456789abcdef0")}, ALERT_BAD_RECORD_MAC},
        {"not sealed, open",
         WHEN_OPEN,
         {true, 23, SPAN("0123456789abcdef0")},
         ALERT_BAD_RECORD_MAC},
        {"nothing in it, open", WHEN_OPEN, {false, 23, SPAN("")}, GOES_ON},
        {"type 24, before the hello",
         BEFORE_HELLO,
         {true, 24, SPAN("\1")},
         ALERT_UNEXPECTED_MESSAGE},
        {"type 24", BEFORE_FLIGHT, {true, 24, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"type 24, sealed", BEFORE_FLIGHT, {false, 24, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"type 24, open", WHEN_OPEN, {false, 24, SPAN("\1")}, ALERT_UNEXPECTED_MESSAGE},
        {"type 0: nothing but padding",
         WHEN_OPEN,
         {false, 0, SPAN("\0\0\0")},
         ALERT_UNEXPECTED_MESSAGE},
    };

    play(rows, ARRAY_LEN(rows), "data and records of no known type");
}

/* In TLS 1.3 every alert but close_notify and user_canceled is an end, whatever its
 * level (section 6). */
static void alerts(void)
{
    static const struct row rows[] = {
        {"fatal, in the clear, no keys yet",
         BEFORE_HELLO,
         {true, 21, SPAN("\2\x28")},
         ALERT_UNEXPECTED_MESSAGE},
        {"fatal", BEFORE_FLIGHT, {false, 21, SPAN("\2\x2a")}, WITHOUT_ALERT},
        {"fatal, by a client that has no keys",
         BEFORE_FLIGHT,
         {true, 21, SPAN("\2\x2a")},
         WITHOUT_ALERT},
        {"a warning is an end, too", BEFORE_FLIGHT, {false, 21, SPAN("\1\x2a")}, WITHOUT_ALERT},
        {"fatal, when open", WHEN_OPEN, {false, 21, SPAN("\2\x50")}, WITHOUT_ALERT},
        {"unknown, when open", WHEN_OPEN, {false, 21, SPAN("\1\xEE")}, WITHOUT_ALERT},
        {"in the clear, when open",
         WHEN_OPEN,
         {true, 21, SPAN("\2\x50")},
         ALERT_UNEXPECTED_MESSAGE},
        {"user_canceled alone", WHEN_OPEN, {false, 21, SPAN("\1\x5a")}, GOES_ON},
        {"of one byte", WHEN_OPEN, {false, 21, SPAN("\2")}, ALERT_DECODE_ERROR},
        {"of no byte", WHEN_OPEN, {false, 21, SPAN("")}, ALERT_UNEXPECTED_MESSAGE},
        {"two in one", WHEN_OPEN, {false, 21, SPAN("\1\0\1\0")}, ALERT_DECODE_ERROR},
        {"of a level that is none", WHEN_OPEN, {false, 21, SPAN("\3\x28")}, WITHOUT_ALERT},
    };

    play(rows, ARRAY_LEN(rows), "alerts of the client");
}

/* ---- sizes --------------------------------------------------------------- */

static void sizes(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    static uint8_t zeros[17000];

    hand13_shake(c, NULL);
    ok(hand13_echo(c, span_of(zeros, 16384)), "a record of 2^14 bytes");
    c->padding = 100;
    c->split = 1000;
    ok(hand13_echo(c, span_of(zeros, 5000)), "padding");
    c->split = 0;
    c->padding = 16384 - 10;
    ok(hand13_echo(c, span_of(zeros, 10)), "as much of it as fits");
    c->padding = 0;
    hand13_long_record(c, RECORD_DATA, 10, 16384 - 10 + 1);
    hand13_deliver(c);
    hand13_ends(c, ALERT_RECORD_OVERFLOW, "one byte of padding too much");
    hand13_shake(c, NULL);
    hand13_long_record(c, RECORD_DATA, 16385, 0);
    hand13_deliver(c);
    hand13_ends(c, ALERT_RECORD_OVERFLOW, "one byte of data too much");
    hand13_meet(c);
    hand13_set(c, &c->write, c->client_secret);
    hand13_long_record(c, RECORD_HANDSHAKE, 0, 16385);
    hand13_deliver(c);
    hand13_ends(c, ALERT_RECORD_OVERFLOW, "the same in the handshake");
    hand13_shake(c, NULL);
    hand13_clear(c, RECORD_DATA, span_of(zeros, 16384 + 256));
    hand13_deliver(c);
    hand13_ends(c, ALERT_BAD_RECORD_MAC, "a record as large as it may be");
    hand13_shake(c, NULL);
    hand13_clear(c, RECORD_DATA, span_of(zeros, 16384 + 257));
    hand13_deliver(c);
    hand13_ends(c, ALERT_RECORD_OVERFLOW, "one byte more");
    hand13_meet(c);
    hand13_clear(c, RECORD_DATA, span_of(zeros, 16384 + 257));
    hand13_deliver(c);
    hand13_ends(c, ALERT_RECORD_OVERFLOW, "a long record in the handshake");
    for (size_t i = 5; i < 40; i++) {
        hand13_shake(c, NULL);
        hand13_record(c, RECORD_DATA, BYTES("some data of ours"));
        c->out[i < c->out_len ? i : c->out_len - 1] ^= 1;
        hand13_deliver(c);
        hand13_ends(c, ALERT_BAD_RECORD_MAC, "a bit of a record");
    }
    ok(true, "sizes of records, and their bits");
    hand13_free(c);
}

/* What the server sends keeps the limits that both have set. */
static void limits(void)
{
    static const uint16_t said[] = {64, 100, 1000, 16384, 16385, 65535};
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    static uint8_t data[30000];

    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        unsigned most = said[i] < 16385 ? said[i] : 16385;

        c->says.record_limit = said[i];
        hand13_shake(c, NULL);
        hand13_opens(c, "with record_size_limit");
        expect(hand13_echo(c, span_of(data, i == 0 ? 3000 : sizeof data)), "and data");
        expect(c->largest_record <= most + RECORD13_HEADER + RECORD13_TAG &&
                   c->largest_record + 64 >= (most < 3000 ? most : 3000),
               "no record is over the limit");
        expect(c->record_limit >= 64 && c->record_limit <= 16385, "the server tells its own");
    }
    c->says.record_limit = 63;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, "a limit below 64");
    c->says.record_limit = 0;
    config.max_send_fragment = 512;
    hand13_shake(c, NULL);
    ok(hand13_echo(c, span_of(data, 3000)) && c->largest_record <= 512 + RECORD13_OVERHEAD,
       "ssl.max-send-fragment");
    config.max_send_fragment = 0;
    config.record_padding = 512;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && hand13_echo(c, span_of(data, 20000)), "ssl.record-padding");
    c->largest_record = 0;
    ok(hand13_echo(c, span_of(data, 3)) && c->largest_record >= 512 &&
           c->largest_record <= 513 + RECORD13_OVERHEAD,
       "three bytes look like many");
    hand13_free(c);
}

/* ---- floods --------------------------------------------------------------- */

static unsigned flood(struct hand13 *c, const struct hand13_odd *odd, bool update)
{
    unsigned n = 0;

    while (n < 5000 && (tls_state(c->tls) & TLS_RECV_REC) != 0) {
        hand13_put(c, odd);
        if (update) {
            record13_update(&c->write);
        }
        hand13_deliver(c);
        hand13_take(c);
        n++;
    }
    return n;
}

static void floods(void)
{
    static const struct hand13_odd ccs = {true, 20, SPAN("\1")}, empty = {false, 23, SPAN("")},
                                   update = {false, 22, SPAN("\x18\0\0\1\0")},
                                   canceled = {false, 21, SPAN("\1\x5a")};
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_meet(c);
    ok(flood(c, &ccs, false) < 100, "a flood of change_cipher_spec is cut off");
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "by unexpected_message");
    hand13_shake(c, NULL);
    ok(flood(c, &empty, false) < 1000, "a flood of empty records");
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "by unexpected_message");
    hand13_shake(c, NULL);
    ok(flood(c, &update, true) < 1000, "a flood of KeyUpdate");
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "by unexpected_message");
    hand13_shake(c, NULL);
    ok(flood(c, &canceled, false) < 1000, "a flood of user_canceled");
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "by unexpected_message");
    hand13_free(c);
}

/* Who asks for updates and reads no answer does not make the server store them. */
static void updates_unread(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_shake(c, NULL);
    for (unsigned i = 0; i < 10; i++) {
        hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\1"));
        record13_update(&c->write);
        hand13_deliver(c);
    }
    hand13_take(c);
    ok(hand13_open(c) && c->updates >= 1 && c->updates <= 10, "answered together");
    ok(hand13_echo(c, BYTES("data")), "and data goes on");
    hand13_free(c);
}

/* Half a message, then something else. */
static void interleaved(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_shake(c, NULL);
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0"));
    hand13_record(c, RECORD_DATA, BYTES("data"));
    hand13_deliver(c);
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "data inside of a KeyUpdate");
    hand13_shake(c, NULL);
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0"));
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\1\1"));
    record13_update(&c->write);
    ok(hand13_echo(c, BYTES("data")) && c->updates == 1, "a KeyUpdate in two records");
    hand13_record(c, RECORD_ALERT, BYTES("\1\0"));
    hand13_record(c, RECORD_DATA, BYTES("after the end"));
    hand13_deliver(c);
    ok((tls_state(c->tls) & (TLS_RECV_APP | TLS_PEER_EOF)) == TLS_PEER_EOF,
       "what comes after close_notify is passed over");
    is_text(hand13_reason(c), "", "and no failure");
    hand13_free(c);
}

int main(void)
{
    change_cipher_spec();
    handshake_records();
    data_records();
    alerts();
    sizes();
    limits();
    floods();
    updates_unread();
    interleaved();
    return tap_done();
}
