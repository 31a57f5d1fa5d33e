/* tls/hello: a handshake message of any bytes. What parses keeps its promises, as a hello
 * of TLS 1.3 too. */
#include "tls/hello.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_inside(struct span s, const uint8_t *data, size_t size)
{
    require(s.data >= data && s.data <= data + size && s.len <= (size_t)(data + size - s.data));
}

static void check_spans(const struct hello *h, const uint8_t *data, size_t size)
{
    const struct span spans[] = {
        h->random,    h->session_id,  h->suites,       h->extensions,     h->server_name,
        h->alpn,      h->versions,    h->groups,       h->signatures,     h->signatures_cert,
        h->ticket,    h->compression, h->key_shares,   h->psk_identities, h->psk_binders,
        h->psk_modes, h->cookie,      h->compressions, h->authorities,
    };

    for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
        check_inside(spans[i], data, size);
    }
}

/* What hello13_parse takes has all that RFC 8446 asks for. */
static void check_13(struct hello h, const uint8_t *data, size_t size)
{
    bool psk, groups;

    if (hello13_parse(&h) != 0) {
        require(h.reason != NULL && h.alert != ALERT_CLOSE_NOTIFY);
        check_spans(&h, data, size);
        return;
    }
    check_spans(&h, data, size);
    psk = (h.has & HELLO_HAS_PSK) != 0;
    groups = (h.has & HELLO_HAS_GROUPS) != 0;
    require(h.reason == NULL && h.compression.len == 1 && h.compression.data[0] == 0);
    require(groups == ((h.has & HELLO_HAS_KEY_SHARE) != 0));
    require(psk || (groups && (h.has & HELLO_HAS_SIGNATURES) != 0));
    require(psk == (h.psk_binders.len >= 33) && psk == (h.psk_identities.len >= 7));
    require(!psk || (h.psk_modes.len > 0 && h.psk_binders.data + h.psk_binders.len == data + size));
    require(((h.has & HELLO_HAS_COOKIE) != 0) == (h.cookie.len > 0));
    require(((h.has & HELLO_HAS_COMPRESS) != 0) == (h.compressions.len >= 2));
    if (h.key_shares.len > 0) {
        uint16_t first = (uint16_t)(h.key_shares.data[0] << 8 | h.key_shares.data[1]);

        require(hello_list_has(h.groups, first) && hello13_share(&h, first).len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hello h;
    uint16_t best;

    if (hello_parse(data, size, &h) != 0) {
        require(h.reason != NULL && h.alert != ALERT_CLOSE_NOTIFY);
        check_spans(&h, data, size);
        return 0;
    }
    require(h.reason == NULL);
    check_spans(&h, data, size);
    require(h.random.len == 32 && h.session_id.len <= 32);
    require(h.suites.len >= 2 && h.suites.len % 2 == 0 && h.groups.len % 2 == 0);
    require(h.versions.len % 2 == 0 && h.signatures.len % 2 == 0);
    require((h.server_name.len > 0) == ((h.has & HELLO_HAS_SNI) != 0) && h.server_name.len <= 255);
    require((h.alpn.len > 0) == ((h.has & HELLO_HAS_ALPN) != 0));
    for (size_t i = 0; i < h.server_name.len; i++) {
        require(h.server_name.data[i] > ' ' && h.server_name.data[i] < 0x7F);
    }
    best = hello_choose_version(&h, 0x0301, 0x0304);
    require(best == 0 || (best >= 0x0301 && best <= 0x0304));
    require(!hello_alpn_has(&h, ""));
    check_13(h, data, size);
    return 0;
}
