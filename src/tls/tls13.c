/*
 * The server's side of TLS 1.3: what a message leads to, and the calls of tls.c.
 * One state (enum state13) and one switch over it; each state waits for one kind of
 * message. While a flight of ours is not sealed, nothing of the client is read.
 */
#include "tls/tls13.h"
#include "core/build.h"
#include "core/clock.h"
#include "core/must.h"
#include "tls/engine13.h"
#include "tls/internal.h"

#include <string.h>

#define BODY_AT 4 /* in a message */

/* KeyUpdates of a client: each costs it 26 bytes and us a derivation. */
#define MAX_UPDATES       32
#define UPDATES_WINDOW_MS 60000

_Static_assert(sizeof(struct tls13) <= 1024, "what a connection keeps is small");

/* ---- failing ------------------------------------------------------------- */

int tls13_refuse(struct tls *t, enum alert alert, const char *reason)
{
    t->choice.alert = alert;
    t->choice.reason = reason;
    return -1;
}

void tls13_fail(struct tls *t)
{
    enum tls_failure kind = t->established ? TLS_FAIL_RECORD : TLS_FAIL_HANDSHAKE;

    if (t->choice.alert == ALERT_INTERNAL_ERROR && t->v13.handshake == NULL && !t->established) {
        kind = TLS_FAIL_MEMORY;
    } else if (t->v13.state == STATE13_WAIT_CERTIFICATE ||
               t->v13.state == STATE13_WAIT_CERTIFICATE_VERIFY) {
        kind = TLS_FAIL_PEER_CERT;
    }
    tls_fail(t, kind, t->choice.alert, t->choice.reason);
}

/* ---- the ClientHello and our flight -------------------------------------- */

static bool wants_ccs(const struct tls *t)
{
    const struct handshake13 *hs = t->v13.handshake;

    return hs->session_id_len > 0 && !hs->retried;
}

static void note_agreed(struct tls *t)
{
    struct tls_info *info = &t->info;
    const struct psk13 *psk = &t->v13.handshake->psk;

    info->early = psk->early;
    info->version = t->choice.version;
    info->suite = t->choice.suite;
    info->resumed = psk->chosen;
    info->group = !psk->chosen || psk->dhe ? t->choice.group : 0;
    info->signature = psk->chosen ? 0 : t->choice.signature;
    info->alpn = t->choice.alpn != NULL ? t->choice.alpn : "";
}

/* ServerHello to Finished, sealed as far as there is room. */
static int answer(struct tls *t)
{
    struct tls13 *v = &t->v13;
    struct handshake13 *hs = v->handshake;

    if (!hs->psk.chosen || hs->psk.dhe) {
        if (kex_respond(t->choice.group, hs->share, &t->ctx->rng, &hs->kex) != 0) {
            return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER, "the client's key share is not valid");
        }
    }
    if (TINY_EXTRAS && hs->psk.early) {
        keys13_early(t);
    }
    if (server13_hello(t) != 0) {
        return -1;
    }
    output13_clear_flight(t, wants_ccs(t));
    keys13_handshake(t);
    flight13_begin(&hs->flight);
    if (server13_encrypted(t) != 0) {
        return -1;
    }
    server13_finished(t);
    hs->keys_due = true;
    if (TINY_EXTRAS && hs->psk.early) {
        note_agreed(t); /* for the application, which begins now */
        v->state = STATE13_WAIT_END_OF_EARLY_DATA;
    } else if (TINY_CLIENTS && hs->ask_certificate) {
        v->state = STATE13_WAIT_CERTIFICATE;
    } else {
        v->state = STATE13_WAIT_FINISHED;
    }
    output13_fill(t);
    return 0;
}

static int ask_again(struct tls *t)
{
    struct handshake13 *hs = t->v13.handshake;

    if (server13_retry(t) != 0) {
        return -1;
    }
    output13_clear_flight(t, wants_ccs(t));
    flight13_begin(&hs->flight);
    hs->retried = true;
    t->v13.state = STATE13_WAIT_HELLO;
    return 0;
}

static int take_hello(struct tls *t, const struct hello *h, struct span message)
{
    if (agree13(t, h, message) != 0) {
        return -1;
    }
    early13_settle(t);
    if (t->v13.handshake->retry && !t->v13.handshake->retried) {
        return ask_again(t);
    }
    return answer(t);
}

void tls13_begin(struct tls *t, const struct hello *h, struct span message)
{
    struct tls13 *v = &t->v13;

    t->stage = TLS_STAGE_ENGINE13;
    v->begun = true;
    v->state = STATE13_WAIT_HELLO;
    v->send_limit = RECORD13_MAX_PLAIN;
    v->recv_limit = RECORD13_MAX_PLAIN + 1;
    v->handshake = pool_take(&t->ctx->handshake13_pool);
    if (v->handshake == NULL) {
        tls13_refuse(t, ALERT_INTERNAL_ERROR, "no memory for a handshake");
        tls13_fail(t);
        return;
    }
    memset(v->handshake, 0, sizeof *v->handshake);
    flight13_begin(&v->handshake->flight);
    if (take_hello(t, h, message) != 0) {
        tls13_fail(t);
    } else {
        input13_feed(t);
    }
}

