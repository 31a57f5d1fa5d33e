#include "app/proxy.h"
#include "core/build.h"
#include "config/suites.h"
#include "core/text.h"

#include <arpa/inet.h>
#include <string.h>

/* Types of version 2's TLVs. */
#define TLV_ALPN        0x01
#define TLV_AUTHORITY   0x02
#define TLV_SSL         0x20
#define TLV_SSL_VERSION 0x21
#define TLV_SSL_CN      0x22
#define TLV_SSL_CIPHER  0x23
/* Bits of its field `client`. */
#define CLIENT_SSL       1
#define CLIENT_CERT_CONN 2 /* a certificate came over this connection */
#define CLIENT_CERT_SESS 4 /* ... or over the one whose session is resumed */

/* One end of the client's connection, from its text. */
struct address {
    char host[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    size_t len;    /* 4 or 16; 0: no address of IP */
    uint32_t port; /* in host order */
};

/* "192.0.2.1:4711", "[2001:db8::1]:4711" as sock_address writes them. */
static struct address address_of(const char *text)
{
    struct address a = {.len = 0};
    const char *colon = strrchr(text, ':');
    bool v6 = text[0] == '[';
    size_t len;

    if (colon == NULL) {
        return a;
    }
    len = (size_t)(colon - text) - (v6 ? 2 : 0);
    if (len >= sizeof a.host) {
        return a;
    }
    memcpy(a.host, text + v6, len);
    for (const char *p = colon + 1; *p >= '0' && *p <= '9'; p++) {
        a.port = a.port * 10 + (uint32_t)(*p - '0');
    }
    if (inet_pton(v6 ? AF_INET6 : AF_INET, a.host, a.bytes) == 1) {
        a.len = v6 ? 16 : 4;
    }
    return a;
}

static size_t version1(const struct address *from, const struct address *to,
                       uint8_t dst[PROXY_HEADER_MAX])
{
    struct text t = text_over((char *)dst, PROXY_HEADER_MAX);

    if (from->len == 0 || from->len != to->len) {
        text_add(&t, "PROXY UNKNOWN\r\n");
    } else {
        text_addf(&t, "PROXY TCP%c %s %s %u %u\r\n", from->len == 4 ? '4' : '6', from->host,
                  to->host, (unsigned)from->port, (unsigned)to->port);
    }
    return t.len;
}

/* Writes forward; the whole of the largest header fits, see PROXY_HEADER_MAX. */
static uint8_t *add_tlv(uint8_t *at, unsigned type, const char *text, size_t len)
{
    if (len == 0) {
        return at;
    }
    at[0] = (uint8_t)type;
    put_u16(at + 1, (uint32_t)len);
    memcpy(at + 3, text, len);
    return at + 3 + len;
}

/* strstr() would bring a KB of the C library. */
static bool was_cut(const char *text)
{
    while (*text != '\0' && strncmp(text, "...", 3) != 0) {
        text++;
    }
    return *text != '\0';
}

/* The common name within a subject as x509name_format writes it. A value that needs quotes
 * or escapes, or that was cut, is left out rather than guessed. */
static struct span common_name(const char *subject)
{
    bool quoted = false;

    for (const char *p = subject; *p != '\0'; p++) {
        quoted = *p == '"' ? !quoted : quoted;
        if (!quoted && strncmp(p, "CN=", 3) == 0 && (p == subject || p[-1] == ' ')) {
            size_t len = strcspn(p + 3, ",+\"\\");

            if ((p[3 + len] == ',' || p[3 + len] == '\0') && !was_cut(p)) {
                return span_of(p + 3, len);
            }
            break;
        }
    }
    return span_of(subject, 0);
}

static uint8_t *add_ssl(uint8_t *at, const struct tls_info *tls)
{
    bool shown = tls->verdict == TLS_PEER_TRUSTED || tls->verdict == TLS_PEER_REFUSED;
    const char *version = tls_version_name(tls->version);
    struct span name = TINY_CLIENTS ? common_name(tls->peer_subject) : span_of(NULL, 0);
    uint8_t *begin = at;
    struct suite_info suite;

    at[3] = (uint8_t)(CLIENT_SSL | (shown ? CLIENT_CERT_SESS : 0) |
                      (shown && !tls->resumed ? CLIENT_CERT_CONN : 0));
    put_u32(at + 4, tls->verdict != TLS_PEER_TRUSTED);
    at = add_tlv(at + 8, TLV_SSL_VERSION, version, strlen(version));
    if (shown) {
        at = add_tlv(at, TLV_SSL_CN, (const char *)name.data, name.len);
    }
    if (suite_by_id(tls->suite, &suite)) {
        at = add_tlv(at, TLV_SSL_CIPHER, suite.name, strlen(suite.name));
    }
    begin[0] = TLV_SSL;
    put_u16(begin + 1, (uint32_t)(at - begin - 3));
    return at;
}

static size_t version2(const struct address *from, const struct address *to,
                       const struct tls_info *tls, uint8_t dst[PROXY_HEADER_MAX])
{
    static const uint8_t signature[] = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                        0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    /* The names have at most 255 bytes each, the rest of the SSL TLV some 250. */
    _Static_assert(PROXY_HEADER_MAX >= 16 + 36 + 2 * (3 + 255) + 8 + 4 * (3 + 80), "all fits");
    uint8_t *at = dst + 16;

    memcpy(dst, signature, sizeof signature);
    dst[12] = 0x21; /* version 2, command PROXY */
    dst[13] = 0;
    if (from->len != 0 && from->len == to->len) {
        dst[13] = from->len == 4 ? 0x11 : 0x21; /* a stream over IPv4 or IPv6 */
        memcpy(at, from->bytes, from->len);
        memcpy(at + from->len, to->bytes, to->len);
        at += 2 * from->len;
        put_u16(at, from->port);
        put_u16(at + 2, to->port);
        at += 4;
    }
    at = add_tlv(at, TLV_ALPN, tls->alpn, strlen(tls->alpn));
    at = add_tlv(at, TLV_AUTHORITY, tls->server_name, strlen(tls->server_name));
    at = add_ssl(at, tls);
    put_u16(dst + 14, (uint32_t)(at - dst - 16));
    return (size_t)(at - dst);
}

size_t proxy_header(enum proxy_protocol version, const struct app_peer *peer,
                    uint8_t dst[PROXY_HEADER_MAX])
{
    struct address from, to;

    if (version == PROXY_PROTOCOL_NONE) {
        return 0;
    }
    from = address_of(peer->address);
    to = address_of(peer->local);
    return version == PROXY_PROTOCOL_V1 ? version1(&from, &to, dst)
                                        : version2(&from, &to, peer->tls, dst);
}
