/*
 * The rows of the option table, for options.c alone, which reads them more
 * than once: field of struct config, type, least and greatest value (OPTION_NUMBER,
 * _MS and _S, in the kept unit), key, default as written, what --help calls the
 * value ("": the type says it), line of help. STANDIN_OPTION,
 * EXTRA_OPTION, TLS12_OPTION, CLIENTS_OPTION or COMFORT_OPTION instead of OPTION: a build without
 * the one or the other (core/build.h) is without it and refuses its key.
 */
OPTION(endpoints, OPTION_ENDPOINTS, 0, 0, "server.endpoint", "tcp://[::]:4433", "URL",
       "listen here: tcp://host:port, tcp://[ipv6]:port, unix:///path; repeatable")
OPTION(unlink, OPTION_BOOL, 0, 0, "server.unlink", "false", "",
       "remove a Unix socket that is left over, before listening on its path")
OPTION(family, OPTION_CHOICE, 0, 0, "server.family", "any", "",
       "what kinds of addresses to listen on")
OPTION(mode, OPTION_CHOICE, 0, 0, "server.mode", "auto", "",
       "what is served; auto: files if files.root is set, proxy if proxy.backend is, console for a "
       "command line of s_server's, else status")
OPTION(max_connections, OPTION_NUMBER, 1, 1000000, "server.max-connections", "1024", "",
       "connections at a time; more wait in the backlog")
OPTION(backlog, OPTION_NUMBER, 1, 65535, "server.backlog", "512", "",
       "connections that may wait to be accepted")
OPTION(handshake_timeout_ms, OPTION_MS, 100, DAY_MS, "server.handshake-timeout", "10s", "",
       "for the whole handshake, from accept")
OPTION(request_timeout_ms, OPTION_MS, 100, DAY_MS, "server.request-timeout", "10s", "",
       "for a whole request to come, from its first byte")
OPTION(idle_timeout_ms, OPTION_MS, 100, DAY_MS, "server.idle-timeout", "60s", "",
       "without any progress on an open connection")
OPTION(close_timeout_ms, OPTION_MS, 100, DAY_MS, "server.close-timeout", "5s", "",
       "to wait for the peer's close_notify")
OPTION(drain_timeout_ms, OPTION_MS, 0, DAY_MS, "server.drain-timeout", "30s", "",
       "for open connections to end after SIGTERM")
OPTION(healthcheck_timeout_ms, OPTION_MS, 1, DAY_MS, "server.healthcheck-timeout", "3s", "",
       "for the answer to `tiny healthcheck`")
STANDIN_OPTION(naccept, OPTION_NUMBER, 0, UINT32_MAX, "server.naccept", "0", "",
               "end after that many connections; 0: never")
STANDIN_OPTION(nbio_test, OPTION_BOOL, 0, 0, "server.nbio-test", "false", "",
               "move at most 7 bytes with each call on a socket, at random")
OPTION(user, OPTION_TEXT, 0, 0, "server.user", "", "USER",
       "become this user once the sockets are bound")
OPTION(group, OPTION_TEXT, 0, 0, "server.group", "", "GROUP",
       "become this group; unset: the user's own")
OPTION(chroot, OPTION_TEXT, 0, 0, "server.chroot", "", "DIR", "confine the process to this folder")

OPTION(keyfile, OPTION_TEXT, 0, 0, "ssl.keyfile", "", "FILE",
       "PEM with the private key and, without ssl.certfile, the certificate chain")
OPTION(certfile, OPTION_TEXT, 0, 0, "ssl.certfile", "", "FILE",
       "PEM or DER with the certificate chain")
COMFORT_OPTION(second_keyfile, OPTION_TEXT, 0, 0, "ssl.second-keyfile", "", "FILE",
               "a second key, of the other type (RSA or EC)")
COMFORT_OPTION(second_certfile, OPTION_TEXT, 0, 0, "ssl.second-certfile", "", "FILE",
               "its certificate chain")
EXTRA_OPTION(password, OPTION_SECRET, 0, 0, "ssl.password", "", "pass:X|env:VAR|file:PATH|fd:N",
             "where the password of encrypted keys comes from")
