/*
 * The effective configuration: what the file, the environment and the command
 * line say, checked and resolved. One struct, filled by the option table
 * (config/options.c), owned by the caller, freed by config_free. Strings live
 * in the config's own arena. Nothing here opens a socket or reads a key; the
 * only files read are configuration files.
 */
#ifndef TINY_CONFIG_CONFIG_H
#define TINY_CONFIG_CONFIG_H

#include "config/cipherlist.h"
#include "config/endpoint.h"
#include "config/sigalgs.h"
#include "core/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_MAX_SUITES       CIPHERLIST_MAX_SUITES
#define CONFIG_MAX_GROUPS       8
#define CONFIG_MAX_CIPHERSUITES CIPHERLIST_MAX_TLS13

/* Exit codes of the program, documented in tiny(1). */
enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILED = 1, /* could not start or go on: bind, certificate, ... */
    EXIT_CODE_USAGE = 2,  /* wrong option, value or configuration file */
};

enum server_mode {
    MODE_FILES,
    MODE_STATUS,
    MODE_RAW,
    MODE_ECHO,
    MODE_REVERSE,
    MODE_CONSOLE,
    MODE_PROXY
};
enum verify_mode { VERIFY_NONE, VERIFY_OPTIONAL, VERIFY_REQUIRED };
enum verify_report { REPORT_NONE, REPORT_ERRORS, REPORT_ALL };
enum purpose { PURPOSE_CLIENT, PURPOSE_SERVER, PURPOSE_ANY };
enum suiteb { SUITEB_OFF, SUITEB_128_ONLY, SUITEB_192, SUITEB_128 }; /* bits: P-256, P-384 */
enum crl_check { CRL_CHECK_AUTO, CRL_CHECK_NONE, CRL_CHECK_LEAF, CRL_CHECK_ALL };
enum address_family { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6 };
enum proxy_protocol { PROXY_PROTOCOL_NONE, PROXY_PROTOCOL_V1, PROXY_PROTOCOL_V2 };
enum access_format { ACCESS_COMMON, ACCESS_COMBINED, ACCESS_JSON };
enum log_severity { SEVERITY_ERROR, SEVERITY_WARN, SEVERITY_INFO, SEVERITY_DEBUG };

struct string_list {
    const char **items;
    size_t count;
};

/* Arguments of `tiny ciphers` and `tiny certificate`. */
struct command_args {
    bool verbose;             /* ciphers -v */
    bool supported;           /* ciphers -s: after @SECLEVEL */
    const char *list;         /* "DEFAULT" when none was given */
    const char *ciphersuites; /* ciphers -ciphersuites: those of TLS 1.3 */
    struct string_list names; /* certificate --name */
    uint32_t days;            /* --days, 365 */
    uint32_t rsa_bits;        /* --rsa: 2048, 3072 or 4096; 0: a P-256 key */
    const char *out;          /* --out, "-": standard output */
    bool force;               /* --force: also where a file of that name exists */
};

struct config {
    /* server.* */
    struct endpoint_list endpoints; /* default: tcp://[::]:4433 */
    bool unlink;                    /* remove a stale Unix socket first */
    enum address_family family;     /* -4, -6 */
    enum server_mode mode;
    uint32_t max_connections;
    uint32_t backlog;
    uint32_t handshake_timeout_ms;
    uint32_t request_timeout_ms; /* whole request head, from its first byte */
    uint32_t idle_timeout_ms;
    uint32_t close_timeout_ms;
    uint32_t drain_timeout_ms;
    uint32_t healthcheck_timeout_ms; /* for `tiny healthcheck` alone */
    uint32_t naccept;                /* connections until the end; 0: no end */
    bool nbio_test;                  /* sockets move few bytes at a time, at random */
    const char *user;                /* name or number; "" keeps the user */
    const char *group;
    const char *chroot; /* "" for none */

