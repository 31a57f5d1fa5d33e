/* Data that is under way does not end a renegotiation, and the policy judges it. */
#include "pair.h"

static unsigned judged, verdict;
static size_t judged_len;

static unsigned judge(const br_ssl_server_policy_class **policy, const unsigned char *data,
                      size_t len)
{
    (void)policy;
    judged++;
    judged_len = len >= 4 && data[0] == 1 ? (size_t)(data[2] << 8 | data[3]) + 4 : 0;
    return judged_len == len ? verdict : 80;
}

static bool put(br_ssl_engine_context *eng, const char *text, bool flush)
{
    size_t room;
    unsigned char *buf = br_ssl_engine_sendapp_buf(eng, &room);

    if (buf == NULL || room < strlen(text)) {
        return false;
    }
    memcpy(buf, text, strlen(text));
    br_ssl_engine_sendapp_ack(eng, strlen(text));
    if (flush) {
        br_ssl_engine_flush(eng, 0);
    }
    return true;
}

static bool got(br_ssl_engine_context *eng, const char *text)
{
    size_t len;
    unsigned char *buf = br_ssl_engine_recvapp_buf(eng, &len);
    bool good = buf != NULL && len == strlen(text) && memcmp(buf, text, len) == 0;

    if (buf != NULL) {
        br_ssl_engine_recvapp_ack(eng, len);
    }
    return good;
}

int main(void)
{
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    br_ssl_server_policy_class with = **p->server.policy_vtable;

    with.hello = judge;
    p->server.chain_handler.vtable = &with;
    ok(pair_handshake(p, 0) && judged == 0, "a first handshake is not judged");
    put(&p->client.eng, "on its way", true);
    ok(br_ssl_engine_renegotiate(&p->server.eng), "the server asks for another");
    while (move_bytes(&p->client.eng, &p->server.eng) > 0) {
    }
    ok(got(&p->server.eng, "on its way"), "the client's data is still taken");
    pair_pump(p);
    ok(judged == 1 && judged_len > 40, "the ClientHello is shown to the policy, whole");
    ok((br_ssl_engine_current_state(&p->server.eng) & BR_SSL_SENDAPP) != 0 &&
           (br_ssl_engine_current_state(&p->client.eng) & BR_SSL_SENDAPP) != 0,
       "the handshake comes to its end");
    put(&p->server.eng, "afterwards", true);
    pair_pump(p);
    ok(got(&p->client.eng, "afterwards"), "data goes on");

    /* A client that begins one while data of ours is not sealed yet. */
    p->server.eng.flags |= BR_OPT_NO_RENEGOTIATION;
    put(&p->server.eng, "not sealed", false);
    br_ssl_engine_renegotiate(&p->client.eng);
    pair_pump(p);
    ok(br_ssl_engine_last_error(&p->client.eng) != 0, "it gets its answer, data or not");

    p->server.eng.flags &= ~BR_OPT_NO_RENEGOTIATION;
    pair_handshake(p, 0);
    verdict = 40;
    br_ssl_engine_renegotiate(&p->server.eng);
    pair_pump(p);
    ok(judged == 2 && br_ssl_engine_last_error(&p->client.eng) == BR_ERR_RECV_FATAL_ALERT + 40,
       "what the policy refuses ends with its alert");
    pair_free(p);
    return tap_done();
}
