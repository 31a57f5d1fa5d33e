/*
 * What is agreed with a client that speaks TLS 1.3: suite, group, certificate and
 * signature, from the ClientHello (after hello13_parse), the configuration and the
 * credentials for the name. Pure choices as in tls/policy.h, in a struct policy_choice.
 * Each returns 0, or -1 with alert and reason set.
 */
#ifndef TINY_TLS_POLICY13_H
#define TINY_TLS_POLICY13_H

#include "tls/policy.h"

/* Fills suite: the server's order counts, or the client's without
 * config->server_preference. */
int policy13_suite(const struct config *config, const struct hello *h, struct policy_choice *out);

/*
 * Fills group, the first of config->groups that the client has sent a share for; *share is
 * that share. But a group that the client supports and has no share for is asked for by a
 * HelloRetryRequest (*share is empty then) when there is no such share, or when it resists
 * quantum computers and the groups with a share do not: what is recorded today stays
 * recorded, so a round trip is the lesser price (as draft-ietf-tls-key-share-prediction has it).
 */
int policy13_group(const struct config *config, const struct hello *h, struct span *share,
                   struct policy_choice *out);

/*
 * Fills cred, signature and hash_id: the first scheme of ours that the client lists and that a
 * certificate of the entry fits; in TLS 1.3 an ECDSA scheme names the curve, too. If there are
 * two certificates, one whose chain is signed as the client asks is preferred to one whose
 * is not (section 4.4.2.2). A client without signature_algorithms can only resume: the
 * certificate is then the one that it would have got if it took all, and signature is 0.
 */
int policy13_certificate(const struct config *config, const struct hello *h,
                         const struct cred_entry *entry, struct policy_choice *out);

#endif
