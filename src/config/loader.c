#include "config/loader.h"
#include "core/build.h"

#include "config/value.h"
#include "core/text.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* Lists grow by doubling: they are full at 1, 2, 4, 8 ... items. */
static bool list_is_full(size_t count)
{
    return (count & (count - 1)) == 0;
}

__attribute__((format(printf, 6, 0))) static void report(struct loader *l, const char *place,
                                                         unsigned line, const char *key,
                                                         const char *kind, const char *format,
                                                         va_list args)
{
    char buf[1024];
    struct text t = text_over(buf, sizeof buf - 1);

    l->reports++;
    if (l->err_fd < 0 || l->reports > LOADER_MAX_REPORTS) {
        return;
    }
    if (place != NULL) {
        text_add(&t, place);
        if (line > 0) {
            text_addf(&t, ":%u", line);
        }
        text_add(&t, ": ");
    }
    text_add(&t, kind);
    if (key != NULL) {
        text_addf(&t, "%s: ", key);
    }
    text_addv(&t, format, args);
    buf[t.len] = '\n';
    /* Nobody is left to tell when this fails. */
    if (write(l->err_fd, buf, t.len + 1) < 0) {
        return;
    }
}

void loader_error(struct loader *l, const char *key, const char *format, ...)
{
    va_list args;

    l->errors++;
    va_start(args, format);
    report(l, l->place, l->line, key, "", format, args);
    va_end(args);
}

void loader_warning(struct loader *l, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(l, l->place, l->line, key, "warning: ", format, args);
    va_end(args);
}

static const struct option *option_of(const struct loader *l, const void *field)
{
    size_t offset = (size_t)((const char *)field - (const char *)l->config);

    return option_of_field(offset);
}

void loader_error_at(struct loader *l, const void *field, const char *format, ...)
{
    const struct option *o = option_of(l, field);
    va_list args;

    l->errors++;
    va_start(args, format);
    report(l, o != NULL ? l->set_at[option_index(o)] : NULL, 0, o != NULL ? option_key(o) : NULL,
           "", format, args);
    va_end(args);
}

void loader_warning_at(struct loader *l, const void *field, const char *format, ...)
{
    const struct option *o = option_of(l, field);
    va_list args;

    va_start(args, format);
    report(l, o != NULL ? l->set_at[option_index(o)] : NULL, 0, o != NULL ? option_key(o) : NULL,
           "warning: ", format, args);
    va_end(args);
}

static const char *no_memory(struct loader *l)
{
    l->out_of_memory = true;
    return "memory is out";
}

static const char *list_add(struct loader *l, struct string_list *list, struct span text)
{
    char *copy = config_arena_copy(l->config->arena, text);

    if (list->count >= LOADER_MAX_ITEMS) {
        return "the list has more than 1024 items";
    }
    if (list_is_full(list->count)) {
        size_t cap = list->count == 0 ? 1 : list->count * 2;
        const char **items = config_arena_take(l->config->arena, cap * sizeof *items);

        if (items == NULL) {
            return no_memory(l);
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof *items);
        }
        list->items = items;
    }
    if (copy == NULL) {
        return no_memory(l);
    }
    list->items[list->count++] = copy;
    return NULL;
}

/* An empty text empties the list. */
static const char *set_list(struct loader *l, const struct option *o, void *field, struct span text)
{
    struct string_list *list = field;
    const char *problem = NULL;

    if (l->layer != l->set_in[option_index(o)] || text.len == 0) {
        list->count = 0;
    }
    while (text.len > 0 && problem == NULL) {
        const uint8_t *end = o->type == OPTION_WORDS ? memchr(text.data, ',', text.len) : NULL;
        struct span item = span_of(text.data, end != NULL ? (size_t)(end - text.data) : text.len);

        text = end != NULL ? span_of(end + 1, text.len - item.len - 1) : span_of(text.data, 0);
        item = value_trim(item);
        if (item.len > 0) {
            problem = list_add(l, list, item);
        }
    }
    return problem;
}

static const char *set_endpoint(struct loader *l, const struct option *o, void *field,
                                struct span text)
{
    struct endpoint_list *list = field;
    struct endpoint e;
    const char *problem = endpoint_parse((const char *)text.data, text.len, &e);

    if (problem != NULL) {
        return problem;
    }
    if (l->layer != l->set_in[option_index(o)]) {
        list->count = 0;
    }
    if (list->count >= ENDPOINT_MAX) {
        return "there are more than 16 endpoints";
    }
    list->items[list->count++] = e;
    return NULL;
}

static const char *set_number(struct loader *l, const struct option *o, void *field,
                              struct span text)
{
    uint32_t kept;
    uint64_t v;
    const char *problem;

