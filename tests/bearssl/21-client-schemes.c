/* What a CertificateRequest lists is the caller's list, and a client that signs
 * otherwise does not come in. */
#include "pair.h"

static unsigned char request[300];
static size_t request_len;

/* Keeps what the server sends with its CertificateRequest (13). */
static void watch(const br_ssl_engine_context *engine, int sent, unsigned type, unsigned version,
                  const unsigned char *data, size_t len)
{
    (void)engine;
    (void)version;
    while (sent == 1 && type == 22 && len >= 4) {
        size_t n = 4 + ((size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]);

        if (data[0] == 13 && n <= len && n <= sizeof request) {
            memcpy(request, data, n);
            request_len = n;
        }
        if (n > len) {
            return;
        }
        data += n;
        len -= n;
    }
}

static br_ssl_client_certificate_class stubborn;
static int stubborn_hash;

/* Takes its hash whatever the server lists. */
static void choose(const br_ssl_client_certificate_class **pctx, const br_ssl_client_context *cc,
                   uint32_t auth_types, br_ssl_client_certificate *choices)
{
    (void)cc;
    (void)auth_types;
    choices->auth_type = BR_AUTH_ECDSA;
    choices->hash_id = stubborn_hash;
    choices->chain = ((br_ssl_client_certificate_ec_context *)(void *)pctx)->chain;
    choices->chain_len = 1;
}

/* Asks for a certificate and takes the client's key as it is. */
static struct pair *asking(const uint16_t *schemes)
{
    static unsigned char empty[] = {0x30, 0x00};
    static const br_x500_name name = {empty, sizeof empty};
    static const br_x509_certificate chain = {empty, sizeof empty};
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);

    br_ssl_server_set_trust_anchor_names(&p->server, &name, 1);
    br_ssl_engine_set_x509(&p->server.eng, &p->known.vtable);
    br_ssl_engine_set_ecdsa(&p->server.eng, br_ecdsa_i31_vrfy_asn1);
    p->server.client_schemes = schemes;
    p->server.eng.trace = watch;
    br_ssl_client_set_single_ec(&p->client, &chain, 1, &p->sk, BR_KEYTYPE_SIGN, BR_KEYTYPE_EC,
                                &br_ec_p256_m31, br_ecdsa_i31_sign_asn1);
    request_len = 0;
    return p;
}

int main(void)
{
    static const uint16_t two[] = {0x0503, 0x0804, 0};
    static const unsigned char listed[] = {0x00, 0x04, 0x05, 0x03, 0x08, 0x04};
    struct pair *p = asking(two);

    ok(pair_handshake(p, 0), "a client that finds one of the list");
    /* Behind the header the types, one byte of length before them. */
    ok(request_len > 12 && memcmp(request + 5 + request[4], listed, sizeof listed) == 0,
       "the list is sent as it is");
    pair_free(p);

    p = asking(two);
    stubborn = *p->client.client_auth.single_ec.vtable;
    stubborn.choose = choose;
    p->client.client_auth.single_ec.vtable = &stubborn;
    stubborn_hash = br_sha384_ID;
    ok(pair_handshake(p, 0), "a client that signs as listed");
    stubborn_hash = br_sha256_ID;
    ok(!pair_handshake(p, 0) &&
           br_ssl_engine_last_error(&p->server.eng) == BR_ERR_INVALID_ALGORITHM,
       "a client that signs otherwise is refused");
    pair_free(p);

    p = asking(NULL);
    ok(pair_handshake(p, 0) && request_len > 12, "without a list all is as it was");
    pair_free(p);
    return tap_done();
}
