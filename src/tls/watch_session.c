/*
 * What s_server tells when a handshake has ended: all of it in console mode, a
 * few lines with -brief. The block of session parameters is left out, for it
 * holds the master secret.
 */
#include "tls/hello.h"
#include "tls/path.h"
#include "tls/pem.h"
#include "tls/policy.h"
#include "tls/watch_conn.h"
#include "tls/watch_names.h"
#include "tls/x509cert.h"
#include "tls/x509name.h"

#include <string.h>

enum item { ITEM_SUITE, ITEM_SIGNATURE, ITEM_GROUP };

/* ---- lists, joined by colons ------------------------------------------------------- */

static bool has(const uint16_t *list, size_t count, uint16_t n)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == n) {
            return true;
        }
    }
    return false;
}

/* Does this server take part in it? */
static bool shared(const struct config *config, enum item item, uint16_t n)
{
    switch (item) {
    case ITEM_SUITE:
        return has(config->suites, config->suite_count, n) ||
               has(config->ciphersuites, config->ciphersuite_count, n);
    case ITEM_GROUP:
        return has(config->groups, config->group_count, n);
    default:
        return has(policy_signatures(config)->schemes, policy_signatures(config)->count, n);
    }
}

/* filter NULL: all of them. */
static void show_list(struct watch_out *o, const char *title, enum item item, struct span list,
                      const struct config *filter)
{
    struct reader r = reader_of(list.data, list.len);
    const char *colon = "";

    watch_add(o, title);
    while (reader_left(&r) >= 2) {
        uint16_t n = reader_u16(&r);
        char name[64];
        struct text t = text_over(name, sizeof name);

        if (filter != NULL && !shared(filter, item, n)) {
            continue;
        }
        if (item == ITEM_SUITE) {
            watch_add_suite(&t, n, false);
        } else if (item == ITEM_GROUP) {
            watch_add_group(&t, n, false);
        } else {
            watch_add_signature(&t, n, false);
        }
        watch_add(o, colon);
        watch_add(o, name);
        colon = ":";
    }
    watch_add(o, "\n");
}

/* ---- pieces of both forms --------------------------------------------------------- */

/* The last ClientHello; it was parsed when the handshake began. */
static struct hello client_hello(struct watch_conn *c)
{
    struct hello h;

    (void)hello_parse(c->hello, c->hello_len, &h);
    return h;
}

static struct span point_formats(const struct hello *h)
{
    struct reader r = reader_of(h->extensions.data, h->extensions.len);

    while (reader_left(&r) > 0) {
        uint16_t type = reader_u16(&r);
        struct span body = reader_vec16(&r);

        if (type == 11 && body.len > 1) {
            return span_of(body.data + 1, body.len - 1);
        }
    }
    return span_of(NULL, 0);
}

static void show_signatures(struct watch_out *o, const struct hello *h)
{
    if (h->signatures.len > 0) {
        show_list(o, "Signature Algorithms: ", ITEM_SIGNATURE, h->signatures, NULL);
    }
}

static void show_curves(struct watch_out *o, const struct hello *h, const struct config *filter,
                        bool tls13)
{
    struct span formats = tls13 ? span_of(NULL, 0) : point_formats(h);

    /* They mean nothing in TLS 1.3, and openssl leaves them out there. */
    for (size_t i = 0; i < formats.len; i++) {
        char name[48];
        struct text t = text_over(name, sizeof name);

        watch_add_point_format(&t, formats.data[i]);
        watch_addf(o, "%s%s%s", i == 0 ? "Supported Elliptic Curve Point Formats: " : ":", name,
                   i + 1 == formats.len ? "\n" : "");
    }
    if (h->groups.len > 0) {
        show_list(o, "Supported groups: ", ITEM_GROUP, h->groups, NULL);
    }
    if (h->groups.len > 0 && filter != NULL) {
        show_list(o, "Shared groups: ", ITEM_GROUP, h->groups, filter);
    }
}

static void show_suite(struct watch_out *o, const char *title, uint16_t suite)
{
    char name[64];
    struct text t = text_over(name, sizeof name);

    watch_add_suite(&t, suite, false);
    watch_addf(o, "%s%s\n", title, name);
}

static void show_name(struct watch_out *o, const char *title, struct span dn)
{
    char name[1024];
    struct text t = text_over(name, sizeof name);

    x509name_add(&t, dn);
    watch_add(o, title);
    watch_add(o, name);
    watch_add(o, "\n");
}

static bool read_leaf(const struct watch_conn *c, struct x509_cert *cert)
{
    char error[160];
    struct text t = text_over(error, sizeof error);

    memset(cert, 0, sizeof *cert);
    return c->leaf_len > 0 && x509_cert_parse(cert, span_of(c->leaf, c->leaf_len), false, &t) == 0;
}