EXTRA_OPTION(second_password, OPTION_SECRET, 0, 0, "ssl.second-password", "",
             "pass:X|env:VAR|file:PATH|fd:N", "that of the second key; unset: ssl.password")
OPTION(chain_file, OPTION_TEXT, 0, 0, "ssl.certificate-chain", "", "FILE",
       "PEM with the CA certificates to send after the certificate")
STANDIN_OPTION(second_chain_file, OPTION_TEXT, 0, 0, "ssl.second-certificate-chain", "", "FILE",
               "those for the second certificate")
OPTION(sni, OPTION_LIST, 0, 0, "ssl.server-name-indication", "", "NAME=KEYFILE",
       "a certificate for one server name; *.example.org; repeatable")
CLIENTS_OPTION(ocsp_files, OPTION_LIST, 0, 0, "ssl.ocsp-file", "", "FILE",
               "DER of the OCSP response that is stapled to its certificate; repeatable")
EXTRA_OPTION(compressed_certificates, OPTION_LIST, 0, 0, "ssl.compressed-certificates", "", "FILE",
             "the certificate chain ready compressed, for TLS 1.3; repeatable")
STANDIN_OPTION(serverinfo, OPTION_LIST, 0, 0, "ssl.serverinfo", "", "FILE",
               "PEM with extensions for clients that offer their types; repeatable")
STANDIN_OPTION(server_name, OPTION_TEXT, 0, 0, "ssl.server-name", "", "NAME",
               "one name that has a certificate of its own")
STANDIN_OPTION(server_name_certfile, OPTION_TEXT, 0, 0, "ssl.server-name-certfile", "", "FILE",
               "the certificate for ssl.server-name; unset: server2.pem")
STANDIN_OPTION(server_name_keyfile, OPTION_TEXT, 0, 0, "ssl.server-name-keyfile", "", "FILE",
               "its key; unset: in ssl.server-name-certfile")
COMFORT_OPTION(server_name_fatal, OPTION_BOOL, 0, 0, "ssl.server-name-fatal", "false", "",
               "refuse clients that ask for a name without a certificate of its own")
STANDIN_OPTION(random_files, OPTION_TEXT, 0, 0, "ssl.random-files", "", "FILE[:FILE]",
               "mix these into the random numbers, beside what the system gives")
CLIENTS_OPTION(cafile, OPTION_TEXT, 0, 0, "ssl.cafile", "", "FILE",
               "PEM with the CAs whose client certificates are accepted")
CLIENTS_OPTION(capath, OPTION_TEXT, 0, 0, "ssl.capath", "", "DIR",
               "a folder of such files, beside or instead of ssl.cafile")
CLIENTS_OPTION(crl_files, OPTION_LIST, 0, 0, "ssl.crl-file", "", "FILE",
               "CRLs, PEM or DER: certificates that CAs have revoked; repeatable")
CLIENTS_OPTION(
    chain_cafiles, OPTION_LIST, 0, 0, "ssl.chain-cafile", "", "FILE",
    "file or folder with CA certificates that complete the chain sent to clients; repeatable")
OPTION(reload_interval_s, OPTION_S, 0, 86400, "ssl.reload-interval", "0", "",
       "look this often for changed certificate files; 0: on SIGHUP only")
TLS12_OPTION(protocol, OPTION_NUMBER, 0, 1000, "ssl.protocol", "9", "N",
             "4: TLS 1.0, 5: TLS 1.2, 6: TLS 1.3, 9: TLS 1.2 and 1.3")
TLS12_OPTION(min_protocol, OPTION_TEXT, 0, 0, "ssl.min-protocol", "", VERSIONS,
             "lowest version, instead of what ssl.protocol says")
TLS12_OPTION(max_protocol, OPTION_TEXT, 0, 0, "ssl.max-protocol", "", VERSIONS,
             "highest version, instead of what ssl.protocol says")
TLS12_OPTION(cipher_list, OPTION_TEXT, 0, 0, "ssl.cipher-list", "DEFAULT", "LIST",
             "cipher suites up to TLS 1.2, in OpenSSL's grammar")
