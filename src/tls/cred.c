#include "tls/cred.h"
#include "config/sslop.h"
#include "core/log.h"
#include "tls/certcomp.h"
#include "tls/cred_load.h"
#include "tls/filebytes.h"
#include "tls/ocsp.h"
#include "tls/selfsign.h"
#include "tls/servername.h"
#include "core/build.h"

#include <stdlib.h>
#include <string.h>

#define SNI_MAX     1024
#define SELF_SIGNED "(self-signed)"

struct cred_set {
    unsigned references;
    struct arena arena;
    struct cred_entry fallback; /* the default */
    struct cred_entry *named;   /* sorted by name once loaded */
    size_t named_count;
};

/* What loading needs beside the set; lives on the stack of cred_set_load. */
struct loader {
    struct cred_set *set;
    struct password password, second_password;
    int64_t now_s;
    unsigned errors;
    struct anchor_set *issuers; /* NULL for none */
    struct cred **creds;        /* all that are loaded, of the set's arena */
    size_t count;
};

/* Where one credential comes from; "" or NULL: not given. */
struct source {
    const char *option; /* that names it */
    const char *cert, *key;
    const char *chain; /* the rest of the chain, apart */
    struct password *password;
};

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void complain(struct loader *l, const char *option, const char *file, const char *why)
{
    log_line(LOG_ERROR, "%s: %s: %s", option, file, why);
    l->errors++;
}

/* ---- loading --------------------------------------------------------------- */

/* Reads what is wanted of a file, which stays in *f. */
static bool scan_file(struct filebytes *f, const char *path, unsigned take,
                      struct password *password, struct cred_parts *parts, struct text *error)
{
    if (filebytes_read(f, path, error) != 0) {
        return false;
    }
    return cred_scan(parts, f->data, f->len, take, password, error) == 0;
}

/* Reads the key file, the certificate file when it is another one, and that of
 * the chain. The paths of *s live as long as the set. */
static struct cred *load_files(struct loader *l, const struct source *s)
{
    const char *paths[] = {s->key, strcmp(s->cert, s->key) != 0 ? s->cert : NULL, s->chain};
    struct filebytes files[ARRAY_LEN(paths)] = {0};
    struct cred_parts *parts = calloc(1, sizeof *parts);
    struct cred *cred = arena_take(&l->set->arena, sizeof *cred);
    const char *at = s->key;
    char reason[400];
    struct text error = text_over(reason, sizeof reason);
    bool good = parts != NULL && cred != NULL;

    if (!good) {
        text_add(&error, "no memory");
    }
    if (good) {
        parts->issuers = l->issuers;
    }
    for (size_t i = 0; i < ARRAY_LEN(paths) && good; i++) {
        unsigned take = i == 0 && paths[1] == NULL ? CRED_TAKE_KEY | CRED_TAKE_CERTS
                        : i == 0                   ? CRED_TAKE_KEY
                                                   : CRED_TAKE_CERTS;

        if (paths[i] != NULL) {
            at = paths[i];
            good = scan_file(&files[i], at, take, s->password, parts, &error);
        }
    }
    if (good) {
        at = s->cert;
        good = cred_build(cred, parts, at, l->now_s, &l->set->arena, &error) == 0;
    }
    if (parts != NULL) {
        bytes_wipe(parts, sizeof *parts);
        free(parts);
    }
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        filebytes_free(&files[i]);
    }
    if (!good) {
        complain(l, s->option, at, reason);
        return NULL;
    }
    l->creds[l->count++] = cred;
    return cred;
}

static void warn_names(const struct cred *cred, const char *name, const char *option)
{
    struct span der = span_of(cred->chain[0].data, cred->chain[0].data_len);
    struct x509_cert leaf;
    struct text unused = text_over(NULL, 0);

    if (x509_cert_parse(&leaf, der, false, &unused) == 0 && !x509_cert_covers(&leaf, name)) {
        log_line(LOG_WARN, "%s: %s: the certificate is not for %s, so clients will refuse it",
                 option, cred->file, name);
    }
}

