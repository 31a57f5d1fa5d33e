/*
 * From the path of a request to an open file under a root directory. Decoding
 * is pure: percent signs once, no segment that begins with a dot (save
 * /.well-known/ at the top), so that ".." never reaches the kernel. Opening
 * lets the kernel refuse every way out of the root (openat2), or walks without
 * following any symbolic link where the kernel cannot. The caller owns the
 * descriptor.
 */
#ifndef TINY_APP_PATH_H
#define TINY_APP_PATH_H

#include "core/bytes.h"

#define PATH_BYTES_MAX 4096 /* with the final NUL, as the kernel's PATH_MAX */

struct path {
    size_t len;
    bool directory;            /* ended in a slash, or is the root itself */
    char text[PATH_BYTES_MAX]; /* relative, no slash at either end; "" for the root */
};

/* raw: path of a request target, begins with '/'. Slashes in a row count as
 * one. Returns 0, 400 for a broken escape or an encoded NUL, or 404 for what is never
 * served: hidden names, encoded slashes, names that are too long. */
int path_decode(struct span raw, struct path *out);

/* Opens path (relative, "" for the directory itself) beneath root_fd for
 * reading, without waiting. walk: go component by component and refuse all
 * symbolic links, instead of asking for openat2. -1 with errno set; EXDEV and
 * ELOOP mean that it led out of the root. */
int path_open(int root_fd, const char *path, bool walk);
/* True when the kernel takes openat2. */
bool path_has_openat2(int root_fd);

#endif
