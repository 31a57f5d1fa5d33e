/* The three date forms of RFC 9110, section 5.6.7. */
#include "app/http.h"
#include "core/date.h"
#include "core/text.h"

#include <string.h>

static const char day_names[7][10] = {"Thursday", "Friday",  "Saturday", "Sunday",
                                      "Monday",   "Tuesday", "Wednesday"}; /* from 1970-01-01 */

void http_date_format(int64_t seconds, char dst[HTTP_DATE_LEN + 1])
{
    int64_t most = 253402300799; /* the last second of 9999 */
    struct date d = date_of(seconds < 0 ? 0 : seconds > most ? most : seconds);
    struct text t = text_over(dst, HTTP_DATE_LEN + 1);

    text_addf(&t, "%.3s, %02u %.3s %04d %02u:%02u:%02u GMT", day_names[d.weekday], d.day,
              date_month(d.month), d.year, d.hour, d.minute, d.second);
}

/* ---- reading ------------------------------------------------------------- */

struct fields {
    unsigned year, month, day, hour, minute, second;
};

/* Takes what matches a pattern: 'D' day number, 'd' day number that may begin
 * with a blank, 'B' month name, 'Y' year of four digits, 'y' of two, 'h', 'm',
 * 's', 'w' short and 'W' long name of a day; anything else itself. */
static bool take_number(struct reader *r, size_t digits, bool blank, unsigned *value)
{
    struct span s = reader_take(r, digits);

    *value = 0;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.data[i];

        if (i == 0 && blank && c == ' ') {
            continue;
        }
        if (c < '0' || c > '9') {
            return false;
        }
        *value = *value * 10 + (unsigned)(c - '0');
    }
    return !r->bad;
}

static bool take_month(struct reader *r, unsigned *month)
{
    struct span s = reader_take(r, 3);

    for (*month = 1; *month <= 12; (*month)++) {
        if (span_equal(s, span_of(date_month(*month), 3))) {
            return true;
        }
    }
    return false;
}

static bool take_day_name(struct reader *r, bool whole)
{
    for (size_t i = 0; i < ARRAY_LEN(day_names); i++) {
        size_t len = whole ? strlen(day_names[i]) : 3;

        if (reader_left(r) >= len && memcmp(r->pos, day_names[i], len) == 0) {
            reader_take(r, len);
            return true;
        }
    }
    return false;
}

static bool take_item(struct reader *r, char item, struct fields *d)
{
    switch (item) {
    case 'D':
        return take_number(r, 2, false, &d->day);
    case 'd':
        return take_number(r, 2, true, &d->day);
    case 'B':
        return take_month(r, &d->month);
    case 'Y':
        return take_number(r, 4, false, &d->year);
    case 'y':
        return take_number(r, 2, false, &d->year);
    case 'h':
        return take_number(r, 2, false, &d->hour);
    case 'm':
        return take_number(r, 2, false, &d->minute);
    case 's':
        return take_number(r, 2, false, &d->second);
    case 'w':
        return take_day_name(r, false);
    case 'W':
        return take_day_name(r, true);
    default:
        return reader_u8(r) == (uint8_t)item && !r->bad;
    }
}

static bool matches(struct span text, const char *pattern, struct fields *d)
{
    struct reader r = reader_of(text.data, text.len);

    for (; *pattern != '\0'; pattern++) {
        if (!take_item(&r, *pattern, d)) {
            return false;
        }
    }
    return reader_left(&r) == 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

bool http_date_parse(struct span text, int64_t now, int64_t *seconds)
{
    struct fields d = {0};
    bool short_year = false;

    if (!matches(text, "w, D B Y h:m:s GMT", &d) && !matches(text, "w B d h:m:s Y", &d)) {
        short_year = matches(text, "W, D-B-y h:m:s GMT", &d);
        if (!short_year) {
            return false;
        }
    }
    if (short_year) {
        unsigned year = (unsigned)date_of(now).year;

        /* The year with these two digits that is not more than 50 years ahead. */
        d.year += year / 100 * 100;
        if (d.year > year + 50) {
            d.year -= 100;
        }
    }
    if (d.year < 1601 || d.day < 1 || d.day > month_days(d.year, d.month) || d.hour > 23 ||
        d.minute > 59 || d.second > 60) {
        return false;
    }
    *seconds = date_days(d.year, d.month, d.day) * DATE_DAY_S + (int64_t)d.hour * 3600 +
               (int64_t)d.minute * 60 + (int64_t)d.second;
    return true;
}
