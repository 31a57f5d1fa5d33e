/* Renegotiation: only when tls_renegotiate opens the door, and then whole. */
#include "tap.h"
#include "config/sslop.h"
#include "core/must.h"
#include "tls_fixture.h"

static const char *reason_of(const struct pair *p)
{
    const char *reason;

    tls_get_failure(p->tls, &reason);
    return reason;
}

static struct pair *open_pair(const struct config *config, size_t chunk)
{
    struct pair *p = pair_new(config);

    p->chunk = chunk;
    pair_begin(p, "localhost", false);
    pair_pump(p);
    return p;
}

static void by_chunks(void)
{
    static const size_t chunks[] = {0, 1, 7, 1000};
    struct config config = fixture_config("server_ec", "server_rsa");

    config.session_cache = false;
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        struct pair *p = open_pair(&config, chunks[i]);
        uint8_t before[48];
        bool moved = true;

        ok(pair_open(p) && pair_exchange(p, 5000), "a connection with data");
        memcpy(before, p->tls->v12->server.eng.session.master_secret, sizeof before);
        ok(tls_renegotiate(p->tls, false) == 0, "another handshake is asked for");
        ok(tls_renegotiate(p->tls, false) == -1, "not twice at once");
        pair_pump(p);
        ok(tls_get_info(p->tls)->renegotiations == 1 && tls_get_info(p->tls)->established,
           "it is made");
        is_text(reason_of(p), "", "without a fault");
        ok(memcmp(before, p->tls->v12->server.eng.session.master_secret, sizeof before) != 0,
           "with another secret");
        ok(p->tls->creds == NULL && p->tls->trust == NULL && p->tls->verifier == NULL,
           "and what it needed is given back");
        ok(pair_exchange(p, 40000), "data goes on");
        for (unsigned n = 2; n <= 6 && moved; n++) {
            moved = tls_renegotiate(p->tls, false) == 0;
            pair_pump(p);
            moved = moved && tls_get_info(p->tls)->renegotiations == n && pair_exchange(p, 100);
        }
        ok(moved, "again and again");
        ok(p->counters.handshakes == 1 && p->counters.renegotiations == 6, "all are counted");
        tls_rest(p->tls);
        ok(p->ctx->in_pool.taken == 0 && p->ctx->out_pool.taken == 0, "no buffers stay");
        pair_free(p);
    }
}

static void put(br_ssl_engine_context *eng, const char *text)
{
    size_t room;
    uint8_t *to = br_ssl_engine_sendapp_buf(eng, &room);

    must(to != NULL && room >= strlen(text));
    memcpy(to, text, strlen(text));
    br_ssl_engine_sendapp_ack(eng, strlen(text));
    br_ssl_engine_flush(eng, 0);
}

/* Both sides have data under way when the request is made. */
static void with_data_under_way(void)
{
    struct config config = fixture_config("server_rsa", NULL);
    struct pair *p = open_pair(&config, 0);
    size_t n;
    uint8_t *data;

    put(&p->client.ssl.eng, "from the client");
    data = tls_window(p->tls, TLS_WINDOW_SEND_APP, &n);
    memcpy(data, "from the server", 15);
    tls_advance(p->tls, TLS_WINDOW_SEND_APP, 15);
    ok(tls_renegotiate(p->tls, false) == 0, "asked for with data of ours not even sealed");
    pair_to_server(p);
    data = tls_window(p->tls, TLS_WINDOW_RECV_APP, &n);
    ok(data != NULL && n == 15 && memcmp(data, "from the client", 15) == 0,
       "the client's data arrives");
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 0, "no handshake over unread data");
    tls_advance(p->tls, TLS_WINDOW_RECV_APP, n);
    pair_to_client(p);
    data = br_ssl_engine_recvapp_buf(&p->client.ssl.eng, &n);
    ok(data != NULL && n == 15 && memcmp(data, "from the server", 15) == 0, "and ours");
    br_ssl_engine_recvapp_ack(&p->client.ssl.eng, n);
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 1, "then the handshake is made");
    ok(pair_exchange(p, 1000), "data goes on");
    pair_free(p);
}

/* Data that the client sends between our request and its hello. */
static void data_in_between(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = open_pair(&config, 0);
    size_t n;
    uint8_t *data;

    put(&p->client.ssl.eng, "sent before the request came");
    tls_renegotiate(p->tls, false);
    ok((tls_state(p->tls) & TLS_SEND_REC) != 0, "the request is on its way");
    pair_to_server(p);
    data = tls_window(p->tls, TLS_WINDOW_RECV_APP, &n);
    ok(data != NULL && n == 28, "data that comes against it is taken");
    tls_advance(p->tls, TLS_WINDOW_RECV_APP, n);
    while (pair_to_client(p)) {
    }
    data = tls_window(p->tls, TLS_WINDOW_SEND_APP, &n);
    ok(data != NULL, "and data may be given until the client answers");
    memcpy(data, "late", 4);
    tls_advance(p->tls, TLS_WINDOW_SEND_APP, 4);
    while (pair_to_server(p)) {
    }
    ok((tls_state(p->tls) & TLS_SEND_REC) == 0, "its hello waits for what is not sealed yet");
    tls_flush(p->tls);
    data = tls_window(p->tls, TLS_WINDOW_SEND_REC, &n);
    ok(data != NULL && n > 5 && n < 50 && data[0] == 23, "which goes out first");
    tls_advance(p->tls, TLS_WINDOW_SEND_REC, n);
    data = tls_window(p->tls, TLS_WINDOW_SEND_REC, &n);
    ok(data != NULL && n > 50 && data[0] == 22, "then the handshake");
    ok(tls_window(p->tls, TLS_WINDOW_SEND_APP, &n) == NULL, "and no data in the midst of it");
    pair_free(p);
}

