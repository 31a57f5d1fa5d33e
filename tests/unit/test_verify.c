/* Client certificates: who gets in, with which alert and reason others do not. */
#include "tap.h"
#include "tls_fixture.h"

static const char *reason_of(const struct pair *p)
{
    const char *reason;

    tls_get_failure(p->tls, &reason);
    return reason;
}

static struct config asking(enum verify_mode mode)
{
    struct config config = fixture_config("server_ec", NULL);

    config.verify = mode;
    config.cafile = "ca_ec";
    config.verify_depth = 0;
    return config;
}

static struct pair *client_comes(const struct config *config, const char *cert, const char *second)
{
    struct pair *p = pair_new(config);

    if (cert != NULL) {
        client_certificate(&p->client, cert, second);
    }
    pair_begin(p, "localhost", false);
    pair_pump(p);
    return p;
}

static void good(void)
{
    static const char *const names[][2] = {
        {"client", "CN=Good client"}, {"client_rsa", NULL}, {"client_p384", "CN=P-384 client"}};
    struct config config = asking(VERIFY_REQUIRED);

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct pair *p;

        config.cafile = i == 1 ? "ca_rsa" : "ca_ec";
        p = client_comes(&config, names[i][0], NULL);
        ok(pair_open(p) && pair_exchange(p, 1000), names[i][0]);
        printf("# %s %s\n", reason_of(p), tls_get_info(p->tls)->peer_subject);
        ok(tls_get_info(p->tls)->verdict == TLS_PEER_TRUSTED, "is trusted");
        ok(names[i][1] == NULL || strcmp(tls_get_info(p->tls)->peer_subject, names[i][1]) == 0,
           "by name");
        ok(p->ctx->verify_pool.taken == 0, "the work space is given back");
        pair_free(p);
    }
    config = asking(VERIFY_NONE);
    {
        struct pair *p = client_comes(&config, "client", NULL);

        ok(pair_open(p) && tls_get_info(p->tls)->verdict == TLS_PEER_NOT_ASKED,
           "nobody is asked without verify");
        pair_free(p);
    }
    config = asking(VERIFY_OPTIONAL);
    {
        struct pair *p = client_comes(&config, NULL, NULL);

        ok(pair_open(p) && pair_exchange(p, 1000) && tls_get_info(p->tls)->verdict == TLS_PEER_NONE,
           "none is needed when it is optional");
        pair_free(p);
    }
}

static void bad(void)
{
    static const struct {
        const char *cert, *second;
        enum alert alert;
        const char *reason;
    } cases[] = {
        {NULL, NULL, ALERT_HANDSHAKE_FAILURE, "handshake_failure: the client sent no certificate"},
        {"client_wrong", NULL, ALERT_UNKNOWN_CA,
         "unknown_ca: unable to get local issuer certificate (error 20 at depth 0)"},
        {"client_expired", NULL, ALERT_CERTIFICATE_EXPIRED,
         "certificate_expired: certificate has expired (error 10 at depth 0)"},
        {"client_server", NULL, ALERT_UNSUPPORTED_CERTIFICATE,
         "unsupported_certificate: unsuitable certificate purpose (error 26 at depth 0)"},
        {"client_deep", "middle", ALERT_UNKNOWN_CA,
         "unknown_ca: certificate chain too long (error 22 at depth 1)"},
        {"client_deep", NULL, ALERT_UNKNOWN_CA,
         "unknown_ca: unable to get local issuer certificate (error 20 at depth 0)"},
    };

    for (unsigned mode = VERIFY_OPTIONAL; mode <= VERIFY_REQUIRED; mode++) {
        struct config config = asking((enum verify_mode)mode);

        for (size_t i = mode == VERIFY_OPTIONAL ? 1 : 0; i < ARRAY_LEN(cases); i++) {
            struct pair *p = client_comes(&config, cases[i].cert, cases[i].second);
            const char *reason;

            ok(!tls_get_info(p->tls)->established,
               cases[i].cert != NULL ? cases[i].cert : "no certificate");
            is_text(reason_of(p), cases[i].reason, "is told why");
            ok(tls_get_failure(p->tls, &reason) == TLS_FAIL_PEER_CERT, "as the client's fault");
            ok(br_ssl_engine_last_error(&p->client.ssl.eng) ==
                   BR_ERR_RECV_FATAL_ALERT + (int)cases[i].alert,
               "with the alert");
            ok(p->ctx->verify_pool.taken == 0 && p->counters.session_stored == 0,
               "nothing is kept");
            pair_free(p);
        }
    }
    {
        struct config config = asking(VERIFY_REQUIRED);
        struct pair *p;

        config.verify_depth = 1;
        p = client_comes(&config, "client_deep", "middle");
        ok(pair_open(p), "with depth 1 an intermediate may be there");
        pair_free(p);
        /* A certificate of someone else, without its key. */
        p = pair_new(&config);
        client_certificate(&p->client, "client", NULL);
        {
            struct span der = fixture_bytes("client_p384", false);

            p->client.chain[0].data = (unsigned char *)(uintptr_t)der.data;
            p->client.chain[0].data_len = der.len;
        }
        pair_begin(p, "localhost", false);
        pair_pump(p);
        ok(!tls_get_info(p->tls)->established, "a certificate without its key");
        is_text(reason_of(p), "decrypt_error: the client's signature does not verify", "is told");
        pair_free(p);
    }
}

int main(void)
{
    good();
    bad();
    return tap_done();
}