COMFORT_OPTION(ciphersuites_text, OPTION_TEXT, 0, 0, "ssl.ciphersuites", "DEFAULT", "LIST",
               "cipher suites of TLS 1.3, in order of preference")
OPTION(max_send_fragment, OPTION_NUMBER, 512, 16384, "ssl.max-send-fragment", "16384", "",
       "the most bytes that a record carries; clients may ask for less")
EXTRA_OPTION(record_padding, OPTION_NUMBER, 0, 16384, "ssl.record-padding", "0", "",
             "pad the contents of TLS 1.3's records to multiples of so many bytes")
COMFORT_OPTION(groups_text, OPTION_TEXT, 0, 0, "ssl.groups",
               "X25519MLKEM768:X25519:P-256:P-384:P-521", "LIST",
               "groups for key exchange, in order of preference")
EXTRA_OPTION(signatures_text, OPTION_TEXT, 0, 0, "ssl.signature-algorithms", "", "LIST",
             "how handshakes may be signed, in order of preference: RSA+SHA256:ECDSA+SHA256")
EXTRA_OPTION(client_signatures_text, OPTION_TEXT, 0, 0, "ssl.client-signature-algorithms", "",
             "LIST", "the same for the signatures of clients with a certificate")
EXTRA_OPTION(options_text, OPTION_TEXT, 0, 0, "ssl.options", "", "BITS",
             "SSL_OP bits: a number, or names joined by |")
OPTION(server_preference, OPTION_BOOL, 0, 0, "ssl.server-preference", "true", "",
       "choose the suite by the server's order, not by the client's")
OPTION(alpn, OPTION_WORDS, 0, 0, "ssl.alpn", "", "NAMES",
       "ALPN protocols, joined by commas; unset: http/1.1 where HTTP is served")
COMFORT_OPTION(prefer_http1, OPTION_BOOL, 0, 0, "ssl.prefer-http1-in-alpn", "true", "",
               "always so, there is no HTTP/2 here")
TLS12_OPTION(session_cache, OPTION_BOOL, 0, 0, "ssl.session-cache", "false", "", "resume sessions")
TLS12_OPTION(session_cache_size, OPTION_NUMBER, 1, 1000000, "ssl.session-cache-size", "512", "",
             "sessions that are kept")
OPTION(session_timeout_s, OPTION_S, 1, 604800, "ssl.session-timeout", "300s", "",
       "how long a session can be resumed")
OPTION(session_tickets, OPTION_BOOL, 0, 0, "ssl.session-tickets", "true", "",
       "let clients keep their sessions themselves, as sealed tickets")
OPTION(ticket_keys, OPTION_LIST, 0, 0, "ssl.ticket-keys", "", "FILE",
       "keys for tickets, shared between servers; unset: random ones; repeatable")
OPTION(num_tickets, OPTION_NUMBER, 0, 16, "ssl.num-tickets", "2", "",
       "tickets after a handshake of TLS 1.3; 0: its sessions are not resumed")
EXTRA_OPTION(early_data, OPTION_NUMBER, 0, 1048576, "ssl.early-data", "0", "",
             "bytes of a request that TLS 1.3 may bring in its first flight; 0: none")
EXTRA_OPTION(anti_replay, OPTION_BOOL, 0, 0, "ssl.anti-replay", "true", "",
             "take early data with a ticket once only")
EXTRA_OPTION(psk, OPTION_SECRET, 0, 0, "ssl.psk", "", "HEX|env:VAR|file:PATH|fd:N",
             "a key shared with clients beforehand, for TLS 1.3")
EXTRA_OPTION(psk_identity, OPTION_TEXT, 0, 0, "ssl.psk-identity", "Client_identity", "NAME",
             "the name by which clients offer it")
EXTRA_OPTION(psk_only, OPTION_BOOL, 0, 0, "ssl.psk-only", "false", "",
             "let in only who has that key; no certificate is shown to anybody")
