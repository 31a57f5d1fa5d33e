/* What the sub-commands `ciphers` and `certificate` take. */
#include "config/args_walk.h"
#include "config/value.h"
#include "core/build.h"

#include <string.h>

static struct span span_text(const char *s)
{
    return span_of(s, strlen(s));
}

void args_scan_ciphers(struct loader *l, struct walk *w, struct args_scan *scan)
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

void args_scan_certificate(struct loader *l, struct walk *w, struct args_scan *scan)
{
    struct command_args *args = &l->config->args;

    args->names.items = config_arena_take(l->config->arena, 64 * sizeof *args->names.items);
    if (args->names.items == NULL) {
        l->out_of_memory = true;
        return;
    }
    while (w->at < w->argc) {
        const char *value = NULL;

        if (!args_next(w)) {
            loader_error(l, NULL, "\"%.80s\" is no option of certificate", w->argv[w->at - 1]);
            continue;
        }
        if (args_one_of(w->name, "h", "help")) {
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
        if (!args_one_of(w->name, "name", "days") && !args_one_of(w->name, "rsa", "out")) {
            loader_error(l, NULL,
                         "-%.*s is no option of certificate: --name, --days, --rsa, --out, --force",
                         (int)w->name.len, (const char *)w->name.data);
            continue;
        }
        value = args_value(w);
        if (value == NULL) {
            args_missing_value(l, w->name);
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
