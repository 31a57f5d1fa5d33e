/*
 * A text file line by line through a small buffer, for the system's tables at
 * start (users, groups, hosts, name servers). Nothing is allocated. Lines that
 * do not fit are left out whole, so that no half of one is taken for a line.
 */
#ifndef TINY_CORE_LINES_H
#define TINY_CORE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_MAX 1024 /* with the line's end */

struct lines {
    int fd;
    size_t start, end;
    bool skipping; /* inside of a line that is too long */
    char buf[LINES_MAX];
};

/* false when the file cannot be opened. */
bool lines_open(struct lines *l, const char *path);
/* The next line without its end, good until the next call; NULL at the end. */
char *lines_next(struct lines *l);
void lines_close(struct lines *l);
/* The next word of a line, cut off by any of the separators; NULL when there
 * is none. *at moves behind it. */
char *lines_word(char **at, const char *separators);
/* A decimal number of at most UINT32_MAX, nothing before or behind it. */
bool lines_number(const char *text, unsigned long *value);

#endif
