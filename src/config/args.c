#include "config/args.h"
#include "core/must.h"

#include "config/spelling.h"
#include "config/sslop.h"
#include "config/value.h"
#include "core/build.h"
#include "core/text.h"

#include <string.h>

/* The walk over the arguments. */
struct walk {
    int argc;
    char **argv;
    int at;
    struct span name;  /* without its dashes, up to = */
    const char *inner; /* what follows =, or NULL */
};

static struct span span_text(const char *s)
{
    return span_of(s, strlen(s));
}

/* Splits the next argument. False at the end, or when it is no option (then
 * name is empty). */
static bool next(struct walk *w)
{
    const char *arg, *equals;

    w->name = span_of("", 0);
    w->inner = NULL;
    if (w->at >= w->argc) {
        return false;
    }
    arg = w->argv[w->at++];
    if (arg[0] != '-' || arg[1] == '\0') {
        return false;
    }
    arg += arg[1] == '-' ? 2 : 1;
    equals = strchr(arg, '=');
    w->name = span_of(arg, equals != NULL ? (size_t)(equals - arg) : strlen(arg));
    w->inner = equals != NULL ? equals + 1 : NULL;
    return true;
}

/* The value of the option that next() found, or NULL. */
static const char *value_of(struct walk *w)
{
    if (w->inner != NULL) {
        return w->inner;
    }
    return w->at < w->argc ? w->argv[w->at++] : NULL;
}

static bool is_one_of(struct span name, const char *a, const char *b)
{
    return span_is(name, a) || span_is(name, b);
}

static bool is_file_option(struct span name)
{
    return is_one_of(name, "c", "config") || span_is(name, "configuration");
}

static bool is_flag(struct span name)
{
    return is_one_of(name, "h", "help") || is_one_of(name, "t", "test") || span_is(name, "version");
}

static void set_built(struct loader *l, const struct option *o, const struct text *t)
{
    if (t->full) {
        loader_error(l, option_key(o), "the value is too long");
    } else {
        loader_set(l, o, span_of(t->buf, t->len));
    }
}

static void set_url(struct loader *l, const struct option *o, const char *scheme, const char *rest)
{
    char url[300];
    struct text t = text_over(url, sizeof url);

    text_add(&t, scheme);
    text_add(&t, rest);
    set_built(l, o, &t);
}

static void add_op(struct loader *l, const struct option *o, const char *name)
{
    char text[LOADER_MAX_LINE];
    struct text t = text_over(text, sizeof text);

    if (l->config->options_text[0] != '\0') {
        text_addf(&t, "%s|", l->config->options_text);
    }
    text_add(&t, name);
    set_built(l, o, &t);
}

/* Why a spelling is refused: for a reason of its own, or for that of its SSL_OP bit. */
static const char *refusal_of(const struct spelling *s)
{
    struct sslop_result r;

    if (s->how == SPELLING_REFUSED) {
        return spelling_refusal(s);
    }
    if (!TINY_EXTRAS) {
        return OPTION_LEFT_OUT;
    }
    must(s->fixed != NULL);
    (void)sslop_parse(span_text(s->fixed), &r);
    must(r.refused.name != NULL);
    return sslop_refusal(&r.refused);
}

/* -certform and the like: both forms are known when they are seen. */
static void check_form(struct loader *l, const struct spelling *s, const char *value)
{
    struct span form = span_text(value);

    if (!is_one_of(form, "PEM", "DER") && !is_one_of(form, "pem", "der")) {
        loader_error(l, NULL,
                     "-%s: PEM and DER are read, whichever it is; make PEM of others: "
                     "openssl pkcs12 -in FILE -nodes",
                     s->name);
    }
}

static bool is_unset(const struct loader *l, const void *field)
{
    size_t offset = (size_t)((const char *)field - (const char *)l->config);

    return l->set_in[option_index(option_of_field(offset))] == LAYER_DEFAULT;
}

