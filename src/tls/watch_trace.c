/*
 * -trace: the fields of messages, decoded. Pure readers of bytes that may be
 * hostile: what does not fit its frame is shown as bytes and named for what it
 * is. Texts of a peer are escaped.
 */
#include "tls/pem.h"
#include "tls/watch_names.h"
#include "tls/watch_trace.h"
#include "tls/x509cert.h"
#include "tls/x509name.h"
#include "tls/x509text.h"

#include <string.h>

#define MALFORMED "      malformed, the bytes from here on:\n"

/* The rest of a message that does not hold what it should. */
static void show_rest(struct watch_out *o, const struct reader *r, struct span all)
{
    const uint8_t *end = all.data + all.len;

    if (r->bad || reader_left(r) > 0) {
        watch_add(o, MALFORMED);
        watch_dump(o, 8, r->bad ? all : span_of(r->pos, (size_t)(end - r->pos)));
    }
}

static void show_signature(struct watch_out *o, struct reader *r, uint16_t version)
{
    if (version >= 0x0303) {
        uint16_t scheme = reader_u16(r);
        char name[48];
        struct text t = text_over(name, sizeof name);

        watch_add_signature(&t, scheme, true);
        watch_addf(o, "      Signature Algorithm: %s (0x%04x)\n", name, scheme);
    }
    trace_field(o, "      ", "Signature", reader_vec16(r));
}

/* ---- messages ---------------------------------------------------------------------- */

static void trace_random(struct watch_out *o, const char *side, struct reader *r)
{
    uint16_t version = reader_u16(r);
    uint32_t time = reader_u32(r);
    char words[16];
    struct text t = text_over(words, sizeof words);

    watch_add_version(&t, version, false);
    watch_addf(o, "      %s_version=0x%x (%s)\n      Random:\n        gmt_unix_time=0x%08X\n", side,
               version, words, time);
    trace_field(o, "        ", "random_bytes", reader_take(r, 28));
    trace_field(o, "      ", "session_id", reader_vec8(r));
}

static void trace_client_hello(struct watch_out *o, struct reader *r)
{
    struct span list;

    trace_random(o, "client", r);
    list = reader_vec16(r);
    watch_addf(o, "      cipher_suites (len=%u)\n", (unsigned)list.len);
    trace_numbers(o, 8, TRACE_SUITE, list);
    list = reader_vec8(r);
    watch_addf(o, "      compression_methods (len=%u)\n", (unsigned)list.len);
    for (size_t i = 0; i < list.len; i++) {
        watch_addf(o, "        %s (0x%02X)\n", list.data[i] == 0 ? "No Compression" : "UNKNOWN",
                   list.data[i]);
    }
    trace_extensions(o, TRACE_CLIENT, r);
}

static void trace_server_hello(struct watch_out *o, struct reader *r)
{
    struct span suite;

    trace_random(o, "server", r);
    suite = reader_take(r, 2);
    watch_add(o, "      cipher_suite");
    trace_numbers(o, 1, TRACE_SUITE, suite);
    watch_addf(o, "      compression_method: %s\n",
               reader_u8(r) == 0 ? "No Compression (0x00)" : "UNKNOWN");
    trace_extensions(o, TRACE_SERVER, r);
}

/* Names and times, and the whole as PEM for any other tool. */
static void trace_one_certificate(struct watch_out *o, struct span der)
{
    static const char mark[] = "------details-----\n";
    struct x509_cert cert;
    char buf[1024];
    struct text t = text_over(buf, sizeof buf);
    char pem[WATCH_MESSAGE_MAX / 3 * 4 + 512];
    struct text block = text_over(pem, sizeof pem);

    memset(&cert, 0, sizeof cert);
    watch_addf(o, "        ASN.1Cert, length=%u\n", (unsigned)der.len);
    watch_add(o, mark);
    if (x509_cert_parse(&cert, der, false, &t) == 0) {
        t = text_over(buf, sizeof buf);
        text_add(&t, "    Issuer: ");
        x509name_add(&t, cert.issuer);
        text_add(&t, "\n    Not Before: ");
        x509text_time(&t, cert.not_before_s);
        text_add(&t, "\n    Not After : ");
        x509text_time(&t, cert.not_after_s);
        text_add(&t, "\n    Subject: ");
        x509name_add(&t, cert.subject);
    }
    watch_add(o, buf);
    watch_add(o, "\n");
    pem_add(&block, der, "CERTIFICATE");
    watch_add(o, pem);
    watch_add(o, "------------------\n");
}

