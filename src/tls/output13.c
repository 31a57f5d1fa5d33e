/*
 * Records of the TLS 1.3 engine on their way out. What is sealed waits in t->out
 * for the socket; behind the largest record there is still room for a KeyUpdate and an
 * alert, so these never wait for more than that to leave.
 */
#include "tls/engine13.h"
#include "core/build.h"
#include "core/must.h"
#include "tls/internal.h"

#include <string.h>

#define SMALL_LEN (5 + RECORD13_OVERHEAD) /* a KeyUpdate's record; an alert's is shorter */

_Static_assert(RECORD13_MAX_PLAIN + RECORD13_OVERHEAD + 2 * SMALL_LEN <= TLS_OUT_LEN,
               "a full record, a KeyUpdate and an alert fit");

/* ---- one record ---------------------------------------------------------- */

static size_t room(const struct tls *t)
{
    return TLS_OUT_LEN - t->v13.out_end;
}

static void note_used(struct tls *t, size_t end)
{
    if (end > t->out_used) {
        t->out_used = (uint32_t)end;
    }
}

/* Zeros behind len bytes of contents, so that contents and type come to a multiple of
 * ssl.record-padding, as far as the record may be so long and there is room. */
static size_t padding_for(const struct tls *t, size_t len)
{
    size_t unit = TINY_EXTRAS ? t->ctx->config->record_padding : 0;
    size_t most = t->v13.send_limit;
    size_t kept = RECORD13_OVERHEAD + 2 * SMALL_LEN;
    size_t free_len = room(t) > kept ? room(t) - kept : 0;
    size_t padding;

    most = most < free_len ? most : free_len;
    if (unit <= 1 || t->v13.write.suite == 0 || most <= len) {
        return 0;
    }
    padding = (unit - (len + 1) % unit) % unit;
    return len + padding <= most ? padding : most - len;
}

/* Contents go over while they are sealed, so they are shown with the header to come. */
static void show(struct tls *t, uint8_t type, struct span contents, size_t padding)
{
    bool sealed = t->v13.write.suite != 0;
    uint8_t header[RECORD13_HEADER] = {sealed ? RECORD_DATA : type, 3, 3};

    put_u16(header + 3, (uint32_t)(contents.len + (sealed ? 1 + padding + RECORD13_TAG : 0)));
    watch_record13(t, true, header, type, contents);
}

/* Seals len bytes of contents that stand at t->out + out_end + 5. */
static void seal(struct tls *t, uint8_t type, size_t len)
{
    struct tls13 *v = &t->v13;
    uint8_t *record = t->out + v->out_end;
    size_t padding = padding_for(t, len);

    if (TINY_STANDIN && t->watching != NULL) {
        show(t, type, span_of(record + RECORD13_HEADER, len), padding);
    }
    v->out_end += (uint32_t)record13_seal(&v->write, type, record, len, padding);
    must(v->out_end <= TLS_OUT_LEN);
    note_used(t, v->out_end);
    if (record13_wants_update(&v->write)) {
        v->update_due = true;
    }
}

static void seal_bytes(struct tls *t, uint8_t type, const void *bytes, size_t len)
{
    memcpy(t->out + t->v13.out_end + RECORD13_HEADER, bytes, len);
    seal(t, type, len);
}

/* ---- handshake messages -------------------------------------------------- */

bool output13_flight_waits(const struct tls *t)
{
    const struct handshake13 *hs = t->v13.handshake;

    return hs != NULL && (hs->keys_due || !flight13_done(&hs->flight));
}

/* Records of the flight until it is done or no useful record fits. */
static void seal_flight(struct tls *t)
{
    struct tls13 *v = &t->v13;
    struct flight13 *f = &v->handshake->flight;

    while (!flight13_done(f) && room(t) > 2 * SMALL_LEN) {
        size_t most = room(t) - RECORD13_OVERHEAD;

        most = most < v->send_limit ? most : v->send_limit;
        seal(t, RECORD_HANDSHAKE, flight13_take(f, t->out + v->out_end + RECORD13_HEADER, most));
    }
}

