/* config_load as a whole: defaults, resolution, cross-checks, -t. */
#include "config_helper.h"

static void test_defaults(void)
{
    ok(load((const char *const[]){NULL}, NULL) == 0, "no argument at all is a good configuration");
    is_text(messages, "", "and says nothing");
    ok(command == COMMAND_RUN, "it runs the server");
    ok(config.endpoints.count == 1 && config.endpoints.items[0].port == 4433 &&
           strcmp(config.endpoints.items[0].host, "::") == 0,
       "tcp://[::]:4433");
    ok(config.mode == MODE_STATUS, "without files.root the status page");
    ok(config.version_min == 0x0303 && config.version_max == 0x0304, "TLS 1.2 and 1.3");
    ok(config.suite_count == 6, "six suites: ECDHE with AEAD");
    ok(config.group_count == 5 && config.groups[0] == 0x11EC && config.groups[1] == 29 &&
           config.groups[4] == 25,
       "five groups, the hybrid first");
    ok(config.ciphersuite_count == 3 && config.num_tickets == 2 && config.early_data == 0 &&
           config.anti_replay && config.psk[0] == '\0',
       "TLS 1.3: three suites, two tickets, no early data, no key shared beforehand");
    ok(config.handshake_timeout_ms == 10000 && config.idle_timeout_ms == 60000 &&
           config.max_connections == 1024,
       "limits");
    ok(config.verify == VERIFY_NONE && !config.session_cache && config.server_preference, "policy");
    ok(config.index.count == 1 && strcmp(config.index.items[0], "index.html") == 0, "index.html");
    config_free(&config);
}

static void test_protocol(void)
{
    ok(FAILS("ssl.protocol: SSL 2", "--ssl.protocol", "1"), "1 refused");
    ok(FAILS("ssl.protocol: SSL 2", "--ssl.protocol", "2"), "2 refused");
    ok(FAILS("ssl.protocol: SSL 3", "--ssl.protocol", "3"), "3 refused");
    ok(LOAD("--ssl.protocol", "6") == 0 && config.version_min == 0x0304 &&
           config.version_max == 0x0304,
       "6 is TLS 1.3 alone");
    config_free(&config);
    ok(FAILS("ssl.protocol: 4 (TLS 1.0)", "--ssl.protocol", "7"), "7 refused");
    ok(WARNS("TLS 1.0 is weak", "--ssl.protocol", "4"), "4 is weak");
    ok(LOAD("--ssl.protocol", "4") == 0 && config.version_min == 0x0301 &&
           config.version_max == 0x0301 && config.suite_count > 6,
       "4 is TLS 1.0 alone, with suites for it");
    config_free(&config);
    ok(LOAD("--ssl.protocol", "5") == 0 && config.version_min == 0x0303 &&
           config.version_max == 0x0303,
       "5 is TLS 1.2 alone");
    config_free(&config);
    ok(LOAD("--ssl.protocol", "9") == 0 && config.version_min == 0x0303 &&
           config.version_max == 0x0304,
       "9 is TLS 1.2 and 1.3");
    config_free(&config);
    ok(LOAD("--ssl.min-protocol", "TLSv1") == 0 && config.version_min == 0x0301 &&
           config.version_max == 0x0304,
       "min-protocol");
    config_free(&config);
    ok(FAILS("set both", "--ssl.max-protocol", "TLSv1.1"), "max below min");
    ok(LOAD("--ssl.max-protocol", "TLSv1.3") == 0 && config.version_min == 0x0303 &&
           config.version_max == 0x0304,
       "TLSv1.3");
    config_free(&config);
    ok(LOAD("-tls1_3") == 0 && config.version_min == 0x0304, "-tls1_3");
    config_free(&config);
    ok(FAILS("TLSv1.2 or TLSv1.3 is wanted", "-max_protocol", "TLSv1.4"), "TLSv1.4");
    ok(LOAD("-tls1_1") == 0 && config.version_min == 0x0302 && config.version_max == 0x0302,
       "-tls1_1");
    config_free(&config);
    ok(LOAD("--ssl.min-protocol=TLSv1", "-no_tls1") == 0 && config.version_min == 0x0302,
       "-no_tls1");
    config_free(&config);
    ok(LOAD("--ssl.min-protocol=TLSv1", "-no_tls1_2", "-no_tls1_3") == 0 &&
           config.version_max == 0x0302,
       "-no_tls1_2");
    config_free(&config);
    ok(FAILS("TLSv1 and TLSv1.2 without TLSv1.1", "--ssl.min-protocol=TLSv1",
             "--ssl.max-protocol=1.2", "-no_tls1_1"),
       "a hole");
    ok(FAILS("TLSv1.1 and TLSv1.3 without TLSv1.2", "--ssl.min-protocol=TLSv1.1",
             "--ssl.max-protocol=1.3", "-no_tls1_2"),
       "a hole further up");
    ok(FAILS("every version", "--ssl.protocol=5", "-no_tls1_2"), "nothing left");
    ok(LOAD("--ssl.protocol=9", "-no_tls1_2") == 0 && config.version_min == 0x0304, "1.3 left");
    config_free(&config);
    ok(LOAD("--ssl.protocol=9", "-no_tls1_3") == 0 && config.version_max == 0x0303, "-no_tls1_3");
    config_free(&config);
    ok(LOAD("--ssl.min-protocol=TLSv1", "-no_tls1", "-no_tls1_1") == 0 &&
           config.version_min == 0x0303,
       "two bits");
    config_free(&config);
    ok(FAILS("needs TLS 1.2", "-tls1", "-cipher", "ECDHE+AESGCM"),
       "suites that no version can use");
}

