/*
 * The status application, as `openssl s_server -www`: what was agreed on this
 * connection, what the server has and has done. Any path; HTML for who names
 * text/html in Accept, JSON for application/json, else plain text. Keys stay
 * out of it.
 */
#include "app/http_serve.h"
#include "app/status_page.h"
#include "config/cipherlist.h"

#include <string.h>

struct status {
    struct http_conn http;
};

static struct page_word word(const char *key, const char *label)
{
    return (struct page_word){key, label};
}

static enum page_format wanted_format(const struct http_request *r)
{
    int html = http_quality(r, "Accept", "text/html");
    int json = http_quality(r, "Accept", "application/json");
    int plain = http_quality(r, "Accept", "text/plain");

    if (html > 0 && html >= json && html >= plain) {
        return PAGE_HTML;
    }
    return json > 0 && json > plain ? PAGE_JSON : PAGE_TEXT;
}

static const char *verdict_text(enum tls_verdict verdict)
{
    switch (verdict) {
    case TLS_PEER_NOT_ASKED:
        return "not asked for";
    case TLS_PEER_NONE:
        return "asked for, none came";
    case TLS_PEER_TRUSTED:
        return "verified";
    case TLS_PEER_REFUSED:
        return "not verified";
    }
    return "";
}

static void add_connection(struct page *p, const struct app_peer *peer)
{
    const struct tls_info *tls = peer->tls;
    char buf[2 * sizeof tls->session_id + 1];
    char enc[32];
    struct text id = text_over(buf, sizeof buf);
    struct text cipher = text_over(enc, sizeof enc);
    struct suite_info suite;

    if (suite_by_id(tls->suite, &suite)) {
        suite_cipher(&suite, &cipher);
    }
    text_add_hex(&id, span_of(tls->session_id, tls->session_id_len));
    page_section(p, word("connection", "This connection"));
    page_value(p, word("protocol", "Protocol"), tls_version_name(tls->version));
    page_value(p, word("cipher", "Cipher suite"), suite.name);
    page_value(p, word("encryption", "Encryption"), enc);
    page_value(p, word("group", "Key exchange group"),
               tls->group != 0 ? tls_group_name(tls->group) : "");
    page_value(p, word("signature", "Server's signature"),
               tls->signature != 0 ? tls_signature_name(tls->signature) : "");
    page_value(p, word("server_name", "Server name (SNI)"), tls->server_name);
    page_value(p, word("alpn", "Application protocol"), tls->alpn);
    page_value(p, word("session", "Session"), tls->resumed ? "reused" : "new");
    page_value(p, word("session_id", "Session ID"), buf);
    page_yes_no(p, word("early_data", "Early data"), tls->early_data);
    page_value(p, word("client_certificate", "Client certificate"), verdict_text(tls->verdict));
    page_value(p, word("client_subject", "Its subject"), tls->peer_subject);
    page_value(p, word("remote", "Your address"), peer->address);
    page_value(p, word("local", "Address of the server"), peer->local);
}

static const char *verify_text(enum verify_mode mode)
{
    static const char words[][9] = {"none", "optional", "required"};

    return words[mode];
}

static void add_server(struct page *p, const struct config *config, const struct counters *c,
                       int64_t now_s)
{
    char groups[256];
    char versions[64];
    struct text t = text_over(groups, sizeof groups);

    for (size_t i = 0; i < config->group_count; i++) {
        text_addf(&t, "%s%s", i > 0 ? " " : "", tls_group_name(config->groups[i]));
    }
    t = text_over(versions, sizeof versions);
    text_add(&t, tls_version_name(config->version_min));
    if (config->version_min < config->version_max) {
        text_addf(&t, " to %s", tls_version_name(config->version_max));
    }
    page_section(p, word("server", "Server"));
    page_duration(p, word("uptime_s", "Up for"),
                  now_s > c->started_s ? (uint64_t)(now_s - c->started_s) : 0);
    page_value(p, word("protocols", "Protocols"), versions);
    page_value(p, word("groups", "Groups"), groups);
    page_value(p, word("verify", "Client certificates"), verify_text(config->verify));
    page_number(p, word("open", "Connections now"), c->open);
    page_number(p, word("max_connections", "At most"), config->max_connections);
}

