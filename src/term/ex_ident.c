/*
 * ex_ident.c - names with characters above ASCII. The rules are those of String.Tokenizer and Macro.classify_atom/1 of
 * Elixir 1.18: which characters, of scripts that may stand together between underscores, and normalized (NFC).
 */
#include "term/ex_ident.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "term/ex_ident_table.h"

#define EVERY UINT64_MAX /* scripts of what goes with all */
#define LATIN ((uint64_t)1)
#define MICRO 0xB5 /* taken, but not normalized */

/* ---- one character ---- */

struct letter {
    int kind; /* BT_EX_UPPER ...; -1: in no name */
    uint64_t scripts;
};

static int by_range(const void *key, const void *item)
{
    uint32_t cp = *(const uint32_t *)key;
    const struct bt_ex_range *r = item;
    return cp < r->first ? -1 : cp - r->first > r->n;
}

static struct letter letter_of(uint32_t cp)
{
    if (cp == '_' || (cp >= '0' && cp <= '9'))
        return (struct letter){cp == '_' ? BT_EX_START : BT_EX_MORE, EVERY};
    if (cp >= 'a' && cp <= 'z')
        return (struct letter){BT_EX_START, LATIN};
    if (cp >= 'A' && cp <= 'Z')
        return (struct letter){BT_EX_UPPER, LATIN};
    if (cp == MICRO)
        return (struct letter){BT_EX_START, EVERY};
    const struct bt_ex_range *r = bsearch(&cp, bt_ex_ranges, bt_ex_n_ranges, sizeof *r, by_range);
    return r ? (struct letter){r->info & 3, bt_ex_scripts[r->info >> 2]} : (struct letter){-1, 0};
}

static int by_mark(const void *key, const void *item)
{
    uint32_t cp = *(const uint32_t *)key, of = ((const struct bt_ex_mark *)item)->cp;
    return cp < of ? -1 : cp > of;
}

static uint8_t class_of(uint32_t cp)
{
    const struct bt_ex_mark *m =
        cp < 0x80 ? NULL : bsearch(&cp, bt_ex_marks, bt_ex_n_marks, sizeof *m, by_mark);
    return m ? m->ccc : 0;
}

static int by_pair(const void *key, const void *item)
{
    const struct bt_ex_pair *a = key, *b = item;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->second < b->second ? -1 : a->second > b->second;
}

static bool compose(uint32_t first, uint32_t second)
{
    struct bt_ex_pair pair = {first, second};
    return second >= 0x80 && bsearch(&pair, bt_ex_pairs, bt_ex_n_pairs, sizeof pair, by_pair);
}

/* ---- a name ---- */

struct name {
    uint64_t scripts, part_scripts; /* common to all so far; to all since the last underscore */
    bool parts_ok;                  /* each part before that had some in common */
    uint32_t base;                  /* the last character that is no mark */
    uint8_t ccc;                    /* of the character before */
    bool is_nfc;
};

static void add(struct name *n, uint32_t cp, uint64_t scripts)
{
    uint8_t ccc = class_of(cp);
    n->scripts &= scripts;
    if (cp == '_') {
        n->parts_ok = n->parts_ok && n->part_scripts;
        n->part_scripts = EVERY;
    } else {
        n->part_scripts &= scripts;
    }
    bool is_blocked = n->ccc && n->ccc >= ccc; /* a mark between them keeps two characters apart */
    if (cp == MICRO || (ccc && n->ccc > ccc) || (!is_blocked && compose(n->base, cp)))
        n->is_nfc = false;
    if (!ccc)
        n->base = cp;
    n->ccc = ccc;
}

static uint32_t next_char(struct bt_slice s, bool latin1, size_t *i)
{
    uint32_t cp = s.p[*i];
    size_t n = latin1 ? 1 : bt_utf8_decode(s.p + *i, s.len - *i, &cp);
    *i += n ? n : 1;
    return n ? cp : UINT32_MAX;
}

enum bt_ex_ident bt_ex_ident(struct bt_slice name, bool latin1)
{
    struct name n = {.scripts = EVERY, .part_scripts = EVERY, .parts_ok = true, .is_nfc = true};
    bool is_upper = false, has_at = false;
    for (size_t i = 0; i < name.len;) {
        bool is_first = i == 0;
        uint32_t cp = next_char(name, latin1, &i);
        if ((cp == '?' || cp == '!') && !is_first && i == name.len)
            break;
        if (cp == '@' && !is_first) {
            has_at = true;
            n.base = cp;
            n.ccc = 0;
            continue;
        }
        struct letter l = letter_of(cp);
        if (l.kind < 0 || (is_first && l.kind == BT_EX_MORE))
            return BT_EX_IDENT_NONE;
        is_upper = is_upper || (is_first && l.kind == BT_EX_UPPER);
        add(&n, cp, l.scripts);
    }
    if (!name.len || (!n.scripts && !(n.parts_ok && n.part_scripts)))
        return BT_EX_IDENT_NONE;
    if (is_upper || has_at)
        return BT_EX_IDENT_BARE;
    return n.is_nfc ? BT_EX_IDENT_CALLABLE : BT_EX_IDENT_NONE;
}
