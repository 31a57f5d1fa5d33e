#include "tls/internal.h"
#include "core/build.h"
#include "tls/engine13.h"
#include "core/text.h"
#include "core/must.h"

#include <string.h>

/* Of every watch_ call: without the stand-in the linker drops it. */
static inline bool watched(const struct tls *t)
{
    return TINY_STANDIN && t->watching != NULL;
}

size_t tls_size(void)
{
    return sizeof(struct tls);
}

void tls_begin(struct tls *t, struct tls_context *ctx, unsigned endpoint_id)
{
    t->ctx = ctx;
    t->endpoint_id = endpoint_id;
    t->stage = TLS_STAGE_HELLO;
    t->info.alpn = "";
    t->info.verdict = TLS_PEER_NOT_ASKED;
    if (TINY_STANDIN && ctx->watch != NULL) {
        watch_begin(t);
    }
}

void tls_end(struct tls *t)
{
    if (t->ctx == NULL) {
        return; /* ended before */
    }
    if (watched(t)) {
        watch_end(t);
    }
    tls_give_in(t);
    tls_give_out(t);
    tls_end_handshake(t);
    late13_end(t);
    pool_give(&t->ctx->engine_pool, t->v12, sizeof *t->v12);
    bytes_wipe(t, sizeof *t);
    t->stage = TLS_STAGE_CLOSED;
}

/* ---- buffers ----------------------------------------------------------- */

/* Before a version was chosen an alert needs no buffer: it is the same for everybody. */
static bool no_memory(struct tls *t)
{
    static uint8_t record[] = {21, 3, 1, 0, 2, 2, ALERT_INTERNAL_ERROR};

    tls_note(t, TLS_FAIL_MEMORY, alert_name(ALERT_INTERNAL_ERROR),
             "no memory for record buffers: too many connections are active");
    t->last = record;
    t->last_len = sizeof record;
    t->stage = t->stage == TLS_STAGE_HELLO ? TLS_STAGE_LAST_WORDS : TLS_STAGE_CLOSED;
    return false;
}

bool tls_attach_in(struct tls *t)
{
    if (t->in == NULL) {
        t->in = pool_take(&t->ctx->in_pool);
        t->in_pos = t->in_end = t->in_used = 0;
        tls12_in_changed(t);
    }
    return t->in != NULL || no_memory(t);
}

bool tls_attach_out(struct tls *t)
{
    if (t->out == NULL) {
        t->out = pool_take(&t->ctx->out_pool);
        tls12_out_changed(t);
    }
    return t->out != NULL || no_memory(t);
}

void tls_give_in(struct tls *t)
{
    pool_give(&t->ctx->in_pool, t->in, t->in_used);
    t->in = NULL;
    tls12_in_changed(t);
}

void tls_give_out(struct tls *t)
{
    pool_give(&t->ctx->out_pool, t->out, t->out_used);
    t->out = NULL;
    t->out_used = 0;
    tls12_out_changed(t);
}

/* Gives back what only the handshake needs. */
void tls_end_handshake(struct tls *t)
{
    if (TINY_CLIENTS) {
        pool_give(&t->ctx->verify_pool, t->verifier,
                  t->verifier != NULL ? verify_used(t->verifier) : 0);
        t->verifier = NULL;
        trust_drop(t->trust);
        t->trust = NULL;
    }
    cred_set_drop(t->creds);
    t->creds = NULL;
    t->entry = NULL;
    t->choice.cred = NULL;
    if (t->v13.handshake != NULL) {
        message13_end(t);
        pool_give(&t->ctx->handshake13_pool, t->v13.handshake, sizeof *t->v13.handshake);
        t->v13.handshake = NULL;
    }
    if (tls12_runs(t)) {
        t->v12->server.eng.x509ctx = NULL;
        t->v12->server.tas = NULL;
        t->v12->server.num_tas = 0;
    }
}

void tls_forget_session(struct tls *t)
{
    const br_ssl_session_parameters *s = tls12_runs(t) ? &t->v12->server.eng.session : NULL;

    if (s != NULL && t->ctx->sessions != NULL && s->session_id_len == sizeof s->session_id) {
        session_forget(t->ctx->sessions, s->session_id);
    }
}

