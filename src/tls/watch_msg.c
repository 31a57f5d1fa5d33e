/*
 * -msg, -state and -tlsextdebug: records and messages by name, in rows of hexadecimal. And
 * the messages' way from records, which cut and join them as they like, to
 * whoever shows them.
 */
#include "core/text.h"
#include "tls/alert.h"
#include "tls/watch_conn.h"
#include "tls/watch_names.h"

#include <string.h>

/* ---- -state --------------------------------------------------------------- */

void watch_show_state(struct watch_conn *c, const char *state)
{
    if (c->watch->config->watch_state) {
        watch_addf(watch_at(c, WATCH_STDERR), "SSL_accept:%s\n", state);
    }
}

void watch_show_error(struct watch_conn *c)
{
    if (!c->failed && !c->established) {
        watch_show_state(c, "error in error");
    }
    c->failed = true;
}

/* New states of TLS 1.3 have its name. */
static const char *state_prefix(bool sent, unsigned type)
{
    bool new = type == WATCH_ENCRYPTED_EXTENSIONS || type == WATCH_END_OF_EARLY_DATA ||
               type == WATCH_KEY_UPDATE || (sent && type == WATCH_CERTIFICATE_VERIFY);

    return new ? "TLSv1.3" : "SSLv3/TLS";
}

/* What was read is told when it was found good, which is when something
 * follows that is no fatal alert. */
void watch_settle_state(struct watch_conn *c)
{
    char line[64];
    struct text t = text_over(line, sizeof line);

    if (c->step_due != 0) {
        text_addf(&t, "%s %s", state_prefix(false, c->step_due),
                  watch_state_name(false, c->step_due));
        c->step_due = 0;
        watch_show_state(c, line);
    }
}

/* The place in openssl's machine where a TLS 1.3 server waits for the client; it is passed
 * twice. */
static void show_early_data(struct watch_conn *c)
{
    watch_show_state(c, "TLSv1.3 early data");
    watch_show_state(c, "TLSv1.3 early data");
}

/* The end of a flight with a HelloRetryRequest shows when something comes. */
static void settle_retry(struct watch_conn *c)
{
    if (c->retry_due) {
        c->retry_due = false;
        show_early_data(c);
    }
}

static void show_step(struct watch_conn *c, bool sent, unsigned type)
{
    const char *name = watch_state_name(sent, type);
    char line[64];
    struct text t = text_over(line, sizeof line);
    /* Where openssl's machine ends a flight, it tells of its last step again. */
    bool flight =
        !c->tls13 && (type == WATCH_SERVER_DONE || (type == WATCH_FINISHED && !c->finished_read));

    if (name == NULL || (c->tls13 && !sent && type == 256)) {
        return;
    }
    if (!sent) {
        settle_retry(c);
    }
    if (c->established &&
        (type == WATCH_CLIENT_HELLO || type == WATCH_HELLO_REQUEST || type == WATCH_KEY_UPDATE)) {
        watch_show_state(c, "SSL negotiation finished successfully");
    }
    if (c->established && !sent && (type == WATCH_CLIENT_HELLO || type == WATCH_KEY_UPDATE)) {
        watch_show_state(c, "SSL negotiation finished successfully");
    }
    if (!sent) {
        c->step_due = (uint16_t)type;
        return;
    }
    text_addf(&t, "%s %s", state_prefix(true, type), name);
    watch_show_state(c, line);
    if (flight) {
        watch_show_state(c, line);
    }
    if (c->tls13 && type == WATCH_FINISHED) {
        show_early_data(c);
    }
}

/* ---- -msg ------------------------------------------------------------------ */

static void show_line(struct watch_conn *c, bool sent, uint16_t version, const char *name,
                      size_t len)
{
    struct watch_out *o = watch_at(c, c->watch->place);
    char words[16];
    struct text t = text_over(words, sizeof words);

    watch_add_version(&t, version, false);
    watch_addf(o, "%s %s, %s [length %04x]", sent ? ">>>" : "<<<", words, name, (unsigned)len);
}

static void show_rows(struct watch_out *o, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        watch_addf(o, "%s %02x", i % 16 != 0 ? "" : i > 0 ? "\n   " : "   ", s.data[i]);
    }
    watch_add(o, "\n");
}

/* HTTP in plain text, or whatever else somebody sends to a port. */
static void show_other(struct watch_conn *c, bool sent, uint16_t version, const uint8_t header[5])
{
    if (c->watch->config->watch_trace || c->watch->config->watch_msg) {
        struct watch_out *o = watch_at(c, c->watch->place);

        watch_addf(o,
                   "%s Not TLS data or unknown version (version=%u, content_type=256) "
                   "[length 0005]\n",
                   sent ? ">>>" : "<<<", version);
        show_rows(o, span_of(header, 5));
    }
}

