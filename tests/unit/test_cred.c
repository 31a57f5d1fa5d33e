/* Credential sets: the self-signed fallback, names, wildcards, key types side by
 * side, files and their errors. Key files are made by our own writer here; those
 * of openssl are tested in tests/integration/keys.t. */
#include "core/clock.h"
#include "core/log.h"
#include "tap.h"
#include "tls/cred.h"
#include "tls/selfsign.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tiny-cred-XXXXXX";
static char log_path[64];

static const char *path(const char *name)
{
    static char buf[32][128];
    static unsigned n;
    char *p = buf[n++ % 32];

    snprintf(p, sizeof buf[0], "%s/%s", folder, name);
    return p;
}

/* Has the log a line with this text since the last call? */
static bool logged(const char *text)
{
    char line[4096];
    bool found = false;
    FILE *f = fopen(log_path, "r");

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        found = found || strstr(line, text) != NULL;
    }
    if (f != NULL) {
        fclose(f);
    }
    if (!found) {
        printf("# not in the log: %s\n", text);
    }
    return found;
}

static void forget_log(void)
{
    if (truncate(log_path, 0) != 0) {
        perror(log_path);
    }
}

static void write_file(const char *name, const char *text, size_t len)
{
    FILE *f = fopen(path(name), "w");

    if (f != NULL) {
        fwrite(text, 1, len, f);
        fclose(f);
    }
}

static char pem[SELFSIGN_PEM_MAX];

/* Makes NAME in the folder; the text stays in pem. */
static void make(const char *name, const char *host, unsigned rsa_bits)
{
    struct selfsign_request q = {.names = {&host, 1}, .rsa_bits = rsa_bits};
    struct text out = text_over(pem, sizeof pem);
    char reason[200];
    struct text error = text_over(reason, sizeof reason);

    if (selfsign_make(&q, clock_wall_s(), &out, &error) != 0) {
        printf("# %s\n", reason);
    }
    write_file(name, pem, out.len);
}

static struct config plain(void)
{
    return (struct config){.keyfile = "",
                           .certfile = "",
                           .second_keyfile = "",
                           .second_certfile = "",
                           .password = "",
                           .cafile = ""};
}

static struct cred_set *load(const struct config *config)
{
    forget_log();
    return cred_set_load(config, clock_wall_s());
}

static bool picks(const struct cred_set *set, const char *name, const char *file)
{
    bool matched;
    const struct cred_entry *e = cred_set_pick(set, span_of(name, strlen(name)), &matched);
    const struct cred *c = e->ec != NULL ? e->ec : e->rsa;

    return strcmp(c->file, file) == 0;
}

static void test_fallback(void)
{
    struct config config = plain();
    struct cred_set *set = load(&config);
    bool matched = true;
    const struct cred_entry *e;

    if (!ok(set != NULL, "no key file: a set is made")) {
        return;
    }
    e = cred_set_pick(set, span_of("", 0), &matched);
    ok(e->rsa == NULL && e->ec != NULL && !matched, "it holds one EC certificate, the default");
    ok(e->ec->chain_len == 1 && e->ec->key_bits == 256 && e->ec->key.ec.xlen == 32, "P-256");
    is_text(e->ec->subject, "CN=localhost", "for localhost");
    ok(logged("SELF-SIGNED") && logged("fingerprint: "), "and it is said loudly");
    ok(e->ec->issuer_key_type == BR_KEYTYPE_EC, "issuer's key type");
    ok(e->ec->chain_schemes[0] == 0, "a signature of its own needs no client's consent");
    ok(e->ec->not_after_s > clock_wall_s() + 364 * 86400, "valid for a year");
    cred_set_drop(set);
}

static void test_foreign_names(void)
{
    static const char *const bad[] = {"other.example.org", "*.example.net", "a.b.example.org"};
    struct config config = plain();
    char item[200], text[200];
    const char *list[1] = {item};
    struct cred_set *set;

    make("wild.pem", "*.example.org", 0);
    config.sni = (struct string_list){list, 1};
    snprintf(item, sizeof item, "a.example.org=%s", path("wild.pem"));
    set = load(&config);
    ok(set != NULL && !logged("the certificate is not for"), "covered by a wildcard");
    cred_set_drop(set);
    make("one.pem", "www.example.org", 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        snprintf(item, sizeof item, "%s=%s", bad[i], path("one.pem"));
        snprintf(text, sizeof text, "one.pem: the certificate is not for %s,", bad[i]);
        set = load(&config);
        ok(set != NULL && logged(text), "a warning about a name that is not covered");
        cred_set_drop(set);
    }
    unlink(path("one.pem"));
}

