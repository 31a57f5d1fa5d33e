/* tls/output13: what is due goes out in the right order and always has room: keys that
 * are used up, data that is not sealed yet, a full record, close_notify. */
#include "hand13_check.h"

#define SOON ((uint64_t)1 << 23) /* records of AES-GCM under one key */

static uint8_t zeros[20000];

static void write_keys_used_up(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_shake(c, NULL);
    c->tls->v13.write.sequence = c->read.sequence = SOON - 1;
    ok(hand13_echo(c, BYTES("the last one")), "the last record of our keys");
    ok(c->updates == 1 && !c->update_due, "new ones follow it, and no others are asked for");
    ok(hand13_echo(c, BYTES("the first one")) && c->updates == 1, "and are used");
    ok(c->read.sequence == 1, "from the beginning");
    hand13_free(c);
}

static void read_keys_used_up(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_shake(c, NULL);
    c->tls->v13.read.sequence = c->write.sequence = SOON - 1;
    ok(hand13_echo(c, BYTES("the last one")), "the last record of the client's keys");
    ok(c->updates == 1 && c->update_due, "new ones are asked for");
    ok(hand13_echo(c, BYTES("one more")) && hand13_echo(c, BYTES("and another")) && c->updates == 1,
       "once, though some more come under the old ones");
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\0"));
    record13_update(&c->write);
    ok(hand13_echo(c, BYTES("the first one")) && c->updates == 1, "and are taken");
    c->tls->v13.read.sequence = c->write.sequence = SOON - 1;
    ok(hand13_echo(c, BYTES("the last one")) && c->updates == 2,
       "asked for again, when it is time");
    hand13_free(c);
}

static void give(struct hand13 *c, size_t len)
{
    size_t room;
    uint8_t *w = tls_window(c->tls, TLS_WINDOW_SEND_APP, &room);

    expect(w != NULL && room >= len, "there is room for data");
    memset(w, 0, len);
    tls_advance(c->tls, TLS_WINDOW_SEND_APP, len);
}

static void unsealed_data(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_shake(c, NULL);
    c->data_len = 0;
    give(c, 10);
    ok((tls_state(c->tls) & TLS_SEND_REC) == 0, "data that is not flushed waits");
    give(c, 5);
    ok(tls_update_keys(c->tls, false) == 0 && hand13_take(c) && c->data_len == 15 &&
           c->updates == 1 && c->records > 0 && c->wrong == NULL,
       "new keys: it goes out before them, under the old ones");
    ok(hand13_echo(c, BYTES("data")), "and the flow goes on");
    c->data_len = 0;
    give(c, 7);
    tls_close(c->tls);
    hand13_take(c);
    ok(c->data_len == 7 && c->alert == ALERT_CLOSE_NOTIFY && c->wrong == NULL,
       "close_notify comes behind it, too");
    ok((tls_state(c->tls) & TLS_CLOSED) != 0, "and that is the end");
    ok(tls_update_keys(c->tls, true) == -1, "without new keys");
    hand13_free(c);
}

/* Behind the largest record there is room for a KeyUpdate and an alert, whatever the padding. */
static void full(uint32_t padding, uint32_t fragment)
{
    struct config config = config13("server_ec", NULL);
    size_t len = fragment != 0 ? fragment : 16384;
    struct hand13 *c;

    config.record_padding = padding;
    config.max_send_fragment = fragment;
    c = hand13_new(&config);
    hand13_shake(c, NULL);
    for (unsigned i = 1; i <= 3; i++) {
        c->data_len = 0;
        give(c, len);
        expect((tls_state(c->tls) & TLS_SEND_APP) == 0, "a full record is sealed by itself");
        expect(tls_update_keys(c->tls, i == 2) == 0, "new keys behind it");
        if (i == 3) {
            tls_close(c->tls);
        }
        hand13_take(c);
        expect(c->data_len == len && c->updates == i && c->wrong == NULL, "all comes");
    }
    expect(c->alert == ALERT_CLOSE_NOTIFY, "close_notify, too");
    ok(c->wrong == NULL && (tls_state(c->tls) & TLS_CLOSED) != 0,
       "a full record, new keys and close_notify in one buffer");
    hand13_free(c);
}

/* A client that reads a byte at a time gets the same; tickets wait for the flight before. */
static void by_bytes(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c;

    config.num_tickets = 16;
    c = hand13_new(&config);
    c->chunk = 1;
    hand13_shake(c, NULL);
    hand13_take(c);
    ok(hand13_open(c) && c->ticket_count > 2, "a handshake, sent and read byte by byte");
    ok(hand13_echo(c, span_of(zeros, sizeof zeros)), "and data");
    hand13_free(c);
}

static void not_open(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_begin(c);
    ok(tls_update_keys(c->tls, false) == -1, "no new keys before the hello");
    hand13_deliver(c);
    ok(tls_update_keys(c->tls, false) == -1, "nor before the client's Finished");
    hand13_take(c);
    ok(c->finished && c->updates == 0, "none were sent");
    hand13_free(c);
}

/* What answers early data goes out before the client's Finished, which may never come. */
static void keys_used_up_early(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c;

    config.early_data = 1000;
    config.mode = MODE_FILES;
    c = hand13_new(&config);
    hand13_shake(c, NULL);
    c->says.psks[0] = c->tickets[0];
    c->says.psk_count = 1;
    c->says.early = true;
    hand13_meet(c);
    expect(c->early_accepted && c->finished, "early data is accepted");
    c->tls->v13.write.sequence = c->read.sequence = SOON - 1;
    give(c, 10);
    tls_flush(c->tls);
    hand13_take(c);
    ok(c->data_len == 10 && c->updates == 0 && (tls_state(c->tls) & TLS_SEND_APP) == 0,
       "the last record of our keys before the client's Finished: no more data until then");
    hand13_flight(c, NULL);
    hand13_deliver(c);
    hand13_take(c);
    ok(c->updates == 1 && hand13_open(c) && hand13_echo(c, BYTES("data")),
       "new keys come behind it");
    hand13_free(c);
}

/* close_notify has to wait until the tickets are out. */
static void close_in_tickets(void)
{
    struct config config = config13("server_ec", NULL);
    bool good = true;

    config.num_tickets = 16;
    for (uint32_t at = TLS_OUT_LEN - 700; at < TLS_OUT_LEN - 60; at += 7) {
        struct hand13 *c = hand13_new(&config);
        size_t len;
        uint8_t *in;

        c->says.record_limit = 64;
        hand13_meet(c);
        /* As if so much of the flight before were not sent yet. */
        c->tls->v13.out_pos = c->tls->v13.out_end = at;
        hand13_flight(c, NULL);
        in = tls_window(c->tls, TLS_WINDOW_RECV_REC, &len);
        expect(in != NULL && len >= c->out_len, "there is room for the client's flight");
        memcpy(in, c->out, c->out_len);
        tls_advance(c->tls, TLS_WINDOW_RECV_REC, c->out_len);
        tls_close(c->tls);
        hand13_take(c);
        good = good && c->wrong == NULL && c->message_len == 0 && c->alert == ALERT_CLOSE_NOTIFY;
        if (!good) {
            hand13_tell(c, "close_in_tickets");
        }
        hand13_free(c);
    }
    ok(good, "close_notify comes between two tickets, never within one");
}

int main(void)
{
    write_keys_used_up();
    read_keys_used_up();
    unsealed_data();
    full(0, 0);
    full(512, 0);
    full(16384, 0);
    full(100, 512);
    by_bytes();
    not_open();
    keys_used_up_early();
    close_in_tickets();
    return tap_done();
}
