/*
 * Renegotiation, begun by whoever sits at a console and by nobody else: a client
 * that begins one by itself is told no_renegotiation. The engine's own switch for that
 * is open from the HelloRequest to the ClientHello that answers it. The new
 * handshake is settled as a first one is, and bound to the old one (RFC 5746).
 */
#include "config/sslop.h"
#include "tls/internal.h"

int tls_renegotiate(struct tls *t, bool ask_certificate)
{
    if (t->stage != TLS_STAGE_ENGINE || !t->established || t->closing || t->peer_closed ||
        t->renegotiation != RENEGOTIATION_NONE || t->v12->server.eng.reneg != 2 ||
        (t->ctx->config->options & SSLOP_NO_RENEGOTIATION) != 0) {
        return -1;
    }
    t->renegotiation = RENEGOTIATION_WANTED;
    t->ask_certificate = ask_certificate;
    renegotiate_ask(t);
    return t->stage == TLS_STAGE_ENGINE ? 0 : -1;
}

/* The engine would wait in the middle for output to leave or input to be read, and
 * could not be woken; so it is asked when both are empty. */
void renegotiate_ask(struct tls *t)
{
    br_ssl_engine_context *eng = &t->v12->server.eng;
    size_t len;

    if (t->closing || t->peer_closed || !tls12_attach_out(t)) {
        return;
    }
    br_ssl_engine_flush(eng, 0);
    if (br_ssl_engine_sendrec_buf(eng, &len) != NULL || eng->ixa != eng->ixb) {
        return;
    }
    br_ssl_engine_set_all_flags(eng, 0);
    if (br_ssl_engine_renegotiate(eng)) {
        t->renegotiation = RENEGOTIATION_ASKED;
    } else {
        br_ssl_engine_set_all_flags(eng, BR_OPT_NO_RENEGOTIATION);
    }
}

static unsigned refuse(struct tls *t, enum alert alert, const char *reason)
{
    tls_note(t, TLS_FAIL_HANDSHAKE, alert_name(alert), reason);
    return alert;
}

unsigned renegotiate_judge(struct tls *t, const uint8_t *data, size_t len)
{
    struct hello h;

    /* Its first half is the client's Finished. */
    if (hello_parse_again(data, len, span_of(t->v12->server.eng.saved_finished, 12), &h) != 0) {
        return refuse(t, h.alert, h.reason);
    }
    tls_note_server_name(t, h.server_name);
    if (agree(t, &h) != 0) {
        return refuse(t, t->choice.alert, t->choice.reason);
    }
    if (t->choice.version != t->info.version) {
        return refuse(t, ALERT_PROTOCOL_VERSION, "another version in a renegotiation");
    }
    /* Else whoever sits in between could take the protection of RFC 7627 away. */
    if (t->info.ems && t->v12->server.eng.session.extended == 0) {
        return refuse(t, ALERT_HANDSHAKE_FAILURE,
                      "a renegotiation without the extended master secret of before");
    }
    if (!tls12_set_up(t, t->ask_certificate || t->ctx->config->verify != VERIFY_NONE)) {
        return refuse(t, ALERT_INTERNAL_ERROR, "no memory to verify a certificate");
    }
    t->handshake_bytes = 0;
    t->renegotiation = RENEGOTIATION_RUNS;
    return 0;
}