/* s_server asks for no certificate when it is only told of CAs, and looks nothing
 * up when it is only told of CRLs. What a file or the environment have asked for
 * stays asked for. */
static void note_unasked(struct loader *l, size_t field)
{
    struct config *c = l->config;

    if (field == offsetof(struct config, crl_files)) {
        c->crl_unasked = c->crl_unasked || is_unset(l, &c->crl_files);
    } else {
        c->ca_unasked = c->ca_unasked || (is_unset(l, &c->cafile) && is_unset(l, &c->capath));
    }
}

static void set_by_spelling(struct loader *l, const struct spelling *s, const char *value)
{
    const struct option *o = option_of_field(s->field);
    const char *text = s->fixed != NULL ? s->fixed : value;
    char place[64];
    struct text where = text_over(place, sizeof place);

    switch (s->how) {
    case SPELLING_NEEDLESS:
        return;
    case SPELLING_REFUSED:
    case SPELLING_REFUSED_OP:
        loader_error(l, NULL, "-%s: %s", s->name, refusal_of(s));
        return;
    default:
        must(text != NULL);
    }
    if (o == NULL) {
        if (s->how != SPELLING_UNSET) { /* it would go without saying */
            loader_error(l, NULL, "-%s: " OPTION_LEFT_OUT, s->name);
        }
        return;
    }
    if ((s->how == SPELLING_FIRST && l->set_in[option_index(o)] == l->layer) ||
        (s->how == SPELLING_UNSET && l->set_in[option_index(o)] != LAYER_DEFAULT)) {
        return;
    }
    /* What is wrong is told by the name that was used. */
    if (TINY_STANDIN && s->how != SPELLING_FORM) {
        text_addf(&where, "command line: -%s", s->name);
        l->place = place;
    }
    switch (s->how) {
    case SPELLING_ACCEPT:
        /* -port 4433, -accept host:4433, -accept [::1]:4433, -accept *:4433 */
        set_url(l, o, strchr(text, ':') == NULL ? "tcp://[::]:" : "tcp://", text);
        break;
    case SPELLING_PATH:
        set_url(l, o, "unix://", text);
        break;
    case SPELLING_ADD_OP:
        if (TINY_EXTRAS) {
            add_op(l, o, text);
        }
        break;
    case SPELLING_FORM:
        check_form(l, s, text);
        break;
    case SPELLING_UNASKED:
        note_unasked(l, s->field);
        loader_set(l, o, span_text(text));
        break;
    default:
        loader_set(l, o, span_text(text));
    }
    l->place = "command line";
}

static void missing_value(struct loader *l, struct span name)
{
    loader_error(l, NULL, "-%.*s: a value is missing", (int)name.len, (const char *)name.data);
}

/* How many rows have this name; *wants when its value is to be taken. */
static unsigned count_spellings(struct span name, bool *wants)
{
    struct spelling s = {0};
    unsigned n = 0;

    while (spelling_next(&s)) {
        if (span_is(name, s.name)) {
            *wants = *wants || s.takes_value;
            n++;
        }
    }
    return n;
}

/* Handles an option of s_server; false when it is none. */
static bool apply_spelling(struct loader *l, struct walk *w)
{
    struct span name = w->name;
    struct spelling s = {0};
    const char *value = NULL;
    bool wants = false;

    if (count_spellings(name, &wants) == 0) {
        return false;
    }
    l->config->s_server_style = true;
    if (!wants && w->inner != NULL) {
        loader_error(l, NULL, "-%.*s takes no value", (int)name.len, (const char *)name.data);
        return true;
    }
    value = wants ? value_of(w) : NULL;
    if (wants && value == NULL) {
        missing_value(l, name);
        return true;
    }
    while (spelling_next(&s)) {
        if (span_is(name, s.name)) {
            set_by_spelling(l, &s, value);
        }
    }
    return true;
}

