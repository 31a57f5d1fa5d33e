/* The master secret is computed as RFC 7627 has it when the session says so. */
#include "pair.h"

#include "inner.h"

static const unsigned char pms[48] = "a pre-master secret that both sides have agreed";

static void begin(br_ssl_engine_context *eng, unsigned version, int extended)
{
    br_multihash_init(&eng->mhash);
    br_multihash_update(&eng->mhash, "all messages so far", 19);
    memset(eng->client_random, 1, 32);
    memset(eng->server_random, 2, 32);
    eng->session.version = (uint16_t)version;
    eng->session.extended = (unsigned char)extended;
    br_ssl_engine_compute_master(eng, br_sha256_ID, pms, sizeof pms);
}

static bool is_extended(const br_ssl_engine_context *eng, br_tls_prf_impl prf,
                        const unsigned char *hash, size_t hash_len)
{
    unsigned char want[48];
    br_tls_prf_seed_chunk seed = {hash, hash_len};

    prf(want, sizeof want, pms, sizeof pms, "extended master secret", 1, &seed);
    return memcmp(want, eng->session.master_secret, sizeof want) == 0;
}

int main(void)
{
    struct pair *p = pair_new(BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
    br_ssl_engine_context *eng = &p->server.eng;
    unsigned char want[48], hash[64];
    br_tls_prf_seed_chunk seed[2] = {{eng->client_random, 32}, {eng->server_random, 32}};
    br_sha256_context sha256;
    br_sha1_context sha1;
    br_md5_context md5;

    begin(eng, BR_TLS12, 0);
    br_tls12_sha256_prf(want, sizeof want, pms, sizeof pms, "master secret", 2, seed);
    ok(memcmp(want, eng->session.master_secret, sizeof want) == 0, "as it was, when not agreed");

    begin(eng, BR_TLS12, 1);
    br_sha256_init(&sha256);
    br_sha256_update(&sha256, "all messages so far", 19);
    br_sha256_out(&sha256, hash);
    ok(is_extended(eng, br_tls12_sha256_prf, hash, 32), "TLS 1.2");

    begin(eng, BR_TLS11, 1);
    br_md5_init(&md5);
    br_md5_update(&md5, "all messages so far", 19);
    br_md5_out(&md5, hash);
    br_sha1_init(&sha1);
    br_sha1_update(&sha1, "all messages so far", 19);
    br_sha1_out(&sha1, hash + 16);
    ok(is_extended(eng, br_tls10_prf, hash, 36), "TLS 1.1");
    pair_free(p);
    return tap_done();
}