static int take_second_hello(struct tls *t, struct span message)
{
    struct hello h;

    if (hello_parse(message.data, message.len, &h) != 0) {
        return tls13_refuse(t, h.alert, h.reason);
    }
    t->v13.skipping = false;
    return take_hello(t, &h, message);
}

/* ---- the client's flight ------------------------------------------------- */

static void add_to_transcript(struct tls *t, struct span message)
{
    transcript13_add(&t->v13.handshake->transcript, message);
}

static int take_end_of_early_data(struct tls *t, struct span message)
{
    struct tls13 *v = &t->v13;

    if (message.len != BODY_AT) {
        return tls13_refuse(t, ALERT_DECODE_ERROR, "EndOfEarlyData is not empty");
    }
    add_to_transcript(t, message);
    keys13_early_ends(t);
    v->early_left = 0;
    v->state = v->handshake->ask_certificate ? STATE13_WAIT_CERTIFICATE : STATE13_WAIT_FINISHED;
    return 0;
}

static int take_certificate(struct tls *t, struct span message, struct span body)
{
    if (client13_certificate(t, body) != 0) {
        return -1;
    }
    add_to_transcript(t, message);
    t->v13.state =
        t->v13.handshake->client_verified ? STATE13_WAIT_CERTIFICATE_VERIFY : STATE13_WAIT_FINISHED;
    return 0;
}

static int take_certificate_verify(struct tls *t, struct span message, struct span body)
{
    uint8_t hash[HASH13_MAX];

    transcript13_now(&t->v13.handshake->transcript, hash);
    if (client13_certificate_verify(t, body, hash) != 0) {
        return -1;
    }
    add_to_transcript(t, message);
    t->v13.state = STATE13_WAIT_FINISHED;
    return 0;
}

static void note_established(struct tls *t)
{
    struct tls_info *info = &t->info;

    note_agreed(t);
    info->early = false;
    t->established = info->established = true;
    t->ctx->counters->handshakes++;
    t->ctx->counters->resumed += info->resumed;
    if (TINY_STANDIN && t->watching != NULL) {
        watch_established(t);
    }
}

static int take_finished(struct tls *t, struct span message, struct span body)
{
    uint8_t expected[HASH13_MAX];
    size_t len = hash13_len(hash13_of_suite(t->choice.suite));
    bool good;

    if (body.len != len) {
        return tls13_refuse(t, ALERT_DECODE_ERROR, "Finished has another length");
    }
    keys13_finished(t, false, expected);
    good = span_equal_ct(span_of(expected, len), body);
    bytes_wipe(expected, sizeof expected);
    if (!good) {
        return tls13_refuse(t, ALERT_DECRYPT_ERROR, "the client's Finished does not fit");
    }
    add_to_transcript(t, message);
    keys13_finish(t);
    t->v13.state = STATE13_OPEN;
    note_established(t);
    output13_fill(t); /* the tickets, before anything else of the client is looked at */
    return 0;
}

/* ---- when it is open ----------------------------------------------------- */

static int take_key_update(struct tls *t, struct span body)
{
    struct tls13 *v = &t->v13;
    uint64_t now_ms = clock_now_ms();

    if (body.len != 1) {
        return tls13_refuse(t, ALERT_DECODE_ERROR, "KeyUpdate is not one byte long");
    }
    if (body.data[0] > 1) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER, "KeyUpdate asks for nothing known");
    }
    if (v->updates_read == 0 || now_ms - v->updates_since_ms > UPDATES_WINDOW_MS) {
        v->updates_read = 0;
        v->updates_since_ms = now_ms;
    }
    if (++v->updates_read > MAX_UPDATES) {
        return tls13_refuse(t, ALERT_UNEXPECTED_MESSAGE, "too many KeyUpdates");
    }
    record13_update(&v->read);
    v->update_asked = false;
    v->update_due = v->update_due || body.data[0] == 1;
    return 0;
}

int tls13_update_keys(struct tls *t, bool ask)
{
    struct tls13 *v = &t->v13;

    if (t->stage != TLS_STAGE_ENGINE13 || !t->established || t->closing) {
        return -1;
    }
    v->update_due = true;
    v->update_request = v->update_request || ask;
    output13_fill(t);
    return 0;
}

/* ---- the one switch ------------------------------------------------------ */

