/*
 * The password of encrypted keys, from where ssl.password says: pass:TEXT,
 * env:NAME, file:PATH or fd:NUMBER (their first line). It is read when the first
 * encrypted key needs it and kept until password_wipe, which the loader calls
 * before it returns.
 */
#ifndef TINY_TLS_PASSWORD_H
#define TINY_TLS_PASSWORD_H

#include "core/text.h"

#define PASSWORD_MAX 1024

struct password {
    const char *spec; /* as configured; "" or NULL: none was given */
    bool known;
    uint8_t text[PASSWORD_MAX];
    size_t len;
    uint32_t max_iterations; /* of a key derivation, a bound on its time */
};

#define PASSWORD_MAX_ITERATIONS 10000000

/* By reference to spec. */
struct password password_of(const char *spec);
/* Is the form one of the four? Adds a sentence to *error when not (-1). */
int password_check(const char *spec, struct text *error);
/* 0 and *out (valid until password_wipe), or -1 and a reason. */
int password_get(struct password *p, struct span *out, struct text *error);
/* From where its spec says, which is not empty, into text. */
int password_read(struct password *p, struct text *error);
void password_wipe(struct password *p);

#endif
