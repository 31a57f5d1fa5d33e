/* What is pushed after an error is neither decoded nor stored. */
#include "bearssl.h"
#include "der.h"
#include "tap.h"

#include <stdlib.h>

static void ignore_name(void *ctx, const void *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
}

int main(void)
{
    br_skey_decoder_context *key = malloc(sizeof *key);
    br_x509_decoder_context *cert = malloc(sizeof *cert);
    unsigned char data[4096];
    size_t n, head;

    /* An EC key of 3000 bytes: its length is refused before its bytes come. */
    n = 4;
    n += der_fill(data + n, 0x02, 1, 1);
    head = n + 4;
    n += der_fill(data + n, 0x04, 0x5A, 3000);
    der_head(data, 0x30, n - 4);
    br_skey_decoder_init(key);
    br_skey_decoder_push(key, data, head);
    ok(br_skey_decoder_last_error(key) == BR_ERR_X509_UNSUPPORTED, "a key too long is refused");
    br_skey_decoder_push(key, data + head, n - head);
    ok(br_skey_decoder_last_error(key) == BR_ERR_X509_UNSUPPORTED, "its bytes change nothing");
    ok(key->key_data[0] == 0, "and are not stored");

    /* A certificate that begins with an INTEGER where a SEQUENCE must be. */
    n = der_fill(data, 0x02, 1, 1);
    br_x509_decoder_init(cert, ignore_name, NULL);
    br_x509_decoder_push(cert, data, n);
    head = (size_t)br_x509_decoder_last_error(cert);
    ok(head != 0, "a certificate of the wrong type is refused");
    n = der_fill(data, 0x5F, 0x7F, 100);
    br_x509_decoder_push(cert, data, n);
    ok((size_t)br_x509_decoder_last_error(cert) == head, "the first error stays");
    ok(cert->hlen != 0 || cert->hbuf != data + n, "what comes later is not read");
    free(key);
    free(cert);
    return tap_done();
}
