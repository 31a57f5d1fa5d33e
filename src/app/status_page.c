#include "app/status_page.h"

#include <inttypes.h>
#include <string.h>

/* No script, no font, no image from anywhere; light or dark as the reader has
 * it, one column on a phone. Whoever changes a byte here changes the hash in
 * page_policy; test_status knows how to compute it. */
static const char style[] =
    ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1d2430;--dim:#667085;"
    "--line:#e4e7ec;--good:#0a7d4f;--bad:#b54708}"
    "@media(prefers-color-scheme:dark){:root{--bg:#11151c;--card:#1a202a;--ink:#e6e9ef;"
    "--dim:#98a2b3;--line:#2b3340;--good:#4ad295;--bad:#f5a54a}}"
    "*{box-sizing:border-box}"
    "body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:68rem;background:var(--bg);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}"
    "h1{font-size:1.6rem;margin:0;overflow-wrap:anywhere}"
    "h1::before{content:'';display:inline-block;width:.7em;height:.7em;margin-right:.45em;"
    "border-radius:50%;background:var(--bad)}"
    "h1.good::before{background:var(--good)}"
    "header p{margin:.2rem 0 1.5rem;color:var(--dim)}"
    "main{columns:24rem;column-gap:1rem}"
    "section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;"
    "padding:1rem 1.25rem;margin:0 0 1rem;break-inside:avoid}"
    "section.wide{column-span:all;margin-top:1rem}"
    "h2{font-size:1.05rem;margin:0 0 .5rem}"
    "dl{margin:0}"
    "dl div{display:flex;justify-content:space-between;gap:1rem;padding:.3rem 0;"
    "border-top:1px solid var(--line)}"
    "dt{color:var(--dim);flex:none}"
    "dd{margin:0;text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}"
    "ol{margin:0;padding:0;list-style:none;columns:18rem;column-gap:2rem}"
    "li{padding:.25rem 0;color:var(--dim);break-inside:avoid;overflow-wrap:anywhere;"
    "font:.85rem/1.5 ui-monospace,monospace}"
    "li.both{color:var(--ink)}"
    "li.used{font-weight:700;color:var(--good)}"
    "li.weak::after{content:' weak';color:var(--bad);font-weight:400}"
    "p.note{margin:0 0 .5rem;color:var(--dim);font-size:.9rem}";

const char page_policy[] =
    "default-src 'none'; style-src 'sha256-mvokhpWFvJ9CFr0nXjHouurx5P0bPU7BQ46CjM9+5/8='; img-src "
    "data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

static struct span span_text(const char *s)
{
    return span_of(s, strlen(s));
}

void page_begin(struct page *p, struct text *out, enum page_format format, const char *version,
                const char *headline, bool good)
{
    *p = (struct page){.out = out, .format = format};
    switch (format) {
    case PAGE_TEXT:
        text_addf(out, "tiny %s: %s\n", version, headline);
        break;
    case PAGE_JSON:
        text_addf(out, "{\"tiny\":\"%s\"", version);
        break;
    case PAGE_HTML:
        text_add(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                      "<link rel=\"icon\" href=\"data:,\"><title>tiny: ");
        text_add_html(out, span_text(headline));
        text_add(out, "</title>\n<style>");
        text_add(out, style);
        text_addf(out, "</style></head>\n<body><header><h1%s>", good ? " class=\"good\"" : "");
        text_add_html(out, span_text(headline));
        text_addf(out, "</h1><p>tiny %s</p></header>\n<main>\n", version);
        break;
    }
}

static void section_end(struct page *p)
{
    static const char ends[][17] = {"", "</dl></section>\n", "}"};

    if (p->in_section) {
        text_add(p->out, ends[p->format]);
    }
    p->in_section = false;
}

void page_section(struct page *p, struct page_word word)
{
    section_end(p);
    p->in_section = true;
    p->has_item = false;
    switch (p->format) {
    case PAGE_TEXT:
        text_addf(p->out, "\n%s\n", word.label);
        break;
    case PAGE_JSON:
        text_addf(p->out, ",\n\"%s\":{", word.key);
        break;
    case PAGE_HTML:
        text_addf(p->out, "<section><h2>%s</h2><dl>\n", word.label);
        break;
    }
}

