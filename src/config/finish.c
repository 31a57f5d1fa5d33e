#include "config/loader.h"
#include "config/sslop.h"
#include "config/suites.h"
#include "config/value.h"
#include "core/build.h"
#include "core/cpu.h"
#include "core/text.h"
#include "core/must.h"

#include <string.h>

#define TLS10 0x0301
#define TLS12 0x0303
#define TLS13 0x0304

static struct span span_text(const char *s)
{
    return span_of(s, strlen(s));
}

/* ---- versions ------------------------------------------------------------------ */

static void protocol_range(struct loader *l, unsigned *min, unsigned *max)
{
    struct config *c = l->config;

    *min = TLS12;
    *max = TLS12;
    switch (c->protocol) {
    case 1:
    case 2:
        loader_error_at(l, &c->protocol, "SSL 2 is broken and not spoken (RFC 6176); set 9");
        break;
    case 3:
        loader_error_at(l, &c->protocol, "SSL 3 is broken and not spoken (RFC 7568); set 9");
        break;
    case 4:
        *min = TLS10;
        *max = TLS10;
        break;
    case 5:
        break;
    case 6:
        *min = TLS13;
        *max = TLS13;
        break;
    case 9:
        *max = TLS13;
        break;
    default:
        loader_error_at(l, &c->protocol,
                        "4 (TLS 1.0), 5 (TLS 1.2), 6 (TLS 1.3) or 9 (TLS 1.2 and 1.3) is wanted");
    }
}

/* A word and the number that it stands for. */
struct word {
    char name[16];
    uint16_t number;
};

/* Reads a version's name into *version; leaves it alone when text is empty. */
static void version_of(struct loader *l, const char *const *field, unsigned *version)
{
    static const struct word names[] = {
        {"TLSv1", TLS10},  {"TLSv1.0", TLS10}, {"1.0", TLS10},    {"TLSv1.1", 0x0302},
        {"1.1", 0x0302},   {"TLSv1.2", TLS12}, {"1.2", TLS12},    {"TLSv1.3", TLS13},
        {"1.3", TLS13},    {"TLS1", TLS10},    {"TLS1.0", TLS10}, {"TLS1.1", 0x0302},
        {"TLS1.2", TLS12}, {"TLS1.3", TLS13},
    };

    if ((*field)[0] == '\0') {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (span_is_nocase(span_text(*field), names[i].name)) {
            *version = names[i].number;
            return;
        }
    }
    loader_error_at(l, field, "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3 is wanted");
}

static const char *version_name(unsigned version)
{
    static const char names[][8] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

    must(version >= TLS10 && version <= TLS13);
    return names[version - TLS10];
}

/* Takes out what SSL_OP_NO_TLSv1* forbid. What is left must be without a hole. */
static void narrow_versions(struct loader *l, unsigned *min, unsigned *max)
{
    static const uint64_t bits[] = {SSLOP_NO_TLSV1, SSLOP_NO_TLSV1_1, SSLOP_NO_TLSV1_2,
                                    SSLOP_NO_TLSV1_3};
    struct config *c = l->config;

    must(*min >= TLS10 && *max <= TLS13);
    while (*min <= *max && (c->options & bits[*min - TLS10]) != 0) {
        (*min)++;
    }
    while (*max > *min && (c->options & bits[*max - TLS10]) != 0) {
        (*max)--;
    }
    if (*min > *max) {
        loader_error_at(l, &c->options_text, "forbids every version that is left");
        return;
    }
    for (unsigned v = *min + 1; v < *max; v++) {
        if ((c->options & bits[v - TLS10]) != 0) {
            loader_error_at(l, &c->options_text,
                            "%s and %s without %s between cannot be; forbid what is below, too",
                            version_name(*min), version_name(*max), version_name(v));
            return;
        }
    }
}

