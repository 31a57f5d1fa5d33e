/*
 * Folders of CA certificates and CRLs: those that openssl rehash has prepared
 * (HHHHHHHH.0, HHHHHHHH.r0), and plain ones (*.pem, *.crt, *.cer, *.crl). Names
 * only; the caller reads the files. One folder deep, at most FOLDER_MAX files.
 */
#ifndef TINY_TLS_FOLDER_H
#define TINY_TLS_FOLDER_H

#include "tls/arena.h"
#include "core/text.h"

#define FOLDER_MAX 4096

struct folder {
    const char **paths; /* sorted; in the arena */
    size_t count;
};

/* 0, or -1 with a sentence added to *error. Files with other names are not in it. */
int folder_read(struct folder *f, const char *path, struct arena *arena, struct text *error);
bool folder_is(const char *path);

#endif
