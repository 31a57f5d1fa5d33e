/* What TLS 1.3's options need of each other and of the others. */
#include "config/loader.h"
#include "config/sslop.h"
#include "core/build.h"

#include <string.h>

#define TLS13         0x0304
#define HYBRID        0x11EC /* X25519MLKEM768 */
#define IDENTITY_MOST 255

/* Whether it has another value than the default: what -t prints may be a file. */
static bool differs(const struct loader *l, const void *field)
{
    size_t offset = (size_t)((const char *)field - (const char *)l->config);
    const struct option *o = option_of_field(offset);
    char value[LOADER_MAX_LINE];

    (void)loader_format(l->config, o, 0, value, sizeof value);
    return strcmp(value, option_fallback(o)) != 0;
}

/* ---- a key shared beforehand ------------------------------------------------ */

/* The key itself is looked at when it is loaded. */
static void check_psk(struct loader *l)
{
    struct config *c = l->config;

    if (c->psk[0] == '\0') {
        if (c->psk_only) {
            loader_error_at(l, &c->psk_only,
                            "there is no key to let clients in by, and no suite without one and "
                            "without a certificate: set ssl.psk (-psk)");
        }
        return;
    }
    if (c->version_max < TLS13) {
        loader_error_at(l, &c->psk, "only TLS 1.3 takes keys shared beforehand, and it is off");
    }
    if (c->psk_identity[0] == '\0' || strlen(c->psk_identity) > IDENTITY_MOST) {
        loader_error_at(l, &c->psk_identity, "a name of 1 to %d bytes is wanted", IDENTITY_MOST);
    }
    if (c->verify == VERIFY_REQUIRED) {
        loader_error_at(l, &c->psk,
                        "who has this key shows no certificate, but ssl.verify requires "
                        "one: leave out the key, or set ssl.verify = optional");
    } else if (c->verify == VERIFY_OPTIONAL) {
        loader_warning_at(l, &c->psk, "who has this key is let in without a certificate");
    }
}

/* ---- tickets and early data --------------------------------------------------- */

static void check_early_data(struct loader *l)
{
    struct config *c = l->config;

    if (c->early_data == 0) {
        return;
    }
    if (c->mode != MODE_FILES && c->mode != MODE_STATUS) {
        loader_error_at(l, &c->early_data,
                        "early data can be sent again by anyone who saw it, so it is only for "
                        "requests of files and of the status page: server.mode (-WWW, -www)");
    }
    if (!c->anti_replay) {
        loader_warning_at(l, &c->anti_replay, "who records early data can send it again and again");
    }
}

/* ---- groups, signatures ------------------------------------------------------- */

static void check_groups(struct loader *l)
{
    struct config *c = l->config;
    bool others = false;

    for (size_t i = 0; i < c->group_count; i++) {
        others = others || c->groups[i] != HYBRID;
    }
    if (others || c->group_count == 0 || c->version_min >= TLS13) {
        return;
    }
    if (c->version_max < TLS13) {
        loader_error_at(l, &c->groups_text, "none of these is for versions below TLS 1.3");
    } else {
        loader_warning_at(l, &c->groups_text, "versions below TLS 1.3 find no group here");
    }
}

/* TLS 1.3 signs with RSA-PSS, and with ECDSA where hash and curve go together. */
static void check_signatures(struct loader *l)
{
    struct config *c = l->config;
    bool any = c->signatures.count == 0 || c->version_max < TLS13;

    for (size_t i = 0; i < c->signatures.count; i++) {
        uint16_t scheme = c->signatures.schemes[i];

        any = any || sigalg_is_pss(scheme) || (sigalg_is_ecdsa(scheme) && scheme >= 0x0403);
    }
    if (!any) {
        loader_warning_at(
            l, &c->signatures_text,
            "none of these is for TLS 1.3: RSA-PSS and ECDSA with SHA-256 or more are");
    }
}

/* ---- without effect ------------------------------------------------------------ */

static void check_unused(struct loader *l)
{
    const struct config *c = l->config;
    const void *const fields[] = {
        &c->ciphersuites_text, &c->record_padding,          &c->num_tickets,
        &c->early_data,        &c->compressed_certificates,
    };
    bool resumed = c->session_tickets || c->session_cache;

    for (size_t i = 0; i < ARRAY_LEN(fields) && c->version_max < TLS13; i++) {
        if (differs(l, fields[i])) {
            loader_warning_at(l, fields[i], "not used without TLS 1.3");
        }
    }
    if (c->version_min >= TLS13 && differs(l, &c->cipher_list)) {
        loader_warning_at(l, &c->cipher_list,
                          "not used: TLS 1.3 is on alone, whose suites are ssl.ciphersuites");
    }
    if (c->psk[0] == '\0' && differs(l, &c->psk_identity)) {
        loader_warning_at(l, &c->psk_identity, "not used without ssl.psk (-psk)");
    }
    if (!resumed && c->num_tickets > 0 && differs(l, &c->num_tickets)) {
        loader_warning_at(l, &c->num_tickets,
                          "not used without ssl.session-tickets or ssl.session-cache");
    }
    if (c->early_data > 0 && (!resumed || c->num_tickets == 0)) {
        loader_warning_at(l, &c->early_data,
                          "not used: it needs tickets, ssl.num-tickets and ssl.session-tickets");
    }
}

void config_check_tls13(struct loader *l)
{
    struct config *c = l->config;

    if (TINY_EXTRAS) {
        check_psk(l);
        check_early_data(l);
    }
    if (TINY_COMFORT) {
        check_groups(l);
    }
    if (TINY_EXTRAS && (c->options & SSLOP_NO_TX_CERTIFICATE_COMPRESSION) != 0 &&
        c->compressed_certificates.count > 0) {
        loader_warning_at(l, &c->compressed_certificates,
                          "not used: ssl.options has NO_TX_CERTIFICATE_COMPRESSION");
        c->compressed_certificates.count = 0;
    }
    if (TINY_STANDIN) {
        check_signatures(l);
        check_unused(l);
    }
}
