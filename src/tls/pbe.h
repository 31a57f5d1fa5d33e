/*
 * Decryption of password-protected keys: PKCS#8 with PBES2 (PBKDF2, and AES or
 * triple DES in CBC mode) and the older form of openssl with DEK-Info. Works in
 * place, in the memory of the caller; the result is a span inside it. Key
 * material on the stack is wiped. Older or newer schemes are refused with the
 * command that converts the file.
 */
#ifndef TINY_TLS_PBE_H
#define TINY_TLS_PBE_H

#include "tls/password.h"
#include "tls/pem.h"

/* Decrypts an ENCRYPTED PRIVATE KEY, or a block with a DEK-Info header.
 * 0 and *out (a DER element), or -1 and a sentence without the block's place. */
int pbe_decrypt(struct pem_block *block, struct password *password, struct span *out,
                struct text *error);

#endif
