/*
 * helper.c - a command whose stdin and stdout carry a connection.
 *
 *   we ---- socket pair ---- sh -c COMMAND
 *    \                        |
 *     `-- life (pipe) -- keeper: ends the command's process group when the other end of the pipe is closed
 *
 * Behind fork() only functions are called that a process of several threads may call there.
 */
#include "node/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define LOOK_MS 50      /* how often the keeper looks whether the command has ended */
#define TERM_MS 500     /* what the command has to end after SIGTERM */
#define END_MS 1500     /* what the keeper has */
#define EXPLAIN_MS 1000 /* what the command has to say why it ends */
#define MAX_FD 65536    /* descriptors that are closed in the keeper */

extern char **environ;

struct bt_helper {
    pid_t keeper; /* 0: has been waited for */
    int status;   /* of the command, once keeper is 0 */
    int io, life, said_fd;
    char said[1024]; /* the end of what it wrote to stderr */
    size_t said_len;
};

/* The ends of a socket pair and two pipes: ours, and those of the keeper. */
struct ends {
    int io[2], life[2], said[2]; /* [0] is ours in io, the keeper's in life, ours in said */
};

/* ---- the keeper ---- */

static void close_all_but(const int *keep, size_t n)
{
    long most = sysconf(_SC_OPEN_MAX);
    int end = most < 0 || most > MAX_FD ? MAX_FD : (int)most;
    for (int fd = 0; fd < end; fd++) {
        bool is_kept = false;
        for (size_t i = 0; i < n; i++)
            is_kept = is_kept || keep[i] == fd;
        if (!is_kept)
            close(fd);
    }
}

static void default_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGCHLD};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
}

static void run_command(const struct ends *e, const char *command, char *const *env)
{
    char *argv[] = {"sh", "-c", (char *)command, NULL};
    default_signals();
    if (dup2(e->io[1], STDIN_FILENO) < 0 || dup2(e->io[1], STDOUT_FILENO) < 0 ||
        dup2(e->said[1], STDERR_FILENO) < 0)
        _exit(126);
    close(e->io[1]);
    close(e->said[1]);
    close(e->life[0]);
    execve("/bin/sh", argv, env);
    _exit(127);
}

static void nap(int ms)
{
    poll(NULL, 0, ms);
}

/* Ends everything in the command's process group, which is the keeper's too. */
static void end_group(pid_t command)
{
    kill(0, SIGTERM); /* the keeper ignores it */
    for (int ms = 0; ms < TERM_MS && (command <= 0 || waitpid(command, NULL, WNOHANG) == 0);
         ms += LOOK_MS / 5)
        nap(command <= 0 ? TERM_MS : LOOK_MS / 5);
    kill(0, SIGKILL);
}