static void apply_key(struct loader *l, struct walk *w)
{
    const struct option *o = option_find(w->name);
    const char *value;
    bool unused;

    if (o == NULL) {
        char name[80];
        size_t len = w->name.len < sizeof name ? w->name.len : sizeof name;

        memcpy(name, w->name.data, len);
        loader_unknown(l, span_of(name, len));
        /* What follows was meant as its value. */
        if (w->inner == NULL && w->at < w->argc && w->argv[w->at][0] != '-') {
            w->at++;
        }
        return;
    }
    /* A bare boolean is true; a word after it belongs to it only if it is a
     * boolean itself. */
    if (o->type == OPTION_BOOL && w->inner == NULL &&
        (w->at >= w->argc || value_bool(span_text(w->argv[w->at]), &unused) != NULL)) {
        loader_set(l, o, span_of("true", 4));
        return;
    }
    value = value_of(w);
    if (value == NULL) {
        missing_value(l, w->name);
        return;
    }
    loader_set(l, o, span_text(value));
}

void args_apply(struct loader *l, enum command command, int argc, char **argv)
{
    bool asks = command == COMMAND_HEALTHCHECK;
    struct walk w = {.argc = argc, .argv = argv, .at = asks ? 2 : 1};

    l->layer = LAYER_COMMAND_LINE;
    l->place = "command line";
    l->line = 0;
    while (w.at < argc) {
        bool option = next(&w) && w.name.len > 0;

        if (asks && !option) {
            loader_set(l, option_of_field(offsetof(struct config, endpoints)),
                       span_text(argv[w.at - 1]));
        } else if (!option) {
            loader_error(l, NULL, "\"%.80s\" is no option", argv[w.at - 1]);
        } else if (is_file_option(w.name)) {
            if (value_of(&w) == NULL) {
                missing_value(l, w.name);
            }
        } else if (!is_flag(w.name) && !apply_spelling(l, &w)) {
            apply_key(l, &w);
        }
    }
}

/* ---- sub-commands ------------------------------------------------------------ */

static void scan_ciphers(struct loader *l, struct walk *w, struct args_scan *scan)
{
    struct command_args *args = &l->config->args;
    bool have_list = false;

    for (; w->at < w->argc; w->at++) {
        const char *arg = w->argv[w->at];

        if (strcmp(arg, "-v") == 0) {
            args->verbose = true;
        } else if (strcmp(arg, "-s") == 0) {
            args->supported = true;
        } else if (strcmp(arg, "-ciphersuites") == 0 && w->at + 1 < w->argc) {
            args->ciphersuites = w->argv[++w->at];
        } else if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0) {
            scan->command = COMMAND_HELP;
        } else if (have_list) {
            loader_error(l, NULL, "ciphers takes one list; \"%.80s\" is too much", arg);
        } else {
            /* A list may begin with a dash: -AES:AES128. */
            args->list = arg;
            have_list = true;
        }
    }
}

static void certificate_days(struct loader *l, struct command_args *args, const char *value)
{
    uint64_t v;

    if (value_number(span_text(value), &v) != NULL || v < 1 || v > 36500) {
        loader_error(l, NULL, "--days: a number from 1 to 36500 is wanted");
        return;
    }
    args->days = (uint32_t)v;
}

static void certificate_rsa(struct loader *l, struct command_args *args, const char *value)
{
    uint64_t v;

    if (!TINY_STANDIN) {
        loader_error(l, NULL, "--rsa: " OPTION_LEFT_OUT);
        return;
    }
    if (value_number(span_text(value), &v) != NULL || (v != 2048 && v != 3072 && v != 4096)) {
        loader_error(l, NULL, "--rsa: 2048, 3072 or 4096 bits are wanted");
        return;
    }
    args->rsa_bits = (uint32_t)v;
}

static void certificate_name(struct loader *l, struct command_args *args, const char *value)
{
    size_t len = strlen(value);

    if (len == 0 || len > 253) {
        loader_error(l, NULL, "--name: a host name or address of 1 to 253 bytes is wanted");
    } else if (args->names.count >= 64) {
        loader_error(l, NULL, "--name: at most 64 names fit");
    } else {
        args->names.items[args->names.count++] = value;
    }
}

