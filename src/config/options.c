#include "config/options.h"

#include "config/value.h"
#include "core/text.h"

#include <string.h>

_Static_assert(sizeof(enum server_mode) == sizeof(unsigned), "choices are stored as unsigned");
_Static_assert(sizeof(enum log_severity) == sizeof(unsigned), "choices are stored as unsigned");

#define AT(field) offsetof(struct config, field)
#define DAY_MS    86400000u

static const struct choice modes[] = {
    {"auto", OPTION_MODE_AUTO},
    {"files", MODE_FILES},
    {"status", MODE_STATUS},
    {"raw", MODE_RAW},
    {"echo", MODE_ECHO},
    {"reverse", MODE_REVERSE},
    {NULL, 0},
};
static const struct choice families[] = {
    {"any", FAMILY_ANY}, {"ipv4", FAMILY_IPV4}, {"ipv6", FAMILY_IPV6}, {NULL, 0}};
static const struct choice severities[] = {
    {"error", SEVERITY_ERROR}, {"warn", SEVERITY_WARN},   {"warning", SEVERITY_WARN},
    {"info", SEVERITY_INFO},   {"debug", SEVERITY_DEBUG}, {NULL, 0},
};
static const struct choice formats[] = {
    {"common", ACCESS_COMMON}, {"combined", ACCESS_COMBINED}, {"json", ACCESS_JSON}, {NULL, 0}};

