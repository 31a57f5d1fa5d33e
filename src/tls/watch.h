/*
 * Watching connections as openssl s_server lets one do it: what happens to a
 * connection is told here by tls.c and tls12.c, and only while somebody watches
 * (t->watching is not NULL). What is printed is a copy: nothing here changes a
 * connection. Secrets and keys are never printed; the key log (keylog.h)
 * and exported key material are, being asked for by name.
 *
 * struct watch belongs to the context, struct watch_conn to the connection.
 */
#ifndef TINY_TLS_WATCH_H
#define TINY_TLS_WATCH_H

#include "config/config.h"
#include "core/bytes.h"

#define WATCH_EXPORT_MAX 1024 /* bytes of key material */

struct tls;
struct tls_context;
struct watch;
struct watch_conn;

/* Sets ctx->watch, which stays NULL when the configuration asks for nothing. -1
 * after telling why by log_line. Before privileges are dropped: it opens files. */
int watch_new(struct tls_context *ctx);
void watch_free(struct watch *w);

/* Sets t->watching, which stays NULL when nobody watches or no memory is left. */
void watch_begin(struct tls *t);
void watch_end(struct tls *t);

/* Bytes at the socket's side: that came, that may be sent now, that were sent. */
void watch_read(struct tls *t, struct span bytes);
void watch_sending(struct tls *t, struct span bytes);
void watch_written(struct tls *t, struct span bytes);
/* A ClientHello was gathered: its records, and the message in them. The engine
 * gets the same bytes afterwards. */
void watch_hello(struct tls *t, struct span records, struct span message);
/* -servername: the name that a client asks for, and whether it has a certificate. */
void watch_server_name(struct tls *t, struct span name, bool matched);
/* A secret of TLS 1.3 was made: for the key log, under its name there. */
void watch_secret(struct tls *t, const char *label, struct span secret);
/* What came instead of a whole ClientHello. */
void watch_no_hello(struct tls *t, struct span bytes);
/* A record's contents in the clear: one that was opened, or that is to be sealed. */
void watch_record(struct tls *t, bool sent, unsigned type, unsigned version, struct span contents);
/* The header of a record that the engine gets. */
void watch_header(struct tls *t, const uint8_t header[5]);
/* TLS 1.3, where nothing is pending: a record with its header as it is on the wire, its
 * inner type and its contents in the clear. Of one that came, watch_header was told before. */
void watch_record13(struct tls *t, bool sent, const uint8_t header[5], unsigned type,
                    struct span contents);
/* The handshake has ended well. */
void watch_established(struct tls *t);

#endif
