#include "config/options.h"

#include "config/spelling.h"
#include "config/value.h"
#include "core/build.h"
#include "core/text.h"

#include <string.h>

_Static_assert(sizeof(struct config) < 0x10000, "offsets have 16 bits");
_Static_assert(sizeof(enum server_mode) == sizeof(unsigned), "choices are stored as unsigned");
_Static_assert(sizeof(enum log_severity) == sizeof(unsigned), "choices are stored as unsigned");

#define AT(field) offsetof(struct config, field)
#define DAY_MS    86400000u

#if TINY_LEGACY
#define VERSIONS "TLSv1|TLSv1.1|TLSv1.2|TLSv1.3"
#else
#define VERSIONS "TLSv1.2|TLSv1.3"
#endif
#define NO_OPTION(...)
#if TINY_EXTRAS
#define EXTRA_OPTION OPTION
#else
#define EXTRA_OPTION NO_OPTION
#endif
#if TINY_TLS12
#define TLS12_OPTION OPTION
#else
#define TLS12_OPTION NO_OPTION
#endif
#if TINY_CLIENTS
#define CLIENTS_OPTION OPTION
#else
#define CLIENTS_OPTION NO_OPTION
#endif
#if TINY_COMFORT
#define COMFORT_OPTION OPTION
#else
#define COMFORT_OPTION NO_OPTION
#endif
#if TINY_STANDIN
#define STANDIN_OPTION OPTION
#else
#define STANDIN_OPTION NO_OPTION
#endif
#if TINY_HELP
#define HELP(help) help
#else
#define HELP(help) "" /* tiny.conf(5) has more to say */
#endif

/* All texts in one object, and numbers that tell where each begins: a table of
 * pointers would cost 8 bytes a text, and 24 more to relocate it. */
#define OPTION(field, type, min, max, key, fallback, argument, help)                               \
    char field[sizeof(key "\0" fallback "\0" argument "\0" HELP(help))];
struct option_texts {
#include "config/option_rows.h"
};
#undef OPTION

#define OPTION(field, type, min, max, key, fallback, argument, help)                               \
    key "\0" fallback "\0" argument "\0" HELP(help),
static const struct option_texts texts = {
#include "config/option_rows.h"
};
#undef OPTION

#define OPTION(field, type, min, max, key, fallback, argument, help)                               \
    {min, max, AT(field), offsetof(struct option_texts, field), type},
const struct option option_table[] = {
#include "config/option_rows.h"
};
#undef OPTION
const size_t option_table_len = ARRAY_LEN(option_table);
_Static_assert(ARRAY_LEN(option_table) <= OPTION_MAX, "OPTION_MAX is too small");

#undef STANDIN_OPTION
#undef EXTRA_OPTION
#undef TLS12_OPTION
#undef CLIENTS_OPTION
#undef COMFORT_OPTION
#define OPTION                                  NO_OPTION
#define KEY_OF(field, type, min, max, key, ...) key "\0"
#if TINY_STANDIN
#define STANDIN_OPTION NO_OPTION
#else
#define STANDIN_OPTION KEY_OF
#endif
#if TINY_EXTRAS
#define EXTRA_OPTION NO_OPTION
#else
#define EXTRA_OPTION KEY_OF
#endif
#if TINY_TLS12
#define TLS12_OPTION NO_OPTION
#else
#define TLS12_OPTION KEY_OF
#endif
#if TINY_CLIENTS
#define CLIENTS_OPTION NO_OPTION
#else
#define CLIENTS_OPTION KEY_OF
#endif
#if TINY_COMFORT
#define COMFORT_OPTION NO_OPTION
#else
#define COMFORT_OPTION KEY_OF
#endif
static const char left_out[] =
#include "config/option_rows.h"
    "";
#undef OPTION
#undef STANDIN_OPTION
#undef EXTRA_OPTION
#undef TLS12_OPTION
#undef CLIENTS_OPTION
#undef COMFORT_OPTION