uint16_t watch_version(const struct watch_conn *c)
{
    return c->tls13 ? 0x0304 : c->version;
}

void watch_show_inner(struct watch_conn *c, bool sent, unsigned type)
{
    const struct config *config = c->watch->config;
    const char *name = watch_record_name(type);
    uint8_t byte = (uint8_t)type;

    if (config->watch_trace) {
        watch_addf(watch_at(c, c->watch->place), "  Inner Content Type = %s (%u)\n",
                   name != NULL ? name : "UNKNOWN", type);
    } else if (config->watch_msg) {
        /* openssl has another version on either way. */
        show_line(c, sent, sent ? c->version : watch_version(c), "InnerContent", 1);
        watch_add(&c->watch->out, "\n");
        show_rows(&c->watch->out, span_of(&byte, 1));
    }
}

void watch_show_header(struct watch_conn *c, bool sent, const uint8_t header[5])
{
    const struct config *config = c->watch->config;
    uint16_t version = (uint16_t)(header[1] << 8 | header[2]);

    if (watch_record_name(header[0]) == NULL || header[1] != 3) {
        show_other(c, sent, version, header);
        return;
    }
    c->version = version;
    if (config->watch_trace) {
        struct watch_out *o = watch_at(c, c->watch->place);
        const char *name = watch_record_name(header[0]);
        char words[16];
        struct text t = text_over(words, sizeof words);

        watch_add_version(&t, version, false);
        watch_addf(o, "%s Record\nHeader:\n  Version = %s (0x%x)\n  Content Type = %s (%u)\n",
                   sent ? "Sent" : "Received", words, version, name != NULL ? name : "UNKNOWN",
                   header[0]);
        watch_addf(o, "  Length = %u\n", (unsigned)(header[3] << 8 | header[4]));
    } else if (config->watch_msg) {
        show_line(c, sent, version, "RecordHeader", 5);
        watch_add(&c->watch->out, "\n");
        show_rows(&c->watch->out, span_of(header, 5));
    }
}

static void show_alert(struct watch_conn *c, bool sent, struct span alert)
{
    const struct config *config = c->watch->config;
    bool fatal = alert.data[0] == 2;

    if (sent && fatal) {
        c->step_due = 0;
    }
    watch_settle_state(c);
    if (config->watch_trace) {
        watch_trace_alert(watch_at(c, c->watch->place), alert);
    } else if (config->watch_msg) {
        show_line(c, sent, watch_version(c), "Alert", alert.len);
        watch_addf(&c->watch->out, ", %s %s\n", fatal ? "fatal" : "warning",
                   alert_name(alert.data[1]));
        show_rows(&c->watch->out, alert);
    }
    if (config->watch_state) {
        char words[48];
        struct text t = text_over(words, sizeof words);

        watch_add_alert(&t, alert.data[1]);
        watch_addf(watch_at(c, WATCH_STDERR), "SSL3 alert %s:%s:%s\n", sent ? "write" : "read",
                   fatal ? "fatal" : "warning", words);
    }
    if (fatal) {
        watch_show_error(c);
    }
}

/* openssl's tools tell of the one they send only. */
static void show_change(struct watch_conn *c, bool sent, struct span contents)
{
    const struct config *config = c->watch->config;

    watch_settle_state(c);
    if (sent && config->watch_trace) {
        watch_add(watch_at(c, c->watch->place), "    change_cipher_spec (1)\n\n");
    } else if (sent && config->watch_msg) {
        show_line(c, sent, watch_version(c), "ChangeCipherSpec", contents.len);
        watch_add(&c->watch->out, "\n");
        show_rows(&c->watch->out, contents);
    }
    show_step(c, sent, 256);
}

/* ---- -tlsextdebug ---------------------------------------------------------- */

void watch_show_extensions(struct watch_out *o, struct span hello)
{
    struct reader r = reader_of(hello.data, hello.len);
    struct reader list;
    struct span block;

    reader_take(&r, 34);
    reader_vec8(&r);
    reader_vec16(&r);
    reader_vec8(&r);
    block = reader_vec16(&r);
    list = reader_of(block.data, block.len);
    while (reader_left(&list) > 0) {
        uint16_t type = reader_u16(&list);
        struct span body = reader_vec16(&list);
        char name[64];
        struct text t = text_over(name, sizeof name);

        if (list.bad) {
            return;
        }
        watch_add_extension(&t, type, false);
        watch_addf(o, "TLS client extension \"%s\" (id=%u), len=%u\n", name, type,
                   (unsigned)body.len);
        watch_dump(o, 0, body);
    }
}

/* ---- messages --------------------------------------------------------------- */