    problem = o->type == OPTION_NUMBER ? value_number(text, &v) : value_duration(text, &v);
    if (problem != NULL) {
        return problem;
    }
    if (o->type == OPTION_S) {
        if (v % 1000 != 0) {
            return "whole seconds are wanted";
        }
        v /= 1000;
    }
    if (v < o->min || v > o->max) {
        const char *unit = o->type == OPTION_MS ? "ms" : o->type == OPTION_S ? "s" : "";

        loader_error(l, option_key(o), "%.*s is out of range: %u%s to %u%s", (int)text.len,
                     (const char *)text.data, (unsigned)o->min, unit, (unsigned)o->max, unit);
        return "";
    }
    kept = (uint32_t)v;
    memcpy(field, &kept, sizeof kept);
    return NULL;
}

static const char *set_choice(struct loader *l, const struct option *o, void *field,
                              struct span text)
{
    char names[160];
    struct text t = text_over(names, sizeof names);

    for (size_t i = 0; i < choice_table_len; i++) {
        const struct choice *c = &choice_table[i];
        unsigned value = c->value;

        if (c->field != o->offset) {
            continue;
        }
        if (span_is_nocase(text, c->name)) {
            memcpy(field, &value, sizeof value);
            return NULL;
        }
        text_addf(&t, "%s%s", t.len == 0 ? "" : ", ", c->name);
    }
    loader_error(l, option_key(o), "one of %s is wanted", names);
    return "";
}

static const char *set_text(struct loader *l, void *field, struct span text)
{
    const char *copy = config_arena_copy(l->config->arena, text);

    if (copy == NULL) {
        return no_memory(l);
    }
    memcpy(field, &copy, sizeof copy);
    return NULL;
}

static const char *where(struct loader *l)
{
    char buf[512];
    struct text t = text_over(buf, sizeof buf);

    text_add(&t, l->place);
    if (l->line > 0) {
        text_addf(&t, ":%u", l->line);
    }
    return config_arena_copy(l->config->arena, span_of(buf, t.len));
}

/* "" as a problem: it has been told already. */
static const char *set_field(struct loader *l, const struct option *o, struct span text)
{
    void *field = (char *)l->config + o->offset;
    bool truth;
    const char *problem;

    switch ((enum option_type)o->type) {
    case OPTION_BOOL:
        problem = value_bool(text, &truth);
        if (problem == NULL) {
            memcpy(field, &truth, sizeof truth);
        }
        return problem;
    case OPTION_NUMBER:
    case OPTION_MS:
    case OPTION_S:
        return set_number(l, o, field, text);
    case OPTION_CHOICE:
        return set_choice(l, o, field, text);
    case OPTION_LIST:
    case OPTION_WORDS:
        return set_list(l, o, field, text);
    case OPTION_ENDPOINTS:
        return set_endpoint(l, o, field, text);
    case OPTION_TEXT:
    case OPTION_SECRET:
        break;
    }
    return set_text(l, field, text);
}

void loader_set(struct loader *l, const struct option *o, struct span text)
{
    size_t i = option_index(o);
    const char *problem;

    text = value_trim(text);
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL) {
        loader_error(l, option_key(o), "the value holds a NUL byte");
        return;
    }
    /* From the environment or the command line; `tiny -t` would print two options of it. */
    if (text.len > 0 && memchr(text.data, '\n', text.len) != NULL) {
        loader_error(l, option_key(o), "the value holds a line break");
        return;
    }
    problem = set_field(l, o, text);
    if (problem != NULL) {
        if (problem[0] != '\0') {
            loader_error(l, option_key(o), "%s", problem);
        }
        return;
    }
    if (l->layer != LAYER_DEFAULT) {
        l->set_in[i] = l->layer;
        l->set_at[i] = where(l);
    }
}

void loader_unknown(struct loader *l, struct span key)
{
    /* The search takes its time; nobody reads what it finds past the bound. */
    const char *guess = TINY_COMFORT && l->reports < LOADER_MAX_REPORTS ? option_guess(key) : NULL;
    char name[80];
    struct text t = text_over(name, sizeof name);

    text_add_quoted(&t, key.len > 64 ? span_of(key.data, 64) : key);
    if (option_left_out(key)) {
        loader_error(l, name, OPTION_LEFT_OUT);
    } else if (guess != NULL) {
        loader_error(l, name, "there is no such option; did you mean %s?", guess);
    } else {
        loader_error(l, name, "there is no such option; tiny --help lists all");
    }
}

const char *loader_env(const struct loader *l, struct span name)
{
    for (char **e = l->env; e != NULL && *e != NULL; e++) {
        if (strncmp(*e, (const char *)name.data, name.len) == 0 && (*e)[name.len] == '=') {
            return *e + name.len + 1;
        }
    }
    return NULL;
}

void loader_defaults(struct loader *l)
{
    memset(l->set_in, 0, sizeof l->set_in);
    memset(l->set_at, 0, sizeof l->set_at);
    l->layer = LAYER_DEFAULT;
    for (size_t i = 0; i < option_table_len; i++) {
        const char *value = option_fallback(&option_table[i]);

        loader_set(l, &option_table[i], span_of(value, strlen(value)));
    }
}
