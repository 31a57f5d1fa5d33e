/*
 * tls/gather: any bytes as the start of a connection. However the stream is
 * cut, the verdict is HELLO_MORE up to some byte and the same from there on.
 */
#include "tls/hello.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t message[HELLO_MAX_BYTES];

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_verdict(const struct hello_gathered *g, size_t wire_len)
{
    struct hello h;

    switch (g->status) {
    case HELLO_COMPLETE:
        require(g->wire_len <= wire_len && g->wire_len <= HELLO_MAX_WIRE);
        require(g->message_len >= 4 && g->message_len <= HELLO_MAX_BYTES && message[0] == 1);
        hello_parse(message, g->message_len, &h);
        break;
    case HELLO_MORE:
        require(wire_len < HELLO_MAX_WIRE);
        break;
    default:
        require(g->reason != NULL && g->reason[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hello_gathered whole = hello_gather(data, size, message);
    bool settled = false;

    check_verdict(&whole, size);
    if (size > 1024) {
        return 0; /* every prefix of large ones would take too long */
    }
    for (size_t n = 0; n <= size; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1);
        struct hello_gathered g;

        memcpy(exact, data, n);
        g = hello_gather(exact, n, message);
        settled = settled || g.status != HELLO_MORE;
        require(g.status == (settled ? whole.status : HELLO_MORE));
        require(!settled || (g.alert == whole.alert && g.reason == whole.reason &&
                             g.wire_len == whole.wire_len && g.message_len == whole.message_len));
        free(exact);
    }
    return 0;
}
