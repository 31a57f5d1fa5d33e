/* Pre-shared keys of TLS 1.3 against a client by hand: tickets and what they are bound to,
 * binders, external keys, early data that is taken, refused, too much or too late. */
#include "config/sslop.h"
#include "core/clock.h"
#include "hand13_check.h"

/* A client with a ticket of this configuration's server, said as its first PSK. */
static struct hand13 *with_ticket(struct config *config)
{
    struct hand13 *c = hand13_new(config);

    hand13_shake(c, NULL);
    hand13_opens(c, "the first handshake");
    expect(c->ticket_count == config->num_tickets, "as many tickets as configured");
    c->says.psks[0] = c->tickets[0];
    c->says.psk_count = c->ticket_count > 0;
    return c;
}

static void resumes(struct hand13 *c, bool wanted, const char *name)
{
    hand13_shake(c, NULL);
    hand13_opens(c, name);
    expect(tls_get_info(c->tls)->resumed == wanted && (c->psk_index >= 0) == wanted, name);
    expect(hand13_echo(c, BYTES("hello")), name);
}

static void tickets(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = with_ticket(&config);
    size_t before;

    ok(c->tickets[0].identity_len > 0 &&
           memcmp(c->tickets[0].secret, c->tickets[1].secret, 32) != 0 &&
           c->tickets[0].age_add != c->tickets[1].age_add && c->tickets[0].lifetime == 300,
       "two tickets, each of its own");
    resumes(c, true, "resumed");
    ok(c->group == 29 && c->ticket_count == 3, "with a key exchange of its own, and a new ticket");
    for (size_t i = 1; i < 3; i++) {
        c->says.psks[0] = c->tickets[i];
        resumes(c, true, "by the others, too");
    }
    c->says.suites[0] = 0x1303;
    c->says.suites[1] = 0;
    resumes(c, true, "with another suite of the same hash");
    c->says.suites[0] = 0x1302;
    resumes(c, false, "not with another hash");
    c->says.suites[0] = 0x1301;
    c->says.name = "other";
    resumes(c, false, "not under another name");
    c->says.name = "LOCALHOST";
    resumes(c, true, "a name has no case");
    c->says.psk_modes[0] = 1;
    resumes(c, false, "psk_ke alone is not taken");
    config.options |= SSLOP_ALLOW_NO_DHE_KEX;
    resumes(c, true, "unless allowed");
    ok(c->group == 0 && tls_get_info(c->tls)->group == 0, "and then without a group");
    config.options = 0;
    c->says.psk_modes[0] = 2;
    before = c->ticket_count = 0;
    c->says.psks[0].identity[20] ^= 1;
    resumes(c, false, "a ticket that nobody made");
    c->says.psks[0].identity[20] ^= 1;
    ok(c->ticket_count == before + 2, "gets new ones");
    c->says.psks[1] = c->says.psks[0];
    c->says.psks[0] = c->tickets[0];
    c->says.psks[0].identity[0] ^= 1;
    c->says.psk_count = 2;
    resumes(c, true, "the second of two");
    ok(c->psk_index == 1, "is told so");
    hand13_free(c);
}

static void retried(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = with_ticket(&config);

    c->says.shares[0] = 0;
    resumes(c, true, "resumed after HelloRetryRequest");
    ok(c->retried && c->counters.tickets_taken == 1,
       "the binder of the second hello is over both, and the ticket counts once");
    c->says.suites[0] = 0x1302;
    c->says.suites[1] = 0;
    resumes(c, false, "with another hash, and a retry");
    hand13_free(c);
}

static void cached(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c;

    config.session_tickets = false;
    c = with_ticket(&config);
    ok(c->tickets[0].identity_len == 32, "without tickets the session stays with the server");
    resumes(c, true, "and is resumed");
    config.num_tickets = 0;
    c->ticket_count = 0;
    c->says.psk_count = 0;
    resumes(c, false, "no tickets when none are wanted");
    ok(c->ticket_count == 0, "none came");
    hand13_free(c);
}

