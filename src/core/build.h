/*
 * What this build has; plain `make` builds all, the small build (`make small`) sets
 * the first three of these to 0, the minimal one (`make MINIMAL=1`) all of them. What `if (TINY_...
 * && ...)` guards is then never called and the linker drops it, and whoever asks for it is told so
 * by a sentence (OPTION_LEFT_OUT in config/options.h). They are always defined, so that both
 * branches are compiled in every build. A function that only tells it is `inline`: the release
 * inlines no other for their smallness.
 *
 * TINY_STANDIN: what only a stand-in for openssl s_server needs, for whoever debugs,
 * sits at a terminal, tests old clients or makes odd keys.
 * TINY_LEGACY: TLS 1.0 and 1.1, and of TLS 1.2 the suites without forward secrecy or without
 * AES-GCM or ChaCha20-Poly1305; with them go CBC, CCM, 3DES and MD5.
 * TINY_EXTRAS: what a server on a router hardly needs: every mode but `files` and `proxy`,
 * encrypted keys, ssl.options and lists of signatures, and of TLS 1.3 keys shared beforehand,
 * early data, padding and compressed certificates.
 * TINY_MANAGED: sockets from a service manager (LISTEN_FDS) and word to it (NOTIFY_SOCKET), where
 * TINY_EXTRAS is; what starts a router's services knows neither.
 * TINY_TLS12: the library's engine, so TLS 1.2, and the cache of sessions, which no
 * client of TLS 1.3 needs.
 * TINY_CLIENTS: what reads certificates of others: client certificates, CRLs, stapling, the
 * completion of chains.
 * TINY_COMFORT: what a server of one certificate with a key on P-256 does without: keys of
 * other kinds, SHA-384, the groups P-384 and P-521, lists of folders, ranges,
 * spellings of s_server's, the commands `certificate` and `ciphers`.
 */
#ifndef TINY_CORE_BUILD_H
#define TINY_CORE_BUILD_H

#ifndef TINY_STANDIN
#define TINY_STANDIN 1
#endif
#ifndef TINY_LEGACY
#define TINY_LEGACY 1
#endif
#ifndef TINY_EXTRAS
#define TINY_EXTRAS 1
#endif
/* The sentences of --help: completions of shells (doc/completion/) have them in any build. */
#ifndef TINY_HELP
#define TINY_HELP TINY_STANDIN
#endif

#ifndef TINY_MANAGED
#define TINY_MANAGED TINY_EXTRAS
#endif

#ifndef TINY_TLS12
#define TINY_TLS12 1
#endif
#ifndef TINY_CLIENTS
#define TINY_CLIENTS 1
#endif
#ifndef TINY_COMFORT
#define TINY_COMFORT 1
#endif

/* How a build calls itself, in --version and where it refuses something. */
#if TINY_STANDIN
#define TINY_BUILD ""
#elif TINY_COMFORT
#define TINY_BUILD "small"
#else
#define TINY_BUILD "minimal"
#endif

#if TINY_LEGACY && !(TINY_TLS12 && TINY_COMFORT)
#error "old versions need TLS 1.2 and keys of all kinds"
#endif
#if TINY_EXTRAS && !(TINY_TLS12 && TINY_CLIENTS && TINY_COMFORT)
#error "the extras stand on the rest"
#endif
#if TINY_STANDIN && !(TINY_LEGACY && TINY_EXTRAS)
#error "a stand-in needs all of it"
#endif

#endif