/* What stands before a value. */
static void item_begin(struct page *p, struct page_word word)
{
    switch (p->format) {
    case PAGE_TEXT:
        text_addf(p->out, "  %-26s ", word.label);
        break;
    case PAGE_JSON:
        text_addf(p->out, "%s\"%s\":", p->has_item ? "," : "", word.key);
        break;
    case PAGE_HTML:
        text_addf(p->out, "<div><dt>%s</dt><dd>", word.label);
        break;
    }
    p->has_item = true;
}

static void item_end(struct page *p)
{
    static const char ends[][13] = {"\n", "</dd></div>\n", ""};

    text_add(p->out, ends[p->format]);
}

void page_value(struct page *p, struct page_word word, const char *value)
{
    bool none = value == NULL || value[0] == '\0';

    item_begin(p, word);
    switch (p->format) {
    case PAGE_TEXT:
        text_add_quoted(p->out, span_text(none ? "-" : value));
        break;
    case PAGE_JSON:
        if (none) {
            text_add(p->out, "null");
            break;
        }
        text_add(p->out, "\"");
        text_add_json(p->out, span_text(value));
        text_add(p->out, "\"");
        break;
    case PAGE_HTML:
        text_add_html(p->out, span_text(none ? "\xE2\x80\x93" : value));
        break;
    }
    item_end(p);
}

void page_number(struct page *p, struct page_word word, uint64_t value)
{
    item_begin(p, word);
    text_addf(p->out, "%" PRIu64, value);
    item_end(p);
}

void page_yes_no(struct page *p, struct page_word word, bool value)
{
    item_begin(p, word);
    if (p->format == PAGE_JSON) {
        text_add(p->out, value ? "true" : "false");
    } else {
        text_add(p->out, value ? "yes" : "no");
    }
    item_end(p);
}

void page_duration(struct page *p, struct page_word word, uint64_t seconds)
{
    if (p->format == PAGE_JSON) {
        page_number(p, word, seconds);
        return;
    }
    item_begin(p, word);
    if (seconds >= 86400) {
        text_addf(p->out, "%" PRIu64 " d ", seconds / 86400);
    }
    text_addf(p->out, "%02u:%02u:%02u", (unsigned)(seconds / 3600 % 24),
              (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    item_end(p);
}

void page_suites_begin(struct page *p, struct page_word word, const char *note)
{
    section_end(p);
    p->has_item = false;
    switch (p->format) {
    case PAGE_TEXT:
        text_addf(p->out, "\n%s\n  (* used here, + offered by the client; %s)\n", word.label, note);
        break;
    case PAGE_JSON:
        text_addf(p->out, ",\n\"%s\":[", word.key);
        break;
    case PAGE_HTML:
        text_addf(p->out,
                  "<section class=\"wide\"><h2>%s</h2><p class=\"note\">Green is in use, dim is "
                  "not offered by this client; %s.</p><ol>\n",
                  word.label, note);
        break;
    }
}

void page_suite(struct page *p, const struct suite_info *s, bool used, bool common)
{
    switch (p->format) {
    case PAGE_TEXT:
        text_addf(p->out, "  %c %-32s %s%s\n",
                  used     ? '*'
                  : common ? '+'
                           : ' ',
                  s->name, suite_since(s), s->weak ? " weak" : "");
        break;
    case PAGE_JSON:
        text_addf(p->out,
                  "%s\n{\"name\":\"%s\",\"id\":\"0x%04X\",\"used\":%s,\"common\":%s,\"weak\":%s}",
                  p->has_item ? "," : "", s->name, s->id, used ? "true" : "false",
                  common ? "true" : "false", s->weak ? "true" : "false");
        break;
    case PAGE_HTML:
        text_addf(p->out, "<li class=\"%s%s\">%s</li>\n",
                  used     ? "used"
                  : common ? "both"
                           : "",
                  s->weak ? " weak" : "", s->name);
        break;
    }
    p->has_item = true;
}

void page_suites_end(struct page *p)
{
    static const char ends[][17] = {"", "</ol></section>\n", "]"};

    text_add(p->out, ends[p->format]);
}

void page_end(struct page *p)
{
    static const char ends[][23] = {"", "</main></body></html>\n", "}\n"};

    section_end(p);
    text_add(p->out, ends[p->format]);
}
