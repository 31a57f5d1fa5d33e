#include "app/private.h"
#include "core/log.h"
#include "core/must.h"
#include "core/text.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct private_file {
    const char *path; /* in the configuration */
    dev_t device;
    ino_t inode;
    bool known;   /* device and inode are set */
    char *inside; /* relative to the root; NULL when not under it */
};

struct private_files {
    size_t count;
    struct private_file items[];
};

/* ---- which files ----------------------------------------------------------- */

static void add(struct private_files *p, const char *path)
{
    if (path != NULL && path[0] != '\0') {
        p->items[p->count++].path = path;
    }
}

/* Without a key file of its own a certificate's file holds the key. */
static void add_pair(struct private_files *p, const char *keyfile, const char *certfile)
{
    add(p, keyfile != NULL && keyfile[0] != '\0' ? keyfile : certfile);
}

static void collect(struct private_files *p, const struct config *config)
{
    add_pair(p, config->keyfile, config->certfile);
    add_pair(p, config->second_keyfile, config->second_certfile);
    for (size_t i = 0; i < config->sni.count; i++) {
        const char *equals = strchr(config->sni.items[i], '=');

        add(p, equals != NULL ? equals + 1 : NULL);
    }
    if (config->password != NULL && strncmp(config->password, "file:", 5) == 0) {
        add(p, config->password + 5);
    }
}

static void identify(struct private_file *f)
{
    struct stat st;

    if (stat(f->path, &st) == 0) {
        f->device = st.st_dev;
        f->inode = st.st_ino;
        f->known = true;
    }
}

/* The folder's path without links, as the kernel tells it: by going there and
 * back. "" when it cannot be entered. */
static void without_links(const char *folder, char *dst, size_t cap)
{
    int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    dst[0] = '\0';
    if (back < 0) {
        return;
    }
    if (chdir(folder) == 0) {
        if (getcwd(dst, cap) == NULL) {
            dst[0] = '\0';
        }
        must(fchdir(back) == 0);
    }
    close(back);
}

/* Where the path lies beneath the root, if it does: its folder without links,
 * and the name in it, which may be a link to ever new keys. -1 without memory. */
static int locate(struct private_file *f, const char *root)
{
    const char *slash = strrchr(f->path, '/');
    const char *name = slash != NULL ? slash + 1 : f->path;
    char folder[PATH_MAX], top[PATH_MAX], inside[PATH_MAX];
    size_t len = slash != NULL ? (size_t)(name - f->path) : 0;
    struct text t = text_over(inside, sizeof inside);

    text_add_span(&t, len > 0 ? span_of(f->path, len) : span_of(".", 1));
    without_links(root, top, sizeof top);
    without_links(inside, folder, sizeof folder);
    if (t.full || top[0] == '\0' || folder[0] == '\0') {
        return 0;
    }
    len = strcmp(top, "/") == 0 ? 0 : strlen(top);
    if (strncmp(folder, top, len) != 0 || (folder[len] != '/' && folder[len] != '\0')) {
        return 0;
    }
    t = text_over(inside, sizeof inside);
    text_addf(&t, "./%s/%s", folder[len] == '/' ? folder + len + 1 : ".", name);
    f->inside = strdup(inside);
    return f->inside != NULL ? 0 : -1;
}

/* ---- the contract ---------------------------------------------------------- */

int private_files_begin(struct app_shared *s)
{
    size_t most = s->config->sni.count + 3;

    s->private_files = calloc(1, sizeof *s->private_files + most * sizeof(struct private_file));
    if (s->private_files == NULL) {
        return -1;
    }
    collect(s->private_files, s->config);
    for (size_t i = 0; i < s->private_files->count; i++) {
        struct private_file *f = &s->private_files->items[i];

        identify(f);
        if (locate(f, s->config->root) != 0) {
            return -1;
        }
        if (f->inside != NULL) {
            log_line(LOG_WARN,
                     "files.root: %s lies in the folder that is served; it is never sent, but a "
                     "better place for a secret is elsewhere",
                     f->path);
        }
    }
    return 0;
}

void private_files_refresh(struct app_shared *s)
{
    for (size_t i = 0; s->private_files != NULL && i < s->private_files->count; i++) {
        identify(&s->private_files->items[i]);
    }
}

bool private_files_has(const struct app_shared *s, const struct stat *st)
{
    for (size_t i = 0; s->private_files != NULL && i < s->private_files->count; i++) {
        const struct private_file *f = &s->private_files->items[i];
        struct stat now;

        if (f->known && f->device == st->st_dev && f->inode == st->st_ino) {
            return true;
        }
        if (f->inside != NULL && fstatat(s->root_fd, f->inside, &now, 0) == 0 &&
            now.st_dev == st->st_dev && now.st_ino == st->st_ino) {
            return true;
        }
    }
    return false;
}

void private_files_end(struct app_shared *s)
{
    for (size_t i = 0; s->private_files != NULL && i < s->private_files->count; i++) {
        free(s->private_files->items[i].inside);
    }
    free(s->private_files);
    s->private_files = NULL;
}
