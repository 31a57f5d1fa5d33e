/* What only a client of bad will or of another make does, against a whole
 * connection in memory. */
#include "tap.h"
#include "tls_fixture.h"

static const char *reason_of(const struct pair *p)
{
    const char *reason;

    tls_get_failure(p->tls, &reason);
    return reason;
}

/* Data right behind Finished, before the server's own Finished could go out. */
static void false_start(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = pair_new(&config);
    br_ssl_engine_context *eng = &p->client.ssl.eng;
    uint8_t wire[2048];
    size_t len, n = 0;
    uint8_t *w;

    pair_begin(p, "localhost", false);
    while (pair_to_server(p)) {
    }
    while (pair_to_client(p)) {
    }
    /* The client's flight is gathered, and a data record sealed behind it. */
    while ((w = br_ssl_engine_sendrec_buf(eng, &len)) != NULL) {
        memcpy(wire + n, w, len);
        n += len;
        br_ssl_engine_sendrec_ack(eng, len);
    }
    {
        size_t a = 64, b = 1000;
        uint8_t record[1100];

        eng->out.vtable->max_plaintext(&eng->out.vtable, &a, &b);
        memcpy(record + a, "early", 5);
        b = 5;
        w = eng->out.vtable->encrypt(&eng->out.vtable, 23, eng->version_out, record + a, &b);
        memcpy(wire + n, w, b);
        n += b;
    }
    ok(pair_inject(p, wire, n) == n, "the server takes all");
    while (pair_to_client(p)) {
    }
    ok(tls_get_info(p->tls)->established, "established");
    w = tls_window(p->tls, TLS_WINDOW_RECV_APP, &len);
    ok(w != NULL && len == 5 && memcmp(w, "early", 5) == 0, "and the early data is there");
    pair_free(p);
}

/* A client that is asked for a certificate and sends one without end. */
static void endless_certificate(void)
{
    static const uint8_t head[] = {22,   3,    3,    0x40, 0x00, 11,   0xFF, 0xFF,
                                   0xFF, 0xFF, 0xFF, 0xFC, 0xFF, 0xFF, 0xF9};
    static uint8_t record[5 + 16384];
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p;
    size_t total = 0, n;

    config.verify = VERIFY_REQUIRED;
    config.cafile = "ca_ec";
    p = pair_new(&config);
    pair_begin(p, "localhost", false);
    while (pair_to_server(p)) {
    }
    while (pair_to_client(p)) {
    }
    memcpy(record, head, sizeof head);
    do {
        n = pair_inject(p, record, sizeof record);
        total += n;
        memset(record + 5, 'x', sizeof record - 5);
    } while (n > 0 && total < 1000000);
    ok(total < 200000, "a certificate without end is cut off");
    is_text(reason_of(p), "bad_certificate: the certificate chain is over the size limit", "told");
    pair_free(p);
}

/* A share of low order would make the secret zero. */
static void low_order_share(void)
{
    uint8_t point[32] = {1}, scalar[32];

    memset(scalar, 0x40, sizeof scalar);
    ok(tls_ec_mul(point, 32, scalar, 32, BR_EC_curve25519) == 0, "a point of low order is refused");
    memset(point, 0, sizeof point);
    point[0] = 9;
    ok(tls_ec_mul(point, 32, scalar, 32, BR_EC_curve25519) == 1, "another is not");
}

int main(void)
{
    false_start();
    endless_certificate();
    low_order_share();
    return tap_done();
}
