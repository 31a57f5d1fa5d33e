/*
 * Server names: their normal form, and what becomes of a ClientHello whose name
 * has no certificate of its own. Owns nothing.
 */
#ifndef TINY_TLS_SERVERNAME_H
#define TINY_TLS_SERVERNAME_H

#include "core/bytes.h"

#define SERVERNAME_MAX 255

struct hello;
struct tls;

/* Lower case, without a final dot. 0 when it is too long or holds a NUL. */
size_t servername_normal(struct span name, char dst[SERVERNAME_MAX + 1]);
/* A sentence when it cannot be a server name or a wildcard of one label; NULL
 * when it can. name is in normal form. */
const char *servername_problem(const char *name);

/* Picks t->entry for the hello's name, and tells of the name as openssl s_server
 * does where ssl.server-name is set. 0, or -1 with alert and reason in t->choice. */
int servername_pick(struct tls *t, const struct hello *h);

#endif
