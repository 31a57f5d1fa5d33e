/*
 * Records of the client: their bounds, what may come in the clear, change_cipher_spec
 * for the sake of middleboxes, refused early data, alerts, and what is in a handshake
 * record. RFC 8446, sections 5, 6 and D.4.
 */
#include "core/build.h"
#include "tls/engine13.h"
#include "tls/internal.h"

#include <string.h>

#define MAX_CCS 8 /* a client has a reason for two */

static void fail(struct tls *t, enum alert alert, const char *reason)
{
    tls13_refuse(t, alert, reason);
    tls13_fail(t);
}

static void unexpected(struct tls *t, const char *reason)
{
    fail(t, ALERT_UNEXPECTED_MESSAGE, reason);
}

/* ---- contents ------------------------------------------------------------ */

/* After these the client has new keys, so nothing may follow in the record. */
static bool changes_keys(uint8_t type)
{
    return type != MESSAGE13_CERTIFICATE && type != MESSAGE13_CERTIFICATE_VERIFY;
}

static void take_handshake(struct tls *t, struct span contents)
{
    struct span message;
    int got = 0;

    if (contents.len == 0) {
        unexpected(t, "an empty handshake record");
        return;
    }
    while (t->stage == TLS_STAGE_ENGINE13 && (got = message13_next(t, &contents, &message)) > 0) {
        if (contents.len > 0 && changes_keys(message.data[0])) {
            unexpected(t, "a handshake message behind one that changes the keys");
            return;
        }
        tls13_message(t, message);
    }
    if (t->stage == TLS_STAGE_ENGINE13 && got < 0) {
        tls13_fail(t);
    }
}

static void take_alert(struct tls *t, struct span contents)
{
    uint8_t alert;

    if (contents.len == 0) {
        unexpected(t, "an empty alert record");
        return;
    }
    if (contents.len != 2) {
        fail(t, ALERT_DECODE_ERROR, "an alert that is not two bytes long");
        return;
    }
    alert = contents.data[1];
    if (alert == ALERT_CLOSE_NOTIFY && t->established) {
        t->peer_closed = true;
    } else if (alert == ALERT_CLOSE_NOTIFY) {
        t->peer_closed = true;
        tls_note(t, TLS_FAIL_GOODBYE, alert_name(alert), "the client closed during the handshake");
        t->stage = TLS_STAGE_CLOSED;
    } else if (alert == ALERT_USER_CANCELED) {
        if (++t->warnings > TLS_MAX_WARNINGS) {
            unexpected(t, "too many warning alerts");
        }
    } else {
        /* Its level says nothing (section 6). */
        tls_note(t, TLS_FAIL_PEER_ALERT, alert_name(alert), "the client sent this alert");
        t->stage = TLS_STAGE_CLOSED;
    }
    if (t->stage == TLS_STAGE_CLOSED) {
        tls_end_handshake(t);
    }
}

static void take_data(struct tls *t, struct span contents)
{
    struct tls13 *v = &t->v13;

    if (v->state == STATE13_WAIT_END_OF_EARLY_DATA) {
        if (contents.len > v->early_left) {
            unexpected(t, "more early data than the ticket allows");
            return;
        }
        v->early_left -= (uint32_t)contents.len;
    } else if (v->state != STATE13_OPEN) {
        unexpected(t, "application data before the end of the handshake");
        return;
    }
    if (contents.len == 0) {
        if (++t->empty_records > TLS_MAX_EMPTY_RECORDS) {
            unexpected(t, "too many empty records");
        }
        return;
    }
    t->empty_records = t->warnings = 0;
    if (v->close_due) {
        return; /* nobody reads any more, but the handshake goes on */
    }
    v->app_pos = (uint32_t)(contents.data - t->in);
    v->app_end = v->app_pos + (uint32_t)contents.len;
}

/* ---- records ------------------------------------------------------------- */

static void take_contents(struct tls *t, uint8_t type, struct span contents)
{
    if (TINY_STANDIN && t->watching != NULL) {
        watch_record13(t, false, contents.data - RECORD13_HEADER, type, contents);
    }
    if (type != RECORD_HANDSHAKE && message13_pending(t)) {
        unexpected(t, "another record within a handshake message");
    } else if (type == RECORD_HANDSHAKE) {
        take_handshake(t, contents);
    } else if (type == RECORD_ALERT) {
        take_alert(t, contents);
    } else if (type == RECORD_DATA) {
        take_data(t, contents);
    } else {
        unexpected(t, "a record of an unknown type");
    }
}