/* ---- failure ----------------------------------------------------------- */

void tls_note(struct tls *t, enum tls_failure failure, const char *name, const char *sentence)
{
    struct text text;

    if (t->failure != TLS_FAIL_NONE) {
        return;
    }
    t->failure = (uint8_t)failure;
    text = text_over(t->reason, sizeof t->reason);
    if (name != NULL) {
        text_addf(&text, "%s: ", name);
    }
    text_add(&text, sentence);
}

/* Before a version was chosen: in the clear, as old clients know it. */
static void clear_alert(struct tls *t)
{
    const uint8_t record[] = {21, 3, 1, 0, 2, 2, t->last_alert};

    memcpy(t->out, record, sizeof record);
    if (watched(t)) {
        watch_record(t, true, record[0], 0x0301, span_of(t->out + 5, 2));
    }
    t->last = t->out;
    t->last_len = sizeof record;
    t->last_alert = 0;
}

static void seal_alert(struct tls *t)
{
    if (tls12_runs(t)) {
        tls12_seal_alert(t);
    } else if (t->v13.begun) {
        tls13_seal_alert(t);
    } else {
        clear_alert(t);
    }
}

/*
 * The connection ends with an alert of ours. What the engine has sealed
 * already goes out first; application data that is not sealed is dropped.
 */
void tls_fail(struct tls *t, enum tls_failure failure, enum alert alert, const char *sentence)
{
    struct span sealed = {0};

    tls_note(t, failure, alert_name(alert), sentence);
    if (t->stage == TLS_STAGE_LAST_WORDS || t->stage == TLS_STAGE_CLOSED) {
        return;
    }
    tls_forget_session(t);
    if (!tls_attach_out(t)) {
        return;
    }
    if (tls12_runs(t)) {
        sealed = tls12_sealed(t);
    } else if (t->stage == TLS_STAGE_ENGINE13) {
        sealed = tls13_sealed(t);
    }
    t->last = t->out + (sealed.len > 0 ? sealed.data - t->out : 0);
    t->last_len = (uint32_t)sealed.len;
    t->stage = TLS_STAGE_LAST_WORDS;
    t->last_alert = (uint8_t)alert;
    tls_end_handshake(t);
    tls_give_in(t);
    if (t->last_len == 0) {
        seal_alert(t);
    }
}

/* ---- the HELLO stage --------------------------------------------------- */

static void answer_plain_http(struct tls *t, const char *reason)
{
    static const char body[] = "This is a TLS port: use https:// in place of http://.\n";
    struct text text = text_over((char *)t->out, TLS_OUT_LEN);

    tls_note(t, TLS_FAIL_PLAIN_HTTP, NULL, reason);
    text_addf(&text,
              "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
              "Content-Length: %u\r\nConnection: close\r\n\r\n%s",
              (unsigned)(sizeof body - 1), body);
    tls_give_in(t);
    t->last = t->out;
    t->last_len = (uint32_t)text.len;
    t->stage = TLS_STAGE_LAST_WORDS;
}

void tls_note_server_name(struct tls *t, struct span name)
{
    size_t n = name.len < TLS_NAME_MAX ? name.len : TLS_NAME_MAX - 1;

    for (size_t i = 0; i < n; i++) {
        t->info.server_name[i] = ascii_lower((char)name.data[i]);
    }
    t->info.server_name[n] = '\0';
}

/* A hello that is in order goes to the engine of its version. That is TLS 1.3 whenever
 * the client can do it, and then there is no way back. */
static void choose_engine(struct tls *t, const struct hello *h, struct hello_gathered g)
{
    if (policy_version(t->ctx->config, h, &t->choice) != 0) {
        tls_fail(t, TLS_FAIL_HANDSHAKE, t->choice.alert, t->choice.reason);
    } else if (!TINY_TLS12 || t->choice.version == 0x0304) {
        t->in_pos = (uint32_t)g.wire_len;
        tls13_begin(t, h, span_of(t->out, g.message_len));
    } else {
        tls12_begin(t, h);
    }
}

