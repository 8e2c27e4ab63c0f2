#!/usr/bin/env python3
"""ex_ident_table.py FOLDER > ex_ident_table.c - what Elixir's identifiers may have above ASCII, as tables.

FOLDER is lib/elixir/unicode of Elixir's source (1.18: Unicode 16). The rules are those of tokenizer.ex there; which pairs of
characters compose is asked of Python, whose own Unicode may be older: what it does not know is in no identifier.
"""
import sys
import unicodedata

folder = sys.argv[1]


def rows(name):
    with open(f"{folder}/{name}.txt", encoding="utf-8") as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line:
                yield [part.strip() for part in line.split(";")]


def codes(text):
    first, _, last = text.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


upper, start, more, classes, parts, first = set(), set(), set(), {}, {}, None
for row in rows("UnicodeData"):
    code = int(row[0], 16)
    members = range(first, code + 1) if row[1].endswith("Last>") else [code]
    first = code if row[1].endswith("First>") else None
    kind = {"Lu": upper, "Lt": upper, "Ll": start, "Lm": start, "Lo": start, "Nl": start,
            "Mn": more, "Mc": more, "Nd": more, "Pc": more}.get(row[2])
    if kind is not None:
        kind.update(members)
    classes[code] = int(row[3])
    if row[5] and not row[5].startswith("<"):
        parts[code] = [int(part, 16) for part in row[5].split()]

barred = set()
for row in rows("PropList"):
    kind = {"Other_ID_Start": start, "Other_ID_Continue": more, "Pattern_White_Space": barred,
            "Pattern_Syntax": barred}.get(row[1])
    if kind is not None:
        kind.update(codes(row[0]))
for row in rows("IdentifierType"):
    if not {"Inclusion", "Recommended"} & set(row[1].split()):
        barred.update(codes(row[0]))
upper -= barred
start -= barred
more -= barred
allowed = {c for c in upper | start | more if c > 127}

# ---- scripts: which characters may stand together

long_names = {row[1]: row[2] for row in rows("PropertyValueAliases") if row[0] == "sc"}
together = {"Han": ["Han with Bopomofo", "Japanese", "Korean"], "Hiragana": ["Japanese"], "Katakana": ["Japanese"],
            "Hangul": ["Korean"], "Bopomofo": ["Han with Bopomofo"]}
scripts = {}
for name, names in (("Scripts", {}), ("ScriptExtensions", long_names)):
    for row in rows(name):
        of = [names.get(s, s) for s in row[1].split()]
        if "Common" not in of and "Inherited" not in of:
            found = frozenset(x for s in of for x in [s] + together.get(s, []))
            scripts.update((c, found) for c in codes(row[0]) if c in allowed)
scripts.pop(0x3BC, None)  # the Greek letter may be a micro sign, which goes with everything

# A script that is only where another one is too makes no difference.
sets = set(scripts.values())
every = sorted(set().union(*sets))
where = {s: {x for x in sets if s in x} for s in every}
kept = ["Latin"]
for s in sorted(every, key=lambda s: (-len(where[s]), s)):
    if s != "Latin" and not any(where[s] <= where[k] for k in kept):
        kept.append(s)
assert len(kept) <= 63
bit = {s: i for i, s in enumerate(kept)}
mask_of = {x: sum(1 << bit[s] for s in x if s in bit) for x in sets}
masks = [(1 << 64) - 1] + sorted(set(mask_of.values()))

# ---- ranges, pairs

ranges = []
for c in sorted(allowed):
    kind = 0 if c in upper else 1 if c in start else 2
    info = kind | masks.index(mask_of[scripts[c]] if c in scripts else masks[0]) << 2
    if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == info:
        ranges[-1][1] = c
    else:
        ranges.append([c, c, info])

ascii_names = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
pairs = sorted((p[0], p[1]) for c, p in parts.items()
               if len(p) == 2 and set(p) <= allowed | ascii_names and
               unicodedata.normalize("NFC", chr(p[0]) + chr(p[1])) == chr(c))
marks = sorted((c, classes[c]) for c in allowed if classes.get(c))


def table(text, items, form, width):
    print(text)
    for i in range(0, len(items), width):
        print("    " + " ".join(form(item) + "," for item in items[i:i + width]))
    print("};\n")


print("""/*
 * ex_ident_table.c - made by ex_ident_table.py: what Elixir 1.18 takes in identifiers above ASCII.
 */
#include "term/ex_ident_table.h"

/* clang-format off */""")
table("const uint64_t bt_ex_scripts[] = {", masks, lambda m: f"0x{m:X}u", 6)
table("const struct bt_ex_range bt_ex_ranges[] = {", ranges, lambda r: f"{{0x{r[0]:X},{r[1] - r[0]},{r[2]}}}", 7)
print("const size_t bt_ex_n_ranges = sizeof bt_ex_ranges / sizeof bt_ex_ranges[0];\n")
table("const struct bt_ex_pair bt_ex_pairs[] = {", pairs, lambda p: f"{{0x{p[0]:X},0x{p[1]:X}}}", 8)
print("const size_t bt_ex_n_pairs = sizeof bt_ex_pairs / sizeof bt_ex_pairs[0];\n")
table("const struct bt_ex_mark bt_ex_marks[] = {", marks, lambda m: f"{{0x{m[0]:X},{m[1]}}}", 10)
print("const size_t bt_ex_n_marks = sizeof bt_ex_marks / sizeof bt_ex_marks[0];")