static void trace_context(struct watch_out *o, const char *name, struct reader *r)
{
    trace_field(o, "      ", name, reader_vec8(r));
}

static void trace_certificate(struct watch_out *o, struct reader *r, uint16_t version)
{
    struct span list;
    struct reader certs;

    if (version >= 0x0304) {
        trace_context(o, "context", r);
    }
    list = reader_take(r, reader_u24(r));
    certs = reader_of(list.data, list.len);
    watch_addf(o, "      certificate_list, length=%u\n", (unsigned)list.len);
    while (!certs.bad && reader_left(&certs) > 0) {
        struct span der = reader_take(&certs, reader_u24(&certs));

        if (certs.bad) {
            r->bad = true;
            return;
        }
        trace_one_certificate(o, der);
        if (version >= 0x0304) {
            trace_extensions(o, TRACE_INNER, &certs);
        }
    }
    r->bad = r->bad || certs.bad;
}

static void trace_server_key(struct watch_out *o, struct reader *r, uint16_t version)
{
    watch_add(o, "      KeyExchangeAlgorithm=ECDHE\n");
    if (reader_u8(r) != 3) {
        r->bad = true;
        return;
    }
    watch_add(o, "        named_curve:");
    trace_numbers(o, 1, TRACE_GROUP, reader_take(r, 2));
    trace_field(o, "        ", "point", reader_vec8(r));
    show_signature(o, r, version);
}

static void trace_client_key(struct watch_out *o, struct reader *r, uint16_t suite)
{
    char name[64];
    struct text t = text_over(name, sizeof name);

    watch_add_suite(&t, suite, true);
    if (strncmp(name, "TLS_RSA_", 8) == 0) {
        watch_add(o, "      KeyExchangeAlgorithm=rsa\n");
        trace_field(o, "        ", "EncryptedPreMasterSecret", reader_vec16(r));
    } else {
        watch_addf(o, "      KeyExchangeAlgorithm=%s\n",
                   strncmp(name, "TLS_ECDH_", 9) == 0 ? "ECDH" : "ECDHE");
        trace_field(o, "        ", "ecdh_Yc", reader_vec8(r));
    }
}

static void trace_request(struct watch_out *o, struct reader *r, uint16_t version)
{
    struct span list;
    struct reader names;

    if (version >= 0x0304) {
        trace_context(o, "request_context", r);
        trace_extensions(o, TRACE_SERVER, r);
        return;
    }
    list = reader_vec8(r);
    watch_addf(o, "      certificate_types (len=%u)\n", (unsigned)list.len);
    for (size_t i = 0; i < list.len; i++) {
        uint8_t type = list.data[i];

        watch_addf(o, "        %s (%u)\n",
                   type == 1    ? "rsa_sign"
                   : type == 2  ? "dss_sign"
                   : type == 64 ? "ecdsa_sign"
                   : type == 65 ? "rsa_fixed_ecdh"
                   : type == 66 ? "ecdsa_fixed_ecdh"
                                : "UNKNOWN",
                   type);
    }
    if (version >= 0x0303) {
        list = reader_vec16(r);
        watch_addf(o, "      signature_algorithms (len=%u)\n", (unsigned)list.len);
        trace_numbers(o, 8, TRACE_SIGNATURE, list);
    }
    list = reader_vec16(r);
    watch_addf(o, "      certificate_authorities (len=%u)\n", (unsigned)list.len);
    names = reader_of(list.data, list.len);
    while (!names.bad && reader_left(&names) > 0) {
        struct span dn = reader_vec16(&names);
        char buf[512];
        struct text t = text_over(buf, sizeof buf);

        x509name_add(&t, dn);
        watch_addf(o, "        DistinguishedName (len=%u): ", (unsigned)dn.len);
        watch_add(o, buf);
        watch_add(o, "\n");
    }
    r->bad = r->bad || names.bad;
}