/* Puts a credential beside the other key type's of the same name. */
static void add_to_entry(struct loader *l, struct cred_entry *entry, const struct cred *cred,
                         const char *option)
{
    const struct cred **place = cred->key_type == CRED_RSA ? &entry->rsa : &entry->ec;
    const char *type = cred->key_type == CRED_RSA ? "RSA" : "EC";

    if (*place != NULL) {
        log_line(LOG_ERROR, "%s: %s: there is an %s certificate for %s already (%s)", option,
                 cred->file, type, entry->name != NULL ? entry->name : "the default",
                 (*place)->file);
        l->errors++;
        return;
    }
    *place = cred;
    log_line(LOG_INFO, "%s: %s: %s, %s %u", option, cred->file, cred->subject, type,
             cred->key_bits);
    if (entry->name != NULL) {
        warn_names(cred, entry->name, option);
    }
}

/* A path that lives as long as the set; NULL for none, or without memory (an
 * error then). */
static const char *keep_path(struct loader *l, const char *path)
{
    const char *copy = NULL;

    if (path != NULL && path[0] != '\0') {
        copy = arena_string(&l->set->arena, span_of(path, strlen(path)));
        l->errors += copy == NULL;
    }
    return copy;
}

static void load_source(struct loader *l, struct cred_entry *entry, struct source s)
{
    struct cred *cred;

    if (!is_set(s.key) && !is_set(s.cert)) {
        return;
    }
    s.key = keep_path(l, is_set(s.key) ? s.key : s.cert);
    s.cert = is_set(s.cert) ? keep_path(l, s.cert) : s.key;
    s.chain = keep_path(l, s.chain);
    if (s.key == NULL || s.cert == NULL) {
        complain(l, s.option, "", "no memory");
        return;
    }
    cred = load_files(l, &s);
    if (cred != NULL) {
        add_to_entry(l, entry, cred, s.option);
    }
}

/* ---- server names ---------------------------------------------------------- */

static struct cred_entry *entry_of(struct cred_set *set, const char *name)
{
    for (size_t i = 0; i < set->named_count; i++) {
        if (strcmp(set->named[i].name, name) == 0) {
            return &set->named[i];
        }
    }
    return NULL;
}

/* The entry of a name, made when it is new; NULL without memory. */
static struct cred_entry *make_entry(struct cred_set *set, const char *name)
{
    struct cred_entry *entry = entry_of(set, name);
    char *copy;

    if (entry != NULL) {
        return entry;
    }
    copy = arena_string(&set->arena, span_of(name, strlen(name)));
    if (copy == NULL) {
        return NULL;
    }
    entry = &set->named[set->named_count++];
    entry->name = copy;
    return entry;
}

/* name as configured: any case, perhaps a wildcard. */
static void load_named(struct loader *l, struct span as_written, struct source s)
{
    char name[SERVERNAME_MAX + 1];
    struct cred_entry *entry = NULL;
    const char *problem = "the name is empty or too long";

    if (servername_normal(as_written, name) != 0) {
        problem = servername_problem(name);
        entry = problem == NULL ? make_entry(l->set, name) : NULL;
    }
    if (entry == NULL) {
        complain(l, s.option, s.key, problem != NULL ? problem : "no memory");
        return;
    }
    load_source(l, entry, s);
}

static void load_item(struct loader *l, const char *item)
{
    struct source s = {.option = "ssl.server-name-indication", .password = &l->password};
    const char *equals = strchr(item, '=');

    if (equals == NULL || equals == item || equals[1] == '\0') {
        complain(l, s.option, item, "must be NAME=KEYFILE");
        return;
    }
    s.key = equals + 1;
    load_named(l, span_of(item, (size_t)(equals - item)), s);
}

/* Shell's sort: the names are few thousands at most, and sorted once. */
static void sort_by_name(struct cred_entry *named, size_t count)
{
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            struct cred_entry moved = named[i];
            size_t at = i;

            for (; at >= gap && strcmp(named[at - gap].name, moved.name) > 0; at -= gap) {
                named[at] = named[at - gap];
            }
            named[at] = moved;
        }
    }
}

