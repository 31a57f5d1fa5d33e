/* OCSP responses that openssl made: whom they are for, who signed them, when
 * they are good; and the same bytes cut or changed anywhere. */
#include "tls/ocsp.h"
#include "core/log.h"
#include "ocsp_samples.h"
#include "tap.h"
#include "tls/x509cert.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define DAY_S      86400
#define CERT(name) parsed(span_of(name##_cert, sizeof name##_cert))
#define RESP(name) span_of(name##_resp, sizeof name##_resp)

static char reason[300];

static struct x509_cert parsed(struct span der)
{
    struct x509_cert cert;
    struct text error = text_over(reason, sizeof reason);

    if (x509_cert_parse(&cert, der, false, &error) != 0) {
        abort();
    }
    return cert;
}

static struct ocsp_staple staple;

/* OCSP_OTHER, too, for what cannot even be read. */
static enum ocsp_verdict judge_at(struct span der, struct x509_cert cert, struct x509_cert issuer,
                                  int64_t now_s)
{
    struct text error = text_over(reason, sizeof reason);
    struct ocsp_response o;

    staple = (struct ocsp_staple){0};
    if (ocsp_parse(&o, der, &error) != OCSP_READ) {
        return OCSP_OTHER;
    }
    return ocsp_judge(&o, &cert, issuer.der.len > 0 ? &issuer : NULL, now_s, &staple, &error);
}

static enum ocsp_verdict judge(struct span der)
{
    return judge_at(der, CERT(server), CERT(ca), MADE_S);
}

static void good_ones(void)
{
    struct x509_cert none = {0};

    ok(judge(RESP(good)) == OCSP_GOOD, "signed by the issuer");
    ok(llabs(staple.from_s - MADE_S) < 60 && staple.until_s == staple.from_s + 7 * DAY_S,
       "with its times");
    ok(judge(RESP(delegated)) == OCSP_GOOD, "signed by a responder of the issuer's");
    ok(judge(RESP(by_key)) == OCSP_GOOD, "who is named by key");
    ok(judge(RESP(sha256)) == OCSP_GOOD, "with SHA-256 hashes, without certificates");
    ok(judge(RESP(two)) == OCSP_GOOD, "the second of two answers");
    ok(judge_at(RESP(rsa), CERT(rsa_server), CERT(rsa_ca), MADE_S) == OCSP_GOOD, "RSA, SHA-512");
    ok(judge(RESP(no_next)) == OCSP_GOOD && staple.until_s == staple.from_s + 7 * DAY_S,
       "without a next update: a week");
    ok(judge(RESP(late)) == OCSP_GOOD, "a responder's certificate that is still valid");
    ok(judge_at(RESP(good), CERT(server), none, MADE_S) == OCSP_UNCHECKED &&
           strstr(reason, "not checked") != NULL,
       "without the issuer at hand");
}

static void other_ones(void)
{
    ok(judge(RESP(for_second)) == OCSP_OTHER, "of another serial number");
    ok(judge(RESP(rsa)) == OCSP_OTHER, "the same number, of another issuer");
    ok(judge_at(RESP(good), CERT(server), CERT(other_ca), MADE_S) == OCSP_OTHER,
       "the issuer has another key");
    ok(judge(RESP(revoked)) == OCSP_NOT_GOOD && strstr(reason, "REVOKED") != NULL, "revoked");
    ok(judge(RESP(unknown)) == OCSP_NOT_GOOD && strstr(reason, "not know") != NULL, "unknown");
    ok(judge_at(RESP(late), CERT(server), CERT(ca), MADE_S + 3 * DAY_S) == OCSP_UNTRUSTED,
       "by a responder whose certificate has expired");
    ok(judge(RESP(not_named)) == OCSP_UNTRUSTED, "by one that may not sign responses");
    ok(judge(RESP(stranger)) == OCSP_UNTRUSTED, "by a responder of another authority");
    ok(judge(RESP(other_key)) == OCSP_UNTRUSTED, "by another authority");
    ok(judge(RESP(no_certs)) == OCSP_UNTRUSTED, "by a responder without its certificate");
    ok(judge(RESP(weak)) == OCSP_UNTRUSTED, "with SHA-1");
}

static void malformed(void)
{
    struct text error = text_over(reason, sizeof reason);
    struct ocsp_response o;
    uint8_t *exact, copy[sizeof delegated_resp];
    size_t read = 0, good = 0;

    ok(ocsp_parse(&o, RESP(try_later), &error) == OCSP_FAILED && strstr(reason, "tryLater") != NULL,
       "an error in place of an answer");
    for (size_t n = 0; n < sizeof delegated_resp; n++) {
        exact = malloc(n + 1); /* so that a read past the end is seen */
        memcpy(exact, delegated_resp, n);
        error = text_over(reason, sizeof reason);
        read += ocsp_parse(&o, span_of(exact, n), &error) == OCSP_READ;
        expect(reason[0] != '\0', "a sentence");
        free(exact);
    }
    ok(read == 0, "cut short, none can be read");
    for (size_t i = 0; i < sizeof copy; i += TAP_STEP) {
        memcpy(copy, delegated_resp, sizeof copy);
        copy[i] ^= 0x04;
        good += judge(span_of(copy, sizeof copy)) == OCSP_GOOD;
    }
    ok(good == 0, "changed anywhere, none is good");
    ok(judge(span_of(server_cert, sizeof server_cert)) == OCSP_OTHER, "a certificate is none");
}

