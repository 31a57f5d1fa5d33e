/* Trust anchors: the CA certificates that client certificates are judged by.
 * The names of those in ssl.cafile go out in the CertificateRequest. */
#include "core/clock.h"
#include "core/log.h"
#include "tls/arena.h"
#include "tls/cred_load.h"
#include "tls/crl.h"
#include "tls/der.h"
#include "tls/filebytes.h"
#include "tls/folder.h"
#include "tls/oid.h"
#include "tls/pem.h"
#include "tls/x509cert.h"
#include "tls/x509name.h"

#include <stdlib.h>
#include <string.h>

#define ANCHORS_MAX   2048
#define NAMES_MAX_LEN 60000 /* a CertificateRequest's list holds 65535 bytes */
#define REASON_MAX    320

/* What anchor_set_load returns a part of. */
struct anchors {
    struct anchor_set set; /* first, so that the pointers are the same */
    struct arena arena;
    const char *option; /* that names what is read now */
    size_t room;
    size_t expired;
    int64_t now_s;
    bool for_clients; /* else for the own chain, where nobody need be trusted */
};

static struct anchors *anchors_new(int64_t now_s)
{
    struct anchors *a = calloc(1, sizeof *a);

    if (a != NULL) {
        a->now_s = now_s;
    }
    return a;
}

/* ---- certificates --------------------------------------------------------- */

static int grow(struct anchors *a)
{
    size_t room = a->room > 0 ? 2 * a->room : 16;
    struct span *certs = arena_take_array(&a->arena, room, sizeof *certs);

    if (certs == NULL) {
        return -1;
    }
    if (a->room > 0) {
        memcpy(certs, a->set.certs, a->set.count * sizeof *certs);
    }
    a->set.certs = certs;
    a->room = room;
    return 0;
}

