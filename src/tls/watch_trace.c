/*
 * -trace: the fields of messages, decoded. Pure readers of bytes that may be
 * hostile: what does not fit its frame is shown as bytes and named for what it
 * is. Texts of a peer are escaped.
 */
#include "tls/pem.h"
#include "tls/watch_conn.h"
#include "tls/watch_names.h"
#include "tls/x509cert.h"
#include "tls/x509name.h"
#include "tls/x509text.h"

#include <string.h>

#define MALFORMED "      malformed, the bytes from here on:\n"

/* ---- pieces -------------------------------------------------------------------- */

/* The rest of a message that does not hold what it should. */
static void show_rest(struct watch_out *o, const struct reader *r, struct span all)
{
    const uint8_t *end = all.data + all.len;

    if (r->bad || reader_left(r) > 0) {
        watch_add(o, MALFORMED);
        watch_dump(o, 8, r->bad ? all : span_of(r->pos, (size_t)(end - r->pos)));
    }
}

static void show_field(struct watch_out *o, const char *indent, const char *name, struct span s)
{
    watch_addf(o, "%s%s (len=%u): ", indent, name, (unsigned)s.len);
    watch_hex(o, s);
    watch_add(o, "\n");
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
    show_field(o, "      ", "Signature", reader_vec16(r));
}

enum kind { KIND_GROUP, KIND_SIGNATURE, KIND_VERSION, KIND_SUITE };

/* A list of numbers of 16 bits, a line each. */
static void show_numbers(struct watch_out *o, unsigned indent, enum kind kind, struct span list)
{
    struct reader r = reader_of(list.data, list.len);

    while (reader_left(&r) >= 2) {
        uint16_t n = reader_u16(&r);
        char line[96];
        struct text t = text_over(line, sizeof line);

        for (unsigned i = 0; i < indent; i++) {
            text_add(&t, " ");
        }
        switch (kind) {
        case KIND_GROUP:
            watch_add_group(&t, n, true);
            text_addf(&t, " (%u)\n", n);
            break;
        case KIND_SIGNATURE:
            watch_add_signature(&t, n, true);
            text_addf(&t, " (0x%04x)\n", n);
            break;
        case KIND_VERSION:
            watch_add_version(&t, n, false);
            text_addf(&t, " (%u)\n", n);
            break;
        case KIND_SUITE:
            text_addf(&t, "{0x%02X, 0x%02X} ", n >> 8, n & 0xFFu);
            watch_add_suite(&t, n, true);
            text_add(&t, "\n");
            break;
        }
        watch_put(o, span_of(line, t.len));
    }
}

static void show_quoted(struct watch_out *o, const char *indent, struct span s)
{
    char buf[256 * 4 + 1];
    struct text t = text_over(buf, sizeof buf);

    text_add_quoted(&t, s);
    watch_add(o, indent);
    watch_add(o, buf);
    watch_add(o, "\n");
}

/* ---- extensions ------------------------------------------------------------------ */

static bool show_list8(struct watch_out *o, struct span list, bool formats)
{
    for (size_t i = 0; i < list.len; i++) {
        char line[64];
        struct text t = text_over(line, sizeof line);

        if (formats) {
            watch_add_point_format(&t, list.data[i]);
        } else {
            text_add(&t, list.data[i] == 0   ? "psk_ke"
                         : list.data[i] == 1 ? "psk_dhe_ke"
                                             : "UNKNOWN");
        }
        watch_addf(o, "          %s (%u)\n", line, list.data[i]);
    }
    return true;
}

static bool show_protocols(struct watch_out *o, struct span list)
{
    struct reader r = reader_of(list.data, list.len);

    while (!r.bad && reader_left(&r) > 0) {
        struct span name = reader_vec8(&r);

        if (!r.bad) {
            show_quoted(o, "          ", name);
        }
    }
    return true;
}

static bool show_shares(struct watch_out *o, struct span list)
{
    struct reader r = reader_of(list.data, list.len);

    while (!r.bad && reader_left(&r) > 0) {
        uint16_t group = reader_u16(&r);
        struct span share = reader_vec16(&r);
        char name[48];
        struct text t = text_over(name, sizeof name);

        if (!r.bad) {
            watch_add_group(&t, group, true);
            watch_addf(o, "          NamedGroup: %s (%u)\n", name, group);
            show_field(o, "          ", "key_exchange: ", share);
        }
    }
    return true;
}

/* What is inside of those whose form is known here; false: show the bytes. */
static bool show_inside(struct watch_out *o, uint16_t type, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span list;

    switch (type) {
    case 1: /* max_fragment_length */
        if (body.len != 1 || body.data[0] < 1 || body.data[0] > 4) {
            return false;
        }
        watch_addf(o, "          max_fragment_length := 2^%u (%u bytes) (%u)\n", body.data[0] + 8u,
                   256u << body.data[0], body.data[0]);
        return true;
    case 10: /* supported_groups */
    case 13: /* signature_algorithms */
    case 50: /* signature_algorithms_cert */
        list = reader_vec16(&r);
        if (r.bad || reader_left(&r) > 0 || list.len % 2 != 0) {
            return false;
        }
        show_numbers(o, 10, type == 10 ? KIND_GROUP : KIND_SIGNATURE, list);
        return true;
    case 11: /* ec_point_formats */
    case 45: /* psk_key_exchange_modes */
        list = reader_vec8(&r);
        return !r.bad && reader_left(&r) == 0 && show_list8(o, list, type == 11);
    case 16: /* ALPN */
        list = reader_vec16(&r);
        return !r.bad && reader_left(&r) == 0 && show_protocols(o, list);
    case 35: /* session_ticket */
        if (body.len > 0) {
            show_field(o, "            ", "ticket", body);
        }
        return true;
    case 43: /* supported_versions */
        list = reader_vec8(&r);
        if (r.bad || reader_left(&r) > 0 || list.len % 2 != 0) {
            return false;
        }
        show_numbers(o, 10, KIND_VERSION, list);
        return true;
    case 51: /* key_share */
        list = reader_vec16(&r);
        return !r.bad && reader_left(&r) == 0 && show_shares(o, list);
    case 0xFF01: /* renegotiation_info */
        list = reader_vec8(&r);
        if (r.bad || reader_left(&r) > 0) {
            return false;
        }
        if (list.len == 0) {
            watch_add(o, "            <EMPTY>\n");
        } else {
            watch_dump(o, 10, list);
        }
        return true;
    default:
        return false;
    }
}

