/*
 * The status page's three forms behind one set of calls: sections with items,
 * and the list of cipher suites. The text lies in memory of the caller; values
 * are escaped here, labels and keys are our own words. Knows nothing of HTTP.
 */
#ifndef TINY_APP_STATUS_PAGE_H
#define TINY_APP_STATUS_PAGE_H

#include "config/cipherlist.h"
#include "core/text.h"

enum page_format { PAGE_TEXT, PAGE_HTML, PAGE_JSON };

struct page {
    struct text *out;
    enum page_format format;
    bool in_section;
    bool has_item;
};

/* A word in two forms: the key in JSON, the label for people. */
struct page_word {
    const char *key;
    const char *label;
};

/* The Content-Security-Policy that the HTML form needs: it names the hash of
 * the style sheet, and nothing else may be loaded or run. */
extern const char page_policy[];

/* version: of the program. headline: what matters most. good: whether the
 * reader may be content with it. */
void page_begin(struct page *p, struct text *out, enum page_format format, const char *version,
                const char *headline, bool good);
void page_section(struct page *p, struct page_word word);
/* An empty or NULL value is shown as a dash, and is null in JSON. */
void page_value(struct page *p, struct page_word word, const char *value);
void page_number(struct page *p, struct page_word word, uint64_t value);
void page_yes_no(struct page *p, struct page_word word, bool value);
/* Seconds; JSON gives the number, people get days, hours, minutes. */
void page_duration(struct page *p, struct page_word word, uint64_t seconds);
void page_suites_begin(struct page *p, struct page_word word, const char *note);
void page_suite(struct page *p, const struct suite_info *s, bool used, bool common);
void page_suites_end(struct page *p);
void page_end(struct page *p);

#endif
