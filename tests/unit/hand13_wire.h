/*
 * What the TLS 1.3 client by hand (hand13.h) sends: records under its keys, in the
 * clear, too long, in pieces; and its keys.
 */
#ifndef TINY_TESTS_HAND13_WIRE_H
#define TINY_TESTS_HAND13_WIRE_H

#include "hand13_hello.h"

/* ---- to the server ------------------------------------------------------- */

/* One record of these contents under the keys of now, added to out. */
static inline void hand13_record(struct hand13 *c, uint8_t type, struct span contents)
{
    uint8_t *record = c->out + c->out_len;

    if (sizeof c->out - c->out_len < contents.len + RECORD13_OVERHEAD + c->padding) {
        abort();
    }
    if (contents.len > 0) {
        memcpy(record + RECORD13_HEADER, contents.data, contents.len);
    }
    c->out_len +=
        record13_seal(&c->write, type, record, contents.len, c->write.suite != 0 ? c->padding : 0);
}

/* The same where record13_seal would not make so long a record; AES-128-GCM, by BearSSL. */
static inline void hand13_long_record(struct hand13 *c, uint8_t type, size_t zeros, size_t padding)
{
    uint8_t *record = c->out + c->out_len, nonce[12];
    size_t len = zeros + 1 + padding;
    br_aes_ct_ctr_keys aes;
    br_gcm_context gcm;

    memset(record, 0, RECORD13_HEADER + len);
    record[0] = RECORD_DATA;
    put_u16(record + 1, 0x0303);
    put_u16(record + 3, (uint32_t)(len + RECORD13_TAG));
    record[RECORD13_HEADER + zeros] = type;
    memcpy(nonce, c->write.iv, sizeof nonce);
    for (unsigned i = 0; i < 8; i++) {
        nonce[11 - i] ^= (uint8_t)(c->write.sequence >> 8 * i);
    }
    br_aes_ct_ctr_init(&aes, c->write.key, 16);
    br_gcm_init(&gcm, &aes.vtable, br_ghash_ctmul);
    br_gcm_reset(&gcm, nonce, sizeof nonce);
    br_gcm_aad_inject(&gcm, record, RECORD13_HEADER);
    br_gcm_flip(&gcm);
    br_gcm_run(&gcm, 1, record + RECORD13_HEADER, len);
    br_gcm_get_tag(&gcm, record + RECORD13_HEADER + len);
    c->write.sequence++;
    c->out_len += RECORD13_HEADER + len + RECORD13_TAG;
}

/* A record in the clear whatever the keys are. */
static inline void hand13_clear(struct hand13 *c, uint8_t type, struct span contents)
{
    c->out[c->out_len] = type;
    put_u16(c->out + c->out_len + 1, 0x0303);
    put_u16(c->out + c->out_len + 3, (uint32_t)contents.len);
    memcpy(c->out + c->out_len + 5, contents.data, contents.len);
    c->out_len += 5 + contents.len;
}

static inline void hand13_put(struct hand13 *c, const struct hand13_odd *odd)
{
    if (odd->clear) {
        hand13_clear(c, odd->type, odd->contents);
    } else {
        hand13_record(c, odd->type, odd->contents);
    }
}

/* Bytes in records of at most c->split bytes. */
static inline void hand13_send(struct hand13 *c, uint8_t type, struct span bytes)
{
    size_t most = c->split != 0 ? c->split : RECORD13_MAX_PLAIN;

    for (size_t done = 0; done < bytes.len;) {
        size_t n = bytes.len - done < most ? bytes.len - done : most;

        n = done == 0 && type == RECORD_HANDSHAKE && c->cut != 0 && c->cut < n ? c->cut : n;

        hand13_record(c, type, span_of(bytes.data + done, n));
        done += n;
        if (c->between != NULL) {
            hand13_put(c, c->between);
            c->between = NULL;
        }
    }
}

static inline size_t hand13_inject(struct hand13 *c, struct span bytes)
{
    size_t done = 0;

    while (done < bytes.len && (tls_state(c->tls) & TLS_RECV_REC) != 0) {
        size_t room;
        uint8_t *w = tls_window(c->tls, TLS_WINDOW_RECV_REC, &room);
        size_t n = bytes.len - done < room ? bytes.len - done : room;

        n = c->chunk != 0 && c->chunk < n ? c->chunk : n;
        if (w == NULL) {
            break;
        }
        memcpy(w, bytes.data + done, n);
        tls_advance(c->tls, TLS_WINDOW_RECV_REC, n);
        done += n;
    }
    return done;
}

/* Gives what was made to the server. */
static inline void hand13_deliver(struct hand13 *c)
{
    size_t done = hand13_inject(c, span_of(c->out, c->out_len));

    memmove(c->out, c->out + done, c->out_len - done);
    c->out_len -= done;
}

/* ---- keys ---------------------------------------------------------------- */

static inline void hand13_now(const struct hand13 *c, uint8_t out[HASH13_MAX])
{
    transcript13_now(&c->transcript, out);
}

static inline void hand13_set(struct hand13 *c, struct record13 *r, const uint8_t *secret)
{
    record13_set(r, c->suite, secret);
}

/* client_early_traffic_secret of the first PSK, to write with. */
static inline void hand13_early_keys(struct hand13 *c)
{
    const struct hand13_psk *psk = &c->says.psks[0];
    const br_hash_class *hash = hash13_of_suite(psk->suite);
    uint8_t digest[HASH13_MAX], secret[HASH13_MAX];
    struct transcript13 t;
    struct schedule13 s;

    transcript13_begin(&t, hash);
    transcript13_add(&t, span_of(c->hello, c->hello_len));
    transcript13_now(&t, digest);
    schedule13_begin(&s, hash, span_of(psk->secret, psk->secret_len));
    schedule13_derive(&s, "c e traffic", digest, secret);
    record13_set(&c->write, psk->suite, secret);
}

static inline void hand13_handshake_keys(struct hand13 *c, struct span secret)
{
    const struct hand13_psk *psk = c->psk_index >= 0 ? &c->says.psks[c->psk_index] : NULL;
    uint8_t digest[HASH13_MAX];

    schedule13_begin(&c->schedule, c->hash,
                     psk != NULL ? span_of(psk->secret, psk->secret_len) : span_of(NULL, 0));
    schedule13_next(&c->schedule, secret);
    memcpy(c->shared, secret.data, secret.len);
    memcpy(c->handshake_secret, c->schedule.secret, HASH13_MAX);
    hand13_now(c, digest);
    schedule13_derive(&c->schedule, "c hs traffic", digest, c->client_secret);
    schedule13_derive(&c->schedule, "s hs traffic", digest, c->server_secret);
    hand13_set(c, &c->read, c->server_secret);
}

/* After the server's Finished. */
static inline void hand13_application_keys(struct hand13 *c)
{
    hand13_now(c, c->master_hash);
    schedule13_next(&c->schedule, span_of(NULL, 0));
    schedule13_derive(&c->schedule, "c ap traffic", c->master_hash, c->client_application);
    schedule13_derive(&c->schedule, "s ap traffic", c->master_hash, c->server_application);
    schedule13_derive(&c->schedule, "exp master", c->master_hash, c->exporter);
    hand13_set(c, &c->read, c->server_application);
}

#endif
