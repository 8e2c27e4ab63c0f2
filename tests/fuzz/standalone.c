/*
 * standalone.c - runs a fuzz target on files, or on a fixed sequence of changed seeds.
 */
#include "standalone.h"

#include <dirent.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define MAX_INPUT 5000
#define MAX_SEEDS 500

struct input {
    uint8_t bytes[MAX_INPUT];
    size_t len;
};

static struct bt_fuzz_seed seeds[MAX_SEEDS];
static size_t n_seeds;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void replace(struct input *in, size_t at, size_t n_old, const void *new, size_t n_new)
{
    if (in->len - n_old + n_new > MAX_INPUT)
        return;
    memmove(in->bytes + at + n_new, in->bytes + at + n_old, in->len - at - n_old);
    if (n_new)
        memcpy(in->bytes + at, new, n_new);
    in->len = in->len - n_old + n_new;
}

/* A byte changed, a part dropped or doubled, or a part of another seed put in or over something. */
static void change(struct input *in, uint64_t *state)
{
    const struct bt_fuzz_seed *other = &seeds[next_random(state) % n_seeds];
    size_t at = next_random(state) % (in->len + 1), left = in->len - at;
    size_t n_old = left ? next_random(state) % (left < 16 ? left + 1 : 16) : 0;
    size_t from = next_random(state) % other->len, n_new = next_random(state) % (other->len - from) + 1;
    uint64_t x = next_random(state);
    uint8_t byte = (uint8_t)(x >> 8), copy[16];
    switch (x % 6) {
    case 0: replace(in, at, n_old, NULL, 0); break;
    case 1:
        memcpy(copy, in->bytes + at, n_old);
        replace(in, at, 0, copy, n_old);
        break;
    case 2:
    case 3: replace(in, at, x & 0x10000 ? n_old : 0, other->bytes + from, n_new); break;
    default: replace(in, at, left ? 1 : 0, &byte, 1); break;
    }
}

/* In memory of exactly its length, so that a byte read too many is seen. */
static int run(const void *bytes, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    if (!exact)
        return 1;
    if (len)
        memcpy(exact, bytes, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 0;
}

/* Appends the file; 0 or -1. */
static int read_file(const char *name, struct bt_buf *b)
{
    FILE *f = fopen(name, "rb");
    if (!f) {
        perror(name);
        return -1;
    }
    while (bt_buf_reserve(b, 4096)) {
        size_t n = fread(b->data + b->len, 1, 4096, f);
        if (n == 0)
            break;
        b->len += n;
    }
    fclose(f);
    return 0;
}

static int run_file(const char *name)
{
    struct bt_buf b = BT_BUF_INIT;
    int rc = read_file(name, &b) || run(b.data, b.len);
    bt_buf_done(&b);
    return rc;
}

static void add_seed(const char *bytes, size_t len)
{
    if (n_seeds < MAX_SEEDS && len > 0 && len <= MAX_INPUT)
        seeds[n_seeds++] = (struct bt_fuzz_seed){bytes, len};
}

/* The files in their alphabetical order, so that every run is the same. */
static int add_folder(const char *folder)
{
    static struct bt_buf all[MAX_SEEDS]; /* until the end */
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort), rc = n < 0;
    for (int i = 0; i < n && i < MAX_SEEDS; i++) {
        char path[1000];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && read_file(path, &all[i]) < 0)
            rc = 1;
        add_seed(all[i].data, all[i].len);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return rc;
}

static int run_changed_seeds(unsigned long n)
{
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (unsigned long i = 0; i < n; i++) {
        const struct bt_fuzz_seed *seed = &seeds[i % n_seeds];
        struct input in = {.len = 0};
        replace(&in, 0, 0, seed->bytes, seed->len);
        for (uint64_t changes = i < n_seeds ? 0 : 1 + next_random(&state) % 4; changes > 0; changes--)
            change(&in, &state);
        if (run(in.bytes, in.len) != 0)
            return 1;
    }
    printf("%lu inputs\n", n);
    return 0;
}

static int write_seeds(const char *folder)
{
    for (size_t i = 0; i < bt_fuzz_n_seeds; i++) {
        char path[1000];
        snprintf(path, sizeof path, "%s/seed-%zu", folder, i);
        FILE *f = fopen(path, "wb");
        if (!f || fwrite(bt_fuzz_seeds[i].bytes, 1, bt_fuzz_seeds[i].len, f) != bt_fuzz_seeds[i].len ||
            fclose(f) != 0) {
            perror(path);
            return 1;
        }
    }
    return 0;
}

static bool is_folder(const char *name)
{
    DIR *d = opendir(name);
    if (d)
        closedir(d);
    return d != NULL;
}

int main(int argc, char **argv)
{
    const char *runs = getenv("BT_FUZZ_RUNS");
    int rc = 0;
    if (argc == 3 && strcmp(argv[1], "-w") == 0)
        return write_seeds(argv[2]);
    if (argc > 1 && !is_folder(argv[1])) {
        for (int i = 1; i < argc; i++)
            rc |= run_file(argv[i]);
        return rc;
    }
    for (size_t i = 0; i < bt_fuzz_n_seeds; i++)
        add_seed(bt_fuzz_seeds[i].bytes, bt_fuzz_seeds[i].len);
    if (argc > 1)
        rc = add_folder(argv[1]);
    return rc | run_changed_seeds(runs ? strtoul(runs, NULL, 10) : 100000);
}
