#include "config/loader.h"
#include "config/spelling.h"
#include "core/build.h"
#include "core/output.h"
#include "core/text.h"

#include <string.h>

/* The shortest form that reads back as the same time. */
static void add_duration(struct text *t, uint32_t v, uint32_t second)
{
    if (v % second != 0) {
        text_addf(t, "%ums", (unsigned)v);
    } else {
        text_addf(t, "%us", (unsigned)(v / second));
    }
}

static const char *choice_name(const struct option *o, unsigned value)
{
    for (size_t i = 0; i < choice_table_len; i++) {
        if (choice_table[i].field == o->offset && choice_table[i].value == value) {
            return choice_table[i].name;
        }
    }
    return "";
}

size_t loader_format(const struct config *c, const struct option *o, size_t item, char *dst,
                     size_t cap)
{
    const void *field = (const char *)c + o->offset;
    struct text t = text_over(dst, cap);
    struct string_list list;
    const char *text;
    uint32_t number;
    unsigned value;
    bool truth;

    switch ((enum option_type)o->type) {
    case OPTION_TEXT:
    case OPTION_SECRET:
        memcpy(&text, field, sizeof text);
        text_add(&t, text != NULL ? text : "");
        break;
    case OPTION_BOOL:
        memcpy(&truth, field, sizeof truth);
        text_add(&t, truth ? "true" : "false");
        break;
    case OPTION_NUMBER:
    case OPTION_MS:
    case OPTION_S:
        memcpy(&number, field, sizeof number);
        if (o->type == OPTION_NUMBER) {
            text_addf(&t, "%u", (unsigned)number);
        } else {
            add_duration(&t, number, o->type == OPTION_MS ? 1000 : 1);
        }
        break;
    case OPTION_CHOICE:
        memcpy(&value, field, sizeof value);
        text_add(&t, choice_name(o, value));
        break;
    case OPTION_LIST:
    case OPTION_WORDS:
        memcpy(&list, field, sizeof list);
        text_add(&t, item < list.count ? list.items[item] : "");
        break;
    case OPTION_ENDPOINTS:
        return endpoint_format(&c->endpoints.items[item], dst, cap);
    }
    return t.len;
}

static size_t item_count(const struct config *c, const struct option *o)
{
    struct string_list list;

    if (o->type == OPTION_ENDPOINTS) {
        return c->endpoints.count;
    }
    if (o->type != OPTION_LIST && o->type != OPTION_WORDS) {
        return 1;
    }
    memcpy(&list, (const char *)c + o->offset, sizeof list);
    return list.count > 0 ? list.count : 1;
}

void config_rules(const struct config *config, void (*take)(void *context, struct span piece),
                  void *context)
{
    char value[LOADER_MAX_LINE];
    size_t i = option_index(option_of_field(offsetof(struct config, session_context)));

    for (; i < option_table_len && strncmp(option_key(&option_table[i]), "ssl.", 4) == 0; i++) {
        for (size_t item = 0; item < item_count(config, &option_table[i]); item++) {
            size_t len = loader_format(config, &option_table[i], item, value, sizeof value);

            take(context, span_of(value, len + 1));
        }
    }
}

/* Says where a secret is, and not what it is. */
static bool is_reference(const char *value)
{
    return strncmp(value, "env:", 4) == 0 || strncmp(value, "file:", 5) == 0 ||
           strncmp(value, "fd:", 3) == 0;
}

static int print_value(const struct config *c, const struct option *o, size_t item, int fd)
{
    char value[LOADER_MAX_LINE * 2];
    char line[LOADER_MAX_LINE * 4 + 80];
    struct text t = text_over(line, sizeof line);
    size_t len = loader_format(c, o, item, value, sizeof value);

    if (o->type == OPTION_SECRET && len > 0 && !is_reference(value)) {
        bytes_wipe(value, len);
        text_addf(&t, "# %s = (not shown)\n", option_key(o));
        return output_all(fd, line, t.len);
    }
    text_addf(&t, "%s =%s", option_key(o), len > 0 ? " " : "");
    for (size_t i = 0; i < len; i++) {
        text_add_span(&t, span_of(value + i, 1));
        if (value[i] == '@') {
            text_add(&t, "@");
        }
    }
    text_add(&t, "\n");
    return output_all(fd, line, t.len);
}

