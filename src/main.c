/*
 * tiny: a TLS server in one static program. This file goes from the command
 * line to the event loop: configuration, keys, sockets, privileges, run.
 */
#include "app/app.h"
#include "config/cipherlist.h"
#include "config/config.h"
#include "core/build.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/errors.h"
#include "core/log.h"
#include "core/output.h"
#include "core/relro.h"
#include "server/backend.h"
#include "server/healthcheck.h"
#include "server/listen.h"
#include "server/privilege.h"
#include "server/server.h"
#include "tls/selfsign.h"
#include "tls/tls.h"

#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* The exit code after output that returned 0 or -1. */
static int printed(int result)
{
    if (result != 0) {
        outputf(STDERR_FILENO, "tiny: standard output: %s\n", error_text(errno));
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_OK;
}

static int print_version(void)
{
    return printed(outputf(STDOUT_FILENO, "tiny %s%s, BearSSL 0.6, TLS 1.%s3\n", TINY_VERSION,
                           TINY_STANDIN ? "" : " (" TINY_BUILD ")",
                           TINY_LEGACY  ? "0 to 1."
                           : TINY_TLS12 ? "2 and 1."
                                        : ""));
}

/* Those of a parsed list; *begun: some stand before them. */
static int print_suites(const struct cipherlist_result *list, bool verbose, bool *begun)
{
    int failed = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct suite_info suite;
        char line[160];

        (void)suite_by_id(list->suites[i], &suite);
        if (verbose) {
            cipherlist_describe(&suite, line, sizeof line);
            failed |= outputf(STDOUT_FILENO, "%s\n", line);
        } else {
            failed |= outputf(STDOUT_FILENO, "%s%s", *begun ? ":" : "", suite.name);
        }
        *begun = true;
    }
    return failed;
}

/* As `openssl ciphers`: those of TLS 1.3 come first, whatever the list says. */
static int print_ciphers(const struct command_args *args)
{
    struct cipherlist_result lists[2];
    bool aes = cpu_has_fast_aes();
    bool begun = false;
    int failed = 0;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if ((i == 0 ? cipherlist_parse_tls13(args->ciphersuites, aes, &lists[i])
                    : cipherlist_parse(args->list, aes, &lists[i])) != 0) {
            outputf(STDERR_FILENO, "tiny: ciphers: %s\n", lists[i].error);
            return EXIT_CODE_USAGE;
        }
        if (lists[i].unknown[0] != '\0') {
            outputf(STDERR_FILENO, "tiny: ciphers: unknown and skipped: %s\n", lists[i].unknown);
        }
    }
    lists[0].security_level = lists[1].security_level;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (args->supported) {
            cipherlist_apply_level(&lists[i]);
        }
        failed |= print_suites(&lists[i], args->verbose, &begun);
    }
    if (!args->verbose) {
        failed |= output_all(STDOUT_FILENO, "\n", 1);
    }
    return printed(failed);
}

static int make_certificate(const struct command_args *args)
{
    struct selfsign_request request = {.names = args->names,
                                       .days = args->days,
                                       .rsa_bits = args->rsa_bits,
                                       .out = args->out,
                                       .force = args->force};

    return selfsign_command(&request, STDOUT_FILENO, STDERR_FILENO);
}

/* tiny -t: prints what would be in force and reads the keys as a start would. */
static int test_config(const struct config *config)
{
    struct counters counters = {0};
    struct tls_context *tls;

    if (config_print(config, STDOUT_FILENO) != 0) {
        return EXIT_CODE_FAILED;
    }
    tls = tls_context_new(config, &counters);
    if (tls == NULL) {
        return EXIT_CODE_FAILED;
    }
    tls_context_free(tls);
    return EXIT_CODE_OK;
}

/* What a connection holds while bytes move in both directions. */
#define CONNECTION_KIB 44

