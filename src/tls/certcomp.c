#include "tls/certcomp.h"
#include "core/log.h"
#include "tls/filebytes.h"
#include "tls/hello.h"
#include "tls/pem.h"

#include <string.h>

#define LABEL    "COMPRESSED CERTIFICATE"
#define HASH_LEN 32

static const char option[] = "ssl.compressed-certificates";

/* What is compressed: a Certificate message of this chain, with an empty context
 * and no extensions. */
static void hash_message(const struct cred *cred, uint8_t hash[HASH_LEN])
{
    uint8_t head[4] = {0};
    br_sha256_context sha;

    put_u24(head + 1, (uint32_t)cred->list.len);
    br_sha256_init(&sha);
    br_sha256_update(&sha, head, sizeof head);
    br_sha256_update(&sha, cred->list.data, cred->list.len);
    br_sha256_out(&sha, hash);
}

struct compressed {
    struct span hash;
    struct span message; /* CompressedCertificate */
    uint16_t algorithm;
    uint32_t plain_len;
};

static const char *take_block(const struct pem_block *block, struct compressed *c)
{
    struct reader r = reader_of(block->data, block->len);

    c->hash = reader_take(&r, HASH_LEN);
    c->message = span_of(r.pos, reader_left(&r));
    c->algorithm = reader_u16(&r);
    c->plain_len = reader_u24(&r);
    if (reader_take(&r, reader_u24(&r)).len == 0 || strcmp(block->label, LABEL) != 0 || r.bad ||
        reader_left(&r) > 0) {
        return "a SHA-256 and a CompressedCertificate message of RFC 8879 are wanted in a "
               "block " LABEL;
    }
    if (c->algorithm == 0 || c->algorithm > CRED_COMPRESSIONS) {
        return "the algorithm is none of zlib (1), brotli (2) and zstd (3)";
    }
    return NULL;
}

/* -1 without memory. */
static int give(const struct compressed *c, const char *path, struct cred *const *creds,
                size_t count, struct arena *arena)
{
    bool used = false;

    for (size_t i = 0; i < count; i++) {
        struct span *place = &creds[i]->compressed[c->algorithm - 1];
        uint8_t hash[HASH_LEN];

        hash_message(creds[i], hash);
        if (c->plain_len == 4 + creds[i]->list.len && memcmp(hash, c->hash.data, HASH_LEN) == 0) {
            *place = span_of(arena_copy(arena, c->message), c->message.len);
            if (place->data == NULL) {
                return -1;
            }
            used = true;
        }
    }
    if (!used) {
        log_line(LOG_WARN, "%s: %s: this is of none of the certificates here; make it anew", option,
                 path);
    }
    return 0;
}

int certcomp_add(uint8_t *data, size_t len, const char *path, struct cred *const *creds,
                 size_t count, struct arena *arena, struct text *error)
{
    struct pem_reader reader = pem_begin(data, len);
    struct pem_block block;
    enum pem_result result = PEM_END;

    while (!reader.der && (result = pem_next(&reader, &block, error)) == PEM_BLOCK) {
        struct compressed c;
        const char *problem = take_block(&block, &c);

        if (problem == NULL && give(&c, path, creds, count, arena) != 0) {
            problem = "no memory";
        }
        if (problem != NULL) {
            pem_describe(&block, error);
            text_add(error, problem);
            return -1;
        }
    }
    if (reader.blocks == 0 && error->len == 0) {
        text_add(error, "there is no PEM block in the file");
    }
    return result == PEM_END && reader.blocks > 0 ? 0 : -1;
}

int certcomp_load(const char *path, struct cred *const *creds, size_t count, struct arena *arena)
{
    char reason[240];
    struct text error = text_over(reason, sizeof reason);
    struct filebytes f;
    int result = filebytes_read(&f, path, &error);

    if (result == 0) {
        result = certcomp_add(f.data, f.len, path, creds, count, arena, &error);
        filebytes_free(&f);
    }
    if (result != 0) {
        log_line(LOG_ERROR, "%s: %s: %s", option, path, reason);
    }
    return result;
}

uint16_t certcomp_choose(const struct cred *cred, struct span algorithms)
{
    uint16_t best = 0;

    for (uint16_t i = 1; i <= CRED_COMPRESSIONS; i++) {
        size_t len = certcomp_message(cred, i).len;

        if (len > 0 && hello_list_has(algorithms, i) &&
            (best == 0 || len < certcomp_message(cred, best).len)) {
            best = i;
        }
    }
    return best;
}

struct span certcomp_message(const struct cred *cred, uint16_t algorithm)
{
    return algorithm == 0 ? span_of(NULL, 0) : cred->compressed[algorithm - 1];
}
