/*
 * Certificate revocation lists (RFC 5280, section 5): a parser over DER, a
 * search among the revoked certificates, and a set of lists that certificates
 * are checked against. Delta and indirect lists, and those for some reasons
 * only, are refused: who took one for a whole list would let revoked
 * certificates in. A set owns its lists (crl_set_free); beside a list's own
 * bytes it takes 4 bytes for each entry. Parsing is pure and allocates nothing.
 */
#ifndef TINY_TLS_CRL_H
#define TINY_TLS_CRL_H

#include "tls/pem.h"
#include "tls/x509sig.h"

/* ---- one list ------------------------------------------------------------ */

enum crl_scope { CRL_ALL, CRL_USERS_ONLY, CRL_CAS_ONLY };

struct crl {
    struct span der;
    struct x509_signed sig;
    struct span issuer;  /* a whole Name element */
    struct span key_id;  /* of the issuer's key; empty: not told */
    struct span points;  /* contents of the GeneralNames that it is issued for; empty: for all */
    struct span number;  /* magnitude of its number, empty for none */
    struct span revoked; /* contents of the list of entries */
    uint32_t count;      /* entries */
    uint32_t *index;     /* NULL, or where the entries begin in `revoked`, by serial number */
    int64_t this_update_s;
    int64_t next_update_s; /* INT64_MAX when it does not tell */
    enum crl_scope scope;
};

/* 0, or -1 with a sentence added to *error. All spans point into der. */
int crl_parse(struct crl *crl, struct span der, struct text *error);
/* Fills index, room for crl->count, and keeps it: crl_find need not read all entries then. */
void crl_sort(struct crl *crl, uint32_t *index);

#define CRL_NOT_LISTED (-1)
/* Why the certificate with this serial number (contents of the INTEGER) is
 * revoked: the number of the reason, 0 when none is told. CRL_NOT_LISTED also
 * for an entry that says that it is no longer. */
int crl_find(const struct crl *crl, struct span serial);

/* ---- a set of them ------------------------------------------------------- */

#define CRL_SET_MAX  1024
#define CRL_FILE_MAX ((size_t)32 << 20)

struct crl_set;

/* NULL without memory. */
struct crl_set *crl_set_new(void);
void crl_set_free(struct crl_set *set);
/* Takes a copy of one list; `from` names the file in the log. One that is there
 * already is passed over. 0, or -1 with a sentence. */
int crl_set_add(struct crl_set *set, struct span der, const char *from, int64_t now_s,
                struct text *error);
/* The same for a block of a file, which is named in the sentence. */
int crl_set_add_block(struct crl_set *set, const struct pem_block *block, const char *from,
                      int64_t now_s, struct text *error);
/* The CRLs of a file's bytes, PEM or DER, which are written to; other blocks are
 * passed over. How many there were, or -1 with a sentence. */
int crl_set_add_bytes(struct crl_set *set, uint8_t *data, size_t len, const char *from,
                      int64_t now_s, struct text *error);
/* A whole file, of up to CRL_FILE_MAX bytes, that must hold one at least. 0, or -1
 * after telling by log_line; option names where the path came from. */
int crl_set_add_file(struct crl_set *set, const char *option, const char *path, int64_t now_s);
size_t crl_set_count(const struct crl_set *set);
/* SHA-256 over all of them: what was decided under one set does not hold under another. */
void crl_set_digest(const struct crl_set *set, uint8_t digest[32]);

/* A certificate to be looked up. Signatures of lists are checked with the
 * issuer's key, so the verdict is worth as much as the issuer's certificate. */
struct crl_query {
    struct span issuer; /* a whole Name element */
    br_x509_pkey issuer_key;
    struct span issuer_key_id; /* contents of its subjectKeyIdentifier, empty for none */
    bool issuer_signs;         /* its key usage, if it has one, allows to sign CRLs */
    struct span serial;        /* contents of the INTEGER */
    bool ca;
    struct span points; /* contents of its crlDistributionPoints, empty for none */
    bool check_time;
    int64_t now_s;
};

/* The errors by openssl's numbers. */
#define CRL_ERROR_NONE_FOUND    3
#define CRL_ERROR_SIGNATURE     8
#define CRL_ERROR_NOT_YET_VALID 11
#define CRL_ERROR_EXPIRED       12
#define CRL_ERROR_REVOKED       23
#define CRL_ERROR_KEY_USAGE     35
#define CRL_ERROR_SCOPE         44

#define CRL_ERRORS_MAX 5

/* What is wrong, in openssl's order; how many, 0: it is not revoked. */
size_t crl_check(const struct crl_set *set, const struct crl_query *q, int errors[CRL_ERRORS_MAX]);

#endif
