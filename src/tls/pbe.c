#include "tls/pbe.h"
#include "tls/der.h"
#include "tls/oid.h"

#include <bearssl.h>
#include <string.h>

#define KEY_MAX 32

struct cipher {
    const uint8_t *oid;
    const char *name; /* in DEK-Info */
    size_t key_len;
    size_t block_len;
};

static const struct cipher ciphers[] = {
    {OID_AES128_CBC, "AES-128-CBC", 16, 16},
    {OID_AES192_CBC, "AES-192-CBC", 24, 16},
    {OID_AES256_CBC, "AES-256-CBC", 32, 16},
    {OID_DES_EDE3_CBC, "DES-EDE3-CBC", 24, 8},
};

struct prf {
    const uint8_t *oid;
    const br_hash_class *hash;
};

static const struct prf prfs[] = {
    {OID_HMAC_SHA1, &br_sha1_vtable},     {OID_HMAC_SHA224, &br_sha224_vtable},
    {OID_HMAC_SHA256, &br_sha256_vtable}, {OID_HMAC_SHA384, &br_sha384_vtable},
    {OID_HMAC_SHA512, &br_sha512_vtable},
};

static int refuse(struct text *error, const char *why)
{
    text_add(error, why);
    return -1;
}

/* As refuse, for a key that would work in another container. */
static int refuse_scheme(struct text *error, const char *why)
{
    text_add(error, why);
    text_add(error, "; convert it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf "
                    "hmacWithSHA256 -in OLD -out NEW");
    return -1;
}

/* The implementation that the records need anyway: no second one is linked. */
#if UINTPTR_MAX > UINT32_MAX
#define AES_KEYS br_aes_ct64_cbcdec_keys
#define AES_INIT br_aes_ct64_cbcdec_init
#define AES_RUN  br_aes_ct64_cbcdec_run
#else
#define AES_KEYS br_aes_ct_cbcdec_keys
#define AES_INIT br_aes_ct_cbcdec_init
#define AES_RUN  br_aes_ct_cbcdec_run
#endif

/* Decrypts in place, by way of aligned memory: BearSSL reads whole words. */
static void cbc_decrypt(const struct cipher *c, const uint8_t *key, uint8_t *iv, uint8_t *data,
                        size_t len)
{
    union {
        AES_KEYS aes;
        br_des_ct_cbcdec_keys des;
    } keys;
    union {
        uint8_t bytes[256];
        uint64_t word;
    } part;

    if (c->block_len == 16) {
        AES_INIT(&keys.aes, key, c->key_len);
    } else {
        br_des_ct_cbcdec_init(&keys.des, key, c->key_len);
    }
    for (size_t done = 0; done < len;) {
        size_t n = len - done < sizeof part.bytes ? len - done : sizeof part.bytes;

        memcpy(part.bytes, data + done, n);
        if (c->block_len == 16) {
            AES_RUN(&keys.aes, iv, part.bytes, n);
        } else {
            br_des_ct_cbcdec_run(&keys.des, iv, part.bytes, n);
        }
        memcpy(data + done, part.bytes, n);
        done += n;
    }
    bytes_wipe(&keys, sizeof keys);
    bytes_wipe(&part, sizeof part);
}

/* Decrypts in place and takes the padding off. What is not then exactly one
 * DER SEQUENCE came from a wrong password. */
static int open_body(const struct cipher *c, const uint8_t *key, const uint8_t *iv, uint8_t *data,
                     size_t len, struct span *out, struct text *error)
{
    union {
        uint8_t bytes[16];
        uint64_t word; /* for the alignment */
    } chain;
    struct reader r;
    size_t padding;

    if (len == 0 || len % c->block_len != 0) {
        return refuse(error, "the encrypted key is cut off");
    }
    memcpy(chain.bytes, iv, c->block_len);
    cbc_decrypt(c, key, chain.bytes, data, len);
    padding = data[len - 1];
    if (padding == 0 || padding > c->block_len) {
        return refuse(error, "the password is wrong (or the block is damaged)");
    }
    for (size_t i = len - padding; i < len; i++) {
        if (data[i] != padding) {
            return refuse(error, "the password is wrong (or the block is damaged)");
        }
    }
    *out = span_of(data, len - padding);
    r = der_reader(*out);
    der_take(&r, DER_SEQUENCE);
    if (r.bad || reader_left(&r) > 0) {
        return refuse(error, "the password is wrong (or the block is damaged)");
    }
    return 0;
}

