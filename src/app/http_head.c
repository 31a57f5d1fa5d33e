/* The head of an answer, and the small pages that tell a status. */
#include "app/http_serve.h"

#include <string.h>

void http_answer_status(struct http_answer *a, unsigned status, const char *sentence)
{
    const char *words = http_status_text(status);

    a->status = status;
    a->type = "text/html; charset=utf-8";
    a->streamed = false;
    a->body = text_over(a->body.buf, a->body.cap);
    text_addf(&a->body,
              "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
              "<title>%u %s</title></head>\n<body><h1>%u %s</h1>\n",
              status, words, status, words);
    if (sentence != NULL) {
        text_add(&a->body, "<p>");
        text_add_html(&a->body, span_of(sentence, strlen(sentence)));
        text_add(&a->body, "</p>\n");
    }
    text_add(&a->body, "</body></html>\n");
}

static const char *date_now(struct app_shared *shared, int64_t now_s)
{
    if (shared->date_s != now_s || shared->date[0] == '\0') {
        http_date_format(now_s, shared->date);
        shared->date_s = now_s;
    }
    return shared->date;
}

static void add_length(struct text *t, uint64_t length)
{
    text_addf(t, "Content-Length: %llu\r\n", (unsigned long long)length);
}

void http_write_head(const struct http_conn *c, struct text *t, const struct http_request *r,
                     const struct http_answer *a, int64_t now_s)
{
    const struct string_list *more = &c->shared->config->headers;

    text_addf(t, "HTTP/1.1 %u %s\r\nDate: %s\r\nServer: tiny\r\n", a->status,
              http_status_text(a->status), date_now(c->shared, now_s));
    if (a->type != NULL) {
        text_addf(t, "Content-Type: %s\r\n", a->type);
    }
    if (c->chunked) {
        text_add(t, "Transfer-Encoding: chunked\r\n");
    } else if (a->streamed && a->length_known) {
        add_length(t, a->length);
    } else if (!a->streamed && a->status != 204 && a->status != 304) {
        add_length(t, a->body.len);
    }
    if (!c->keep_alive) {
        text_add(t, "Connection: close\r\n");
    } else if (r->minor == 0) {
        text_add(t, "Connection: keep-alive\r\n");
    }
    text_add_span(t, span_of(a->fields.buf, a->fields.len));
    for (size_t i = 0; i < more->count; i++) {
        text_addf(t, "%s\r\n", more->items[i]);
    }
    text_add(t, "\r\n");
}
