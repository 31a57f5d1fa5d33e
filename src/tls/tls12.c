#include "tls/internal.h"
#include "config/sslop.h"
#include "core/build.h"
#include "core/clock.h"
#include "tls/error.h"

#include <string.h>

#define HEADER_LEN 5

/* The largest protected record (RFC 5246, section 6.2.3). */
#define MAX_RECORD (16384 + 2048)

/* BearSSL's iomode for "failed or closed" (inner.h). */
#define IOMODE_CLOSED 0

/* ---- beginning --------------------------------------------------------- */

static const br_ec_impl *impl_for_group(const struct tls_context *ctx, uint16_t group)
{
    for (size_t i = 0; i < ctx->config->group_count; i++) {
        if (ctx->config->groups[i] == group) {
            return &ctx->ec_group[i];
        }
    }
    return &ctx->ec;
}

static bool ask_for_certificate(struct tls *t)
{
    struct tls_context *ctx = t->ctx;
    /* A console may ask where nothing says who is trusted: then nobody is. */
    struct anchor_set *set = t->trust != NULL ? t->trust->set : &ctx->no_anchors;
    size_t names = (ctx->config->options & SSLOP_NO_CA_NAMES) != 0 ? 0 : set->name_count;
    uint32_t flags = BR_OPT_NO_RENEGOTIATION;

    t->verifier = pool_take(&ctx->verify_pool);
    if (t->verifier == NULL) {
        return false;
    }
    verify_begin(t->verifier, set, ctx->config, clock_wall_s());
    br_ssl_engine_set_x509(&t->v12->server.eng, verify_class(t->verifier));
    br_ssl_server_set_trust_anchor_names(&t->v12->server, set->names, names);
    flags |= names == 0 ? BR_OPT_ASK_WITHOUT_NAMES : 0;
    flags |= ctx->config->verify != VERIFY_REQUIRED ? BR_OPT_TOLERATE_NO_CLIENT_AUTH : 0;
    br_ssl_engine_set_all_flags(&t->v12->server.eng, flags);
    return true;
}

bool tls12_set_up(struct tls *t, bool ask)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;

    br_ssl_engine_set_versions(eng, t->choice.version, t->choice.version);
    eng->random_tail = policy_downgrade(t->ctx->config, t->choice.version);
    br_ssl_engine_set_suites(eng, &t->choice.suite, 1);
    br_ssl_engine_set_ec(eng, impl_for_group(t->ctx, t->choice.group));
    br_ssl_engine_set_protocol_names(eng, &t->alpn, t->alpn != NULL);
    br_ssl_engine_set_all_flags(eng, BR_OPT_NO_RENEGOTIATION);
    return !ask || ask_for_certificate(t);
}

/* Records of ours carry at most ssl.max-send-fragment, or less when the client asks
 * for less. oxb is where the record that is being filled ends. */
static void limit_fragments(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    uint16_t most = (uint16_t)t->ctx->config->max_send_fragment;

    if (most != 0 && eng->max_frag_len > most) {
        eng->max_frag_len = most;
        if (eng->oxb > eng->oxc + most) {
            eng->oxb = eng->oxc + most;
        }
    }
}

/* A warning goes out before the engine writes its first record; until it is
 * sent the engine is fed nothing (must_wait). */
static void seal_name_warning(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    uint8_t *at = eng->obuf + eng->oxa;
    size_t len = 2;

    at[0] = 1; /* warning */
    at[1] = ALERT_UNRECOGNIZED_NAME;
    if (eng->trace != NULL) {
        eng->trace(eng, 1, RECORD_ALERT, t->choice.version, at, len);
    }
    at = eng->out.vtable->encrypt(&eng->out.vtable, RECORD_ALERT, t->choice.version, at, &len);
    eng->oxa = eng->oxb = (size_t)(at - eng->obuf);
    eng->oxc = eng->oxa + len;
}

static struct tls12 *take_engine(struct tls *t)
{
    struct tls12 *v = pool_take(&t->ctx->engine_pool);

    if (v != NULL) {
        v->server = t->ctx->model;
        v->server.eng.out.vtable = &br_sslrec_out_clear_vtable; /* for an early alert */
        v->policy = &tls_policy_class;
        v->cache = &tls_cache_class;
        v->tls = t;
    }
    return v;
}

