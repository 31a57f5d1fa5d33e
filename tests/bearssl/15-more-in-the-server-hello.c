/* The policy adds extensions to the ServerHello, and an OCSP response. */
#include "wire.h"

#define SUITE BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

static const unsigned char small[] = {0xAB, 0xCD, 0, 3, 'o', 'n', 'e'};
static unsigned char large[4 + 1500] = {0xAB, 0xCE, 1500 >> 8, 1500 & 0xFF};
static unsigned char response[2000];

static size_t extension(const br_ssl_server_policy_class **policy, unsigned index,
                        const unsigned char **data)
{
    (void)policy;
    *data = index == 0 ? small : large;
    return index == 0 ? sizeof small : index == 1 ? sizeof large : 0;
}

static size_t status(const br_ssl_server_policy_class **policy, const unsigned char **data)
{
    (void)policy;
    *data = response;
    return sizeof response;
}

int main(void)
{
    struct pair *p = pair_new(SUITE);
    br_ssl_server_policy_class more = **p->server.policy_vtable;
    struct flight f;
    const unsigned char *body;
    size_t len, at;

    memset(response, 0x77, sizeof response);
    memset(large + 4, 0x66, sizeof large - 4);
    wire_hello(p, SUITE, 0x0403, small, 0, &f);
    body = flight_find(&f, 2, &len);
    ok(body != NULL && len == 2 + 32 + 33 + 3 && flight_find(&f, 22, &len) == NULL,
       "a policy without is as it was");

    more.extension = extension;
    more.status = status;
    p->server.chain_handler.vtable = &more;
    wire_hello(p, SUITE, 0x0403, small, 0, &f);
    body = flight_find(&f, 2, &len);
    at = 2 + 32 + 33 + 3;
    ok(body != NULL && len == at + 2 + sizeof small + sizeof large &&
           (size_t)(body[at] << 8 | body[at + 1]) == len - at - 2,
       "the ServerHello is longer by what the policy adds");
    ok(memmem(f.bytes, f.len, small, sizeof small) != NULL &&
           memmem(f.bytes, f.len, large, sizeof large) != NULL,
       "the extensions are in it, as they are");
    body = flight_find(&f, 22, &len);
    ok(body != NULL && len == 4 + sizeof response && body[0] == 1 &&
           (size_t)(body[1] << 16 | body[2] << 8 | body[3]) == sizeof response &&
           memcmp(body + 4, response, sizeof response) == 0,
       "CertificateStatus holds the response");
    ok(flight_find(&f, 14, &len) != NULL, "the flight comes to its end");
    pair_free(p);
    return tap_done();
}