static size_t message_len(const uint8_t *header)
{
    return 4 + ((size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3]);
}

static void keep_hello(struct watch_conn *c, struct span hello)
{
    c->hello_len = (uint32_t)hello.len;
    memcpy(c->hello, hello.data, hello.len);
    c->leaf_len = 0;
    c->peer_scheme = 0;
    c->finished_read = false;
}

/* The client's own certificate, if it is not larger than any should be. */
static void keep_leaf(struct watch_conn *c, struct span body)
{
    struct reader r = reader_of(body.data, body.len);
    struct span leaf;

    if (c->tls13) {
        reader_vec8(&r); /* the request's context */
    }
    reader_u24(&r);
    leaf = reader_take(&r, reader_u24(&r));
    if (!r.bad && leaf.len <= sizeof c->leaf) {
        memcpy(c->leaf, leaf.data, leaf.len);
        c->leaf_len = (uint32_t)leaf.len;
    }
}

/* A ServerHello whose random is the one of a HelloRetryRequest (RFC 8446, section
 * 4.1.3); its first bytes tell. */
static bool is_retry(struct span body)
{
    static const uint8_t start[8] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11};

    return body.len >= 10 && memcmp(body.data + 2, start, sizeof start) == 0;
}

/* What the description at the end needs. */
static void keep_fields(struct watch_conn *c, bool sent, struct span message)
{
    uint8_t type = message.data[0];
    struct span body = span_of(message.data + 4, message.len - 4);
    struct reader r = reader_of(body.data, body.len);

    if (sent && type == WATCH_SERVER_HELLO) {
        reader_take(&r, 34);
        reader_vec8(&r);
        c->suite = reader_u16(&r);
        c->retry_due = c->tls13 && is_retry(body);
    } else if (!sent && type == WATCH_CLIENT_HELLO) {
        keep_hello(c, message);
    } else if (!sent && type == WATCH_CERTIFICATE) {
        keep_leaf(c, body);
    } else if (!sent && type == WATCH_CERTIFICATE_VERIFY && c->version >= 0x0303) {
        c->peer_scheme = reader_u16(&r);
    } else if (!sent && type == WATCH_FINISHED) {
        c->secrets_due = true;
    }
}

void watch_show_message(struct watch_conn *c, bool sent, struct span message)
{
    const struct config *config = c->watch->config;
    uint8_t type = message.data[0];
    struct span body = span_of(message.data + 4, message.len - 4);

    watch_settle_state(c);
    if (config->watch_trace) {
        watch_trace_message(watch_at(c, c->watch->place), sent, watch_version(c), c->suite,
                            message);
    } else if (config->watch_msg) {
        /* The highest version that is spoken, as long as none is agreed. */
        bool first = type == WATCH_CLIENT_HELLO && !c->established;

        show_line(c, sent, first ? config->version_max : watch_version(c), "Handshake",
                  message_len(message.data));
        watch_addf(&c->watch->out, ", %s\n", watch_message_name(type));
        show_rows(&c->watch->out, message);
    }
    if (!sent && type == WATCH_CLIENT_HELLO && config->watch_extensions &&
        (!config->watch_quiet || config->watch_debug)) {
        watch_show_extensions(watch_at(c, WATCH_STDOUT), body);
    }
    keep_fields(c, sent, message);
    show_step(c, sent, type);
    if (!sent && type == WATCH_FINISHED) {
        c->finished_read = true;
    }
}

/* Bytes of the stream of messages in one direction. */
static void take_bytes(struct watch_conn *c, bool sent, struct span s)
{
    struct watch_message *m = sent ? &c->out : &c->in;

    while (s.len > 0) {
        size_t whole = m->have >= 4 ? message_len(m->bytes) : 4;
        size_t n = whole - m->have < s.len ? whole - m->have : s.len;
        size_t room = m->have < sizeof m->bytes ? sizeof m->bytes - m->have : 0;

        memcpy(m->bytes + (room > 0 ? m->have : 0), s.data, n < room ? n : room);
        m->have += (uint32_t)n;
        s = span_of(s.data + n, s.len - n);
        if (m->have >= 4 && m->have == message_len(m->bytes)) {
            size_t kept = m->have < sizeof m->bytes ? m->have : sizeof m->bytes;

            m->have = 0;
            watch_show_message(c, sent, span_of(m->bytes, kept));
        }
    }
}

void watch_show_record(struct watch_conn *c, bool sent, unsigned type, struct span contents)
{
    if (type == WATCH_HANDSHAKE) {
        take_bytes(c, sent, contents);
    } else if (type == WATCH_ALERT && contents.len == 2) {
        show_alert(c, sent, contents);
    } else if (type == WATCH_CCS) {
        show_change(c, sent, contents);
    }
}
