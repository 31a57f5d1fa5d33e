#include "items.h"

#include "config/spelling.h"
#include "config/sslop.h"
#include "core/build.h"
#include "core/text.h"

#include <string.h>

#define RSA_BITS (TINY_STANDIN ? "--rsa" : NULL)

/* What each build has comes first. */
const struct subcommand commands[] = {
    {"healthcheck", "ask the server of a configuration whether it lives", true, {{NULL}}},
    {"ciphers",
     "print the cipher suites that a list selects",
     false,
     {{"-v", "", "one a line, with their properties", KIND_NONE},
      {"-s", "", "leave out what the list's @SECLEVEL does not allow", KIND_NONE},
      {"-ciphersuites", "LIST", "cipher suites of TLS 1.3", KIND_OTHER}}},
    {"certificate",
     "make a key and a self-signed certificate",
     false,
     {{"--name", "HOST", "a host name or address that it is for; repeatable", KIND_OTHER},
      {"--days", "N", "how long it is valid (default 365)", KIND_OTHER},
      {"--out", "FILE", "write to this file instead of standard output", KIND_FILE},
      {"--force", "", "overwrite the file", KIND_NONE},
      {RSA_BITS, "2048|3072|4096", "an RSA key of so many bits instead of P-256", KIND_WORD}}},
};

const size_t commands_len = TINY_COMFORT ? ARRAY_LEN(commands) : 1;

/* ---- from the tables ----------------------------------------------------- */

static void add_word(struct text *t, const char *word, size_t len)
{
    if (t->len > 0) {
        text_add(t, " ");
    }
    text_add_span(t, span_of(word, len));
}

static void add_choices(struct text *t, const struct option *o)
{
    int last = -1;

    for (size_t i = 0; i < choice_table_len; i++) {
        if (choice_table[i].field == o->offset && choice_table[i].value != last) {
            add_word(t, choice_table[i].name, strlen(choice_table[i].name));
            last = choice_table[i].value;
        }
    }
}

static void add_bits(struct text *t)
{
    struct sslop op = {0};

    while (sslop_next(&op)) {
        if (op.fate == SSLOP_HONOURED) {
            add_word(t, op.name, strlen(op.name));
        }
    }
}

/* none|optional|required are words, of pass:X|env:VAR the beginnings are, and
 * capital letters (HEX) stand for something else. */
static enum kind add_alternatives(struct text *t, const char *argument)
{
    enum kind kind = KIND_WORD;

    while (*argument != '\0') {
        size_t len = strcspn(argument, "|");
        const char *colon = memchr(argument, ':', len);

        if (colon != NULL) {
            add_word(t, argument, (size_t)(colon - argument) + 1);
            kind = KIND_BEGIN;
        } else if (strspn(argument, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < len) {
            add_word(t, argument, len);
        }
        argument += len + (argument[len] == '|');
    }
    return kind;
}

static enum kind kind_of_argument(const char *argument, struct text *words)
{
    static const struct {
        const char *argument;
        enum kind kind;
    } known[] = {
        {"FILE", KIND_FILE},   {"FILE[:FILE]", KIND_FILE}, {"DIR", KIND_DIR},   {"USER", KIND_USER},
        {"GROUP", KIND_GROUP}, {"URL", KIND_BEGIN},        {"BITS", KIND_WORD},
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(argument, known[i].argument) == 0) {
            if (known[i].kind == KIND_BEGIN) {
                text_add(words, "tcp:// unix://");
            } else if (known[i].kind == KIND_WORD) {
                add_bits(words);
            }
            return known[i].kind;
        }
    }
    return strchr(argument, '|') != NULL ? add_alternatives(words, argument) : KIND_OTHER;
}

static void describe_value(struct item *it, const struct option *o)
{
    struct text words = text_over(it->words, sizeof it->words);

    it->what = option_argument(o)[0] != '\0' ? option_argument(o) : "value";
    it->repeats = o->type == OPTION_LIST || o->type == OPTION_WORDS || o->type == OPTION_ENDPOINTS;
    if (o->type == OPTION_BOOL) {
        text_add(&words, "true false");
        it->kind = KIND_BOOL;
    } else if (o->type == OPTION_CHOICE) {
        add_choices(&words, o);
        it->kind = KIND_WORD;
    } else {
        it->kind = kind_of_argument(option_argument(o), &words);
    }
}

