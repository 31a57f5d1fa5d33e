#include "tls/schedule13.h"
#include "core/build.h"

#include "core/must.h"
#include "crypto/crypto.h"
#include "crypto/hkdf.h"

#include <string.h>

#define MESSAGE_HASH 254 /* a handshake type that stands only in the transcript */

#define PREFIX "tls13 "

static const struct span nothing = {(const uint8_t *)"", 0};

const br_hash_class *hash13_of_suite(uint16_t suite)
{
    return TINY_COMFORT && suite == 0x1302 ? &br_sha384_vtable : crypto_sha256();
}

size_t hash13_len(const br_hash_class *hash)
{
    return hash->desc >> BR_HASHDESC_OUT_OFF & BR_HASHDESC_OUT_MASK;
}

void transcript13_begin(struct transcript13 *t, const br_hash_class *hash)
{
    hash->init(&t->hash.vtable);
}

void transcript13_add(struct transcript13 *t, struct span bytes)
{
    t->hash.vtable->update(&t->hash.vtable, bytes.data, bytes.len);
}

void transcript13_now(const struct transcript13 *t, uint8_t out[HASH13_MAX])
{
    t->hash.vtable->out(&t->hash.vtable, out);
}

void transcript13_retry(struct transcript13 *t)
{
    const br_hash_class *hash = t->hash.vtable;
    uint8_t message[4 + HASH13_MAX] = {MESSAGE_HASH, 0, 0, (uint8_t)hash13_len(hash)};

    transcript13_now(t, message + 4);
    transcript13_begin(t, hash);
    transcript13_add(t, span_of(message, 4 + hash13_len(hash)));
}

static void hash_of(const br_hash_class *hash, struct span bytes, uint8_t out[HASH13_MAX])
{
    struct transcript13 t;

    transcript13_begin(&t, hash);
    transcript13_add(&t, bytes);
    transcript13_now(&t, out);
    bytes_wipe(&t, sizeof t);
}

void expand_label13(const br_hash_class *hash, const uint8_t *secret, const char *label,
                    struct span context, uint8_t *out, size_t len)
{
    uint8_t info[2 + 1 + 255 + 1 + 255];
    size_t named = sizeof PREFIX - 1 + strlen(label), at = 3;

    must(named <= 255 && context.len <= 255);
    put_u16(info, (uint32_t)len);
    info[2] = (uint8_t)named;
    memcpy(info + at, PREFIX, sizeof PREFIX - 1);
    memcpy(info + at + sizeof PREFIX - 1, label, named - (sizeof PREFIX - 1));
    at += named;
    info[at++] = (uint8_t)context.len;
    if (context.len > 0) {
        memcpy(info + at, context.data, context.len);
    }
    hkdf_expand(hash, span_of(secret, hash13_len(hash)), span_of(info, at + context.len), out, len);
}

/* No input counts as zeros. */
static void extract(struct schedule13 *s, struct span salt, struct span input)
{
    static const uint8_t zeros[HASH13_MAX];

    hkdf_extract(s->hash, salt, input.len > 0 ? input : span_of(zeros, hash13_len(s->hash)),
                 s->secret);
}

void schedule13_begin(struct schedule13 *s, const br_hash_class *hash, struct span psk)
{
    s->hash = hash;
    extract(s, nothing, psk);
}

void schedule13_next(struct schedule13 *s, struct span input)
{
    uint8_t salt[HASH13_MAX];

    schedule13_derive(s, "derived", NULL, salt);
    extract(s, span_of(salt, hash13_len(s->hash)), input);
    bytes_wipe(salt, sizeof salt);
}

/* Derive-Secret from any secret. */
static void derive(const br_hash_class *hash, const uint8_t *secret, const char *label,
                   const uint8_t *transcript_hash, uint8_t out[HASH13_MAX])
{
    uint8_t empty[HASH13_MAX];

    if (transcript_hash == NULL) {
        hash_of(hash, nothing, empty);
        transcript_hash = empty;
    }
    expand_label13(hash, secret, label, span_of(transcript_hash, hash13_len(hash)), out,
                   hash13_len(hash));
}

void schedule13_derive(const struct schedule13 *s, const char *label,
                       const uint8_t *transcript_hash, uint8_t out[HASH13_MAX])
{
    derive(s->hash, s->secret, label, transcript_hash, out);
}

void finished13(const br_hash_class *hash, const uint8_t *base_key, const uint8_t *transcript_hash,
                uint8_t out[HASH13_MAX])
{
    uint8_t key[HASH13_MAX];
    size_t len = hash13_len(hash);

    expand_label13(hash, base_key, "finished", nothing, key, len);
    hkdf_extract(hash, span_of(key, len), span_of(transcript_hash, len), out); /* is HMAC */
    bytes_wipe(key, sizeof key);
}

void binder_key13(const br_hash_class *hash, struct span psk, bool external,
                  uint8_t out[HASH13_MAX])
{
    struct schedule13 s;

    schedule13_begin(&s, hash, psk);
    schedule13_derive(&s, external ? "ext binder" : "res binder", NULL, out);
    bytes_wipe(&s, sizeof s);
}

void ticket_psk13(const br_hash_class *hash, const uint8_t *resumption, struct span nonce,
                  uint8_t out[HASH13_MAX])
{
    expand_label13(hash, resumption, "resumption", nonce, out, hash13_len(hash));
}

void export13(const br_hash_class *hash, const uint8_t *exporter_master, const char *label,
              struct span context, uint8_t *out, size_t len)
{
    uint8_t secret[HASH13_MAX], digest[HASH13_MAX];

    derive(hash, exporter_master, label, NULL, secret);
    hash_of(hash, context, digest);
    expand_label13(hash, secret, "exporter", span_of(digest, hash13_len(hash)), out, len);
    bytes_wipe(secret, sizeof secret);
}