/* Half of the machine is for others: its kernel has the sockets' buffers. */
static void warn_of_memory(const struct config *config)
{
    struct sysinfo machine;
    uint64_t half_kib;

    if (sysinfo(&machine) != 0) {
        return;
    }
    half_kib = (uint64_t)machine.totalram * machine.mem_unit / 2048;
    if (config->max_connections > half_kib / CONNECTION_KIB) {
        log_line(LOG_WARN,
                 "%u busy connections would take more than half of this machine's memory: "
                 "server.max-connections = %u would not",
                 config->max_connections, (unsigned)(half_kib / CONNECTION_KIB));
    }
}

/* With keys read and files.root open: bind, drop privileges, run. */
static int run_bound(struct config *config, struct tls_context *tls, struct app_shared *shared,
                     struct counters *counters, int signal_fd)
{
    static struct listener_list listeners;
    static struct proxy_target target;
    struct server *server = NULL;
    struct notify notify;
    int code = EXIT_CODE_FAILED;

    warn_of_memory(config);
    config->max_connections = privilege_descriptors(config);
    shared->target = config->mode == MODE_PROXY ? &target : NULL;
    if (backend_resolve(&target, config) != 0 || listen_begin(&listeners, config) != 0) {
        return code;
    }
    notify_begin(&notify);
    if (privilege_drop(config) == 0) {
        server = server_new(config, &listeners, tls, shared, counters, &notify, signal_fd);
    }
    if (server != NULL) {
        code = server_run(server);
    }
    server_free(server);
    notify_end(&notify);
    listen_end(&listeners);
    return code;
}

static int run_server(struct config *config, int signal_fd)
{
    struct counters counters = {.started_s = clock_wall_s()};
    struct app_shared shared;
    struct tls_context *tls = tls_context_new(config, &counters);
    int code = EXIT_CODE_FAILED;

    if (tls == NULL) {
        return code;
    }
    if (tls_context_watch(tls) == 0 && app_shared_begin(&shared, config, &counters) == 0) {
        code = run_bound(config, tls, &shared, &counters, signal_fd);
        app_shared_end(&shared);
    }
    tls_context_free(tls);
    return code;
}

static int run(struct config *config)
{
    static const enum log_level levels[] = {[SEVERITY_ERROR] = LOG_ERROR,
                                            [SEVERITY_WARN] = LOG_WARN,
                                            [SEVERITY_INFO] = LOG_INFO,
                                            [SEVERITY_DEBUG] = LOG_DEBUG};
    int signal_fd;
    int code;

    if (log_open(config->log_file, levels[config->log_level]) != 0) {
        log_line(LOG_ERROR, "log.file: %s: %s", config->log_file, error_text(errno));
        return EXIT_CODE_FAILED;
    }
    signal_fd = server_signals();
    if (signal_fd < 0) {
        log_line(LOG_ERROR, "signalfd: %s", error_text(errno));
        return EXIT_CODE_FAILED;
    }
    code = run_server(config, signal_fd);
    close(signal_fd);
    return code;
}

static int run_command(struct config *config, enum command command)
{
    switch (command) {
    case COMMAND_HELP:
        return config_help(STDOUT_FILENO) == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
    case COMMAND_VERSION:
        return print_version();
    case COMMAND_CIPHERS:
        return TINY_COMFORT ? print_ciphers(&config->args) : EXIT_CODE_USAGE;
    case COMMAND_CERTIFICATE:
        return TINY_COMFORT ? make_certificate(&config->args) : EXIT_CODE_USAGE;
    case COMMAND_HEALTHCHECK:
        return healthcheck(config);
    case COMMAND_TEST:
        return test_config(config);
    default:
        return run(config);
    }
}

int main(int argc, char **argv)
{
    static struct config config;
    enum command command = COMMAND_RUN;
    int code = EXIT_CODE_USAGE;

    if (relro_protect() != 0) {
        outputf(STDERR_FILENO, "tiny: mprotect: %s\n", error_text(errno));
        return EXIT_CODE_FAILED;
    }
    if (config_load(&config, &command, argc, argv, environ, STDERR_FILENO) == 0) {
        code = run_command(&config, command);
    } else if (command == COMMAND_HEALTHCHECK) {
        code = EXIT_CODE_FAILED; /* container systems keep 2 for themselves */
    }
    config_free(&config);
    return code;
}