STANDIN_OPTION(session_id_prefix, OPTION_TEXT, 0, 0, "ssl.session-id-prefix", "", "TEXT",
               "how session IDs begin; the rest is random")
CLIENTS_OPTION(session_context, OPTION_TEXT, 0, 0, "ssl.session-context", "", "TEXT",
               "sessions can be resumed only under the same one")
CLIENTS_OPTION(verify_text, OPTION_TEXT, 0, 0, "ssl.verify", "", "none|optional|required",
               "client certificates; unset: required if ssl.cafile is set, else none")
CLIENTS_OPTION(require_peer_certificate, OPTION_BOOL, 0, 0, "ssl.require-peer-certificate", "false",
               "", "the same as ssl.verify = required")
CLIENTS_OPTION(verify_depth, OPTION_NUMBER, 0, 32, "ssl.verify-depth", "9", "",
               "CA certificates between a client's certificate and one of ssl.cafile")
CLIENTS_OPTION(crl_check, OPTION_CHOICE, 0, 0, "ssl.crl-check", "auto", "",
               "which of a client's certificates need a CRL; auto: all with ssl.crl-file")
CLIENTS_OPTION(verify_return_error, OPTION_BOOL, 0, 0, "ssl.verify-return-error", "true", "",
               "a bad client certificate ends the connection; false: it is told and tolerated")
CLIENTS_OPTION(verify_error_depth, OPTION_NUMBER, 0, 100, "ssl.verify-error-depth", "100", "",
               "what is wrong with certificates deeper than this ends it all the same")
STANDIN_OPTION(verify_report, OPTION_CHOICE, 0, 0, "ssl.verify-report", "none", "",
               "verification on standard error, in openssl's form")
CLIENTS_OPTION(check_time, OPTION_BOOL, 0, 0, "ssl.check-time", "true", "",
               "refuse certificates that are expired or not yet valid")
STANDIN_OPTION(attime_s, OPTION_NUMBER, 0, UINT32_MAX, "ssl.attime", "0", "SECONDS",
               "check their validity at this time since 1970; 0: now")
CLIENTS_OPTION(purpose, OPTION_CHOICE, 0, 0, "ssl.purpose", "sslclient", "",
               "what their key usages must allow")
STANDIN_OPTION(verify_hostname, OPTION_TEXT, 0, 0, "ssl.verify-hostname", "", "NAME",
               "a host name that client certificates must be for")
STANDIN_OPTION(verify_email, OPTION_TEXT, 0, 0, "ssl.verify-email", "", "ADDRESS",
               "an address of mail that they must be for")
STANDIN_OPTION(verify_ip, OPTION_TEXT, 0, 0, "ssl.verify-ip", "", "ADDRESS",
               "an IP address that they must be for")
CLIENTS_OPTION(partial_chain, OPTION_BOOL, 0, 0, "ssl.partial-chain", "true", "",
               "trust certificates of ssl.cafile that are not self-signed, too")
STANDIN_OPTION(x509_strict, OPTION_BOOL, 0, 0, "ssl.x509-strict", "false", "",
               "refuse certificates that break rules of RFC 5280 which others let pass")
STANDIN_OPTION(check_self_signature, OPTION_BOOL, 0, 0, "ssl.check-self-signature", "false", "",
               "check the signature of a self-signed anchor by itself, too")
STANDIN_OPTION(ignore_critical, OPTION_BOOL, 0, 0, "ssl.ignore-critical", "false", "",
               "pass over critical extensions that are not known here")
CLIENTS_OPTION(
    auth_level, OPTION_NUMBER, 0, 5, "ssl.auth-level", "2", "",
    "strength of keys and signatures in chains: 1: 80 bits, 2: 112, 3: 128, 4: 192, 5: 256")
STANDIN_OPTION(suiteb, OPTION_CHOICE, 0, 0, "ssl.suiteb", "off", "",
               "chains of Suite B alone: P-256 (128-only), P-384 (192) or both (128)")

OPTION(root, OPTION_TEXT, 0, 0, "files.root", "", "DIR", "the folder to serve")
OPTION(index, OPTION_WORDS, 0, 0, "files.index", "index.html", "NAMES",
       "what a folder's own address serves, first match wins")
