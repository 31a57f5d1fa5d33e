/* A client that sends HelloRequest in its handshake is refused. */
#include "wire.h"

#define SUITE BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

int main(void)
{
    struct pair *p = pair_new(SUITE);
    struct flight f;

    ok(pair_handshake(p, 0), "a handshake without");
    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"", 0, &f);
    wire_message(p, 0, (const unsigned char *)"", 0);
    ok(br_ssl_engine_last_error(&p->server.eng) == BR_ERR_UNEXPECTED, "one before its key");
    br_ssl_server_reset(&p->server);
    wire_message(p, 0, (const unsigned char *)"", 0);
    ok(br_ssl_engine_last_error(&p->server.eng) == BR_ERR_UNEXPECTED, "and one before its hello");
    pair_free(p);
    return tap_done();
}
