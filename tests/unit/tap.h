/*
 * TAP for the unit tests: ok() prints one line a check and remembers failure;
 * a test's main ends with `return tap_done();`. Loops over thousands of inputs
 * check with `expect()`, which prints only when it fails, and end in one ok().
 */
#ifndef TINY_TESTS_TAP_H
#define TINY_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What is tried at every place, or at random many times, is tried at each seventh where an
 * emulator runs the test (cross builds), which takes some twenty times as long. */
#ifdef TAP_EMULATED
#define TAP_STEP 7
#else
#define TAP_STEP 1
#endif

static int tap_count;
static int tap_failed;

static inline bool tap_ok(bool good, const char *name, const char *file, int line)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, name);
    if (!good) {
        tap_failed++;
        printf("# failed at %s:%d\n", file, line);
    }
    fflush(stdout);
    return good;
}

static inline bool tap_expect(bool good, const char *name, const char *file, int line)
{
    if (!good) {
        tap_ok(false, name, file, line);
    }
    return good;
}

static inline int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed > 0;
}

#define ok(good, name)     tap_ok((good), (name), __FILE__, __LINE__)
#define expect(good, name) tap_expect((good), (name), __FILE__, __LINE__)
#define is_text(got, want, name)                                                                   \
    tap_ok(strcmp((got), (want)) == 0 ||                                                           \
               (printf("# got: %s\n# want: %s\n", (got), (want)), false),                          \
           (name), __FILE__, __LINE__)

#endif
