/*
 * The key log: secrets of connections in the form that Wireshark and others
 * read (NSS key log format), so that a capture can be decrypted. The caller
 * owns the descriptor. Whoever reads this file reads the traffic: it is opened
 * for its owner only, and the log says loudly that it is written.
 */
#ifndef TINY_TLS_KEYLOG_H
#define TINY_TLS_KEYLOG_H

#include "core/bytes.h"

/* Opens for appending and puts a comment into an empty file. -1 after telling
 * why by log_line. */
int keylog_open(const char *path);
/* A line; one that cannot be written is lost. label: CLIENT_RANDOM for a master secret of
 * TLS 1.2, the names of TLS 1.3's secrets of at most 48 bytes. */
void keylog_write(int fd, const char *label, const uint8_t client_random[32], struct span secret);

#endif
