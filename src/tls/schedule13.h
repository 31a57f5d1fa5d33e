/*
 * The key schedule of TLS 1.3 (RFC 8446, section 7) and the transcript hash
 * (section 4.4.1), for SHA-256 and SHA-384. Pure values in the caller's memory,
 * who wipes them. Secrets are hash_len bytes in arrays of 48.
 */
#ifndef TINY_TLS_SCHEDULE13_H
#define TINY_TLS_SCHEDULE13_H

#include "core/bytes.h"

#include <bearssl.h>

#define HASH13_MAX 48

/* ---- transcript ---------------------------------------------------------- */

struct transcript13 {
    br_hash_compat_context hash; /* of the class that was begun with */
};

/* The hash of a suite: 0x1302 has SHA-384, the others SHA-256. */
const br_hash_class *hash13_of_suite(uint16_t suite);
size_t hash13_len(const br_hash_class *hash);

void transcript13_begin(struct transcript13 *t, const br_hash_class *hash);
void transcript13_add(struct transcript13 *t, struct span bytes);
/* The hash so far; more may be added. */
void transcript13_now(const struct transcript13 *t, uint8_t out[HASH13_MAX]);
/* After the first ClientHello, for a HelloRetryRequest: what was added becomes
 * one message_hash message (section 4.4.1). */
void transcript13_retry(struct transcript13 *t);

/* ---- secrets ------------------------------------------------------------- */

struct schedule13 {
    const br_hash_class *hash;
    uint8_t secret[HASH13_MAX]; /* Early, Handshake, then Master Secret */
};

/* HKDF-Expand-Label; label without "tls13 ", context may be empty. len <= 255 * hash. */
void expand_label13(const br_hash_class *hash, const uint8_t *secret, const char *label,
                    struct span context, uint8_t *out, size_t len);

/* psk empty: none (zeros). */
void schedule13_begin(struct schedule13 *s, const br_hash_class *hash, struct span psk);
/* To the next stage: with the (EC)DHE secret to the Handshake Secret (empty: psk_ke),
 * then with an empty input to the Master Secret. */
void schedule13_next(struct schedule13 *s, struct span input);
/* Derive-Secret; transcript_hash NULL: of the empty string. */
void schedule13_derive(const struct schedule13 *s, const char *label,
                       const uint8_t *transcript_hash, uint8_t out[HASH13_MAX]);

/* verify_data of Finished, or a PSK binder, whose "base key" is given (section 4.4.4). */
void finished13(const br_hash_class *hash, const uint8_t *base_key, const uint8_t *transcript_hash,
                uint8_t out[HASH13_MAX]);
/* The base key of a binder; external: "ext binder", else "res binder". */
void binder_key13(const br_hash_class *hash, struct span psk, bool external,
                  uint8_t out[HASH13_MAX]);
/* The PSK of a ticket: resumption master secret and ticket_nonce (section 4.6.1). */
void ticket_psk13(const br_hash_class *hash, const uint8_t *resumption, struct span nonce,
                  uint8_t out[HASH13_MAX]);
/* Exported key material (section 7.5). */
void export13(const br_hash_class *hash, const uint8_t *exporter_master, const char *label,
              struct span context, uint8_t *out, size_t len);

#endif