/* PBKDF2 (RFC 8018, 5.2) over HMAC. */
static void derive(const br_hash_class *hash, struct span password, struct span salt,
                   uint32_t iterations, uint8_t *key, size_t key_len)
{
    br_hmac_key_context hk;
    br_hmac_context hc;
    uint8_t u[64], sum[64];
    uint32_t counter = 1;

    br_hmac_key_init(&hk, hash, password.data, password.len);
    for (size_t done = 0; done < key_len; counter++) {
        uint8_t number[4];
        size_t len, n;

        put_u32(number, counter);
        br_hmac_init(&hc, &hk, 0);
        br_hmac_update(&hc, salt.data, salt.len);
        br_hmac_update(&hc, number, sizeof number);
        len = br_hmac_out(&hc, u);
        memcpy(sum, u, len);
        for (uint32_t i = 1; i < iterations; i++) {
            br_hmac_init(&hc, &hk, 0);
            br_hmac_update(&hc, u, len);
            br_hmac_out(&hc, u);
            for (size_t k = 0; k < len; k++) {
                sum[k] ^= u[k];
            }
        }
        n = key_len - done < len ? key_len - done : len;
        memcpy(key + done, sum, n);
        done += n;
    }
    bytes_wipe(&hk, sizeof hk);
    bytes_wipe(&hc, sizeof hc);
    bytes_wipe(u, sizeof u);
    bytes_wipe(sum, sizeof sum);
}

/* How the key comes from the password, and what it opens. */
struct scheme {
    const struct cipher *cipher;
    const br_hash_class *hash;
    struct span salt;
    struct span iv;
    uint32_t iterations;
};

static int parse_kdf(struct scheme *s, struct reader *kdf, uint32_t max_iterations,
                     struct text *error)
{
    struct span oid = der_take(kdf, DER_OID);
    struct reader r, prf;
    uint32_t key_len = 0;

    if (der_oid_is(oid, OID_SCRYPT)) {
        return refuse_scheme(error, "the key is encrypted with scrypt, which is not supported");
    }
    if (!der_oid_is(oid, OID_PBKDF2)) {
        return refuse_scheme(error, "the key is encrypted with an unknown key derivation");
    }
    r = der_reader(der_take(kdf, DER_SEQUENCE));
    s->salt = der_take(&r, DER_OCTET_STRING);
    s->iterations = der_uint32(&r);
    if (der_peek(&r) == DER_INTEGER) {
        key_len = der_uint32(&r);
    }
    s->hash = der_peek(&r) == DER_SEQUENCE ? NULL : &br_sha1_vtable; /* the default */
    if (s->hash == NULL) {
        prf = der_reader(der_take(&r, DER_SEQUENCE));
        oid = der_take(&prf, DER_OID);
        for (size_t i = 0; i < ARRAY_LEN(prfs); i++) {
            s->hash = der_oid_is(oid, prfs[i].oid) ? prfs[i].hash : s->hash;
        }
    }
    if (kdf->bad || r.bad || (key_len != 0 && key_len != s->cipher->key_len)) {
        return refuse(error, "the encryption parameters are malformed");
    }
    if (s->hash == NULL) {
        return refuse_scheme(error, "the key derivation uses an unknown hash");
    }
    if (s->iterations == 0 || s->iterations > max_iterations) {
        text_addf(error, "the key derivation wants %u iterations; at most %u are allowed",
                  (unsigned)s->iterations, (unsigned)max_iterations);
        return -1;
    }
    return 0;
}

static int parse_pbes2(struct scheme *s, struct reader *algorithm, uint32_t max_iterations,
                       struct text *error)
{
    struct reader r = der_reader(der_take(algorithm, DER_SEQUENCE));
    struct reader kdf = der_reader(der_take(&r, DER_SEQUENCE));
    struct reader enc = der_reader(der_take(&r, DER_SEQUENCE));
    struct span oid = der_take(&enc, DER_OID);

