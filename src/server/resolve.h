/*
 * The addresses of an endpoint's host, once, at start: literals, localhost,
 * the hosts file, then the name servers of resolv.conf over UDP. The C
 * library's resolver does the same and more (search lists, TCP, other
 * databases) in 30 KB of a static program.
 */
#ifndef TINY_SERVER_RESOLVE_H
#define TINY_SERVER_RESOLVE_H

#include "config/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define RESOLVE_MAX       16
#define RESOLVE_QUERY_MAX 512

struct resolved {
    int family; /* AF_UNSPEC for both; what is wanted, set by the caller */
    bool hurry; /* clients wait: half a second for an answer, and each server is asked once */
    uint16_t port;
    size_t count;
    struct sockaddr_storage items[RESOLVE_MAX];
};

/* NULL with at least one address in *out, or a sentence that says why not. */
const char *resolve_host(const char *host, struct resolved *out);

/* The same of an endpoint, whose port *out is given: for a Unix socket its path. */
const char *resolve_endpoint(const struct endpoint *e, struct resolved *out);

/* The steps, for tests. Each adds to *out what it finds. */
void resolve_literal(const char *host, struct resolved *out);
void resolve_file(const char *path, const char *host, struct resolved *out);
/* The length of a DNS query in dst, or 0 when no such name can be asked for. */
size_t resolve_query(const char *host, uint16_t type, uint16_t id, uint8_t dst[RESOLVE_QUERY_MAX]);
/* true when it is the answer to the query, whatever it says. */
bool resolve_answer(const uint8_t *query, size_t query_len, const uint8_t *answer,
                    size_t answer_len, struct resolved *out);

#endif
