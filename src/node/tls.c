/*
 * tls.c - TLS on top of a stream, by OpenSSL.
 */
#include "node/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "node/sock.h"

struct bt_tls {
    SSL_CTX *ctx;
    SSL *ssl;
    const struct bt_tls_opts *opts; /* during the handshake only */
    short wants;                    /* what the last operation waits for */
    struct beamtap_err why;
};

bool bt_tls_is_built_in(void)
{
    return true;
}

const char *bt_tls_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

/* ---- what went wrong ---- */

/* OpenSSL's own words for the first error in its queue. */
static const char *reason(char text[160])
{
    unsigned long code = ERR_peek_error();
    const char *known = code ? ERR_reason_error_string(code) : NULL;
    if (known)
        return known;
    ERR_error_string_n(code, text, 160);
    return code ? text : "no reason given";
}

/* The node's certificate was not taken. */
static int bad_certificate(struct bt_tls *t, const char *host, long code)
{
    struct beamtap_err *err = &t->why;
    const char *ca = t->opts && t->opts->ca ? t->opts->ca : "the system's certificates";
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return bt_err_set(
            err, BEAMTAP_ETLS, "TLS: the node's certificate, or one it is signed with, has expired");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return bt_err_set(
            err, BEAMTAP_ETLS, "TLS: the node's certificate is not valid yet; is this host's clock right?");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return bt_err_set(err, BEAMTAP_ETLS,
            "TLS: the node's certificate is not for '%s'\n  if it is for another name: --tls-server-name "
            "NAME",
            host);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return bt_err_set(err, BEAMTAP_ETLS,
            "TLS: the node's certificate is not signed by a CA of %s\n  say --tls-ca FILE, with the CA it is "
            "signed by",
            ca);
    default:
        return bt_err_set(err, BEAMTAP_ETLS, "TLS: the node's certificate is refused: %s",
            X509_verify_cert_error_string(code));
    }
}

/* The node did not take ours, or nothing came to be. */
static int failed(struct bt_tls *t)
{
    struct beamtap_err *err = &t->why;
    char text[160];
    switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_WRONG_VERSION_NUMBER:
        return bt_err_set(err, BEAMTAP_ETLS, "the node does not speak TLS; leave out --tls");
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return bt_err_set(err, BEAMTAP_ETLS,
            "TLS: the node wants a certificate of ours\n  say --tls-cert FILE and --tls-key FILE, or "
            "--tls-optfile FILE");
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE: /* also what TLS 1.2 says where no certificate was given */
        return bt_err_set(err, BEAMTAP_ETLS,
            "TLS: the node refused the handshake; it may want a certificate: --tls-cert FILE, --tls-key "
            "FILE");
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return bt_err_set(err, BEAMTAP_ETLS,
            "TLS: the node does not know the CA our certificate (--tls-cert) is signed by");
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return bt_err_set(
            err, BEAMTAP_ETLS, "TLS: the node says that our certificate (--tls-cert) has expired");
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return bt_err_set(
            err, BEAMTAP_ETLS, "TLS: the node refused our certificate (--tls-cert): %s", reason(text));
    default: return bt_err_set(err, BEAMTAP_ETLS, "TLS: %s", reason(text));
    }
}

/* ---- setting up ---- */

static int use_file(struct bt_tls *t, int ok, const char *option, const char *path)
{
    char text[160];
    if (ok == 1)
        return 0;
    return bt_err_set(&t->why, BEAMTAP_EUSAGE, "%s %s cannot be used: %s", option, path, reason(text));
}

static int password(char *buf, int size, int rwflag, void *arg)
{
    const char *text = arg;
    size_t n = text ? strlen(text) : 0;
    (void)rwflag;
    if (n > (size_t)size)
        return 0;
    memcpy(buf, text ? text : "", n);
    return (int)n;
}

static int use_certificates(struct bt_tls *t, const struct bt_tls_opts *o)
{
    SSL_CTX_set_default_passwd_cb(t->ctx, password);
    SSL_CTX_set_default_passwd_cb_userdata(t->ctx, (void *)o->password);
    if (o->ca && use_file(t, SSL_CTX_load_verify_locations(t->ctx, o->ca, NULL), "--tls-ca", o->ca))
        return -1;
    if (!o->ca)
        SSL_CTX_set_default_verify_paths(t->ctx);
    if (o->cert && use_file(t, SSL_CTX_use_certificate_chain_file(t->ctx, o->cert), "--tls-cert", o->cert))
        return -1;
    const char *key = o->key ? o->key : o->cert;
    if (key && use_file(t, SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM), "--tls-key", key))
        return -1;
    if (o->cert && use_file(t, SSL_CTX_check_private_key(t->ctx), "--tls-key", key))
        return -1;
    return 0;
}

