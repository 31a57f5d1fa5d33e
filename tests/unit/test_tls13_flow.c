/* TLS 1.3 where things do not flow: nobody reads what the server has to say, nobody takes
 * what the client sent, memory is out, keys are worn out, the end comes too early. */
#include "hand13_check.h"

/* An alert goes behind what was sealed before it, and can be read there. */
static void alert_behind_flight(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    hand13_begin(c);
    hand13_deliver(c);
    hand13_clear(c, RECORD_DATA, BYTES("0123456789abcdef0"));
    hand13_deliver(c);
    hand13_take(c);
    ok(c->finished, "the flight is read, though the connection has failed behind it");
    hand13_ends(c, ALERT_BAD_RECORD_MAC, "and the alert under the right key");

    hand13_shake(c, NULL);
    {
        size_t len;
        uint8_t *w = tls_window(c->tls, TLS_WINDOW_SEND_APP, &len);

        memcpy(w, "an answer", 9);
        tls_advance(c->tls, TLS_WINDOW_SEND_APP, 9);
        tls_flush(c->tls);
    }
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\2"));
    hand13_deliver(c);
    hand13_take(c);
    ok(c->data_len == 9 && memcmp(c->data, "an answer", 9) == 0, "data before an alert arrives");
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, "and the alert behind it");
    hand13_free(c);
}

/* Bytes that nobody takes: the server stops reading and loses nothing. */
static void pressure(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    static uint8_t data[60000], got[60000];
    size_t n = 0, total = 0;
    uint8_t *w;

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 31 >> 5);
    }
    hand13_shake(c, NULL);
    hand13_send(c, RECORD_DATA, span_of(data, sizeof data));
    hand13_deliver(c);
    ok(c->out_len > 20000 && (tls_state(c->tls) & TLS_RECV_REC) == 0,
       "a server whose application does not read takes a record or two");
    while ((w = tls_window(c->tls, TLS_WINDOW_RECV_APP, &n)) != NULL && n > 0 &&
           total + n <= sizeof got) {
        n = n > 7000 ? 7000 : n;
        memcpy(got + total, w, n);
        total += n;
        tls_advance(c->tls, TLS_WINDOW_RECV_APP, n);
        hand13_deliver(c);
    }
    ok(total == sizeof data && memcmp(got, data, total) == 0, "and then all of it");
    ok(hand13_echo(c, BYTES("more")), "the connection goes on");

    /* The other way: the client does not read. */
    total = 0;
    c->data_len = 0;
    while ((w = tls_window(c->tls, TLS_WINDOW_SEND_APP, &n)) != NULL && n > 0 && total < 50000) {
        memcpy(w, data + total, n = n < 5000 ? n : 5000);
        tls_advance(c->tls, TLS_WINDOW_SEND_APP, n);
        tls_flush(c->tls);
        total += n;
    }
    ok(total > 0 && total < 50000, "a server whose client does not read stops writing");
    hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\1"));
    record13_update(&c->write);
    hand13_deliver(c);
    hand13_take(c);
    ok(c->data_len == total && memcmp(c->data, data, total) == 0 && c->updates == 1,
       "what was written comes, and the KeyUpdate behind it");
    ok(hand13_echo(c, BYTES("more")), "and the connection goes on");
    hand13_free(c);
}

