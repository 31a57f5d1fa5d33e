#include "config/loader.h"
#include "core/build.h"
#include "core/text.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0'; /* NULL: this build is without the option */
}

static struct span span_text(const char *s)
{
    return span_of(s, strlen(s));
}

/* Whether anything but the default says it. */
static bool is_written(const struct loader *l, size_t field)
{
    return l->set_in[option_index(option_of_field(field))] != LAYER_DEFAULT;
}

/* Whoever debugs by hand needs longer than a client of a server may take. */
static void check_console(struct loader *l)
{
    if (TINY_STANDIN && !is_written(l, offsetof(struct config, idle_timeout_ms))) {
        l->config->idle_timeout_ms = 86400000;
    }
}

static void check_mode(struct loader *l)
{
    struct config *c = l->config;
    unsigned mode;

    memcpy(&mode, &c->mode, sizeof mode);
    if (mode == OPTION_MODE_AUTO) {
        c->mode = is_set(c->backend_text) && !is_set(c->root)           ? MODE_PROXY
                  : !TINY_EXTRAS || is_set(c->root)                     ? MODE_FILES
                  : TINY_STANDIN && c->s_server_style && !c->file_given ? MODE_CONSOLE
                                                                        : MODE_STATUS;
    }
    if (!TINY_EXTRAS && c->mode != MODE_FILES && c->mode != MODE_PROXY) {
        loader_error_at(l, &c->mode, OPTION_LEFT_OUT);
        return;
    }
    if (c->mode == MODE_CONSOLE) {
        check_console(l);
    }
    config_check_proxy(l);
    if ((c->mode == MODE_FILES || c->mode == MODE_RAW) && !is_set(c->root)) {
        loader_error_at(l, &c->mode, "set files.root to the folder whose files are to be served");
    }
    for (size_t i = 0; i < c->index.count; i++) {
        if (strchr(c->index.items[i], '/') != NULL || c->index.items[i][0] == '.') {
            loader_error_at(l, &c->index,
                            "the name of a file is wanted, without a / and not hidden");
        }
    }
}

static void check_password(struct loader *l, const char *const *field)
{
    static const char forms[][6] = {"pass:", "env:", "file:", "fd:"};

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (strncmp(*field, forms[i], strlen(forms[i])) == 0) {
            return;
        }
    }
    if (is_set(*field)) {
        /* The value is not repeated: it may be the password itself. */
        loader_error_at(l, field, "pass:PASSWORD, env:VARIABLE, file:PATH or fd:NUMBER is wanted");
    }
}

static void check_second_key(struct loader *l)
{
    struct config *c = l->config;

    if (!is_set(c->second_keyfile) && is_set(c->second_certfile)) {
        c->second_keyfile = c->second_certfile;
        c->second_certfile = "";
    }
    if (is_set(c->second_keyfile) && !is_set(c->keyfile)) {
        loader_error_at(l, &c->second_keyfile, "a second key needs a first one: set ssl.keyfile");
    }
    if (is_set(c->second_chain_file) && !is_set(c->second_keyfile)) {
        loader_error_at(l, &c->second_chain_file, "belongs to ssl.second-certfile; set it");
    }
}

static void check_keys(struct loader *l)
{
    struct config *c = l->config;

    /* One file with both, by whichever name it is given. */
    if (!is_set(c->keyfile) && is_set(c->certfile)) {
        c->keyfile = c->certfile;
        c->certfile = "";
    }
    if (TINY_COMFORT) {
        check_second_key(l);
    }
    if (is_set(c->chain_file) && !is_set(c->keyfile)) {
        loader_error_at(l, &c->chain_file, "belongs to ssl.certfile; set it");
    }
    if (TINY_EXTRAS) {
        check_password(l, &c->password);
        check_password(l, &c->second_password);
    }
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool is_server_name(struct span name)
{
    if (name.len > 2 && name.data[0] == '*' && name.data[1] == '.') {
        name = span_of(name.data + 2, name.len - 2);
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!is_host_char((char)name.data[i])) {
            return false;
        }
    }
    return name.len > 0 && name.len <= 253;
}

