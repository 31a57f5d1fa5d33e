/* app/path: decoding, and no way out of a real tree of files and links. */
#include "app/path.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *raw;
    int status;
    const char *text;
    bool directory;
} decoded[] = {
    {"/", 0, "", true},
    {"//", 0, "", true},
    {"/a", 0, "a", false},
    {"/a/", 0, "a", true},
    {"/a//", 0, "a", true},
    {"//a", 0, "a", false},
    {"///a///b///", 0, "a/b", true},
    {"/a/b.c", 0, "a/b.c", false},
    {"/%61", 0, "a", false},
    {"/%41%2e%4A", 0, "A.J", false},
    {"/a%20b", 0, "a b", false},
    {"/a+b", 0, "a+b", false},
    {"/%c3%a4", 0, "\xc3\xa4", false},
    {"/%ff", 0, "\xff", false},
    {"/a%0ab", 0, "a\nb", false},
    {"/%2561", 0, "%61", false}, /* once */
    {"/%252e%252e/x", 0, "%2e%2e/x", false},
    {"/a..b", 0, "a..b", false},
    {"/a.", 0, "a.", false},
    {"/a..", 0, "a..", false},
    {"/\\..\\x", 0, "\\..\\x", false}, /* a name like any other */
    {"/a\\b", 0, "a\\b", false},
    {"/a;b", 0, "a;b", false},
    {"/.well-known", 0, ".well-known", false},
    {"/.well-known/", 0, ".well-known", true},
    {"/.well-known/acme-challenge/x", 0, ".well-known/acme-challenge/x", false},
    {"/%2ewell-known/x", 0, ".well-known/x", false},
    {"//.well-known/x", 0, ".well-known/x", false},

    {"/.", 404, "", false},
    {"/..", 404, "", false},
    {"/../", 404, "", false},
    {"/../../etc/passwd", 404, "", false},
    {"/a/..", 404, "", false},
    {"/a/../b", 404, "", false},
    {"/a/./b", 404, "", false},
    {"/./a", 404, "", false},
    {"/...", 404, "", false},
    {"/.git/config", 404, "", false},
    {"/a/.git/config", 404, "", false},
    {"/a/.htaccess", 404, "", false},
    {"/a/.well-known/x", 404, "", false},
    {"/.well-known/.x", 404, "", false},
    {"/.well-known/../x", 404, "", false},
    {"/.well-knownx", 404, "", false},
    {"/.well-know", 404, "", false},
    {"/.Well-known/x", 404, "", false},
    {"/%2e", 404, "", false},
    {"/%2e%2e", 404, "", false},
    {"/%2E%2E/x", 404, "", false},
    {"/.%2e/x", 404, "", false},
    {"/%2e./x", 404, "", false},
    {"/a/%2e%2e/%2e%2e/x", 404, "", false},
    {"/a%2fb", 404, "", false},
    {"/a%2Fb", 404, "", false},
    {"/%2f", 404, "", false},
    {"/..%2fx", 404, "", false},
    {"/..%5cx", 404, "", false},
    {"/%2e%2e%2f", 404, "", false},

    {"/%", 400, "", false},
    {"/%2", 400, "", false},
    {"/%zz", 400, "", false},
    {"/%2x", 400, "", false},
    {"/%x2", 400, "", false},
    {"/%%", 400, "", false},
    {"/%u0041", 400, "", false},
    {"/%00", 400, "", false},
    {"/a%00.txt", 400, "", false},
    {"/a/%00", 400, "", false},
    {"/% 1", 400, "", false},
    {"/%-1", 400, "", false},
};

static void test_decode(void)
{
    static struct path path;
    char *copy;

    for (size_t i = 0; i < ARRAY_LEN(decoded); i++) {
        size_t len = strlen(decoded[i].raw);
        int status;

        copy = malloc(len);
        memcpy(copy, decoded[i].raw, len);
        status = path_decode(span_of(copy, len), &path);
        free(copy);
        ok(status == decoded[i].status &&
               (status != 0 ||
                (strcmp(path.text, decoded[i].text) == 0 && path.len == strlen(path.text) &&
                 path.directory == decoded[i].directory)),
           decoded[i].raw);
    }
    for (size_t len = PATH_BYTES_MAX - 2; len <= PATH_BYTES_MAX + 2; len++) {
        copy = malloc(len);
        memset(copy, 'a', len);
        copy[0] = '/';
        ok(path_decode(span_of(copy, len), &path) == (len <= PATH_BYTES_MAX ? 0 : 404),
           "a long path");
        copy[len - 1] = '/';
        ok(path_decode(span_of(copy, len), &path) == (len <= PATH_BYTES_MAX ? 0 : 404),
           "with a slash");
        free(copy);
    }
}