static void trace_extensions(struct watch_out *o, struct reader *r)
{
    struct reader list;
    struct span block;

    if (reader_left(r) == 0) {
        watch_add(o, "      no extensions\n");
        return;
    }
    block = reader_vec16(r);
    list = reader_of(block.data, block.len);
    watch_addf(o, "      extensions, length = %u\n", (unsigned)block.len);
    while (!list.bad && reader_left(&list) > 0) {
        uint16_t type = reader_u16(&list);
        struct span body = reader_vec16(&list);
        char name[64];
        struct text t = text_over(name, sizeof name);

        if (list.bad) {
            r->bad = true;
            return;
        }
        watch_add_extension(&t, type, true);
        watch_addf(o, "        extension_type=%s(%u), length=%u\n", name, type, (unsigned)body.len);
        if (!show_inside(o, type, body)) {
            watch_dump(o, 10, body);
        }
    }
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
    show_field(o, "        ", "random_bytes", reader_take(r, 28));
    show_field(o, "      ", "session_id", reader_vec8(r));
}

static void trace_client_hello(struct watch_out *o, struct reader *r)
{
    struct span list;

    trace_random(o, "client", r);
    list = reader_vec16(r);
    watch_addf(o, "      cipher_suites (len=%u)\n", (unsigned)list.len);
    show_numbers(o, 8, KIND_SUITE, list);
    list = reader_vec8(r);
    watch_addf(o, "      compression_methods (len=%u)\n", (unsigned)list.len);
    for (size_t i = 0; i < list.len; i++) {
        watch_addf(o, "        %s (0x%02X)\n", list.data[i] == 0 ? "No Compression" : "UNKNOWN",
                   list.data[i]);
    }
    trace_extensions(o, r);
}

static void trace_server_hello(struct watch_out *o, struct reader *r)
{
    struct span suite;

    trace_random(o, "server", r);
    suite = reader_take(r, 2);
    watch_add(o, "      cipher_suite");
    show_numbers(o, 1, KIND_SUITE, suite);
    watch_addf(o, "      compression_method: %s\n",
               reader_u8(r) == 0 ? "No Compression (0x00)" : "UNKNOWN");
    trace_extensions(o, r);
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

static void trace_certificate(struct watch_out *o, struct reader *r)
{
    struct span list = reader_take(r, reader_u24(r));
    struct reader certs = reader_of(list.data, list.len);

    watch_addf(o, "      certificate_list, length=%u\n", (unsigned)list.len);
    while (!certs.bad && reader_left(&certs) > 0) {
        struct span der = reader_take(&certs, reader_u24(&certs));

        if (certs.bad) {
            r->bad = true;
            return;
        }
        trace_one_certificate(o, der);
    }
}

static void trace_server_key(struct watch_out *o, struct reader *r, uint16_t version)
{
    watch_add(o, "      KeyExchangeAlgorithm=ECDHE\n");
    if (reader_u8(r) != 3) {
        r->bad = true;
        return;
    }
    watch_add(o, "        named_curve:");
    show_numbers(o, 1, KIND_GROUP, reader_take(r, 2));
    show_field(o, "        ", "point", reader_vec8(r));
    show_signature(o, r, version);
}

static void trace_client_key(struct watch_out *o, struct reader *r, uint16_t suite)
{
    char name[64];
    struct text t = text_over(name, sizeof name);

    watch_add_suite(&t, suite, true);
    if (strncmp(name, "TLS_RSA_", 8) == 0) {
        watch_add(o, "      KeyExchangeAlgorithm=rsa\n");
        show_field(o, "        ", "EncryptedPreMasterSecret", reader_vec16(r));
    } else {
        watch_addf(o, "      KeyExchangeAlgorithm=%s\n",
                   strncmp(name, "TLS_ECDH_", 9) == 0 ? "ECDH" : "ECDHE");
        show_field(o, "        ", "ecdh_Yc", reader_vec8(r));
    }
}

static void trace_request(struct watch_out *o, struct reader *r, uint16_t version)
{
    struct span list = reader_vec8(r);
    struct reader names;

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
        show_numbers(o, 8, KIND_SIGNATURE, list);
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
    show_field(o, "      ", "response", response);
}

static void trace_ticket(struct watch_out *o, struct reader *r)
{
    watch_addf(o, "        ticket_lifetime_hint=%u\n", reader_u32(r));
    show_field(o, "        ", "ticket", reader_vec16(r));
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
        trace_ticket(o, &r);
        break;
    case WATCH_CERTIFICATE:
        trace_certificate(o, &r);
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
        show_field(o, "      ", "verify_data", reader_take(&r, reader_left(&r)));
        break;
    case WATCH_CERTIFICATE_STATUS:
        trace_status(o, &r);
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
