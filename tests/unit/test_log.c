/* core/log and core/clock: levels, sinks, the form of a line, reopening, the bounded rate. */
#include "core/clock.h"
#include "core/log.h"
#include "tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64], moved[72], text[65536];

/* The file's contents as a string. */
static const char *contents(const char *name)
{
    FILE *f = fopen(name, "r");
    size_t n = 0;

    if (f != NULL) {
        n = fread(text, 1, sizeof text - 1, f);
        fclose(f);
    }
    text[n] = '\0';
    return text;
}

static unsigned lines(const char *s)
{
    unsigned n = 0;

    for (; *s != '\0'; s++) {
        n += *s == '\n';
    }
    return n;
}

static void test_lines(void)
{
    const char *s;

    ok(log_open(path, LOG_WARN) == 0, "a file is opened");
    ok(log_enabled(LOG_ERROR) && log_enabled(LOG_WARN) && !log_enabled(LOG_INFO),
       "the level decides");
    log_line(LOG_INFO, "not this");
    log_line(LOG_WARN, "that %d", 42);
    s = contents(path);
    ok(lines(s) == 1 && strlen(s) == strlen("2026-01-01T00:00:00.000Z warning: that 42\n"),
       "one line was written");
    ok(s[4] == '-' && s[10] == 'T' && s[19] == '.' && s[23] == 'Z',
       "it opens with the time, in UTC");
    is_text(s + 24, " warning: that 42\n", "then come level and text");
    log_set_level(LOG_DEBUG);
    log_line(LOG_DEBUG, "fine print");
    ok(strstr(contents(path), " debug: fine print\n") != NULL, "the level can be changed");
}

static void test_long_line(void)
{
    static char big[5000];

    memset(big, 'x', sizeof big - 1);
    truncate(path, 0);
    log_line(LOG_INFO, "%s", big);
    contents(path);
    ok(lines(text) == 1 && strlen(text) < 2100 && text[strlen(text) - 1] == '\n',
       "a long line is cut and still ends");
}

static void test_reopen(void)
{
    truncate(path, 0);
    rename(path, moved);
    log_line(LOG_INFO, "before");
    ok(strstr(contents(moved), "before") != NULL, "a moved file is written to");
    ok(log_reopen() == 0, "until it is reopened");
    log_line(LOG_INFO, "after");
    ok(strstr(contents(path), "after") != NULL && strstr(contents(moved), "after") == NULL,
       "then lines go to the new one");
    ok(log_open("/no/such/folder/log", LOG_ERROR) == -1,
       "a file that cannot be opened is an error");
    log_line(LOG_INFO, "still here");
    ok(strstr(contents(path), "still here") != NULL, "and the former sink stays, with its level");
}

static void test_rate(void)
{
    struct log_rate rate = {0};

    truncate(path, 0);
    for (unsigned i = 0; i < LOG_BURST_PER_S + 30; i++) {
        log_limited(&rate, 5000, LOG_INFO, "busy %u", i);
    }
    ok(lines(contents(path)) == LOG_BURST_PER_S, "a burst is cut off");
    log_limited(&rate, 5999, LOG_INFO, "busy");
    ok(lines(contents(path)) == LOG_BURST_PER_S, "for one second");
    log_limited(&rate, 6000, LOG_INFO, "again");
    ok(lines(contents(path)) == LOG_BURST_PER_S + 2 &&
           strstr(text, " 31 similar lines were left out\n") != NULL,
       "then one line tells how many are missing");
    log_set_level(LOG_ERROR);
    for (unsigned i = 0; i < 100; i++) {
        log_limited(&rate, 9000, LOG_INFO, "hidden");
    }
    ok(rate.suppressed == 0 && rate.written == 1, "lines below the level are not counted");
}

/* A reader of standard error that has stopped. The log takes a descriptor of its
 * own for standard error once, so this is for a process that has not opened it yet. */
static void test_full_pipe(void)
{
    int ends[2], status = -1;
    char block[4096];
    ssize_t n;
    unsigned kept = 0;
    pid_t child;

    if (pipe(ends) != 0 || (child = fork()) < 0) {
        ok(false, "a pipe and a process");
        return;
    }
    if (child == 0) {
        alarm(20); /* a failure would hang */
        dup2(ends[1], STDERR_FILENO);
        log_open(NULL, LOG_INFO);
        for (unsigned i = 0; i < 5000; i++) {
            log_line(LOG_INFO, "line %04u of many that nobody reads", i);
        }
        _exit(0);
    }
    close(ends[1]);
    waitpid(child, &status, 0);
    while ((n = read(ends[0], block, sizeof block)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            kept += block[i] == '\n';
        }
        if (block[n - 1] != '\n' && n < (ssize_t)sizeof block) {
            break;
        }
    }
    close(ends[0]);
    ok(status == 0 && kept > 100 && kept < 5000 && n == 0,
       "a full pipe loses lines, whole ones, and stops nobody");
}

static void test_clock(void)
{
    uint64_t a = clock_now_us(), b = clock_now_us(), ms = clock_now_ms();

    ok(a <= b && ms >= a / 1000 && ms - a / 1000 < 10000, "the monotonic clock runs forward");
    ok(clock_wall_s() > 1700000000, "the wall clock tells this century");
}

int main(void)
{
    char dir[] = "/tmp/tiny-log-XXXXXX";

    if (mkdtemp(dir) == NULL) {
        return 1;
    }
    snprintf(path, sizeof path, "%s/log", dir);
    snprintf(moved, sizeof moved, "%s/log.old", dir);
    test_full_pipe();
    test_lines();
    test_long_line();
    test_reopen();
    test_rate();
    ok(log_open(NULL, LOG_INFO) == 0, "back to standard error");
    test_clock();
    unlink(path);
    unlink(moved);
    rmdir(dir);
    return tap_done();
}