/* Whatever bytes: what is let pass holds no segment that begins with a dot. */
static void test_random(void)
{
    static const char alphabet[] = "/.%2eE5cf0a\\";
    static struct path path;
    unsigned seed = 1;
    bool good = true;

    for (unsigned round = 0; round < 200000; round++) {
        char raw[24] = "/";
        size_t len = 1 + round % 22;

        for (size_t i = 1; i < len; i++) {
            seed = seed * 1103515245u + 12345u;
            raw[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        if (path_decode(span_of(raw, len), &path) == 0) {
            good = good && path.text[0] != '/' && strstr(path.text, "/.") == NULL &&
                   strstr(path.text, "//") == NULL && path.text[0] != '.' &&
                   strlen(path.text) == path.len;
        }
    }
    ok(good, "no random path brings a dot segment through");
}

static char top[] = "/tmp/tiny-path-XXXXXX";

static void run(const char *command)
{
    char line[1024];

    snprintf(line, sizeof line, "cd %s && %s", top, command);
    if (system(line) != 0) {
        printf("Bail out! %s\n", line);
        exit(1);
    }
}

/* Says "in" when the file that says so was opened, else what was in it, or the errno's kind. */
static const char *content(int root, const char *path, bool walk)
{
    static char text[64];
    int fd = path_open(root, path, walk);
    ssize_t n;

    if (fd < 0) {
        return errno == EXDEV || errno == ELOOP || errno == ENOTDIR || errno == ENOENT ? "-" : "?";
    }
    n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n < 0) {
        return errno == EISDIR ? "dir" : "?";
    }
    text[n] = '\0';
    return text;
}

static void test_open(void)
{
    static const struct {
        const char *path;
        const char *beneath; /* by openat2 */
        const char *walk;    /* component by component */
    } cases[] = {
        {"a", "in", "in"},
        {"d/b", "in", "in"},
        {"d", "dir", "dir"},
        {"", "dir", "dir"},
        {"none", "-", "-"},
        {"a/x", "-", "-"},
        {"link-a", "in", "-"},
        {"d/link-up", "in", "-"},
        {"link-d/b", "in", "-"},
        {"link-out", "-", "-"},
        {"link-abs", "-", "-"},
        {"link-abs-in", "-", "-"}, /* absolute, so not beneath, wherever it leads */
        {"link-outdir/secret", "-", "-"},
        {"link-deep", "-", "-"},
        {"link-root/secret", "-", "-"},
        {"loop1", "-", "-"},
        {"loop1/x", "-", "-"},
        {"self", "-", "-"},
        {"dangling", "-", "-"},
        {"d/../../secret", "-", "-"}, /* never comes from path_decode */
        {"../secret", "-", "-"},
        {"..", "-", "-"},
        {"/etc/passwd", "-", "-"},
        {"link-proc/cwd", "-", "-"},
        {"d/./../a", "in", "-"},
    };
    char name[128];
    char root_path[64];
    int root;
    bool kernel;

    run("echo -n out > secret && mkdir root root/d && cd root && echo -n in > a && echo -n in > "
        "d/b && "
        "ln -s a link-a && ln -s ../a d/link-up && ln -s d link-d && ln -s ../secret link-out && "
        "ln -s /etc/passwd link-abs && ln -s $PWD/a link-abs-in && ln -s .. link-outdir && "
        "ln -s d/../../secret link-deep && ln -s / link-root && ln -s loop2 loop1 && ln -s loop1 "
        "loop2 && "
        "ln -s self self && ln -s none dangling && ln -s /proc/self link-proc && mkfifo fifo");
    snprintf(root_path, sizeof root_path, "%s/root", top);
    root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    kernel = path_has_openat2(root);
    printf("# the kernel has %s openat2\n", kernel ? "an" : "no");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        snprintf(name, sizeof name, "%s, walking", cases[i].path);
        is_text(content(root, cases[i].path, true), cases[i].walk, name);
        snprintf(name, sizeof name, "%s, beneath", cases[i].path);
        if (kernel) {
            is_text(content(root, cases[i].path, false), cases[i].beneath, name);
        }
    }
    for (int walk = 0; walk < 2; walk++) {
        int fd = kernel || walk ? path_open(root, "fifo", walk) : -1;

        ok(fd >= 0 || !kernel, "opening a FIFO waits for nobody");
        close(fd);
        memset(name, 'x', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        ok(path_open(root, name, walk) < 0, "a long name");
    }
    close(root);
}

static void test_long_component(void)
{
    char name[300];
    int root = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int before = dup(0);
    int after;

    close(before);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ok(path_open(root, name, true) < 0 && errno == ENAMETOOLONG, "too long a component, walking");
    memcpy(name, "root/d/", 7);
    ok(path_open(root, name, true) < 0 && errno == ENAMETOOLONG, "further down");
    ok(path_open(root, "root/none/x", true) < 0 && errno == ENOENT, "a missing directory");
    after = dup(0);
    close(after);
    ok(after == before, "a walk that fails leaves no descriptor open");
    close(root);
}

int main(void)
{
    if (mkdtemp(top) == NULL) {
        return 1;
    }
    test_decode();
    test_random();
    test_open();
    test_long_component();
    run("cd / && rm -rf \"$OLDPWD\"");
    return tap_done();
}
