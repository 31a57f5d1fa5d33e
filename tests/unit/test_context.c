/* What a context is made of: files of keys, certificates, anchors, CRLs and randomness;
 * what happens when one is wrong, changes, or goes; chains judged by what was loaded. */
#include "core/clock.h"
#include "core/log.h"
#include "crl_samples.h"
#include "tap.h"
#include "tls/internal.h"
#include "tls_certs.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tiny-context-XXXXXX";
static char log_path[64];
static struct counters counters;

static const char *path(const char *name)
{
    static char buf[32][128];
    static unsigned n;
    char *p = buf[n++ % 32];

    snprintf(p, sizeof buf[0], "%s/%s", folder, name);
    return p;
}

static bool logged(const char *text)
{
    char all[8192];
    FILE *f = fopen(log_path, "r");
    size_t n = f != NULL ? fread(all, 1, sizeof all - 1, f) : 0;
    bool found;

    if (f != NULL) {
        fclose(f);
    }
    all[n] = '\0';
    found = strstr(all, text) != NULL;
    if (!found) {
        printf("# not in the log: %s; but: %s\n", text, all);
    }
    if (truncate(log_path, 0) != 0) {
        perror(log_path);
    }
    return found;
}

static const char *write_file(const char *name, const void *data, size_t len, bool more)
{
    FILE *f = fopen(path(name), more ? "a" : "w");

    if (f != NULL) {
        fwrite(data, 1, len, f);
        fclose(f);
    }
    return path(name);
}

static const char *write_pem(const char *name, const void *der, size_t len, const char *label,
                             bool more)
{
    static char pem[8192];

    return write_file(name, pem, br_pem_encode(pem, der, len, label, 0), more);
}

static struct config plain(void)
{
    struct config c;

    memset(&c, 0, sizeof c);
    c.keyfile = path("server.pem");
    c.certfile = c.second_keyfile = c.second_certfile = c.cafile = c.capath = c.password = "";
    c.psk = c.psk_identity = "";
    c.verify_hostname = c.verify_email = c.verify_ip = "";
    c.max_connections = 10;
    c.version_min = 0x0303;
    c.version_max = 0x0304;
    c.session_timeout_s = 300;
    c.verify_depth = c.verify_error_depth = 100;
    c.verify_return_error = c.check_time = c.partial_chain = true;
    return c;
}

static void write_files(void)
{
    write_pem("server.pem", server_ec_key, sizeof server_ec_key, "EC PRIVATE KEY", false);
    write_pem("server.pem", server_ec_cert, sizeof server_ec_cert, "CERTIFICATE", true);
    write_pem("deep.pem", client_deep_key, sizeof client_deep_key, "EC PRIVATE KEY", false);
    write_pem("deep.pem", client_deep_cert, sizeof client_deep_cert, "CERTIFICATE", true);
    write_pem("ca.pem", ca_ec_cert, sizeof ca_ec_cert, "CERTIFICATE", false);
    write_pem("middle.pem", middle_cert, sizeof middle_cert, "CERTIFICATE", false);
    write_file("random", "some bytes of the user's own", 28, false);
    write_file("nothing", "", 0, false);
    write_file("words", "these are only words\n", 21, false);
    mkdir(path("anchors"), 0700);
    write_pem("anchors/a.pem", ca_rsa_cert, sizeof ca_rsa_cert, "CERTIFICATE", false);
    write_file("anchors/words.pem", "these are only words\n", 21, false);
    write_file("maker.der", maker_cert, sizeof maker_cert, false);
    write_pem("some.crl", some_crl, sizeof some_crl, "X509 CRL", false);
    write_file("empty.crl", empty_crl, sizeof empty_crl, false);
    write_file("expired.crl", expired_crl, sizeof expired_crl, false);
}

/* ---- loading ------------------------------------------------------------- */

static void everything(void)
{
    const char *lists[] = {path("random"), path("middle.pem"), path("some.crl")};
    struct config c = plain();
    struct tls_context *ctx;
    struct cred_set *before;

    c.random_files = lists[0];
    c.chain_cafiles = (struct string_list){&lists[1], 1};
    c.crl_files = (struct string_list){&lists[2], 1};
    c.crl_check = CRL_CHECK_LEAF;
    c.cafile = path("ca.pem");
    c.capath = path("anchors");
    c.verify = VERIFY_REQUIRED;
    c.session_cache = true;
    c.session_cache_size = 4;
    c.keyfile = path("deep.pem");
    c.early_data = 100;
    c.anti_replay = true;
    ctx = tls_context_new(&c, &counters);
    ok(ctx != NULL && ctx->trust->set->count == 2 && ctx->trust->set->crls != NULL,
       "anchors of a file and of a folder, and a CRL");
    ok(logged("anchors/words.pem: "), "what is no certificate in the folder is told of");
    ok(ctx->creds != NULL && cred_set_pick(ctx->creds, span_of("", 0), NULL)->ec->chain_len == 2,
       "the chain goes on with what ssl.chain-cafile has");
    ok(ctx->early != NULL && ctx->sessions != NULL, "room for sessions and early data");
    ok(tls_context_changed(ctx) == 0, "nothing changed");
    write_pem("anchors/b.pem", other_ca_cert, sizeof other_ca_cert, "CERTIFICATE", false);
    ok(tls_context_changed(ctx) == 1, "another file in the folder");
    ok(tls_context_reload(ctx) == 0 && ctx->trust->set->count == 3, "is loaded");
    before = ctx->creds;
    write_file("deep.pem", "words", 5, false);
    ok(tls_context_changed(ctx) == 1 && tls_context_reload(ctx) == -1 && ctx->creds == before,
       "a key that does not load leaves the one before");
    unlink(path("anchors/b.pem"));
    tls_context_tick(ctx, clock_now_ms() + 70000);
    tls_context_free(ctx);
    tls_context_free(NULL);
    write_files();
}

