#include "core/date.h"

#include <stddef.h>

#define DAYS_TO_1970 719468 /* from 0000-03-01 */
#define DAYS_OF_ERA  146097 /* of 400 years */
#define FURTHEST     ((int64_t)1 << 54)

/* Division that rounds down, also below zero. */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years that begin in March make the leap day the last of its year. */
int64_t date_days(int64_t year, unsigned month, unsigned day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t in_era = y - era * 400;
    int64_t in_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * DAYS_OF_ERA + in_era * 365 + in_era / 4 - in_era / 100 + in_year - DAYS_TO_1970;
}

struct date date_of(int64_t seconds)
{
    int64_t s = seconds > FURTHEST ? FURTHEST : seconds < -FURTHEST ? -FURTHEST : seconds;
    int64_t days = floor_div(s, DATE_DAY_S);
    unsigned clock = (unsigned)(s - days * DATE_DAY_S);
    int64_t z = days + DAYS_TO_1970;
    int64_t era = floor_div(z, DAYS_OF_ERA);
    int64_t doe = z - era * DAYS_OF_ERA;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153; /* the month from March */

    return (struct date){
        .year = (int)(yoe + era * 400 + (mp >= 10)),
        .month = (unsigned)(mp < 10 ? mp + 3 : mp - 9),
        .day = (unsigned)(doy - (153 * mp + 2) / 5 + 1),
        .hour = clock / 3600,
        .minute = clock / 60 % 60,
        .second = clock % 60,
        .weekday = (unsigned)(days - floor_div(days, 7) * 7),
    };
}

const char *date_month(unsigned month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    return names + (size_t)3 * (month - 1);
}