static bool is_address(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* The certificate must be for this name or address. */
static bool expect(struct bt_tls *t, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    return SSL_set_tlsext_host_name(t->ssl, host) == 1 && SSL_set1_host(t->ssl, host) == 1;
}

static int set_up(struct bt_tls *t, int fd, const char *host)
{
    t->ctx = SSL_CTX_new(TLS_client_method());
    if (!t->ctx)
        return bt_err_nomem(&t->why);
    SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(t->ctx, t->opts->no_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (use_certificates(t, t->opts) < 0)
        return -1;
    t->ssl = SSL_new(t->ctx);
    if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1 || !expect(t, host))
        return bt_err_nomem(&t->why);
    return 0;
}

/* ---- the stream ---- */

/* What the result of an operation means: 0 the end, -EAGAIN, or -EPROTO with t->why filled. */
static ssize_t outcome(struct bt_tls *t, int rc)
{
    switch (SSL_get_error(t->ssl, rc)) {
    case SSL_ERROR_WANT_READ: t->wants = POLLIN; return -EAGAIN;
    case SSL_ERROR_WANT_WRITE: t->wants = POLLOUT; return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL:
        if (ERR_peek_error() == 0)
            return errno && errno != EAGAIN ? -errno : 0;
        break;
    default: break;
    }
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return 0;
    failed(t);
    return -EPROTO;
}

ssize_t bt_tls_read(struct bt_tls *t, void *buf, size_t len)
{
    size_t n = 0;
    ERR_clear_error();
    errno = 0;
    int rc = SSL_read_ex(t->ssl, buf, len, &n);
    return rc == 1 ? (ssize_t)n : outcome(t, rc);
}

ssize_t bt_tls_write(struct bt_tls *t, const void *buf, size_t len)
{
    size_t n = 0;
    ERR_clear_error();
    errno = 0;
    int rc = SSL_write_ex(t->ssl, buf, len, &n);
    ssize_t result = rc == 1 ? (ssize_t)n : outcome(t, rc);
    return result == 0 ? -EPIPE : result;
}

bool bt_tls_events(struct bt_tls *t, short *events)
{
    if (*events & POLLIN && SSL_pending(t->ssl) > 0)
        return true;
    if (t->wants)
        *events = t->wants;
    t->wants = 0;
    return false;
}

bool bt_tls_explain(const struct bt_tls *t, struct beamtap_err *err)
{
    if (t->why.code == BEAMTAP_OK)
        return false;
    if (err && err->code == BEAMTAP_OK)
        *err = t->why;
    return true;
}

/* ---- start and end ---- */

static int shake_hands(struct bt_sock *s, struct bt_tls *t, const char *host, int64_t deadline_us)
{
    for (;;) {
        ERR_clear_error();
        errno = 0;
        int rc = SSL_connect(t->ssl);
        if (rc == 1)
            return 0;
        long verify = SSL_get_verify_result(t->ssl);
        ssize_t n = outcome(t, rc);
        if (n == -EAGAIN) {
            short events = 0;
            bt_tls_events(t, &events);
            rc = bt_sock_wait(s, events, deadline_us);
            if (rc == 0)
                continue;
            return rc == EINTR ? bt_err_set(&t->why, BEAMTAP_EINTR, "interrupted")
                               : bt_err_set(&t->why, BEAMTAP_ETIMEDOUT,
                                     "no answer to the TLS handshake; does the node speak TLS?");
        }
        if (verify != X509_V_OK && !t->opts->no_verify) {
            t->why.code = BEAMTAP_OK; /* it says more than OpenSSL's "certificate verify failed" */
            return bad_certificate(t, host, verify);
        }
        return bt_err_set(
            &t->why, BEAMTAP_ETLS, "the node closed the connection in the TLS handshake; does it speak TLS?");
    }
}

int bt_tls_start(struct bt_sock *s, const struct bt_tls_opts *opts, const char *host, int64_t deadline_us,
    struct beamtap_err *err)
{
    struct bt_tls *t = calloc(1, sizeof *t);
    if (!t)
        return bt_err_nomem(err);
    const char *name = opts->server ? opts->server : host;
    t->opts = opts;
    int rc = set_up(t, s->fd, name);
    if (rc == 0)
        rc = shake_hands(s, t, name, deadline_us);
    t->opts = NULL;
    if (rc == 0) {
        t->wants = 0;
        s->tls = t;
        return 0;
    }
    if (err && err->code == BEAMTAP_OK)
        *err = t->why;
    bt_tls_end(t);
    return -1;
}

void bt_tls_end(struct bt_tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    SSL_CTX_free(t->ctx);
    free(t);
}
