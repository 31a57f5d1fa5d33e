/*
 * What certificates say, as text of one line, in the form of openssl's tools
 * where they have one: alternative names and times. Names, and types by their
 * numbers, are in x509name.h. Pure: reads DER bytes that may be hostile, adds to a text of
 * the caller, never allocates; a text that is full stays cut. Nothing that is
 * not printable ASCII passes, and no value can forge a second one.
 */
#ifndef TINY_TLS_X509TEXT_H
#define TINY_TLS_X509TEXT_H

#include "core/text.h"

/* "DNS:a.example, IP Address:192.0.2.1, email:a@b, URI:http://c/". names: the
 * contents of GeneralNames, as x509_cert's alt_names. Unlike openssl a comma
 * within a value is escaped (\,), and a directory name has the form of all
 * names here. */
void x509text_alt_names(struct text *t, struct span names);

/* "Nov  2 01:39:04 2026 GMT". */
void x509text_time(struct text *t, int64_t seconds);

#endif
