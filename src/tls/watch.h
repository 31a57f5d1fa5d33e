/*
 * Watching connections as openssl s_server lets one do it: what is on, and what
 * happens to a connection. tls.c and tls12.c call in here, and only while
 * somebody watches (ctx->watch is not NULL). What is printed is a copy: nothing
 * here changes a connection. Master secrets and keys are never printed; the key
 * log (keylog.h) and exported key material are, being asked for by name.
 *
 * struct watch belongs to the context.
 */
#ifndef TINY_TLS_WATCH_H
#define TINY_TLS_WATCH_H

#include "config/config.h"
#include "core/bytes.h"

#define WATCH_EXPORT_MAX 1024 /* bytes of key material */

struct tls;
struct watch;

/* *watch stays NULL when the configuration asks for nothing. -1 after telling
 * why by log_line. Before privileges are dropped: it opens files. */
int watch_new(struct watch **watch, const struct config *config);
void watch_free(struct watch *w);

/* The handshake has ended well. */
void watch_established(struct tls *t);

#endif
