/*
 * What TLS 1.3 makes of a ClientHello and, behind a HelloRetryRequest, of a second one:
 * nothing that the client did not offer or that is not configured.
 *
 * Input: kind, length of the first message (2 bytes), the message, the second one. Type
 * and length of the messages are put right, and a cookie of the right length is
 * replaced by the right one.
 */
#include "../tests/unit/tls_fixture.h"

enum { KINDS = 4, HELLO_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    struct config config;
    struct counters counters;
    struct tls_context *ctx;
} scenes[KINDS];

static void require(bool good)
{
    if (!good) {
        abort();
    }
}

static struct tls_context *context_of(unsigned kind)
{
    static const uint16_t suites[] = {0x1301, 0x1302, 0x1303}, turned[] = {0x1303, 0x1302, 0x1301};
    static const uint16_t groups[] = {0x11EC, 29, 23, 24, 25}, few[] = {24, 23};
    static const char *const names[] = {"http/1.1"};
    struct config *c = &scenes[kind].config;

    if (scenes[kind].ctx != NULL) {
        return scenes[kind].ctx;
    }
    *c = fixture_config(kind == 1 ? "server_p384" : "server_ec", kind == 1 ? NULL : "server_rsa");
    c->version_max = 0x0304;
    memcpy(c->ciphersuites, kind == 2 ? turned : suites, sizeof suites);
    c->ciphersuite_count = kind == 1 ? 1 : 3;
    memcpy(c->groups, kind < 2 ? groups : few, kind < 2 ? sizeof groups : sizeof few);
    c->group_count = kind < 2 ? ARRAY_LEN(groups) : ARRAY_LEN(few);
    c->server_preference = kind != 3;
    c->psk = kind == 2 ? "abababababababababababababababab" : "";
    c->psk_identity = kind == 2 ? "somebody" : "";
    c->session_tickets = true;
    c->num_tickets = 2;
    c->mode = MODE_ECHO;
    if (kind == 3) {
        c->alpn.items = (const char **)(uintptr_t)names;
        c->alpn.count = 1;
        c->verify = VERIFY_OPTIONAL;
        c->cafile = "ca_ec";
    }
    scenes[kind].ctx = tls_context_new(c, &scenes[kind].counters);
    tls_context_fix_random(scenes[kind].ctx, "fuzz", 4);
    return scenes[kind].ctx;
}

static bool in_list(const uint16_t *list, size_t count, uint16_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == value) {
            return true;
        }
    }
    return false;
}

static void check_agreed(const struct tls *t, struct hello h)
{
    const struct config *c = t->ctx->config;
    const struct policy_choice *p = &t->choice;
    const struct handshake13 *hs = t->v13.handshake;

    require(hello13_parse(&h) == 0 && hello_list_has(h.versions, 0x0304));
    require(in_list(c->ciphersuites, c->ciphersuite_count, p->suite) &&
            hello_list_has(h.suites, p->suite));
    require(!hs->psk.chosen && p->cred != NULL && hello_list_has(h.signatures, p->signature));
    require((p->cred->key_type == CRED_RSA) == sigalg_is_pss(p->signature));
    require(in_list(c->groups, c->group_count, p->group) && hello_list_has(h.groups, p->group));
    require(hs->retry == (hs->share.len == 0) && !(hs->retry && hs->retried));
    require(hs->retry || span_equal(hs->share, hello13_share(&h, p->group)));
    require(!hs->retried || hs->share.len + 4 == h.key_shares.len);
    require(t->v13.send_limit >= 63 && t->v13.send_limit <= 16384);
    require(t->v13.recv_limit == (hs->fragment_len != 0 ? (256u << hs->fragment_len) + 1 : 16385));
    require(hs->session_id_len == h.session_id.len);
    require(p->alpn == NULL || hello_alpn_has(&h, p->alpn));
    require(hs->fragment_len <= 4 && (hs->fragment_len == 0 || !hs->limit_answer));
    require(hs->ask_certificate == (c->verify != VERIFY_NONE));
}

/* False when it is refused, with an alert and a sentence. */
static bool say(struct tls *t, struct span part)
{
    static uint8_t message[HELLO_BYTES];
    struct hello h, copy;

    require(part.len >= 4 && part.len <= sizeof message);
    memcpy(message, part.data, part.len);
    message[0] = 1;
    put_u24(message + 1, (uint32_t)(part.len - 4));
    if (hello_parse(message, part.len, &h) != 0) {
        return false;
    }
    copy = h;
    if (t->v13.handshake->retried && hello13_parse(&copy) == 0 && copy.cookie.len == 32) {
        uint8_t cookie[COOKIE13_MAX];

        require(retry13_cookie(t, cookie) == 32);
        memcpy(message + (copy.cookie.data - message), cookie, 32);
    } else if (!t->v13.handshake->retried && (policy_version(t->ctx->config, &h, &t->choice) != 0 ||
                                              t->choice.version != 0x0304)) {
        return false;
    }
    t->choice.reason = NULL;
    if (agree13(t, &h, span_of(message, part.len)) != 0) {
        require(t->choice.reason != NULL && t->choice.alert != ALERT_CLOSE_NOTIFY);
        return false;
    }
    check_agreed(t, h);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tls_context *ctx;
    struct handshake13 *hs;
    struct tls *t;
    size_t first;

    if (size < 7 || size > HELLO_BYTES) {
        return 0;
    }
    first = (size_t)(data[1] << 8 | data[2]);
    if (first < 4 || first > size - 3) {
        return 0;
    }
    ctx = context_of(data[0] % KINDS);
    t = calloc(1, tls_size());
    tls_begin(t, ctx, 1);
    hs = t->v13.handshake = pool_take(&ctx->handshake13_pool);
    memset(hs, 0, sizeof *hs);
    if (say(t, span_of(data + 3, first)) && hs->retry && size - 3 - first >= 4) {
        require(server13_retry(t) == 0);
        flight13_begin(&hs->flight);
        hs->retried = true;
        say(t, span_of(data + 3 + first, size - 3 - first));
    }
    t->v13.handshake = NULL;
    pool_give(&ctx->handshake13_pool, hs, sizeof *hs);
    tls_end(t);
    free(t);
    return 0;
}