static void add_counts(struct page *p, const struct config *config, const struct counters *c)
{
    page_section(p, word("totals", "So far"));
    page_number(p, word("accepted", "Connections accepted"), c->accepted);
    page_number(p, word("handshakes", "Handshakes finished"), c->handshakes);
    page_number(p, word("resumed", "Of these, resumed"), c->resumed);
    page_number(p, word("handshake_errors", "Handshakes failed"), c->handshake_errors);
    page_number(p, word("probes", "Left before a hello"), c->probes);
    page_number(p, word("timeouts", "Timed out"), c->timeouts);
    page_number(p, word("refused", "Turned away"), c->refused);
    page_number(p, word("accept_errors", "Errors of accept"), c->accept_errors);
    page_number(p, word("requests", "Requests answered"), c->requests);
    page_number(p, word("bytes_in", "Bytes received"), c->bytes_in);
    page_number(p, word("bytes_out", "Bytes sent"), c->bytes_out);

    page_section(p, word("session_cache", "Session cache"));
    page_yes_no(p, word("on", "In use"), config->session_cache);
    page_number(p, word("entries", "Items"), c->session_entries);
    page_number(p, word("size", "Room for"), config->session_cache_size);
    page_number(p, word("stored", "Stored so far"), c->session_stored);
    page_number(p, word("hits", "Hits"), c->session_hits);
    page_number(p, word("misses", "Misses"), c->session_misses);
    page_number(p, word("timeouts", "Timed out"), c->session_timeouts);
    page_number(p, word("overflows", "Dropped when full"), c->session_overflows);

    page_section(p, word("session_tickets", "Session tickets"));
    page_yes_no(p, word("on", "In use"), config->session_tickets);
    page_number(p, word("issued", "Issued"), c->tickets_issued);
    page_number(p, word("taken", "Taken"), c->tickets_taken);
    page_number(p, word("refused", "Not taken"), c->tickets_refused);
    page_number(p, word("early_accepted", "Early data taken"), c->early_accepted);
    page_number(p, word("early_refused", "Early data not taken"), c->early_refused);
}

static void add_list(struct page *p, const uint16_t *suites, size_t count, uint16_t used,
                     uint64_t common)
{
    for (size_t i = 0; i < count; i++) {
        struct suite_info s;

        if (suite_by_id(suites[i], &s)) {
            page_suite(p, &s, s.id == used, common >> i & 1);
        }
    }
}

static void add_suites(struct page *p, const struct config *config, const struct tls_info *tls)
{
    page_suites_begin(p, word("suites", "Cipher suites of this server"),
                      config->server_preference ? "the server's order decides"
                                                : "the client's order decides");
    if (config->version_max >= 0x0304) {
        add_list(p, config->ciphersuites, config->ciphersuite_count, tls->suite, tls->common13);
    }
    if (config->version_min < 0x0304) {
        add_list(p, config->suites, config->suite_count, tls->suite, tls->common_suites);
    }
    page_suites_end(p);
}

static void fill(struct text *out, enum page_format format, const struct app_shared *shared,
                 const struct app_peer *peer, int64_t now_s)
{
    const struct tls_info *tls = peer->tls;
    struct suite_info suite;
    bool good = suite_by_id(tls->suite, &suite) && !suite.weak && tls->version >= 0x0303;
    char headline[128];
    struct text title = text_over(headline, sizeof headline);
    struct page p;

    text_addf(&title, "%s, %s", tls_version_name(tls->version),
              suite.name[0] != '\0' ? suite.name : "unknown suite");
    page_begin(&p, out, format, TINY_VERSION, headline, good);
    add_connection(&p, peer);
    add_server(&p, shared->config, shared->counters, now_s);
    add_counts(&p, shared->config, shared->counters);
    add_suites(&p, shared->config, tls);
    page_end(&p);
}

/* ---- HTTP ----------------------------------------------------------------- */

static void answer(struct http_conn *conn, const struct http_request *r, struct http_answer *a,
                   int64_t now_s)
{
    static const char types[][26] = {"text/plain; charset=utf-8", "text/html; charset=utf-8",
                                     "application/json"};
    enum page_format format = wanted_format(r);

    fill(&a->body, format, conn->shared, conn->peer, now_s);
    a->type = types[format];
    text_add(&a->fields, "Cache-Control: no-store\r\nVary: Accept\r\n"
                         "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n");
    if (format == PAGE_HTML) {
        text_addf(&a->fields, "Content-Security-Policy: %s\r\n", page_policy);
    }
}

static void end(struct http_conn *conn)
{
    (void)conn;
}

static const struct http_handler status_handler = {
    .head = true, .answer = answer, .more = NULL, .end = end};

static void status_open(void *state, struct app_shared *shared, const struct app_peer *peer)
{
    http_open(&((struct status *)state)->http, shared, peer, &status_handler);
}

static enum app_result status_step(void *state, struct app_io *io, uint64_t now_ms)
{
    return http_step(&((struct status *)state)->http, io, now_ms);
}

static enum app_phase status_phase(const void *state)
{
    return http_phase(&((const struct status *)state)->http);
}

static void status_close(void *state)
{
    http_close(&((struct status *)state)->http);
}

const struct app_ops app_status = {
    .name = "status",
    .state_size = sizeof(struct status),
    .http = true,
    .open = status_open,
    .step = status_step,
    .phase = status_phase,
    .close = status_close,
};
