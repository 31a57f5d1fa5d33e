/* The cache makes NewSessionTicket, and is asked for sessions of any ID. */
#include "wire.h"

#define SUITE BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

struct tickets {
    const br_ssl_session_cache_class *vtable;
    unsigned asked, saved;
    size_t id_len;
    bool resume;
};

static void save(const br_ssl_session_cache_class **ctx, br_ssl_server_context *server,
                 const br_ssl_session_parameters *params)
{
    (void)server;
    (void)params;
    ((struct tickets *)ctx)->saved++;
}

static int load(const br_ssl_session_cache_class **ctx, br_ssl_server_context *server,
                br_ssl_session_parameters *params)
{
    struct tickets *t = (struct tickets *)ctx;

    (void)server;
    t->asked++;
    t->id_len = params->session_id_len;
    params->version = 0x0303;
    params->cipher_suite = SUITE;
    memset(params->master_secret, 7, sizeof params->master_secret);
    return t->resume;
}

static size_t ticket(const br_ssl_session_cache_class **ctx, br_ssl_server_context *server,
                     unsigned char *body, size_t max)
{
    (void)ctx;
    (void)server;
    if (max < 500) {
        return 0;
    }
    memset(body, 0x5A, 300);
    return 300;
}

static const br_ssl_session_cache_class with_tickets = {sizeof(struct tickets), save, load, ticket};
static const br_ssl_session_cache_class without = {sizeof(struct tickets), save, load, NULL};

/* A whole handshake of BearSSL's client, which does not know the message. */
static void by_client(struct pair *p, struct flight *f)
{
    size_t len;
    unsigned char *buf;

    f->len = 0;
    f->sealed = false;
    br_ssl_server_reset(&p->server);
    br_ssl_client_reset(&p->client, "localhost", 0);
    for (unsigned i = 0; i < 100; i++) {
        move_bytes(&p->client.eng, &p->server.eng);
        if ((buf = br_ssl_engine_sendrec_buf(&p->server.eng, &len)) != NULL) {
            flight_add(f, buf, len);
            while (br_ssl_engine_sendrec_buf(&p->server.eng, &len) == buf && len > 0) {
                size_t moved = move_bytes(&p->server.eng, &p->client.eng);

                if (moved == 0) {
                    br_ssl_engine_sendrec_ack(&p->server.eng, len);
                }
                buf += moved;
            }
        }
    }
}

int main(void)
{
    struct pair *p = pair_new(SUITE);
    struct tickets t = {&without, 0, 0, 0, false};
    struct flight f;
    const unsigned char *body;
    size_t len;

    br_ssl_server_set_cache(&p->server, &t.vtable);
    ok(pair_handshake(p, 0) && t.saved == 1, "a cache without tickets is as it was");
    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"short", 5, &f);
    ok(t.asked == 0, "and is asked for IDs of 32 bytes alone");

    t.vtable = &with_tickets;
    by_client(p, &f);
    body = flight_find(&f, 4, &len);
    ok(body != NULL && len == 300 && body[0] == 0x5A && body[299] == 0x5A,
       "a full handshake gives the ticket that the cache makes");
    t.resume = true;
    t.asked = 0;
    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"short", 5, &f);
    ok(t.asked == 1 && t.id_len == 5, "the cache is asked for any ID");
    body = flight_find(&f, 2, &len);
    ok(body != NULL && body[34] == 5 && memcmp(body + 35, "short", 5) == 0,
       "the ServerHello repeats it");
    ok(flight_find(&f, 11, &len) == NULL && f.sealed, "the session is resumed");
    ok(flight_find(&f, 4, &len) != NULL && len == 300, "with a new ticket");
    wire_hello(p, SUITE, 0x0403, (const unsigned char *)"", 0, &f);
    body = flight_find(&f, 2, &len);
    ok(body != NULL && body[34] == 0 && f.sealed, "without any ID too");
    pair_free(p);
    return tap_done();
}
