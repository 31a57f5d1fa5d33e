/* The client's certificate in TLS 1.3, and its proof to have the key. */
#include "core/clock.h"
#include "tls/engine13.h"
#include "tls/internal.h"
#include "tls/sign13.h"

#include <string.h>

/* Where it is the certificate, or its absence, that is refused. */
static int refuse_peer(struct tls *t, enum alert alert, const char *reason)
{
    tls_note(t, TLS_FAIL_PEER_CERT, alert_name(alert), reason);
    return tls13_refuse(t, alert, reason);
}

/* ---- Certificate ------------------------------------------------------------------ */

/* Our CertificateRequest asks for no extension, so none may come: one that never belongs
 * here is illegal (RFC 8446, section 4.2), others were not asked for. */
static int check_extensions(struct tls *t, struct span extensions)
{
    struct reader r = reader_of(extensions.data, extensions.len);
    uint16_t first = reader_u16(&r);

    for (reader_vec16(&r); reader_left(&r) > 0 && !r.bad; reader_vec16(&r)) {
        reader_u16(&r);
    }
    if (r.bad) {
        return tls13_refuse(t, ALERT_DECODE_ERROR, "an extension of a certificate is malformed");
    }
    if (first <= 1 || first == 10 || first == 13 || first == 14 || first == 15 || first == 16 ||
        first == 19 || first == 20 || first == 21 || (first >= 41 && first <= 51)) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER,
                            "an extension that no certificate may have");
    }
    return tls13_refuse(t, ALERT_UNSUPPORTED_EXTENSION,
                        "an extension of a certificate, not asked for");
}

/* The list's shape; how many certificates. -1 after refusing. */
static int check_list(struct tls *t, struct span list)
{
    struct reader r = reader_of(list.data, list.len);
    int count = 0;

    while (reader_left(&r) > 0) {
        struct span cert = reader_take(&r, reader_u24(&r));
        struct span extensions = reader_vec16(&r);

        if (r.bad || cert.len == 0) {
            return tls13_refuse(t, ALERT_DECODE_ERROR, "the list of certificates is malformed");
        }
        if (extensions.len > 0 && check_extensions(t, extensions) != 0) {
            return -1;
        }
        count++;
    }
    return count;
}

/* The list is well-formed. */
static void give_chain(struct verifier *v, struct span list)
{
    struct reader r = reader_of(list.data, list.len);
    const br_x509_class **x509 = verify_class(v);

    (*x509)->start_chain(x509, NULL);
    while (reader_left(&r) > 0) {
        struct span cert = reader_take(&r, reader_u24(&r));

        reader_vec16(&r);
        (*x509)->start_cert(x509, (uint32_t)cert.len);
        (*x509)->append(x509, cert.data, cert.len);
        (*x509)->end_cert(x509);
    }
    (void)(*x509)->end_chain(x509);
}

static int judge_chain(struct tls *t, struct span list)
{
    struct tls_context *ctx = t->ctx;
    struct anchor_set *set = t->trust != NULL ? t->trust->set : &ctx->no_anchors;
    enum alert alert;
    const char *reason;

    t->verifier = pool_take(&ctx->verify_pool);
    if (t->verifier == NULL) {
        return tls13_refuse(t, ALERT_INTERNAL_ERROR, "no memory to verify a certificate");
    }
    verify_begin(t->verifier, set, ctx->config, clock_wall_s());
    give_chain(t->verifier, list);
    if (verify_outcome(t->verifier, &alert, &reason) == VERIFY_BAD) {
        return refuse_peer(t, alert, reason);
    }
    t->v13.handshake->client_verified = true;
    return 0;
}

int client13_certificate(struct tls *t, struct span body)
{
    const struct handshake13 *hs = t->v13.handshake;
    struct reader r = reader_of(body.data, body.len);
    struct span context = reader_vec8(&r);
    struct span list = reader_take(&r, reader_u24(&r));
    int count;

    if (r.bad || reader_left(&r) > 0) {
        return tls13_refuse(t, ALERT_DECODE_ERROR, "the client's Certificate message is malformed");
    }
    if (!span_equal(context, span_of(hs->request_context, hs->request_context_len))) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER,
                            "the client's Certificate answers no request");
    }
    count = check_list(t, list);
    if (count > 0) {
        return judge_chain(t, list);
    }
    if (count == 0) {
        t->info.verdict = TLS_PEER_NONE;
        t->info.peer_subject[0] = '\0'; /* of one that came before */
        if (t->ctx->config->verify == VERIFY_REQUIRED) {
            return refuse_peer(t, ALERT_CERTIFICATE_REQUIRED,
                               "the peer did not return a certificate");
        }
    }
    return count;
}

/* ---- CertificateVerify ------------------------------------------------------------ */

int client13_certificate_verify(struct tls *t, struct span body,
                                const uint8_t transcript_hash[HASH13_MAX])
{
    struct handshake13 *hs = t->v13.handshake;
    const struct sigalgs *list = &t->ctx->config->client_signatures;
    const br_x509_class **x509 = verify_class(t->verifier);
    const br_x509_pkey *key = (*x509)->get_pkey(x509, NULL);
    struct reader r = reader_of(body.data, body.len);
    uint16_t scheme = reader_u16(&r);
    struct span signature = reader_vec16(&r);

    if (r.bad || reader_left(&r) > 0) {
        return tls13_refuse(t, ALERT_DECODE_ERROR, "the client's CertificateVerify is malformed");
    }
    if (!sign13_allows(list, scheme, key)) {
        return tls13_refuse(t, ALERT_ILLEGAL_PARAMETER,
                            "the client signs in a way that was not asked for or is not its key's");
    }
    if (!sign13_check(scheme, key,
                      span_of(transcript_hash, hash13_len(hash13_of_suite(t->choice.suite))),
                      signature)) {
        return tls13_refuse(t, ALERT_DECRYPT_ERROR,
                            "the client does not prove that its certificate is its own");
    }
    hs->client_verified = false;
    t->info.verdict = verify_error(t->verifier) == 0 ? TLS_PEER_TRUSTED : TLS_PEER_REFUSED;
    memcpy(t->info.peer_subject, verify_subject(t->verifier), sizeof t->info.peer_subject);
    return 0;
}