static void test_identity(void)
{
    ok(FAILS("ssl.second-password: pass:PASSWORD", "-dpass", "x"), "a second password");
    ok(FAILS("belongs to ssl.certfile", "-cert_chain", "x") &&
           FAILS("belongs to ssl.second-certfile", "-cert=a", "-dcert_chain", "x"),
       "a chain without its certificate");
    ok(LOAD("-servername", "a.b", "-key2", "k", "-certform", "DER") == 0 &&
           config.server_name_certfile[0] == '\0',
       "-servername, -key2, -certform");
    config_free(&config);
    ok(LOAD("-servername", "a.b") == 0 && strcmp(config.server_name_certfile, "server2.pem") == 0,
       "-cert2 is server2.pem");
    config_free(&config);
    ok(FAILS("-dkeyform: PEM and DER", "-dkeyform", "ENGINE"), "-dkeyform ENGINE");
    ok(FAILS("ssl.server-name-certfile: belongs", "-cert2", "x") &&
           FAILS("ssl.server-name-keyfile: belongs", "-key2", "x") &&
           FAILS("a host name", "-servername", "a b") &&
           FAILS("no name has a certificate", "-servername_fatal"),
       "what goes with -servername");
    ok(WARNS("one session", "-id_prefix", "01234567890123456789012345678901"), "-id_prefix");
    ok(WARNS("there is no server.pem", "-4"), "no server.pem");
    ok(LOAD("-4") == 0 && config.session_cache && config.session_cache_size == 128 &&
           config.session_timeout_s == 7200 && !config.server_preference,
       "the style of s_server has its defaults");
    config_free(&config);
    ok(LOAD("-no_cache", "-serverpref", "--ssl.session-timeout", "5s") == 0 &&
           !config.session_cache && config.session_timeout_s == 5 && config.server_preference,
       "which give way");
    config_free(&config);
    ok(LOAD("--server.family", "ipv4") == 0 && !config.session_cache && config.server_preference,
       "and are not there without the style");
    config_free(&config);
}

/* What -CRL, -crl_check and -CAfile mean in openssl s_server. */
static void test_revocation(void)
{
    ok(LOAD("--ssl.cafile", "ca.pem", "--ssl.crl-file", "a.crl", "--ssl.crl-file", "b.crl") == 0 &&
           config.crl_check == CRL_CHECK_ALL && config.crl_files.count == 2,
       "a CRL file is looked at");
    config_free(&config);
    ok(LOAD("--ssl.cafile", "ca.pem") == 0 && config.crl_check == CRL_CHECK_NONE, "without one");
    config_free(&config);
    ok(WARNS("set ssl.crl-check (-crl_check)", "--ssl.cafile", "ca.pem", "-CRL", "a.crl"),
       "-CRL alone does nothing, and that is told");
    ok(LOAD("--ssl.cafile", "ca.pem", "-CRL", "a.crl", "-crl_check") == 0 &&
           config.crl_check == CRL_CHECK_LEAF,
       "-crl_check");
    config_free(&config);
    ok(LOAD("--ssl.cafile", "ca.pem", "-crl_check_all", "-crl_check") == 0 &&
           config.crl_check == CRL_CHECK_ALL,
       "-crl_check_all is more, wherever it stands");
    config_free(&config);
    ok(LOAD("--ssl.cafile", "ca.pem", "-crl_check", "-crl_check_all") == 0 &&
           config.crl_check == CRL_CHECK_ALL,
       "after it, too");
    config_free(&config);
    ok(WARNS("asks for no certificate; -verify and -Verify do", "-CAfile", "ca.pem"),
       "-CAfile alone asks nobody, and that is told");
    ok(LOAD("-CAfile", "ca.pem") == 0 && config.verify == VERIFY_NONE &&
           strcmp(config.verify_text, "none") == 0,
       "a file would have to say so");
    config_free(&config);
    ok(LOAD("-CApath", "dir", "-Verify", "1") == 0 && config.verify == VERIFY_REQUIRED,
       "-CApath is enough to verify");
    config_free(&config);
    ok(LOAD("--ssl.cafile", "ca.pem", "-CApath", "dir") == 0 && config.verify == VERIFY_REQUIRED,
       "what a key has asked for stays");
    config_free(&config);
    ok(LOAD("-chainCAfile", "a", "-chainCApath", "b") == 0 && config.chain_cafiles.count == 2,
       "-chainCAfile and -chainCApath");
    config_free(&config);
    ok(WARNS("ssl.verify = none asks for no certificate", "--ssl.crl-check", "all"),
       "nothing to look up");
}

