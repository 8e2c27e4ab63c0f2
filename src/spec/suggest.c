/*
 * suggest.c - "did you mean".
 */
#include "spec/suggest.h"

#include <string.h>

#define MAX_WORD 40

static unsigned least(unsigned x, unsigned y)
{
    return x < y ? x : y;
}

/* Optimal string alignment distance: inserts, deletes, changes and swaps of neighbours. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned d[MAX_WORD + 1][MAX_WORD + 1];
    for (unsigned i = 0; i <= na; i++)
        d[i][0] = i;
    for (unsigned j = 0; j <= nb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        for (size_t j = 1; j <= nb; j++) {
            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[na][nb];
}

void bt_suggest(struct bt_suggestion *best, const char *typed, const char *known)
{
    size_t na = strlen(typed), nb = strlen(known);
    if (na == 0 || na > MAX_WORD || nb > MAX_WORD)
        return;
    unsigned n = distance(typed, na, known, nb);
    unsigned allowed = nb <= 4 ? 1 : nb <= 9 ? 2 : 3;
    if (n > allowed || (best->word && n >= best->distance))
        return;
    best->word = known;
    best->distance = n;
}