static void binders(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c = with_ticket(&config);
    static const size_t lengths[] = {33, 47, 48, 64, 255};

    c->says.bad_binder = true;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_DECRYPT_ERROR, "a wrong binder");
    c->says.shares[0] = 0;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_DECRYPT_ERROR, "a wrong binder before a retry");
    c->says.shares[0] = 29;
    c->says.bad_binder = false;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        c->says.binder_len = lengths[i];
        hand13_shake(c, NULL);
        hand13_ends(c, ALERT_DECRYPT_ERROR, "a binder of another hash's length");
    }
    c->says.binder_len = 31;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_DECODE_ERROR, "a binder of 31 bytes");
    c->says.binder_len = 0;
    c->says.edits[0] = (struct hand13_edit){EXT_PSK_MODES, EDIT_OMIT, BYTES("")};
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_MISSING_EXTENSION, "a key without psk_key_exchange_modes");
    c->says.edits[0] = (struct hand13_edit){0x3A3A, EDIT_LAST, BYTES("")};
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_ILLEGAL_PARAMETER, "pre_shared_key is not the last");
    c->says.edits[0] = (struct hand13_edit){EXT_KEY_SHARE, EDIT_OMIT, BYTES("")};
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_MISSING_EXTENSION, "supported_groups without key_share");
    /* The binder says what the hello is: a bit of it anywhere is an error. */
    c->says.edits[0].what = EDIT_NONE;
    for (size_t at = 6; at < 38; at += 5) {
        c->says.flip[0] = at;
        hand13_shake(c, NULL);
        hand13_ends(c, ALERT_DECRYPT_ERROR, "a bit that the binder does not know of");
    }
    ok(true, "binders");
    hand13_free(c);
}

static void external(void)
{
    struct config config = config13("server_ec", NULL);
    struct hand13 *c;
    struct hand13_psk psk = {.identity = "somebody",
                             .identity_len = 8,
                             .secret_len = 16,
                             .external = true,
                             .suite = 0x1301};

    memset(psk.secret, 0xAB, 16);
    config.psk = "abababababababababababababababab";
    config.psk_identity = "somebody";
    c = hand13_new(&config);
    c->says.psks[0] = psk;
    c->says.psk_count = 1;
    resumes(c, true, "a key of the configuration");
    ok(c->seen[2] == MSG_FINISHED, "no certificate then");
    c->says.shares[0] = 0;
    resumes(c, true, "and after a retry");
    c->says.shares[0] = 29;
    c->says.psks[0].identity[0] = 'S';
    resumes(c, false, "another name opens nothing");
    c->says.psks[0].identity[0] = 's';
    c->says.psks[0].secret[0] ^= 1;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_DECRYPT_ERROR, "nor does another key");
    c->says.psks[0] = psk;
    c->says.psks[0].external = false;
    hand13_shake(c, NULL);
    hand13_ends(c, ALERT_DECRYPT_ERROR, "nor one that claims to be of a ticket");
    c->says.psks[0] = psk;
    /* A client that has nothing but the key. */
    c->says.edits[0] = (struct hand13_edit){EXT_SIGNATURES, EDIT_OMIT, BYTES("")};
    resumes(c, true, "without signature_algorithms");
    c->says.edits[0].what = EDIT_NONE;
    hand13_free(c);
}

/* ---- early data ---------------------------------------------------------- */

static size_t server_reads(struct hand13 *c, uint8_t *out, size_t max)
{
    size_t total = 0, n;
    uint8_t *w;

    while ((w = tls_window(c->tls, TLS_WINDOW_RECV_APP, &n)) != NULL && n > 0 && total + n <= max) {
        memcpy(out + total, w, n);
        total += n;
        tls_advance(c->tls, TLS_WINDOW_RECV_APP, n);
        hand13_deliver(c);
    }
    return total;
}

static struct config early_config(void)
{
    struct config config = config13("server_ec", NULL);

    config.early_data = 1000;
    config.mode = MODE_FILES;
    return config;
}

/* A ticket that was not used, for the next try. */
static void fresh(struct hand13 *c)
{
    c->says.psk_count = 0;
    c->says.early = false;
    c->ticket_count = 0;
    hand13_shake(c, NULL);
    c->says.psks[0] = c->tickets[0];
    c->says.psk_count = 1;
    c->says.early = true;
}

