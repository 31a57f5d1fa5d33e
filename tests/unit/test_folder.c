/* Which files of a folder are looked into, and in which order. */
#include "tap.h"
#include "tls/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {
    "b.pem",      "a.CRT",     "c.cer",       "d.crl",      "0a1b2c3d.0",  "0A1B2C3D.r12",
    "notes.txt",  ".pem",      ".hidden.pem", "0a1b2c3d.r", "0a1b2c3d.",   "0a1b2c3g.0",
    "0a1b2c3d.x", "0a1b2c3.0", "pem",         "x.pem.bak",  "0a1b2c3d5.0", "0a1b2c3d.0a",
};
static const char *const wanted[] = {
    "0A1B2C3D.r12", "0a1b2c3d.0", "a.CRT", "b.pem", "c.cer", "d.crl",
};

int main(void)
{
    char path[] = "/tmp/tiny-folder-XXXXXX", reason[200], file[100];
    struct text error = text_over(reason, sizeof reason);
    struct arena arena = {0};
    struct folder f;

    ok(mkdtemp(path) != NULL, "a folder");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int fd;

        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        expect(fd >= 0 && close(fd) == 0, "a file");
    }
    ok(folder_is(path) && !folder_is(file) && !folder_is("/does/not/exist"), "a folder is told");
    ok(folder_read(&f, path, &arena, &error) == 0 && f.count == ARRAY_LEN(wanted),
       "the files with the right names");
    for (size_t i = 0; i < f.count && i < ARRAY_LEN(wanted); i++) {
        is_text(strrchr(f.paths[i], '/') + 1, wanted[i], wanted[i]);
    }
    ok(folder_read(&f, "/does/not/exist", &arena, &error) != 0 && f.count == 0, "none at all");
    is_text(reason, "the folder cannot be read: No such file or directory", "is told");
    error = text_over(reason, sizeof reason);
    ok(folder_read(&f, file, &arena, &error) != 0, "a file is no folder");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        unlink(file);
    }
    rmdir(path);
    arena_end(&arena);
    return tap_done();
}
