/*
 * records.c - the table of record definitions.
 */
#include "spec/records.h"

#include <string.h>

#include "spec/suggest.h"

void bt_records_init(struct bt_records *r, struct bt_arena *arena)
{
    *r = (struct bt_records){.arena = arena};
}

bool bt_record_is_of(const struct bt_record *rec, const char *module)
{
    for (size_t i = 0; i < 2; i++) {
        if (!module || (rec->modules[i] && strcmp(rec->modules[i], module) == 0))
            return true;
    }
    return false;
}

const struct bt_record *bt_records_find(const struct bt_records *r, const char *module, const char *name)
{
    for (size_t i = 0; i < r->n; i++) {
        if (bt_record_is_of(&r->items[i], module) && strcmp(r->items[i].name, name) == 0)
            return &r->items[i];
    }
    return NULL;
}

bool bt_records_has_module(const struct bt_records *r, const char *module)
{
    for (size_t i = 0; i < r->n; i++) {
        if (bt_record_is_of(&r->items[i], module))
            return true;
    }
    return false;
}

const char *bt_records_suggest(const struct bt_records *r, const char *module, const char *name)
{
    struct bt_suggestion best = {0};
    for (size_t i = 0; i < r->n; i++) {
        if (bt_record_is_of(&r->items[i], module))
            bt_suggest(&best, name, r->items[i].name);
    }
    return best.word;
}

size_t bt_record_field(const struct bt_record *rec, const char *name)
{
    size_t i = 0;
    while (i < rec->n_fields && strcmp(rec->fields[i].name, name) != 0)
        i++;
    return i;
}

const char *bt_record_suggest(const struct bt_record *rec, const char *name)
{
    struct bt_suggestion best = {0};
    for (size_t i = 0; i < rec->n_fields; i++)
        bt_suggest(&best, name, rec->fields[i].name);
    return best.word;
}

const struct bt_print_defs *bt_records_names(const struct bt_records *r, struct bt_arena *a)
{
    struct bt_print_defs *defs = bt_arena_alloc(a, sizeof *defs);
    struct bt_print_def *items = bt_arena_array(a, r->n + 1, sizeof *items);
    size_t n = 0;
    for (size_t i = 0; defs && items && i < r->n; i++) {
        const struct bt_record *rec = &r->items[i];
        const char **fields = bt_arena_array(a, rec->n_fields + 1, sizeof *fields);
        if (!fields)
            return NULL;
        if (rec->trouble)
            continue;
        for (size_t j = 0; j < rec->n_fields; j++)
            fields[j] = rec->fields[j].name;
        items[n++] = (struct bt_print_def){rec->name, fields, rec->n_fields};
    }
    if (!defs || !items)
        return NULL;
    *defs = (struct bt_print_defs){items, n};
    return defs;
}