static void check_names(struct loader *l)
{
    struct config *c = l->config;

    for (size_t i = 0; i < c->sni.count; i++) {
        const char *equals = strchr(c->sni.items[i], '=');

        if (equals == NULL || equals[1] == '\0' ||
            !is_server_name(span_of(c->sni.items[i], (size_t)(equals - c->sni.items[i])))) {
            loader_error_at(l, &c->sni,
                            "NAME=KEYFILE is wanted, NAME being a host name or *.example.org");
        }
    }
}

static void check_server_name(struct loader *l)
{
    struct config *c = l->config;
    bool apart = is_set(c->server_name_certfile) || is_set(c->server_name_keyfile);

    if (is_set(c->server_name)) {
        if (!is_server_name(span_text(c->server_name))) {
            loader_error_at(l, &c->server_name, "a host name or *.example.org is wanted");
        }
        if (!apart) {
            c->server_name_certfile = "server2.pem";
        }
    } else if (apart) {
        loader_error_at(
            l, is_set(c->server_name_certfile) ? &c->server_name_certfile : &c->server_name_keyfile,
            "belongs to ssl.server-name (-servername); set it");
    } else if (c->server_name_fatal && c->sni.count == 0) {
        loader_error_at(l, &c->server_name_fatal,
                        "no name has a certificate of its own: set ssl.server-name (-servername) "
                        "or ssl.server-name-indication");
    }
}

static void check_sessions(struct loader *l)
{
    struct config *c = l->config;

    if (is_set(c->session_id_prefix) && strlen(c->session_id_prefix) >= 32) {
        loader_warning_at(l, &c->session_id_prefix,
                          "with 32 bytes or more all session IDs are the same, and one session "
                          "is kept");
    }
}

/* true when HTTP is what is served, so that ALPN names must fit it. */
static bool serves_http(const struct config *c)
{
    return c->mode == MODE_FILES || c->mode == MODE_STATUS || c->mode == MODE_RAW;
}

static void check_alpn(struct loader *l)
{
    struct config *c = l->config;
    size_t total = 0;

    for (size_t i = 0; i < c->alpn.count; i++) {
        size_t len = strlen(c->alpn.items[i]);

        total += len + 1;
        if (len > 255) {
            loader_error_at(l, &c->alpn, "a protocol's name has at most 255 bytes");
        }
        if (serves_http(c) && strncmp(c->alpn.items[i], "h2", 2) == 0) {
            loader_error_at(l, &c->alpn, "HTTP/2 is not spoken here; http/1.1 and http/1.0 are");
        }
    }
    if (total > 1024) {
        loader_error_at(l, &c->alpn, "all names together have at most 1024 bytes");
    }
    if (TINY_COMFORT && !c->prefer_http1) {
        loader_warning_at(l, &c->prefer_http1, "there is no HTTP/2 here that could be preferred");
    }
}

/* What client certificates must be for. */
static void check_expected(struct loader *l)
{
    struct config *c = l->config;
    uint8_t ip[16];

    if (!TINY_STANDIN) {
        return;
    }
    if (is_set(c->verify_ip) && inet_pton(AF_INET, c->verify_ip, ip) != 1 &&
        inet_pton(AF_INET6, c->verify_ip, ip) != 1) {
        loader_error_at(l, &c->verify_ip, "an IPv4 or IPv6 address is wanted");
    }
    if (is_set(c->verify_hostname) && !is_server_name(span_text(c->verify_hostname))) {
        loader_error_at(l, &c->verify_hostname, "a host name is wanted");
    }
    if (is_set(c->verify_email) && strchr(c->verify_email, '@') == NULL) {
        loader_error_at(l, &c->verify_email, "an address of mail is wanted, NAME@HOST");
    }
}

