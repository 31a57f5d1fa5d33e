/*
 * Mode proxy: TLS ends here, and what the client says goes on to a backend in
 * the clear, byte for byte both ways. One connection to the backend for each
 * client, made once the handshake is through. The state owns that socket; the
 * server watches it for the application (struct app_watch). No protocol is
 * parsed, nothing is buffered beside the connection's own windows.
 *
 * The backend sees an orderly end only when the client's close_notify came: a
 * stream that was cut short ends in a reset. The same holds for the client.
 */
#ifndef TINY_APP_PROXY_H
#define TINY_APP_PROXY_H

#include "app/app.h"

#include <sys/socket.h>

#define PROXY_ADDRESSES_MAX 16

/* Where connections go: tried in this order. Owned by the server, which may change it
 * between two steps. */
struct proxy_target {
    size_t count;
    char label[ENDPOINT_HOST_MAX + 16]; /* "tcp://[::1]:8080", as configured */
    struct sockaddr_storage addresses[PROXY_ADDRESSES_MAX];
};

#define PROXY_HEADER_MAX 1024

/*
 * What the backend is told of the client before the first byte: the header of the PROXY
 * protocol (specification of HAProxy, version 1 in section 2.1, version 2 in 2.2), with the
 * TLVs ALPN, AUTHORITY (the server name) and SSL in version 2. Returns its length, 0 for
 * PROXY_PROTOCOL_NONE. A client on a Unix socket has no address: UNKNOWN, or UNSPEC.
 */
size_t proxy_header(enum proxy_protocol version, const struct app_peer *peer,
                    uint8_t dst[PROXY_HEADER_MAX]);

#endif