/* An option of the table: --ssl.keyfile. */
void item_of_option(struct item *it, const struct option *o)
{
    struct text name = text_over(it->name, sizeof it->name);
    struct text help = text_over(it->help, sizeof it->help);

    memset(it, 0, sizeof *it);
    text_addf(&name, "--%s", option_key(o));
    text_add(&help, option_help(o));
    if (option_fallback(o)[0] != '\0') {
        text_addf(&help, " (default %s)", option_fallback(o));
    }
    describe_value(it, o);
}

/* One of s_server's: -cert. False when it is refused or does nothing, and when the
 * row before had its name already. */
static bool item_of_spelling(struct item *it, const struct spelling *s, const char *before)
{
    const struct option *o = option_of_field(s->field);
    struct text name = text_over(it->name, sizeof it->name);
    struct text help = text_over(it->help, sizeof it->help);
    struct spelling other = *s;

    if (s->how >= SPELLING_NEEDLESS || o == NULL || strcmp(s->name, before) == 0) {
        return false;
    }
    memset(it, 0, sizeof *it);
    text_addf(&name, "-%s", s->name);
    text_add(&help, option_key(o));
    if (s->fixed != NULL) {
        text_addf(&help, " = %s", s->fixed);
    } else {
        text_addf(&help, ": %s", option_help(o));
    }
    it->what = "value";
    /* One of the rows of this name says what its value is. */
    do {
        if (strcmp(other.name, s->name) == 0 && other.takes_value) {
            if (other.how != SPELLING_ACCEPT && option_of_field(other.field) != NULL) {
                describe_value(it, option_of_field(other.field));
            }
            it->kind = other.how == SPELLING_PATH ? KIND_FILE : it->kind;
            it->kind =
                other.how == SPELLING_ACCEPT || it->kind == KIND_NONE ? KIND_OTHER : it->kind;
            if (other.how == SPELLING_FORM) {
                it->kind = KIND_WORD;
                memcpy(it->words, "PEM DER", sizeof "PEM DER");
            }
            break;
        }
    } while (spelling_next(&other));
    return true;
}

/* The few that are in no table. */
static bool item_of_program(struct item *it, size_t i)
{
    static const struct {
        const char *name, *what, *help;
        enum kind kind;
    } own[] = {
        {"-c", "FILE", "read this configuration file", KIND_FILE},
        {"--config", "FILE", "read this configuration file", KIND_FILE},
        {"-t", "", "check the configuration, print what is in effect, and exit", KIND_NONE},
        {"--test", "", "check the configuration, print what is in effect, and exit", KIND_NONE},
        {"-h", "", "list all options", KIND_NONE},
        {"--help", "", "list all options", KIND_NONE},
        {"--version", "", "print the version", KIND_NONE},
    };

    if (i >= ARRAY_LEN(own)) {
        return false;
    }
    memset(it, 0, sizeof *it);
    memcpy(it->name, own[i].name, strlen(own[i].name));
    memcpy(it->help, own[i].help, strlen(own[i].help));
    it->what = own[i].what;
    it->kind = own[i].kind;
    return true;
}

static bool item_of_flag(struct item *it, const struct subcommand *c, size_t i)
{
    struct text words = text_over(it->words, sizeof it->words);

    if (i >= ARRAY_LEN(c->flags) || c->flags[i].name == NULL) {
        return false;
    }
    memset(it, 0, sizeof *it);
    memcpy(it->name, c->flags[i].name, strlen(c->flags[i].name));
    memcpy(it->help, c->flags[i].help, strlen(c->flags[i].help));
    it->what = c->flags[i].what;
    it->kind = c->flags[i].kind;
    if (it->kind == KIND_WORD) {
        (void)add_alternatives(&words, it->what);
    }
    it->repeats = strstr(it->help, "repeatable") != NULL;
    return true;
}

void each_option(take_item *take, const char *condition)
{
    struct item it;
    struct spelling s = {0};
    const char *before = "";

    for (size_t i = 0; item_of_program(&it, i); i++) {
        take(&it, condition);
    }
    for (size_t i = 0; i < option_table_len; i++) {
        item_of_option(&it, &option_table[i]);
        take(&it, condition);
    }
    while (TINY_STANDIN && spelling_next(&s)) {
        if (item_of_spelling(&it, &s, before)) {
            take(&it, condition);
        }
        before = s.name;
    }
}

void each_flag(take_item *take, const struct subcommand *c, const char *condition)
{
    struct item it;

    for (size_t i = 0; item_of_flag(&it, c, i); i++) {
        take(&it, condition);
    }
}
