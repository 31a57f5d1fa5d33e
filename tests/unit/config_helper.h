/*
 * Runs config_load over arguments given as a list, with the messages caught.
 */
#ifndef TINY_TESTS_CONFIG_HELPER_H
#define TINY_TESTS_CONFIG_HELPER_H

#include "config/config.h"
#include "tap.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static char messages[65536];
static struct config config;
static enum command command;

static inline char *read_back(int fd, char *dst, size_t cap)
{
    ssize_t n;

    lseek(fd, 0, SEEK_SET);
    n = read(fd, dst, cap - 1);
    dst[n > 0 ? n : 0] = '\0';
    return dst;
}

/* args and env end with NULL; env itself may be NULL. The caller frees config. */
static inline int load(const char *const *args, char **env)
{
    char *argv[64] = {(char *)"tiny"};
    int argc = 1;
    int fd = memfd_create("messages", MFD_CLOEXEC);
    int result;

    while (args[argc - 1] != NULL) {
        argv[argc] = (char *)args[argc - 1];
        argc++;
    }
    result = config_load(&config, &command, argc, argv, env, fd);
    read_back(fd, messages, sizeof messages);
    close(fd);
    return result;
}

#define LOAD(...) load((const char *const[]){__VA_ARGS__, NULL}, NULL)

/* True when loading fails and the messages have this text. */
static inline bool fails_with(const char *text, const char *const *args)
{
    int result = load(args, NULL);
    bool good = result == -1 && strstr(messages, text) != NULL;

    if (!good) {
        printf("# result %d, messages: %s# wanted: %s\n", result, messages, text);
    }
    config_free(&config);
    return good;
}

#define FAILS(text, ...) fails_with(text, (const char *const[]){__VA_ARGS__, NULL})

static inline bool warns_with(const char *text, const char *const *args)
{
    int result = load(args, NULL);
    bool good = result == 0 && strstr(messages, text) != NULL;

    if (!good) {
        printf("# result %d, messages: %s# wanted: %s\n", result, messages, text);
    }
    config_free(&config);
    return good;
}

#define WARNS(text, ...) warns_with(text, (const char *const[]){__VA_ARGS__, NULL})

#endif