const struct option option_table[] = {
    {"server.endpoint", OPTION_ENDPOINTS, AT(endpoints), "tcp://[::]:4433", .argument = "URL",
     .help = "listen here: tcp://host:port, tcp://[ipv6]:port, unix:///path; repeatable"},
    {"server.unlink", OPTION_BOOL, AT(unlink), "false",
     .help = "remove a Unix socket that is left over, before listening on its path"},
    {"server.family", OPTION_CHOICE, AT(family), "any", .choices = families,
     .help = "address families: any, ipv4, ipv6"},
    {"server.mode", OPTION_CHOICE, AT(mode), "auto", .choices = modes,
     .help = "what is served: files, status, raw, echo, reverse; auto: files if files.root is set, "
             "else status"},
    {"server.max-connections", OPTION_NUMBER, AT(max_connections), "1024", 1, 1000000,
     .help = "connections at a time; more wait in the backlog"},
    {"server.backlog", OPTION_NUMBER, AT(backlog), "512", 1, 65535,
     .help = "connections that may wait to be accepted"},
    {"server.handshake-timeout", OPTION_MS, AT(handshake_timeout_ms), "10s", 100, DAY_MS,
     .help = "for the whole handshake, from accept"},
    {"server.request-timeout", OPTION_MS, AT(request_timeout_ms), "10s", 100, DAY_MS,
     .help = "for the whole head of a request, from its first byte"},
    {"server.idle-timeout", OPTION_MS, AT(idle_timeout_ms), "60s", 100, DAY_MS,
     .help = "without any progress on an open connection"},
    {"server.close-timeout", OPTION_MS, AT(close_timeout_ms), "5s", 100, DAY_MS,
     .help = "to wait for the peer's close_notify"},
    {"server.drain-timeout", OPTION_MS, AT(drain_timeout_ms), "30s", 0, DAY_MS,
     .help = "for open connections to end after SIGTERM"},
    {"server.user", OPTION_TEXT, AT(user), "", .argument = "USER",
     .help = "become this user once the sockets are bound"},
    {"server.group", OPTION_TEXT, AT(group), "", .argument = "GROUP",
     .help = "become this group; unset: the user's own"},
    {"server.chroot", OPTION_TEXT, AT(chroot), "", .argument = "DIR",
     .help = "confine the process to this folder"},

    {"ssl.keyfile", OPTION_TEXT, AT(keyfile), "", .argument = "FILE",
     .help = "PEM with the private key and, without ssl.certfile, the certificate chain",
     .old_names = {"server.keyfile"}},
    {"ssl.certfile", OPTION_TEXT, AT(certfile), "", .argument = "FILE",
     .help = "PEM or DER with the certificate chain"},
    {"ssl.second-keyfile", OPTION_TEXT, AT(second_keyfile), "", .argument = "FILE",
     .help = "a second key, of the other type (RSA or EC)"},
    {"ssl.second-certfile", OPTION_TEXT, AT(second_certfile), "", .argument = "FILE",
     .help = "its certificate chain"},
    {"ssl.password", OPTION_SECRET, AT(password), "", .argument = "pass:X|env:VAR|file:PATH|fd:N",
     .help = "where the password of encrypted keys comes from"},
    {"ssl.server-name-indication", OPTION_LIST, AT(sni), "", .argument = "NAME=KEYFILE",
     .help = "a certificate for one server name; *.example.org; repeatable"},
    {"ssl.cafile", OPTION_TEXT, AT(cafile), "", .argument = "FILE",
     .help = "PEM with the CAs whose client certificates are accepted",
     .old_names = {"server.cafile"}},
    {"ssl.reload-interval", OPTION_S, AT(reload_interval_s), "0", 0, 86400,
     .help = "look this often for changed certificate files; 0: on SIGHUP only"},

    {"ssl.protocol", OPTION_NUMBER, AT(protocol), "5", 0, 1000, .argument = "N",
     .help = "4: TLS 1.0, 5: TLS 1.2, 9: all that is built from TLS 1.2 on",
     .old_names = {"server.ssl-protocol"}},
    {"ssl.min-protocol", OPTION_TEXT, AT(min_protocol), "", .argument = "TLSv1|TLSv1.1|TLSv1.2",
     .help = "lowest version, instead of what ssl.protocol says"},
    {"ssl.max-protocol", OPTION_TEXT, AT(max_protocol), "", .argument = "TLSv1|TLSv1.1|TLSv1.2",
     .help = "highest version, instead of what ssl.protocol says"},
    {"ssl.cipher-list", OPTION_TEXT, AT(cipher_list), "DEFAULT", .argument = "LIST",
     .help = "cipher suites, in OpenSSL's grammar", .old_names = {"server.ssl-cipher-list"}},
    {"ssl.groups", OPTION_TEXT, AT(groups_text), "X25519:P-256:P-384:P-521", .argument = "LIST",
     .help = "groups for key exchange, in order of preference",
     .old_names = {"ssl.ecdh-curve", "ssl.curves"}},
    {"ssl.options", OPTION_TEXT, AT(options_text), "", .argument = "BITS",
     .help = "SSL_OP bits: a number, or names joined by |", .old_names = {"server.ssl-options"}},
    {"ssl.server-preference", OPTION_BOOL, AT(server_preference), "true",
     .help = "choose the suite by the server's order, not by the client's"},
    {"ssl.alpn", OPTION_LIST, AT(alpn), "", .separator = ',', .argument = "NAMES",
     .help = "ALPN protocols, joined by commas; unset: http/1.1 where HTTP is served"},
    {"ssl.prefer-http1-in-alpn", OPTION_BOOL, AT(prefer_http1), "true",
     .help = "always so, there is no HTTP/2 here"},

    {"ssl.session-cache", OPTION_BOOL, AT(session_cache), "false", .help = "resume sessions",
     .old_names = {"server.ssl-cache"}},
    {"ssl.session-cache-size", OPTION_NUMBER, AT(session_cache_size), "512", 1, 1000000,
     .help = "sessions that are kept"},
    {"ssl.session-timeout", OPTION_S, AT(session_timeout_s), "300", 1, 604800,
     .help = "how long a session can be resumed"},
    {"ssl.verify", OPTION_TEXT, AT(verify_text), "", .argument = "none|optional|required",
     .help = "client certificates; unset: required if ssl.cafile is set, else none"},
    {"ssl.require-peer-certificate", OPTION_BOOL, AT(require_peer_certificate), "false",
     .help = "the same as ssl.verify = required"},
    {"ssl.verify-depth", OPTION_NUMBER, AT(verify_depth), "9", 0, 32,
     .help = "CA certificates between a client's certificate and one of ssl.cafile"},

    {"files.root", OPTION_TEXT, AT(root), "", .argument = "DIR", .help = "the folder to serve"},
    {"files.index", OPTION_LIST, AT(index), "index.html", .separator = ',', .argument = "NAMES",
     .help = "what a folder's own address serves, first match wins"},
    {"files.listing", OPTION_BOOL, AT(listing), "false", .help = "list folders without an index"},
    {"files.header", OPTION_LIST, AT(headers), "", .argument = "NAME: VALUE",
     .help = "a header field for every answer; repeatable"},
    {"reverse.max-line", OPTION_NUMBER, AT(max_line), "8192", 16, 8192,
     .help = "longest line in mode reverse, in bytes"},

    {"log.level", OPTION_CHOICE, AT(log_level), "info", .choices = severities,
     .help = "error, warn, info, debug"},
    {"log.file", OPTION_TEXT, AT(log_file), "-", .argument = "FILE",
     .help = "where messages go; -: standard error"},
    {"log.access-file", OPTION_TEXT, AT(access_file), "", .argument = "FILE",
     .help = "where requests are logged; -: standard output"},
    {"log.access-format", OPTION_CHOICE, AT(access_format), "common", .choices = formats,
     .help = "common, combined, json"},
    {"log.probes", OPTION_BOOL, AT(log_probes), "true",
     .help = "tell of connections that leave before a ClientHello"},
};
const size_t option_table_len = ARRAY_LEN(option_table);
_Static_assert(ARRAY_LEN(option_table) <= OPTION_MAX, "OPTION_MAX is too small");