/* in[0..in_end) grew. The output buffer is free yet, so it takes the message. */
static void hello_step(struct tls *t)
{
    struct hello_gathered g;
    struct hello h;
    int parsed;

    if (!tls_attach_out(t)) {
        return;
    }
    t->out_used = TLS_OUT_LEN;
    _Static_assert(TLS_OUT_LEN >= HELLO_MAX_BYTES, "the output buffer holds a ClientHello");
    g = hello_gather(t->in, t->in_end, t->out);
    if (watched(t) && g.status != HELLO_MORE && g.status != HELLO_COMPLETE) {
        watch_no_hello(t, span_of(t->in, t->in_end));
    }
    switch (g.status) {
    case HELLO_MORE:
        if (t->in_end == TLS_IN_LEN) {
            tls_fail(t, TLS_FAIL_HANDSHAKE, ALERT_DECODE_ERROR, "the ClientHello is too large");
        }
        return;
    case HELLO_PLAIN_HTTP:
        answer_plain_http(t, g.reason);
        return;
    case HELLO_SSLV2:
    case HELLO_BAD:
        tls_fail(t, TLS_FAIL_HANDSHAKE, g.alert, g.reason);
        return;
    case HELLO_COMPLETE:
        break;
    }
    if (watched(t)) {
        watch_hello(t, span_of(t->in, g.wire_len), span_of(t->out, g.message_len));
    }
    parsed = hello_parse(t->out, g.message_len, &h);
    /* Also of a hello that is refused: the log tells whom it was meant for. */
    tls_note_server_name(t, h.server_name);
    if (parsed != 0) {
        tls_fail(t, TLS_FAIL_HANDSHAKE, h.alert, h.reason);
    } else {
        choose_engine(t, &h, g);
    }
}

/* ---- windows ----------------------------------------------------------- */

static bool runs(const struct tls *t)
{
    return t->stage == TLS_STAGE_ENGINE || t->stage == TLS_STAGE_ENGINE13;
}

static void feed(struct tls *t)
{
    if (TINY_TLS12 && t->stage == TLS_STAGE_ENGINE) {
        tls12_feed(t);
    } else if (t->stage == TLS_STAGE_ENGINE13) {
        tls13_feed(t);
    }
}

static uint8_t *engine_window(struct tls *t, enum tls_window which, size_t *len)
{
    return tls12_runs(t) ? tls12_window(t, which, len) : tls13_window(t, which, len);
}

static void engine_advance(struct tls *t, enum tls_window which, size_t n)
{
    if (tls12_runs(t)) {
        tls12_advance(t, which, n);
    } else {
        tls13_advance(t, which, n);
    }
}

unsigned tls_state(struct tls *t)
{
    unsigned eof;

    feed(t);
    eof = t->peer_closed ? TLS_PEER_EOF : 0;
    switch ((enum tls_stage)t->stage) {
    case TLS_STAGE_HELLO:
        return TLS_RECV_REC;
    case TLS_STAGE_ENGINE:
        return (TINY_TLS12 ? tls12_state(t) : TLS_CLOSED) | eof;
    case TLS_STAGE_LAST_WORDS:
        return TLS_SEND_REC | eof;
    case TLS_STAGE_ENGINE13:
        return tls13_state(t) | eof;
    case TLS_STAGE_CLOSED:
        break;
    }
    return TLS_CLOSED | eof;
}

/* Record bytes that may go to the socket. */
static uint8_t *sendrec_window(struct tls *t, unsigned state, size_t *len)
{
    uint8_t *out = NULL;

    if (t->stage == TLS_STAGE_LAST_WORDS) {
        *len = t->last_len;
        out = t->last;
    } else if ((state & TLS_SEND_REC) != 0) {
        out = engine_window(t, TLS_WINDOW_SEND_REC, len);
    }
    if (watched(t) && out != NULL) {
        watch_sending(t, span_of(out, *len));
    }
    return out;
}

uint8_t *tls_window(struct tls *t, enum tls_window which, size_t *len)
{
    unsigned state = tls_state(t);

    *len = 0;
    switch (which) {
    case TLS_WINDOW_SEND_REC:
        return sendrec_window(t, state, len);
    case TLS_WINDOW_RECV_REC:
        if ((state & TLS_RECV_REC) == 0 || !tls_attach_in(t)) {
            return NULL;
        }
        *len = TLS_IN_LEN - t->in_end;
        return t->in + t->in_end;
    case TLS_WINDOW_SEND_APP:
        return (state & TLS_SEND_APP) != 0 ? engine_window(t, which, len) : NULL;
    case TLS_WINDOW_RECV_APP:
        return (state & TLS_RECV_APP) != 0 ? engine_window(t, which, len) : NULL;
    }
    return NULL;
}

