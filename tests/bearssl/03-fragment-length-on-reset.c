/* What one client negotiated about fragment lengths does not reach the next. */
#include "pair.h"

int main(void)
{
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    size_t small = 1024 + 325;

    br_ssl_engine_set_buffers_bidi(&p->client.eng, p->cbuf, small, p->cbuf + small, small);
    ok(pair_handshake(p, 0), "a client with small buffers");
    ok(p->server.eng.peer_log_max_frag_len == 10, "has negotiated fragments of 1024 bytes");

    br_ssl_engine_set_buffer(&p->client.eng, p->cbuf, BR_SSL_BUFSIZE_BIDI, 1);
    ok(pair_handshake(p, 0), "a client with big buffers on the same context");
    ok(p->server.eng.peer_log_max_frag_len == 0 && p->server.eng.max_frag_len == 16384,
       "gets fragments of 16384 bytes");
    pair_free(p);
    return tap_done();
}
