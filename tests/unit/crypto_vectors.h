/*
 * Known-answer vectors for the tests of crypto/: a reader for Wycheproof's JSON
 * files that walks them in order, and small helpers. The folder is named by the
 * environment variable WYCHEPROOF, or is ../shared/vectors; without it a test is
 * skipped with a line that says so.
 */
#ifndef TINY_TESTS_CRYPTO_VECTORS_H
#define TINY_TESTS_CRYPTO_VECTORS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/wide.h"
#include "tap.h"

/* The whole file with a NUL behind it, to be freed by the caller; NULL if it is not there. */
static inline char *vectors_load(const char *name)
{
    const char *folder = getenv("WYCHEPROOF");
    char path[512];
    FILE *file;
    char *text = NULL;
    long size;

    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "../shared/vectors", name);
    file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) {
        rewind(file);
        text = calloc(1, (size_t)size + 1);
        if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
            free(text);
            text = NULL;
        }
    }
    fclose(file);
    return text;
}

static inline void vectors_skip(const char *name)
{
    printf("ok %d - # SKIP no %s (set WYCHEPROOF to the folder with it)\n", ++tap_count, name);
}

/* A check of what only our implementations promise: BearSSL's stand in for them elsewhere. */
static inline void ok_ours(bool good, const char *name)
{
    if (CRYPTO_WIDE) {
        ok(good, name);
    } else {
        printf("ok %d - # SKIP %s (not on this target)\n", ++tap_count, name);
    }
}

/* The start of the next `"key" : ` value after pos and before end (or the end of text if NULL). */
static inline const char *vectors_find(const char *pos, const char *end, const char *key)
{
    char quoted[64];
    const char *hit;

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    hit = strstr(pos, quoted);
    if (hit == NULL || (end != NULL && hit >= end)) {
        return NULL;
    }
    hit += strlen(quoted);
    while (*hit == ' ' || *hit == '"') {
        hit++;
    }
    return hit;
}

static inline int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *hit = c != 0 ? strchr(digits, c) : NULL;

    return hit != NULL ? (int)(hit - digits) : -1;
}

/* Bytes of a hex string up to its first other character; at most max. */
static inline size_t hex_bytes(uint8_t *dst, size_t max, const char *hex)
{
    size_t len = 0;

    while (len < max && hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0) {
        dst[len++] = (uint8_t)(hex_digit(hex[0]) * 16 + hex_digit(hex[1]));
        hex += 2;
    }
    return len;
}

/* A small generator with a fixed seed: tests see the same numbers every time. */
static inline uint64_t random64(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline void random_bytes(uint64_t *state, uint8_t *dst, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        dst[i] = (uint8_t)random64(state);
    }
}

#endif