static void failures(void)
{
    const char *nowhere = path("nowhere"), *words = path("words");
    struct string_list list = {&nowhere, 1}, no_crl = {&words, 1};
    struct config c = plain();
    struct {
        struct config config;
        const char *said;
    } rows[8];
    size_t n = 0;

    c.random_files = path("nowhere");
    rows[n].config = c, rows[n++].said = "ssl.random-files: ";
    c = plain();
    c.keyfile = path("nowhere");
    rows[n].config = c, rows[n++].said = "ssl.keyfile: ";
    c = plain();
    c.chain_cafiles = list;
    rows[n].config = c, rows[n++].said = "ssl.chain-cafile: ";
    c = plain();
    c.verify = VERIFY_REQUIRED;
    c.cafile = path("nothing");
    rows[n].config = c, rows[n++].said = "ssl.cafile: ";
    c.cafile = "";
    c.capath = path("nowhere");
    rows[n].config = c, rows[n++].said = "ssl.capath: ";
    c.cafile = path("ca.pem");
    c.capath = "";
    c.crl_check = CRL_CHECK_ALL;
    c.crl_files = no_crl;
    rows[n].config = c, rows[n++].said = "ssl.crl-file: ";
    c = plain();
    c.session_tickets = true;
    c.ticket_keys = list;
    rows[n].config = c, rows[n++].said = "ssl.ticket-keys: ";
    c = plain();
    c.psk = "not hexadecimal";
    rows[n].config = c, rows[n++].said = "ssl.psk: ";
    for (size_t i = 0; i < n; i++) {
        ok(tls_context_new(&rows[i].config, &counters) == NULL, "a context that cannot be made");
        ok(logged(rows[i].said), rows[i].said);
    }
    c = plain();
    c.verify = VERIFY_REQUIRED;
    c.cafile = path("ca.pem");
    c.crl_check = CRL_CHECK_LEAF;
    tls_context_free(tls_context_new(&c, &counters));
    ok(logged("there is no CRL, so no client certificate is accepted"), "a check without a CRL");
}

/* ---- chains -------------------------------------------------------------- */

/* openssl's number of what is wrong with a chain, 0 for nothing. */
static unsigned judge(const struct config *config, struct span leaf, struct span next)
{
    struct anchor_set *set = anchor_set_load(config, clock_wall_s());
    struct verifier *v = malloc(verify_size());
    const br_x509_class **x509 = verify_class(v);
    struct span certs[] = {leaf, next};
    enum alert alert;
    const char *reason;
    unsigned error;

    verify_begin(v, set, config, clock_wall_s());
    (*x509)->start_chain(x509, NULL);
    for (size_t i = 0; i < ARRAY_LEN(certs) && certs[i].len > 0; i++) {
        (*x509)->start_cert(x509, (uint32_t)certs[i].len);
        (*x509)->append(x509, certs[i].data, certs[i].len);
        (*x509)->end_cert(x509);
    }
    (void)(*x509)->end_chain(x509);
    error = verify_error(v);
    if ((verify_outcome(v, &alert, &reason) == VERIFY_GOOD) != (error == 0)) {
        error = 1000;
    }
    free(v);
    anchor_set_free(set);
    return error;
}

static void revocation(void)
{
    const struct span leaf = {leaf_cert, sizeof leaf_cert}, none = {NULL, 0};
    const char *file;
    struct config c = plain();

    c.verify = VERIFY_REQUIRED;
    c.purpose = PURPOSE_ANY;
    c.cafile = path("maker.der");
    c.crl_files = (struct string_list){&file, 1};
    file = path("some.crl");
    ok(judge(&c, leaf, none) == 0, "a certificate, without a look at CRLs");
    c.crl_check = CRL_CHECK_LEAF;
    ok(judge(&c, leaf, none) == 23, "one that is revoked");
    file = path("empty.crl");
    ok(judge(&c, leaf, none) == 0, "one that is not");
    c.crl_check = CRL_CHECK_ALL;
    ok(judge(&c, leaf, none) == 0, "nor its maker");
    file = path("expired.crl");
    ok(judge(&c, leaf, none) == 12, "a CRL that is too old");
    c.crl_files.count = 0;
    ok(judge(&c, leaf, none) == 3, "no CRL at all");
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(name);
}

int main(void)
{
    int result;

    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    log_open(log_path, LOG_DEBUG);
    write_files();
    everything();
    failures();
    revocation();
    result = tap_done();
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return result;
}
