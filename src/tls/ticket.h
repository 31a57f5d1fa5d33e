/*
 * Session tickets (RFC 5077; RFC 8446, section 4.6.1): a session in a form that the
 * client keeps and only a server with the same key can read or make. The keys come from files
 * or are made at random and change with time; the first one seals, all open.
 * Keys lie in memory of the caller, who wipes it. Nothing here knows of
 * handshakes: whether the session inside may be resumed is the caller's question.
 *
 * A ticket is the key's name (16 bytes), a random salt (32), the session,
 * sealed with ChaCha20-Poly1305 under HMAC-SHA256(key, salt), and the tag (16).
 * TLS 1.3's hold more, and are sealed with another nonce: no ticket opens as one of the
 * other kind.
 */
#ifndef TINY_TLS_TICKET_H
#define TINY_TLS_TICKET_H

#include "config/config.h"
#include "core/text.h"
#include "tls/session.h"

#include <bearssl.h>

#define TICKET_KEYS_MAX 16
#define TICKET_MAX      (16 + 32 + 128 + 24 + TLS_SUBJECT_MAX + 16)

struct ticket_key {
    uint8_t name[16]; /* in front of each ticket; tells nothing of the secret */
    uint8_t secret[32];
};

struct ticket_keys {
    struct ticket_key keys[TICKET_KEYS_MAX];
    size_t count;
    bool random; /* made here, not read from files */
    uint64_t made_ms;
};

/*
 * Adds the keys of a file's bytes: 48 or 80 of them as nginx has it, or lines
 * of base64 with as many, as HAProxy has it. data is written to. 0, or -1 with a
 * sentence added to *error.
 */
int ticket_keys_add(struct ticket_keys *keys, uint8_t *data, size_t len, struct text *error);
/* Fills *keys, which is empty, from these files in their order. -1 after telling why by
 * log_line; then nothing is in it. */
int ticket_keys_load(struct ticket_keys *keys, const struct string_list *files);
/* Puts a random key first; only the one before it stays. */
void ticket_keys_rotate(struct ticket_keys *keys, br_hmac_drbg_context *rng, uint64_t now_ms);

/*
 * A session that is resumed by ticket ends when one in the cache would: what a
 * ticket holds is when the session was first made. So session->created_ms says
 * that on the monotonic clock, both before ticket_seal and after ticket_open;
 * now_ms and now_s are the same moment on both clocks.
 *
 * ticket_seal returns the ticket's length, at most TICKET_MAX; 0 without a key. A
 * session of version 0x0304 goes into a ticket of TLS 1.3.
 */
size_t ticket_seal(const struct ticket_keys *keys, const struct session *session, uint64_t now_ms,
                   int64_t now_s, br_hmac_drbg_context *rng, uint8_t out[TICKET_MAX]);
/* False for what no key here has sealed, and for a session older than
 * timeout_s or from the future (another clock). session->id is left zero. *renew:
 * it was sealed under an older key. On false nothing is in *session. */
bool ticket_open(const struct ticket_keys *keys, struct span ticket, uint64_t now_ms, int64_t now_s,
                 uint32_t timeout_s, struct session *session, bool *renew);

/* The same for a ticket of TLS 1.3. */
bool ticket13_open(const struct ticket_keys *keys, struct span ticket, uint64_t now_ms,
                   int64_t now_s, uint32_t timeout_s, struct session *session);

#endif