/* For each option the canonical word of a value stands before its others. */
const struct choice choice_table[] = {
    {AT(mode), OPTION_MODE_AUTO, "auto"},
    {AT(mode), MODE_FILES, "files"},
    {AT(mode), MODE_PROXY, "proxy"},
    {AT(mode), MODE_STATUS, "status"},
    {AT(mode), MODE_RAW, "raw"},
    {AT(mode), MODE_ECHO, "echo"},
    {AT(mode), MODE_REVERSE, "reverse"},
    {AT(mode), MODE_CONSOLE, "console"},
    {AT(family), FAMILY_ANY, "any"},
    {AT(family), FAMILY_IPV4, "ipv4"},
    {AT(family), FAMILY_IPV6, "ipv6"},
#if TINY_STANDIN
    {AT(verify_report), REPORT_NONE, "none"},
    {AT(verify_report), REPORT_ERRORS, "errors"},
    {AT(verify_report), REPORT_ALL, "all"},
    {AT(suiteb), SUITEB_OFF, "off"},
    {AT(suiteb), SUITEB_128_ONLY, "128-only"},
    {AT(suiteb), SUITEB_128, "128"},
    {AT(suiteb), SUITEB_192, "192"},
#endif
#if TINY_CLIENTS
    {AT(purpose), PURPOSE_CLIENT, "sslclient"},
    {AT(purpose), PURPOSE_CLIENT, "ssl_client"}, /* names of sets of parameters */
    {AT(purpose), PURPOSE_CLIENT, "default"},
    {AT(purpose), PURPOSE_SERVER, "sslserver"},
    {AT(purpose), PURPOSE_SERVER, "ssl_server"},
    {AT(purpose), PURPOSE_ANY, "any"},
    {AT(crl_check), CRL_CHECK_AUTO, "auto"},
    {AT(crl_check), CRL_CHECK_NONE, "none"},
    {AT(crl_check), CRL_CHECK_LEAF, "leaf"},
    {AT(crl_check), CRL_CHECK_ALL, "all"},
#endif
    {AT(log_level), SEVERITY_ERROR, "error"},
    {AT(log_level), SEVERITY_WARN, "warn"},
    {AT(log_level), SEVERITY_WARN, "warning"},
    {AT(log_level), SEVERITY_INFO, "info"},
    {AT(log_level), SEVERITY_DEBUG, "debug"},
    {AT(proxy_protocol), PROXY_PROTOCOL_NONE, "none"},
    {AT(proxy_protocol), PROXY_PROTOCOL_V1, "v1"},
    {AT(proxy_protocol), PROXY_PROTOCOL_V2, "v2"},
#if TINY_COMFORT
    {AT(access_format), ACCESS_COMMON, "common"},
    {AT(access_format), ACCESS_COMBINED, "combined"},
    {AT(access_format), ACCESS_JSON, "json"},
#endif
};
const size_t choice_table_len = ARRAY_LEN(choice_table);

static const struct old_name {
    char name[24];
    uint16_t field;
} old_names[] = {
    {"server.keyfile", AT(keyfile)},          {"server.cafile", AT(cafile)},
    {"server.ssl-protocol", AT(protocol)},    {"server.ssl-cipher-list", AT(cipher_list)},
    {"ssl.ecdh-curve", AT(groups_text)},      {"ssl.curves", AT(groups_text)},
    {"server.ssl-options", AT(options_text)}, {"server.ssl-cache", AT(session_cache)},
};

const char *option_key(const struct option *o)
{
    return (const char *)&texts + o->texts;
}

static const char *text_after(const char *text)
{
    return text + strlen(text) + 1;
}

const char *option_fallback(const struct option *o)
{
    return text_after(option_key(o));
}

const char *option_argument(const struct option *o)
{
    return text_after(option_fallback(o));
}

const char *option_help(const struct option *o)
{
    return text_after(option_argument(o));
}

const struct option *option_of_field(size_t offset)
{
    for (size_t i = 0; i < option_table_len; i++) {
        if (option_table[i].offset == offset) {
            return &option_table[i];
        }
    }
    return NULL;
}

static const struct option *find_exact(struct span key)
{
    for (size_t i = 0; i < option_table_len; i++) {
        if (span_is(key, option_key(&option_table[i]))) {
            return &option_table[i];
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(old_names); i++) {
        if (span_is(key, old_names[i].name)) {
            return option_of_field(old_names[i].field);
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

bool option_left_out(struct span key)
{
    if (!TINY_COMFORT) {
        return true; /* most are, so a list of them would take more than what is there */
    }
    if (!TINY_STANDIN && memchr(key.data, '.', key.len) == NULL) {
        return true; /* a spelling of s_server's */
    }
    for (const char *name = left_out; *name != '\0'; name = text_after(name)) {
        if (span_is(key, name)) {
            return true;
        }
    }
    return false;
}

/* Takes name for the best guess at key if `like`, its telling part, is nearer
 * than all before. */
static void consider(struct span key, const char *like, const char *name, const char **best,
                     size_t *least)
{
    size_t len = strlen(like);
    size_t gap = len > key.len ? len - key.len : key.len - len;
    size_t d = gap < *least ? value_distance(key, span_of(like, len), *least) : gap;

    if (d < *least) {
        *least = d;
        *best = name;
    }
}

const char *option_guess(struct span key)
{
    struct spelling s = {0};
    const char *best = NULL;
    /* More than a third of the letters wrong is no slip any more. */
    size_t least = key.len / 3 + 1 < 5 ? key.len / 3 + 1 : 5;

    for (size_t i = 0; i < option_table_len; i++) {
        const char *name = option_key(&option_table[i]);

        consider(key, name, name, &best, &least);
        consider(key, strchr(name, '.') + 1, name, &best, &least);
    }
    while (TINY_STANDIN && spelling_next(&s)) {
        consider(key, s.name, s.name, &best, &least);
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
    for (const char *p = option_key(o); *p != '\0'; p++) {
        char c = *p == '.' || *p == '-' ? '_' : *p;

        c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        text_add_span(&t, span_of(&c, 1));
    }
    return t.len;
}
