/* A buffer that was refused is not used after a reset. */
#include "pair.h"

int main(void)
{
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);

    br_ssl_engine_set_buffer(&p->server.eng, p->sbuf, 500, 0);
    ok(br_ssl_engine_last_error(&p->server.eng) == BR_ERR_BAD_PARAM, "500 bytes are too few");
    ok(!br_ssl_server_reset(&p->server), "a reset with them fails");
    ok(br_ssl_engine_last_error(&p->server.eng) == BR_ERR_BAD_PARAM, "for the same reason");

    br_ssl_engine_set_buffer(&p->server.eng, p->sbuf, 900, 1);
    ok(!br_ssl_server_reset(&p->server), "900 bytes for both directions fail too");

    br_ssl_engine_set_buffer(&p->server.eng, p->sbuf, BR_SSL_BUFSIZE_BIDI, 1);
    ok(pair_handshake(p, 0), "with a good buffer all is well again");
    pair_free(p);
    return tap_done();
}
