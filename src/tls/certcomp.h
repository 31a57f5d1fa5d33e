/*
 * Certificates that were compressed beforehand (RFC 8879): files hold the Certificate
 * message of a chain as zlib or brotli made it, with the SHA-256 of what was
 * compressed, so that they fit their chain or are left out (doc/compress-certificate makes them).
 * Nothing is compressed here, nor decompressed. The bytes lie in the credentials' arena.
 */
#ifndef TINY_TLS_CERTCOMP_H
#define TINY_TLS_CERTCOMP_H

#include "core/text.h"
#include "tls/arena.h"
#include "tls/cred.h"

/*
 * Gives the blocks of a file, COMPRESSED CERTIFICATE, to those credentials that they are
 * for. Each holds 32 bytes of SHA-256 over the Certificate message without its head of
 * four bytes, and a CompressedCertificate message without its own. data is written to. What
 * fits no chain is told by log_line. -1 with a sentence for what is malformed.
 */
int certcomp_add(uint8_t *data, size_t len, const char *path, struct cred *const *creds,
                 size_t count, struct arena *arena, struct text *error);
/* The same of a file; its problems are told by log_line. */
int certcomp_load(const char *path, struct cred *const *creds, size_t count, struct arena *arena);

/* Of the algorithms of compress_certificate's list (two bytes each) the one that makes the least
 * of this certificate; 0 for none. */
uint16_t certcomp_choose(const struct cred *cred, struct span algorithms);
/* The CompressedCertificate message without its head; empty for algorithm 0. */
struct span certcomp_message(const struct cred *cred, uint16_t algorithm);

#endif
