/* The options of TLS 1.3: what they come to and what they need of each other. */
#include "config_helper.h"

#define ON  "--ssl.protocol=9"
#define KEY "000102030405060708090a0b0c0d0e0F"

static void test_suites(void)
{
    ok(LOAD(ON, "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256") == 0 &&
           config.ciphersuite_count == 2 && config.ciphersuites[0] == 0x1303 &&
           config.ciphersuites[1] == 0x1301,
       "-ciphersuites, in their order");
    config_free(&config);
    ok(LOAD(ON, "--ssl.ciphersuites", "TLS_AES_256_GCM_SHA384,TLS_AES_256_GCM_SHA384") == 0 &&
           config.ciphersuite_count == 1 && config.ciphersuites[0] == 0x1302,
       "none twice");
    config_free(&config);
    ok(WARNS("skipped: TLS_AES_128_CCM_SHA256 FOO", ON, "-ciphersuites",
             "TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256:FOO"),
       "what is not built in is skipped");
    ok(FAILS("ssl.ciphersuites: no suite of TLS 1.3", ON, "--ssl.ciphersuites", "AES128-SHA"),
       "a suite of TLS 1.2");
    ok(FAILS("no suite of TLS 1.3", ON, "--ssl.ciphersuites", ""), "none at all");
    ok(FAILS("no name can begin at \"%\"", ON, "--ssl.ciphersuites", "TLS_AES_128_GCM_SHA256:%"),
       "no name");
    ok(LOAD(ON, "-cipher", "ALL:@SECLEVEL=4") == 0 && config.ciphersuite_count == 2,
       "@SECLEVEL counts for them, too");
    config_free(&config);
    ok(FAILS("@SECLEVEL=5 leaves no suite", ON, "-ciphersuites", "TLS_AES_128_GCM_SHA256",
             "-cipher", "ALL:@SECLEVEL=5"),
       "and may leave none");
    ok(FAILS("no suite", ON, "-cipher", "TLS_AES_128_GCM_SHA256"), "they are not for -cipher");
    ok(WARNS("ssl.ciphersuites: not used without TLS 1.3", "-tls1_2", "-ciphersuites",
             "TLS_AES_128_GCM_SHA256"),
       "suites without TLS 1.3");
    ok(WARNS("ssl.cipher-list: not used: TLS 1.3 is on alone", "-tls1_3", "-cipher", "AESGCM"),
       "suites of TLS 1.2 without it");
    ok(LOAD("-tls1_3", "-cipher", "ALL") == 0 && strstr(messages, "weak") == NULL,
       "which are not called weak, then");
    config_free(&config);
}

static void test_groups(void)
{
    ok(LOAD(ON, "-groups", "x25519mlkem768:P-384") == 0 && config.group_count == 2 &&
           config.groups[0] == 0x11EC && config.groups[1] == 24,
       "X25519MLKEM768");
    config_free(&config);
    ok(LOAD("-tls1_3", "-curves", "X25519MLKEM768") == 0 && strstr(messages, "group") == NULL,
       "alone, with TLS 1.3 alone");
    config_free(&config);
    ok(WARNS("below TLS 1.3 find no group", ON, "-groups", "X25519MLKEM768"),
       "alone, with TLS 1.2, too");
    ok(FAILS("none of these is for versions below", "-tls1_2", "-groups", "X25519MLKEM768"),
       "without TLS 1.3");
    ok(FAILS("\"MLKEM768\" is not built in", ON, "-groups", "MLKEM768"), "not by itself");
    ok(WARNS("ssl.signature-algorithms: none of these is for TLS 1.3", ON, "-sigalgs",
             "RSA+SHA256:ECDSA+SHA1"),
       "signatures of TLS 1.2");
    ok(LOAD(ON, "-sigalgs", "RSA+SHA256:rsa_pss_rsae_sha256") == 0 &&
           strstr(messages, "none") == NULL,
       "with one of TLS 1.3");
    config_free(&config);
}

static void test_psk(void)
{
    ok(LOAD(ON, "-psk", KEY) == 0 && strcmp(config.psk, KEY) == 0 &&
           strcmp(config.psk_identity, "Client_identity") == 0 && strstr(messages, "psk") == NULL,
       "-psk");
    config_free(&config);
    ok(LOAD(ON, "-psk", "file:/x/y", "-psk_identity", "me") == 0 &&
           strcmp(config.psk_identity, "me") == 0,
       "from a file, with -psk_identity");
    config_free(&config);
    ok(FAILS("only TLS 1.3 takes keys", "-tls1_2", "-psk", KEY), "without TLS 1.3");
    ok(FAILS("a name of 1 to 255", ON, "-psk", KEY, "-psk_identity", ""), "without a name");
    ok(LOAD(ON, "-psk_identity", "Client_identity", "-ciphersuites", "DEFAULT") == 0 &&
           strstr(messages, "not used") == NULL,
       "a default that is written");
    config_free(&config);
    ok(WARNS("ssl.psk-identity: not used without ssl.psk", ON, "-psk_identity", "me"),
       "a name without a key");
    ok(FAILS("shows no certificate, but ssl.verify requires", ON, "-psk", KEY, "--ssl.cafile",
             "ca.pem"),
       "beside client certificates");
}

