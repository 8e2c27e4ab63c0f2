/*
 * tls_none.c - in the place of tls.c where there is no OpenSSL to build with.
 */
#include <errno.h>

#include "node/sock.h"
#include "node/tls.h"

bool bt_tls_is_built_in(void)
{
    return false;
}

const char *bt_tls_version(void)
{
    return "no TLS";
}

int bt_tls_start(struct bt_sock *s, const struct bt_tls_opts *opts, const char *host, int64_t deadline_us,
    struct beamtap_err *err)
{
    (void)s, (void)opts, (void)host, (void)deadline_us;
    return bt_err_set(err, BEAMTAP_EUSAGE, "this beamtap was built without TLS (OpenSSL was not found)");
}

void bt_tls_end(struct bt_tls *t)
{
    (void)t;
}

ssize_t bt_tls_read(struct bt_tls *t, void *buf, size_t len)
{
    (void)t, (void)buf, (void)len;
    return -ENOTSUP;
}

ssize_t bt_tls_write(struct bt_tls *t, const void *buf, size_t len)
{
    (void)t, (void)buf, (void)len;
    return -ENOTSUP;
}

bool bt_tls_events(struct bt_tls *t, short *events)
{
    (void)t, (void)events;
    return false;
}

bool bt_tls_explain(const struct bt_tls *t, struct beamtap_err *err)
{
    (void)t, (void)err;
    return false;
}