const struct spelling spelling_table[] = {
    {"accept", "server.endpoint", NULL, SPELLING_ACCEPT},
    {"port", "server.endpoint", NULL, SPELLING_ACCEPT},
    {"unix", "server.endpoint", NULL, SPELLING_PATH},
    {"unlink", "server.unlink", "true", SPELLING_SET},
    {"4", "server.family", "ipv4", SPELLING_SET},
    {"6", "server.family", "ipv6", SPELLING_SET},
    {"www", "server.mode", "status", SPELLING_SET},
    {"WWW", "server.mode", "files", SPELLING_SET},
    {"WWW", "files.root", ".", SPELLING_UNSET},
    {"HTTP", "server.mode", "raw", SPELLING_SET},
    {"HTTP", "files.root", ".", SPELLING_UNSET},
    {"rev", "server.mode", "reverse", SPELLING_SET},
    {"cert", "ssl.certfile", NULL, SPELLING_SET},
    {"key", "ssl.keyfile", NULL, SPELLING_SET},
    {"pass", "ssl.password", NULL, SPELLING_SET},
    {"dcert", "ssl.second-certfile", NULL, SPELLING_SET},
    {"dkey", "ssl.second-keyfile", NULL, SPELLING_SET},
    {"cipher", "ssl.cipher-list", NULL, SPELLING_SET},
    {"named_curve", "ssl.groups", NULL, SPELLING_SET},
    {"curves", "ssl.groups", NULL, SPELLING_SET},
    {"groups", "ssl.groups", NULL, SPELLING_SET},
    {"CAfile", "ssl.cafile", NULL, SPELLING_SET},
    {"verify", "ssl.verify", "optional", SPELLING_SET},
    {"verify", "ssl.verify-depth", NULL, SPELLING_SET},
    {"Verify", "ssl.verify", "required", SPELLING_SET},
    {"Verify", "ssl.verify-depth", NULL, SPELLING_SET},
    {"verify_depth", "ssl.verify-depth", NULL, SPELLING_SET},
    {"tls1", "ssl.min-protocol", "TLSv1", SPELLING_SET},
    {"tls1", "ssl.max-protocol", "TLSv1", SPELLING_SET},
    {"tls1_1", "ssl.min-protocol", "TLSv1.1", SPELLING_SET},
    {"tls1_1", "ssl.max-protocol", "TLSv1.1", SPELLING_SET},
    {"tls1_2", "ssl.min-protocol", "TLSv1.2", SPELLING_SET},
    {"tls1_2", "ssl.max-protocol", "TLSv1.2", SPELLING_SET},
    {"min_protocol", "ssl.min-protocol", NULL, SPELLING_SET},
    {"max_protocol", "ssl.max-protocol", NULL, SPELLING_SET},
    {"no_ssl3", "ssl.options", "NO_SSLv3", SPELLING_ADD_OP},
    {"no_tls1", "ssl.options", "NO_TLSv1", SPELLING_ADD_OP},
    {"no_tls1_1", "ssl.options", "NO_TLSv1_1", SPELLING_ADD_OP},
    {"no_tls1_2", "ssl.options", "NO_TLSv1_2", SPELLING_ADD_OP},
    {"no_tls1_3", "ssl.options", "NO_TLSv1_3", SPELLING_ADD_OP},
    {"no_ticket", "ssl.options", "NO_TICKET", SPELLING_ADD_OP},
    {"no_comp", "ssl.options", "NO_COMPRESSION", SPELLING_ADD_OP},
    {"no_resumption_on_reneg", "ssl.options", "NO_SESSION_RESUMPTION_ON_RENEGOTIATION",
     SPELLING_ADD_OP},
    {"no_renegotiation", "ssl.options", "NO_RENEGOTIATION", SPELLING_ADD_OP},
    {"serverpref", "ssl.server-preference", "true", SPELLING_SET},
    {"alpn", "ssl.alpn", NULL, SPELLING_SET},
    {"no_cache", "ssl.session-cache", "false", SPELLING_SET},
};
const size_t spelling_table_len = ARRAY_LEN(spelling_table);

