/*
 * The civil calendar in UTC (proleptic Gregorian), without the time zone of
 * the machine: seconds since 1970 to a date and back. For logs, HTTP dates and
 * the validity of certificates.
 */
#ifndef TINY_CORE_DATE_H
#define TINY_CORE_DATE_H

#include <stdint.h>

#define DATE_DAY_S 86400

struct date {
    int year;
    unsigned month, day; /* from 1 */
    unsigned hour, minute, second;
    unsigned weekday; /* from 0, a Thursday, as 1970-01-01 was */
};

/* Every second of the years that fit an int; others are taken as the nearest. */
struct date date_of(int64_t seconds);
/* Days since 1970-01-01. The month is 1 to 12; the day may be any number. */
int64_t date_days(int64_t year, unsigned month, unsigned day);
/* Three letters in English, "Jan" for 1, without a NUL behind them. */
const char *date_month(unsigned month);

#endif
