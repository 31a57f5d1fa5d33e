#include "tls/folder.h"
#include "core/errors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HASH_LEN 8

/* The kernel's struct linux_dirent64: inode, offset, record length, type, name.
 * readdir would bring the C library's allocator with it. */
#define DIRENT_LEN_AT  16
#define DIRENT_NAME_AT 19

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* HHHHHHHH.N or HHHHHHHH.rN */
static bool is_hashed(const char *name)
{
    size_t n = 0;

    while (n < HASH_LEN && is_hex(name[n])) {
        n++;
    }
    if (n < HASH_LEN || name[n] != '.') {
        return false;
    }
    name += n + 1;
    name += *name == 'r';
    return *name != '\0' && strspn(name, "0123456789") == strlen(name);
}

static bool is_wanted(const char *name)
{
    static const char suffixes[][5] = {".pem", ".crt", ".cer", ".crl"};
    size_t len = strlen(name);

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (len > 4 && span_is_nocase(span_of(name + len - 4, 4), suffixes[i])) {
            return name[0] != '.';
        }
    }
    return is_hashed(name);
}

/* Shell's sort. */
static void sort(const char **paths, size_t count)
{
    for (size_t gap = count / 2; gap > 0; gap /= 2) {
        for (size_t i = gap; i < count; i++) {
            const char *moved = paths[i];
            size_t at = i;

            for (; at >= gap && strcmp(paths[at - gap], moved) > 0; at -= gap) {
                paths[at] = paths[at - gap];
            }
            paths[at] = moved;
        }
    }
}

static int take_name(struct folder *f, const char *path, const char *name, struct arena *arena,
                     struct text *error)
{
    char buf[PATH_MAX];
    struct text t = text_over(buf, sizeof buf);

    if (!is_wanted(name)) {
        return 0;
    }
    if (f->count == FOLDER_MAX) {
        text_addf(error, "the folder holds more than %d such files", FOLDER_MAX);
        return -1;
    }
    text_addf(&t, "%s/%s", path, name);
    f->paths[f->count] = t.full ? NULL : arena_string(arena, span_of(buf, t.len));
    if (f->paths[f->count++] == NULL) {
        text_add(error, t.full ? "a path is too long" : "no memory");
        return -1;
    }
    return 0;
}

static int take_names(struct folder *f, int fd, const char *path, struct arena *arena,
                      struct text *error)
{
    char entries[4096];
    long n;

    while ((n = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0) {
        for (size_t at = 0; at + DIRENT_NAME_AT < (size_t)n;) {
            uint16_t len;

            memcpy(&len, entries + at + DIRENT_LEN_AT, sizeof len);
            if (take_name(f, path, entries + at + DIRENT_NAME_AT, arena, error) != 0) {
                return -1;
            }
            at += len;
        }
    }
    if (n < 0) {
        text_addf(error, "the folder cannot be read: %s", error_text(errno));
        return -1;
    }
    sort(f->paths, f->count);
    return 0;
}

int folder_read(struct folder *f, const char *path, struct arena *arena, struct text *error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = -1;

    *f = (struct folder){.paths = arena_take_array(arena, FOLDER_MAX, sizeof *f->paths)};
    if (fd < 0) {
        text_addf(error, "the folder cannot be read: %s", error_text(errno));
        return -1;
    }
    if (f->paths == NULL) {
        text_add(error, "no memory");
    } else {
        result = take_names(f, fd, path, arena, error);
    }
    close(fd);
    return result;
}

bool folder_is(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