static void finish_versions(struct loader *l)
{
    struct config *c = l->config;
    unsigned min, max;
    unsigned errors = l->errors;

    protocol_range(l, &min, &max);
    version_of(l, &c->min_protocol, &min);
    version_of(l, &c->max_protocol, &max);
    if (min > max && errors == l->errors) {
        loader_error_at(l, c->max_protocol[0] != '\0' ? &c->max_protocol : &c->min_protocol,
                        "the lowest version would be %s, the highest %s: set both "
                        "ssl.min-protocol and ssl.max-protocol",
                        version_name(min), version_name(max));
    }
    if (errors != l->errors) {
        return;
    }
    if (!TINY_LEGACY && min < TLS12) {
        loader_error_at(l,
                        c->min_protocol[0] != '\0' ? (const void *)&c->min_protocol
                                                   : (const void *)&c->protocol,
                        OPTION_LEFT_OUT);
        return;
    }
    if (TINY_EXTRAS) {
        narrow_versions(l, &min, &max);
    }
    if (TINY_EXTRAS && c->psk_only && max == TLS13) {
        min = TLS13; /* no other has such keys */
    }
    c->version_min = (uint16_t)min;
    c->version_max = (uint16_t)max;
    if (min < TLS12 && errors == l->errors) {
        loader_warning_at(l,
                          c->min_protocol[0] != '\0' ? (const void *)&c->min_protocol
                                                     : (const void *)&c->protocol,
                          "%s is weak and deprecated (RFC 8996)",
                          max < TLS12 && max > min ? "TLS 1.0 and 1.1"
                          : min == TLS10           ? "TLS 1.0"
                                                   : "TLS 1.1");
    }
}

static void finish_options(struct loader *l)
{
    struct config *c = l->config;
    struct sslop_result r;

    if (!TINY_EXTRAS) {
        return;
    }
    if (sslop_parse(span_text(c->options_text), &r) != 0) {
        if (r.refused.name != NULL) {
            loader_error_at(l, &c->options_text, "%s (0x%llx): %s", r.refused.name,
                            (unsigned long long)sslop_bit(&r.refused), sslop_refusal(&r.refused));
        } else {
            loader_error_at(l, &c->options_text, "%s", r.error);
        }
        return;
    }
    if (r.warning != NULL) {
        loader_warning_at(l, &c->options_text, "%s", r.warning);
    }
    c->options = r.bits;
    c->session_tickets = c->session_tickets && (r.bits & SSLOP_NO_TICKET) == 0;
    c->anti_replay = c->anti_replay && (r.bits & SSLOP_NO_ANTI_REPLAY) == 0;
    if (!c->session_tickets && c->ticket_keys.count > 0) {
        loader_warning_at(l, &c->ticket_keys, "not used: session tickets are off");
    }
    if ((r.bits & SSLOP_CIPHER_SERVER_PREFERENCE) != 0) {
        if (!c->server_preference) {
            loader_warning_at(l, &c->server_preference,
                              "ssl.options has CIPHER_SERVER_PREFERENCE, which wins");
        }
        c->server_preference = true;
    }
}

/* ---- suites and groups ------------------------------------------------------------ */

static void warn_of_weak_suites(struct loader *l)
{
    struct config *c = l->config;
    char names[640];
    struct text t = text_over(names, sizeof names);
    size_t left_out = 0;

    for (size_t i = 0; i < c->suite_count; i++) {
        struct suite_info s;

        if (!suite_by_id(c->suites[i], &s) || !s.weak) {
            continue;
        }
        if (t.len + strlen(s.name) + 24 < t.cap) {
            text_addf(&t, "%s%s", t.len > 0 ? " " : "", s.name);
        } else {
            left_out++;
        }
    }
    if (left_out > 0) {
        text_addf(&t, " and %zu more", left_out);
    }
    if (t.len > 0) {
        loader_warning_at(l, &c->cipher_list, "weak suites are on: %s", names);
    }
}