/* It says nothing, and is passed over until the client's Finished. */
static void take_ccs(struct tls *t, struct span contents)
{
    if (t->v13.state == STATE13_OPEN || contents.len != 1 || contents.data[0] != 1 ||
        message13_pending(t) || ++t->v13.ccs_count > MAX_CCS) {
        unexpected(t, "change_cipher_spec, which has no place here");
    } else if (TINY_STANDIN && t->watching != NULL) {
        watch_record13(t, false, contents.data - RECORD13_HEADER, RECORD_CCS, contents);
    }
}

/* Refused early data: what cannot be opened, or has no keys yet. */
static bool skip(struct tls *t, size_t len)
{
    size_t counted = len > 1 + RECORD13_TAG ? len - 1 - RECORD13_TAG : 0;

    if (!t->v13.skipping || counted > t->v13.early_left ||
        (counted == 0 && ++t->empty_records > TLS_MAX_EMPTY_RECORDS)) {
        return false;
    }
    t->v13.early_left -= (uint32_t)counted;
    return true;
}

static void take_clear(struct tls *t, uint8_t type, struct span contents)
{
    struct tls13 *v = &t->v13;

    if (v->read.suite == 0) {
        if (type == RECORD_DATA && skip(t, contents.len)) {
            return;
        }
        if (type == RECORD_DATA) {
            unexpected(t, "application data before the end of the handshake");
            return;
        }
        take_contents(t, type, contents);
    } else if (type == RECORD_ALERT && !t->established && v->read.sequence == 0) {
        take_contents(t, type, contents); /* the client did not come to have keys */
    } else {
        unexpected(t, "a record that is not encrypted");
    }
}

static void take_sealed(struct tls *t, uint8_t *record, size_t len)
{
    struct tls13 *v = &t->v13;
    struct span contents;
    uint8_t type;
    unsigned alert = record13_open(&v->read, record, &type, &contents);

    if (alert == ALERT_BAD_RECORD_MAC && skip(t, len)) {
        return;
    }
    if (alert != 0) {
        fail(t, (enum alert)alert, "a record that does not open");
        return;
    }
    v->skipping = false;
    if (contents.len + 1 > v->recv_limit) {
        fail(t, ALERT_RECORD_OVERFLOW, "a record over the size that was agreed");
        return;
    }
    if (record13_wants_update(&v->read) && t->established && !v->update_asked) {
        v->update_due = v->update_request = v->update_asked = true;
    }
    take_contents(t, type, contents);
}

/* So that the whole record has room. */
static void move_to_front(struct tls *t)
{
    if (t->in_pos != 0) {
        memmove(t->in, t->in + t->in_pos, t->in_end - t->in_pos);
        t->in_end -= t->in_pos;
        t->in_pos = 0;
    }
}

/* Takes one record; false when there is none or it must wait. */
static bool take_record(struct tls *t)
{
    struct tls13 *v = &t->v13;
    uint8_t *record = t->in + t->in_pos;
    size_t have = t->in_end - t->in_pos;
    size_t len;

    if (v->app_pos < v->app_end || have == 0 || output13_flight_waits(t)) {
        return false;
    }
    if (record[0] < RECORD_CCS || record[0] > RECORD_DATA) {
        unexpected(t, "a record of an unknown type");
        return false;
    }
    len = have < RECORD13_HEADER ? 0 : (size_t)(record[3] << 8 | record[4]);
    if (len > (record[0] == RECORD_DATA ? RECORD13_MAX_SEALED : RECORD13_MAX_PLAIN)) {
        fail(t, ALERT_RECORD_OVERFLOW, "a record over 16 KiB");
        return false;
    }
    if (have < RECORD13_HEADER || have < RECORD13_HEADER + len) {
        move_to_front(t);
        return false;
    }
    if (TINY_STANDIN && t->watching != NULL) {
        watch_header(t, record);
    }
    t->in_pos += (uint32_t)(RECORD13_HEADER + len);
    if (record[0] == RECORD_CCS) {
        take_ccs(t, span_of(record + RECORD13_HEADER, len));
    } else if (record[0] == RECORD_DATA && v->read.suite != 0) {
        take_sealed(t, record, len);
    } else {
        take_clear(t, record[0], span_of(record + RECORD13_HEADER, len));
    }
    return true;
}

void input13_feed(struct tls *t)
{
    struct tls13 *v = &t->v13;

    while (t->in != NULL && t->stage == TLS_STAGE_ENGINE13 && !t->peer_closed && !t->closing &&
           take_record(t)) {
    }
    if (t->peer_closed || t->closing) {
        t->in_pos = t->in_end; /* what follows close_notify is nothing (section 6.1) */
    }
    if (t->in_pos == t->in_end && v->app_pos == v->app_end) {
        t->in_pos = t->in_end = v->app_pos = v->app_end = 0;
    }
}