    for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
        s->cipher = der_oid_is(oid, ciphers[i].oid) ? &ciphers[i] : s->cipher;
    }
    if (algorithm->bad || r.bad || kdf.bad || enc.bad) {
        return refuse(error, "the encryption parameters are malformed");
    }
    if (s->cipher == NULL) {
        return refuse_scheme(error, "the key is encrypted with an unsupported cipher");
    }
    s->iv = der_take(&enc, DER_OCTET_STRING);
    if (enc.bad || s->iv.len != s->cipher->block_len) {
        return refuse(error, "the encryption parameters are malformed");
    }
    return parse_kdf(s, &kdf, max_iterations, error);
}

static int decrypt_pkcs8(struct pem_block *block, struct password *password, struct span *out,
                         struct text *error)
{
    struct reader outer = reader_of(block->data, block->len);
    struct reader r = der_reader(der_take(&outer, DER_SEQUENCE));
    struct reader algorithm = der_reader(der_take(&r, DER_SEQUENCE));
    struct span oid = der_take(&algorithm, DER_OID);
    struct span body = der_take(&r, DER_OCTET_STRING);
    struct scheme s = {0};
    struct span secret;
    uint8_t key[KEY_MAX];
    int result;

    if (outer.bad || r.bad || algorithm.bad || reader_left(&r) > 0 || reader_left(&outer) > 0) {
        return refuse(error, "the encrypted key is malformed");
    }
    if (!der_oid_is(oid, OID_PBES2)) {
        return refuse_scheme(error,
                             "the key is encrypted with an old scheme (PBES1 or PKCS#12), which "
                             "is not supported");
    }
    if (parse_pbes2(&s, &algorithm, password->max_iterations, error) != 0 ||
        password_get(password, &secret, error) != 0) {
        return -1;
    }
    derive(s.hash, secret, s.salt, s.iterations, key, s.cipher->key_len);
    result = open_body(s.cipher, key, s.iv.data, block->data + (body.data - block->data), body.len,
                       out, error);
    bytes_wipe(key, sizeof key);
    return result;
}

/* openssl's EVP_BytesToKey with MD5 and one iteration: each digest covers the
 * one before it, the password and the first 8 bytes of the vector. */
static void legacy_key(struct span password, const uint8_t *iv, uint8_t *key, size_t key_len)
{
    br_md5_context mc;
    uint8_t digest[16];

    for (size_t done = 0; done < key_len;) {
        size_t n = key_len - done < sizeof digest ? key_len - done : sizeof digest;

        br_md5_init(&mc);
        if (done > 0) {
            br_md5_update(&mc, digest, sizeof digest);
        }
        br_md5_update(&mc, password.data, password.len);
        br_md5_update(&mc, iv, 8);
        br_md5_out(&mc, digest);
        memcpy(key + done, digest, n);
        done += n;
    }
    bytes_wipe(&mc, sizeof mc);
    bytes_wipe(digest, sizeof digest);
}

static int decrypt_legacy(struct pem_block *block, struct password *password, struct span *out,
                          struct text *error)
{
    const struct cipher *c = NULL;
    struct span secret;
    uint8_t key[KEY_MAX];
    int result;

    for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
        c = strcmp(block->cipher, ciphers[i].name) == 0 ? &ciphers[i] : c;
    }
    if (c == NULL) {
        text_addf(error, "the key is encrypted with %s",
                  block->cipher[0] != '\0' ? block->cipher : "a cipher that is not named");
        return refuse_scheme(error, ", which is not supported");
    }
    if (block->iv_len != c->block_len) {
        return refuse(error, "the vector in DEK-Info has the wrong length");
    }
    if (password_get(password, &secret, error) != 0) {
        return -1;
    }
    legacy_key(secret, block->iv, key, c->key_len);
    result = open_body(c, key, block->iv, block->data, block->len, out, error);
    bytes_wipe(key, sizeof key);
    return result;
}

int pbe_decrypt(struct pem_block *block, struct password *password, struct span *out,
                struct text *error)
{
    if (block->encrypted) {
        return decrypt_legacy(block, password, out, error);
    }
    return decrypt_pkcs8(block, password, out, error);
}