static void check_verify(struct loader *l)
{
    struct config *c = l->config;
    struct span text = span_text(c->verify_text);
    bool ca = is_set(c->cafile) || is_set(c->capath);

    if (text.len == 0) {
        c->verify =
            (ca && !c->ca_unasked) || c->require_peer_certificate ? VERIFY_REQUIRED : VERIFY_NONE;
    } else if (span_is_nocase(text, "none")) {
        c->verify = VERIFY_NONE;
    } else if (span_is_nocase(text, "optional")) {
        c->verify = VERIFY_OPTIONAL;
    } else if (span_is_nocase(text, "required")) {
        c->verify = VERIFY_REQUIRED;
    } else {
        loader_error_at(l, &c->verify_text, "one of none, optional, required is wanted");
        return;
    }
    if (ca && c->ca_unasked && c->verify == VERIFY_NONE) {
        c->verify_text = "none"; /* so -t tells what a file would have to say */
    }
    if (c->require_peer_certificate && text.len > 0 && c->verify == VERIFY_NONE) {
        loader_error_at(l, &c->require_peer_certificate,
                        "ssl.verify = none says the opposite; leave one of them out");
    } else if (c->require_peer_certificate) {
        c->verify = VERIFY_REQUIRED;
    }
    check_expected(l);
    if (c->verify != VERIFY_NONE && !c->verify_return_error) {
        loader_warning_at(l, &c->verify_return_error,
                          "a client certificate that does not verify is told of and tolerated, as "
                          "openssl s_server does; -verify_return_error refuses it");
    }
    /* Who tolerates whom he does not know need not know anybody. */
    if (c->verify != VERIFY_NONE && !ca && c->verify_return_error) {
        loader_error_at(
            l,
            text.len > 0 ? (const void *)&c->verify_text
                         : (const void *)&c->require_peer_certificate,
            "client certificates are verified against ssl.cafile or ssl.capath; set it");
    }
    if (c->verify == VERIFY_NONE && c->mode == MODE_CONSOLE &&
        !is_written(l, offsetof(struct config, verify_return_error))) {
        /* Command R asks for one all the same, to be looked at. */
        c->verify_return_error = false;
    }
    if (c->verify == VERIFY_NONE && ca) {
        loader_warning_at(l, is_set(c->cafile) ? &c->cafile : &c->capath,
                          "not used: ssl.verify = none asks for no certificate%s",
                          c->ca_unasked ? "; -verify and -Verify do" : "");
    }
}

static void check_crls(struct loader *l)
{
    struct config *c = l->config;
    bool given = c->crl_files.count > 0;

    if (c->crl_check == CRL_CHECK_AUTO) {
        c->crl_check = given && !c->crl_unasked ? CRL_CHECK_ALL : CRL_CHECK_NONE;
    }
    if (given && c->crl_check == CRL_CHECK_NONE) {
        loader_warning_at(l, &c->crl_files,
                          "no certificate is looked up in it: set ssl.crl-check (-crl_check)");
    } else if (c->crl_check != CRL_CHECK_NONE && c->verify == VERIFY_NONE) {
        loader_warning_at(l, given ? (const void *)&c->crl_files : (const void *)&c->crl_check,
                          "not used: ssl.verify = none asks for no certificate");
    }
}

static bool is_token(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if (c <= 0x20 || c >= 0x7F || memchr("()<>@,;:\\\"/[]?={}", c, 17) != NULL) {
            return false;
        }
    }
    return s.len > 0;
}

