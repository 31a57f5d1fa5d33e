/* A resumed handshake whose ALPN names match nothing ends like a full one. */
#include "pair.h"

int main(void)
{
    static const char *server_names[] = {"http/1.1"};
    static const char *client_names[] = {"no-such-protocol"};
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    br_ssl_session_cache_lru cache;
    unsigned char store[1000];

    br_ssl_session_cache_lru_init(&cache, store, sizeof store);
    br_ssl_server_set_cache(&p->server, &cache.vtable);
    br_ssl_engine_set_protocol_names(&p->server.eng, server_names, 1);
    ok(pair_handshake(p, 0), "a first handshake without ALPN");

    br_ssl_engine_set_protocol_names(&p->client.eng, client_names, 1);
    ok(pair_handshake(p, 1), "a resumed one with a name that does not match");
    ok(br_ssl_engine_get_selected_protocol(&p->server.eng) == NULL, "no protocol is selected");

    br_ssl_engine_add_flags(&p->server.eng, BR_OPT_FAIL_ON_ALPN_MISMATCH);
    ok(!pair_handshake(p, 1), "where a match is demanded the resumed handshake fails");
    ok(br_ssl_engine_last_error(&p->client.eng) == BR_ERR_RECV_FATAL_ALERT + 120,
       "with the alert no_application_protocol");
    pair_free(p);
    return tap_done();
}
