/*
 * Self-signed certificates: generates a key, writes an X.509 v3 certificate and
 * gives both as PEM text. For `tiny certificate` and for the certificate in
 * memory when no key file is configured. Random bytes come from the kernel. Keys
 * live on the stack and in the caller's buffer; the stack is wiped here, the
 * buffer by its owner.
 */
#ifndef TINY_TLS_SELFSIGN_H
#define TINY_TLS_SELFSIGN_H

#include "config/config.h"
#include "core/text.h"

#define SELFSIGN_DAYS_DEFAULT 365
#define SELFSIGN_DAYS_MAX     36500
#define SELFSIGN_NAMES_MAX    64
#define SELFSIGN_PEM_MAX      16384 /* enough for every request that is accepted */

struct selfsign_request {
    struct string_list names; /* DNS names and IP addresses; the first is the CN too */
    unsigned days;            /* 0: the default */
    unsigned rsa_bits;        /* 0: P-256; 2048, 3072 or 4096 */
    const char *out;          /* path, or "", NULL, "-": standard output */
    bool force;               /* overwrite an existing file */
};

/* Writes certificate and key (PKCS#8) as PEM into dst. 0, or -1 with a sentence
 * added to *error. now_s: wall clock. */
int selfsign_make(const struct selfsign_request *request, int64_t now_s, struct text *dst,
                  struct text *error);

/* The command `tiny certificate`: makes one and writes it to request->out (mode
 * 0600, complete or not at all), or to out_fd. Messages go to err_fd. Returns an
 * exit code of the program. */
int selfsign_command(const struct selfsign_request *request, int out_fd, int err_fd);

#endif
