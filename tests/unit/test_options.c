/* The file syntax, the command line, the environment and their layers. */
#include "config/conffile.h"
#include "config/options.h"
#include "config/spelling.h"
#include "config_helper.h"

#include <sys/stat.h>

static char folder[] = "/tmp/tiny-options-XXXXXX";

static void put_bytes(const char *name, const void *data, size_t len)
{
    char path[200];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
        printf("Bail out! cannot write %s\n", path);
        exit(1);
    }
}

static void put(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

static const char *at(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Reads text as a file, with an environment. */
static int load_text(const char *text, char **env)
{
    put("a.conf", text);
    return load((const char *const[]){"-c", at("a.conf"), NULL}, env);
}

/* The messages must have the text, the loading fail. */
static bool refuses(const char *text, const char *message)
{
    bool good = load_text(text, NULL) == -1 && strstr(messages, message) != NULL;

    if (!good) {
        printf("# messages: %s# wanted: %s\n", messages, message);
    }
    config_free(&config);
    return good;
}

static void test_file(void)
{
    ok(load_text(
           "\xEF\xBB\xBF# comment\r\n; another\r\n\r\n  [ server ]\r\nmax-connections = 2k\r\n"
           "ssl.keyfile=a b # c\r\n[tls]\r\nsession-cache\r\nalpn = x\r\nalpn = y , z\r\n"
           "server.ssl-cipher-list = AES128-SHA\r\n[reverse]\nmax-line=1KiB",
           NULL) == 0,
       "BOM, CRLF, comments, sections, dotted keys, a last line without an end");
    ok(config.max_connections == 2000 && config.max_line == 1024, "suffixes");
    is_text(config.keyfile, "a b # c", "a value is the rest of the line");
    ok(config.session_cache, "a bare key is true");
    ok(config.alpn.count == 3 && strcmp(config.alpn.items[2], "z") == 0, "lists repeat and split");
    ok(config.suite_count == 1, "an older spelling");
    config_free(&config);

    ok(refuses("\n\nssl.protocol = 77\n", "a.conf:3: ssl.protocol: 4 (TLS 1.0)"), "file and line");
    ok(refuses("[ssl]\nkeyfiel = x\n", "a.conf:2: ssl.keyfiel: there is no such option; did you "
                                       "mean ssl.keyfile?"),
       "did you mean");
    ok(refuses("keyfile = x\n", "did you mean ssl.keyfile?"), "a key without its section");
    ok(refuses("hullabaloo.x = 1\n", "tiny --help lists all"), "nothing like it");
    ok(refuses("ssl.keyfile\n", "a value is wanted"), "a bare key that is no boolean");
    ok(refuses("[ssl\n", "the ] after"), "an open section");
    ok(refuses("[]\n", "a section has a name"), "an empty section");
    ok(refuses("foo bar\n", "key = value is wanted"), "no key");
    ok(refuses("= x\n", "key = value is wanted"), "an empty key");
    ok(refuses("server.max-connections = 0\n", "out of range: 1 to 1000000"), "a range");
    ok(refuses("server.idle-timeout = 1ms\n", "out of range: 100ms to 86400000ms"),
       "a range of times");
    ok(refuses("server.mode = gopher\n", "one of auto, files, proxy"), "choices");
    ok(refuses("ssl.session-cache = maybe\n", "true or false is wanted"), "a boolean");
    ok(refuses("ssl.session-timeout = 1500ms\n", "whole seconds"), "whole seconds");
    ok(refuses("server.endpoint = udp://x\n", "a.conf:1: server.endpoint: tcp://host:port"),
       "an endpoint");
    put_bytes("a.conf", "ssl.keyfile = a\0b\n", 18);
    ok(FAILS("NUL byte", "-c", at("a.conf")), "a NUL byte");
    ok(FAILS("No such file", "-c", at("none.conf")), "no file");
    ok(FAILS("Is a directory", "-c", folder), "a folder");
}

static void test_all_at_once(void)
{
    put("b.conf", "ssl.keyfiel = x\nserver.backlog = -1\n");
    ok(load_text("@include b\nssl.protocol = 3\nlog.level = loud\n", NULL) == -1, "many errors");
    config_free(&config);
    load((const char *const[]){"-c", at("a.conf"), "--nope", "-cipher", "FOO", "stray", NULL},
         NULL);
    ok(strstr(messages, "b.conf:1: ssl.keyfiel") != NULL &&
           strstr(messages, "b.conf:2: server.backlog") != NULL &&
           strstr(messages, "a.conf:2: ssl.protocol") != NULL &&
           strstr(messages, "a.conf:3: log.level") != NULL &&
           strstr(messages, "command line: nope") != NULL &&
           strstr(messages, "command line: -cipher: ssl.cipher-list") != NULL &&
           strstr(messages, "\"stray\" is no option") != NULL,
       "of all files and the command line are told in one go");
    config_free(&config);
}

static void test_include(void)
{
    char deep[20];

    put("b.conf", "[server]\nbacklog = 7\n");
    ok(load_text("[ssl]\n@include b\n@include b.conf\nkeyfile = k\n", NULL) == 0 &&
           config.backlog == 7 && strcmp(config.keyfile, "k") == 0,
       "@include, with .conf added or not; the section goes on after it");
    config_free(&config);
    ok(refuses("@include\n", "name of a file"), "@include without a name");
    ok(refuses("@include none\n", "No such file"), "@include of nothing");
    ok(refuses("@include a\n", "includes itself"), "a file that includes itself");
    put("b.conf", "@include a\n");
    ok(refuses("@include b\n", "b.conf:1: @include"), "a loop of two");
    for (int i = 0; i < 10; i++) {
        char name[20];

        snprintf(name, sizeof name, "d%d.conf", i);
        snprintf(deep, sizeof deep, "@include d%d\n", i + 1);
        put(name, deep);
    }
    ok(refuses("@include d0\n", "8 deep"), "too deep");
}

static void test_variables(void)
{
    char *env[] = {(char *)"HOME_DIR=/h", (char *)"EMPTY=", NULL};

    ok(load_text("ssl.keyfile = @HOME_DIR@/k@@x@EMPTY@\nssl.cipher-list = HIGH:!aNULL@STRENGTH\n",
                 env) == 0,
       "variables");
    is_text(config.keyfile, "/h/k@x", "@NAME@, @@ and an empty one");
    is_text(config.cipher_list, "HIGH:!aNULL@STRENGTH", "a single @ stays");
    config_free(&config);
    ok(refuses("ssl.keyfile = @NOT_THERE@\n", "no variable NOT_THERE"), "a missing variable");
    put("h.conf", "ssl.cafile = c\n");
    env[0] = (char *)"HOME_DIR=h";
    ok(load_text("@include @HOME_DIR@\n", env) == 0 && strcmp(config.cafile, "c") == 0,
       "a variable in @include");
    config_free(&config);
}

static void test_layers(void)
{
    char *env[] = {(char *)"TINY_SSL_KEYFILE=env", (char *)"TINY_SERVER_BACKLOG=9",
                   (char *)"TINY_FILES_HEADER=A: 1\nB: 2", (char *)"TINY_SSL_KEYFIEL=x", NULL};

    put("a.conf", "ssl.keyfile = file\nserver.backlog = 8\nssl.certfile = c\nssl.certfile = d\n"
                  "ssl.alpn = f\nssl.alpn = g\nfiles.header = C: 3\n");
    ok(load((const char *const[]){"-ssl.keyfile", "line", "-c", at("a.conf"), "--ssl.alpn=l",
                                  "--ssl.alpn", "m", NULL},
            env) == 0,
       "all layers");
    is_text(config.keyfile, "line", "the command line wins over the environment");
    ok(config.backlog == 9, "the environment wins over the file");
    is_text(config.certfile, "d", "the last one wins within the file");
    ok(config.alpn.count == 2 && strcmp(config.alpn.items[0], "l") == 0,
       "a later layer replaces a list");
    ok(config.headers.count == 2 && strcmp(config.headers.items[1], "B: 2") == 0,
       "a list in the environment has a line an item");
    ok(strstr(messages, "TINY_SSL_KEYFIEL names no option") != NULL, "a stranger is told of");
    config_free(&config);
    env[1] = (char *)"TINY_SERVER_BACKLOG=x";
    ok(load((const char *const[]){NULL}, env) == -1 &&
           strstr(messages, "TINY_SERVER_BACKLOG: server.backlog: a number") != NULL,
       "an error in the environment names the variable");
    config_free(&config);
}

static void test_command_line(void)
{
    ok(LOAD("--cert", "a", "-key=b", "--server.endpoint=tcp://a:1", "--server.endpoint",
            "unix:///s", "--ssl.session-cache", "--server.unlink", "no", "-4") == 0,
       "one dash or two, = or a blank");
    ok(config.endpoints.count == 2 && config.endpoints.items[1].kind == ENDPOINT_UNIX &&
           config.session_cache && !config.unlink && config.family == FAMILY_IPV4 &&
           strcmp(config.keyfile, "b") == 0 && strcmp(config.certfile, "a") == 0,
       "all of them count");
    config_free(&config);
    ok(LOAD("-port", "0") == 0 && config.endpoints.items[0].port == 0 &&
           strcmp(config.endpoints.items[0].host, "::") == 0,
       "-port");
    config_free(&config);
    ok(LOAD("-accept", "127.0.0.1:99", "-accept", "*:98") == 0 && config.endpoints.count == 2 &&
           strcmp(config.endpoints.items[0].host, "127.0.0.1") == 0,
       "-accept");
    config_free(&config);
    ok(FAILS("-key: a value is missing", "-key"), "a missing value");
    ok(FAILS("takes no value", "-www=1"), "a value too many");
    ok(FAILS("did you mean cipher?", "-ciper", "x"), "did you mean");
    ok(load((const char *const[]){"-ciper", "x", NULL}, NULL) == -1 &&
           strstr(messages, "\"x\"") == NULL,
       "and the value of what is no option is not complained of");
    config_free(&config);
    ok(FAILS("no option", "-", "--"), "bare dashes");
    ok(FAILS("-ssl3: SSL 2 and 3 are broken", "--ssl3"), "a refusal, with its sentence");
    ok(FAILS("command line: -psk_hint: keys are shared", "-psk_hint", "-port") &&
           FAILS("-psk_hint: a value is missing", "-psk_hint") &&
           FAILS("-dtls takes no value", "-dtls=1"),
       "a refused option still has its value, or none");
    ok(LOAD("-nbio", "-c", at("a.conf")) == 0 && config.s_server_style && config.file_given,
       "a needless one; it makes the style of s_server");
    config_free(&config);
    ok(LOAD("--ssl.protocol", "9") == 0 && !config.s_server_style && !config.file_given,
       "a key does not");
    config_free(&config);
    ok(LOAD("-t", "--help") == 0 && command == COMMAND_HELP, "--help");
    config_free(&config);
    ok(LOAD("--nonsense", "--version") == 0 && command == COMMAND_VERSION, "--version");
    config_free(&config);
    ok(LOAD("-key", "-c", "-cert", "--help") == 0 && command == COMMAND_RUN &&
           strcmp(config.keyfile, "-c") == 0,
       "a value may look like an option");
    config_free(&config);
}

static void test_sub_commands(void)
{
    ok(LOAD("ciphers", "-v", "-AES:ALL") == 0 && command == COMMAND_CIPHERS &&
           config.args.verbose && strcmp(config.args.list, "-AES:ALL") == 0,
       "ciphers");
    config_free(&config);
    ok(LOAD("ciphers") == 0 && strcmp(config.args.list, "DEFAULT") == 0, "ciphers without a list");
    config_free(&config);
    ok(LOAD("ciphers", "-ciphersuites", "A:B", "-s", "C") == 0 &&
           strcmp(config.args.ciphersuites, "A:B") == 0 && strcmp(config.args.list, "C") == 0,
       "ciphers with suites of TLS 1.3");
    config_free(&config);
    ok(FAILS("takes one list", "ciphers", "A", "B"), "two lists");
    ok(LOAD("certificate", "--name", "a.b", "-name=c", "--days", "30", "--rsa", "2048", "--out",
            "f") == 0 &&
           command == COMMAND_CERTIFICATE && config.args.names.count == 2 &&
           config.args.days == 30 && config.args.rsa_bits == 2048 &&
           strcmp(config.args.out, "f") == 0 && !config.args.force,
       "certificate");
    config_free(&config);
    ok(FAILS("--name HOST is wanted", "certificate"), "certificate without a name");
    ok(FAILS("1 to 36500", "certificate", "--name", "x", "--days", "0"), "days");
    ok(FAILS("2048, 3072 or 4096", "certificate", "--name", "x", "--rsa", "8192"), "rsa");
    ok(FAILS("2048, 3072 or 4096", "certificate", "--name", "x", "--rsa", "1024"), "a short one");
    ok(FAILS("2048, 3072 or 4096", "certificate", "--name", "x", "--rsa", "2049"), "an odd one");
    ok(FAILS("takes no value", "certificate", "--name", "x", "--force=1"), "--force=1");
    ok(LOAD("certificate", "--name", "x", "--force", "--rsa", "3072") == 0 && config.args.force &&
           config.args.rsa_bits == 3072,
       "--force");
    config_free(&config);
    ok(FAILS("no option of certificate", "certificate", "--name", "x", "--color"),
       "another option");
    ok(LOAD("certificate", "--help") == 0 && command == COMMAND_HELP, "certificate --help");
    config_free(&config);
}

/* Each row is sound: its default is accepted, its names find it, --help has it. */
static void test_table(void)
{
    static char help[32768];
    struct spelling s = {0};
    unsigned spellings = 0, refusals = 0;
    int fd = memfd_create("help", 0);

    config_help(fd);
    read_back(fd, help, sizeof help);
    close(fd);
    for (size_t i = 0; i < option_table_len; i++) {
        const struct option *o = &option_table[i];
        const char *key = option_key(o);
        char name[80];

        expect(option_find(span_of(key, strlen(key))) == o, key);
        snprintf(name, sizeof name, "  --%s ", key);
        expect(strstr(help, name) != NULL, key);
        expect(strlen(option_help(o)) > 0, key);
    }
    while (spelling_next(&s)) {
        expect(s.how == SPELLING_NEEDLESS || s.how == SPELLING_REFUSED ||
                   option_of_field(s.field) != NULL,
               s.name);
        refusals += s.how == SPELLING_REFUSED || s.how == SPELLING_REFUSED_OP;
        expect(s.how != SPELLING_REFUSED || strlen(spelling_refusal(&s)) > 20, s.name);
        spellings++;
    }
    ok(spellings > 100 && refusals > 40, "the spellings are there");
    s = (struct spelling){0};
    while (spelling_next(&s)) {
        char dashed[60], wanted[80];

        snprintf(dashed, sizeof dashed, "-%s", s.name);
        snprintf(wanted, sizeof wanted, "command line: -%s: ", s.name);
        if (s.how == SPELLING_REFUSED || s.how == SPELLING_REFUSED_OP) {
            expect(
                fails_with(wanted, (const char *const[]){dashed, s.takes_value ? "x" : NULL, NULL}),
                s.name);
        }
    }
    ok(true, "each refusal names the option");
    ok(true, "every row");
}

/* Every prefix of a file, in memory of exactly its size. */
static void test_truncation(void)
{
    static const char text[] = "\t[ssl] \r\n@include @A@@@ b\nkey = @V@@@x@\nbare\n#;=[\n";

    for (size_t n = 0; n < sizeof text; n++) {
        for (size_t from = 0; from < n; from++) {
            char *copy = malloc(n - from);
            struct conf_line line;

            memcpy(copy, text + from, n - from);
            line = conf_line_parse(span_of(copy, n - from));
            expect(line.kind != CONF_BAD || line.problem != NULL, "a bad line has a reason");
            free(copy);
        }
    }
    ok(true, "every part of a line");
}

int main(void)
{
    if (mkdtemp(folder) == NULL) {
        printf("Bail out! no folder\n");
        return 1;
    }
    test_file();
    test_all_at_once();
    test_include();
    test_variables();
    test_layers();
    test_command_line();
    test_sub_commands();
    test_table();
    test_truncation();
    for (int i = 0; i < 10; i++) {
        char name[20];

        snprintf(name, sizeof name, "d%d.conf", i);
        unlink(at(name));
    }
    unlink(at("a.conf"));
    unlink(at("b.conf"));
    unlink(at("h.conf"));
    rmdir(folder);
    return tap_done();
}