COMFORT_OPTION(listing, OPTION_BOOL, 0, 0, "files.listing", "false", "",
               "list folders without an index")
OPTION(headers, OPTION_LIST, 0, 0, "files.header", "", "NAME: VALUE",
       "a header field for every answer; repeatable")

OPTION(backend_text, OPTION_TEXT, 0, 0, "proxy.backend", "", "URL",
       "pass what clients say on to this server, in the clear: tcp://host:port, unix:///path")
OPTION(proxy_protocol, OPTION_CHOICE, 0, 0, "proxy.protocol", "none", "",
       "tell it first who the client is, by this version of the PROXY protocol")
OPTION(connect_timeout_ms, OPTION_MS, 100, DAY_MS, "proxy.connect-timeout", "5s", "",
       "for the connection to it")

EXTRA_OPTION(max_line, OPTION_NUMBER, 16, 8192, "reverse.max-line", "8192", "",
             "longest line in mode reverse, in bytes")

STANDIN_OPTION(watch_state, OPTION_BOOL, 0, 0, "watch.state", "false", "",
               "tell the steps of each handshake, and alerts")
STANDIN_OPTION(watch_debug, OPTION_BOOL, 0, 0, "watch.debug", "false", "",
               "dump all bytes as they pass on the wire")
STANDIN_OPTION(watch_msg, OPTION_BOOL, 0, 0, "watch.msg", "false", "",
               "dump records' headers, handshake messages and alerts")
STANDIN_OPTION(watch_trace, OPTION_BOOL, 0, 0, "watch.trace", "false", "",
               "as watch.msg, with fields decoded")
STANDIN_OPTION(watch_file, OPTION_TEXT, 0, 0, "watch.file", "", "FILE",
               "where watch.msg and watch.trace write to, instead of standard output")
STANDIN_OPTION(watch_extensions, OPTION_BOOL, 0, 0, "watch.extensions", "false", "",
               "dump the extensions of each ClientHello")
STANDIN_OPTION(watch_brief, OPTION_BOOL, 0, 0, "watch.brief", "false", "",
               "a few lines on each session to standard error")
STANDIN_OPTION(watch_quiet, OPTION_BOOL, 0, 0, "watch.quiet", "false", "",
               "do not describe sessions; in console mode only clients' data are shown")
STANDIN_OPTION(watch_numbers, OPTION_BOOL, 0, 0, "watch.numbers", "false", "",
               "the connection's number on each line even when it is alone")
STANDIN_OPTION(keylog_file, OPTION_TEXT, 0, 0, "ssl.keylog-file", "", "FILE",
               "append secrets that decrypt captured traffic; mode 0600")
STANDIN_OPTION(export_label, OPTION_TEXT, 0, 0, "ssl.export-label", "", "LABEL",
               "print key material exported under this label (RFC 5705)")
STANDIN_OPTION(export_length, OPTION_NUMBER, 1, 1024, "ssl.export-length", "20", "",
               "bytes of key material to print")

STANDIN_OPTION(console_crlf, OPTION_BOOL, 0, 0, "console.crlf", "false", "",
               "LF that is typed goes to the client as CRLF")
STANDIN_OPTION(console_ignore_eof, OPTION_BOOL, 0, 0, "console.ignore-eof", "false", "",
               "the end of what is typed does not end the server")

OPTION(log_level, OPTION_CHOICE, 0, 0, "log.level", "info", "", "how much is told")
OPTION(log_file, OPTION_TEXT, 0, 0, "log.file", "-", "FILE", "where messages go; -: standard error")
OPTION(access_file, OPTION_TEXT, 0, 0, "log.access-file", "", "FILE",
       "where requests are logged; -: standard output")
COMFORT_OPTION(access_format, OPTION_CHOICE, 0, 0, "log.access-format", "common", "",
               "the form of their lines")
OPTION(log_probes, OPTION_BOOL, 0, 0, "log.probes", "true", "",
       "tell of connections that leave before a ClientHello")
