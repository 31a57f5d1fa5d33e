/*
 * Path validation with certificates from bytes on both sides: a byte for the
 * rules, a byte for how many of the certificates are anchors, then certificates
 * with two bytes of length before each. What is found good is looked at again
 * with other means.
 */
#include "../tests/unit/tls_fixture.h"

#include "tls/path.h"
#include "tls/x509sig.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CERTS_MAX 24

struct heard {
    unsigned errors;
    unsigned good;
    unsigned stop_after; /* findings; 0: never */
};

static bool hear(void *context, unsigned error, unsigned depth, const struct x509_cert *cert)
{
    struct heard *h = context;

    assert(depth < PATH_MAX_CERTS && cert != NULL && cert->der.len > 0);
    assert(error == PATH_OK || path_error_text(error)[0] != '\0');
    assert(error == PATH_OK || path_error_alert(error) >= ALERT_BAD_CERTIFICATE);
    h->errors += error != PATH_OK;
    h->good += error == PATH_OK;
    return h->stop_after == 0 || h->errors + h->good < h->stop_after;
}

/* The chain ends among the anchors, is signed link by link, and every link is
 * an authority. */
static void look_again(const struct path *p)
{
    const struct anchor_set *anchors = p->request->anchors;
    const struct x509_cert *top = &p->certs[p->count - 1];
    bool found = false;

    for (size_t i = 0; i < anchors->count; i++) {
        found = found || span_equal(anchors->certs[i], top->der) ||
                span_equal(anchors->certs[i], p->certs[0].der);
    }
    assert(found && p->count <= p->request->config->verify_depth + 2);
    for (size_t i = 0; i + 1 < p->count; i++) {
        br_x509_pkey key = x509_cert_key(&p->certs[i + 1]);

        assert(x509_sig_check_weak(&p->certs[i].sig, &key) == X509_SIG_GOOD);
        assert(span_equal(p->certs[i].issuer, p->certs[i + 1].subject));
        assert(p->certs[i + 1].ca || (i + 2 == p->count));
    }
}

static void set_rules(struct config *c, uint8_t byte)
{
    c->verify_depth = byte & 7;
    c->x509_strict = (byte & 0x08) != 0;
    c->suiteb = (byte & 0x10) != 0 ? SUITEB_192 : SUITEB_OFF;
    c->check_self_signature = (byte & 0x20) != 0;
    c->partial_chain = (byte & 0x40) != 0;
    c->auth_level = (byte & 0x20) != 0 ? 1 : 2;
    if ((byte & 0x80) != 0) {
        c->purpose = PURPOSE_SERVER;
        c->verify_hostname = "a.example.org";
        c->verify_email = "x@example.org";
        c->verify_ip = "10.1.2.3";
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct path path;
    struct config config = fixture_config("server_ec", NULL);
    struct span certs[CERTS_MAX];
    br_x500_name names[CERTS_MAX];
    struct anchor_set anchors = {.certs = certs, .names = names};
    struct path_request request = {.config = &config, .anchors = &anchors, .report = hear};
    struct reader r = reader_of(data, size);
    struct heard heard = {0}, stopped = {.stop_after = 1};
    size_t wanted, count = 0;

    set_rules(&config, reader_u8(&r));
    wanted = reader_u8(&r);
    while (count < CERTS_MAX && reader_left(&r) >= 2) {
        struct x509_cert cert;
        char reason[64];
        struct text error = text_over(reason, sizeof reason);
        struct span der = reader_vec16(&r);

        if (!r.bad && x509_cert_parse(&cert, der, false, &error) == 0) {
            names[count].data = (uint8_t *)(uintptr_t)cert.subject.data;
            names[count].len = cert.subject.len;
            certs[count++] = der;
        }
    }
    if (count == 0) {
        return 0;
    }
    anchors.count = wanted % count; /* the first ones; the others were sent */
    request.sent = certs + anchors.count;
    request.sent_count = count - anchors.count;
    request.now_s = 1700000000;
    request.context = &heard;
    assert(path_validate(&path, &request)); /* nobody stops it */
    assert(heard.good >= path.count - 1);
    if (heard.errors == 0) {
        look_again(&path);
    }
    request.context = &stopped;
    assert(!path_validate(&path, &request) && stopped.errors + stopped.good == 1);
    return 0;
}
