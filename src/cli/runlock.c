/*
 * runlock.c - a lock on a file in /tmp, which every environment of a user has in common: TMPDIR and XDG_RUNTIME_DIR are not
 * cron's. The file is ours, no link, and can be written by nobody else; the lock ends with the process that holds it.
 */
#include "cli/runlock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 20 /* the file may be removed by who held it, between our opening and locking it */

/* FNV-1a; a NUL ends each text, so that two do not run into one. */
uint64_t bt_runlock_key(uint64_t key, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        key = (key ^ p[i]) * UINT64_C(0x100000001b3);
    return key * UINT64_C(0x100000001b3);
}

static bool is_ours(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

/* Is the file still the one of that name? */
static bool is_there(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int busy(int fd, struct beamtap_err *err)
{
    struct flock who = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[48] = "";
    if (fcntl(fd, F_GETLK, &who) == 0 && who.l_type != F_UNLCK && who.l_pid > 0)
        snprintf(text, sizeof text, " (pid %ld)", (long)who.l_pid);
    return bt_err_set(err, BEAMTAP_EBUSY,
        "the last run of this script has not ended%s; nothing is run twice at a time", text);
}

int bt_runlock_take(struct bt_runlock *l, uint64_t key, struct beamtap_err *err)
{
    l->fd = -1;
    snprintf(l->path, sizeof l->path, "/tmp/beamtap-%ld-%016" PRIx64 ".run", (long)geteuid(), key);
    for (int i = 0; i < TRIES; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd < 0)
            return 0;
        bool is_locked = is_ours(fd) && fcntl(fd, F_SETLK, &lock) == 0;
        int rc = !is_locked && (errno == EACCES || errno == EAGAIN) && is_ours(fd) ? busy(fd, err) : 0;
        if (is_locked && is_there(fd, l->path)) {
            l->fd = fd;
            return 0;
        }
        close(fd);
        if (!is_locked)
            return rc;
    }
    return 0;
}

void bt_runlock_drop(struct bt_runlock *l)
{
    if (l->fd < 0)
        return;
    unlink(l->path);
    close(l->fd);
    l->fd = -1;
}
