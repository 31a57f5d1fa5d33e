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
        {NULL, NULL, ALERT_HANDSHAKE_FAILURE,
         "handshake_failure: the peer did not return a certificate"},
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

/* As -verify does it: told of, let in, never trusted; but the key must be held. */
static void tolerated(void)
{
    static const char *const names[] = {"client_wrong", "client_expired", "client_server",
                                        "client_deep", "client"};
    struct config config = asking(VERIFY_REQUIRED);

    config.verify_return_error = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct pair *p = client_comes(&config, names[i], NULL);
        bool good = strcmp(names[i], "client") == 0;

        ok(pair_open(p) && pair_exchange(p, 1000), names[i]);
        ok(tls_get_info(p->tls)->verdict == (good ? TLS_PEER_TRUSTED : TLS_PEER_REFUSED),
           "what is found");
        ok(tls_get_info(p->tls)->peer_subject[0] != '\0', "and who it is");
        pair_begin(p, "localhost", true);
        pair_pump(p);
        ok(pair_open(p) && tls_get_info(p->tls)->resumed &&
               tls_get_info(p->tls)->verdict == (good ? TLS_PEER_TRUSTED : TLS_PEER_REFUSED),
           "also when it comes again");
        pair_free(p);
    }
    config.verify_error_depth = 0;
    config.verify_depth = 1;
    config.cafile = "other_ca";
    {
        struct pair *p = client_comes(&config, "client_deep", "middle");

        ok(!tls_get_info(p->tls)->established, "an error deeper than is tolerated");
        is_text(reason_of(p),
                "unknown_ca: unable to get local issuer certificate (error 20 at depth 1)", "told");
        pair_free(p);
    }
}

/* What a client may send of certificates. */
static void limits(void)
{
    struct config config = asking(VERIFY_REQUIRED);
    struct anchor_set *anchors = anchor_set_load(&config, 0);
    struct verifier *v = malloc(verify_size());
    const br_x509_class **hook = verify_class(v);
    struct span cert = fixture_bytes("client", false);
    enum alert alert;
    const char *reason;

    for (unsigned most = 64; most <= 65; most++) {
        verify_begin(v, anchors, &config, 1700000000);
        (*hook)->start_chain(hook, NULL);
        for (unsigned i = 0; i < most; i++) {
            (*hook)->start_cert(hook, (uint32_t)cert.len);
            (*hook)->append(hook, cert.data, cert.len);
            (*hook)->end_cert(hook);
        }
        ok(((*hook)->end_chain(hook) == 0) == (most == 64) &&
               (verify_outcome(v, &alert, &reason) == VERIFY_GOOD) == (most == 64),
           "certificates in number");
    }
    for (uint32_t more = 0; more <= 1; more++) {
        verify_begin(v, anchors, &config, 1700000000);
        (*hook)->start_chain(hook, NULL);
        (*hook)->start_cert(hook, (uint32_t)cert.len);
        (*hook)->append(hook, cert.data, cert.len);
        (*hook)->end_cert(hook);
        (*hook)->start_cert(hook, VERIFY_MAX_CHAIN - (uint32_t)cert.len + more);
        for (uint32_t i = 0; i < VERIFY_MAX_CHAIN - cert.len + more; i++) {
            (*hook)->append(hook, (const uint8_t *)"", 1);
        }
        (*hook)->end_cert(hook);
        ok(((*hook)->end_chain(hook) == 0) == (more == 0), "and in bytes");
        ok(verify_used(v) <= verify_size(), "never more");
    }
    verify_begin(v, anchors, &config, 1700000000);
    (*hook)->start_chain(hook, NULL);
    ok((*hook)->end_chain(hook) != 0, "none at all");
    free(v);
    anchor_set_free(anchors);
}

int main(void)
{
    good();
    bad();
    tolerated();
    limits();
    return tap_done();
}