static void early_taken(void)
{
    struct config config = early_config();
    struct hand13 *c = with_ticket(&config);
    uint8_t got[2000];

    ok(c->tickets[0].max_early == 1000, "a ticket tells how much");
    for (unsigned i = 0; i < 4; i++) {
        fresh(c);
        c->chunk = i % 2 == 0 ? 0 : 3;
        c->says.session_id_len = i < 2 ? 32 : 0;
        hand13_begin(c);
        hand13_record(c, RECORD_DATA, BYTES("GET / "));
        hand13_record(c, RECORD_DATA, BYTES("HTTP/1.1\r\n\r\n"));
        hand13_deliver(c);
        hand13_take(c);
        expect(c->early_accepted && c->finished, "early data is accepted");
        expect(server_reads(c, got, sizeof got) == 18 &&
                   memcmp(got, "GET / HTTP/1.1\r\n\r\n", 18) == 0,
               "and read");
        hand13_flight(c, NULL);
        hand13_deliver(c);
        hand13_take(c);
        hand13_opens(c, "the handshake ends");
        expect(hand13_echo(c, BYTES("data")), "and data goes on");
    }
    ok(true, "early data that is taken");
    c->says.session_id_len = 32;
    hand13_shake(c, NULL);
    ok(hand13_open(c) && !c->early_accepted && tls_get_info(c->tls)->resumed,
       "not twice with one ticket, which still resumes");
    hand13_free(c);
}

static void early_limits(void)
{
    static const uint8_t zeros[1001];
    struct config config = early_config();
    struct hand13 *c = with_ticket(&config);
    uint8_t got[2000];

    fresh(c);
    hand13_begin(c);
    hand13_record(c, RECORD_DATA, span_of(zeros, 1000));
    hand13_deliver(c);
    hand13_take(c);
    ok(server_reads(c, got, sizeof got) == 1000, "as much as the ticket allows");
    hand13_record(c, RECORD_DATA, BYTES("x"));
    hand13_deliver(c);
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "and not a byte more");
    fresh(c);
    hand13_begin(c);
    hand13_record(c, RECORD_DATA, span_of(zeros, 1001));
    hand13_deliver(c);
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "nor in one record");
    hand13_free(c);
}

/* Where early data is refused the client does not know that yet, and sends it. */
static void early_refused(void)
{
    struct config config = early_config();
    struct hand13 *c = with_ticket(&config);

    for (unsigned i = 0; i < 6; i++) {
        fresh(c);
        c->says.age_ms = i == 0 ? 3600000 : 0;
        config.mode = i == 1 ? MODE_ECHO : MODE_FILES;
        config.early_data = i == 2 ? 0 : 1000;
        c->says.shares[0] = i == 3 ? 0 : 29;
        c->says.psks[0].identity[0] ^= i == 4;
        c->says.suites[0] = i == 5 ? 0x1303 : 0x1301;
        c->says.suites[1] = 0;
        hand13_begin(c);
        hand13_record(c, RECORD_DATA, BYTES("early data that nobody reads"));
        hand13_record(c, RECORD_DATA, BYTES("and more"));
        hand13_deliver(c);
        hand13_take(c);
        if (c->retried) {
            hand13_say_hello(c);
            hand13_deliver(c);
            hand13_take(c);
        }
        expect(c->finished && !c->early_accepted, "refused");
        expect((tls_state(c->tls) & TLS_RECV_APP) == 0, "and not read");
        c->says.shares[0] = 29;
        hand13_flight(c, NULL);
        hand13_deliver(c);
        hand13_take(c);
        hand13_opens(c, "the handshake goes on");
        expect(hand13_echo(c, BYTES("data")), "and data after it");
        c->says.age_ms = 0;
        c->says.suites[0] = 0x1301;
        config.mode = MODE_FILES;
        config.early_data = 1000;
    }
    ok(true, "refused for its age, the mode, the configuration, a retry, its ticket, its suite");
    hand13_free(c);
}