void output13_clear_flight(struct tls *t, bool ccs)
{
    static const uint8_t record[] = {RECORD_CCS, 3, 3, 0, 1, 1};
    struct tls13 *v = &t->v13;

    seal_flight(t);
    must(flight13_done(&v->handshake->flight) && room(t) >= sizeof record);
    if (ccs) {
        if (TINY_STANDIN && t->watching != NULL) {
            watch_record13(t, true, record, RECORD_CCS, span_of(record + RECORD13_HEADER, 1));
        }
        memcpy(t->out + v->out_end, record, sizeof record);
        v->out_end += sizeof record;
    }
}

/* The handshake has ended; one ticket after another, each in a record of its own, and
 * then what the handshake held goes back. */
static void seal_tickets(struct tls *t)
{
    struct tls13 *v = &t->v13;
    struct handshake13 *hs = v->handshake;

    while (flight13_done(&hs->flight)) {
        flight13_begin(&hs->flight);
        if (v->tickets_due == 0 || t->closing || !psk13_ticket(t, &hs->flight)) {
            bytes_wipe(v->resumption, sizeof v->resumption);
            late13_keep(t);
            tls_end_handshake(t);
            return;
        }
        v->tickets_due--;
        seal_flight(t);
    }
}

/* ---- what else is due ---------------------------------------------------- */

static void seal_update(struct tls *t)
{
    const uint8_t message[] = {MESSAGE13_KEY_UPDATE, 0, 0, 1, t->v13.update_request};

    seal_bytes(t, RECORD_HANDSHAKE, message, sizeof message);
    record13_update(&t->v13.write);
    t->v13.update_due = t->v13.update_request = false;
}

static void seal_close(struct tls *t)
{
    static const uint8_t alert[] = {1, ALERT_CLOSE_NOTIFY};

    seal_bytes(t, RECORD_ALERT, alert, sizeof alert);
    t->v13.write_closed = true;
}

/* Is there anything to seal? */
static bool due(const struct tls *t)
{
    const struct tls13 *v = &t->v13;

    if (v->write_closed) {
        return false;
    }
    return output13_flight_waits(t) ||
           (t->established &&
            ((v->handshake != NULL && !late13_waits(t)) || v->update_due || t->closing));
}

void output13_fill(struct tls *t)
{
    struct tls13 *v = &t->v13;

    if (t->stage != TLS_STAGE_ENGINE13 || !due(t) || !tls_attach_out(t)) {
        return;
    }
    output13_flush(t);
    if (v->handshake != NULL) {
        seal_flight(t);
        if (v->handshake->keys_due && flight13_done(&v->handshake->flight)) {
            v->handshake->keys_due = false;
            keys13_application(t);
        }
        if (t->established && !v->handshake->late) {
            seal_tickets(t);
        }
    }
    if (!t->established || (v->handshake != NULL && !late13_waits(t))) {
        return; /* nothing may come between the parts of a message */
    }
    if (v->update_due && room(t) >= SMALL_LEN) {
        seal_update(t);
    }
    if (t->closing && room(t) >= SMALL_LEN) {
        seal_close(t);
    }
}

void output13_flush(struct tls *t)
{
    struct tls13 *v = &t->v13;

    if (v->app_filled > 0) {
        size_t len = v->app_filled;

        v->app_filled = 0;
        seal(t, RECORD_DATA, len);
    }
}

void tls13_seal_alert(struct tls *t)
{
    const uint8_t alert[] = {2, t->last_alert};

    t->v13.out_pos = t->v13.out_end = t->v13.app_filled = 0;
    seal_bytes(t, RECORD_ALERT, alert, sizeof alert);
    t->last = t->out;
    t->last_len = t->v13.out_end;
    t->last_alert = 0;
}