static void test_names(void)
{
    struct config config = plain();
    char items[6][200];
    const char *list[6];
    struct cred_set *set;
    bool matched;

    make("default.pem", "default.test", 0);
    make("exact.pem", "www.example.org", 0);
    make("wild.pem", "*.example.org", 0);
    make("rsa.pem", "www.example.org", 2048);
    snprintf(items[0], sizeof items[0], "*.example.org=%s", path("wild.pem"));
    snprintf(items[1], sizeof items[1], "WWW.Example.ORG.=%s", path("exact.pem"));
    snprintf(items[2], sizeof items[2], "www.example.org=%s", path("rsa.pem"));
    for (size_t i = 0; i < 6; i++) {
        list[i] = items[i];
    }
    config.keyfile = path("default.pem");
    config.sni = (struct string_list){list, 3};
    set = load(&config);
    if (!ok(set != NULL, "default and server names load")) {
        return;
    }
    ok(!logged("the certificate is not for"), "certificates that cover their names");
    ok(picks(set, "www.example.org", path("exact.pem")), "the exact name wins");
    ok(picks(set, "wwW.eXample.org", path("exact.pem")), "in any case");
    ok(picks(set, "www.example.org.", path("exact.pem")), "with a final dot");
    ok(picks(set, "a.example.org", path("wild.pem")), "the wildcard");
    ok(picks(set, "a.b.example.org", path("default.pem")), "stands for one label");
    ok(picks(set, "example.org", path("default.pem")), "and not for none");
    ok(picks(set, "*.example.org", path("default.pem")), "and is not asked for by itself");
    ok(picks(set, "", path("default.pem")), "no name");
    ok(picks(set, ".example.org", path("default.pem")), "an empty label");
    ok(cred_set_pick(set, span_of("www.example.org", 15), &matched)->rsa != NULL && matched,
       "RSA and EC side by side");
    ok(cred_set_pick(set, span_of("www.example.org\0x", 17), &matched)->rsa == NULL && !matched,
       "a NUL inside the name matches nothing");
    ok(cred_set_hold(set) == set, "hold");
    cred_set_drop(set);
    ok(picks(set, "", path("default.pem")), "one reference is left");
    cred_set_drop(set);

    config.keyfile = "";
    config.sni.count = 2;
    list[0] = items[1];
    list[1] = items[2];
    set = load(&config);
    ok(set != NULL && picks(set, "other", path("exact.pem")),
       "without a key file the first name is the default");
    cred_set_drop(set);
    list[1] = items[1];
    ok(load(&config) == NULL && logged("already"), "same name and key type twice");
    list[1] = "nofile";
    ok(load(&config) == NULL && logged("must be NAME=KEYFILE"), "no equals sign");
    list[1] = "a*b.org=x";
    ok(load(&config) == NULL && logged("whole first label"), "a wildcard within a label");
    list[1] = "b\xC3\xBC.org=x";
    ok(load(&config) == NULL && logged("xn--"), "a name that is not ASCII");
}

static void test_files(void)
{
    struct config config = plain();
    struct cred_set *set;
    const char *key;

    make("a.pem", "a.test", 0);
    key = strstr(pem, "-----BEGIN PRIVATE");
    write_file("a.crt", pem, (size_t)(key - pem));
    write_file("a.key", key, strlen(key));
    make("b.pem", "b.test", 0);
    config.certfile = path("a.crt");
    config.keyfile = path("a.key");
    config.second_keyfile = path("rsa.pem");
    set = load(&config);
    ok(set != NULL && cred_set_pick(set, span_of("", 0), NULL)->rsa != NULL &&
           cred_set_pick(set, span_of("", 0), NULL)->ec != NULL,
       "certificate and key apart, and a second pair");
    cred_set_drop(set);
    make("b.pem", "b.test", 0);
    config.chain_file = path("b.pem");
    config.server_name = "B.test";
    config.server_name_certfile = path("a.crt");
    config.server_name_keyfile = path("a.key");
    set = load(&config);
    ok(set != NULL && cred_set_pick(set, span_of("", 0), NULL)->ec->chain_len == 2 &&
           cred_set_pick(set, span_of("", 0), NULL)->rsa->chain_len == 1,
       "the rest of the chain apart");
    ok(set != NULL && picks(set, "b.Test", path("a.crt")) &&
           cred_set_pick(set, span_of("b.test", 6), NULL)->ec->chain_len == 1,
       "one more name, with certificate and key apart");
    cred_set_drop(set);
    config.chain_file = path("none.pem");
    ok(load(&config) == NULL && logged("ssl.certfile: ") && logged("none.pem: "),
       "a chain that is not there");
    config.chain_file = path("a.key");
    ok(load(&config) == NULL && logged("a.key: there is no certificate in the file"),
       "a chain file without a certificate");
    config.chain_file = config.server_name = "";
    config.keyfile = path("b.pem");
    ok(load(&config) == NULL && logged("a.crt: the private key does not belong"), "another key");
    config.second_keyfile = path("a.pem");
    config.keyfile = path("a.key");
    ok(load(&config) == NULL && logged("there is an EC certificate for the default already"),
       "two EC certificates");
    config = plain();
    config.keyfile = path("a.pem");
    forget_log();
    set = cred_set_load(&config, clock_wall_s() + 400 * 86400);
    ok(set != NULL && logged("a.pem: the certificate expired at 20"), "expired: a warning");
    cred_set_drop(set);
    forget_log();
    set = cred_set_load(&config, clock_wall_s() - 86400);
    ok(set != NULL && logged("a.pem: the certificate is not valid before 20"), "not yet valid");
    cred_set_drop(set);
    config.keyfile = path("missing.pem");
    ok(load(&config) == NULL && logged("missing.pem: cannot be opened: No such file"), "missing");
    config.keyfile = folder;
    ok(load(&config) == NULL && logged("is a directory"), "directory");
    write_file("empty", "", 0);
    config.keyfile = path("empty");
    ok(load(&config) == NULL && logged("the file is empty"), "empty");
    write_file("text", "hello\n", 6);
    config.keyfile = path("text");
    ok(load(&config) == NULL && logged("neither PEM"), "not PEM");
    config.keyfile = path("a.crt");
    ok(load(&config) == NULL && logged("a.crt: there is no private key in the file"), "no key");
    config.keyfile = path("a.key");
    ok(load(&config) == NULL && logged("a.key: there is no certificate in the file"), "no cert");
    config.keyfile = path("a.pem");
    config.password = "secret";
    ok(load(&config) == NULL && logged("must be pass:TEXT"), "password of no form");
}

int main(void)
{
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    log_open(log_path, LOG_INFO);
    test_fallback();
    test_foreign_names();
    test_names();
    test_files();
    snprintf(log_path, sizeof log_path, "rm -rf %s", folder);
    ok(system(log_path) == 0, "cleaned up");
    return tap_done();
}
