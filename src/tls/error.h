/*
 * BearSSL's error numbers in words, with the alert that the RFCs name for
 * each; those of certificates are path.h's. A pure function; nothing here owns
 * memory.
 */
#ifndef TINY_TLS_ERROR_H
#define TINY_TLS_ERROR_H

#include "tls/alert.h"

struct tls_error {
    enum alert alert;     /* what the peer is told */
    const char *sentence; /* what the log is told, without the alert's name */
};

/* Of a BR_ERR_*; unknown numbers are an internal error. number is below 256:
 * alerts sent or received (256 and 512 upward) are the caller's to tell. */
struct tls_error tls_error_of(int number);

#endif
