/* ECDHE_RSA is for clients with RSASSA-PSS schemes, too. */
#include "wire.h"

/* A policy that only looks at what the library offers it. */
struct witness {
    const br_ssl_server_policy_class *vtable;
    size_t suites;
};

static int choose(const br_ssl_server_policy_class **policy, const br_ssl_server_context *server,
                  br_ssl_server_choices *choices)
{
    (void)choices;
    br_ssl_server_get_client_suites(server, &((struct witness *)policy)->suites);
    return 0;
}

static const br_ssl_server_policy_class witness_class = {.context_size = sizeof(struct witness),
                                                         .choose = choose};

static size_t suites_for(struct pair *p, struct witness *w, uint16_t suite, uint16_t scheme)
{
    struct flight f;

    w->suites = 0;
    wire_hello(p, suite, scheme, (const unsigned char *)"", 0, &f);
    return w->suites;
}

int main(void)
{
    const uint16_t rsa = BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    struct pair *p = pair_new(rsa);
    struct witness w = {&witness_class, 0};

    br_ssl_server_set_policy(&p->server, &w.vtable);
    ok(suites_for(p, &w, rsa, 0x0401) == 1, "with rsa_pkcs1_sha256 there is a suite");
    ok(suites_for(p, &w, rsa, 0x0804) == 1, "with rsa_pss_rsae_sha256");
    ok(suites_for(p, &w, rsa, 0x0806) == 1, "with rsa_pss_rsae_sha512");
    ok(suites_for(p, &w, rsa, 0x0807) == 0, "not with ed25519");
    ok(suites_for(p, &w, rsa, 0x0809) == 0, "nor with PSS for keys of its own");
    pair_free(p);
    return tap_done();
}
