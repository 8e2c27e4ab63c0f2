/*
 * tls.h - TLS on top of a stream, for nodes with `-proto_dist inet_tls`. The one door to OpenSSL; built without it, every
 * attempt says so. Source: OTP "Using TLS for Erlang Distribution".
 */
#ifndef BT_NODE_TLS_H
#define BT_NODE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct bt_sock;
struct bt_tls;

struct bt_tls_opts {
    const char *ca;       /* file of certificates we trust; NULL: those of the system */
    const char *cert;     /* our certificate (chain); NULL: none */
    const char *key;      /* its key; NULL: in the same file */
    const char *password; /* of the key; NULL: none */
    const char *server;   /* the name the node's certificate must have; NULL: the host */
    bool no_verify;       /* any certificate will do */
};

/* Whether TLS was built in, and the library's version; static. */
bool bt_tls_is_built_in(void);
const char *bt_tls_version(void);

/*
 * bt_tls_start - shake hands on a connected stream; from then on its bt_sock_read and the like go through TLS.
 *
 * host  the name or address connected to, for the server name and the certificate.
 * Errors: ETLS (each way certificates fail has its words), EUSAGE (a file that cannot be read, not built in), ETIMEDOUT, EINTR.
 */
int bt_tls_start(struct bt_sock *s, const struct bt_tls_opts *opts, const char *host, int64_t deadline_us,
    struct beamtap_err *err);
void bt_tls_end(struct bt_tls *t);

/* As bt_sock_read_now and its like: bytes, 0 at the end, -errno; -EAGAIN: wait for what bt_tls_events says. */
ssize_t bt_tls_read(struct bt_tls *t, void *buf, size_t len);
ssize_t bt_tls_write(struct bt_tls *t, const void *buf, size_t len);
/* Before a wait: turns what is waited for into what the stream beneath must be ready for. True: do not wait. */
bool bt_tls_events(struct bt_tls *t, short *events);
/* True when TLS knows why the stream failed. */
bool bt_tls_explain(const struct bt_tls *t, struct beamtap_err *err);

#endif
