#include "tls/internal.h"

#include "core/build.h"
#include "core/must.h"

static struct handshake13 *handshake(const struct tls *t)
{
    must(t->v13.handshake != NULL);
    return t->v13.handshake;
}

/* For the key log, where somebody keeps one. */
static void tell(struct tls *t, const char *label, const uint8_t *secret)
{
    if (TINY_STANDIN && t->watching != NULL) {
        watch_secret(t, label, span_of(secret, hash13_len(hash13_of_suite(t->choice.suite))));
    }
}

static void begin(const struct tls *t, struct handshake13 *hs)
{
    schedule13_begin(&hs->schedule, hash13_of_suite(t->choice.suite),
                     span_of(hs->psk.secret, hs->psk.chosen ? hs->psk.secret_len : 0));
}

void keys13_early(struct tls *t)
{
    struct handshake13 *hs = handshake(t);
    uint8_t digest[HASH13_MAX], secret[HASH13_MAX];

    begin(t, hs);
    transcript13_now(&hs->transcript, digest);
    schedule13_derive(&hs->schedule, "c e traffic", digest, secret);
    record13_set(&t->v13.read, t->choice.suite, secret);
    tell(t, "CLIENT_EARLY_TRAFFIC_SECRET", secret);
    bytes_wipe(secret, sizeof secret);
}

void keys13_handshake(struct tls *t)
{
    struct handshake13 *hs = handshake(t);
    uint8_t digest[HASH13_MAX];

    begin(t, hs);
    schedule13_next(&hs->schedule, span_of(hs->kex.secret, hs->kex.secret_len));
    bytes_wipe(hs->kex.secret, sizeof hs->kex.secret);
    bytes_wipe(hs->psk.secret, sizeof hs->psk.secret);
    hs->kex.secret_len = hs->psk.secret_len = 0;
    transcript13_now(&hs->transcript, digest);
    schedule13_derive(&hs->schedule, "c hs traffic", digest, hs->client_secret);
    schedule13_derive(&hs->schedule, "s hs traffic", digest, hs->server_secret);
    record13_set(&t->v13.write, t->choice.suite, hs->server_secret);
    if (!hs->psk.early) {
        keys13_early_ends(t);
    }
    tell(t, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", hs->client_secret);
    tell(t, "SERVER_HANDSHAKE_TRAFFIC_SECRET", hs->server_secret);
}

void keys13_early_ends(struct tls *t)
{
    record13_set(&t->v13.read, t->choice.suite, handshake(t)->client_secret);
}

void keys13_finished(struct tls *t, bool ours, uint8_t out[HASH13_MAX])
{
    struct handshake13 *hs = handshake(t);
    uint8_t digest[HASH13_MAX];

    transcript13_now(&hs->transcript, digest);
    finished13(hash13_of_suite(t->choice.suite), ours ? hs->server_secret : hs->client_secret,
               digest, out);
}

void keys13_application(struct tls *t)
{
    struct handshake13 *hs = handshake(t);
    uint8_t digest[HASH13_MAX], secret[HASH13_MAX];

    bytes_wipe(hs->server_secret, sizeof hs->server_secret);
    schedule13_next(&hs->schedule, span_of(NULL, 0));
    transcript13_now(&hs->transcript, digest);
    schedule13_derive(&hs->schedule, "c ap traffic", digest, hs->client_application);
    schedule13_derive(&hs->schedule, "s ap traffic", digest, secret);
    record13_set(&t->v13.write, t->choice.suite, secret);
    tell(t, "CLIENT_TRAFFIC_SECRET_0", hs->client_application);
    tell(t, "SERVER_TRAFFIC_SECRET_0", secret);
    bytes_wipe(secret, sizeof secret);
    if (TINY_STANDIN && t->watching != NULL) { /* nobody else exports */
        schedule13_derive(&hs->schedule, "exp master", digest, t->v13.exporter);
        tell(t, "EXPORTER_SECRET", t->v13.exporter);
    }
}

void keys13_finish(struct tls *t)
{
    struct handshake13 *hs = handshake(t);
    uint8_t digest[HASH13_MAX];

    transcript13_now(&hs->transcript, digest);
    schedule13_derive(&hs->schedule, "res master", digest, t->v13.resumption);
    record13_set(&t->v13.read, t->choice.suite, hs->client_application);
    bytes_wipe(&hs->schedule, sizeof hs->schedule);
    bytes_wipe(hs->client_secret, sizeof hs->client_secret);
    bytes_wipe(hs->client_application, sizeof hs->client_application);
}

bool keys13_export(const struct tls *t, const char *label, struct span context, uint8_t *out,
                   size_t len)
{
    const br_hash_class *hash = hash13_of_suite(t->choice.suite);

    if (t->v13.state != STATE13_OPEN || t->watching == NULL || len > 255 * hash13_len(hash)) {
        return false;
    }
    export13(hash, t->v13.exporter, label, context, out, len);
    return true;
}
