/* ECDHE_ECDSA is for clients that offer an ECDSA hash, not only 0x08xx schemes. */
#include "pair.h"

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

/* A ClientHello with one suite (ECDHE_ECDSA, AES-128-GCM), P-256, and one
 * signature scheme. Returns the alert of the server. */
static int hello(struct pair *p, struct witness *w, unsigned char hash, unsigned char signature)
{
    unsigned char m[] = {0x16, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3,
                         /* random */
                         1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6, 7,
                         8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0, 2, 0xC0, 0x2B, 1, 0, 0, 16,
                         /* supported_groups, signature_algorithms */
                         0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, hash, signature};
    const unsigned char *buf;
    size_t len;

    m[4] = (unsigned char)(sizeof m - 5);
    m[8] = (unsigned char)(sizeof m - 9);
    w->suites = 0;
    br_ssl_server_set_policy(&p->server, &w->vtable);
    br_ssl_server_reset(&p->server);
    feed_server(p, m, sizeof m);
    buf = br_ssl_engine_sendrec_buf(&p->server.eng, &len);
    return buf != NULL && len == 7 && buf[0] == 21 ? buf[6] : -1;
}

int main(void)
{
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    struct witness w = {&witness_class, 0};

    ok(hello(p, &w, 4, 3) == 40 && w.suites == 1, "with ECDSA and SHA-256 there is a suite");
    ok(hello(p, &w, 8, 4) == 40 && w.suites == 0, "with an RSA-PSS scheme alone there is none");
    pair_free(p);
    return tap_done();
}
