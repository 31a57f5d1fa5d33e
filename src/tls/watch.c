#include "tls/watch.h"

#include "core/errors.h"
#include "core/log.h"
#include "core/text.h"
#include "tls/internal.h"
#include "tls/keylog.h"
#include "tls/servername.h"
#include "tls/tls13.h"
#include "tls/watch_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* ---- beginning and end ------------------------------------------------------ */

/* In console mode s_server describes every session. */
static bool describes(const struct config *c)
{
    return c->mode == MODE_CONSOLE && !c->watch_quiet;
}

static bool tells_names(const struct config *c)
{
    return is_set(c->server_name) && c->s_server_style && !c->watch_quiet;
}

static bool anything(const struct config *c)
{
    return c->watch_state || c->watch_debug || c->watch_msg || c->watch_trace ||
           c->watch_extensions || c->watch_brief || describes(c) || is_set(c->keylog_file) ||
           is_set(c->export_label) || tells_names(c);
}

static int open_files(struct watch *w)
{
    const struct config *c = w->config;

    if (is_set(c->keylog_file)) {
        w->keylog = keylog_open(c->keylog_file);
        if (w->keylog < 0) {
            return -1;
        }
    }
    if (is_set(c->watch_file)) {
        w->file =
            open(c->watch_file,
                 O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
        if (w->file < 0) {
            log_line(LOG_ERROR, "watch.file: %s: %s", c->watch_file, error_text(errno));
            return -1;
        }
        w->place = WATCH_FILE;
    }
    return 0;
}

static void on_record(const br_ssl_engine_context *eng, int sent, unsigned type, unsigned version,
                      const unsigned char *data, size_t len);

int watch_new(struct tls_context *ctx)
{
    struct watch *w;

    if (!anything(ctx->config)) {
        return 0;
    }
    w = calloc(1, sizeof *w);
    if (w == NULL) {
        log_line(LOG_ERROR, "no memory to watch connections");
        return -1;
    }
    w->config = ctx->config;
    w->keylog = w->file = -1;
    if (open_files(w) != 0) {
        watch_free(w);
        return -1;
    }
    watch_out_begin(&w->out, w->file);
    pool_begin(&w->pool, sizeof(struct watch_conn), ctx->config->max_connections, 1);
    ctx->model.eng.trace = on_record;
    ctx->watch = w;
    return 0;
}

void watch_free(struct watch *w)
{
    if (w == NULL) {
        return;
    }
    watch_out_end(&w->out);
    if (w->keylog >= 0) {
        close(w->keylog);
    }
    if (w->file >= 0) {
        close(w->file);
    }
    pool_end(&w->pool);
    free(w);
}

void watch_begin(struct tls *t)
{
    struct watch *w = t->ctx->watch;
    struct watch_conn *c = pool_take(&w->pool);

    if (c == NULL) {
        return;
    }
    memset(c, 0, offsetof(struct watch_conn, in));
    c->in.have = c->out.have = 0;
    c->watch = w;
    c->number = ++w->last_number;
    w->open++;
    t->watching = c;
    watch_show_state(c, "before SSL initialization");
    watch_flush(&w->out);
}

void watch_end(struct tls *t)
{
    struct watch_conn *c = t->watching;
    struct watch *w = c->watch;

    watch_show_error(c);
    if (w->config->watch_brief && w->config->mode == MODE_REVERSE) {
        watch_add(watch_at(c, WATCH_STDERR),
                  c->established ? "CONNECTION CLOSED\n" : "CONNECTION FAILURE\n");
    } else if (!c->established && describes(w->config)) {
        /* The console tells of the end only if it saw the beginning. */
        watch_add(watch_at(c, WATCH_STDERR), "ERROR\n");
        watch_add(watch_at(c, WATCH_STDOUT), "CONNECTION CLOSED\n");
    }
    watch_flush(&w->out);
    w->open--;
    t->watching = NULL;
    pool_give(&w->pool, c, sizeof *c);
}

struct watch_out *watch_at(struct watch_conn *c, enum watch_place place)
{
    struct watch *w = c->watch;

    watch_to(&w->out, place, w->open > 1 || w->config->watch_numbers ? c->number : 0);
    return &w->out;
}

/* ---- bytes at the socket's side --------------------------------------------- */

/* s_server prints addresses of memory here, which would help an attacker: it is
 * the connection's number, and how many bytes passed before these. */
static void debug(struct watch_conn *c, const char *what, uint32_t *passed, struct span bytes)
{
    if (c->watch->config->watch_debug) {
        struct watch_out *o = watch_at(c, WATCH_STDOUT);
        unsigned n = (unsigned)bytes.len;

        watch_addf(o, "%s 0x%x [0x%x] (%u bytes => %u (0x%X))\n", what, c->number, *passed, n, n,
                   n);
        watch_dump(o, 0, bytes);
    }
    *passed += (uint32_t)bytes.len;
}

void watch_read(struct tls *t, struct span bytes)
{
    struct watch_conn *c = t->watching;

    if (!c->began) {
        c->began = true;
        watch_show_state(c, "before SSL initialization");
    }
    debug(c, "read from", &c->read_bytes, bytes);
    watch_flush(&c->watch->out);
}

void watch_written(struct tls *t, struct span bytes)
{
    struct watch_conn *c = t->watching;

    debug(c, "write to", &c->written_bytes, bytes);
    watch_flush(&c->watch->out);
}

/* ---- the end of the handshake --------------------------------------------------- */

/* RFC 5705, without a context value. */
static void show_exported(struct tls *t)
{
    struct watch_conn *c = t->watching;
    const struct config *config = c->watch->config;
    struct watch_out *o = watch_at(c, WATCH_STDOUT);
    uint8_t material[WATCH_EXPORT_MAX];

    watch_add(o, "Keying material exporter:\n    Label: '");
    watch_add(o, config->export_label);
    watch_addf(o, "'\n    Length: %u bytes\n", config->export_length);
    if (t->v12 != NULL ? br_ssl_key_export(&t->v12->server.eng, material, config->export_length,
                                           config->export_label, NULL, 0)
                       : keys13_export(t, config->export_label, span_of("", 0), material,
                                       config->export_length)) {
        watch_add(o, "    Keying material: ");
        watch_hex(o, span_of(material, config->export_length));
        watch_add(o, "\n");
    } else {
        watch_add(o, "    Error\n");
    }
    bytes_wipe(material, sizeof material);
}

/* What was agreed, once the whole handshake was shown. */
static void describe(struct tls *t)
{
    struct watch_conn *c = t->watching;
    const struct config *config = c->watch->config;

    c->describe_due = false;
    if (config->watch_brief) {
        if (config->mode == MODE_REVERSE) {
            watch_add(watch_at(c, WATCH_STDERR), "CONNECTION ESTABLISHED\n");
        }
        watch_show_brief(c, &t->info);
    } else if (describes(config)) {
        watch_show_session(c, &t->info);
    }
    if (is_set(config->export_label) && !config->watch_quiet) {
        show_exported(t);
    }
    watch_flush(&c->watch->out);
}

void watch_established(struct tls *t)
{
    struct watch_conn *c = t->watching;

    watch_settle_state(c);
    if (!c->established) { /* else it was a renegotiation */
        c->established = true;
        c->verify_error = t->verifier != NULL ? verify_error(t->verifier) : 0;
        c->describe_due = true;
    }
    if (c->describe_due && !c->pending) {
        describe(t);
    }
    watch_flush(&c->watch->out);
}

/* ---- records ------------------------------------------------------------------ */

static void show_headers(struct watch_conn *c, bool sent, struct span records)
{
    struct reader r = reader_of(records.data, records.len);

    while (reader_left(&r) >= 5) {
        watch_show_header(c, sent, r.pos);
        reader_u24(&r);
        reader_vec16(&r);
    }
}

void watch_hello(struct tls *t, struct span records, struct span message)
{
    struct watch_conn *c = t->watching;

    show_headers(c, false, records);
    watch_show_message(c, false, message);
    c->hello_left = (uint32_t)message.len;
    watch_flush(&c->watch->out);
}

void watch_server_name(struct tls *t, struct span name, bool matched)
{
    char quoted[4 * SERVERNAME_MAX + 1];
    struct text text = text_over(quoted, sizeof quoted);
    struct watch_conn *c = t->watching;

    if (tells_names(c->watch->config)) {
        struct watch_out *o = watch_at(c, WATCH_STDOUT);

        text_add_quoted(&text, name);
        watch_add(o, "Hostname in TLS extension: \"");
        watch_add(o, quoted);
        watch_add(o, matched ? "\"\nSwitching server context.\n" : "\"\n");
        watch_flush(o);
    }
}

void watch_secret(struct tls *t, const char *label, struct span secret)
{
    const struct watch_conn *c = t->watching;

    if (c->watch->keylog >= 0 && c->hello_len >= 6 + 32) {
        keylog_write(c->watch->keylog, label, c->hello + 6, secret);
    }
}

void watch_no_hello(struct tls *t, struct span bytes)
{
    struct watch_conn *c = t->watching;

    if (bytes.len >= 5) {
        watch_show_header(c, false, bytes.data);
        watch_flush(&c->watch->out);
    }
}

void watch_header(struct tls *t, const uint8_t header[5])
{
    struct watch_conn *c = t->watching;

    if (t->v12 == NULL || c->hello_left == 0) {
        watch_show_header(c, false, header);
        watch_flush(&c->watch->out);
    }
}

static void show_pending(struct watch_conn *c)
{
    c->pending = false;
    watch_show_record(c, true, c->pending_type, span_of(c->pending_bytes, c->pending_len));
    c->pending_len = 0;
}

void watch_sending(struct tls *t, struct span bytes)
{
    struct watch_conn *c = t->watching;

    if (c->pending) {
        show_headers(c, true, bytes);
        show_pending(c);
        watch_flush(&c->watch->out);
    }
    if (c->describe_due) {
        describe(t);
    }
}

void watch_record13(struct tls *t, bool sent, const uint8_t header[5], unsigned type,
                    struct span contents)
{
    struct watch_conn *c = t->watching;

    c->tls13 = true;
    c->hello_left = 0;
    if (sent) {
        watch_show_header(c, true, header);
    }
    if (header[0] == WATCH_DATA) {
        watch_show_inner(c, sent, type);
    }
    watch_show_record(c, sent, type, contents);
    watch_flush(&c->watch->out);
}

void watch_record(struct tls *t, bool sent, unsigned type, unsigned version, struct span contents)
{
    struct watch_conn *c = t->watching;
    const uint8_t *data = contents.data;
    size_t len = contents.len;

    if (t->v12 != NULL && c->hello_left > 0 && !sent) {
        c->hello_left -= len < c->hello_left ? (uint32_t)len : c->hello_left;
        return;
    }
    if (!sent) {
        watch_show_record(c, false, type, span_of(data, len));
    } else {
        if (c->pending) {
            show_pending(c);
        }
        /* Its header, with the length, exists after the encryption; application
         * data are not shown in the clear. */
        c->pending = true;
        c->pending_type = (uint8_t)type;
        c->version = (uint16_t)version;
        if (type != WATCH_DATA && len <= sizeof c->pending_bytes) {
            memcpy(c->pending_bytes, data, len);
            c->pending_len = (uint32_t)len;
        }
    }
    watch_flush(&c->watch->out);
}

static void on_record(const br_ssl_engine_context *eng, int sent, unsigned type, unsigned version,
                      const unsigned char *data, size_t len)
{
    struct tls *t = ((struct tls12 *)(uintptr_t)eng)->tls;
    struct watch_conn *c = t->watching;

    if (c == NULL) {
        return;
    }
    watch_record(t, sent != 0, type, version, span_of(data, len));
    if (c->secrets_due && c->watch->keylog >= 0) {
        keylog_write(c->watch->keylog, "CLIENT_RANDOM", eng->client_random,
                     span_of(eng->session.master_secret, 48));
    }
    c->secrets_due = false;
    watch_flush(&c->watch->out);
}