static void sent_records(struct tls *t, size_t n)
{
    if (watched(t)) {
        size_t len;

        watch_written(t, span_of(sendrec_window(t, TLS_SEND_REC, &len), n));
    }
    if (t->stage == TLS_STAGE_LAST_WORDS) {
        must(n <= t->last_len);
        t->last += n;
        t->last_len -= (uint32_t)n;
        if (t->last_len == 0 && t->last_alert != 0) {
            seal_alert(t);
        } else if (t->last_len == 0) {
            t->stage = TLS_STAGE_CLOSED;
        }
        return;
    }
    engine_advance(t, TLS_WINDOW_SEND_REC, n);
}

void tls_advance(struct tls *t, enum tls_window which, size_t n)
{
    if (n == 0) {
        return;
    }
    switch (which) {
    case TLS_WINDOW_SEND_REC:
        sent_records(t, n);
        break;
    case TLS_WINDOW_RECV_REC:
        must(t->in != NULL && n <= TLS_IN_LEN - t->in_end);
        if (watched(t)) {
            watch_read(t, span_of(t->in + t->in_end, n));
        }
        t->in_end += (uint32_t)n;
        t->in_used = t->in_end > t->in_used ? t->in_end : t->in_used;
        if (t->stage == TLS_STAGE_HELLO) {
            hello_step(t);
        } else {
            feed(t);
        }
        break;
    case TLS_WINDOW_SEND_APP:
    case TLS_WINDOW_RECV_APP:
        engine_advance(t, which, n);
        break;
    }
}

void tls_flush(struct tls *t)
{
    if (TINY_TLS12 && t->stage == TLS_STAGE_ENGINE && t->out != NULL) {
        tls12_flush(t);
    } else if (t->stage == TLS_STAGE_ENGINE13) {
        tls13_flush(t);
    }
}

int tls_update_keys(struct tls *t, bool ask)
{
    return tls13_update_keys(t, ask);
}

int tls_ask_certificate(struct tls *t)
{
    return late13_ask(t);
}

void tls_close(struct tls *t)
{
    if (TINY_TLS12 && t->stage == TLS_STAGE_ENGINE && t->established) {
        tls12_close(t);
    } else if (t->stage == TLS_STAGE_ENGINE13 && (t->established || t->info.early)) {
        tls13_close(t);
    } else if (t->stage != TLS_STAGE_LAST_WORDS) {
        t->stage = TLS_STAGE_CLOSED;
    }
}

void tls_recv_eof(struct tls *t)
{
    if (t->stage == TLS_STAGE_HELLO) {
        tls_note(t, TLS_FAIL_PROBE, NULL, "the client left before a whole ClientHello");
    } else if (runs(t) && !t->established) {
        tls_note(t, TLS_FAIL_HANDSHAKE, NULL, "the client left during the handshake");
    } else if (runs(t) && !t->peer_closed && !t->closing) {
        tls_note(t, TLS_FAIL_TRUNCATED, NULL, "the stream ended without close_notify");
    }
    if (t->stage == TLS_STAGE_HELLO || (runs(t) && !t->peer_closed)) {
        t->stage = TLS_STAGE_CLOSED;
    }
}

void tls_rest(struct tls *t)
{
    if (TINY_TLS12 && t->stage == TLS_STAGE_ENGINE) {
        tls12_rest(t);
    } else if (t->stage == TLS_STAGE_ENGINE13) {
        tls13_rest(t);
    } else if (t->stage == TLS_STAGE_HELLO && t->in_end == 0) {
        tls_give_in(t);
    } else if (t->stage == TLS_STAGE_CLOSED) {
        tls_give_in(t);
        tls_give_out(t);
    }
}

const struct tls_info *tls_get_info(const struct tls *t)
{
    return &t->info;
}

enum tls_failure tls_get_failure(const struct tls *t, const char **reason)
{
    *reason = t->reason;
    return (enum tls_failure)t->failure;
}
