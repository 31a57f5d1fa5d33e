#include "server/privilege.h"
#include "core/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Listeners, epoll, signals, logs, root directory, a file being reloaded. */
#define DESCRIPTORS_OWN 96
/* Every connection holds a socket; a file is open while it is sent, which one
 * connection in so many does at a time. More than that answer 503. */
#define CONNECTIONS_PER_FILE 4

static bool number(const char *text, unsigned long *value)
{
    char *end;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    *value = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *value < UINT32_MAX;
}

static int find_user(const struct config *config, uid_t *uid, gid_t *gid)
{
    unsigned long value;
    struct passwd *pw;

    if (number(config->user, &value)) {
        /* A container's numeric user needs no /etc/passwd. */
        *uid = (uid_t)value;
        *gid = (gid_t)value;
        return 0;
    }
    pw = getpwnam(config->user);
    if (pw == NULL) {
        log_line(LOG_ERROR,
                 "server.user: there is no user \"%s\" (a number works without "
                 "/etc/passwd)",
                 config->user);
        return -1;
    }
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return 0;
}

static int find_group(const struct config *config, gid_t *gid)
{
    unsigned long value;
    struct group *gr;

    if (number(config->group, &value)) {
        *gid = (gid_t)value;
        return 0;
    }
    gr = getgrnam(config->group);
    if (gr == NULL) {
        log_line(LOG_ERROR, "server.group: there is no group \"%s\"", config->group);
        return -1;
    }
    *gid = gr->gr_gid;
    return 0;
}

static int enter_root(const char *path)
{
    if (chroot(path) != 0 || chdir("/") != 0) {
        log_line(LOG_ERROR, "server.chroot: %s: %s", path, strerror(errno));
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
    setrlimit(RLIMIT_CORE, &none);
    if ((config->user[0] != '\0' && find_user(config, &uid, &gid) != 0) ||
        (config->group[0] != '\0' && find_group(config, &gid) != 0) ||
        (config->chroot[0] != '\0' && enter_root(config->chroot) != 0)) {
        return -1;
    }
    if (change && (setgroups(1, &gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0)) {
        /* Already that user without the right to change groups: fine. */
        if (getuid() != uid || getgid() != gid) {
            log_line(LOG_ERROR, "cannot become user %u, group %u: %s", (unsigned)uid, (unsigned)gid,
                     strerror(errno));
            return -1;
        }
    }
    if (change && uid != 0 && setuid(0) == 0) {
        log_line(LOG_ERROR, "privileges came back after they were dropped");
        return -1;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return 0;
}

uint32_t privilege_descriptors(const struct config *config)
{
    uint64_t files = config->max_connections / CONNECTIONS_PER_FILE;
    uint64_t need = config->max_connections + files + DESCRIPTORS_OWN;
    struct rlimit limit;
    uint64_t fit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return config->max_connections;
    }
    if (limit.rlim_cur < need) {
        limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= need) {
        return config->max_connections;
    }
    fit = limit.rlim_cur > DESCRIPTORS_OWN ? (limit.rlim_cur - DESCRIPTORS_OWN) *
                                                 CONNECTIONS_PER_FILE / (CONNECTIONS_PER_FILE + 1)
                                           : 0;
    fit = fit > 0 ? fit : 1;
    log_line(LOG_WARN,
             "the limit of %llu open files lets %llu connections in, not %u (ulimit -n, or "
             "LimitNOFILE= in systemd)",
             (unsigned long long)limit.rlim_cur, (unsigned long long)fit, config->max_connections);
    return (uint32_t)fit;
}
