/* Closing while received application data was not read yet. */
#include "pair.h"

int main(void)
{
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    unsigned char *buf;
    size_t len;

    ok(pair_handshake(p, 0), "a handshake");
    buf = br_ssl_engine_sendapp_buf(&p->client.eng, &len);
    memset(buf, 'x', 100);
    br_ssl_engine_sendapp_ack(&p->client.eng, 100);
    br_ssl_engine_flush(&p->client.eng, 0);
    pair_pump(p);
    ok(br_ssl_engine_recvapp_buf(&p->server.eng, &len) != NULL && len == 100, "unread data");

    br_ssl_engine_close(&p->server.eng);
    ok(br_ssl_engine_current_state(&p->server.eng) == (BR_SSL_SENDREC | BR_SSL_RECVREC),
       "the server that closes has an alert to send and still listens");
    pair_pump(p);
    ok(br_ssl_engine_current_state(&p->server.eng) == BR_SSL_CLOSED &&
           br_ssl_engine_last_error(&p->server.eng) == BR_ERR_OK,
       "the server ends cleanly");
    ok(br_ssl_engine_current_state(&p->client.eng) == BR_SSL_CLOSED &&
           br_ssl_engine_last_error(&p->client.eng) == BR_ERR_OK,
       "the client ends cleanly");
    pair_free(p);
    return tap_done();
}
