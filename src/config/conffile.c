#include "config/conffile.h"

#include "config/loader.h"
#include "config/value.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

static bool is_key(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

static bool all_key(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_key(s.data[i])) {
            return false;
        }
    }
    return s.len > 0 && s.len <= 64;
}

static struct conf_line bad(const char *problem)
{
    return (struct conf_line){.kind = CONF_BAD, .problem = problem};
}

static struct conf_line section_line(struct span s)
{
    struct span name = value_trim(span_of(s.data + 1, s.len - 1));

    if (name.len == 0 || name.data[name.len - 1] != ']') {
        return bad("the ] after the section's name is missing");
    }
    name.len--;
    name = value_trim(name);
    if (!all_key(name)) {
        return bad("a section has a name like [ssl]");
    }
    return (struct conf_line){.kind = CONF_SECTION, .key = name};
}

static struct conf_line include_line(struct span s)
{
    struct span name = value_trim(span_of(s.data + 8, s.len - 8));

    if (name.len == 0) {
        return bad("the name of a file is wanted: @include NAME");
    }
    return (struct conf_line){.kind = CONF_INCLUDE, .value = name, .has_value = true};
}

struct conf_line conf_line_parse(struct span line)
{
    struct span s = value_trim(line);
    struct conf_line found = {.kind = CONF_OPTION};
    const uint8_t *equals;

    if (s.len == 0 || s.data[0] == '#' || s.data[0] == ';') {
        return (struct conf_line){.kind = CONF_EMPTY};
    }
    if (memchr(s.data, '\0', s.len) != NULL) {
        return bad("the line holds a NUL byte");
    }
    if (s.data[0] == '[') {
        return section_line(s);
    }
    if (s.len >= 8 && memcmp(s.data, "@include", 8) == 0 &&
        (s.len == 8 || s.data[8] == ' ' || s.data[8] == '\t')) {
        return include_line(s);
    }
    equals = memchr(s.data, '=', s.len);
    found.key = s;
    if (equals != NULL) {
        found.key.len = (size_t)(equals - s.data);
        found.has_value = true;
        found.value = value_trim(span_of(equals + 1, s.len - found.key.len - 1));
    }
    found.key = value_trim(found.key);
    if (!all_key(found.key)) {
        return bad("key = value is wanted, or [section], @include NAME, # comment");
    }
    return found;
}

