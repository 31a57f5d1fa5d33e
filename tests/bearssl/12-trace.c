/* A witness sees what is sent and received, in the clear, on both sides alike. */
#include "pair.h"

#define MAX_SEEN 4096

struct seen {
    size_t len;
    unsigned records;
    unsigned char bytes[MAX_SEEN];
};

/* By side (0 server, 1 client) and direction (0 received, 1 sent). */
static struct seen seen[2][2];
static const void *client_engine;
static unsigned wrong;

static void watch(const br_ssl_engine_context *engine, int sent, unsigned type, unsigned version,
                  const unsigned char *data, size_t len)
{
    struct seen *s = &seen[engine == client_engine][sent];
    unsigned char head[5] = {(unsigned char)type, (unsigned char)(version >> 8),
                             (unsigned char)version, (unsigned char)(len >> 8), (unsigned char)len};

    if (s->len + sizeof head + len > MAX_SEEN || sent < 0 || sent > 1) {
        wrong++;
        return;
    }
    memcpy(s->bytes + s->len, head, sizeof head);
    memcpy(s->bytes + s->len + sizeof head, data, len);
    s->len += sizeof head + len;
    s->records++;
}

static bool alike(const struct seen *a, const struct seen *b)
{
    return a->len == b->len && a->records == b->records && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool holds(const struct seen *s, const char *text)
{
    return memmem(s->bytes, s->len, text, strlen(text)) != NULL;
}

static void say(br_ssl_engine_context *eng, const char *text)
{
    size_t room;
    unsigned char *buf = br_ssl_engine_sendapp_buf(eng, &room);

    if (buf != NULL && room >= strlen(text)) {
        memcpy(buf, text, strlen(text));
        br_ssl_engine_sendapp_ack(eng, strlen(text));
        br_ssl_engine_flush(eng, 0);
    }
}

static void drop(br_ssl_engine_context *eng)
{
    size_t len;

    if (br_ssl_engine_recvapp_buf(eng, &len) != NULL) {
        br_ssl_engine_recvapp_ack(eng, len);
    }
}

int main(void)
{
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    const struct seen *in = &seen[0][0], *out = &seen[0][1];

    ok(pair_handshake(p, 0), "a handshake that nobody watches");
    client_engine = &p->client.eng;
    p->server.eng.trace = watch;
    p->client.eng.trace = watch;
    pair_handshake(p, 0);
    say(&p->client.eng, "the client speaks");
    say(&p->server.eng, "the server answers");
    pair_pump(p);
    drop(&p->client.eng);
    drop(&p->server.eng);
    br_ssl_engine_close(&p->server.eng);
    pair_pump(p);
    ok(wrong == 0 && in->records > 4 && out->records > 4, "records come in both directions");
    ok(holds(in, "the client speaks") && holds(out, "the server answers"),
       "application data in the clear");
    ok(in->len > 6 && in->bytes[0] == 22 && in->bytes[5] == 1, "the first is the ClientHello");
    ok(out->len > 7 && out->bytes[out->len - 7] == 21 && out->bytes[out->len - 1] == 0,
       "the last is close_notify");
    ok(alike(out, &seen[1][0]), "what the server sends is what the client receives");
    ok(alike(in, &seen[1][1]), "what the client sends is what the server receives");
    pair_free(p);
    return tap_done();
}