void tls12_begin(struct tls *t, const struct hello *h)
{
    struct tls_context *ctx = t->ctx;
    struct tls12 *v = take_engine(t);
    br_ssl_engine_context *eng;
    uint8_t seed[32];

    t->v12 = v;
    if (v == NULL) {
        tls_fail(t, TLS_FAIL_MEMORY, ALERT_INTERNAL_ERROR, "no memory for an engine");
        return;
    }
    if (agree(t, h) != 0) {
        tls_fail(t, TLS_FAIL_HANDSHAKE, t->choice.alert, t->choice.reason);
        return;
    }
    eng = &v->server.eng;
    br_ssl_server_set_policy(&v->server, &v->policy);
    br_ssl_server_set_cache(&v->server, &v->cache);
    if (!tls12_set_up(t, ctx->config->verify != VERIFY_NONE)) {
        tls_fail(t, TLS_FAIL_MEMORY, ALERT_INTERNAL_ERROR, "no memory to verify a certificate");
        return;
    }
    br_ssl_engine_set_buffers_bidi(eng, t->in, TLS_IN_LEN, t->out, TLS_OUT_LEN);
    br_hmac_drbg_generate(&ctx->rng, seed, sizeof seed);
    br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
    bytes_wipe(seed, sizeof seed);
    t->stage = TLS_STAGE_ENGINE;
    t->in_pos = 0;
    br_ssl_server_reset(&t->v12->server);
    limit_fragments(t);
    if (t->warn_name) {
        seal_name_warning(t);
    }
    tls12_sync(t);
    tls12_feed(t);
}

/* ---- record bytes in --------------------------------------------------- */

static bool is_cbc(const br_ssl_engine_context *eng)
{
    return TINY_LEGACY && eng->incrypt && eng->in.cbc.vtable == &br_sslrec_in_cbc_vtable;
}

/* Bounds on what costs a peer little. The engine has taken a header that
 * announces len bytes; false after failing. */
static bool check_header(struct tls *t, size_t len)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;

    if (is_cbc(eng) && (len & (eng->in.cbc.bc.vtable->block_size - 1)) != 0) {
        tls_fail(t, TLS_FAIL_RECORD, ALERT_BAD_RECORD_MAC, "a CBC record of a partial block");
        return false;
    }
    if (!t->established || t->renegotiation == RENEGOTIATION_RUNS) {
        t->handshake_bytes += (uint32_t)(HEADER_LEN + len);
        if (t->handshake_bytes > TLS_MAX_HANDSHAKE_BYTES) {
            tls_fail(t, TLS_FAIL_HANDSHAKE, ALERT_HANDSHAKE_FAILURE,
                     "the client's handshake is over the size limit");
            return false;
        }
    }
    if (len == 0 && ++t->empty_records > TLS_MAX_EMPTY_RECORDS) {
        tls_fail(t, TLS_FAIL_RECORD, ALERT_UNEXPECTED_MESSAGE, "too many empty records");
        return false;
    }
    return true;
}

/*
 * in[in_pos..in_end) starts with a record's header: lets the engine's buffer
 * begin there when the whole record is at hand, else moves the bytes to the
 * front of the block, so that the rest of the record has room.
 */
static void place_record(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    uint32_t have = t->in_end - t->in_pos;
    uint8_t *p = t->in + t->in_pos;

    if (t->in_pos != 0 && (have < HEADER_LEN || have - HEADER_LEN < (uint32_t)(p[3] << 8 | p[4]))) {
        memmove(t->in, p, have);
        t->in_pos = 0;
        t->in_end = have;
    }
    eng->ibuf = t->in + t->in_pos;
    eng->ibuf_len = TLS_IN_LEN - t->in_pos;
}

/* A whole record went to the engine; false after failing. */
static bool check_record(struct tls *t, uint8_t type)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    bool empty = eng->ixa == eng->ixb && type == RECORD_DATA && !t->closing;

    if (empty && ++t->empty_records > TLS_MAX_EMPTY_RECORDS) {
        tls_fail(t, TLS_FAIL_RECORD, ALERT_UNEXPECTED_MESSAGE, "too many empty records");
        return false;
    }
    if (type == RECORD_ALERT && ++t->warnings > TLS_MAX_WARNINGS && !t->peer_closed) {
        tls_fail(t, TLS_FAIL_RECORD, ALERT_UNEXPECTED_MESSAGE, "too many warning alerts");
        return false;
    }
    if (type == RECORD_DATA && !empty) {
        t->empty_records = 0;
        t->warnings = 0;
    }
    /* A hello that was refused before it was read stays where it is. */
    if (type == RECORD_HANDSHAKE && eng->ixa != eng->ixb && t->failure == TLS_FAIL_NONE) {
        tls_fail(t, t->established ? TLS_FAIL_RECORD : TLS_FAIL_HANDSHAKE, ALERT_UNEXPECTED_MESSAGE,
                 "bytes after the end of a handshake message");
        return false;
    }
    return true;
}

