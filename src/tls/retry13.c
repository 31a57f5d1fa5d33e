/*
 * HelloRetryRequest (RFC 8446, sections 4.1.2, 4.1.4 and 4.2.2): what the second
 * ClientHello must have in common with the first, and the cookie, by which the client
 * shows that it has read what was asked for.
 */
#include "tls/engine13.h"
#include "tls/internal.h"

#include <string.h>

/*
 * All of a hello that we know and that has to stay; key_share, early_data, cookie,
 * pre_shared_key and padding may change. What we do not know is not looked at: its
 * own RFC may let it change, as encrypted_client_hello does. So is the order.
 */
static void digest_hello(const struct hello *h, uint8_t out[32])
{
    const struct span fixed[] = {
        h->random,       h->session_id, h->suites,      h->compression, h->server_name,
        h->alpn,         h->versions,   h->groups,      h->signatures,  h->signatures_cert,
        h->compressions, h->psk_modes,  h->authorities,
    };
    unsigned has =
        h->has & ~(HELLO_HAS_KEY_SHARE | HELLO_HAS_EARLY_DATA | HELLO_HAS_COOKIE | HELLO_HAS_PSK);
    br_sha256_context sha;
    uint8_t numbers[12];

    put_u32(numbers, has);
    put_u16(numbers + 4, h->legacy_version);
    put_u16(numbers + 6, h->record_limit);
    put_u32(numbers + 8, h->fragment_len);
    br_sha256_init(&sha);
    br_sha256_update(&sha, numbers, sizeof numbers);
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
        put_u32(numbers, (uint32_t)fixed[i].len);
        br_sha256_update(&sha, numbers, 4);
        br_sha256_update(&sha, fixed[i].data, fixed[i].len);
    }
    br_sha256_out(&sha, out);
}

void retry13_note(struct tls *t, const struct hello *h)
{
    digest_hello(h, t->v13.handshake->first_hello);
}

size_t retry13_cookie(struct tls *t, uint8_t out[COOKIE13_MAX])
{
    const struct tls_context *ctx = t->ctx;
    br_hmac_key_context key;
    br_hmac_context hmac;
    uint8_t asked[4];

    put_u16(asked, t->choice.group);
    put_u16(asked + 2, t->choice.suite);
    br_hmac_key_init(&key, &br_sha256_vtable, ctx->cookie_key, sizeof ctx->cookie_key);
    br_hmac_init(&hmac, &key, 0);
    br_hmac_update(&hmac, t->v13.handshake->first_hello, sizeof t->v13.handshake->first_hello);
    br_hmac_update(&hmac, asked, sizeof asked);
    bytes_wipe(&key, sizeof key);
    return br_hmac_out(&hmac, out);
}

int retry13_check(struct tls *t, const struct hello *h)
{
    uint8_t cookie[COOKIE13_MAX], digest[32];
    size_t cookie_len = retry13_cookie(t, cookie);
    struct span share = hello13_share(h, t->choice.group);

    digest_hello(h, digest);
    if (hello_choose_version(h, 0x0304, 0x0304) == 0) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER,
                            "the second ClientHello is not for TLS 1.3");
    }
    if ((h->has & HELLO_HAS_COOKIE) == 0) {
        return tls13_refuse(t, ALERT_MISSING_EXTENSION, "the second ClientHello brings no cookie");
    }
    if (!span_equal_ct(h->cookie, span_of(cookie, cookie_len))) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER,
                            "the second ClientHello brings another cookie than it was given");
    }
    if ((h->has & HELLO_HAS_EARLY_DATA) != 0) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER, "early_data in the second ClientHello");
    }
    /* A group of 2 bytes, a length of 2: the share that was asked for and nothing else. */
    if (share.len == 0 || share.len + 4 != h->key_shares.len) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER,
                            "the second ClientHello has not just the share that was asked for");
    }
    if (memcmp(digest, t->v13.handshake->first_hello, sizeof digest) != 0) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER,
                            "the second ClientHello is not the same as the first");
    }
    return 0;
}
