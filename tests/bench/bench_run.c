/*
 * bench_run.c - runs a command to its end and writes what it cost to a file.
 *
 * usage: bench_run FILE COMMAND [ARGUMENT...]
 * FILE gets one line: wall clock in us, processor time in us, peak resident memory in KB, exit status.
 * Its own exit status is 0 whenever the command could be run.
 */
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t timeval_us(const struct timeval *t)
{
    return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

int main(int argc, char **argv)
{
    pid_t pid;
    int status, rc;
    struct rusage u;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_run FILE COMMAND [ARGUMENT...]\n");
        return 2;
    }
    int64_t began = now_us();
    if ((rc = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ)) != 0) {
        fprintf(stderr, "bench_run: %s: %s\n", argv[2], strerror(rc));
        return 1;
    }
    if (waitpid(pid, &status, 0) != pid || getrusage(RUSAGE_CHILDREN, &u) != 0)
        return 1;
    int64_t took = now_us() - began;
    FILE *f = fopen(argv[1], "w");
    if (!f)
        return 1;
    fprintf(f, "%lld %lld %ld %d\n", (long long)took,
        (long long)(timeval_us(&u.ru_utime) + timeval_us(&u.ru_stime)), u.ru_maxrss,
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return fclose(f) != 0;
}
