#include "tls/verify.h"
#include "core/build.h"
#include "core/log.h"
#include "tls/path.h"
#include "tls/x509name.h"
#include "tls/x509sig.h"
#include "tls/x509text.h"

#include <string.h>

#define REASON_MAX 112
#define LINES_MAX  2400 /* what is told of one finding */
#define NAME_MAX   1100 /* of them, at most, for one name: what follows it is told in any case */

struct verifier {
    const br_x509_class *class; /* first: BearSSL holds this field's address */
    const struct config *config;
    const struct anchor_set *anchors;
    int64_t now_s;
    uint32_t started; /* certificates */
    uint32_t used;    /* bytes of chain */
    enum verify_outcome outcome;
    enum alert alert;
    unsigned error; /* the last one */
    char reason[REASON_MAX];
    char subject[TLS_SUBJECT_MAX];
    br_x509_pkey key;
    unsigned usages; /* BR_KEYTYPE_KEYX, BR_KEYTYPE_SIGN */
    struct span sent[PATH_MAX_SENT];
    struct path path;
    uint8_t chain[VERIFY_MAX_CHAIN]; /* last: only what is used of it takes memory */
};

_Static_assert(offsetof(struct verifier, class) == 0, "the class pointer is first");

static const br_x509_class VERIFY_CLASS;

static struct verifier *of_class(const br_x509_class *const *hook)
{
    return (struct verifier *)(uintptr_t)hook;
}

size_t verify_size(void)
{
    return sizeof(struct verifier);
}

size_t verify_used(const struct verifier *v)
{
    return offsetof(struct verifier, chain) + v->used;
}

void verify_begin(struct verifier *v, const struct anchor_set *anchors, const struct config *config,
                  int64_t now_s)
{
    memset(v, 0, offsetof(struct verifier, sent));
    v->class = &VERIFY_CLASS;
    v->config = config;
    v->anchors = anchors;
    v->now_s = config->attime_s != 0 ? (int64_t)config->attime_s : now_s;
}

const br_x509_class **verify_class(struct verifier *v)
{
    return &v->class;
}

enum verify_outcome verify_outcome(const struct verifier *v, enum alert *alert, const char **reason)
{
    *alert = v->alert;
    *reason = v->reason;
    return v->outcome;
}

unsigned verify_error(const struct verifier *v)
{
    return v->error;
}

const char *verify_subject(const struct verifier *v)
{
    return v->subject;
}

void verify_announce(const struct config *config)
{
    char line[80];
    struct text t = text_over(line, sizeof line);

    text_addf(&t, "verify depth is %u%s\n", (unsigned)config->verify_error_depth,
              config->verify == VERIFY_REQUIRED ? ", must return a certificate" : "");
    log_plain(line, t.len);
}

/* ---- findings ----------------------------------------------------------- */

/* The first refusal counts. */
static void refuse(struct verifier *v, enum alert alert, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct verifier *v, enum alert alert, const char *format, ...)
{
    struct text t = text_over(v->reason, sizeof v->reason);
    va_list args;

    if (v->outcome == VERIFY_BAD) {
        return;
    }
    v->outcome = VERIFY_BAD;
    v->alert = alert;
    va_start(args, format);
    text_addv(&t, format, args);
    va_end(args);
}

static void add_name(struct text *t, struct span dn)
{
    char name[NAME_MAX];
    struct text part = text_over(name, sizeof name);

    x509name_add(&part, dn);
    text_add(t, name);
    text_add(t, part.full ? "...\n" : "\n");
}

/* What openssl adds for some errors; and, as it remembers the last one, at
 * every certificate after it. */
static void add_details(struct text *t, unsigned error, const struct x509_cert *cert)
{
    if (error == PATH_NO_ISSUER) {
        text_add(t, "issuer= ");
        add_name(t, cert->issuer);
    } else if (error == PATH_NOT_YET_VALID || error == PATH_EXPIRED) {
        text_add(t, error == PATH_EXPIRED ? "notAfter=" : "notBefore=");
        x509text_time(t, error == PATH_EXPIRED ? cert->not_after_s : cert->not_before_s);
        text_add(t, "\n");
    }
}

/* In the words and the order of openssl's own verify callback. */
static void tell(const struct verifier *v, unsigned error, unsigned depth,
                 const struct x509_cert *cert, bool goes_on)
{
    bool quiet = v->config->verify_report == REPORT_ERRORS;
    char lines[LINES_MAX];
    struct text t = text_over(lines, sizeof lines);

    if (error == PATH_OK && quiet) {
        return;
    }
    text_addf(&t, "depth=%u ", depth);
    add_name(&t, cert->subject);
    if (error != PATH_OK) {
        text_addf(&t, "verify error:num=%u:%s\n", error, path_error_text(error));
    }
    add_details(&t, v->error, cert);
    if (goes_on && !quiet) {
        text_add(&t, "verify return:1\n");
    }
    log_plain(lines, t.len);
}

