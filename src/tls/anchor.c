/* Trust anchors: the CA certificates that client certificates are judged by.
 * Their names go out in the CertificateRequest. */
#include "core/clock.h"
#include "core/log.h"
#include "tls/arena.h"
#include "tls/cred_load.h"
#include "tls/filebytes.h"
#include "tls/pem.h"
#include "tls/x509cert.h"
#include "tls/x509name.h"

#include <stdlib.h>
#include <string.h>

#define ANCHORS_MAX   2048
#define NAMES_MAX_LEN 60000 /* a CertificateRequest's list holds 65535 bytes */

/* What anchor_set_load returns a part of. */
struct anchors {
    struct anchor_set set; /* first, so that the pointers are the same */
    struct arena arena;
    size_t expired;
    struct file_stamp stamp;
};

static int add_anchor(struct anchors *a, const struct x509_cert *cert, struct text *error)
{
    struct span der = span_of(arena_copy(&a->arena, cert->der), cert->der.len);
    size_t subject = (size_t)(cert->subject.data - cert->der.data);

    if (der.data == NULL) {
        text_add(error, "no memory");
        return -1;
    }
    a->set.names[a->set.count].data = (uint8_t *)(uintptr_t)der.data + subject;
    a->set.names[a->set.count].len = cert->subject.len;
    a->set.certs[a->set.count++] = der;
    a->expired += cert->not_after_s < clock_wall_s();
    return 0;
}

static bool known(const struct anchors *a, struct span der)
{
    for (size_t i = 0; i < a->set.count; i++) {
        if (span_equal(a->set.certs[i], der)) {
            return true;
        }
    }
    return false;
}

/* A certificate with a key that cannot be used is passed over: bundles hold
 * such, and the others serve all the same. */
static int take_block(struct anchors *a, const struct pem_block *block, const char *path,
                      struct text *error)
{
    bool trailing = strcmp(block->label, "TRUSTED CERTIFICATE") == 0;
    char reason[96], name[128];
    struct text why = text_over(reason, sizeof reason);
    struct x509_cert cert;

    if (x509_cert_parse(&cert, span_of(block->data, block->len), trailing, &why) != 0) {
        pem_describe(block, error);
        text_add(error, reason);
        return -1;
    }
    if (known(a, cert.der)) {
        return 0;
    }
    if (cert.key_type == 0) {
        x509name_format(cert.subject, name, sizeof name);
        log_line(LOG_WARN, "ssl.cafile: %s: block %u (%s) is left out: %s", path, block->number,
                 name, cert.key_problem);
        return 0;
    }
    if (a->set.count == ANCHORS_MAX) {
        text_addf(error, "the file holds more than %d certificates", ANCHORS_MAX);
        return -1;
    }
    return add_anchor(a, &cert, error);
}

static void make_digest(struct anchors *a)
{
    br_sha256_context c;

    br_sha256_init(&c);
    for (size_t i = 0; i < a->set.count; i++) {
        br_sha256_update(&c, a->set.certs[i].data, a->set.certs[i].len);
    }
    br_sha256_out(&c, a->set.digest);
}

/* The smallest certificate is well above 128 bytes, which bounds their number
 * before they are counted. */
static int read_blocks(struct anchors *a, uint8_t *data, size_t len, const char *path,
                       struct text *error)
{
    struct pem_reader reader = pem_begin(data, len);
    size_t most = len / 128 + 1 < ANCHORS_MAX ? len / 128 + 1 : ANCHORS_MAX;
    struct pem_block block;
    enum pem_result result;
    size_t names = 0;

    a->set.names = arena_take_array(&a->arena, most, sizeof *a->set.names);
    a->set.certs = arena_take_array(&a->arena, most, sizeof *a->set.certs);
    if (a->set.names == NULL || a->set.certs == NULL) {
        text_add(error, "no memory");
        return -1;
    }
    while ((result = pem_next(&reader, &block, error)) == PEM_BLOCK) {
        if (pem_is_certificate(&block) && block.len >= 128 &&
            take_block(a, &block, path, error) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < a->set.count; i++) {
        names += a->set.names[i].len + 2;
    }
    if (result == PEM_ERROR) {
        return -1;
    }
    if (a->set.count == 0) {
        text_add(error, "there is no usable certificate in the file");
        return -1;
    }
    if (names > NAMES_MAX_LEN) {
        text_add(error, "the names of these CAs are more than a handshake can carry; name only "
                        "the CAs that issue your clients' certificates");
        return -1;
    }
    if (a->expired > 0) {
        log_line(LOG_WARN,
                 "ssl.cafile: %zu of %zu CA certificates are expired: client certificates from "
                 "them are refused",
                 a->expired, a->set.count);
    }
    make_digest(a);
    return 0;
}

struct anchor_set *anchor_set_of(uint8_t *data, size_t len, const char *path, struct text *error)
{
    struct anchors *a = calloc(1, sizeof *a);

    if (a == NULL) {
        text_add(error, "no memory");
        return NULL;
    }
    if (read_blocks(a, data, len, path, error) != 0) {
        anchor_set_free(&a->set);
        return NULL;
    }
    return &a->set;
}

/* Keeps a copy of the path with the stamp. */
static int keep_stamp(struct anchor_set *set, const struct filebytes *f, const char *path)
{
    struct anchors *a = (struct anchors *)set;

    a->stamp = f->stamp;
    a->stamp.path = arena_string(&a->arena, span_of(path, strlen(path)));
    return a->stamp.path != NULL ? 0 : -1;
}

struct anchor_set *anchor_set_load(const char *path)
{
    char reason[320];
    struct text error = text_over(reason, sizeof reason);
    struct anchor_set *set = NULL;
    struct filebytes f;

    if (filebytes_read(&f, path, &error) == 0) {
        set = anchor_set_of(f.data, f.len, path, &error);
        if (set != NULL && keep_stamp(set, &f, path) != 0) {
            text_add(&error, "no memory");
            anchor_set_free(set);
            set = NULL;
        }
        filebytes_free(&f);
    }
    if (set == NULL) {
        log_line(LOG_ERROR, "ssl.cafile: %s: %s", path, reason);
        return NULL;
    }
    log_line(LOG_INFO, "ssl.cafile: %s: %zu certificates", path, set->count);
    return set;
}

void anchor_set_free(struct anchor_set *set)
{
    struct anchors *a = (struct anchors *)set;

    if (a != NULL) {
        arena_end(&a->arena);
        free(a);
    }
}

int anchor_set_changed(const struct anchor_set *set)
{
    return file_stamp_changed(&((const struct anchors *)set)->stamp);
}