/* Fields that say how the message is framed are the server's alone. */
static bool is_framing(struct span name)
{
    static const char names[][18] = {
        "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
        "Content-Range",  "Trailer",           "Upgrade",    "Date"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (span_is_nocase(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void check_headers(struct loader *l)
{
    struct config *c = l->config;

    for (size_t i = 0; i < c->headers.count; i++) {
        const char *item = c->headers.items[i];
        const char *colon = strchr(item, ':');
        struct span name = span_of(item, colon != NULL ? (size_t)(colon - item) : 0);

        if (!is_token(name)) {
            loader_error_at(l, &c->headers, "NAME: VALUE is wanted");
        } else if (is_framing(name)) {
            loader_error_at(l, &c->headers, "%.*s is written by the server alone", (int)name.len,
                            item);
        }
        for (const char *p = item; *p != '\0'; p++) {
            if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7F) {
                loader_error_at(l, &c->headers, "a header field holds no control character");
                break;
            }
        }
    }
}

/* These labels are what TLS itself derives its secrets by (RFC 5705, section 4). */
static void check_export(struct loader *l)
{
    static const char reserved[][16] = {"client finished", "server finished", "master secret",
                                        "extended master", "key expansion"};

    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (strncmp(l->config->export_label, reserved[i], strlen(reserved[i])) == 0) {
            loader_error_at(l, &l->config->export_label,
                            "a label of TLS itself would give its secrets away; take another");
        }
    }
}

/* As s_server has it: brief is quiet, too, where nothing else is said, and reverse mode
 * is brief, but says ACCEPT and tells of every certificate. */
static void check_watch(struct loader *l)
{
    struct config *c = l->config;

    check_export(l);
    if (c->watch_brief && !is_written(l, offsetof(struct config, watch_quiet))) {
        c->watch_quiet = true;
    }
    if (c->mode == MODE_REVERSE) {
        c->watch_brief = c->watch_brief || (c->s_server_style && !c->file_given);
    } else if (c->watch_brief && c->verify_report == REPORT_ALL) {
        c->verify_report = REPORT_ERRORS;
    }
}

/* What is set and cannot have an effect is told, with what it would need. */
static void check_unused(struct loader *l)
{
    static const char no_console[] = "server.mode = console";
    static const char no_verify[] = "ssl.verify (-verify, -Verify)";
    const struct config *c = l->config;
    bool asks = c->verify != VERIFY_NONE || c->mode == MODE_CONSOLE;
    const struct {
        const void *field;
        bool unused;
        const char *needs;
    } rules[] = {
        {&c->console_crlf, c->console_crlf && c->mode != MODE_CONSOLE, no_console},
        {&c->console_ignore_eof, c->console_ignore_eof && c->mode != MODE_CONSOLE, no_console},
        {&c->watch_file, is_set(c->watch_file) && !c->watch_msg && !c->watch_trace,
         "watch.msg or watch.trace (-msg, -trace)"},
        {&c->export_length, c->export_length != 20 && !is_set(c->export_label),
         "ssl.export-label (-keymatexport)"},
        {&c->attime_s, c->attime_s != 0 && !asks, no_verify},
        {&c->check_time, !c->check_time && !asks, no_verify},
        {&c->verify_hostname, is_set(c->verify_hostname) && !asks, no_verify},
        {&c->verify_email, is_set(c->verify_email) && !asks, no_verify},
        {&c->verify_ip, is_set(c->verify_ip) && !asks, no_verify},
        {&c->x509_strict, c->x509_strict && !asks, no_verify},
        {&c->check_self_signature, c->check_self_signature && !asks, no_verify},
        {&c->ignore_critical, c->ignore_critical && !asks, no_verify},
        {&c->suiteb, c->suiteb != SUITEB_OFF && !asks, no_verify},
    };

    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (rules[i].unused) {
            loader_warning_at(l, rules[i].field, "not used without %s", rules[i].needs);
        }
    }
}

static void check_endpoints(struct loader *l)
{
    struct config *c = l->config;

    for (size_t i = 0; i < c->endpoints.count; i++) {
        const struct endpoint *e = &c->endpoints.items[i];
        bool ipv4 = e->kind == ENDPOINT_TCP && e->host[0] != '\0' &&
                    strspn(e->host, "0123456789.") == strlen(e->host);
        bool any = strcmp(e->host, "::") == 0;

        if (e->kind == ENDPOINT_TCP && c->family == FAMILY_IPV4 && e->ipv6_literal && !any) {
            loader_error_at(l, &c->endpoints, "[%s] is no IPv4 address, and server.family is ipv4",
                            e->host);
        } else if (c->family == FAMILY_IPV6 && ipv4) {
            loader_error_at(l, &c->endpoints, "%s is no IPv6 address, and server.family is ipv6",
                            e->host);
        }
    }
}

void config_check(struct loader *l)
{
    check_mode(l);
    check_keys(l);
    check_names(l);
    if (TINY_COMFORT) {
        check_server_name(l);
    }
    if (TINY_STANDIN) {
        check_sessions(l);
    }
    check_alpn(l);
    if (TINY_CLIENTS) {
        check_verify(l);
        check_crls(l);
    }
    check_headers(l);
    check_endpoints(l);
    config_check_tls13(l);
    if (TINY_STANDIN) {
        check_watch(l);
        check_unused(l);
    }
}