static int add_anchor(struct anchors *a, const struct x509_cert *cert, struct text *error)
{
    struct span der = span_of(arena_copy(&a->arena, cert->der), cert->der.len);

    if (a->set.count == ANCHORS_MAX) {
        text_addf(error, "there are more than %d certificates", ANCHORS_MAX);
        return -1;
    }
    if (der.data == NULL || (a->set.count == a->room && grow(a) != 0)) {
        text_add(error, "no memory");
        return -1;
    }
    a->set.certs[a->set.count++] = der;
    a->expired += cert->not_after_s < a->now_s;
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

/* Does the list name client authentication, or all that there is? */
static bool names_clients(struct span list)
{
    static const uint8_t any[] = {4, 0x55, 0x1D, 0x25, 0};

    return der_oid_in(list, OID_CLIENT_AUTH) || der_oid_in(list, any);
}

/* What openssl writes behind a TRUSTED CERTIFICATE (X509_CERT_AUX): what it is
 * trusted for, and what it is not trusted for though others say so. */
static bool marked_untrusted(struct span trailing)
{
    struct reader outer = der_reader(trailing);
    struct reader r = der_reader(der_take_optional(&outer, DER_SEQUENCE));
    bool listed = der_peek(&r) == DER_SEQUENCE;
    struct span trust = der_take_optional(&r, DER_SEQUENCE);
    struct span reject = der_take_optional(&r, DER_CONSTRUCTED(0));

    return outer.bad || r.bad || names_clients(reject) || (listed && !names_clients(trust));
}

/* A certificate with a key that cannot be used is passed over: bundles hold
 * such, and the others serve all the same. */
static int take_certificate(struct anchors *a, const struct pem_block *block, const char *path,
                            struct text *error)
{
    bool trailing = strcmp(block->label, "TRUSTED CERTIFICATE") == 0;
    char reason[96], name[128];
    struct text why = text_over(reason, sizeof reason);
    struct x509_cert cert;
    const char *problem;

    if (x509_cert_parse(&cert, span_of(block->data, block->len), trailing, &why) != 0) {
        pem_describe(block, error);
        text_add(error, reason);
        return -1;
    }
    if (known(a, cert.der)) {
        return 0;
    }
    problem = cert.key_problem;
    if (trailing && a->for_clients &&
        marked_untrusted(span_of(block->data + cert.der.len, block->len - cert.der.len))) {
        problem = "it is marked as not trusted for client authentication";
    }
    if (problem != NULL) {
        x509name_format(cert.subject, name, sizeof name);
        log_line(LOG_WARN, "%s: %s: block %u (%s) is left out: %s", a->option, path, block->number,
                 name, problem);
        return 0;
    }
    return add_anchor(a, &cert, error);
}

/* ---- files and folders ----------------------------------------------------- */

/* How many certificates and CRLs the bytes hold, or -1 with a sentence. CRLs are
 * passed over where none is asked for. */
static int take_bytes(struct anchors *a, uint8_t *data, size_t len, const char *path,
                      struct text *error)
{
    struct pem_reader reader = pem_begin(data, len);
    struct pem_block block;
    enum pem_result result;
    int found = 0;

    while ((result = pem_next(&reader, &block, error)) == PEM_BLOCK) {
        int failed = 0;

        if (pem_is_certificate(&block)) {
            failed = take_certificate(a, &block, path, error);
        } else if (pem_is_crl(&block)) {
            failed = a->set.crls != NULL
                         ? crl_set_add_block(a->set.crls, &block, path, a->now_s, error)
                         : 0;
        } else {
            continue;
        }
        if (failed != 0) {
            return -1;
        }
        found++;
    }
    return result == PEM_ERROR ? -1 : found;
}

static int take_file(struct anchors *a, const char *path, struct text *error)
{
    struct filebytes f;
    int found = -1;

    if (filebytes_read_up_to(&f, path, CRL_FILE_MAX, error) == 0) {
        found = take_bytes(a, f.data, f.len, path, error);
        filebytes_free(&f);
    }
    return found;
}

/* A file that was named itself must be good, and bring certificates. */
static int take_named(struct anchors *a, const char *path)
{
    char reason[REASON_MAX];
    struct text error = text_over(reason, sizeof reason);
    size_t before = a->set.count;

    if (take_file(a, path, &error) < 0) {
        log_line(LOG_ERROR, "%s: %s: %s", a->option, path, reason);
        return -1;
    }
    if (a->set.count == 0) {
        log_line(LOG_ERROR, "%s: %s: there is no usable certificate in the file", a->option, path);
        return -1;
    }
    log_line(LOG_INFO, "%s: %s: %zu certificates", a->option, path, a->set.count - before);
    return 0;
}

/* What is wrong with some files of a folder is told once. */
static int take_folder(struct anchors *a, const char *path)
{
    char reason[REASON_MAX], first[REASON_MAX] = "";
    struct text error = text_over(reason, sizeof reason);
    size_t before = a->set.count, passed = 0;
    struct folder f;

    if (folder_read(&f, path, &a->arena, &error) != 0) {
        log_line(LOG_ERROR, "%s: %s: %s", a->option, path, reason);
        return -1;
    }
    for (size_t i = 0; i < f.count; i++) {
        int found;

        error = text_over(reason, sizeof reason);
        found = take_file(a, f.paths[i], &error);
        if (found > 0) {
            continue;
        }
        if (passed++ == 0) {
            struct text t = text_over(first, sizeof first);

            text_addf(&t, "%s: %s", f.paths[i],
                      found < 0 ? reason : "there is no certificate in the file");
        }
    }
    if (passed > 0) {
        log_line(LOG_WARN, "%s: %s: %zu files are passed over, the first of them: %s", a->option,
                 path, passed, first);
    }
    log_line(LOG_INFO, "%s: %s: %zu certificates", a->option, path, a->set.count - before);
    return 0;
}

/* ---- the set --------------------------------------------------------------- */

static void make_digest(struct anchors *a)
{
    br_sha256_context c;
    uint8_t crls[32];

    br_sha256_init(&c);
    for (size_t i = 0; i < a->set.count; i++) {
        br_sha256_update(&c, a->set.certs[i].data, a->set.certs[i].len);
    }
    if (a->set.crls != NULL) {
        crl_set_digest(a->set.crls, crls);
        br_sha256_update(&c, crls, sizeof crls);
    }
    br_sha256_out(&c, a->set.digest);
}

static struct span list_names(struct anchors *a, size_t sent, size_t total)
{
    uint8_t *list = total > 0 ? arena_take(&a->arena, total) : NULL, *p = list;

    for (size_t i = 0; i < sent && list != NULL; i++) {
        size_t len = a->set.names[i].len;

        put_u16(p, (uint32_t)len);
        memcpy(p + 2, a->set.names[i].data, len);
        p += 2 + len;
    }
    return span_of(list, total);
}

/* The subjects; those of the first `sent` go out to clients. */
static int make_names(struct anchors *a, size_t sent, struct text *error)
{
    size_t total = 0;

    a->set.names = arena_take_array(&a->arena, a->set.count, sizeof *a->set.names);
    if (a->set.names == NULL) {
        text_add(error, "no memory");
        return -1;
    }
    for (size_t i = 0; i < a->set.count; i++) {
        struct x509_cert cert;

        (void)x509_cert_parse(&cert, a->set.certs[i], false, error); /* it was read before */
        a->set.names[i].data = (uint8_t *)(uintptr_t)cert.subject.data;
        a->set.names[i].len = cert.subject.len;
        total += i < sent ? cert.subject.len + 2 : 0;
    }
    a->set.name_count = sent;
    a->set.name_list = list_names(a, sent, total);
    if (total > 0 && a->set.name_list.data == NULL) {
        text_add(error, "no memory");
        return -1;
    }
    if (total > NAMES_MAX_LEN) {
        text_add(error, "the names of these CAs are more than a handshake can carry; name only "
                        "the CAs that issue your clients' certificates");
        return -1;
    }
    return 0;
}

static int finish(struct anchors *a, size_t named)
{
    char reason[REASON_MAX];
    struct text error = text_over(reason, sizeof reason);

    if (a->set.count == 0) {
        text_add(&error, "there is no usable certificate");
    } else if (make_names(a, named, &error) == 0) {
        make_digest(a);
        if (a->expired > 0) {
            log_line(LOG_WARN,
                     "%s: %zu of %zu CA certificates are expired: client certificates from them "
                     "are refused",
                     a->option, a->expired, a->set.count);
        }
        return 0;
    }
    log_line(LOG_ERROR, "%s: %s", a->option, reason);
    return -1;
}

static int load_crls(struct anchors *a, const struct config *config)
{
    if (config->crl_check == CRL_CHECK_NONE || config->crl_check == CRL_CHECK_AUTO) {
        return 0;
    }
    a->set.crls = crl_set_new();
    if (a->set.crls == NULL) {
        log_line(LOG_ERROR, "ssl.crl-file: no memory");
        return -1;
    }
    for (size_t i = 0; i < config->crl_files.count; i++) {
        if (crl_set_add_file(a->set.crls, "ssl.crl-file", config->crl_files.items[i], a->now_s) !=
            0) {
            return -1;
        }
    }
    return 0;
}

static int load(struct anchors *a, const struct config *config)
{
    size_t named = 0;

    a->for_clients = true;
    if (load_crls(a, config) != 0) {
        return -1;
    }
    if (config->cafile[0] != '\0') {
        a->option = "ssl.cafile";
        if (take_named(a, config->cafile) != 0) {
            return -1;
        }
        named = a->set.count;
    }
    if (config->capath[0] != '\0') {
        a->option = "ssl.capath";
        if (take_folder(a, config->capath) != 0) {
            return -1;
        }
    }
    if (finish(a, named) != 0) {
        return -1;
    }
    if (a->set.crls != NULL && crl_set_count(a->set.crls) == 0) {
        log_line(LOG_WARN, "ssl.crl-check: there is no CRL, so no client certificate is accepted");
    }
    return 0;
}

struct anchor_set *anchor_set_load(const struct config *config, int64_t now_s)
{
    struct anchors *a = anchors_new(now_s);

    if (a == NULL) {
        log_line(LOG_ERROR, "ssl.cafile: no memory");
        return NULL;
    }
    if (load(a, config) != 0) {
        anchor_set_free(&a->set);
        return NULL;
    }
    return &a->set;
}

struct anchor_set *anchor_set_of(uint8_t *data, size_t len, const char *path, struct text *error)
{
    struct anchors *a = anchors_new(clock_wall_s());

    if (a == NULL) {
        text_add(error, "no memory");
        return NULL;
    }
    a->option = "ssl.cafile";
    a->for_clients = true;
    if (take_bytes(a, data, len, path, error) >= 0) {
        if (a->set.count == 0) {
            text_add(error, "there is no usable certificate in the file");
        } else if (make_names(a, a->set.count, error) == 0) {
            make_digest(a);
            return &a->set;
        }
    }
    anchor_set_free(&a->set);
    return NULL;
}

struct anchor_set *anchor_set_of_list(const char *option, const struct string_list *paths,
                                      int64_t now_s)
{
    struct anchors *a = anchors_new(now_s);

    if (a == NULL) {
        log_line(LOG_ERROR, "%s: no memory", option);
        return NULL;
    }
    a->option = option;
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = paths->items[i];

        if ((folder_is(path) ? take_folder(a, path) : take_named(a, path)) != 0) {
            anchor_set_free(&a->set);
            return NULL;
        }
    }
    return &a->set;
}

void anchor_set_free(struct anchor_set *set)
{
    struct anchors *a = (void *)set; /* its first member */

    if (a != NULL) {
        crl_set_free(a->set.crls);
        arena_end(&a->arena);
        free(a);
    }
}
