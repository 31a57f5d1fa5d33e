/*
 * Extensions of the ServerHello, or in TLS 1.3 of EncryptedExtensions and of our own
 * certificate, that a file gives (openssl's "serverinfo"): sent as they are to clients
 * that offer one of the same type, for example certificate transparency's timestamps (RFC 6962).
 * The bytes lie in the struct; nothing is allocated. The files are trusted, a ClientHello was
 * parsed before.
 */
#ifndef TINY_TLS_SERVERINFO_H
#define TINY_TLS_SERVERINFO_H

#include "config/config.h"
#include "core/text.h"
#include "tls/hello.h"

#define SERVERINFO_MAX       2048
#define SERVERINFO_MAX_COUNT 32

enum serverinfo_place {
    SERVERINFO_HELLO = 2, /* of TLS 1.2 and below */
    SERVERINFO_ENCRYPTED = 4,
    SERVERINFO_CERTIFICATE = 8,
};

struct serverinfo {
    size_t len;
    unsigned count;
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

/* Which of them answer what this client offers, as bits. resumed: the session is; most are
 * left out then. */
uint32_t serverinfo_wanted(const struct serverinfo *s, const struct hello *h, bool resumed);
/* Of those wanted that belong to a place the one at an index from 0: type, length, data.
 * Empty behind the last. */
struct span serverinfo_extension(const struct serverinfo *s, enum serverinfo_place place,
                                 uint32_t wanted, unsigned index);

#endif
