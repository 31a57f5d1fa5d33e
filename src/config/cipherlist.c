#include "config/cipherlist.h"

#include "config/suites.h"
#include "core/build.h"
#include "core/bytes.h"
#include "core/text.h"

#include <string.h>

enum rule { RULE_ADD, RULE_DEL, RULE_ORDER, RULE_KILL };

/*
 * The suites as a sequence that the rules permute. Every suite is off at
 * first. ADD switches on and moves to the end; ORDER moves to the end what is
 * on; DEL switches off and moves to the front, so that what was deleted last
 * comes back first; KILL takes away for good. Each keeps the order within what
 * it moves. The result is what is on, in sequence.
 */
struct work {
    uint8_t order[CIPHERLIST_MAX_SUITES]; /* indices into suite_table */
    size_t count;
    bool on[CIPHERLIST_MAX_SUITES]; /* by index into suite_table */
    struct cipherlist_result *result;
    struct text unknown;
};

struct pattern {
    uint32_t bits;     /* by group; none of a group: any */
    uint16_t id;       /* 0: any */
    unsigned strength; /* 0: any */
};

static const uint32_t groups[] = {
    ANY_KX, ANY_AU, 2 * ENC_OTHER - ENC_AES128, ANY_MAC, ANY_SINCE, ANY_GRADE, DEFAULT_OUT};

static bool matches(const struct pattern *p, const struct suite *s)
{
    if (p->strength != 0) {
        return suite_strength(s->bits) == p->strength;
    }
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        uint32_t wanted = p->bits & groups[i];

        if (wanted != 0 && (wanted & s->bits) == 0) {
            return false;
        }
    }
    return p->id == 0 || p->id == s->id;
}

static void apply(struct work *w, enum rule rule, const struct pattern *p)
{
    uint8_t moved[CIPHERLIST_MAX_SUITES] = {0}, rest[CIPHERLIST_MAX_SUITES] = {0};
    size_t moved_count = 0, rest_count = 0;
    bool front = rule == RULE_DEL;

    for (size_t i = 0; i < w->count; i++) {
        uint8_t s = w->order[i];
        bool wanted = rule == RULE_ADD ? !w->on[s] : rule == RULE_KILL || w->on[s];

        if (wanted && matches(p, &suite_table[s])) {
            moved[moved_count++] = s;
            w->on[s] = rule == RULE_ADD || rule == RULE_ORDER;
        } else {
            rest[rest_count++] = s;
        }
    }
    if (rule == RULE_KILL) {
        moved_count = 0;
    }
    memcpy(w->order + (front ? moved_count : 0), rest, rest_count);
    memcpy(w->order + (front ? 0 : rest_count), moved, moved_count);
    w->count = rest_count + moved_count;
}

static void sort_by_strength(struct work *w)
{
    static const uint16_t strengths[] = {256, 128, 112}; /* all that suite_table has */

    for (size_t i = 0; i < ARRAY_LEN(strengths); i++) {
        struct pattern p = {.strength = strengths[i]};

        apply(w, RULE_ORDER, &p);
    }
}

static bool is_separator(char c)
{
    return c == ':' || c == ' ' || c == ';' || c == ',';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '=' || c == '_';
}

static struct span take_name(const char **list)
{
    const char *start = *list;

    while (is_name(**list)) {
        (*list)++;
    }
    return span_of(start, (size_t)(*list - start));
}

/* The pattern for what both select; false when that is nothing. */
static bool narrow(struct pattern *p, uint32_t with)
{
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        uint32_t have = p->bits & groups[i];
        uint32_t more = with & groups[i];

        if (have != 0 && more != 0) {
            p->bits &= ~groups[i] | more;
            if ((have & more) == 0) {
                return false;
            }
        } else {
            p->bits |= more;
        }
    }
    return true;
}

static void note_unknown(struct work *w, struct span name)
{
    if (w->unknown.len + name.len + 2 < w->unknown.cap) {
        text_add(&w->unknown, w->unknown.len > 0 ? " " : "");
        text_add_span(&w->unknown, name);
    }
}

/* Adds one name of an intersection. False: the whole item selects nothing. */
static bool narrow_by_name(struct work *w, struct pattern *p, struct span name)
{
    uint32_t alias = suite_alias_find(name);
    const struct suite *suite = alias == 0 ? suite_find(name) : NULL;

    if (suite != NULL) {
        p->id = suite->id;
        return narrow(p, suite->bits);
    }
    if (alias == 0) {
        note_unknown(w, name);
        return false;
    }
    return narrow(p, alias);
}

static int complain(struct work *w, const char *what, struct span s)
{
    struct text t = text_over(w->result->error, sizeof w->result->error);

    text_add(&t, what);
    text_add(&t, " \"");
    text_add_quoted(&t, s.len > 60 ? span_of(s.data, 60) : s);
    text_add(&t, "\"");
    return -1;
}

