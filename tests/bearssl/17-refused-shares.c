/* A key share that is no point on the curve ends the handshake by its own name. */
#include "wire.h"

#define SUITE BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

/* The error after a ClientKeyExchange with this share. */
static int after(struct pair *p, const unsigned char *share, size_t len, size_t behind)
{
    unsigned char body[256] = {(unsigned char)len};
    struct flight f;

    memcpy(body + 1, share, len);
    wire_hello(p, SUITE, 0x0403, body, 0, &f);
    wire_message(p, 16, body, 1 + len + behind);
    return br_ssl_engine_last_error(&p->server.eng);
}

int main(void)
{
    struct pair *p = pair_new(SUITE);
    unsigned char share[80] = {4};
    size_t len = 65;

    memcpy(share, p->pk.q, len);
    ok(after(p, share, len, 0) == 0, "a point on the curve");
    share[64] ^= 1;
    ok(after(p, share, len, 0) == BR_ERR_BAD_POINT, "one off the curve");
    ok(after(p, share, len, 1) == BR_ERR_BAD_PARAM, "with a byte behind it: malformed");
    share[64] ^= 1;
    ok(after(p, share, 64, 0) == BR_ERR_BAD_POINT, "too short");
    ok(after(p, share, 66, 0) == BR_ERR_BAD_POINT, "too long");
    ok(after(p, share, 0, 0) == BR_ERR_BAD_POINT, "none");
    share[0] = 2 | (share[64] & 1);
    ok(after(p, share, 33, 0) == BR_ERR_BAD_POINT, "compressed");
    pair_free(p);
    return tap_done();
}
