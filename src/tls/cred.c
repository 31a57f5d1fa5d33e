#include "tls/cred.h"
#include "core/log.h"
#include "tls/cred_load.h"
#include "tls/filebytes.h"
#include "tls/ocsp.h"
#include "tls/selfsign.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 255
#define SNI_MAX      1024
#define SELF_SIGNED  "(self-signed)"

struct cred_set {
    unsigned references;
    struct arena arena;
    struct cred_entry fallback; /* the default */
    struct cred_entry *named;   /* sorted by name once loaded */
    size_t named_count;
    struct file_stamp *stamps;
    size_t stamp_count;
};

/* What loading needs beside the set; lives on the stack of cred_set_load. */
struct loader {
    struct cred_set *set;
    struct password password;
    int64_t now_s;
    unsigned errors;
    struct cred **creds; /* all that are loaded, of the set's arena */
    size_t count;
};

static void complain(struct loader *l, const char *option, const char *file, const char *why)
{
    log_line(LOG_ERROR, "%s: %s: %s", option, file, why);
    l->errors++;
}

/* ---- loading --------------------------------------------------------------- */

static void keep_stamp(struct loader *l, const struct filebytes *f, const char *path)
{
    struct file_stamp *s = &l->set->stamps[l->set->stamp_count++];

    *s = f->stamp;
    s->path = path;
}

