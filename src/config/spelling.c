#include "config/spelling.h"

#include "config/config.h"
#include "core/bytes.h"

#include <string.h>

/* Each row is what it does, a number of 16 bits, its name and, where it sets a
 * fixed text, that text; nothing but bytes, so that nothing pads it. Members are
 * named by the line they come from. */
#define HOW         0x0F
#define FIXED       0x40
#define TAKES_VALUE 0x80

#define JOIN_2(a, b) a##b
#define JOIN(a, b)   JOIN_2(a, b)
#define MEMBER(what) JOIN(what, __LINE__)
#define LOW(n)       (uint8_t)((n)&0xFF)
#define HIGH(n)      (uint8_t)((n) >> 8)
#define AT(field)    offsetof(struct config, field)

enum refusal {
#define REFUSAL(name, sentence) REFUSAL_##name,
#include "config/refusal_rows.h"
#undef REFUSAL
};

/* One sentence after the other. */
static const char refusals[] =
#define REFUSAL(name, sentence) sentence "\0"
#include "config/refusal_rows.h"
#undef REFUSAL
    ;

#define VALUE(name, how, field)                                                                    \
    uint8_t MEMBER(row_)[3];                                                                       \
    char MEMBER(name_)[sizeof(name)];
#define FLAG(name, how, field, text)                                                               \
    uint8_t MEMBER(row_)[3];                                                                       \
    char MEMBER(name_)[sizeof(name)];                                                              \
    char MEMBER(text_)[sizeof(text)];
#define NEEDLESS(name)           VALUE(name, , )
#define REFUSED(name, why)       VALUE(name, , )
#define REFUSED_VALUE(name, why) VALUE(name, , )
struct rows {
#include "config/spelling_rows.h"
};
#undef VALUE
#undef FLAG
#undef NEEDLESS
#undef REFUSED
#undef REFUSED_VALUE

#define VALUE(name, how, field)      {(how) | TAKES_VALUE, LOW(AT(field)), HIGH(AT(field))}, name,
#define FLAG(name, how, field, text) {(how) | FIXED, LOW(AT(field)), HIGH(AT(field))}, name, text,
#define NEEDLESS(name)               {SPELLING_NEEDLESS, 0, 0}, name,
#define REFUSED(name, why)           {SPELLING_REFUSED, REFUSAL_##why, 0}, name,
#define REFUSED_VALUE(name, why)     {SPELLING_REFUSED | TAKES_VALUE, REFUSAL_##why, 0}, name,
static const struct rows rows = {
#include "config/spelling_rows.h"
};

static const char *text_after(const char *text)
{
    return text + strlen(text) + 1;
}

bool spelling_next(struct spelling *s)
{
    const uint8_t *begin = (const uint8_t *)&rows;
    const uint8_t *row = s->next != NULL ? s->next : begin;

    if (row == begin + sizeof rows) {
        return false;
    }
    s->how = (enum spelling_how)(row[0] & HOW);
    s->takes_value = (row[0] & TAKES_VALUE) != 0;
    s->field = (uint16_t)(row[1] | row[2] << 8);
    s->name = (const char *)row + 3;
    s->fixed = (row[0] & FIXED) != 0 ? text_after(s->name) : NULL;
    s->next = (const uint8_t *)text_after(s->fixed != NULL ? s->fixed : s->name);
    return true;
}

const char *spelling_refusal(const struct spelling *s)
{
    const char *sentence = refusals;

    for (unsigned i = 0; i < s->field; i++) {
        sentence = text_after(sentence);
    }
    return sentence;
}
