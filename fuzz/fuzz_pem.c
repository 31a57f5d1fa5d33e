/*
 * Key files and CA files from bytes: PEM or DER, certificates, keys, encryption
 * with a known password, the match of key and certificate, trust anchors and
 * printable names; extensions for the ServerHello; and chains ready compressed.
 */
#include "core/log.h"
#include "tls/certcomp.h"
#include "tls/cred_load.h"
#include "tls/serverinfo.h"
#include "tls/x509name.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

static void load_credential(const uint8_t *data, size_t size)
{
    char reason[256];
    struct text error = text_over(reason, sizeof reason);
    struct password password = password_of("pass:secret");
    struct cred_parts *parts = calloc(1, sizeof *parts);
    uint8_t *copy = copy_of(data, size);
    struct arena arena = {0};
    struct cred cred;

    password.max_iterations = 64;
    if (parts == NULL) {
        abort();
    }
    if (cred_scan(parts, copy, size, CRED_TAKE_CERTS | CRED_TAKE_KEY, &password, &error) == 0 &&
        cred_build(&cred, parts, "fuzz", 0, &arena, &error) == 0) {
        if (cred.chain_len == 0 || cred.key_bits < 256 || strlen(cred.subject) == 0) {
            abort();
        }
    } else if (strlen(reason) == 0) {
        abort(); /* every refusal has its sentence */
    }
    arena_end(&arena);
    free(parts);
    free(copy);
}

static void load_anchors(const uint8_t *data, size_t size)
{
    char reason[256], name[64];
    struct text error = text_over(reason, sizeof reason);
    uint8_t *copy = copy_of(data, size);
    struct anchor_set *set = anchor_set_of(copy, size, "fuzz", &error);

    free(copy); /* the set must not point there */
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const br_x500_name *dn = &set->names[i];

        if (x509name_format(span_of(dn->data, dn->len), name, sizeof name) == 0) {
            abort();
        }
    }
    anchor_set_free(set);
}

static void load_serverinfo(const uint8_t *data, size_t size)
{
    char reason[256];
    struct text error = text_over(reason, sizeof reason);
    uint8_t *copy = copy_of(data, size);
    struct serverinfo s = {0};
    size_t len = 0, count = 0;
    struct span e;

    if (serverinfo_add(&s, copy, size, &error) != 0 && strlen(reason) == 0) {
        abort();
    }
    /* Each has at least one place to go, and at most three. */
    for (unsigned place = SERVERINFO_HELLO; place <= SERVERINFO_CERTIFICATE; place *= 2) {
        for (unsigned i = 0; (e = serverinfo_extension(&s, place, UINT32_MAX, i)).len > 0; i++) {
            len += 1 + e.len;
            count++;
        }
    }
    if (len < s.len || count < s.count || len > 3 * s.len || s.len > SERVERINFO_MAX) {
        abort();
    }
    free(copy);
}

/* Those of a chain of one byte. */
static void load_compressed(const uint8_t *data, size_t size)
{
    char reason[256];
    struct text error = text_over(reason, sizeof reason);
    uint8_t *copy = copy_of(data, size);
    struct cred cred = {.list = span_of("\0\0\1x\0\0", 6)}, *creds[] = {&cred};
    struct arena arena = {0};

    if (certcomp_add(copy, size, "fuzz", creds, 1, &arena, &error) != 0 && strlen(reason) == 0) {
        abort();
    }
    for (uint16_t i = 1; i <= CRED_COMPRESSIONS; i++) {
        struct span message = certcomp_message(&cred, i);

        if (message.len > 0 && (message.len < 8 || message.data[1] != i)) {
            abort();
        }
    }
    arena_end(&arena);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[64];

    log_set_level(LOG_ERROR);
    if (size > 65536) {
        return 0;
    }
    load_credential(data, size);
    load_anchors(data, size);
    load_serverinfo(data, size);
    load_compressed(data, size);
    x509name_format(span_of(data, size), name, sizeof name);
    return 0;
}
