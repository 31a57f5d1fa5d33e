/* Responses from files to the certificates that they are for, and the question
 * whether one is still good. */
#include "core/log.h"
#include "tls/filebytes.h"
#include "tls/ocsp.h"
#include "tls/x509text.h"

#include <string.h>

#define SKEW_S 300 /* a responder's clock may be ahead */

static const char option[] = "ssl.ocsp-file";

static bool parse_at(const struct cred *cred, size_t i, struct x509_cert *cert)
{
    struct text unused = text_over(NULL, 0);

    return i < cred->chain_len &&
           x509_cert_parse(cert, span_of(cred->chain[i].data, cred->chain[i].data_len), false,
                           &unused) == 0;
}

static void tell_time(const char *file, const char *what, int64_t when_s)
{
    char buf[40];
    struct text t = text_over(buf, sizeof buf);

    x509text_time(&t, when_s);
    log_line(LOG_WARN, "%s: %s: %s %s; it is not stapled", option, file, what, buf);
}

/* Tells of a time that is not now. */
static bool is_current(const struct ocsp_staple *s, int64_t now_s)
{
    if (now_s > s->until_s) {
        tell_time(s->file, "the OCSP response is out of date since", s->until_s);
    } else if (now_s < s->from_s - SKEW_S) {
        tell_time(s->file, "the OCSP response is not valid before", s->from_s);
    } else {
        return true;
    }
    return false;
}

static bool give(const struct ocsp_response *o, struct cred *cred, const char *path, int64_t now_s,
                 struct ocsp_staple *staple)
{
    struct x509_cert cert, next;
    const struct x509_cert *issuer = NULL;
    char reason[120];
    struct text error = text_over(reason, sizeof reason);
    enum ocsp_verdict verdict;

    if (!parse_at(cred, 0, &cert)) {
        return false;
    }
    if (span_equal(cert.issuer, cert.subject)) {
        issuer = &cert;
    } else if (parse_at(cred, 1, &next) && span_equal(cert.issuer, next.subject)) {
        issuer = &next;
    }
    verdict = ocsp_judge(o, &cert, issuer, now_s, staple, &error);
    if (verdict == OCSP_OTHER) {
        return false;
    }
    if (verdict == OCSP_NOT_GOOD || verdict == OCSP_UNTRUSTED) {
        log_line(verdict == OCSP_NOT_GOOD ? LOG_ERROR : LOG_WARN, "%s: %s: %s (%s, %s); %s", option,
                 path, reason, cred->file, cred->subject, "it is not stapled");
        return true;
    }
    if (verdict == OCSP_UNCHECKED) {
        log_line(LOG_WARN, "%s: %s: %s", option, path, reason);
    }
    staple->told = !is_current(staple, now_s);
    if (cred->staple == NULL || cred->staple->told) {
        cred->staple = staple;
    }
    return true;
}

static int load_bytes(const char *path, struct span bytes, struct cred *const *creds, size_t count,
                      int64_t now_s, struct arena *arena)
{
    char reason[160];
    struct text error = text_over(reason, sizeof reason);
    struct span der = {arena_copy(arena, bytes), bytes.len};
    struct ocsp_response o;
    enum ocsp_parsed parsed = OCSP_BAD;
    bool used = false;

    if (der.data == NULL) {
        text_add(&error, "no memory");
    } else if (bytes.len > OCSP_MAX) {
        text_addf(&error, "an OCSP response has at most %d bytes here", OCSP_MAX);
    } else {
        parsed = ocsp_parse(&o, der, &error);
    }
    if (parsed != OCSP_READ) {
        log_line(parsed == OCSP_BAD ? LOG_ERROR : LOG_WARN, "%s: %s: %s", option, path, reason);
        return parsed == OCSP_BAD ? -1 : 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct ocsp_staple *staple = arena_take(arena, sizeof *staple);

        if (staple == NULL) {
            log_line(LOG_ERROR, "%s: %s: no memory", option, path);
            return -1;
        }
        staple->der = der;
        staple->file = path;
        used |= give(&o, creds[i], path, now_s, staple);
    }
    if (!used) {
        log_line(LOG_WARN, "%s: %s: the response is for none of the certificates here", option,
                 path);
    }
    return 0;
}

int ocsp_load(const char *path, struct cred *const *creds, size_t count, int64_t now_s,
              struct arena *arena)
{
    char reason[120];
    struct text error = text_over(reason, sizeof reason);
    struct filebytes f;
    int result;

    if (filebytes_read(&f, path, &error) != 0) {
        log_line(LOG_ERROR, "%s: %s: %s", option, path, reason);
        return -1;
    }
    result = load_bytes(path, span_of(f.data, f.len), creds, count, now_s, arena);
    filebytes_free(&f);
    return result;
}

struct span ocsp_staple_now(const struct cred *cred, int64_t now_s)
{
    struct ocsp_staple *s = cred->staple;

    if (s == NULL) {
        return span_of(NULL, 0);
    }
    if (s->told) {
        /* Not yet valid at first, perhaps. */
        s->told = now_s > s->until_s || now_s < s->from_s - SKEW_S;
    } else {
        s->told = !is_current(s, now_s);
    }
    return s->told ? span_of(NULL, 0) : s->der;
}