static bool is_variable(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if (c == '.' || c == '-' || !is_key(c) || (i == 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return s.len > 0;
}

bool conf_expand(struct span value, conf_variable *find, const void *context, struct text *out,
                 struct span *missing)
{
    size_t i = 0;

    while (i < value.len) {
        struct span rest = span_of(value.data + i, value.len - i);
        const uint8_t *end;
        struct span name;
        const char *found;

        if (rest.data[0] != '@') {
            text_add_span(out, span_of(rest.data, 1));
            i++;
            continue;
        }
        end = memchr(rest.data + 1, '@', rest.len - 1);
        name = span_of(rest.data + 1, end != NULL ? (size_t)(end - rest.data) - 1 : 0);
        if (end != NULL && (name.len == 0 || is_variable(name))) {
            found = name.len == 0 ? "@" : find(context, name);
            if (found == NULL) {
                *missing = name;
                return false;
            }
            text_add(out, found);
            i += name.len + 2;
        } else {
            /* One @ alone stands for itself: ALL:@STRENGTH. */
            text_add(out, "@");
            i++;
        }
    }
    return true;
}

static const char *find_env(const void *context, struct span name)
{
    return loader_env(context, name);
}

/* Replaces the variables; false after telling what is wrong. */
static bool expand(struct loader *l, const char *key, struct span value, char *dst, size_t cap,
                   struct span *out)
{
    struct text t = text_over(dst, cap);
    struct span missing;

    if (!conf_expand(value, find_env, l, &t, &missing)) {
        loader_error(l, key, "the environment has no variable %.*s", (int)missing.len,
                     (const char *)missing.data);
        return false;
    }
    if (t.full) {
        loader_error(l, key, "the value is longer than %u bytes", LOADER_MAX_LINE);
        return false;
    }
    *out = span_of(dst, t.len);
    return true;
}

static void set_option(struct loader *l, struct span section, const struct conf_line *line)
{
    char name[136];
    char value[LOADER_MAX_LINE + 1];
    struct text t = text_over(name, sizeof name);
    struct span key, text;
    const struct option *o;

    if (memchr(line->key.data, '.', line->key.len) == NULL && section.len > 0) {
        text_add_span(&t, section);
        text_add(&t, ".");
    }
    text_add_span(&t, line->key);
    key = span_of(name, t.len);
    o = option_find(key);
    if (o == NULL) {
        loader_unknown(l, key);
    } else if (line->has_value) {
        if (expand(l, option_key(o), line->value, value, sizeof value, &text)) {
            loader_set(l, o, text);
            bytes_wipe(value, text.len);
        }
    } else if (o->type == OPTION_BOOL) {
        loader_set(l, o, span_of("true", 4));
    } else {
        loader_error(l, option_key(o), "a value is wanted: %s = ...", option_key(o));
    }
}

/* NAME, relative to the folder of the file in work, with .conf added. */
static void include(struct loader *l, const char *from, struct span value)
{
    char name[LOADER_MAX_LINE + 1];
    char path[LOADER_MAX_LINE * 2];
    struct text t = text_over(path, sizeof path);
    const char *slash = strrchr(from, '/');
    struct span text;

    if (!expand(l, "@include", value, name, sizeof name, &text)) {
        return;
    }
    if (text.len > 0 && text.data[0] != '/' && slash != NULL) {
        text_add_span(&t, span_of(from, (size_t)(slash - from) + 1));
    }
    text_add_span(&t, text);
    if (text.len < 5 || memcmp(text.data + text.len - 5, ".conf", 5) != 0) {
        text_add(&t, ".conf");
    }
    if (t.full) {
        loader_error(l, "@include", "the name of the file is too long");
        return;
    }
    loader_file(l, path);
}

/* [section] lasts to the end of its file; tls is ssl. */
static void one_line(struct loader *l, const char *path, struct span text, struct span *section)
{
    struct conf_line line = conf_line_parse(text);

    switch (line.kind) {
    case CONF_EMPTY:
        break;
    case CONF_SECTION:
        *section = line.key;
        break;
    case CONF_INCLUDE:
        include(l, path, line.value);
        break;
    case CONF_OPTION:
        set_option(l, *section, &line);
        break;
    case CONF_BAD:
        loader_error(l, NULL, "%s", line.problem);
        break;
    }
}

void loader_text(struct loader *l, const char *path, struct span text)
{
    struct span section = {NULL, 0};
    const char *place = l->place;
    unsigned line = l->line;

    if (text.len >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0) {
        text = span_of(text.data + 3, text.len - 3);
    }
    l->place = path;
    l->line = 0;
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;

        l->line++;
        if (len > LOADER_MAX_LINE) {
            loader_error(l, NULL, "the line is longer than %u bytes", LOADER_MAX_LINE);
        } else {
            one_line(l, path, span_of(text.data, len), &section);
        }
        len += end != NULL;
        text = span_of(text.data + len, text.len - len);
    }
    l->place = place;
    l->line = line;
}

void loader_file(struct loader *l, const char *path)
{
    struct source_file file = {0};
    const char *problem;

    if (l->depth >= LOADER_MAX_DEPTH || l->files >= LOADER_MAX_FILES) {
        loader_error(l, "@include", "%s: at most %u files in all, and %u deep", path,
                     LOADER_MAX_FILES, LOADER_MAX_DEPTH);
        return;
    }
    problem = l->read(l->read_context, path, &file);
    if (problem != NULL) {
        loader_error(l, NULL, "%s: %s", path, problem);
        return;
    }
    for (size_t i = 0; i < l->depth; i++) {
        if (l->stack[i].dev == file.dev && l->stack[i].ino == file.ino) {
            loader_error(l, "@include", "%s includes itself, perhaps over another file", path);
            free(file.data);
            return;
        }
    }
    l->stack[l->depth].dev = file.dev;
    l->stack[l->depth].ino = file.ino;
    l->depth++;
    l->files++;
    loader_text(l, path, span_of(file.data, file.len));
    l->depth--;
    bytes_wipe(file.data, file.len);
    free(file.data);
}
