#include "app/listing.h"
#include "core/date.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STAGE_TOP, STAGE_NAMES, STAGE_FOOT, STAGE_END };

void listing_begin(struct listing *l, int fd, struct span path)
{
    memset(l, 0, offsetof(struct listing, at));
    l->fd = fd;
    l->top = path.len == 0;
    memcpy(l->title, path.data, path.len < sizeof l->title ? path.len : sizeof l->title - 1);
}

void listing_add_encoded(struct text *t, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            (c != '\0' && strchr("-._~!$()*+,;=:@/", c) != NULL)) {
            text_add_span(t, span_of(&c, 1));
        } else {
            text_addf(t, "%%%02X", c);
        }
    }
}

/* ---- a batch ------------------------------------------------------------- */

static const char *name_at(const struct listing *l, size_t i)
{
    return l->arena + l->at[i];
}

static void drop_largest(struct listing *l)
{
    uint16_t at = l->at[--l->count];
    uint16_t len = (uint16_t)(strlen(l->arena + at) + 1);

    memmove(l->arena + at, l->arena + at + len, (size_t)(l->used - at - len));
    l->used = (uint16_t)(l->used - len);
    for (size_t i = 0; i < l->count; i++) {
        if (l->at[i] > at) {
            l->at[i] = (uint16_t)(l->at[i] - len);
        }
    }
    l->more = true;
}

/* Keeps name if it is among the smallest that have not been shown. */
static void offer(struct listing *l, const char *name)
{
    size_t len = strlen(name) + 1;
    size_t low = 0;
    size_t high = l->count;

    if (len > sizeof l->last || strcmp(name, l->last) <= 0) {
        return;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(name, name_at(l, middle)) < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    while (l->count == LISTING_BATCH || l->used + len > LISTING_ARENA) {
        if (low == l->count) {
            l->more = true;
            return;
        }
        drop_largest(l);
    }
    memmove(l->at + low + 1, l->at + low, (l->count - low) * sizeof l->at[0]);
    l->at[low] = l->used;
    l->count++;
    memcpy(l->arena + l->used, name, len);
    l->used = (uint16_t)(l->used + len);
}

/* The kernel's struct linux_dirent64: inode, offset, record length, type, name. */
#define DIRENT_LEN_AT  16
#define DIRENT_NAME_AT 19

static void offer_all(struct listing *l, const char *entries, size_t len, unsigned *seen)
{
    size_t at = 0;

    while (at + DIRENT_NAME_AT < len) {
        uint16_t record;

        memcpy(&record, entries + at + DIRENT_LEN_AT, sizeof record);
        if (entries[at + DIRENT_NAME_AT] != '.') {
            offer(l, entries + at + DIRENT_NAME_AT);
        }
        (*seen)++;
        at += record;
    }
}

static int gather(struct listing *l)
{
    char entries[8192];
    unsigned seen = 0;
    long n;

    l->count = 0;
    l->next = 0;
    l->used = 0;
    l->more = false;
    if (lseek(l->fd, 0, SEEK_SET) < 0) {
        return -1;
    }
    while (seen < LISTING_SCAN_MAX) {
        n = syscall(SYS_getdents64, l->fd, entries, sizeof entries);
        if (n == 0) {
            return 0;
        }
        if (n < 0) {
            return -1;
        }
        offer_all(l, entries, (size_t)n, &seen);
    }
    l->more = true;
    return 0;
}

/* ---- lines --------------------------------------------------------------- */

static void add_size(struct text *t, uint64_t size)
{
    static const char units[] = "KMGTPE";
    unsigned unit = 0;

    if (size < 1024) {
        text_addf(t, "%u B", (unsigned)size);
        return;
    }
    /* Tenths of the unit. */
    while (size >= 1024 * 1024) {
        size /= 1024;
        unit++;
    }
    text_addf(t, "%u.%u %ciB", (unsigned)(size / 1024), (unsigned)(size % 1024 * 10 / 1024),
              units[unit]);
}

static void add_time(struct text *t, time_t when)
{
    struct date d = date_of(when);

    text_addf(t, "%04d-%02u-%02u %02u:%02u", d.year, d.month, d.day, d.hour, d.minute);
}

/* A link is shown by its name alone: what it leads to may lie outside. */
static void add_line(const struct listing *l, struct text *t, const char *name)
{
    struct span s = span_of(name, strlen(name));
    const char *slash;
    struct stat st;

    if (fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))) {
        return; /* gone meanwhile, or nothing that is served */
    }
    slash = S_ISDIR(st.st_mode) ? "/" : "";
    text_add(t, "<tr><td><a href=\"./");
    listing_add_encoded(t, s);
    text_addf(t, "%s\">", slash);
    text_add_html(t, s);
    text_addf(t, "%s</a></td><td>", slash);
    if (S_ISREG(st.st_mode)) {
        add_size(t, (uint64_t)st.st_size);
    }
    text_add(t, "</td><td>");
    if (!S_ISLNK(st.st_mode)) {
        add_time(t, st.st_mtim.tv_sec);
    }
    text_add(t, "</td></tr>\n");
}

static void add_top(const struct listing *l, struct text *t)
{
    struct span s = span_of(l->title, strlen(l->title));

    text_add(t, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n<title>/");
    text_add_html(t, s);
    text_add(t, "</title>\n<style>body{font-family:sans-serif;margin:2em}"
                "td{padding:.1em 1.5em .1em 0}td:nth-child(2){text-align:right}"
                "td+td{color:#666;white-space:nowrap}</style></head>\n<body><h1>/");
    text_add_html(t, s);
    text_add(t, "</h1>\n<table>\n");
    if (!l->top) {
        text_add(t, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
    }
}

/* One piece of the page; the stage moves on. */
static void add_piece(struct listing *l, struct text *t)
{
    switch (l->stage) {
    case STAGE_TOP:
        add_top(l, t);
        l->failed = gather(l) != 0;
        l->stage = STAGE_NAMES;
        break;
    case STAGE_NAMES:
        if (l->next < l->count && l->shown < LISTING_MAX) {
            const char *name = name_at(l, l->next);

            memcpy(l->last, name, strlen(name) + 1);
            add_line(l, t, name);
            l->next++;
            l->shown++;
        } else if (l->more && l->count > 0 && l->shown < LISTING_MAX) {
            l->failed = gather(l) != 0;
        } else {
            l->stage = STAGE_FOOT;
        }
        break;
    default:
        text_add(t, "</table>\n");
        if (l->more || l->next < l->count) {
            text_add(t, "<p>Only a part of the names is shown.</p>\n");
        }
        text_add(t, "</body></html>\n");
        l->stage = STAGE_END;
    }
}

#define LINE_MAX_BYTES 2560 /* a name of 255 bytes, encoded and escaped */

long listing_more(struct listing *l, uint8_t *dst, size_t cap)
{
    size_t used = 0;

    while (l->stage != STAGE_END && cap - used > LINE_MAX_BYTES) {
        struct text t = text_over((char *)dst + used, cap - used);

        add_piece(l, &t);
        if (l->failed) {
            return -1;
        }
        used += t.len;
    }
    return (long)used;
}