static void test_resumption(void)
{
    ok(LOAD(ON, "-num_tickets", "0") == 0 && config.num_tickets == 0, "-num_tickets");
    config_free(&config);
    ok(FAILS("0 to 16", ON, "-num_tickets", "17"), "too many");
    ok(WARNS("not used without ssl.session-tickets", ON, "-num_tickets", "1", "-no_ticket",
             "-no_cache"),
       "-num_tickets without anything to resume");
    ok(LOAD(ON, "-www", "-early_data") == 0 && config.early_data == 16384, "-early_data");
    config_free(&config);
    ok(LOAD(ON, "-www", "-max_early_data", "100", "-early_data") == 0 && config.early_data == 100,
       "-max_early_data before it");
    config_free(&config);
    ok(LOAD(ON, "-www", "-early_data", "-max_early_data", "100") == 0 && config.early_data == 100,
       "and behind it");
    config_free(&config);
    ok(FAILS("only for requests", ON, "--server.mode=echo", "--ssl.early-data=100") &&
           FAILS("only for requests", ON, "--server.mode=raw", "--files.root=.",
                 "--ssl.early-data=100") &&
           FAILS("only for requests", ON, "-early_data"),
       "early data where it may not come twice");
    ok(WARNS("not used: it needs tickets", ON, "-www", "-early_data", "-num_tickets", "0"),
       "early data without tickets");
    ok(WARNS("again and again", ON, "-www", "-early_data", "-no_anti_replay") &&
           WARNS("again and again", ON, "-www", "-early_data", "--ssl.options=NO_ANTI_REPLAY"),
       "early data that may come twice");
    ok(LOAD(ON, "-anti_replay") == 0 && config.anti_replay, "-anti_replay");
    config_free(&config);
    ok(FAILS("use -max_early_data", ON, "-recv_max_early_data", "5") &&
           FAILS("no cookie has to prove it", ON, "-stateless") &&
           FAILS("RFC 8446", ON, "-no_middlebox") &&
           FAILS("-psk and -psk_identity", ON, "-psk_session", "f"),
       "what is refused");
    ok(LOAD(ON, "-record_padding", "512") == 0 && config.record_padding == 512, "-record_padding");
    config_free(&config);
    ok(LOAD(ON, "--ssl.compressed-certificates", "a", "--ssl.compressed-certificates", "b") == 0 &&
           config.compressed_certificates.count == 2,
       "ssl.compressed-certificates");
    config_free(&config);
    ok(LOAD(ON, "--ssl.compressed-certificates", "a", "-no_tx_cert_comp") == 0 &&
           config.compressed_certificates.count == 0 &&
           strstr(messages, "NO_TX_CERTIFICATE_COMPRESSION") != NULL,
       "-no_tx_cert_comp");
    config_free(&config);
    ok(LOAD(ON, "-allow_no_dhe_kex") == 0 && (config.options & 0x400) != 0, "-allow_no_dhe_kex");
    config_free(&config);
    ok(FAILS("a new key is agreed", ON, "--ssl.options=PREFER_NO_DHE_KEX"),
       "a bit that is refused");
}

/* The key stays out of -t; where it is may be told. */
static void test_print(void)
{
    static char text[65536];
    int fd = memfd_create("printed", 0);

    ok(LOAD("-t", ON, "-psk", KEY) == 0 && config_print(&config, fd) == 0, "-t with a key");
    read_back(fd, text, sizeof text);
    ok(strstr(text, KEY) == NULL && strstr(text, "# ssl.psk = (not shown)\n") != NULL, "is masked");
    config_free(&config);
    close(fd);
    fd = memfd_create("printed", 0);
    ok(LOAD("-t", ON, "-psk", "env:KEY") == 0 && config_print(&config, fd) == 0, "-t with env:");
    read_back(fd, text, sizeof text);
    ok(strstr(text, "\nssl.psk = env:KEY\n") != NULL, "is not");
    ok(strstr(text, "ssl.groups = X25519MLKEM768:") != NULL, "the groups");
    config_free(&config);
    close(fd);
}

int main(void)
{
    test_suites();
    test_groups();
    test_psk();
    test_resumption();
    test_print();
    return tap_done();
}