static void trace_status(struct watch_out *o, struct reader *r)
{
    uint8_t type = reader_u8(r);
    struct span response = reader_take(r, reader_u24(r));

    watch_addf(o, "      status_type=%s (%u)\n", type == 1 ? "ocsp" : "UNKNOWN", type);
    trace_field(o, "      ", "response", response);
}

static void trace_ticket(struct watch_out *o, struct reader *r, uint16_t version)
{
    watch_addf(o, "        ticket_lifetime_hint=%u\n", reader_u32(r));
    if (version >= 0x0304) {
        watch_addf(o, "        ticket_age_add=%u\n", reader_u32(r));
        trace_field(o, "        ", "ticket_nonce", reader_vec8(r));
    }
    trace_field(o, "        ", "ticket", reader_vec16(r));
    if (version >= 0x0304) {
        trace_extensions(o, TRACE_INNER, r);
    }
}

static void trace_key_update(struct watch_out *o, struct reader *r)
{
    uint8_t request = reader_u8(r);

    watch_addf(o, "      update_%s (%u)\n",
               request == 0   ? "not_requested"
               : request == 1 ? "requested"
                              : "UNKNOWN",
               request);
}

/* RFC 8879 */
static void trace_compressed(struct watch_out *o, struct reader *r)
{
    uint16_t algorithm = reader_u16(r);

    watch_addf(o, "      algorithm=%u\n", algorithm);
    watch_addf(o, "      uncompressed_length=%u\n", (unsigned)reader_u24(r));
    trace_field(o, "      ", "compressed_certificate_message", reader_take(r, reader_u24(r)));
}

void watch_trace_message(struct watch_out *o, bool sent, uint16_t version, uint16_t suite,
                         struct span message)
{
    struct span body = span_of(message.data + 4, message.len - 4);
    struct reader r = reader_of(body.data, body.len);
    struct reader head = reader_of(message.data + 1, 3);

    watch_addf(o, "    %s, Length=%u\n", watch_message_name(message.data[0]),
               (unsigned)reader_u24(&head));
    switch (message.data[0]) {
    case WATCH_CLIENT_HELLO:
        trace_client_hello(o, &r);
        break;
    case WATCH_SERVER_HELLO:
        trace_server_hello(o, &r);
        break;
    case WATCH_NEW_TICKET:
        trace_ticket(o, &r, version);
        break;
    case WATCH_CERTIFICATE:
        trace_certificate(o, &r, version);
        break;
    case WATCH_SERVER_KEY:
        trace_server_key(o, &r, version);
        break;
    case WATCH_CERTIFICATE_REQUEST:
        trace_request(o, &r, version);
        break;
    case WATCH_CERTIFICATE_VERIFY:
        show_signature(o, &r, version);
        break;
    case WATCH_CLIENT_KEY:
        trace_client_key(o, &r, suite);
        break;
    case WATCH_FINISHED:
        trace_field(o, "      ", "verify_data", reader_take(&r, reader_left(&r)));
        break;
    case WATCH_CERTIFICATE_STATUS:
        trace_status(o, &r);
        break;
    case WATCH_ENCRYPTED_EXTENSIONS:
        trace_extensions(o, TRACE_SERVER, &r);
        break;
    case WATCH_KEY_UPDATE:
        trace_key_update(o, &r);
        break;
    case WATCH_COMPRESSED_CERTIFICATE:
        trace_compressed(o, &r);
        break;
    default:
        break;
    }
    (void)sent;
    show_rest(o, &r, body);
    watch_add(o, "\n");
}

void watch_trace_alert(struct watch_out *o, struct span alert)
{
    char words[48];
    struct text t = text_over(words, sizeof words);

    watch_add_alert(&t, alert.data[1]);
    watch_addf(o, "    Level=%s(%u), description=%s(%u)\n\n",
               alert.data[0] == 2 ? "fatal" : "warning", alert.data[0], words, alert.data[1]);
}
