/*
 * A distinguished name of DER as one printable line, "CN=www, O=Some Ltd", for
 * logs and the status page. Pure: reads DER bytes that may be hostile, writes
 * into memory of the caller, never allocates. What is not printable ASCII is
 * escaped (\xHH, \uHHHH), as are comma, plus, quote and backslash within a
 * value, so a name can neither forge a second attribute nor a log line.
 */
#ifndef TINY_TLS_X509NAME_H
#define TINY_TLS_X509NAME_H

#include "core/bytes.h"

/* dn: a whole Name (with its SEQUENCE header). Writes at most cap - 1 bytes and
 * a NUL; a name that is too long ends in "...". Returns the length written. An
 * empty name gives "(empty name)", bytes that are no name "(malformed name)". */
size_t x509name_format(struct span dn, char *dst, size_t cap);

#endif
