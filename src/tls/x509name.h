/*
 * Distinguished names of DER as printable text, for logs, the status page and
 * what openssl's tools print. Pure: reads DER bytes that may be hostile, writes
 * into memory of the caller, never allocates. What is not printable ASCII is
 * escaped (\HH of its UTF-8), a value that holds a separator stands in quotes,
 * so a name can neither forge a second attribute nor a log line.
 */
#ifndef TINY_TLS_X509NAME_H
#define TINY_TLS_X509NAME_H

#include "core/text.h"

/* dn: a whole Name (with its SEQUENCE header), written as "CN=x, O=y". Writes at
 * most cap - 1 bytes and a NUL; a name that is too long ends in "...". Returns
 * the length written. An empty name gives "(empty name)", bytes that are no name
 * "(malformed name)". */
size_t x509name_format(struct span dn, char *dst, size_t cap);

/* As openssl's default: "C = DE, O = Example, CN = x"; an empty name adds nothing. */
void x509name_add(struct text *t, struct span dn);

/* Parts of it. The type of an attribute, or of a key or signature, by its OID's
 * contents: "CN", "ecdsa-with-SHA256"; for others "1.2.3". */
void x509name_add_oid(struct text *t, struct span oid);
/* An attribute's value: a string, or # and the element in hexadecimal. */
void x509name_add_value(struct text *t, struct span element);
/* One byte of a string; those of `escaped` get a backslash. */
void x509name_add_byte(struct text *t, uint8_t c, const char *escaped);
/* A walk over a Name's attributes of one type. */
struct x509name_walk {
    struct reader names, set;
};

struct x509name_walk x509name_walk_of(struct span dn);
/* The contents of the next value; false at the end. */
bool x509name_next(struct x509name_walk *w, const uint8_t *oid, struct span *value);

#endif
