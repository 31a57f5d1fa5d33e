#include "config/endpoint.h"

#include "config/value.h"
#include "core/text.h"

#include <arpa/inet.h>
#include <string.h>

#define UNIX_PATH_MAX 107 /* sun_path holds 108 bytes with the final NUL */

static const char tcp_schemes[][12] = {
    "http+tcp://", "http+ssl://", "https://", "tcp://", "ssl://", "tls://",
};
static const char unix_schemes[][13] = {"http+unix://", "unix://"};

static bool has_prefix(struct span text, const char *prefix)
{
    size_t n = strlen(prefix);

    return text.len >= n && span_is_nocase(span_of(text.data, n), prefix);
}

static struct span skip(struct span text, size_t n)
{
    return span_of(text.data + n, text.len - n);
}

static const char *set_host(struct endpoint *out, struct span host)
{
    if (host.len >= sizeof out->host) {
        return "the host name is too long";
    }
    if (host.len > 0) {
        memcpy(out->host, host.data, host.len);
    }
    out->host[host.len] = '\0';
    return NULL;
}

static const char *parse_unix(struct span path, struct endpoint *out)
{
    out->kind = ENDPOINT_UNIX;
    if (path.len == 0) {
        return "the path of the socket is missing: unix:///run/tiny.sock";
    }
    if (path.len > UNIX_PATH_MAX) {
        return "the path of a Unix socket has at most 107 bytes";
    }
    for (size_t i = 0; i < path.len; i++) {
        if (path.data[i] < 0x20 || path.data[i] == 0x7F) {
            return "the path of the socket holds a control character";
        }
    }
    return set_host(out, path);
}

static const char *parse_port(struct span text, struct endpoint *out)
{
    uint32_t v = 0;

    if (text.len == 0 || text.len > 5) {
        return "the port must be a number from 0 to 65535";
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return "the port must be a number from 0 to 65535";
        }
        v = v * 10 + (uint32_t)(text.data[i] - '0');
    }
    if (v > 65535) {
        return "the port must be a number from 0 to 65535";
    }
    out->port = (uint16_t)v;
    return NULL;
}

/* Letters, digits, dots, hyphens; underscores occur in container names. */
static const char *check_name(struct span host)
{
    size_t label = 0;

    if (span_is(host, "*") || host.len == 0) {
        return NULL;
    }
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.data[i];
        bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (c == '.') {
            if (label == 0) {
                return "the host name has an empty label";
            }
            label = 0;
            continue;
        }
        if (!letter && c != '-' && c != '_') {
            return "the host name has a character that no host name has";
        }
        if (++label > 63) {
            return "a label of the host name is longer than 63 bytes";
        }
    }
    return NULL;
}

/* An address in brackets, with a zone (%eth0) perhaps. */
static const char *parse_ipv6(struct span text, struct span *rest, struct endpoint *out)
{
    static const char sentence[] = "an IPv6 address in brackets is wanted: [::1]";
    const uint8_t *end = memchr(text.data, ']', text.len);
    char address[INET6_ADDRSTRLEN];
    struct in6_addr unused;
    struct span host, plain;
    const uint8_t *zone;
    const char *problem;

    if (end == NULL) {
        return "the ] after the IPv6 address is missing";
    }
    host = span_of(text.data + 1, (size_t)(end - text.data) - 1);
    *rest = skip(text, host.len + 2);
    plain = host;
    zone = host.len > 0 ? memchr(host.data, '%', host.len) : NULL;
    if (zone != NULL) {
        plain.len = (size_t)(zone - host.data);
        if (host.len - plain.len < 2 || host.len - plain.len > 16 ||
            check_name(skip(host, plain.len + 1)) != NULL) {
            return "the zone after % is not the name of a network interface";
        }
    }
    if (plain.len == 0 || plain.len >= sizeof address) {
        return sentence;
    }
    memcpy(address, plain.data, plain.len);
    address[plain.len] = '\0';
    if (strlen(address) != plain.len || inet_pton(AF_INET6, address, &unused) != 1) {
        return sentence;
    }
    problem = set_host(out, host);
    out->ipv6_literal = true;
    return problem;
}

static const char *parse_tcp(struct span text, struct endpoint *out)
{
    struct span rest;
    const char *problem;

    out->kind = ENDPOINT_TCP;
    out->port = ENDPOINT_DEFAULT_PORT;
    if (text.len > 0 && text.data[text.len - 1] == '/') {
        text.len--;
    }
    if (text.len == 0) {
        return "the host is missing: tcp://host:port, tcp://[::]:4433";
    }
    if (text.data[0] == '[') {
        problem = parse_ipv6(text, &rest, out);
        if (problem != NULL) {
            return problem;
        }
        if (rest.len > 0 && rest.data[0] != ':') {
            return "after the ] only :port may follow";
        }
    } else {
        const uint8_t *colon = memchr(text.data, ':', text.len);
        struct span host = text;

        if (colon != NULL) {
            host.len = (size_t)(colon - text.data);
        }
        rest = skip(text, host.len);
        if (rest.len > 0 && memchr(rest.data + 1, ':', rest.len - 1) != NULL) {
            return "an IPv6 address stands in brackets: tcp://[::1]:4433";
        }
        problem = check_name(host);
        if (problem == NULL) {
            problem = set_host(out, host);
        }
        if (problem != NULL) {
            return problem;
        }
    }
    return rest.len > 0 ? parse_port(skip(rest, 1), out) : NULL;
}

const char *endpoint_parse(const char *text, size_t len, struct endpoint *out)
{
    struct span s = value_trim(span_of(text, len));

    memset(out, 0, sizeof *out);
    if (s.len > 0 && memchr(s.data, '\0', s.len) != NULL) {
        return "the endpoint holds a NUL byte";
    }
    for (size_t i = 0; i < ARRAY_LEN(unix_schemes); i++) {
        if (has_prefix(s, unix_schemes[i])) {
            return parse_unix(skip(s, strlen(unix_schemes[i])), out);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(tcp_schemes); i++) {
        if (has_prefix(s, tcp_schemes[i])) {
            return parse_tcp(skip(s, strlen(tcp_schemes[i])), out);
        }
    }
    return "tcp://host:port, ssl://host:port, tcp://[ipv6]:port or unix:///path is wanted";
}

size_t endpoint_format(const struct endpoint *e, char *dst, size_t cap)
{
    struct text t = text_over(dst, cap);

    if (e->kind == ENDPOINT_UNIX) {
        text_add(&t, "unix://");
        text_add(&t, e->host);
    } else if (e->ipv6_literal) {
        text_addf(&t, "tcp://[%s]:%u", e->host, e->port);
    } else {
        text_addf(&t, "tcp://%s:%u", e->host[0] != '\0' ? e->host : "*", e->port);
    }
    return t.len;
}
