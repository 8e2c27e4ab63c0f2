/*
 * process.h - what tests ask of their own process: open descriptors, an alarm that cancels, free ports.
 */
#ifndef BT_TESTS_PROCESS_H
#define BT_TESTS_PROCESS_H

#include <signal.h>
#include <stdint.h>

/* Open descriptors of this process. */
int bt_test_n_fds(void);

/* Sets bt_test_alarms to 0 and has SIGALRM's handler count it up once, after ms. */
void bt_test_alarm_in_ms(int ms);
extern volatile sig_atomic_t bt_test_alarms;

/* A listening loopback socket with a port of the kernel's choice; ends the program when there is none. */
int bt_test_listen(int backlog, int *port);
/* A port nobody listens on (it was just given back to the kernel). */
int bt_test_closed_port(void);

/* Milliseconds since start_us (bt_clock_mono_us). */
int64_t bt_test_ms_since(int64_t start_us);

#endif