    /* ssl.*, files */
    const char *keyfile;  /* "" : a self-signed certificate in memory */
    const char *certfile; /* "" : the certificate is in keyfile */
    const char *second_keyfile;
    const char *second_certfile;
    const char *password; /* pass:, env:, file:, fd: form, not the secret itself */
    struct string_list ocsp_files;
    struct string_list serverinfo;
    struct string_list compressed_certificates; /* files with whole messages, RFC 8879 */
    const char *chain_file;                     /* "": the chain is in certfile */
    const char *second_chain_file;
    const char *second_password;      /* "": the same as password */
    struct string_list sni;           /* NAME=KEYFILE */
    const char *server_name;          /* one more name, with its certificate apart; "" for none */
    const char *server_name_certfile; /* set when server_name is */
    const char *server_name_keyfile;
    bool server_name_fatal;   /* a client that asks for no known name is refused */
    const char *random_files; /* joined by colons; "" for none */
    const char *cafile;
    const char *capath; /* a folder of such files */
    struct string_list crl_files;
    enum crl_check crl_check;         /* never CRL_CHECK_AUTO once resolved */
    bool crl_unasked;                 /* crl_files come from -CRL alone */
    bool ca_unasked;                  /* cafile and capath come from -CAfile and -CApath alone */
    struct string_list chain_cafiles; /* to complete the chains that are sent */
    uint32_t reload_interval_s;       /* 0: only on SIGHUP */

    /* ssl.*, protocol; resolved by config_finish */
    uint32_t protocol;        /* ArangoDB's number, 0 when not set */
    const char *min_protocol; /* as written */
    const char *max_protocol;
    uint16_t version_min; /* 0x0301..0x0304: what is really used */
    uint16_t version_max;
    const char *cipher_list;            /* as written */
    uint16_t suites[CONFIG_MAX_SUITES]; /* IANA numbers in order of preference */
    size_t suite_count;
    const char *ciphersuites_text;                  /* ssl.ciphersuites as written */
    uint16_t ciphersuites[CONFIG_MAX_CIPHERSUITES]; /* those of TLS 1.3, as suites */
    size_t ciphersuite_count;
    uint32_t max_send_fragment; /* bytes of a record; 0: as many as fit */
    uint32_t
        record_padding; /* TLS 1.3: contents are padded to a multiple of it; 0, 1: not at all */
    const char *groups_text;            /* as written */
    uint16_t groups[CONFIG_MAX_GROUPS]; /* IANA NamedGroup, order of preference */
    size_t group_count;
    const char *signatures_text; /* ssl.signature-algorithms as written */
    struct sigalgs signatures;   /* none: the order of tls/policy.c */
    const char *client_signatures_text;
    struct sigalgs client_signatures; /* for CertificateVerify; a zero ends it */
    const char *options_text;         /* ssl.options as written */
    uint64_t options;                 /* SSL_OP_* bits */
    bool server_preference;           /* server's suite order instead of the client's */
    struct string_list alpn;          /* empty: by mode (http/1.1 for files, status, raw) */
    bool prefer_http1;                /* ssl.prefer-http1-in-alpn: always so, no HTTP/2 here */

    /* ssl.*, sessions and client certificates */
    bool session_cache;
    uint32_t session_cache_size; /* entries */
    uint32_t session_timeout_s;
    const char *session_id_prefix; /* "" for none */
    const char *session_context;
    bool session_tickets; /* off, too, when ssl.options has NO_TICKET */
    struct string_list ticket_keys;
    uint32_t num_tickets;     /* TLS 1.3: after a full handshake */
    uint32_t early_data;      /* most bytes of it with a ticket; 0: off */
    bool anti_replay;         /* each ticket carries early data once */
    const char *psk;          /* in hexadecimal, or env:, file:, fd: where that is; "" for none */
    const char *psk_identity; /* under which clients offer it */
    bool psk_only;            /* nobody without it is let in; version_min is TLS 1.3 then */
    enum verify_mode verify;  /* resolved with cafile and require_peer_certificate */
    const char *verify_text;
    bool require_peer_certificate;
    uint32_t verify_depth;
    bool verify_return_error;         /* a bad one ends the connection */
    uint32_t verify_error_depth;      /* deeper, an error does so in any case */
    enum verify_report verify_report; /* lines on standard error */
    bool check_time;
    uint32_t attime_s; /* since 1970; 0: now */
    enum purpose purpose;
    const char *verify_hostname; /* "" for any, as the next two */
    const char *verify_email;
    const char *verify_ip;
    bool partial_chain; /* every certificate of cafile is an anchor */
    bool x509_strict;
    bool check_self_signature;
    bool ignore_critical;
    uint32_t auth_level; /* 0 to 5 */
    enum suiteb suiteb;