static bool hear(void *context, unsigned error, unsigned depth, const struct x509_cert *cert)
{
    struct verifier *v = context;
    const struct config *c = v->config;
    bool goes_on = error == PATH_OK || (!c->verify_return_error && depth <= c->verify_error_depth);

    v->error = error != PATH_OK ? error : v->error;
    if (TINY_STANDIN && c->verify_report != REPORT_NONE) {
        tell(v, error, depth, cert, goes_on);
    } else if (error != PATH_OK) {
        log_line(LOG_DEBUG, "client certificate: error %u at depth %u: %s", error, depth,
                 path_error_text(error));
    }
    if (!goes_on) {
        refuse(v, path_error_alert(error), "%s (error %u at depth %u)", path_error_text(error),
               error, depth);
    }
    return goes_on;
}

/* ---- what BearSSL calls ------------------------------------------------ */

static void hook_start_chain(const br_x509_class **hook, const char *server_name)
{
    (void)hook;
    (void)server_name; /* that of our own: it says nothing about a client */
}

static void hook_start_cert(const br_x509_class **hook, uint32_t length)
{
    struct verifier *v = of_class(hook);

    if (v->outcome == VERIFY_BAD) {
        return;
    }
    if (v->started == PATH_MAX_SENT || length > VERIFY_MAX_CHAIN - v->used) {
        refuse(v, ALERT_BAD_CERTIFICATE, "the certificate chain is over the size limit");
        return;
    }
    v->sent[v->started++] = span_of(v->chain + v->used, length);
}

static void hook_append(const br_x509_class **hook, const unsigned char *data, size_t len)
{
    struct verifier *v = of_class(hook);

    if (v->outcome != VERIFY_BAD && len <= VERIFY_MAX_CHAIN - v->used) {
        memcpy(v->chain + v->used, data, len);
        v->used += (uint32_t)len;
    }
}

static void hook_end_cert(const br_x509_class **hook)
{
    (void)hook;
}

/* Who came, for whoever reads the log closely. */
static void log_names(const struct x509_cert *leaf)
{
    char memory[LINES_MAX];
    struct text t = text_over(memory, sizeof memory);

    if (!log_enabled(LOG_DEBUG)) {
        return;
    }
    x509name_add(&t, leaf->subject);
    text_add(&t, "; by ");
    x509name_add(&t, leaf->issuer);
    if (leaf->alt_names.len > 0) {
        text_add(&t, "; for ");
        x509text_alt_names(&t, leaf->alt_names);
    }
    log_line(LOG_DEBUG, "client certificate: %s", memory);
}

/* The leaf's key is what the client will prove to hold; without one that can be
 * used here the handshake cannot go on, whatever is tolerated. */
static bool take_leaf(struct verifier *v)
{
    struct text error = text_over(v->reason, sizeof v->reason);
    struct x509_cert leaf;

    if (v->started == 0 || x509_cert_parse(&leaf, v->sent[0], false, &error) != 0) {
        refuse(v, ALERT_BAD_CERTIFICATE, "the certificate is malformed");
        return false;
    }
    if (leaf.key_type == 0) {
        refuse(v, ALERT_UNSUPPORTED_CERTIFICATE, "%s", leaf.key_problem);
        return false;
    }
    v->key = x509_cert_key(&leaf);
    v->usages = BR_KEYTYPE_SIGN;
    if (!x509_has(&leaf, X509_KEY_USAGE) || (leaf.usage & X509_USAGE_AGREE) != 0) {
        v->usages |= BR_KEYTYPE_KEYX; /* with the static ECDH suites */
    }
    x509name_format(leaf.subject, v->subject, sizeof v->subject);
    log_names(&leaf);
    return true;
}

static unsigned hook_end_chain(const br_x509_class **hook)
{
    struct verifier *v = of_class(hook);

    if (v->outcome != VERIFY_BAD && take_leaf(v)) {
        struct path_request request = {
            .config = v->config,
            .anchors = v->anchors,
            .now_s = v->now_s,
            .sent = v->sent,
            .sent_count = v->started,
            .report = hear,
            .context = v,
        };

        if (path_validate(&v->path, &request)) {
            v->outcome = v->error == PATH_OK ? VERIFY_GOOD : VERIFY_TOLERATED;
            return 0;
        }
        v->subject[0] = '\0';
    }
    return BR_ERR_X509_NOT_TRUSTED;
}

static const br_x509_pkey *hook_get_pkey(const br_x509_class *const *hook, unsigned *usages)
{
    struct verifier *v = of_class(hook);

    if (usages != NULL) {
        *usages = v->usages;
    }
    return &v->key;
}

static const br_x509_class VERIFY_CLASS = {
    .context_size = sizeof(struct verifier),
    .start_chain = hook_start_chain,
    .start_cert = hook_start_cert,
    .append = hook_append,
    .end_cert = hook_end_cert,
    .end_chain = hook_end_chain,
    .get_pkey = hook_get_pkey,
};