static void closing_early(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);
    size_t len;
    uint8_t *w;

    hand13_meet(c);
    hand13_flight(c, NULL);
    hand13_record(c, RECORD_ALERT, BYTES("\1\0"));
    hand13_deliver(c);
    hand13_take(c);
    ok((tls_state(c->tls) & TLS_PEER_EOF) != 0 && c->wrong == NULL && c->alert < 0,
       "a client may end right behind its Finished");
    w = tls_window(c->tls, TLS_WINDOW_SEND_APP, &len);
    ok(w != NULL, "and still be answered");
    tls_close(c->tls);
    hand13_take(c);
    ok(c->alert == ALERT_CLOSE_NOTIFY && (tls_state(c->tls) & TLS_CLOSED) != 0, "and closed");

    hand13_meet(c);
    hand13_set(c, &c->write, c->client_secret);
    hand13_record(c, RECORD_ALERT, BYTES("\1\0"));
    hand13_deliver(c);
    hand13_take(c);
    ok((tls_state(c->tls) & TLS_CLOSED) != 0 &&
           strstr(hand13_reason(c), "close_notify: ") == hand13_reason(c),
       "one that ends before its Finished is a failure");

    hand13_meet(c);
    tls_close(c->tls);
    ok((tls_state(c->tls) & (TLS_RECV_APP | TLS_SEND_APP)) == 0, "a server may close at any time");
    hand13_shake(c, NULL);
    w = tls_window(c->tls, TLS_WINDOW_SEND_APP, &len);
    memcpy(w, "half", 4);
    tls_advance(c->tls, TLS_WINDOW_SEND_APP, 4);
    hand13_record(c, RECORD_DATA, BYTES("nobody reads this"));
    hand13_deliver(c);
    tls_close(c->tls);
    hand13_take(c);
    ok(c->data_len == 4 && c->alert == ALERT_CLOSE_NOTIFY && c->wrong == NULL,
       "what was not flushed goes before close_notify");
    hand13_reset(c);
    ok(hand13_nothing_left(c), "nothing is left");
    hand13_free(c);
}

/* As many connections as may be, and one more. */
static void no_memory(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c, *more;
    struct tls_context *own;
    const char *reason;

    config.max_connections = 1;
    c = hand13_new(&config);
    more = hand13_new(&config);
    own = more->ctx;
    more->ctx = c->ctx;
    hand13_meet(c);
    hand13_meet(more);
    ok(!more->finished && (tls_state(more->tls) & TLS_CLOSED) != 0 &&
           tls_get_failure(more->tls, &reason) == TLS_FAIL_MEMORY,
       "one too many is closed for want of memory");
    hand13_flight(c, NULL);
    hand13_deliver(c);
    hand13_take(c);
    ok(hand13_open(c), "the one before is not hurt");
    tls_rest(c->tls);
    hand13_shake(more, NULL);
    ok(hand13_open(more), "and when it is at rest, there is room");
    hand13_record(c, RECORD_DATA, BYTES("data"));
    hand13_inject(c, span_of(c->out, c->out_len));
    ok(tls_get_failure(c->tls, &reason) == TLS_FAIL_MEMORY && (tls_state(c->tls) & TLS_CLOSED) != 0,
       "who then wants buffers that another has comes to an end");
    hand13_reset(c);
    hand13_reset(more);
    ok(hand13_nothing_left(c), "nothing is left");
    more->ctx = own;
    hand13_free(more);
    hand13_free(c);
}

/* Keys that were used for long are changed before more is done with them. */
static void worn_keys(void)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303};
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = hand13_new(&config);

    for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
        uint64_t worn = 1;

        c->says.suites[0] = suites[i];
        c->says.suites[1] = 0;
        hand13_shake(c, NULL);
        for (struct record13 r = {.suite = suites[i], .sequence = 1};
             !record13_wants_update(&r) && worn < (uint64_t)1 << 62;) {
            r.sequence = worn *= 2;
        }
        if (worn >= (uint64_t)1 << 62) {
            continue; /* none that anyone reaches */
        }
        c->read.sequence = c->tls->v13.write.sequence = worn;
        expect(hand13_echo(c, BYTES("data")), "data under keys that wear out");
        expect(hand13_echo(c, BYTES("data")) && c->updates == 1 && c->read.sequence < 10,
               "the server changes its own");
        c->write.sequence = c->tls->v13.read.sequence = worn;
        expect(hand13_echo(c, BYTES("data")) && hand13_echo(c, BYTES("data")), "the other way");
        expect(c->updates == 2 && c->update_due, "it asks for the client's");
        hand13_record(c, RECORD_HANDSHAKE, BYTES("\x18\0\0\1\0"));
        record13_update(&c->write);
        expect(hand13_echo(c, BYTES("data")) && c->updates == 2, "and is content with the answer");
        c->write.sequence = c->tls->v13.read.sequence = UINT64_MAX;
        hand13_clear(c, RECORD_DATA, BYTES("0123456789abcdef0"));
        hand13_deliver(c);
        hand13_take(c);
        expect(c->alert >= 0, "a sequence number never wraps");
    }
    ok(true, "keys that are worn out");
    hand13_free(c);
}

int main(void)
{
    alert_behind_flight();
    pressure();
    closing_early();
    no_memory();
    worn_keys();
    return tap_done();
}
