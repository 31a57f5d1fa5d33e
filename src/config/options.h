/*
 * The option table: one row an option. Row and struct config agree by offset
 * and type; parsing, printing, help and range checks all read the row. The
 * spellings of openssl s_server are in spelling.h. Constant data and pure look-up.
 */
#ifndef TINY_CONFIG_OPTIONS_H
#define TINY_CONFIG_OPTIONS_H

#include "config/config.h"
#include "core/build.h"
#include "core/bytes.h"

enum option_type {
    OPTION_TEXT,
    OPTION_SECRET, /* as text; printed masked */
    OPTION_BOOL,
    OPTION_NUMBER,
    OPTION_MS,     /* a duration, kept in milliseconds */
    OPTION_S,      /* a duration, kept in seconds */
    OPTION_CHOICE, /* a word of choices, kept as an enum */
    OPTION_LIST,
    OPTION_WORDS, /* a list that commas split, too */
    OPTION_ENDPOINTS,
};

/* A word that an OPTION_CHOICE may have. */
struct choice {
    uint16_t field; /* of struct config: says whose word it is */
    uint8_t value;
    char name[11];
};

extern const struct choice choice_table[];
extern const size_t choice_table_len;

/* Texts belong to the row too; the functions below find them. */
struct option {
    uint32_t min, max; /* OPTION_NUMBER, _MS and _S, in the kept unit */
    uint16_t offset;   /* into struct config */
    uint16_t texts;
    uint8_t type; /* enum option_type */
};

const char *option_key(const struct option *o);
/* The default, as written. */
const char *option_fallback(const struct option *o);
/* As --help calls the value; "" where the type says it. */
const char *option_argument(const struct option *o);
const char *option_help(const struct option *o);

/* A value of server.mode until config_finish has settled it. */
#define OPTION_MODE_AUTO 255u

extern const struct option option_table[];
extern const size_t option_table_len;
#define OPTION_MAX 160 /* no fewer than there are */

/* By canonical key, older name, or tls.* for ssl.*; NULL when there is none. */
const struct option *option_find(struct span key);
/* Whether key is one that this build is without: see core/build.h. */
bool option_left_out(struct span key);
#define OPTION_LEFT_OUT "this " TINY_BUILD " build is without it; plain `make` builds all of tiny"
/* What was probably meant, or NULL. */
const char *option_guess(struct span key);
/* By offset into struct config; NULL when this build is without it. */
const struct option *option_of_field(size_t offset);
size_t option_index(const struct option *o);

/* TINY_SSL_KEYFILE for ssl.keyfile; returns the length. */
size_t option_env_name(const struct option *o, char *dst, size_t cap);

#endif
