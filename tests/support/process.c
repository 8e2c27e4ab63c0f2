/*
 * process.c - what tests ask of their own process.
 */
#include "process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

volatile sig_atomic_t bt_test_alarms;

static void on_alarm(int sig)
{
    (void)sig;
    bt_test_alarms++;
}

int bt_test_n_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;
    if (!d)
        abort();
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

void bt_test_alarm_in_ms(int ms)
{
    struct sigaction sa = {.sa_handler = on_alarm};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    static timer_t timer;
    static int has_timer;
    struct itimerspec when = {.it_value = {ms / 1000, ms % 1000 * 1000000L}};
    bt_test_alarms = 0;
    if (sigaction(SIGALRM, &sa, NULL) < 0 ||
        (!has_timer && timer_create(CLOCK_MONOTONIC, &event, &timer) < 0) ||
        timer_settime(timer, 0, &when, NULL) < 0)
        abort();
    has_timer = 1;
}

int bt_test_listen(int backlog, int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, backlog) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
        perror("bt_test_listen");
        abort();
    }
    *port = ntohs(a.sin_port);
    return fd;
}

int bt_test_closed_port(void)
{
    int port;
    close(bt_test_listen(1, &port));
    return port;
}

int64_t bt_test_ms_since(int64_t start_us)
{
    return (bt_clock_mono_us() - start_us) / 1000;
}
