/*
 * Extensions of the ServerHello that a file gives (openssl's "serverinfo"): sent
 * as they are to clients that offer one of the same type, for example certificate
 * transparency's timestamps (RFC 6962). The bytes lie in the struct; nothing is
 * allocated. The files are trusted, a ClientHello was parsed before.
 */
#ifndef TINY_TLS_SERVERINFO_H
#define TINY_TLS_SERVERINFO_H

#include "config/config.h"
#include "core/text.h"
#include "tls/hello.h"

/* A buffer of so many bytes holds all of them. */
#define SERVERINFO_MAX 2048

struct serverinfo {
    size_t len;
    uint8_t bytes[SERVERINFO_MAX]; /* one extension after another, in front of each a
                                      byte of flags */
};

/*
 * Adds the blocks of a file's bytes, PEM only: SERVERINFO FOR ... (type, length, data)
 * and SERVERINFOV2 FOR ... (with four bytes of context in front). data is written to.
 * 0, or -1 with a sentence added to *error.
 */
int serverinfo_add(struct serverinfo *s, uint8_t *data, size_t len, struct text *error);
/* Fills *s, which is empty, from these files. -1 after telling why by log_line. */
int serverinfo_load(struct serverinfo *s, const struct string_list *files);

/* Writes the extensions (type, length, data) that answer what this client offers to dst.
 * resumed: the session is; most are left out then. Returns their length; one that would go
 * beyond cap is left out. */
size_t serverinfo_answer(const struct serverinfo *s, const struct hello *h, bool resumed,
                         uint8_t *dst, size_t cap);

#endif