static void test_policy(void)
{
    ok(FAILS("ssl.cafile or ssl.capath; set it", "--ssl.verify", "required"), "verify without CA");
    ok(FAILS("ssl.cafile or ssl.capath; set it", "--ssl.require-peer-certificate"),
       "require without CA");
    ok(LOAD("--ssl.cafile", "ca.pem") == 0 && config.verify == VERIFY_REQUIRED,
       "a CA file requires");
    config_free(&config);
    ok(LOAD("-CAfile", "ca.pem", "-verify", "3") == 0 && config.verify == VERIFY_OPTIONAL &&
           config.verify_depth == 9 && config.verify_error_depth == 3 &&
           !config.verify_return_error && !config.partial_chain &&
           config.verify_report == REPORT_ALL,
       "-verify 3");
    config_free(&config);
    ok(LOAD("-CAfile", "ca.pem", "-Verify", "3") == 0 && config.verify == VERIFY_REQUIRED,
       "-Verify");
    config_free(&config);
    ok(FAILS("says the opposite", "--ssl.cafile=x", "--ssl.verify=none",
             "--ssl.require-peer-certificate"),
       "opposites");
    ok(WARNS("not used", "--ssl.cafile=x", "--ssl.verify=none"), "a CA file for nothing");
    ok(FAILS("one of none", "--ssl.verify=yes"), "verify word");
    ok(FAILS("set ssl.keyfile", "--ssl.second-keyfile=x"), "second key alone");
    ok(FAILS("env:VARIABLE", "--ssl.password=secret") && strstr(messages, "secret") == NULL,
       "a password is not repeated");
    ok(LOAD("-cert", "a.pem") == 0 && strcmp(config.keyfile, "a.pem") == 0 &&
           config.certfile[0] == '\0',
       "-cert alone holds both");
    config_free(&config);
    ok(FAILS("NAME=KEYFILE", "--ssl.server-name-indication", "x"), "SNI without =");
    ok(FAILS("NAME=KEYFILE", "--ssl.server-name-indication", "a*.b=x"), "SNI wildcard inside");
    ok(FAILS("HTTP/2", "-www", "-alpn", "h2,http/1.1"), "h2");
    ok(LOAD("-alpn", "h2, x ", "-rev") == 0 && config.alpn.count == 2 &&
           strcmp(config.alpn.items[1], "x") == 0 && config.mode == MODE_REVERSE,
       "h2 for another protocol");
    config_free(&config);
    ok(LOAD("-accept", "4434") == 0 && config.mode == MODE_CONSOLE &&
           config.idle_timeout_ms == 86400000,
       "a spelling of s_server means the console, where one may take one's time");
    config_free(&config);
    ok(LOAD("--server.mode=console", "--server.idle-timeout=5s", "-crlf", "-ign_eof", "-naccept",
            "3", "-nbio_test", "-nbio") == 0 &&
           config.idle_timeout_ms == 5000 && config.console_crlf && config.console_ignore_eof &&
           config.naccept == 3 && config.nbio_test,
       "options of the console and of the sockets");
    config_free(&config);
    ok(LOAD("-accept", "4434", "--files.root", "x") == 0 && config.mode == MODE_FILES,
       "a folder is served where one is named");
    config_free(&config);
    ok(LOAD("-ign_eof", "-no_ign_eof") == 0 && !config.console_ignore_eof, "-no_ign_eof");
    config_free(&config);
    ok(FAILS("files.root", "--server.mode=files"), "files need a root");
    ok(LOAD("-WWW") == 0 && config.mode == MODE_FILES && strcmp(config.root, ".") == 0, "-WWW");
    config_free(&config);
    ok(LOAD("--files.root", "x", "-HTTP") == 0 && config.mode == MODE_RAW &&
           strcmp(config.root, "x") == 0,
       "-HTTP keeps a root");
    config_free(&config);
    ok(FAILS("by the server alone", "--files.header", "content-length: 5"), "framing header");
    ok(FAILS("NAME: VALUE", "--files.header", "x y: 5"), "header name");
    ok(FAILS("a line break", "--files.header", "x: a\nb: c") &&
           FAILS("no control", "--files.header", "x: a\rb: c"),
       "no second line in a header");
    ok(FAILS("is no IPv6", "-6", "--server.endpoint", "tcp://127.0.0.1:1"), "-6 with IPv4");
    ok(WARNS("no HTTP/2", "--ssl.prefer-http1-in-alpn=false"), "prefer-http1");
}

