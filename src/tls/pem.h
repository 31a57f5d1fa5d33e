/*
 * Blocks of a PEM file, one after another, with their number and line for
 * messages; a file that is DER instead is given out as blocks too, with a label
 * guessed from its structure. Base64 is decoded in place, in the memory of the
 * caller, which holds the result: nothing is allocated, and wiping that memory
 * wipes every key. Text around blocks, a byte-order mark, any line end and a
 * missing line break between two blocks are tolerated; a broken block is not.
 */
#ifndef TINY_TLS_PEM_H
#define TINY_TLS_PEM_H

#include "core/text.h"

#define PEM_LABEL_MAX 64

struct pem_block {
    char label[PEM_LABEL_MAX]; /* "CERTIFICATE", "RSA PRIVATE KEY", ... */
    unsigned number;           /* from 1 */
    unsigned line;             /* of the BEGIN line; 0 in a DER file */
    uint8_t *data;             /* inside the memory given to pem_begin */
    size_t len;
    bool encrypted;  /* Proc-Type: 4,ENCRYPTED */
    char cipher[32]; /* of DEK-Info, "" for none */
    uint8_t iv[16];
    size_t iv_len;
};

struct pem_reader {
    uint8_t *data;
    size_t len;
    size_t pos;
    unsigned line;   /* of data[pos] */
    unsigned blocks; /* given out so far */
    bool der;
};

enum pem_result { PEM_END, PEM_BLOCK, PEM_ERROR };

/* data is written to by pem_next and must outlive the blocks. */
struct pem_reader pem_begin(uint8_t *data, size_t len);
/* The next block. On PEM_ERROR a sentence with block and line is added to
 * *error, and the reader must not be used any more. */
enum pem_result pem_next(struct pem_reader *p, struct pem_block *block, struct text *error);
/* "block 2 (RSA PRIVATE KEY), line 31: ", for messages about a block. */
void pem_describe(const struct pem_block *block, struct text *out);
/* A CERTIFICATE block under any of the names that openssl writes. */
bool pem_is_certificate(const struct pem_block *block);
bool pem_is_crl(const struct pem_block *block);
/* A line of base64 without marks around it, into out, which may be the line
 * itself: 3 bytes from 4. */
bool pem_base64(struct span line, uint8_t *out, size_t *len);

/* Adds a whole block, lines of 64 characters; nothing when it does not fit. */
void pem_add(struct text *dst, struct span der, const char *label);

#endif
