/* The end of the server random is the caller's, if he wants that. */
#include "wire.h"

#define SUITE BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

static const unsigned char mark[8] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};

/* The random value in the ServerHello; what is in front of the mark must be random. */
static const unsigned char *server_random(const struct flight *f)
{
    size_t len;
    const unsigned char *body = flight_find(f, 2, &len);

    return body != NULL && len > 34 ? body + 2 : (const unsigned char *)"";
}

int main(void)
{
    struct pair *p = pair_new(SUITE);
    unsigned char first[32];
    struct flight f;

    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"", 0, &f);
    memcpy(first, server_random(&f), 32);
    ok(memcmp(first + 24, mark, 8) != 0, "by itself it is random");
    p->server.eng.random_tail = mark;
    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"", 0, &f);
    ok(memcmp(server_random(&f) + 24, mark, 8) == 0, "then it ends as the caller says");
    ok(memcmp(server_random(&f) + 4, first + 4, 20) != 0, "and what stands before is random");
    ok(memcmp(server_random(&f), p->server.eng.server_random, 32) == 0,
       "the keys come from what was sent");
    pair_free(p);
    return tap_done();
}
