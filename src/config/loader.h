/*
 * One run of config_load: the configuration under construction, where each
 * option was set, and the count of errors. The layers (defaults, file,
 * environment, command line) all end in loader_set. Inside of config/ only.
 */
#ifndef TINY_CONFIG_LOADER_H
#define TINY_CONFIG_LOADER_H

#include "config/confarena.h"
#include "config/options.h"

#define LOADER_MAX_LINE    4096 /* bytes of a line of a file */
#define LOADER_MAX_FILE    (1u << 20)
#define LOADER_MAX_DEPTH   8    /* files that include each other */
#define LOADER_MAX_FILES   64   /* in all */
#define LOADER_MAX_ITEMS   1024 /* of one list */
#define LOADER_MAX_REPORTS 64   /* lines written; further ones are counted */

enum layer { LAYER_DEFAULT, LAYER_FILE, LAYER_ENVIRONMENT, LAYER_COMMAND_LINE };

/* A file as the reader gives it; dev and ino tell files apart. */
struct source_file {
    uint8_t *data; /* from malloc; the caller frees */
    size_t len;
    uint64_t dev, ino;
};

/* Returns NULL, or a sentence. */
typedef const char *source_reader(void *context, const char *path, struct source_file *out);

struct loader {
    struct config *config;
    char **env;
    source_reader *read;
    void *read_context;
    int err_fd; /* -1: nobody listens */
    unsigned errors;
    unsigned reports;
    bool out_of_memory;

    enum layer layer;
    enum layer set_in[OPTION_MAX];
    const char *set_at[OPTION_MAX]; /* "tiny.conf:12", NULL for a default */

    /* Where the text in work comes from. */
    const char *place;
    unsigned line; /* 0: not a file */
    struct {
        uint64_t dev, ino;
    } stack[LOADER_MAX_DEPTH];
    size_t depth;
    size_t files;
};

/* A message about the text in work; key may be NULL. */
void loader_error(struct loader *l, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void loader_warning(struct loader *l, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A message about an option wherever it was set. */
void loader_error_at(struct loader *l, const void *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void loader_warning_at(struct loader *l, const void *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets an option from text, or tells what is wrong. */
void loader_set(struct loader *l, const struct option *o, struct span text);
void loader_unknown(struct loader *l, struct span key);
/* Value of an environment variable, or NULL. */
const char *loader_env(const struct loader *l, struct span name);

/* The layers. */
void loader_defaults(struct loader *l);
void loader_file(struct loader *l, const char *path);
void loader_text(struct loader *l, const char *path, struct span text);
void loader_environment(struct loader *l);

/* Cross-checks and resolution, after all layers. */
void config_finish(struct loader *l);

/* The checks between options that config_finish ends with. */
void config_check(struct loader *l);
void config_check_tls13(struct loader *l);
void config_check_proxy(struct loader *l);

/* The value as it stands in the file syntax, without @ doubled; for lists the item i.
 * Returns the length, cut to cap - 1. */
size_t loader_format(const struct config *c, const struct option *o, size_t item, char *dst,
                     size_t cap);

#endif