    /* files.*, raw */
    const char *root;
    struct string_list index;
    bool listing;
    struct string_list headers; /* "Name: value" added to every answer */

    /* proxy.* */
    const char *backend_text; /* proxy.backend as written; "" for none */
    struct endpoint backend;  /* the same, in mode proxy */
    enum proxy_protocol proxy_protocol;
    uint32_t connect_timeout_ms; /* for all its addresses together */

    uint32_t max_line; /* reverse mode, bytes */

    /* watch.*, and what ssl.* gives away on purpose */
    bool watch_state;
    bool watch_debug;
    bool watch_msg;
    bool watch_trace;
    bool watch_extensions;
    bool watch_brief;
    bool watch_quiet;       /* the console shows clients' bytes only and knows no commands */
    bool watch_numbers;     /* always, not only when several connections are open */
    const char *watch_file; /* "": standard output */
    const char *keylog_file;
    const char *export_label;
    uint32_t export_length;

    bool console_crlf;       /* LF that is typed goes out as CRLF */
    bool console_ignore_eof; /* the end of what is typed ends nothing */

    /* log.* */
    enum log_severity log_level;
    const char *log_file;
    const char *access_file; /* "" none, "-" standard output */
    enum access_format access_format;
    bool log_probes; /* tell of connections that leave before a ClientHello */

    bool s_server_style; /* the command line has a spelling of openssl s_server */
    bool file_given;     /* -c was there */

    struct command_args args; /* of the sub-commands */

    struct config_arena *arena;
};

/* What the command line asked for beside options. */
enum command {
    COMMAND_RUN,
    COMMAND_TEST, /* -t: print the effective configuration and exit */
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_CIPHERS,     /* tiny ciphers [-v] LIST */
    COMMAND_CERTIFICATE, /* tiny certificate --name HOST ... */
    COMMAND_HEALTHCHECK, /* tiny healthcheck [options] [ENDPOINT] */
};

/*
 * argv as main has it, argv[0] being the program's name. Decides the command
 * and, for COMMAND_RUN and COMMAND_TEST, takes the defaults, the file that -c
 * names (./tiny.conf is not read by itself), the environment (env:
 * NULL-terminated NAME=value array) and the command line, in this order, and
 * resolves them. For COMMAND_HEALTHCHECK they are taken and neither resolved nor held
 * against each other. For the other sub-commands only config->args is filled beside the
 * defaults. Every error and warning is written to err_fd as a line of its own
 * (`tiny.conf:12: ssl.protocol: ...`). Returns 0, or -1 after at least one
 * error (EXIT_CODE_USAGE). config_free is due in either case.
 */
int config_load(struct config *config, enum command *command, int argc, char **argv, char **env,
                int err_fd);
void config_free(struct config *config);

/* What clients are let in by, as text: the values of ssl.session-context and of all
 * options about client certificates behind it, one after another with a NUL each.
 * `take` gets the pieces. */
void config_rules(const struct config *config, void (*take)(void *context, struct span piece),
                  void *context);

/* The effective configuration in the file's own syntax, a line an option. */
int config_print(const struct config *config, int fd);
/* tiny --help, written from the option table. */
int config_help(int fd);

#endif