static void test_suites(void)
{
    ok(WARNS("weak suites are on: ECDHE-ECDSA-AES256-SHA384", "--ssl.cipher-list", "ALL"),
       "ALL has weak suites");
    ok(LOAD("--ssl.cipher-list", "ALL") == 0 && config.suite_count == 45, "and all 45");
    config_free(&config);
    ok(WARNS("skipped: FOO", "-cipher", "AESGCM:FOO"), "unknown names");
    ok(FAILS("no suite", "-cipher", "FOO"), "nothing at all");
    ok(FAILS("after @", "-cipher", "ALL:@FOO"), "unknown command");
    ok(FAILS("leaves no suite", "-cipher", "AES128-SHA:@SECLEVEL=4"), "security level");
    ok(LOAD("-named_curve", "secp384r1:P-256:P256") == 0 && config.group_count == 2 &&
           config.groups[0] == 24 && config.groups[1] == 23,
       "groups");
    config_free(&config);
    ok(FAILS("\"x448\" is not built in", "--ssl.ecdh-curve", "x448"), "unknown group");
    ok(FAILS("0x800", "--ssl.options", "0x800"), "a refused bit");
    ok(WARNS("SSL_OP_ALL", "--ssl.options", "0x80000850"), "ArangoDB's default number");
    ok(LOAD("--ssl.server-preference=no", "--ssl.options", "NO_TICKET|CIPHER_SERVER_PREFERENCE") ==
               0 &&
           config.server_preference && (config.options & 0x4000) != 0,
       "CIPHER_SERVER_PREFERENCE");
    config_free(&config);
}

/* What -t prints is a file that gives the same again. */
static void test_print(void)
{
    static char first[32768], second[32768];
    const char *file = "/proc/self/fd/";
    char path[64];
    int a = memfd_create("printed", 0), b = memfd_create("again", 0);

    ok(LOAD("-t", "--ssl.cafile", "a@b@@c", "-port", "0", "-unix", "/x y", "--files.header",
            "X-A: 1", "--files.header", "X-B: 2", "-serverpref", "-no_tls1", "-alpn", "a,b",
            "--server.mode", "echo", "--server.idle-timeout", "1500ms", "-cipher",
            "HIGH:!aNULL:@STRENGTH", "--ssl.server-name-indication", "a.b=c d", "--log.level",
            "warning", "--files.index=") == 0,
       "a rich configuration");
    ok(command == COMMAND_TEST, "-t");
    ok(config_print(&config, a) == 0, "printed");
    config_free(&config);
    read_back(a, first, sizeof first);
    snprintf(path, sizeof path, "%s%d", file, a);
    ok(LOAD("-c", path) == 0, "read again");
    config_print(&config, b);
    read_back(b, second, sizeof second);
    is_text(second, first, "with the same result");
    ok(strstr(first, "ssl.cafile = a@@b@@@@c\n") != NULL, "@ is doubled");
    ok(strstr(first, "server.endpoint = unix:///x y\n") != NULL, "an endpoint");
    ok(config.index.count == 0 && config.headers.count == 2, "lists");
    config_free(&config);
    close(a);
    close(b);
    a = memfd_create("printed", 0);
    ok(LOAD("-t", "-pass", "pass:secret") == 0 && config_print(&config, a) == 0, "with a password");
    read_back(a, first, sizeof first);
    ok(strstr(first, "secret") == NULL && strstr(first, "# ssl.password") != NULL,
       "which is masked");
    config_free(&config);
    close(a);
    ok(FAILS("files.root: the value holds a line break", "--files.root", "x\nssl.protocol = 4") &&
           FAILS("ssl.psk: the value holds a line break", "--ssl.psk", "env:X\nssl.protocol = 4") &&
           FAILS("ssl.crl-file: the value holds a line break", "--ssl.crl-file", "x\ny"),
       "no value can look like two options when it is printed");
}

int main(void)
{
    test_defaults();
    test_protocol();
    test_identity();
    test_policy();
    test_revocation();
    test_suites();
    test_print();
    return tap_done();
}