/*
 * Must the next record wait until the output is sent? In the handshake yes: a
 * client may send data right behind its Finished (False Start), which the
 * engine takes only after its own Finished is out. Later for alerts and handshake
 * messages: an alert may be close_notify, after which the engine takes no more
 * application data, and a ClientHello is answered.
 */
static bool must_wait(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    uint8_t type = t->in[t->in_pos];
    bool answered = !t->closing && (type == RECORD_ALERT || type == RECORD_HANDSHAKE);
    size_t len;

    if (br_ssl_engine_sendrec_buf(eng, &len) != NULL) {
        return !t->established || t->renegotiation == RENEGOTIATION_RUNS || answered;
    }
    return t->established && answered && eng->application_data == 1 && eng->oxa > eng->oxc;
}

/* Gives one header or one record's contents; false when nothing can move. */
static bool feed_one(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    bool counts = t->established && t->renegotiation == RENEGOTIATION_NONE;
    size_t want;

    if (br_ssl_engine_recvrec_buf(eng, &want) == NULL || t->in_pos == t->in_end) {
        return false;
    }
    if (eng->ixa < HEADER_LEN) {
        size_t len;

        place_record(t);
        if (t->in_end - t->in_pos < HEADER_LEN || must_wait(t) || !tls12_attach_out(t)) {
            return false;
        }
        len = (size_t)(t->in[t->in_pos + 3] << 8 | t->in[t->in_pos + 4]);
        t->in_pos += HEADER_LEN;
        t->record_len = (uint16_t)len;
        if (TINY_STANDIN && t->watching != NULL) {
            watch_header(t, t->in + t->in_pos - HEADER_LEN);
        }
        br_ssl_engine_recvrec_ack(eng, HEADER_LEN);
        tls12_sync(t);
        return t->stage == TLS_STAGE_ENGINE && check_header(t, len);
    }
    if (t->in_end - t->in_pos < want) {
        return false;
    }
    t->in_pos += (uint32_t)want;
    br_ssl_engine_recvrec_ack(eng, want);
    tls12_sync(t);
    if (t->stage != TLS_STAGE_ENGINE || !check_record(t, eng->record_type_in)) {
        return false;
    }
    if (counts && eng->record_type_in == RECORD_HANDSHAKE && ++t->requests > TLS_MAX_REQUESTS) {
        tls_fail(t, TLS_FAIL_RECORD, ALERT_UNEXPECTED_MESSAGE,
                 "the client asks for renegotiation again and again");
        return false;
    }
    return true;
}

void tls12_feed(struct tls *t)
{
    while (t->stage == TLS_STAGE_ENGINE && t->in != NULL && feed_one(t)) {
    }
    if (t->stage == TLS_STAGE_ENGINE && t->in != NULL && t->in_pos == t->in_end &&
        t->v12->server.eng.ixa == 0) {
        /* All was given and a header is next: start at the front again. */
        t->in_pos = t->in_end = 0;
        t->v12->server.eng.ibuf = t->in;
        t->v12->server.eng.ibuf_len = TLS_IN_LEN;
    }
    if (TINY_STANDIN && t->renegotiation == RENEGOTIATION_WANTED) {
        renegotiate_ask(t);
    }
}

/* ---- what came of it --------------------------------------------------- */

static void note_established(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    struct tls_info *info = &t->info;

    limit_fragments(t);
    t->established = true;
    info->established = true;
    info->version = eng->session.version;
    info->suite = eng->session.cipher_suite;
    info->resumed = !t->full_handshake;
    info->group = t->full_handshake ? t->choice.group : 0;
    info->signature = t->full_handshake ? t->choice.signature : 0;
    info->alpn = t->alpn != NULL ? t->alpn : "";
    memcpy(info->session_id, eng->session.session_id, sizeof info->session_id);
    info->session_id_len = eng->session.session_id_len;
    info->ems = eng->session.extended != 0;
    if (t->renegotiation == RENEGOTIATION_RUNS) {
        t->renegotiation = RENEGOTIATION_NONE;
        info->renegotiations++;
        t->ctx->counters->renegotiations++;
    } else {
        t->ctx->counters->handshakes++;
        t->ctx->counters->resumed += info->resumed;
    }
    if (TINY_STANDIN && t->watching != NULL) {
        watch_established(t);
    }
    tls_end_handshake(t);
}