static int special(struct work *w, const char **list)
{
    struct span name = take_name(list);

    if (span_is(name, "STRENGTH")) {
        sort_by_strength(w);
    } else if (name.len == 10 && memcmp(name.data, "SECLEVEL=", 9) == 0 && name.data[9] >= '0' &&
               name.data[9] <= '5') {
        w->result->security_level = name.data[9] - '0';
    } else {
        return complain(w, "after @ only STRENGTH or SECLEVEL=0 to SECLEVEL=5 may stand, not",
                        name);
    }
    while (**list != '\0' && !is_separator(**list)) {
        (*list)++;
    }
    return 0;
}

static int item(struct work *w, enum rule rule, const char **list)
{
    struct pattern p = {0};
    bool more = true;

    while (more) {
        struct span name = take_name(list);

        if (name.len == 0) {
            return **list != '\0'
                       ? complain(w, "no name can begin at", span_of(*list, strlen(*list)))
                       : complain(w, "a name is missing at the end", span_of(*list, 0));
        }
        more = **list == '+';
        if (more) {
            (*list)++;
        }
        if (!narrow_by_name(w, &p, name)) {
            while (**list != '\0' && !is_separator(**list)) {
                (*list)++;
            }
            return 0;
        }
    }
    apply(w, rule, &p);
    return 0;
}

static int process(struct work *w, const char *list)
{
    while (*list != '\0') {
        enum rule rule = RULE_ADD;
        char c = *list;
        int result;

        if (is_separator(c)) {
            list++;
            continue;
        }
        if (c == '-' || c == '+' || c == '!' || c == '@') {
            rule = c == '-' ? RULE_DEL : c == '+' ? RULE_ORDER : RULE_KILL;
            list++;
        }
        result = c == '@' ? special(w, &list) : item(w, rule, &list);
        if (result != 0) {
            return -1;
        }
    }
    return 0;
}

/* Suite B keywords stand for the whole list (RFC 6460). */
static const char *suite_b(const char *list)
{
    static const char table[][2][60] = {
        {"SUITEB128ONLY", "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {"SUITEB128C2", "ECDHE-ECDSA-AES256-GCM-SHA384"},
        {"SUITEB128", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"},
        {"SUITEB192", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (strncmp(list, table[i][0], strlen(table[i][0])) == 0) {
            return table[i][1];
        }
    }
    return list;
}

int cipherlist_parse(const char *list, bool aes_hardware, struct cipherlist_result *result)
{
    static const char aes_first[] = "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20";
    static const char chacha_first[] = "ECDHE+CHACHA20:ECDHE+AESGCM+AES128:ECDHE+AESGCM";
    struct work w = {.count = suite_table_len, .result = result};

    memset(result, 0, sizeof *result);
    result->security_level = -1;
    w.unknown = text_over(result->unknown, sizeof result->unknown);
    for (size_t i = 0; i < w.count; i++) {
        w.order[i] = (uint8_t)i;
    }
    list = suite_b(list);
    if (strncmp(list, "DEFAULT", 7) == 0 && !is_name(list[7])) {
        list += 7;
        (void)process(&w, aes_hardware ? aes_first : chacha_first);
    }
    if (process(&w, list) != 0) {
        return -1;
    }
    for (size_t i = 0; i < w.count; i++) {
        if (w.on[w.order[i]]) {
            result->suites[result->count++] = suite_table[w.order[i]].id;
        }
    }
    if (result->count == 0) {
        return complain(&w,
                        TINY_LEGACY ? "no suite that is built in matches"
                                    : "no suite of this " TINY_BUILD " build matches",
                        span_of(list, strlen(list)));
    }
    return 0;
}

void cipherlist_apply_level(struct cipherlist_result *result)
{
    size_t kept = 0;

    for (size_t i = 0; i < result->count && result->security_level >= 0; i++) {
        if (suite_allowed_at_level(result->suites[i], (unsigned)result->security_level)) {
            result->suites[kept++] = result->suites[i];
        }
    }
    if (result->security_level >= 0) {
        result->count = kept;
    }
}

static void add_once(struct cipherlist_result *r, uint16_t id)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->suites[i] == id) {
            return;
        }
    }
    r->suites[r->count++] = id;
}

int cipherlist_parse_tls13(const char *list, bool aes_hardware, struct cipherlist_result *result)
{
    static const uint16_t usual[] = {0x1303, 0x1301, 0x1302, 0x1303};
    struct work w = {.result = result};
    const char *whole = list;

    memset(result, 0, sizeof *result);
    result->security_level = -1;
    if (strcmp(list, "DEFAULT") == 0) {
        memcpy(result->suites, usual + aes_hardware, 3 * sizeof *usual);
        result->count = 3;
        return 0;
    }
    w.unknown = text_over(result->unknown, sizeof result->unknown);
    while (*list != '\0') {
        struct span name;
        uint16_t id;

        if (is_separator(*list)) {
            list++;
            continue;
        }
        name = take_name(&list);
        if (name.len == 0) {
            return complain(&w, "no name can begin at", span_of(list, strlen(list)));
        }
        id = suite_find_tls13(name);
        if (id == 0) {
            note_unknown(&w, name);
        } else {
            add_once(result, id);
        }
    }
    return result->count > 0 ? 0
                             : complain(&w, "no suite of TLS 1.3 that is built in is in",
                                        span_of(whole, strlen(whole)));
}