/* A list without a suite for the versions that are on would let no one in. */
static void check_suites_for_versions(struct loader *l)
{
    struct config *c = l->config;
    size_t old = 0;

    for (size_t i = 0; i < c->suite_count; i++) {
        old += suite_before_tls12(c->suites[i]);
    }
    if (old == 0 && c->version_max != 0 && c->version_max < TLS12) {
        loader_error_at(l, &c->cipher_list,
                        "every suite needs TLS 1.2, and %s is the highest version",
                        version_name(c->version_max));
    } else if (old == 0 && c->version_min != 0 && c->version_min < TLS12) {
        loader_warning_at(l, &c->cipher_list,
                          "every suite needs TLS 1.2; versions below will find none");
    }
}

/* The list's @SECLEVEL is for them, too, as in OpenSSL. */
static void finish_tls13_suites(struct loader *l, int level)
{
    struct config *c = l->config;
    struct cipherlist_result r;

    if (cipherlist_parse_tls13(c->ciphersuites_text, cpu_has_fast_aes(), &r) != 0) {
        loader_error_at(l, &c->ciphersuites_text, "%s", r.error);
        return;
    }
    r.security_level = level;
    cipherlist_apply_level(&r);
    if (r.count == 0 && c->version_max >= TLS13) {
        loader_error_at(l, &c->ciphersuites_text, "@SECLEVEL=%d leaves no suite", level);
        return;
    }
    if (r.unknown[0] != '\0') {
        loader_warning_at(l, &c->ciphersuites_text, "not built in and skipped: %s", r.unknown);
    }
    memcpy(c->ciphersuites, r.suites, sizeof c->ciphersuites);
    c->ciphersuite_count = r.count;
}

static void finish_suites(struct loader *l)
{
    struct config *c = l->config;
    struct cipherlist_result r;
    const char *list = c->cipher_list[0] != '\0' ? c->cipher_list : "DEFAULT";

    /* The default has no suite for versions before TLS 1.2; whoever asks for
     * those means to be served. */
    if (strcmp(list, "DEFAULT") == 0 && c->version_min != 0 && c->version_min < TLS12) {
        list = "DEFAULT:ECDHE+AES+SHA1";
    }
    if (cipherlist_parse(list, cpu_has_fast_aes(), &r) != 0) {
        loader_error_at(l, &c->cipher_list, "%s", r.error);
        return;
    }
    cipherlist_apply_level(&r);
    if (r.count == 0) {
        loader_error_at(l, &c->cipher_list, "@SECLEVEL=%d leaves no suite", r.security_level);
        return;
    }
    if (r.unknown[0] != '\0') {
        loader_warning_at(l, &c->cipher_list, "not built in and skipped: %s", r.unknown);
    }
    memcpy(c->suites, r.suites, sizeof r.suites);
    c->suite_count = r.count;
    finish_tls13_suites(l, r.security_level);
    if (c->version_min <= TLS12) {
        warn_of_weak_suites(l);
        check_suites_for_versions(l);
    }
}

static uint16_t group_of(struct span name)
{
    static const struct word names[] = {
        {"X25519", 29}, {"P-256", 23},     {"prime256v1", 23}, {"secp256r1", 23},
        {"P256", 23},   {"P-384", 24},     {"secp384r1", 24},  {"P384", 24},
        {"P-521", 25},  {"secp521r1", 25}, {"P521", 25},       {"X25519MLKEM768", 0x11EC},
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (span_is_nocase(name, names[i].name)) {
            return (uint16_t)names[i].number;
        }
    }
    return 0;
}

static void add_group(struct config *c, uint16_t id)
{
    for (size_t i = 0; i < c->group_count; i++) {
        if (c->groups[i] == id) {
            return;
        }
    }
    c->groups[c->group_count++] = id;
}

