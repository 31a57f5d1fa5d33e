/*
 * Files under files.root as answers: the state of a connection in files and
 * raw mode, and the finding of a file for a path. A connection holds at most
 * one descriptor, from the answer's decision to its end. Files are read
 * straight into the answer's window; one that shrinks meanwhile cuts the
 * connection, so that no client takes half a file for a whole one.
 */
#ifndef TINY_APP_FILES_H
#define TINY_APP_FILES_H

#include "app/http_range.h"
#include "app/http_serve.h"
#include "app/path.h"

#include <sys/stat.h>

struct files_multi; /* in the scratch block: an answer of several ranges */
struct listing;     /* in the scratch block: a page about a directory */

struct files {
    struct http_conn http; /* first, see http_serve.h */
    const char *type;
    uint64_t pos;  /* where in the file to read on */
    uint64_t size; /* of the whole file */
    struct files_multi *multi;
    struct listing *listing;
    int fd; /* valid when open */
    bool open;
};

struct found {
    int fd; /* -1 when status is not 200 */
    struct stat st;
    unsigned status; /* 200: a regular file; 301: a directory named without its
                        slash; 403, 404, 503 */
    bool directory;  /* 200, and fd is a directory to list */
};

/* Opens what path names. For a directory the names of `index` are tried (path
 * then names the file); without one the directory itself is opened if listing
 * is wanted. Tells by the log when descriptors run out. */
struct found files_find(struct app_shared *shared, struct path *path,
                        const struct string_list *index, bool listing);
/* A regular file beneath the root, by its path as decoded; else 403, 404, 503. */
struct found files_open(struct app_shared *shared, const char *path);

/* handler->more and ->end for a plain file from pos on; files_end closes all. */
long files_read(struct http_conn *conn, uint8_t *dst, size_t cap);
void files_end(struct http_conn *conn);

#endif
