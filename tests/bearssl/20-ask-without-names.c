/* A certificate can be asked for with an empty list of authorities. */
#include "wire.h"

#define SUITE BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

int main(void)
{
    struct pair *p = pair_new(SUITE);
    struct flight f;
    const unsigned char *body;
    size_t len;

    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"", 0, &f);
    ok(flight_find(&f, 14, &len) != NULL && flight_find(&f, 13, &len) == NULL,
       "nothing is asked for by itself");
    p->server.eng.flags |= BR_OPT_ASK_WITHOUT_NAMES;
    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"", 0, &f);
    body = flight_find(&f, 13, &len);
    ok(body != NULL && len > 5 && body[len - 1] == 0 && body[len - 2] == 0,
       "with the flag it is, and the list is empty");
    ok(flight_find(&f, 14, &len) != NULL, "the flight comes to its end");
    wire_message(p, 11, (const unsigned char *)"\0\0\0", 3);
    ok(br_ssl_engine_last_error(&p->server.eng) == BR_ERR_NO_CLIENT_AUTH,
       "an empty answer is seen to be one");
    pair_free(p);
    return tap_done();
}
