/*
 * A client's certificate asked for on an open connection (RFC 8446, section 4.6.2), by
 * whoever sits at a console and by nobody else. Data goes on both ways until the
 * client answers, whenever it likes.
 */
#include "core/build.h"
#include "core/must.h"
#include "tls/engine13.h"
#include "tls/internal.h"

#include <string.h>

#define BODY_AT 4 /* in a message */

void late13_keep(struct tls *t)
{
    struct tls13 *v = &t->v13;

    if (TINY_STANDIN && v->may_ask && v->handshake != NULL) {
        struct transcript13 transcript = v->handshake->transcript;

        v->late = v->handshake;
        v->handshake = NULL;
        bytes_wipe(v->late, sizeof *v->late);
        v->late->transcript = transcript;
    }
}

void late13_end(struct tls *t)
{
    if (TINY_STANDIN) {
        pool_give(&t->ctx->handshake13_pool, t->v13.late, sizeof *t->v13.late);
        t->v13.late = NULL;
    }
}

int late13_ask(struct tls *t)
{
    struct tls13 *v = &t->v13;
    struct handshake13 *hs;

    if (!TINY_STANDIN || t->stage != TLS_STAGE_ENGINE13 || !t->established || t->closing ||
        t->peer_closed || v->late == NULL || v->handshake != NULL || message13_pending(t)) {
        return -1;
    }
    hs = pool_take(&t->ctx->handshake13_pool);
    if (hs == NULL) {
        return -1;
    }
    memset(hs, 0, sizeof *hs);
    hs->transcript = v->late->transcript;
    hs->late = true;
    hs->late_next = MESSAGE13_CERTIFICATE;
    hs->request_context_len = sizeof hs->request_context;
    br_hmac_drbg_generate(&t->ctx->rng, hs->request_context, sizeof hs->request_context);
    flight13_begin(&hs->flight);
    v->handshake = hs;
    t->trust = trust_hold(t->ctx->trust);
    if (server13_request(t) != 0) {
        tls_end_handshake(t);
        return -1;
    }
    output13_fill(t);
    return 0;
}

bool late13_waits(const struct tls *t)
{
    const struct handshake13 *hs = t->v13.handshake;

    return TINY_STANDIN && hs != NULL && hs->late && flight13_done(&hs->flight);
}

uint8_t late13_expected(const struct tls *t)
{
    return late13_waits(t) ? t->v13.handshake->late_next : (uint8_t)MESSAGE13_KEY_UPDATE;
}

static int take_finished(struct tls *t, struct span body)
{
    const br_hash_class *hash = hash13_of_suite(t->choice.suite);
    uint8_t digest[HASH13_MAX], expected[HASH13_MAX];
    bool good;

    if (body.len != hash13_len(hash)) {
        return tls13_refuse(t, ALERT_DECODE_ERROR, "Finished has another length");
    }
    transcript13_now(&t->v13.handshake->transcript, digest);
    finished13(hash, t->v13.read.secret, digest, expected);
    good = span_equal_ct(span_of(expected, body.len), body);
    bytes_wipe(expected, sizeof expected);
    if (!good) {
        return tls13_refuse(t, ALERT_DECRYPT_ERROR, "the client's Finished does not fit");
    }
    tls_end_handshake(t);
    return 0;
}

int late13_message(struct tls *t, struct span message)
{
    struct handshake13 *hs = t->v13.handshake;
    struct span body = span_of(message.data + BODY_AT, message.len - BODY_AT);
    uint8_t digest[HASH13_MAX];

    if (hs->late_next == MESSAGE13_FINISHED) {
        return take_finished(t, body);
    }
    transcript13_now(&hs->transcript, digest);
    if ((hs->late_next == MESSAGE13_CERTIFICATE
             ? client13_certificate(t, body)
             : client13_certificate_verify(t, body, digest)) != 0) {
        return -1;
    }
    transcript13_add(&hs->transcript, message);
    hs->late_next = hs->client_verified ? MESSAGE13_CERTIFICATE_VERIFY : MESSAGE13_FINISHED;
    return 0;
}