void tls13_message(struct tls *t, struct span message)
{
    struct span body = span_of(message.data + BODY_AT, message.len - BODY_AT);
    int result = 0;

    switch ((enum state13)t->v13.state) {
    case STATE13_WAIT_HELLO:
        result = take_second_hello(t, message);
        break;
    case STATE13_WAIT_END_OF_EARLY_DATA:
        result = TINY_EXTRAS ? take_end_of_early_data(t, message) : -1;
        break;
    case STATE13_WAIT_CERTIFICATE:
        result = TINY_CLIENTS ? take_certificate(t, message, body) : -1;
        break;
    case STATE13_WAIT_CERTIFICATE_VERIFY:
        result = TINY_CLIENTS ? take_certificate_verify(t, message, body) : -1;
        break;
    case STATE13_WAIT_FINISHED:
        result = take_finished(t, message, body);
        break;
    case STATE13_OPEN:
        result = message.data[0] == MESSAGE13_KEY_UPDATE ? take_key_update(t, body)
                 : TINY_STANDIN                          ? late13_message(t, message)
                                                         : -1;
        break;
    }
    if (result != 0) {
        tls13_fail(t);
    }
}

/* ---- the calls of tls.c -------------------------------------------------- */

void tls13_feed(struct tls *t)
{
    /* Each may let the other go on. */
    output13_fill(t);
    input13_feed(t);
    output13_fill(t);
    if (t->v13.close_due && t->established) {
        tls13_close(t); /* after the tickets */
    }
}

/* What answers early data goes out behind our Finished, without waiting for the client's,
 * as far as these keys reach: new ones come when that is here. */
static bool may_write(const struct tls *t)
{
    const struct tls13 *v = &t->v13;
    bool quiet = v->handshake == NULL || late13_waits(t);
    bool open =
        t->info.early ? !output13_flight_waits(t) && !v->update_due : t->established && quiet;

    return open && !t->closing && !v->close_due && v->out_pos == v->out_end;
}

unsigned tls13_state(struct tls *t)
{
    const struct tls13 *v = &t->v13;
    bool waits = v->app_pos < v->app_end && !t->closing;
    unsigned state = v->out_pos < v->out_end ? TLS_SEND_REC : 0;

    if (v->write_closed && v->out_pos == v->out_end) {
        t->stage = TLS_STAGE_CLOSED;
        return TLS_CLOSED;
    }
    if (!waits && !t->peer_closed && !t->closing && t->in_end < TLS_IN_LEN) {
        state |= TLS_RECV_REC;
    }
    return state | (waits ? TLS_RECV_APP : 0) | (may_write(t) ? TLS_SEND_APP : 0);
}

uint8_t *tls13_window(struct tls *t, unsigned which, size_t *len)
{
    struct tls13 *v = &t->v13;

    if (which == TLS_WINDOW_SEND_REC) {
        *len = v->out_end - v->out_pos;
        return t->out + v->out_pos;
    }
    if (which == TLS_WINDOW_RECV_APP) {
        *len = v->app_end - v->app_pos;
        return t->in + v->app_pos;
    }
    if (!tls_attach_out(t)) {
        return NULL;
    }
    *len = v->send_limit - v->app_filled;
    return t->out + RECORD13_HEADER + v->app_filled;
}

void tls13_advance(struct tls *t, unsigned which, size_t n)
{
    struct tls13 *v = &t->v13;

    if (which == TLS_WINDOW_SEND_REC) {
        must(n <= v->out_end - v->out_pos);
        v->out_pos += (uint32_t)n;
        if (v->out_pos == v->out_end) {
            v->out_pos = v->out_end = 0;
        }
    } else if (which == TLS_WINDOW_RECV_APP) {
        must(n <= v->app_end - v->app_pos);
        v->app_pos += (uint32_t)n;
    } else {
        must(n <= (size_t)(v->send_limit - v->app_filled));
        v->app_filled += (uint32_t)n;
        if (v->app_filled == v->send_limit) {
            output13_flush(t);
        } else if (t->out_used < RECORD13_HEADER + v->app_filled) {
            t->out_used = RECORD13_HEADER + v->app_filled;
        }
    }
}

struct span tls13_sealed(const struct tls *t)
{
    return span_of(t->out + t->v13.out_pos, t->v13.out_end - t->v13.out_pos);
}

void tls13_flush(struct tls *t)
{
    output13_flush(t);
}

void tls13_close(struct tls *t)
{
    if (t->info.early) {
        t->v13.close_due = true; /* when the client's Finished has come */
        t->v13.app_pos = t->v13.app_end;
    } else if (!t->closing) {
        t->closing = true;
        t->v13.app_pos = t->v13.app_end;
        output13_fill(t);
    }
}

void tls13_rest(struct tls *t)
{
    struct tls13 *v = &t->v13;

    if (!t->established || t->closing || (v->handshake != NULL && !late13_waits(t))) {
        return;
    }
    if (t->in != NULL && t->in_pos == t->in_end && v->app_pos == v->app_end) {
        tls_give_in(t);
        t->in_pos = t->in_end = v->app_pos = v->app_end = 0;
    }
    if (t->out != NULL && v->out_pos == v->out_end && v->app_filled == 0) {
        tls_give_out(t);
    }
}
