/*
 * The windows of BearSSL's engine, and its buffers, which come when they are needed and go
 * when it is at rest.
 */
#include "tls/internal.h"

#define HEADER_LEN 5

/* The engine's output reaches up to here; noted before the bounds move. */
static void note_output(struct tls *t)
{
    const br_ssl_engine_context *eng = &t->v12->server.eng;
    size_t end = eng->oxa > eng->oxc ? eng->oxa : eng->oxc;

    if (t->out != NULL && end > t->out_used) {
        t->out_used = (uint32_t)end;
    }
}

uint8_t *tls12_window(struct tls *t, enum tls_window which, size_t *len)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;

    if (which == TLS_WINDOW_SEND_REC) {
        note_output(t);
        return br_ssl_engine_sendrec_buf(eng, len);
    }
    if (which == TLS_WINDOW_SEND_APP) {
        return tls12_attach_out(t) ? br_ssl_engine_sendapp_buf(eng, len) : NULL;
    }
    return br_ssl_engine_recvapp_buf(eng, len);
}

void tls12_advance(struct tls *t, enum tls_window which, size_t n)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;

    if (which == TLS_WINDOW_SEND_REC) {
        br_ssl_engine_sendrec_ack(eng, n);
        tls12_sync(t);
    } else if (which == TLS_WINDOW_SEND_APP) {
        br_ssl_engine_sendapp_ack(eng, n);
        note_output(t);
    } else {
        br_ssl_engine_recvapp_ack(eng, n);
    }
}

void tls12_flush(struct tls *t)
{
    br_ssl_engine_flush(&t->v12->server.eng, 0);
}

void tls12_in_changed(struct tls *t)
{
    if (tls12_runs(t)) {
        t->v12->server.eng.ibuf = t->in != NULL ? t->in : &t->v12->parked;
        t->v12->server.eng.ibuf_len = TLS_IN_LEN;
    }
}

void tls12_out_changed(struct tls *t)
{
    if (tls12_runs(t)) {
        t->v12->server.eng.obuf = t->out != NULL ? t->out : &t->v12->parked;
    }
}

struct span tls12_sealed(struct tls *t)
{
    const br_ssl_engine_context *eng = &t->v12->server.eng;

    note_output(t);
    if (t->stage == TLS_STAGE_ENGINE && eng->oxa == eng->oxb && eng->oxc > eng->oxa) {
        return span_of(t->out + eng->oxa, eng->oxc - eng->oxa);
    }
    return (struct span){0};
}

/* An empty output buffer, as the engine's make_ready_out leaves it. */
bool tls12_attach_out(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    size_t a = HEADER_LEN, b = TLS_OUT_LEN - HEADER_LEN;

    if (t->out != NULL) {
        return true;
    }
    if (!tls_attach_out(t)) {
        return false;
    }
    eng->out.vtable->max_plaintext(&eng->out.vtable, &a, &b);
    if (b - a > eng->max_frag_len) {
        b = a + eng->max_frag_len;
    }
    eng->oxa = eng->oxc = a;
    eng->oxb = b;
    return true;
}

void tls12_rest(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;

    if (!t->established || t->closing || t->renegotiation == RENEGOTIATION_RUNS) {
        return;
    }
    if (t->in != NULL && t->in_pos == t->in_end && eng->ixa == 0 && eng->ixb == 0 &&
        eng->ixc == HEADER_LEN) {
        tls_give_in(t);
    }
    if (t->out != NULL && eng->oxa == eng->oxc && eng->oxb > eng->oxa) {
        tls_give_out(t);
    }
}

void tls12_seal_alert(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    size_t a = HEADER_LEN, b = TLS_OUT_LEN - HEADER_LEN;
    size_t len = 2;
    unsigned version = eng->version_out != 0 ? eng->version_out : BR_TLS10;

    eng->out.vtable->max_plaintext(&eng->out.vtable, &a, &b);
    t->out[a] = 2; /* fatal */
    t->out[a + 1] = t->last_alert;
    if (eng->trace != NULL) {
        eng->trace(eng, 1, RECORD_ALERT, version, t->out + a, len);
    }
    t->last = eng->out.vtable->encrypt(&eng->out.vtable, RECORD_ALERT, version, t->out + a, &len);
    t->last_len = (uint32_t)len;
    t->last_alert = 0;
}