int config_print(const struct config *config, int fd)
{
    const char *section = "";

    for (size_t i = 0; i < option_table_len; i++) {
        const struct option *o = &option_table[i];
        const char *key = option_key(o);
        size_t prefix = (size_t)(strchr(key, '.') - key) + 1;

        if (i > 0 && strncmp(section, key, prefix) != 0 && output_all(fd, "\n", 1) != 0) {
            return -1;
        }
        section = key;
        for (size_t item = 0; item < item_count(config, o); item++) {
            if (print_value(config, o, item, fd) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

#if TINY_STANDIN
#define RSA_BITS " [--rsa BITS]"
#define BRACKETS "In brackets: the spelling of openssl s_server. "
#else
#define RSA_BITS ""
#define BRACKETS ""
#endif

#if TINY_COMFORT
#define COMMANDS                                                                                   \
    "       tiny ciphers [-v] [-s] [-ciphersuites LIST] [LIST]\n"                                  \
    "       tiny certificate --name HOST [--days N]" RSA_BITS "\n"                                 \
    "                        [--out FILE] [--force]\n"
#else
#define COMMANDS ""
#endif

static const char usage[] =
    "Usage: tiny [-c FILE] [-t] [options]\n" COMMANDS
    "       tiny healthcheck [-c FILE] [options] [URL]\n"
    "\n"
    "  -c FILE    read this configuration file\n"
    "  -t         check the configuration, print what is in effect, and exit\n"
    "  -h, --help this text; --version: the version\n"
    "\n"
    "Serve a folder: tiny --files.root DIR --ssl.keyfile FILE\n"
    "\n"
    "Options stand in the file as `key = value`, in the environment as\n"
    "TINY_SSL_KEYFILE, on the command line as --key value or --key=value; the later\n"
    "one wins. " BRACKETS "Exit codes: 0 all\n"
    "went well, 1 could not start or go on, 2 wrong option, value or file.\n";

static void help_spellings(struct text *t, const struct option *o)
{
    struct spelling s = {0};
    const char *last = "";

    while (TINY_STANDIN && spelling_next(&s)) {
        if (s.field == o->offset && s.how < SPELLING_NEEDLESS && strcmp(s.name, last) != 0) {
            text_addf(t, "%s-%s", last[0] == '\0' ? " [" : ", ", s.name);
            last = s.name;
        }
    }
    text_add(t, last[0] == '\0' ? "" : "]");
}

/* The words of a choice, joined by |. */
static void help_words(struct text *t, const struct option *o)
{
    int last = -1;

    for (size_t i = 0; i < choice_table_len; i++) {
        if (choice_table[i].field == o->offset && choice_table[i].value != last) {
            text_addf(t, last < 0 ? "%s" : "|%s", choice_table[i].name);
            last = choice_table[i].value;
        }
    }
}

static const char *argument_of(const struct option *o)
{
    const char *own = option_argument(o);

    switch (o->type) {
    case OPTION_CHOICE:
        return "";
    case OPTION_BOOL:
        return "true|false";
    case OPTION_MS:
    case OPTION_S:
        return "TIME";
    case OPTION_NUMBER:
        return own[0] != '\0' ? own : "NUMBER";
    default:
        return own;
    }
}

int config_help(int fd)
{
    if (output_all(fd, usage, sizeof usage - 1) != 0) {
        return -1;
    }
    for (size_t i = 0; i < option_table_len; i++) {
        const struct option *o = &option_table[i];
        char line[1024];
        struct text t = text_over(line, sizeof line);

        text_addf(&t, "%s  --%s %s", TINY_STANDIN || i == 0 ? "\n" : "", option_key(o),
                  argument_of(o));
        help_words(&t, o);
        help_spellings(&t, o);
        if (option_help(o)[0] != '\0') {
            text_addf(&t, "\n      %s", option_help(o));
        }
        if (option_fallback(o)[0] != '\0') {
            text_addf(&t, " (default %s)", option_fallback(o));
        }
        text_add(&t, "\n");
        if (output_all(fd, line, t.len) != 0) {
            return -1;
        }
    }
    return 0;
}
