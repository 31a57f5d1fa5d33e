/*
 * A whole small file in memory (keys, certificates, passwords). The memory is
 * the caller's until filebytes_free, which wipes it. Only regular files up to a
 * bound are read.
 */
#ifndef TINY_TLS_FILEBYTES_H
#define TINY_TLS_FILEBYTES_H

#include "core/text.h"

#define FILEBYTES_MAX ((size_t)1 << 20)

struct filebytes {
    uint8_t *data;
    size_t len;
    size_t size;      /* of the block, to wipe: len, unless the file shrank meanwhile */
    bool open_to_all; /* everyone on this machine may read the file */
};

/* 0, or -1 with a reason (without the path) added to *error. */
int filebytes_read(struct filebytes *f, const char *path, struct text *error);
/* With another bound than FILEBYTES_MAX. */
int filebytes_read_up_to(struct filebytes *f, const char *path, size_t max, struct text *error);
void filebytes_free(struct filebytes *f);

#endif