static const struct option *find_exact(struct span key)
{
    for (size_t i = 0; i < option_table_len; i++) {
        const struct option *o = &option_table[i];

        if (span_is(key, o->key)) {
            return o;
        }
        for (size_t j = 0; j < ARRAY_LEN(o->old_names); j++) {
            if (o->old_names[j] != NULL && span_is(key, o->old_names[j])) {
                return o;
            }
        }
    }
    return NULL;
}

const struct option *option_find(struct span key)
{
    if (key.len > 4 && key.len < 64 && memcmp(key.data, "tls.", 4) == 0) {
        char name[64];

        memcpy(name, key.data, key.len);
        memcpy(name, "ssl", 3);
        return find_exact(span_of(name, key.len));
    }
    return find_exact(key);
}

/* Takes name for the best guess at key if `like`, its telling part, is nearer
 * than all before. */
static void consider(struct span key, const char *like, const char *name, const char **best,
                     size_t *least)
{
    size_t len = strlen(like);
    size_t gap = len > key.len ? len - key.len : key.len - len;
    size_t d = gap < *least ? value_distance(key, span_of(like, len)) : gap;

    if (d < *least) {
        *least = d;
        *best = name;
    }
}

const char *option_guess(struct span key)
{
    const char *best = NULL;
    /* More than a third of the letters wrong is no slip any more. */
    size_t least = key.len / 3 + 1 < 5 ? key.len / 3 + 1 : 5;

    for (size_t i = 0; i < option_table_len; i++) {
        const struct option *o = &option_table[i];

        consider(key, o->key, o->key, &best, &least);
        consider(key, strchr(o->key, '.') + 1, o->key, &best, &least);
    }
    for (size_t i = 0; i < spelling_table_len; i++) {
        consider(key, spelling_table[i].name, spelling_table[i].name, &best, &least);
    }
    return best;
}

size_t option_index(const struct option *o)
{
    return (size_t)(o - option_table);
}

size_t option_env_name(const struct option *o, char *dst, size_t cap)
{
    struct text t = text_over(dst, cap);

    text_add(&t, "TINY_");
    for (const char *p = o->key; *p != '\0'; p++) {
        char c = *p == '.' || *p == '-' ? '_' : *p;

        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        text_add_span(&t, span_of(&c, 1));
    }
    return t.len;
}
