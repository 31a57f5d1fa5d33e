/*
 * A whole small file in memory (keys, certificates, passwords) and the stamp
 * that tells later whether it has changed. The memory is the caller's until
 * filebytes_free, which wipes it. Only regular files up to a bound are read.
 */
#ifndef TINY_TLS_FILEBYTES_H
#define TINY_TLS_FILEBYTES_H

#include "core/text.h"

#define FILEBYTES_MAX ((size_t)1 << 20)

/* Identity and age of a file, of a symbolic link's target. */
struct file_stamp {
    const char *path; /* by reference */
    uint64_t device, inode, size;
    int64_t mtime_s, mtime_ns;
};

struct filebytes {
    uint8_t *data;
    size_t len;
    bool open_to_all; /* everyone on this machine may read the file */
    struct file_stamp stamp;
};

/* 0, or -1 with a reason (without the path) added to *error. */
int filebytes_read(struct filebytes *f, const char *path, struct text *error);
/* With another bound than FILEBYTES_MAX. */
int filebytes_read_up_to(struct filebytes *f, const char *path, size_t max, struct text *error);
void filebytes_free(struct filebytes *f);

/* 1 when another file or other contents lie at the path now. A file that is
 * missing counts as unchanged: it is probably being replaced. */
int file_stamp_changed(const struct file_stamp *stamp);

#endif
