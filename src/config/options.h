/*
 * The option table: one row an option. Row and struct config agree by offset
 * and type; parsing, printing, help and range checks all read the row. A
 * second table has the spellings of openssl s_server. Constant data and pure
 * look-up.
 */
#ifndef TINY_CONFIG_OPTIONS_H
#define TINY_CONFIG_OPTIONS_H

#include "config/config.h"
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
    OPTION_ENDPOINTS,
};

struct choice {
    const char *name;
    unsigned value;
};

struct option {
    const char *key;
    enum option_type type;
    size_t offset;                /* into struct config */
    const char *fallback;         /* the default, as written */
    uint32_t min, max;            /* OPTION_NUMBER, _MS and _S, in the kept unit */
    const struct choice *choices; /* ends with a NULL name; the first of a value is canonical */
    char separator;               /* also splits a list: ','; 0 for none */
    const char *argument;         /* as --help calls the value */
    const char *help;
    const char *old_names[3];
};

/* A value of server.mode until config_finish has settled it. */
#define OPTION_MODE_AUTO 255u

extern const struct option option_table[];
extern const size_t option_table_len;
#define OPTION_MAX 64 /* no fewer than there are */

/* How a spelling of s_server sets its key. */
enum spelling_how {
    SPELLING_SET,
    SPELLING_ACCEPT, /* [host:]port becomes an endpoint */
    SPELLING_PATH,   /* a path becomes a unix:// endpoint */
    SPELLING_ADD_OP, /* a bit more in ssl.options */
    SPELLING_UNSET,  /* only where nothing else says anything */
};

/* Several rows may share a name: then all of them apply. */
struct spelling {
    const char *name; /* without the dash */
    const char *key;
    const char *fixed; /* NULL: takes an argument */
    enum spelling_how how;
};

extern const struct spelling spelling_table[];
extern const size_t spelling_table_len;

/* By canonical key, older name, or tls.* for ssl.*; NULL when there is none. */
const struct option *option_find(struct span key);
/* What was probably meant, or NULL. */
const char *option_guess(struct span key);
size_t option_index(const struct option *o);

/* TINY_SSL_KEYFILE for ssl.keyfile; returns the length. */
size_t option_env_name(const struct option *o, char *dst, size_t cap);

#endif