static void keep(const struct ends *e, const char *command, char *const *env)
{
    const int kept[] = {e->io[1], e->life[0], e->said[1]};
    close_all_but(kept, 3);
    setsid();
    pid_t pid = fork();
    if (pid == 0)
        run_command(e, command, env);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    close(e->io[1]);
    close(e->said[1]);
    for (;;) {
        int status = 127 << 8;
        struct pollfd p = {.fd = e->life[0], .events = POLLIN};
        if (poll(&p, 1, LOOK_MS) > 0)
            end_group(pid);
        if (pid < 0 || waitpid(pid, &status, WNOHANG) == pid) {
            kill(0, SIGTERM); /* what it has left behind */
            _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
    }
}

/* ---- our side ---- */

/* The environment without what must not be passed on. The strings stay where they are. NULL: no memory. */
static char **clean_environment(void)
{
    static const char *const secrets[] = {"BEAMTAP_COOKIE=", "RELEASE_COOKIE="};
    size_t n = 0, kept = 0;
    while (environ && environ[n])
        n++;
    char **env = calloc(n + 1, sizeof *env);
    for (size_t i = 0; env && i < n; i++) {
        bool is_secret = false;
        for (size_t j = 0; j < sizeof secrets / sizeof secrets[0]; j++)
            is_secret = is_secret || strncmp(environ[i], secrets[j], strlen(secrets[j])) == 0;
        if (!is_secret)
            env[kept++] = environ[i];
    }
    return env;
}

static void close_pair(const int fds[2])
{
    if (fds[0] >= 0)
        close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
}

static bool close_on_exec(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool open_ends(struct ends *e)
{
    *e = (struct ends){{-1, -1}, {-1, -1}, {-1, -1}};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, e->io) < 0 || pipe(e->life) < 0 || pipe(e->said) < 0)
        return false;
    return close_on_exec(e->io[0]) && close_on_exec(e->life[1]) && close_on_exec(e->said[0]) &&
           fcntl(e->io[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(e->said[0], F_SETFL, O_NONBLOCK) == 0;
}

static void close_ends(const struct ends *e)
{
    close_pair(e->io);
    close_pair(e->life);
    close_pair(e->said);
}

struct bt_helper *bt_helper_start(const char *command, struct beamtap_err *err)
{
    struct ends e;
    struct bt_helper *h = calloc(1, sizeof *h);
    char **env = clean_environment();
    if (!h || !env) {
        free(h);
        free(env);
        bt_err_nomem(err);
        return NULL;
    }
    pid_t pid = open_ends(&e) ? fork() : -1;
    if (pid == 0) {
        keep(&e, command, env);
        _exit(1);
    }
    free(env);
    if (pid < 0) {
        bt_err_sys(err, BEAMTAP_EINTERNAL, errno, "cannot start the helper");
        close_ends(&e);
        free(h);
        return NULL;
    }
    close(e.io[1]);
    close(e.life[0]);
    close(e.said[1]);
    *h = (struct bt_helper){.keeper = pid, .io = e.io[0], .life = e.life[1], .said_fd = e.said[0]};
    return h;
}

int bt_helper_fd(const struct bt_helper *h)
{
    return h->io;
}

void bt_helper_drain(struct bt_helper *h)
{
    char text[512];
    while (h->said_fd >= 0) {
        ssize_t n = read(h->said_fd, text, sizeof text);
        if (n == 0) {
            close(h->said_fd);
            h->said_fd = -1;
        }
        if (n <= 0)
            return;
        size_t len = (size_t)n, most = sizeof h->said - 1;
        size_t over = h->said_len + len > most ? h->said_len + len - most : 0; /* never more than is there */
        memmove(h->said, h->said + over, h->said_len - over);
        memcpy(h->said + h->said_len - over, text, len);
        h->said_len += len - over;
    }
}

int bt_helper_said_fd(const struct bt_helper *h)
{
    return h->said_fd;
}

/* True when the keeper has ended, within the time. */
static bool has_ended(struct bt_helper *h, int ms)
{
    int64_t until = bt_clock_mono_us() + (int64_t)ms * 1000;
    int status;
    while (h->keeper > 0) {
        pid_t pid = waitpid(h->keeper, &status, WNOHANG);
        if (pid == h->keeper || (pid < 0 && errno != EINTR)) {
            h->status = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            h->keeper = 0;
            break;
        }
        bt_helper_drain(h);
        if (bt_clock_mono_us() >= until)
            return false;
        bt_clock_pause_ms(5);
    }
    return true;
}

/* The last lines of what it said, control characters as blanks. */
static const char *last_words(struct bt_helper *h)
{
    bt_helper_drain(h);
    h->said[h->said_len] = '\0';
    while (h->said_len > 0 && strchr("\r\n ", h->said[h->said_len - 1]))
        h->said[--h->said_len] = '\0';
    char *from = h->said + (h->said_len > 300 ? h->said_len - 300 : 0);
    for (char *p = from; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            *p = *p == '\n' ? '/' : ' ';
    }
    return from;
}

int bt_helper_explain(struct bt_helper *h, struct beamtap_err *err)
{
    bool ended = has_ended(h, EXPLAIN_MS);
    const char *words = last_words(h);
    if (ended && h->status >= 0)
        return bt_err_set(err, BEAMTAP_ECONNECT, "the helper ended with exit status %d%s%s", h->status,
            *words ? ": " : " and said nothing", words);
    return bt_err_set(
        err, BEAMTAP_ECONNECT, "the helper closed the connection%s%s", *words ? ": " : "", words);
}

void bt_helper_end(struct bt_helper *h)
{
    if (!h)
        return;
    close(h->life);
    close(h->io);
    if (!has_ended(h, END_MS)) {
        kill(-h->keeper, SIGKILL);
        has_ended(h, END_MS / 3);
    }
    if (h->said_fd >= 0)
        close(h->said_fd);
    free(h);
}