static int by_name(const void *a, const void *b)
{
    const struct cred_entry *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* ---- without a key file ----------------------------------------------------- */

static void announce(const struct cred *cred)
{
    char hex[2 * sizeof cred->fingerprint + 1];
    struct text t = text_over(hex, sizeof hex);

    text_add_hex(&t, span_of(cred->fingerprint, sizeof cred->fingerprint));
    log_line(LOG_WARN, "no ssl.keyfile: a SELF-SIGNED certificate for localhost was made in memory;"
                       " browsers will warn, and it is another one after every start");
    log_line(LOG_WARN, "self-signed certificate, SHA-256 fingerprint: %s", hex);
}

static void make_self_signed(struct loader *l)
{
    static const char *names[] = {"localhost", "127.0.0.1", "::1"};
    struct selfsign_request request = {.names = {names, ARRAY_LEN(names)}};
    char reason[200];
    struct text error = text_over(reason, sizeof reason);
    char *pem = malloc(SELFSIGN_PEM_MAX);
    struct cred_parts *parts = calloc(1, sizeof *parts);
    struct cred *cred = arena_take(&l->set->arena, sizeof *cred);
    struct text out;
    bool good = false;

    if (pem == NULL || parts == NULL || cred == NULL) {
        text_add(&error, "no memory");
    } else {
        out = text_over(pem, SELFSIGN_PEM_MAX);
        good = selfsign_make(&request, l->now_s, &out, &error) == 0 &&
               cred_scan(parts, (uint8_t *)pem, out.len, CRED_TAKE_CERTS | CRED_TAKE_KEY,
                         &l->password, &error) == 0 &&
               cred_build(cred, parts, SELF_SIGNED, l->now_s, &l->set->arena, &error) == 0;
        bytes_wipe(pem, SELFSIGN_PEM_MAX);
        bytes_wipe(parts, sizeof *parts);
    }
    free(pem);
    free(parts);
    if (!good) {
        complain(l, "ssl.keyfile", SELF_SIGNED, reason);
        return;
    }
    l->set->fallback.ec = cred;
    announce(cred);
}

/* ---- the set ---------------------------------------------------------------- */

static void load_compressed(struct loader *l, const struct config *config)
{
    const struct string_list *files = &config->compressed_certificates;
    bool off = (config->options & SSLOP_NO_TX_CERTIFICATE_COMPRESSION) != 0;

    for (size_t i = 0; i < files->count && l->errors == 0 && !off; i++) {
        l->errors += certcomp_load(files->items[i], l->creds, l->count, &l->set->arena) != 0;
    }
}

static void load_second(struct loader *l, const struct config *config)
{
    load_source(
        l, &l->set->fallback,
        (struct source){
            .option =
                is_set(config->second_certfile) ? "ssl.second-certfile" : "ssl.second-keyfile",
            .cert = config->second_certfile,
            .key = config->second_keyfile,
            .chain = config->second_chain_file,
            .password = is_set(config->second_password) ? &l->second_password : &l->password,
        });
}

static void load_all(struct loader *l, const struct config *config)
{
    struct cred_set *set = l->set;
    char reason[128];
    struct text error = text_over(reason, sizeof reason);

    if (TINY_EXTRAS && (password_check(config->password, &error) != 0 ||
                        password_check(config->second_password, &error) != 0)) {
        log_line(LOG_ERROR, "ssl.password, ssl.second-password: %s", reason);
        l->errors++;
        return;
    }
    if (TINY_CLIENTS && config->chain_cafiles.count > 0) {
        l->issuers = anchor_set_of_list("ssl.chain-cafile", &config->chain_cafiles, l->now_s);
        l->errors += l->issuers == NULL;
    }
    load_source(l, &set->fallback,
                (struct source){
                    .option = is_set(config->certfile) ? "ssl.certfile" : "ssl.keyfile",
                    .cert = config->certfile,
                    .key = config->keyfile,
                    .chain = config->chain_file,
                    .password = &l->password,
                });
    if (TINY_COMFORT) {
        load_second(l, config);
    }
    if (TINY_STANDIN && is_set(config->server_name)) {
        load_named(l, span_of(config->server_name, strlen(config->server_name)),
                   (struct source){
                       .option = "ssl.server-name",
                       .cert = config->server_name_certfile,
                       .key = config->server_name_keyfile,
                       .password = &l->password,
                   });
    }
    for (size_t i = 0; i < config->sni.count; i++) {
        load_item(l, config->sni.items[i]);
    }
    for (size_t i = 0; TINY_CLIENTS && i < config->ocsp_files.count && l->errors == 0; i++) {
        if (ocsp_load(config->ocsp_files.items[i], l->creds, l->count, l->now_s, &set->arena) !=
            0) {
            l->errors++;
        }
    }
    if (TINY_EXTRAS) {
        load_compressed(l, config);
    }
    if (l->errors > 0) {
        return;
    }
    if (set->fallback.rsa == NULL && set->fallback.ec == NULL) {
        if (set->named_count > 0) {
            set->fallback.rsa = set->named[0].rsa;
            set->fallback.ec = set->named[0].ec;
            log_line(LOG_INFO, "no ssl.keyfile: clients that ask for no known name get %s",
                     set->named[0].name);
        } else if (TINY_COMFORT) {
            make_self_signed(l);
        } else {
            complain(l, "ssl.keyfile", "not set", "this " TINY_BUILD " build makes no key itself");
        }
    }
    sort_by_name(set->named, set->named_count);
}

struct cred_set *cred_set_load(const struct config *config, int64_t now_s)
{
    struct cred_set *set = calloc(1, sizeof *set);
    struct loader l = {.set = set, .now_s = now_s};

    if (TINY_EXTRAS) {
        l.password = password_of(config->password);
        l.second_password = password_of(config->second_password);
    }

    if (config->sni.count > SNI_MAX) {
        log_line(LOG_ERROR, "ssl.server-name-indication: at most %d names", SNI_MAX);
        free(set);
        return NULL;
    }
    if (set != NULL) {
        set->references = 1;
        set->named = arena_take_array(&set->arena, config->sni.count + 2, sizeof *set->named);
        l.creds = arena_take_array(&set->arena, config->sni.count + 3, sizeof(struct cred *));
    }
    if (set == NULL || set->named == NULL || l.creds == NULL) {
        log_line(LOG_ERROR, "ssl.keyfile: no memory");
        cred_set_drop(set);
        return NULL;
    }
    load_all(&l, config);
    if (TINY_CLIENTS) {
        anchor_set_free(l.issuers);
    }
    if (TINY_EXTRAS) {
        password_wipe(&l.password);
        password_wipe(&l.second_password);
    }
    if (l.errors > 0) {
        cred_set_drop(set);
        return NULL;
    }
    return set;
}

struct cred_set *cred_set_hold(struct cred_set *set)
{
    set->references++;
    return set;
}

void cred_set_drop(struct cred_set *set)
{
    if (set == NULL || --set->references > 0) {
        return;
    }
    arena_end(&set->arena);
    bytes_wipe(set, sizeof *set);
    free(set);
}

static const struct cred_entry *find(const struct cred_set *set, const char *name)
{
    struct cred_entry key = {.name = name};

    if (set->named_count == 0) {
        return NULL;
    }
    return bsearch(&key, set->named, set->named_count, sizeof *set->named, by_name);
}

const struct cred_entry *cred_set_pick(const struct cred_set *set, struct span name, bool *matched)
{
    char text[SERVERNAME_MAX + 1];
    const struct cred_entry *entry = NULL;
    char *dot;

    if (servername_normal(name, text) > 0 && strchr(text, '*') == NULL) {
        entry = find(set, text);
        dot = strchr(text, '.');
        if (entry == NULL && dot != NULL && dot > text) {
            dot[-1] = '*';
            entry = find(set, dot - 1);
        }
    }
    if (matched != NULL) {
        *matched = entry != NULL;
    }
    return entry != NULL ? entry : &set->fallback;
}
