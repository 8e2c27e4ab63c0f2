/*
 * beamtap.h - trace function calls on a running Erlang or Elixir node, from outside and within limits.
 *
 * The only installed header. Functions return 0 or a pointer on success, -1 or NULL on failure, and fill the
 * caller's struct beamtap_err. Nothing here prints, exits, or keeps global state.
 */
#ifndef BEAMTAP_H
#define BEAMTAP_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BEAMTAP_VERSION_MAJOR 0
#define BEAMTAP_VERSION_MINOR 1
#define BEAMTAP_VERSION_PATCH 0
#define BEAMTAP_VERSION "0.1.0"

#if defined(__GNUC__)
#define BEAMTAP_API __attribute__((visibility("default")))
#else
#define BEAMTAP_API
#endif

/*
 * Everything that can go wrong: name, exit status of the program, one line of text.
 * The codes are part of the API; new ones are added at the end only.
 */
#define BEAMTAP_ERRORS(X)                                                                                    \
    X(OK, 0, "no error")                                                                                     \
    X(EINTERNAL, 1, "internal error")                                                                        \
    X(ENOMEM, 1, "out of memory")                                                                            \
    X(EUSAGE, 2, "wrong use of the command line or the library")                                             \
    X(ESPEC, 2, "the trace pattern is wrong")                                                                \
    X(ENOMATCH, 2, "the trace pattern matches no function or process")                                       \
    X(EHOST, 3, "the host is unknown or out of reach")                                                       \
    X(EEPMD, 3, "no epmd answers on the host")                                                               \
    X(ENONODE, 3, "epmd does not know the node")                                                             \
    X(ECONNECT, 3, "the node's port cannot be connected")                                                    \
    X(EPEER, 3, "the peer does not speak the Erlang distribution protocol")                                  \
    X(ECOOKIE, 3, "the cookie was refused, or there is none")                                                \
    X(EREJECTED, 3, "the node refuses the connection")                                                       \
    X(ETIMEDOUT, 3, "no answer in time")                                                                     \
    X(ELOST, 3, "the connection to the node was lost")                                                       \
    X(EPROTO, 3, "the node sent something that cannot be read")                                              \
    X(ELIMIT, 4, "a safety limit ended the trace")                                                           \
    X(EOUTPUT, 5, "output cannot be written")                                                                \
    X(EBUSY, 6, "another tracer is active on the node")                                                      \
    X(EWIDE, 6, "the trace pattern is too wide")                                                             \
    X(EUNCLEAN, 7, "clean-up of the node is not confirmed")                                                  \
    X(EINTR, 130, "interrupted")                                                                             \
    X(ETLS, 3, "TLS with the node failed")

enum beamtap_code {
#define BEAMTAP_X(name, status, text) BEAMTAP_##name,
    BEAMTAP_ERRORS(BEAMTAP_X)
#undef BEAMTAP_X
};

/* A place in a text the user wrote. Lines and columns count from 1; a column is one character, not one byte.
 */
struct beamtap_loc {
    int line; /* 0: no place in the text */
    int col;
    size_t off; /* bytes from the start of the text */
    size_t len; /* bytes the caret underlines; 0: one */
};

/* What went wrong. Owned by the caller; every function that takes one accepts NULL. */
struct beamtap_err {
    enum beamtap_code code;
    int sys; /* errno, or 0 */
    struct beamtap_loc loc;
    char msg[512]; /* UTF-8, one line or several, no newline at the end */
};

/*
 * beamtap_version - the version of the library as text, for instance "0.1.0". Static; never NULL.
 */
BEAMTAP_API const char *beamtap_version(void);

/*
 * beamtap_code_text - one line of text for an error code; static; never NULL.
 */
BEAMTAP_API const char *beamtap_code_text(enum beamtap_code code);

/*
 * beamtap_code_status - the exit status the program uses for an error code (0-7, 130).
 */
BEAMTAP_API int beamtap_code_status(enum beamtap_code code);

#ifdef __cplusplus
}
#endif
#endif
