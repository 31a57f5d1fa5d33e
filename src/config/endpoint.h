/*
 * Endpoints as written: tcp://host:port, ssl://..., unix:///path, with the
 * older spellings http+ssl:// and https://. Parsing is pure; names are
 * resolved by the server.
 */
#ifndef TINY_CONFIG_ENDPOINT_H
#define TINY_CONFIG_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENDPOINT_MAX          16
#define ENDPOINT_HOST_MAX     256 /* with the final NUL; a Unix path is shorter (sun_path) */
#define ENDPOINT_DEFAULT_PORT 4433

enum endpoint_kind { ENDPOINT_TCP, ENDPOINT_UNIX };

struct endpoint {
    enum endpoint_kind kind;
    bool ipv6_literal;            /* was written in brackets */
    uint16_t port;                /* 0: the kernel chooses */
    char host[ENDPOINT_HOST_MAX]; /* host name, literal without brackets, or path;
                                     "" or "*": every address */
};

struct endpoint_list {
    struct endpoint items[ENDPOINT_MAX];
    size_t count;
};

/* Returns NULL, or a sentence that says what is wrong. */
const char *endpoint_parse(const char *text, size_t len, struct endpoint *out);
/* Canonical form, for logs and -t. Returns the length, cut to cap - 1. */
size_t endpoint_format(const struct endpoint *e, char *dst, size_t cap);

#endif