static void scan_certificate(struct loader *l, struct walk *w, struct args_scan *scan)
{
    struct command_args *args = &l->config->args;

    args->names.items = config_arena_take(l->config->arena, 64 * sizeof *args->names.items);
    if (args->names.items == NULL) {
        l->out_of_memory = true;
        return;
    }
    while (w->at < w->argc) {
        const char *value = NULL;

        if (!next(w)) {
            loader_error(l, NULL, "\"%.80s\" is no option of certificate", w->argv[w->at - 1]);
            continue;
        }
        if (is_one_of(w->name, "h", "help")) {
            scan->command = COMMAND_HELP;
            return;
        }
        if (span_is(w->name, "force")) {
            args->force = true;
            if (w->inner != NULL) {
                loader_error(l, NULL, "--force takes no value");
            }
            continue;
        }
        if (!is_one_of(w->name, "name", "days") && !is_one_of(w->name, "rsa", "out")) {
            loader_error(l, NULL,
                         "-%.*s is no option of certificate: --name, --days, --rsa, --out, --force",
                         (int)w->name.len, (const char *)w->name.data);
            continue;
        }
        value = value_of(w);
        if (value == NULL) {
            missing_value(l, w->name);
        } else if (span_is(w->name, "name")) {
            certificate_name(l, args, value);
        } else if (span_is(w->name, "days")) {
            certificate_days(l, args, value);
        } else if (span_is(w->name, "rsa")) {
            certificate_rsa(l, args, value);
        } else {
            args->out = value;
        }
    }
    if (args->names.count == 0) {
        loader_error(l, NULL, "certificate: --name HOST is wanted, once or more");
    }
}

/* -c and the flags, wherever they stand; values of other options are skipped
 * as args_apply will take them. */
static void scan_options(struct walk *w, struct args_scan *scan)
{
    while (w->at < w->argc) {
        const struct option *o;
        bool unused;
        bool wants = false;

        if (!next(w)) {
            continue;
        }
        if (is_file_option(w->name)) {
            const char *file = value_of(w);

            scan->file = file != NULL ? file : scan->file;
        } else if (is_one_of(w->name, "h", "help")) {
            scan->command = COMMAND_HELP;
            return;
        } else if (span_is(w->name, "version")) {
            scan->command = COMMAND_VERSION;
            return;
        } else if (is_one_of(w->name, "t", "test")) {
            scan->command = COMMAND_TEST;
        }
        (void)count_spellings(w->name, &wants);
        o = option_find(w->name);
        if (o != NULL) {
            wants = o->type != OPTION_BOOL ||
                    (w->at < w->argc && value_bool(span_text(w->argv[w->at]), &unused) == NULL);
        }
        if (wants) {
            (void)value_of(w);
        }
    }
}

struct args_scan args_scan(struct loader *l, int argc, char **argv)
{
    struct args_scan scan = {.command = COMMAND_RUN};
    struct walk w = {.argc = argc, .argv = argv, .at = 2};
    struct command_args *args = &l->config->args;

    *args = (struct command_args){
        .list = "DEFAULT", .ciphersuites = "DEFAULT", .days = 365, .out = "-"};
    l->place = "command line";
    if (argc > 1 && strcmp(argv[1], "ciphers") == 0) {
        scan.command = COMMAND_CIPHERS;
        scan_ciphers(l, &w, &scan);
    } else if (argc > 1 && strcmp(argv[1], "certificate") == 0) {
        scan.command = COMMAND_CERTIFICATE;
        scan_certificate(l, &w, &scan);
    } else if (argc > 1 && strcmp(argv[1], "help") == 0) {
        scan.command = COMMAND_HELP;
    } else {
        bool asks = argc > 1 && strcmp(argv[1], "healthcheck") == 0;

        scan.command = asks ? COMMAND_HEALTHCHECK : COMMAND_RUN;
        w.at = 1 + asks;
        scan_options(&w, &scan);
    }
    return scan;
}
