/* A key with a huge integer stays inside the decoder's buffer. */
#include "bearssl.h"
#include "der.h"
#include "tap.h"

#include <stdlib.h>

/* SEQUENCE { INTEGER 0, INTEGER of len bytes }: the beginning of an RSA key. */
static int decode_modulus(size_t len)
{
    /* The buffer is the last member: what is written too far leaves the heap block. */
    br_skey_decoder_context *ctx = malloc(sizeof *ctx);
    unsigned char body[4096], head[4];
    size_t n = der_fill(body, 0x02, 0, 1);
    int err;

    n += der_fill(body + n, 0x02, 0x5A, len);
    br_skey_decoder_init(ctx);
    br_skey_decoder_push(ctx, head, der_head(head, 0x30, n));
    br_skey_decoder_push(ctx, body, n);
    err = br_skey_decoder_last_error(ctx);
    free(ctx);
    return err;
}

int main(void)
{
    ok(decode_modulus(512) != BR_ERR_X509_LIMIT_EXCEEDED, "512 bytes fit");
    ok(decode_modulus(1536) != BR_ERR_X509_LIMIT_EXCEEDED, "1536 bytes fit");
    ok(decode_modulus(1537) == BR_ERR_X509_LIMIT_EXCEEDED, "1537 bytes do not");
    ok(decode_modulus(1560) == BR_ERR_X509_LIMIT_EXCEEDED, "1560 bytes do not");
    return tap_done();
}