/* Reads the key file, and the certificate file when it is another one. */
static struct cred *load_files(struct loader *l, const char *option, const char *cert_path,
                               const char *key_path)
{
    bool apart = strcmp(cert_path, key_path) != 0;
    struct filebytes key = {0}, certs = {0};
    struct cred_parts *parts = calloc(1, sizeof *parts);
    struct cred *cred = arena_take(&l->set->arena, sizeof *cred);
    const char *at = key_path;
    char reason[400];
    struct text error = text_over(reason, sizeof reason);
    bool good = false;

    if (parts == NULL || cred == NULL) {
        text_add(&error, "no memory");
    } else if (filebytes_read(&key, key_path, &error) == 0) {
        keep_stamp(l, &key, key_path);
        good = cred_scan(parts, key.data, key.len,
                         apart ? CRED_TAKE_KEY : CRED_TAKE_KEY | CRED_TAKE_CERTS, &l->password,
                         &error) == 0;
    }
    if (good && apart) {
        at = cert_path;
        good = filebytes_read(&certs, cert_path, &error) == 0;
        if (good) {
            keep_stamp(l, &certs, cert_path);
            good =
                cred_scan(parts, certs.data, certs.len, CRED_TAKE_CERTS, &l->password, &error) == 0;
        }
    }
    good = good && cred_build(cred, parts, at, l->now_s, &l->set->arena, &error) == 0;
    if (parts != NULL) {
        bytes_wipe(parts, sizeof *parts);
        free(parts);
    }
    filebytes_free(&key);
    filebytes_free(&certs);
    if (!good) {
        complain(l, option, at, reason);
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

static void load_pair(struct loader *l, struct cred_entry *entry, const char *option,
                      const char *certfile, const char *keyfile)
{
    const char *key = keyfile[0] != '\0' ? keyfile : certfile;
    const char *cert = certfile[0] != '\0' ? certfile : keyfile;
    char *cert_path, *key_path;
    struct cred *cred;

    if (key[0] == '\0') {
        return;
    }
    key_path = arena_string(&l->set->arena, span_of(key, strlen(key)));
    cert_path = arena_string(&l->set->arena, span_of(cert, strlen(cert)));
    if (key_path == NULL || cert_path == NULL) {
        complain(l, option, key, "no memory");
        return;
    }
    cred = load_files(l, option, cert_path, key_path);
    if (cred != NULL) {
        add_to_entry(l, entry, cred, option);
    }
}

/* ---- server names ---------------------------------------------------------- */

/* Lower case, without a final dot. 0 when it is too long or holds a NUL. */
static size_t normal_name(struct span name, char dst[NAME_MAX_LEN + 1])
{
    if (name.len > 0 && name.data[name.len - 1] == '.') {
        name.len--;
    }
    if (name.len > NAME_MAX_LEN || (name.len > 0 && memchr(name.data, 0, name.len) != NULL)) {
        return 0;
    }
    for (size_t i = 0; i < name.len; i++) {
        dst[i] = ascii_lower((char)name.data[i]);
    }
    dst[name.len] = '\0';
    return name.len;
}

/* A sentence when it cannot be a server name or a wildcard of one label. */
static const char *check_name(const char *name)
{
    const char *p = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

    if (*p == '\0' || *p == '.') {
        return "the name is empty";
    }
    for (; *p != '\0'; p++) {
        if (*p == '*') {
            return "a wildcard is the whole first label: *.example.org";
        }
        if ((uint8_t)*p >= 0x80) {
            return "write the name in its ASCII form (xn--...)";
        }
        if (*p == '.' ? p[1] == '.'
                      : !((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' ||
                          *p == '_')) {
            return "this is not a host name";
        }
    }
    return NULL;
}

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

static void load_named(struct loader *l, const char *item)
{
    static const char option[] = "ssl.server-name-indication";
    const char *equals = strchr(item, '=');
    char name[NAME_MAX_LEN + 1];
    struct cred_entry *entry;
    const char *problem;

    if (equals == NULL || equals == item || equals[1] == '\0') {
        complain(l, option, item, "must be NAME=KEYFILE");
        return;
    }
    if (normal_name(span_of(item, (size_t)(equals - item)), name) == 0) {
        complain(l, option, item, "the name is empty or too long");
        return;
    }
    problem = check_name(name);
    entry = problem == NULL ? make_entry(l->set, name) : NULL;
    if (entry == NULL) {
        complain(l, option, item, problem != NULL ? problem : "no memory");
        return;
    }
    load_pair(l, entry, option, "", equals + 1);
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

static void load_all(struct loader *l, const struct config *config)
{
    struct cred_set *set = l->set;
    char reason[128];
    struct text error = text_over(reason, sizeof reason);

    if (password_check(config->password, &error) != 0) {
        log_line(LOG_ERROR, "ssl.password: %s", reason);
        l->errors++;
        return;
    }
    load_pair(l, &set->fallback, config->certfile[0] != '\0' ? "ssl.certfile" : "ssl.keyfile",
              config->certfile, config->keyfile);
    load_pair(l, &set->fallback,
              config->second_certfile[0] != '\0' ? "ssl.second-certfile" : "ssl.second-keyfile",
              config->second_certfile, config->second_keyfile);
    for (size_t i = 0; i < config->sni.count; i++) {
        load_named(l, config->sni.items[i]);
    }
    for (size_t i = 0; i < config->ocsp_files.count; i++) {
        if (ocsp_load(config->ocsp_files.items[i], l->creds, l->count, l->now_s, &set->arena) !=
            0) {
            l->errors++;
        }
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
        } else {
            make_self_signed(l);
        }
    }
    sort_by_name(set->named, set->named_count);
}

struct cred_set *cred_set_load(const struct config *config, int64_t now_s)
{
    struct cred_set *set = calloc(1, sizeof *set);
    struct loader l = {.set = set, .password = password_of(config->password), .now_s = now_s};

    if (config->sni.count > SNI_MAX) {
        log_line(LOG_ERROR, "ssl.server-name-indication: at most %d names", SNI_MAX);
        free(set);
        return NULL;
    }
    if (set != NULL) {
        set->references = 1;
        set->named = arena_take_array(&set->arena, config->sni.count + 1, sizeof *set->named);
        set->stamps =
            arena_take_array(&set->arena, 2 * (config->sni.count + 2), sizeof *set->stamps);
        l.creds = arena_take_array(&set->arena, config->sni.count + 2, sizeof(struct cred *));
    }
    if (set == NULL || set->named == NULL || set->stamps == NULL || l.creds == NULL) {
        log_line(LOG_ERROR, "ssl.keyfile: no memory");
        cred_set_drop(set);
        return NULL;
    }
    load_all(&l, config);
    password_wipe(&l.password);
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
    char text[NAME_MAX_LEN + 1];
    const struct cred_entry *entry = NULL;
    char *dot;

    if (normal_name(name, text) > 0 && strchr(text, '*') == NULL) {
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

int cred_set_changed(const struct cred_set *set)
{
    for (size_t i = 0; i < set->stamp_count; i++) {
        if (file_stamp_changed(&set->stamps[i])) {
            return 1;
        }
    }
    return 0;
}
