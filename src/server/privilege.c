#include "server/privilege.h"
#include "core/bytes.h"
#include "core/errors.h"
#include "core/lines.h"
#include "core/log.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Listeners, epoll, signals, logs, root directory, a file being reloaded. */
#define DESCRIPTORS_OWN 96
/* Every connection holds a socket; a file is open while it is sent, which one
 * connection in so many does at a time; more than that answer 503. In mode proxy each has a
 * second socket. */
#define CONNECTIONS_PER_FILE 4

/* The fields of the line with that name, at most four, from a file such as
 * /etc/passwd: name:password:number:number... false when there is none. */
static bool find_entry(const char *path, const char *name, unsigned long *first,
                       unsigned long *second)
{
    struct lines lines;
    bool found = false;
    char *at;

    if (!lines_open(&lines, path)) {
        return false;
    }
    while (!found && (at = lines_next(&lines)) != NULL) {
        char *fields[4] = {NULL};

        for (size_t i = 0; i < ARRAY_LEN(fields) && at != NULL; i++) {
            /* Fields may be empty, so they are not words. */
            char *colon = strchr(at, ':');

            fields[i] = at;
            at = colon != NULL ? colon + 1 : NULL;
            if (colon != NULL) {
                *colon = '\0';
            }
        }
        found = strcmp(fields[0], name) == 0 && fields[2] != NULL &&
                lines_number(fields[2], first) && *first < UINT32_MAX &&
                (second == NULL ||
                 (fields[3] != NULL && lines_number(fields[3], second) && *second < UINT32_MAX));
    }
    lines_close(&lines);
    return found;
}

static int find_user(const struct config *config, uid_t *uid, gid_t *gid)
{
    unsigned long user, group;

    if (lines_number(config->user, &user) && user < UINT32_MAX) {
        /* A container's numeric user needs no /etc/passwd. */
        group = user;
    } else if (!find_entry("/etc/passwd", config->user, &user, &group)) {
        log_line(LOG_ERROR,
                 "server.user: there is no user \"%s\" (a number works without "
                 "/etc/passwd)",
                 config->user);
        return -1;
    }
    *uid = (uid_t)user;
    *gid = (gid_t)group;
    return 0;
}

static int find_group(const struct config *config, gid_t *gid)
{
    unsigned long group;

    if ((!lines_number(config->group, &group) || group == UINT32_MAX) &&
        !find_entry("/etc/group", config->group, &group, NULL)) {
        log_line(LOG_ERROR, "server.group: there is no group \"%s\"", config->group);
        return -1;
    }
    *gid = (gid_t)group;
    return 0;
}

/* The system calls themselves: the library's functions also stop all threads of
 * the program to change them alike, and this one has no other. */
#ifdef SYS_setgroups32
static int become_group(gid_t gid)
{
    return syscall(SYS_setgroups32, 1, &gid) != 0 || syscall(SYS_setgid32, gid) != 0 ? -1 : 0;
}

static int become_user(uid_t uid)
{
    return (int)syscall(SYS_setuid32, uid);
}
#else
static int become_group(gid_t gid)
{
    return syscall(SYS_setgroups, 1, &gid) != 0 || syscall(SYS_setgid, gid) != 0 ? -1 : 0;
}

static int become_user(uid_t uid)
{
    return (int)syscall(SYS_setuid, uid);
}
#endif

static int enter_root(const char *path)
{
    if (chroot(path) != 0 || chdir("/") != 0) {
        log_line(LOG_ERROR, "server.chroot: %s: %s", path, error_text(errno));
        return -1;
    }
    return 0;
}

int privilege_drop(const struct config *config)
{
    struct rlimit none = {0, 0};
    uid_t uid = getuid();
    gid_t gid = getgid();
    bool change = config->user[0] != '\0' || config->group[0] != '\0';

    /* Private keys are in memory: they must not end in a core file. */
    prlimit(0, RLIMIT_CORE, &none, NULL);
    if ((config->user[0] != '\0' && find_user(config, &uid, &gid) != 0) ||
        (config->group[0] != '\0' && find_group(config, &gid) != 0) ||
        (config->chroot[0] != '\0' && enter_root(config->chroot) != 0)) {
        return -1;
    }
    if (change && (become_group(gid) != 0 || become_user(uid) != 0)) {
        /* Already that user without the right to change groups: fine. */
        if (getuid() != uid || getgid() != gid) {
            log_line(LOG_ERROR, "cannot become user %u, group %u: %s", (unsigned)uid, (unsigned)gid,
                     error_text(errno));
            return -1;
        }
    }
    if (change && uid != 0 && become_user(0) == 0) {
        log_line(LOG_ERROR, "privileges came back after they were dropped");
        return -1;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return 0;
}

uint32_t privilege_descriptors(const struct config *config)
{
    uint64_t each = config->mode == MODE_PROXY ? 1 : CONNECTIONS_PER_FILE;
    uint64_t need = config->max_connections + config->max_connections / each + DESCRIPTORS_OWN;
    struct rlimit limit;
    uint64_t fit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return config->max_connections;
    }
    if (limit.rlim_cur < need) {
        limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
        prlimit(0, RLIMIT_NOFILE, &limit, NULL);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= need) {
        return config->max_connections;
    }
    fit = limit.rlim_cur > DESCRIPTORS_OWN ? (limit.rlim_cur - DESCRIPTORS_OWN) * each / (each + 1)
                                           : 0;
    fit = fit > 0 ? fit : 1;
    log_line(LOG_WARN,
             "the limit of %llu open files lets %llu connections in, not %u (ulimit -n, or "
             "LimitNOFILE= in systemd)",
             (unsigned long long)limit.rlim_cur, (unsigned long long)fit, config->max_connections);
    return (uint32_t)fit;
}
