/*
 * Applications are transducers: step consumes from `in` and fills `out`, and
 * never sees an engine, a socket of the client or epoll. State lies in the
 * connection's slot; no callbacks, no allocation per request.
 */
#ifndef TINY_APP_APP_H
#define TINY_APP_APP_H

#include "config/config.h"
#include "core/counters.h"
#include "core/log.h"
#include "core/pool.h"
#include "tls/info.h"

#define APP_STATE_MAX 768 /* bytes of a slot that any application may use */

/* A descriptor that the server watches for its application (mode proxy). Before it closes that
 * or takes another the application resets it all. */
struct app_watch {
    int fd;             /* -1: none */
    uint8_t want;       /* set by step: what its last calls would have waited for */
    uint8_t ready;      /* set by the server: what came, until step clears it */
    uint8_t registered; /* the server's: what epoll looks for now */
};

#define APP_WATCH_READ  1
#define APP_WATCH_WRITE 2

struct app_io {
    const uint8_t *in;
    size_t in_len;
    size_t in_used; /* set by step: how much of in was consumed */
    uint8_t *out;
    size_t out_len;
    size_t out_used; /* set by step: how much of out was filled */
    bool in_eof;     /* nothing follows in */
    bool flush;      /* set by step: seal what was written so far */
    uint8_t request; /* set by step: enum app_request */
    struct app_watch *watch;
};

enum app_result {
    APP_MORE, /* call again when there is more input or room */
    APP_DONE, /* close the connection in an orderly way once out is sent */
    APP_FAIL, /* close it at once */
};

/* What an application asks of its connection, once what it wrote is sealed. */
enum app_request {
    APP_REQUEST_NONE,
    APP_REQUEST_PLAIN_TEXT, /* a line that is not encrypted: breaks the client on purpose */
    APP_REQUEST_RENEGOTIATE,
    APP_REQUEST_RENEGOTIATE_ASKING, /* ... and ask for a certificate */
    APP_REQUEST_UPDATE_KEYS,
    APP_REQUEST_UPDATE_KEYS_ASKING, /* ... and the client's, too */
    APP_REQUEST_CERTIFICATE,        /* the client's, in TLS 1.3 */
};

/* What deadline applies: a request that comes in (its head, and a body that is
 * read over) has an absolute one, and so has the way to a backend. */
enum app_phase { APP_IDLE, APP_HEAD, APP_BODY, APP_CONNECT };

/* What all connections of a server share; lives as long as the server. */
struct app_shared {
    const struct config *config;
    struct counters *counters;
    int root_fd; /* directory of files.root, O_PATH; -1 in modes without files */
    struct private_files *private_files; /* what lies there and is never sent (private.h) */
    struct pool *heads; /* blocks for heads and answers split over windows (http_serve.h) */
    struct proxy_target *target; /* of mode proxy (proxy.h), owned by main; else NULL */
    struct console *console;     /* of mode console, owned by server/terminal.h; else NULL */
    int access_fd;               /* access log, -1 for none */
    bool walk;                   /* the kernel has no openat2: go component by component */
    uint64_t seed;               /* random, for the boundaries of multipart answers */
    int64_t date_s;              /* the second that date tells */
    char date[32];               /* Date field of this second */
    struct log_rate complaints;  /* bounds the lines about what clients do wrong */
};

#define APP_HEAD_MAX 8192 /* a block is at least this long */

/* What an application knows of its client. */
struct app_peer {
    const struct tls_info *tls; /* valid as long as the connection */
    char address[64];           /* "192.0.2.1:4711", "[2001:db8::1]:4711", "unix" */
    char local[64];
    uint32_t number; /* of the connection, 1 being the server's first */
    bool ended;      /* when close is called: the client said that it ends (close_notify) */
    bool refused;    /* what the last step asked of the connection cannot be */
};

struct app_ops {
    const char *name;
    size_t state_size; /* <= APP_STATE_MAX */
    bool http;         /* speaks HTTP: offer http/1.1 in ALPN */
    /* state is zeroed memory. */
    void (*open)(void *state, struct app_shared *shared, const struct app_peer *peer);
    /* Sets in_used, out_used. in_len and out_len may be any length, 0
     * included (out_len is usually 16 KiB, 512 bytes with a client that asks
     * for small fragments): every split of the input and of the output gives
     * the same bytes. A call that consumes nothing and writes nothing though
     * out_len > 0 waits for more input or eof. now_ms: monotonic. */
    enum app_result (*step)(void *state, struct app_io *io, uint64_t now_ms);
    enum app_phase (*phase)(const void *state);
    /* Frees descriptors and head blocks; writes the access log line of a
     * request that was cut short. */
    void (*close)(void *state);
};

extern const struct app_ops app_files;
extern const struct app_ops app_raw;
extern const struct app_ops app_status;
extern const struct app_ops app_echo;
extern const struct app_ops app_reverse;
extern const struct app_ops app_console;
extern const struct app_ops app_proxy;

const struct app_ops *app_for_mode(enum server_mode mode);

/* Opens root_fd and the access log, begins the pool. 0, or -1 after telling
 * by log_line. app_shared_reopen opens the access log anew (SIGUSR1). */
int app_shared_begin(struct app_shared *s, const struct config *config, struct counters *counters);
int app_shared_reopen(struct app_shared *s);
/* After the keys were loaded anew. */
void app_shared_keys_changed(struct app_shared *s);
void app_shared_end(struct app_shared *s);

#endif