/* ---- files, credentials, time ------------------------------------------- */

static char messages[4096];

/* One more file, with these bytes, for both credentials. */
static int load(struct span bytes, struct cred *const *creds, int64_t now_s, struct arena *arena)
{
    static char path[32];
    char messages_path[40];
    int fd = memfd_create("response", MFD_CLOEXEC);
    int log = memfd_create("log", MFD_CLOEXEC);
    ssize_t n;
    int result;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(messages_path, sizeof messages_path, "/proc/self/fd/%d", log);
    if (write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len ||
        log_open(messages_path, LOG_INFO) != 0) {
        abort();
    }
    result = ocsp_load(path, creds, 2, now_s, arena);
    lseek(log, 0, SEEK_SET);
    n = read(log, messages, sizeof messages - 1);
    messages[n > 0 ? n : 0] = '\0';
    log_open(NULL, LOG_ERROR);
    close(fd);
    close(log);
    return result;
}

static bool told(const char *text)
{
    bool good = strstr(messages, text) != NULL;

    if (!good) {
        printf("# %s\n", messages);
    }
    return good;
}

#define CHAIN(name)                                                                                \
    {                                                                                              \
        (unsigned char *)(uintptr_t)name##_cert, sizeof name##_cert                                \
    }

static void files(void)
{
    br_x509_certificate first_chain[] = {CHAIN(server), CHAIN(ca)},
                        second_chain[] = {CHAIN(second)};
    struct cred first = {.chain = first_chain, .chain_len = 2, .file = "first.pem"};
    struct cred second = {.chain = second_chain, .chain_len = 1, .file = "second.pem"};
    struct cred *const creds[] = {&first, &second};
    struct arena arena = {0};
    static uint8_t big[OCSP_MAX + 1];

    ok(ocsp_staple_now(&first, MADE_S).len == 0, "none at first");
    ok(load(RESP(good), creds, MADE_S, &arena) == 0 && messages[0] == '\0' &&
           span_equal(ocsp_staple_now(&first, MADE_S), RESP(good)) && second.staple == NULL,
       "to the certificate that it is for");
    ok(ocsp_staple_now(&first, MADE_S + 6 * DAY_S).len > 0 &&
           ocsp_staple_now(&first, MADE_S + 8 * DAY_S).len == 0 &&
           ocsp_staple_now(&first, MADE_S + 8 * DAY_S).len == 0 &&
           ocsp_staple_now(&first, MADE_S - DAY_S).len == 0 &&
           ocsp_staple_now(&first, MADE_S + DAY_S).len > 0,
       "as long as it is good");
    ok(load(RESP(for_second), creds, MADE_S, &arena) == 0 && told("not checked") &&
           span_equal(ocsp_staple_now(&second, MADE_S), RESP(for_second)) &&
           span_equal(ocsp_staple_now(&first, MADE_S), RESP(good)),
       "another to another, whose chain lacks the issuer");
    first.staple = second.staple = NULL;
    ok(load(RESP(two), creds, MADE_S, &arena) == 0 && first.staple != NULL && second.staple != NULL,
       "one response for two certificates");
    first.staple = second.staple = NULL;
    ok(load(RESP(good), creds, MADE_S + 9 * DAY_S, &arena) == 0 && told("out of date since") &&
           ocsp_staple_now(&first, MADE_S + 9 * DAY_S).len == 0,
       "out of date at load");
    ok(load(RESP(delegated), creds, MADE_S, &arena) == 0 &&
           span_equal(ocsp_staple_now(&first, MADE_S), RESP(delegated)),
       "a good one takes its place");
    first.staple = NULL;
    ok(load(RESP(revoked), creds, MADE_S, &arena) == 0 && told("error: ") && told("REVOKED") &&
           told("first.pem") && first.staple == NULL,
       "revoked: told as an error, not stapled");
    ok(load(RESP(stranger), creds, MADE_S, &arena) == 0 && told("not signed by") &&
           first.staple == NULL,
       "a stranger's is not stapled");
    ok(load(RESP(rsa), creds, MADE_S, &arena) == 0 && told("for none of the certificates"),
       "for none of them");
    ok(load(RESP(try_later), creds, MADE_S, &arena) == 0 && told("tryLater"), "an error's text");
    ok(load(span_of("abc", 3), creds, MADE_S, &arena) == -1 && told("no OCSP response in DER"),
       "not DER");
    ok(load(span_of(big, sizeof big), creds, MADE_S, &arena) == -1 && told("at most 8192"),
       "too big");
    ok(ocsp_load("/nonexistent", creds, 2, MADE_S, &arena) == -1, "a missing file");
    arena_end(&arena);
}

int main(void)
{
    good_ones();
    other_ones();
    malformed();
    files();
    return tap_done();
}
