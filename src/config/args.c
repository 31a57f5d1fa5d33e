#include "config/args.h"
#include "config/args_walk.h"
#include "core/must.h"

#include "config/spelling.h"
#include "config/sslop.h"
#include "config/value.h"
#include "core/build.h"
#include "core/text.h"

#include <string.h>

static struct span span_text(const char *s)
{
    return span_of(s, strlen(s));
}

bool args_next(struct walk *w)
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

const char *args_value(struct walk *w)
{
    if (w->inner != NULL) {
        return w->inner;
    }
    return w->at < w->argc ? w->argv[w->at++] : NULL;
}

bool args_one_of(struct span name, const char *a, const char *b)
{
    return span_is(name, a) || span_is(name, b);
}

static bool is_file_option(struct span name)
{
    return args_one_of(name, "c", "config") || span_is(name, "configuration");
}

static bool is_flag(struct span name)
{
    return args_one_of(name, "h", "help") || args_one_of(name, "t", "test") ||
           span_is(name, "version");
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
    must(s->fixed != NULL);
    (void)sslop_parse(span_text(s->fixed), &r);
    must(r.refused.name != NULL);
    return sslop_refusal(&r.refused);
}

/* -certform and the like: both forms are known when they are seen. */
static void check_form(struct loader *l, const struct spelling *s, const char *value)
{
    struct span form = span_text(value);

    if (!args_one_of(form, "PEM", "DER") && !args_one_of(form, "pem", "der")) {
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
    must(o != NULL);
    if ((s->how == SPELLING_FIRST && l->set_in[option_index(o)] == l->layer) ||
        (s->how == SPELLING_UNSET && l->set_in[option_index(o)] != LAYER_DEFAULT)) {
        return;
    }
    /* What is wrong is told by the name that was used. */
    if (s->how != SPELLING_FORM) {
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
        add_op(l, o, text);
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

void args_missing_value(struct loader *l, struct span name)
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

    if (!TINY_STANDIN || count_spellings(name, &wants) == 0) {
        return false;
    }
    l->config->s_server_style = true;
    if (!wants && w->inner != NULL) {
        loader_error(l, NULL, "-%.*s takes no value", (int)name.len, (const char *)name.data);
        return true;
    }
    value = wants ? args_value(w) : NULL;
    if (wants && value == NULL) {
        args_missing_value(l, name);
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
    value = args_value(w);
    if (value == NULL) {
        args_missing_value(l, w->name);
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
        bool option = args_next(&w) && w.name.len > 0;

        if (asks && !option) {
            loader_set(l, option_of_field(offsetof(struct config, endpoints)),
                       span_text(argv[w.at - 1]));
        } else if (!option) {
            loader_error(l, NULL, "\"%.80s\" is no option", argv[w.at - 1]);
        } else if (is_file_option(w.name)) {
            if (args_value(&w) == NULL) {
                args_missing_value(l, w.name);
            }
        } else if (!is_flag(w.name) && !apply_spelling(l, &w)) {
            apply_key(l, &w);
        }
    }
}

/* ---- sub-commands ------------------------------------------------------------ */

/* -c and the flags, wherever they stand; values of other options are skipped
 * as args_apply will take them. */
static void scan_options(struct walk *w, struct args_scan *scan)
{
    while (w->at < w->argc) {
        const struct option *o;
        bool unused;
        bool wants = false;

        if (!args_next(w)) {
            continue;
        }
        if (is_file_option(w->name)) {
            const char *file = args_value(w);

            scan->file = file != NULL ? file : scan->file;
        } else if (args_one_of(w->name, "h", "help")) {
            scan->command = COMMAND_HELP;
            return;
        } else if (span_is(w->name, "version")) {
            scan->command = COMMAND_VERSION;
            return;
        } else if (args_one_of(w->name, "t", "test")) {
            scan->command = COMMAND_TEST;
        }
        if (TINY_STANDIN) {
            (void)count_spellings(w->name, &wants);
        }
        o = option_find(w->name);
        if (o != NULL) {
            wants = o->type != OPTION_BOOL ||
                    (w->at < w->argc && value_bool(span_text(w->argv[w->at]), &unused) == NULL);
        }
        if (wants) {
            (void)args_value(w);
        }
    }
}

struct args_scan args_scan(struct loader *l, int argc, char **argv)
{
    struct args_scan scan = {.command = COMMAND_RUN};
    struct walk w = {.argc = argc, .argv = argv, .at = 2};
    struct command_args *args = &l->config->args;
    struct span first = span_text(argc > 1 ? argv[1] : "");

    *args = (struct command_args){
        .list = "DEFAULT", .ciphersuites = "DEFAULT", .days = 365, .out = "-"};
    l->place = "command line";
    if (!TINY_COMFORT && args_one_of(first, "ciphers", "certificate")) {
        loader_error(l, NULL, "%s: " OPTION_LEFT_OUT, argv[1]);
    } else if (span_is(first, "ciphers")) {
        scan.command = COMMAND_CIPHERS;
        args_scan_ciphers(l, &w, &scan);
    } else if (span_is(first, "certificate")) {
        scan.command = COMMAND_CERTIFICATE;
        args_scan_certificate(l, &w, &scan);
    } else if (span_is(first, "help")) {
        scan.command = COMMAND_HELP;
    } else {
        bool asks = argc > 1 && strcmp(argv[1], "healthcheck") == 0;

        scan.command = asks ? COMMAND_HEALTHCHECK : COMMAND_RUN;
        w.at = 1 + asks;
        scan_options(&w, &scan);
    }
    return scan;
}