/* ---- -brief ------------------------------------------------------------------------ */

static void show_peer(struct watch_out *o, const struct watch_conn *c, const struct tls_info *info)
{
    struct x509_cert cert;

    if (info->verdict != TLS_PEER_TRUSTED && info->verdict != TLS_PEER_REFUSED) {
        watch_add(o, "No peer certificate\n");
        return;
    }
    if (read_leaf(c, &cert)) {
        show_name(o, "Peer certificate: ", cert.subject);
    } else {
        watch_addf(o, "Peer certificate: %s\n", info->peer_subject);
    }
    if (c->peer_scheme != 0) {
        watch_addf(o, "Hash used: %s\nSignature type: %s\n", watch_hash_name(c->peer_scheme),
                   watch_key_name(c->peer_scheme));
    }
    if (info->verdict == TLS_PEER_TRUSTED) {
        watch_add(o, "Verification: OK\n");
    } else {
        /* Of a session that is resumed no error is remembered, only that there was one. */
        watch_addf(o, "Verification error: %s\n",
                   path_error_text(c->verify_error != 0 ? c->verify_error : PATH_UNSPECIFIED));
    }
}

void watch_show_brief(struct watch_conn *c, const struct tls_info *info)
{
    struct watch_out *o = watch_at(c, WATCH_STDERR);
    struct hello h = client_hello(c);
    char name[16];
    struct text t = text_over(name, sizeof name);

    watch_add_version(&t, info->version, true);
    watch_addf(o, "Protocol version: %s\n", name);
    show_list(o, "Client cipher list: ", ITEM_SUITE, h.suites, NULL);
    show_suite(o, "Ciphersuite: ", info->suite);
    show_signatures(o, &h);
    show_peer(o, c, info);
    show_curves(o, &h, NULL, c->tls13);
}

/* ---- console mode -------------------------------------------------------------------- */

static void show_certificate(struct watch_out *o, const struct watch_conn *c)
{
    struct x509_cert cert;
    char pem[WATCH_LEAF_MAX / 3 * 4 + 256];
    struct text t = text_over(pem, sizeof pem);

    if (!read_leaf(c, &cert)) {
        return;
    }
    pem_add(&t, span_of(c->leaf, c->leaf_len), "CERTIFICATE");
    watch_add(o, "Client certificate\n");
    watch_add(o, pem);
    show_name(o, "subject=", cert.subject);
    show_name(o, "issuer=", cert.issuer);
}

static void show_alpn(struct watch_out *o, const struct hello *h, const char *chosen)
{
    struct reader r = reader_of(h->alpn.data, h->alpn.len);

    if (chosen[0] == '\0') {
        return;
    }
    watch_add(o, "ALPN protocols advertised by the client: ");
    while (reader_left(&r) > 0) {
        struct span name = reader_vec8(&r);
        char quoted[255 * 4 + 1];
        struct text t = text_over(quoted, sizeof quoted);

        text_add_quoted(&t, name);
        watch_add(o, quoted);
        watch_add(o, reader_left(&r) > 0 ? ", " : "\n");
    }
    watch_addf(o, "ALPN protocols selected: %s\n", chosen);
}

void watch_show_session(struct watch_conn *c, const struct tls_info *info)
{
    const struct config *config = c->watch->config;
    struct watch_out *o = watch_at(c, WATCH_STDOUT);
    struct hello h = client_hello(c);

    show_alpn(o, &h, info->alpn);
    show_certificate(o, c);
    if (!info->resumed || c->tls13) {
        show_list(o, "Shared ciphers:", ITEM_SUITE, h.suites, config);
    }
    if (!info->resumed) {
        show_signatures(o, &h);
        if (h.signatures.len > 0) {
            show_list(o, "Shared Signature Algorithms: ", ITEM_SIGNATURE, h.signatures, config);
        }
        if (c->peer_scheme != 0) {
            watch_addf(o, "Peer signing digest: %s\nPeer signature type: %s\n",
                       watch_hash_name(c->peer_scheme), watch_key_name(c->peer_scheme));
        }
    }
    if (!info->resumed || c->tls13) {
        show_curves(o, &h, config, c->tls13);
    }
    show_suite(o, "CIPHER is ", info->suite);
    if (info->resumed) {
        watch_add(o, "Reused session-id\n");
    }
    watch_addf(o, "Secure Renegotiation IS%s supported\n",
               (h.has & HELLO_HAS_RENEGOTIATION) != 0 ? "" : " NOT");
}