static void finish_groups(struct loader *l)
{
    struct config *c = l->config;
    struct span rest = span_text(c->groups_text);

    if (rest.len == 0 || span_is_nocase(rest, "auto")) {
        rest = span_text(option_fallback(option_of_field(offsetof(struct config, groups_text))));
    }
    while (rest.len > 0) {
        size_t n = 0;
        struct span name;
        uint16_t id;

        while (n < rest.len && rest.data[n] != ':' && rest.data[n] != ',') {
            n++;
        }
        name = value_trim(span_of(rest.data, n));
        id = group_of(name);
        if (id == 0) {
            char quoted[100];
            struct text t = text_over(quoted, sizeof quoted);

            text_add_quoted(&t, name);
            loader_error_at(
                l, &c->groups_text,
                "\"%s\" is not built in; X25519MLKEM768, X25519, P-256 (prime256v1), P-384 "
                "(secp384r1) and P-521 (secp521r1) are",
                quoted);
        } else {
            add_group(c, id);
        }
        n += n < rest.len;
        rest = span_of(rest.data + n, rest.len - n);
    }
}

/* ---- signatures ------------------------------------------------------------------ */

/* What the server can sign with and verify; the others of the list are for other
 * programs. */
static void finish_sigalgs(struct loader *l, const char *const *text, struct sigalgs *list)
{
    size_t kept = 0;

    if (sigalgs_parse(span_text(*text), list) != 0) {
        char quoted[100];
        struct text t = text_over(quoted, sizeof quoted);

        text_add_quoted(&t, list->unknown);
        loader_error_at(l, text,
                        "\"%s\" is no signature algorithm: names like RSA+SHA256 or "
                        "ecdsa_secp256r1_sha256 are wanted, joined by colons",
                        quoted);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        uint16_t scheme = list->schemes[i];

        if (sigalg_is_rsa(scheme) || sigalg_is_ecdsa(scheme) || sigalg_is_pss(scheme)) {
            list->schemes[kept++] = scheme;
        }
    }
    if (kept == 0) {
        loader_error_at(l, text, "none of these is built in: RSA, RSA-PSS and ECDSA are");
    } else if (kept < list->count) {
        loader_warning_at(l, text, "some are not built in and are skipped");
    }
    list->count = kept;
}

static void finish_signatures(struct loader *l)
{
    /* ECDSA, RSA-PSS, RSA; SHA-224 last. */
    static const uint16_t usual[] = {0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806,
                                     0x0401, 0x0501, 0x0601, 0x0303, 0x0301};
    struct config *c = l->config;
    struct sigalgs *client = &c->client_signatures;

    memcpy(client->schemes, usual, sizeof usual);
    client->count = ARRAY_LEN(usual);
    if (!TINY_EXTRAS) {
        return;
    }
    if (c->signatures_text[0] != '\0') {
        finish_sigalgs(l, &c->signatures_text, &c->signatures);
        *client = c->signatures;
    }
    if (c->client_signatures_text[0] != '\0') {
        finish_sigalgs(l, &c->client_signatures_text, client);
    }
    client->schemes[client->count] = 0;
}

/* ---- the rest is in checks.c ------------------------------------------------------ */

/* What there is when nothing of it can be chosen; see core/build.h. */
static void finish_minimal(struct config *c)
{
    static const uint16_t suites[] = {0x1303, 0x1301, 0x1303};
    static const uint16_t groups[] = {0x11EC, 29, 23}; /* X25519MLKEM768, X25519, P-256 */

    memcpy(c->ciphersuites, suites + cpu_has_fast_aes(), 2 * sizeof *suites);
    c->ciphersuite_count = 2;
    memcpy(c->groups, groups, sizeof groups);
    c->group_count = ARRAY_LEN(groups);
}

void config_finish(struct loader *l)
{
    finish_options(l);
    if (TINY_TLS12) {
        finish_versions(l);
        finish_suites(l);
    } else {
        l->config->version_min = TLS13;
        l->config->version_max = TLS13;
    }
    if (TINY_COMFORT) {
        if (!TINY_TLS12) {
            finish_tls13_suites(l, -1);
        }
        finish_groups(l);
    } else {
        finish_minimal(l->config);
    }
    if (TINY_CLIENTS) {
        finish_signatures(l);
    }
    config_check(l);
}
