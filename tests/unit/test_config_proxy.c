/* proxy.*: what a backend may be, and what it does not go together with. */
#include "config_helper.h"

#define BACKEND "--proxy.backend"

static void test_backends(void)
{
    ok(LOAD(BACKEND, "tcp://127.0.0.1:8080") == 0 && config.mode == MODE_PROXY &&
           config.backend.kind == ENDPOINT_TCP && config.backend.port == 8080 &&
           strcmp(config.backend.host, "127.0.0.1") == 0 &&
           config.proxy_protocol == PROXY_PROTOCOL_NONE && config.connect_timeout_ms == 5000,
       "a backend alone is mode proxy");
    config_free(&config);
    ok(LOAD(BACKEND, "tcp://[::1]:80", "--proxy.protocol", "v2", "--proxy.connect-timeout",
            "300ms") == 0 &&
           strcmp(config.backend.host, "::1") == 0 && config.proxy_protocol == PROXY_PROTOCOL_V2 &&
           config.connect_timeout_ms == 300,
       "IPv6, the PROXY protocol, a deadline");
    config_free(&config);
    ok(LOAD(BACKEND, "unix:///run/app.sock") == 0 && config.backend.kind == ENDPOINT_UNIX &&
           strcmp(config.backend.host, "/run/app.sock") == 0,
       "a Unix socket");
    config_free(&config);
    ok(LOAD("-accept", "4434", BACKEND, "tcp://app:80") == 0 && config.mode == MODE_PROXY,
       "also beside spellings of s_server");
    config_free(&config);
}

static void test_faults(void)
{
    static const char *const plain[] = {"http://app:80", "https://app:443", "ssl://app:1", "app:80",
                                        "tcp:/app:80"};
    bool good = true;

    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        good &= FAILS("tcp://host:port or unix:///path is wanted", BACKEND, plain[i]);
    }
    ok(good, "other schemes");
    ok(FAILS("the backend's port is missing", BACKEND, "tcp://app") &&
           FAILS("the backend's port is missing", BACKEND, "tcp://[::1]") &&
           FAILS("the backend's port is missing", BACKEND, "tcp://app:0"),
       "a port must be there");
    ok(FAILS("a host is wanted", BACKEND, "tcp://:80") &&
           FAILS("a host is wanted", BACKEND, "tcp://*:80"),
       "so must a host");
    ok(FAILS("the path of the socket is missing", BACKEND, "unix://"), "and a path");
    ok(FAILS("port must be a number", BACKEND, "tcp://app:99999"), "a port that is none");
    ok(FAILS("proxy.protocol", BACKEND, "tcp://app:80", "--proxy.protocol", "v3"),
       "versions of the PROXY protocol");
}

static void test_company(void)
{
    ok(FAILS("set proxy.backend", "--server.mode", "proxy"), "the mode without a backend");
    ok(FAILS("files.root is set, too", BACKEND, "tcp://app:80", "--files.root", "x"),
       "files or a backend: one of the two");
    ok(WARNS("not used without server.mode = proxy", BACKEND, "tcp://app:80", "--files.root", "x",
             "--server.mode", "files"),
       "unless the mode says which");
    ok(FAILS("log.access-file: mode proxy sees bytes", BACKEND, "tcp://app:80", "--log.access-file",
             "-"),
       "there are no requests to log");
    ok(FAILS("ssl.early-data: early data can be sent again", BACKEND, "tcp://app:80",
             "--ssl.early-data", "1000"),
       "early data would reach the backend twice");
    ok(LOAD(BACKEND, "tcp://app:80", "--ssl.alpn", "h2,http/1.1") == 0 && config.alpn.count == 2,
       "HTTP/2 is the backend's to speak");
    config_free(&config);
}

int main(void)
{
    test_backends();
    test_faults();
    test_company();
    return tap_done();
}