static void early_refused_limits(void)
{
    static uint8_t zeros[16000];
    struct config config = early_config();
    struct hand13 *c = with_ticket(&config);
    unsigned n = 0;

    fresh(c);
    c->says.age_ms = 3600000;
    hand13_begin(c);
    while (n < 100 && (tls_state(c->tls) & TLS_RECV_REC) != 0) {
        hand13_record(c, RECORD_DATA, span_of(zeros, sizeof zeros));
        hand13_deliver(c);
        n++;
    }
    ok(n < 5, "what is refused is passed over within bounds");
    hand13_ends(c, ALERT_BAD_RECORD_MAC, "then it is a record that does not open");

    fresh(c);
    c->says.shares[0] = 0;
    hand13_begin(c);
    for (n = 0; n < 100 && (tls_state(c->tls) & TLS_RECV_REC) != 0; n++) {
        hand13_record(c, RECORD_DATA, span_of(zeros, sizeof zeros));
        hand13_deliver(c);
    }
    ok(n < 5, "the same before a second hello");
    hand13_ends(c, ALERT_UNEXPECTED_MESSAGE, "where it is data at the wrong time");

    for (unsigned i = 0; i < 2; i++) {
        c->says.shares[0] = 29;
        fresh(c);
        c->says.age_ms = 3600000;
        c->says.shares[0] = i == 0 ? 29 : 0;
        hand13_begin(c);
        for (n = 0; n < 1000 && (tls_state(c->tls) & TLS_RECV_REC) != 0; n++) {
            hand13_record(c, RECORD_DATA, BYTES(""));
            hand13_deliver(c);
        }
        expect(n < 100, "nor is there an end of records with nothing in them");
        hand13_ends(c, i == 0 ? ALERT_BAD_RECORD_MAC : ALERT_UNEXPECTED_MESSAGE, "empty records");
    }
    hand13_free(c);
}

/* EndOfEarlyData and what is around it. */
static void early_order(void)
{
    static const struct {
        const char *name;
        struct hand13_mutation m;
        int alert;
    } rows[] = {
        {"no EndOfEarlyData", {CHANGE_DROP, MSG_END_OF_EARLY_DATA, 0}, ALERT_UNEXPECTED_MESSAGE},
        {"two of it", {CHANGE_DOUBLE, MSG_END_OF_EARLY_DATA, 0}, ALERT_UNEXPECTED_MESSAGE},
        {"one with a body", {CHANGE_EXTEND, MSG_END_OF_EARLY_DATA, 1}, ALERT_DECODE_ERROR},
        {"one with Finished behind it",
         {CHANGE_APPEND, MSG_END_OF_EARLY_DATA, MSG_FINISHED},
         ALERT_UNEXPECTED_MESSAGE},
        {"another message",
         {CHANGE_TYPE, MSG_END_OF_EARLY_DATA, MSG_FINISHED},
         ALERT_UNEXPECTED_MESSAGE},
        {"no Finished", {CHANGE_DROP, MSG_FINISHED, 0}, ALERT_BAD_RECORD_MAC},
        {"a wrong Finished", {CHANGE_FLIP, MSG_FINISHED, 3}, ALERT_DECRYPT_ERROR},
    };
    struct config config = early_config();
    struct hand13 *c = with_ticket(&config);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fresh(c);
        hand13_shake(c, &rows[i].m);
        expect(c->early_accepted, rows[i].name);
        if (c->alert < 0) {
            hand13_send(c, RECORD_DATA, BYTES("data behind it"));
            hand13_deliver(c);
            hand13_take(c);
        }
        if (i == 0 && c->alert == ALERT_BAD_RECORD_MAC) {
            hand13_ends(c, ALERT_BAD_RECORD_MAC, rows[i].name);
            continue;
        }
        hand13_ends(c, rows[i].alert, rows[i].name);
    }
    ok(true, "EndOfEarlyData dropped, doubled, longer, replaced");
    hand13_free(c);
}

int main(void)
{
    tickets();
    retried();
    cached();
    binders();
    external();
    early_taken();
    early_limits();
    early_refused();
    early_refused_limits();
    early_order();
    return tap_done();
}
