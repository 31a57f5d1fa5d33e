/* A CBC record that is not a whole number of blocks is refused by its length. */
#include "pair.h"

static void odd_record(uint16_t suite, const char *name)
{
    struct pair *p = pair_new(suite);
    unsigned char record[5 + 97] = {0x17, 0x03, 0x03, 0x00, 97};

    ok(pair_handshake(p, 0), name);
    feed_server(p, record, sizeof record);
    ok(br_ssl_engine_last_error(&p->server.eng) == BR_ERR_BAD_LENGTH, "97 bytes are refused");
    pair_free(p);
}

int main(void)
{
    odd_record(BR_TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA, "a handshake with 3DES");
    odd_record(BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "a handshake with AES");
    return tap_done();
}