/* The engine stopped: by an alert of the peer, by one that it has sent itself,
 * cleanly, or without a word, and then the word is ours. */
static void note_closed(struct tls *t)
{
    const br_ssl_engine_context *eng = &t->v12->server.eng;
    int err = eng->err;
    enum tls_failure kind = t->established ? TLS_FAIL_RECORD : TLS_FAIL_HANDSHAKE;

    if (err == BR_ERR_OK) {
        if (!t->established) {
            tls_note(t, TLS_FAIL_GOODBYE, "close_notify", "the client closed during the handshake");
        }
    } else if (err >= BR_ERR_SEND_FATAL_ALERT) {
        tls_forget_session(t);
        tls_note(t, kind, alert_name((unsigned)err & 0xFF), "refused by the handshake");
    } else if (err >= BR_ERR_RECV_FATAL_ALERT) {
        tls_forget_session(t);
        tls_note(t, TLS_FAIL_PEER_ALERT, alert_name((unsigned)err & 0xFF),
                 "the client sent this alert");
    } else if (err == BR_ERR_BAD_LENGTH && eng->incrypt && t->record_len <= MAX_RECORD) {
        tls_fail(t, kind, ALERT_BAD_RECORD_MAC, "a record too short or ragged for its cipher");
        return;
    } else {
        struct tls_error e = tls_error_of(t->sign_failed ? BR_ERR_BAD_STATE : err);

        if (t->sign_failed) {
            tls_note(t, kind, alert_name(ALERT_INTERNAL_ERROR),
                     "the private key gave no signature");
        }
        tls_fail(t, err == BR_ERR_NO_CLIENT_AUTH ? TLS_FAIL_PEER_CERT : kind, e.alert, e.sentence);
        return;
    }
    t->stage = TLS_STAGE_CLOSED;
    tls_end_handshake(t);
}

/* The engine would go on with a certificate that does not verify, so that one
 * may be optional; here a certificate that is sent must be good, or good enough
 * for what the verifier was told to tolerate. */
static bool peer_certificate_refused(struct tls *t)
{
    enum alert alert;
    const char *reason;

    if (t->verifier == NULL) {
        return false;
    }
    switch (verify_outcome(t->verifier, &alert, &reason)) {
    case VERIFY_NOT_DONE:
        break;
    case VERIFY_GOOD:
    case VERIFY_TOLERATED:
        t->info.verdict = verify_error(t->verifier) == 0 ? TLS_PEER_TRUSTED : TLS_PEER_REFUSED;
        memcpy(t->info.peer_subject, verify_subject(t->verifier), sizeof t->info.peer_subject);
        break;
    case VERIFY_BAD:
        tls_fail(t, TLS_FAIL_PEER_CERT, alert, reason);
        return true;
    }
    return false;
}

void tls12_sync(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;

    if (t->stage != TLS_STAGE_ENGINE) {
        return;
    }
    t->peer_closed = eng->shutdown_recv != 0;
    if (peer_certificate_refused(t)) {
        return;
    }
    if (eng->iomode == IOMODE_CLOSED) {
        note_closed(t);
    } else if (eng->application_data == 1 &&
               (!t->established || t->renegotiation == RENEGOTIATION_RUNS)) {
        note_established(t);
    }
}

unsigned tls12_state(struct tls *t)
{
    unsigned s = br_ssl_engine_current_state(&t->v12->server.eng);

    if (t->in_end == TLS_IN_LEN) {
        s &= ~(unsigned)BR_SSL_RECVREC; /* full of records that must wait */
    }
    return ((s & BR_SSL_SENDREC) != 0 ? TLS_SEND_REC : 0) |
           ((s & BR_SSL_RECVREC) != 0 ? TLS_RECV_REC : 0) |
           ((s & BR_SSL_SENDAPP) != 0 ? TLS_SEND_APP : 0) |
           ((s & BR_SSL_RECVAPP) != 0 ? TLS_RECV_APP : 0);
}

void tls12_close(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    size_t len;

    if (t->closing || !tls12_attach_out(t)) {
        return;
    }
    t->closing = true;
    /* With application data in hand the engine would never get out of it. */
    while (br_ssl_engine_recvapp_buf(eng, &len) != NULL) {
        br_ssl_engine_recvapp_ack(eng, len);
    }
    br_ssl_engine_close(eng);
    tls12_sync(t);
}
