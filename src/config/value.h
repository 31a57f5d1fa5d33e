/*
 * Values as written in a configuration: booleans, numbers with suffixes,
 * durations. Pure: text in, value out. Each returns NULL, or a sentence (a
 * string constant) that says what would be right.
 */
#ifndef TINY_CONFIG_VALUE_H
#define TINY_CONFIG_VALUE_H

#include "core/bytes.h"

/* true/false, on/off, yes/no, 1/0, any case. */
const char *value_bool(struct span text, bool *out);
/* Decimal, or hexadecimal after 0x; nothing may follow. */
const char *value_integer(struct span text, uint64_t *out);
/* Decimal or 0x hexadecimal; k, KB = 1000, KiB = 1024, and so on for M and G. */
const char *value_number(struct span text, uint64_t *out);
/* 10 or 10s, 500ms, 2m, 1h, 7d; *out in milliseconds. */
const char *value_duration(struct span text, uint64_t *out);

/* Without blanks, tabs and carriage returns at both ends. */
struct span value_trim(struct span text);
/* Levenshtein distance with swaps of neighbours, limit if it is as far as that
 * or farther; texts longer than 64 bytes are always. */
size_t value_distance(struct span a, struct span b, size_t limit);

#endif
