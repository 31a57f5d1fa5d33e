/*
 * What openssl's tools call the numbers of TLS: messages, extensions, suites,
 * groups, signature algorithms. Scripts match on these words. Pure look-up; no
 * function returns NULL unless it says so.
 */
#ifndef TINY_TLS_WATCH_NAMES_H
#define TINY_TLS_WATCH_NAMES_H

#include "core/text.h"

/* In the form of -msg and -trace, "TLS 1.2", and in that of -brief, "TLSv1.2". */
void watch_add_version(struct text *t, uint16_t version, bool brief);
/* "ClientHello"; "???" for others. */
const char *watch_message_name(uint8_t type);
/* "Handshake"; NULL for others. */
const char *watch_record_name(unsigned type);
/* "SSLv3/TLS read client hello" without its first word; NULL for what is not one
 * of a server's messages in this direction. type 256 is ChangeCipherSpec. */
const char *watch_state_name(bool sent, unsigned type);
/* "server name" for -tlsextdebug, "server_name" for -trace. */
void watch_add_extension(struct text *t, uint16_t type, bool trace);
/* "ECDHE-RSA-AES128-GCM-SHA256", or "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256". */
void watch_add_suite(struct text *t, uint16_t suite, bool iana);
/* "secp256r1", or "secp256r1 (P-256)" for -trace. */
void watch_add_group(struct text *t, uint16_t group, bool trace);
/* "ECDSA+SHA256", or "ecdsa_secp256r1_sha256" for -trace. */
void watch_add_signature(struct text *t, uint16_t scheme, bool trace);
/* "SHA256" and "ECDSA" of such a signature. */
const char *watch_hash_name(uint16_t scheme);
const char *watch_key_name(uint16_t scheme);
/* "uncompressed". */
void watch_add_point_format(struct text *t, uint8_t format);
/* "handshake failure". */
void watch_add_alert(struct text *t, unsigned alert);

#endif
