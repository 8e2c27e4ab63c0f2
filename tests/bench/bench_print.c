/*
 * bench_print.c - how fast bt_print_erlang prints the terms of a file made by bench:terms/2.
 *
 * usage: bench_print FILE MILLISECONDS
 * Prints MB/s of external term format, over at least that time.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "term/print.h"

/* The whole file. False: not to be had. */
static bool read_file(const char *name, struct bt_buf *to)
{
    FILE *f = fopen(name, "rb");
    size_t n = 0;
    if (!f)
        return false;
    do {
        to->len += n;
    } while (bt_buf_reserve(to, 1 << 16) && (n = fread(to->data + to->len, 1, 1 << 16, f)) > 0);
    bool whole = !ferror(f) && !to->failed;
    return fclose(f) == 0 && whole;
}

/* All terms once; the bytes of external term format that were printed, 0 where one is broken. */
static size_t print_all(const struct bt_buf *terms, struct bt_buf *out)
{
    static const struct bt_print_opts opts = {.max_depth = 0};
    const uint8_t *p = (const uint8_t *)terms->data, *end = p + terms->len;
    size_t bytes = 0;
    while (end - p >= 4) {
        size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        struct bt_etf r;
        if (len > (size_t)(end - p) - 4)
            return 0;
        bt_etf_init(&r, p + 4, len);
        bt_buf_reset(out);
        if (!bt_etf_version(&r) || !bt_print_erlang(out, &r, &opts) || out->failed)
            return 0;
        bytes += len;
        p += 4 + len;
    }
    return bytes;
}

int main(int argc, char **argv)
{
    struct bt_buf terms = BT_BUF_INIT, out = BT_BUF_INIT;
    if (argc != 3 || !read_file(argv[1], &terms) || print_all(&terms, &out) == 0) {
        fprintf(stderr, "usage: bench_print FILE MILLISECONDS (the file is made by bench:terms/2)\n");
        return 2;
    }
    int64_t began = bt_clock_mono_us(), end = began + strtoll(argv[2], NULL, 10) * 1000, now;
    double bytes = 0;
    do {
        for (int i = 0; i < 10; i++)
            bytes += (double)print_all(&terms, &out);
        now = bt_clock_mono_us();
    } while (now < end);
    printf("%.1f\n", bytes / (double)(now - began));
    bt_buf_done(&terms);
    bt_buf_done(&out);
    return fflush(stdout) != 0;
}
