/*
 * A TLS server connection without I/O: bytes of records go in and out through
 * windows, bytes of the application too. The connection first gathers the
 * ClientHello (tls/hello.h), decides, then drives an engine; callers see none
 * of that. No BearSSL type stands here.
 *
 * Memory: struct tls lies in the caller's slot (tls_size bytes). Record
 * buffers and the handshake's work space come from the context's pools when a
 * window is asked for, and go back in tls_rest when the engine is at rest.
 * Nothing else is allocated per connection.
 *
 * Rules: a window stays valid until the next call on the same connection;
 * tls_advance takes at most the window's length; after an error only
 * SEND_REC (the alert) and CLOSED are seen.
 */
#ifndef TINY_TLS_TLS_H
#define TINY_TLS_TLS_H

#include "config/config.h"
#include "core/counters.h"
#include "tls/info.h"

#define TLS_CLOSED   (1u << 0) /* nothing more will be sent or received */
#define TLS_SEND_REC (1u << 1) /* record bytes wait for the socket */
#define TLS_RECV_REC (1u << 2) /* record bytes are wanted from the socket */
#define TLS_SEND_APP (1u << 3) /* application data may be given */
#define TLS_RECV_APP (1u << 4) /* application data waits */
#define TLS_PEER_EOF (1u << 5) /* the peer's close_notify came: a clean end */

enum tls_window {
    TLS_WINDOW_SEND_REC,
    TLS_WINDOW_RECV_REC,
    TLS_WINDOW_SEND_APP,
    TLS_WINDOW_RECV_APP
};

struct tls;         /* a connection */
struct tls_context; /* what the connections of one endpoint share */

/*
 * The shared part: policy, credentials, trust anchors, session cache, pools.
 * config and counters are kept by reference. endpoint_id binds sessions to an
 * endpoint. NULL after telling why by log_line. tls_context_reload loads the
 * credentials and anchors anew, and keeps the old ones when that fails (-1).
 */
struct tls_context *tls_context_new(const struct config *config, struct counters *counters);
/* Before privileges are dropped: opens what watching (tls/watch.h) writes to, if
 * the configuration asks for any. -1 after telling why by log_line. */
int tls_context_watch(struct tls_context *ctx);
int tls_context_reload(struct tls_context *ctx);
/* True when one of the files changed since they were loaded (by stat). */
int tls_context_changed(struct tls_context *ctx);
void tls_context_free(struct tls_context *ctx);
/* Called about once a second: session expiry, random reseeding. */
void tls_context_tick(struct tls_context *ctx, uint64_t now_ms);

/* Bytes that a slot must hold for struct tls, aligned for any type. */
size_t tls_size(void);
/* Starts a connection in zeroed memory of tls_size() bytes. Never fails. */
void tls_begin(struct tls *t, struct tls_context *ctx, unsigned endpoint_id);
/* Wipes all secrets and gives everything back. */
void tls_end(struct tls *t);

/* May work on records that were received already, so what it says is what the
 * next window call will find. */
unsigned tls_state(struct tls *t);
/* NULL and *len 0 when the window is not open, or when no memory is to be had
 * (then the connection fails with internal_error). */
uint8_t *tls_window(struct tls *t, enum tls_window which, size_t *len);
void tls_advance(struct tls *t, enum tls_window which, size_t n);
/* Seals what was given to SEND_APP into a record. */
void tls_flush(struct tls *t);
/*
 * Asks the client for another handshake on an established connection (a HelloRequest);
 * it may answer when it likes, and data goes on until then. established stays true, and
 * info.renegotiations grows when the handshake is through. ask_certificate: ask for a
 * certificate in it even if ssl.verify is none, and resume no session. -1 when it cannot be: the
 * connection is not open, one is under way, or the client does not know how to bind a new
 * handshake to the old one (RFC 5746).
 */
int tls_renegotiate(struct tls *t, bool ask_certificate);
/* TLS 1.3: new keys for what is sent from here on; ask: for what is received, too. -1 when
 * the connection is not open, or older. */
int tls_update_keys(struct tls *t, bool ask);
/* TLS 1.3: asks the client for a certificate; info.verdict tells what came of it, a bad one ends
 * the connection. -1 when the client did not offer that, or is asked already, and where
 * config->mode is not MODE_CONSOLE. */
int tls_ask_certificate(struct tls *t);
/* Sends close_notify and ends; unread application data is discarded. */
void tls_close(struct tls *t);
/* The socket's read side ended. Without close_notify before it, the stream
 * counts as truncated. */
void tls_recv_eof(struct tls *t);
/* Gives buffers back if the connection is at rest. */
void tls_rest(struct tls *t);

const struct tls_info *tls_get_info(const struct tls *t);

enum tls_failure {
    TLS_FAIL_NONE,
    TLS_FAIL_PROBE,   /* left before a whole ClientHello */
    TLS_FAIL_GOODBYE, /* close_notify in the midst of the handshake: a health check */
    TLS_FAIL_PLAIN_HTTP,
    TLS_FAIL_HANDSHAKE, /* hello refused, no common suite, ... */
    TLS_FAIL_PEER_CERT,
    TLS_FAIL_PEER_ALERT,
    TLS_FAIL_RECORD,    /* bad MAC, overflow, ... after the handshake */
    TLS_FAIL_TRUNCATED, /* end of stream without close_notify */
    TLS_FAIL_MEMORY,
};

/* What went wrong first. *reason: a sentence with the RFC's alert name, valid
 * as long as the connection; "" when nothing did. */
enum tls_failure tls_get_failure(const struct tls *t, const char **reason);

#endif
