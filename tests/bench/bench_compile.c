/*
 * bench_compile.c - how many specs bt_compile compiles in a second.
 *
 * usage: bench_compile FILE MILLISECONDS
 * FILE has a spec on each line; they are compiled one by one, over at least that time.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "match/compile.h"

#define MAX_SPECS 1000

/* Specs of the file; 0: none. Each is the caller's, until the end of the program. */
static size_t read_specs(const char *name, char **specs)
{
    FILE *f = fopen(name, "r");
    char *line = NULL;
    size_t cap = 0, n = 0;
    while (f && n < MAX_SPECS && getline(&line, &cap, f) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            specs[n++] = strdup(line);
    }
    free(line);
    if (f)
        fclose(f);
    return n;
}

static bool compile(const char *text)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_program prog;
    struct beamtap_err err = {0};
    bool is_good = bt_compile(&text, 1, NULL, &a, &prog, NULL, &err) == 0;
    if (!is_good)
        fprintf(stderr, "bench_compile: %s: %s\n", text, err.msg);
    bt_arena_done(&a);
    return is_good;
}

int main(int argc, char **argv)
{
    static char *specs[MAX_SPECS];
    size_t n_specs = argc == 3 ? read_specs(argv[1], specs) : 0;
    if (n_specs == 0) {
        fprintf(stderr, "usage: bench_compile FILE MILLISECONDS\n");
        return 2;
    }
    int64_t began = bt_clock_mono_us(), end = began + strtoll(argv[2], NULL, 10) * 1000, now;
    double n = 0;
    do {
        for (size_t i = 0; i < n_specs; i++)
            if (!compile(specs[i]))
                return 1;
        n += (double)n_specs;
        now = bt_clock_mono_us();
    } while (now < end);
    printf("%.0f\n", n * 1e6 / (double)(now - began));
    for (size_t i = 0; i < n_specs; i++)
        free(specs[i]);
    return fflush(stdout) != 0;
}