static void with_certificate(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p;

    config.cafile = "ca_ec";
    config.verify = VERIFY_OPTIONAL;
    config.verify_return_error = true;
    p = open_pair(&config, 0);
    ok(tls_get_info(p->tls)->verdict == TLS_PEER_NONE, "no certificate at first");
    client_certificate(&p->client, "client", NULL);
    ok(tls_renegotiate(p->tls, true) == 0, "asked for again");
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 1 &&
           tls_get_info(p->tls)->verdict == TLS_PEER_TRUSTED,
       "then it comes, and is good");
    ok(tls_get_info(p->tls)->peer_subject[0] != '\0', "with its subject");
    ok(pair_exchange(p, 1000), "data goes on");
    pair_free(p);

    p = open_pair(&config, 0);
    client_certificate(&p->client, "client_wrong", NULL);
    tls_renegotiate(p->tls, true);
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 0 && (tls_state(p->tls) & TLS_CLOSED) != 0,
       "a bad one ends the connection");
    pair_free(p);

    config.cafile = "";
    config.verify = VERIFY_NONE;
    config.verify_return_error = false;
    p = open_pair(&config, 0);
    client_certificate(&p->client, "client", NULL);
    ok(tls_get_info(p->tls)->verdict == TLS_PEER_NOT_ASKED, "where none is asked for");
    ok(tls_renegotiate(p->tls, true) == 0, "the console may ask");
    pair_pump(p);
    is_text(reason_of(p), "", "no fault");
    ok(tls_get_info(p->tls)->renegotiations == 1 &&
           tls_get_info(p->tls)->verdict == TLS_PEER_REFUSED,
       "nobody is trusted then, which is told and tolerated");
    ok(pair_exchange(p, 1000), "data goes on");
    pair_free(p);
}

static void resumed(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = open_pair(&config, 0);

    tls_renegotiate(p->tls, false);
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 1, "with a session to resume");
    ok(tls_get_info(p->tls)->resumed, "it is resumed");
    ok(pair_exchange(p, 1000), "data goes on");
    tls_renegotiate(p->tls, true);
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 2 && !tls_get_info(p->tls)->resumed,
       "but not where a certificate is asked for");
    config.options = SSLOP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION;
    tls_renegotiate(p->tls, false);
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 3 && !tls_get_info(p->tls)->resumed,
       "nor where the option forbids it");
    pair_free(p);
}

static void refused(void)
{
    struct config config = fixture_config("server_ec", NULL);
    struct pair *p = pair_new(&config);

    pair_begin(p, "localhost", false);
    ok(tls_renegotiate(p->tls, false) == -1, "not before the first handshake");
    pair_pump(p);
    ok(br_ssl_engine_renegotiate(&p->client.ssl.eng) == 1, "a client that begins one");
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 0, "gets none");
    pair_free(p);

    p = open_pair(&config, 0);
    p->tls->v12->server.eng.saved_finished[3] ^= 1;
    tls_renegotiate(p->tls, false);
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 0, "a hello that belongs to another connection");
    is_text(reason_of(p),
            "handshake_failure: renegotiation_info: does not belong to this connection", "is told");
    pair_free(p);

    p = open_pair(&config, 0);
    p->client.ssl.eng.reneg = 0; /* it sends an empty renegotiation_info then */
    tls_renegotiate(p->tls, false);
    pair_pump(p);
    ok(tls_get_info(p->tls)->renegotiations == 0 && (tls_state(p->tls) & TLS_CLOSED) != 0,
       "one that does not say to which it belongs");
    pair_free(p);

    p = open_pair(&config, 0);
    p->tls->info.ems = true; /* as if the first handshake had had it */
    tls_renegotiate(p->tls, false);
    pair_pump(p);
    is_text(reason_of(p),
            "handshake_failure: a renegotiation without the extended master secret of before",
            "nor one that drops the extended master secret");
    pair_free(p);

    p = open_pair(&config, 0);
    p->tls->v12->server.eng.reneg = 1;
    ok(tls_renegotiate(p->tls, false) == -1, "a client that cannot bind the two handshakes");
    p->tls->v12->server.eng.reneg = 2;
    tls_close(p->tls);
    ok(tls_renegotiate(p->tls, false) == -1, "a connection that closes");
    pair_free(p);
}

int main(void)
{
    by_chunks();
    with_data_under_way();
    data_in_between();
    with_certificate();
    resumed();
    refused();
    return tap_done();
}
