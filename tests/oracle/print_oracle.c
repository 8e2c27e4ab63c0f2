/*
 * print_oracle.c - prints each term of a file made by print_oracle.erl, or by inspect_oracle.exs, and compares with the
 * text there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "term/print.h"

#define MAX_RECORD (64u << 20)
#define SHOWN 10

/* Reads one length and its bytes. 1: there; 0: end of the file; -1: the file is broken. */
static int read_part(FILE *f, struct bt_buf *to)
{
    unsigned char head[4];
    size_t n = fread(head, 1, sizeof head, f);
    if (n == 0)
        return 0;
    uint32_t len = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
    bt_buf_reset(to);
    if (n < sizeof head || len > MAX_RECORD || !bt_buf_reserve(to, len) || fread(to->data, 1, len, f) != len)
        return -1;
    to->len = len;
    return 1;
}

/* Of the struct of inspect_oracle.exs that has more fields than a small map has pairs: they come in any order. */
static struct bt_print_opts options(enum bt_syntax syntax)
{
    static const char home[] = "nonode@nohost";
    static char names[40][32];
    static const char *fields[40];
    static const struct bt_print_def wide = {"Elixir.Wide", fields, 40};
    static const struct bt_print_defs structs = {&wide, 1};
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "inspect_field_%d", i + 1);
        fields[i] = names[i];
    }
    return (struct bt_print_opts){
        .home = {(const uint8_t *)home, sizeof home - 1}, .syntax = syntax, .structs = &structs};
}

/* Some text around the first byte that differs. */
static void show(const char *what, const struct bt_buf *b, size_t at)
{
    size_t from = at > 40 ? at - 40 : 0, n = b->len - from < 120 ? b->len - from : 120;
    printf("  %s (%zu bytes): %.*s\n", what, b->len, (int)n, b->data + from);
}

static bool compare(
    size_t number, const struct bt_buf *etf, const struct bt_buf *want, enum bt_syntax syntax, bool quiet)
{
    const struct bt_print_opts opts = options(syntax);
    struct bt_buf got = BT_BUF_INIT;
    struct bt_etf r;
    bt_etf_init(&r, etf->data, etf->len);
    bool whole = bt_etf_version(&r) && bt_print_term(&got, &r, &opts) && r.p == r.end;
    bool same = whole && got.len == want->len && memcmp(got.data, want->data, got.len) == 0;
    if (!same && !quiet) {
        size_t at = 0;
        while (at < got.len && at < want->len && got.data[at] == want->data[at])
            at++;
        printf("term %zu%s, byte %zu:\n", number, whole ? "" : " (not read whole)", at);
        show("wanted ", want, at);
        show("beamtap", &got, at);
    }
    bt_buf_done(&got);
    return same;
}

int main(int argc, char **argv)
{
    struct bt_buf etf = BT_BUF_INIT, want = BT_BUF_INIT;
    size_t n_terms = 0, n_different = 0;
    int rc;
    FILE *f = argc == 2 || argc == 3 ? fopen(argv[1], "rb") : NULL;
    enum bt_syntax syntax = argc == 3 ? BT_SYNTAX_ELIXIR : BT_SYNTAX_ERLANG;
    if (!f) {
        fprintf(stderr, "usage: print_oracle FILE (made by print_oracle.erl)\n"
                        "       print_oracle FILE elixir (made by inspect_oracle.exs)\n");
        return 2;
    }
    while ((rc = read_part(f, &etf)) > 0) {
        if (read_part(f, &want) != 1) {
            rc = -1;
            break;
        }
        n_different += !compare(n_terms++, &etf, &want, syntax, n_different >= SHOWN);
    }
    fclose(f);
    bt_buf_done(&etf);
    bt_buf_done(&want);
    if (rc < 0)
        printf("%s is cut off\n", argv[1]);
    printf("%zu terms, %zu differences\n", n_terms, n_different);
    return rc == 0 && n_terms && !n_different ? 0 : 1;
}
