/*
 * The syntax of configuration files, a line at a time: comments, [section],
 * key = value, @include NAME, and @VARIABLE@ in values. Pure; spans point into
 * the line.
 */
#ifndef TINY_CONFIG_CONFFILE_H
#define TINY_CONFIG_CONFFILE_H

#include "core/text.h"

enum conf_kind { CONF_EMPTY, CONF_SECTION, CONF_OPTION, CONF_INCLUDE, CONF_BAD };

struct conf_line {
    enum conf_kind kind;
    struct span key;     /* of an option or section */
    struct span value;   /* of an option or include */
    bool has_value;      /* false for a bare key */
    const char *problem; /* CONF_BAD: a sentence */
};

/* line: without its line feed; a carriage return may end it. */
struct conf_line conf_line_parse(struct span line);

/* NULL for a variable that does not exist. */
typedef const char *conf_variable(const void *context, struct span name);

/* Replaces @NAME@ and @@; an @ that begins neither stays. False with *missing
 * set for a variable that does not exist. */
bool conf_expand(struct span value, conf_variable *find, const void *context, struct text *out,
                 struct span *missing);

#endif
