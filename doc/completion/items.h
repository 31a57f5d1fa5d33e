/*
 * What there is to complete, from the program's own tables: options with a word on
 * their values, the spellings of openssl s_server, the subcommands with theirs. Used
 * by the generator of completions alone; owns nothing, keeps nothing.
 */
#ifndef TINY_DOC_ITEMS_H
#define TINY_DOC_ITEMS_H

#include "config/options.h"

/* What may stand as the value of an option. */
enum kind {
    KIND_NONE,  /* it takes none */
    KIND_BOOL,  /* a word, which may be left out */
    KIND_WORD,  /* one of the words */
    KIND_BEGIN, /* begins with one of the words */
    KIND_FILE,
    KIND_DIR,
    KIND_USER,
    KIND_GROUP,
    KIND_OTHER,
};

#define WORDS_MAX 1024

struct item {
    char name[64]; /* with its dashes */
    char help[300];
    char words[WORDS_MAX]; /* joined by blanks */
    const char *what;      /* as --help calls the value */
    enum kind kind;
    bool repeats;
};

struct subcommand {
    const char *name;
    const char *help;
    bool options; /* tiny's own stand behind it, too */
    struct {
        const char *name, *what, *help;
        enum kind kind;
    } flags[8];
};

extern const struct subcommand commands[];
extern const size_t commands_len;

typedef void take_item(const struct item *it, const char *condition);

void item_of_option(struct item *it, const struct option *o);
/* All that may stand on tiny's own command line. */
void each_option(take_item *take, const char *condition);
/* What a subcommand takes. */
void each_flag(take_item *take, const struct subcommand *c, const char *condition);

#endif
