/*
 * records.h - definitions of records: a table of them, and their reader.
 *
 * A definition is read from Erlang text, a .hrl or .erl file as it stands or what a node prints of a module's debug
 * information. Nothing else in the text is understood: macros are not expanded, -include is not followed, and of
 * -ifdef both branches are read.
 */
#ifndef BT_SPEC_RECORDS_H
#define BT_SPEC_RECORDS_H

#include "spec/ast.h"
#include "term/print.h"

#define BT_RECORDS_MAX_BYTES ((size_t)8 << 20) /* of one text */
#define BT_RECORDS_MAX 10000                   /* definitions in a table */
#define BT_RECORD_MAX_FIELDS 10000             /* of one definition */

/* n = 0 :: integer() */
struct bt_record_field {
    const char *name;
    const struct bt_ast *value; /* default, `undefined` where none is written; NULL: not_known says which */
    const char *not_known;      /* text of a default that is no constant: a macro, a call; else NULL */
};

/* -record(state, {n = 0, q}). */
struct bt_record {
    const char *name;
    const char *from;       /* where it was read, for messages: "state.hrl:12" */
    const char *modules[2]; /* the `mod` of mod#state; NULL: none */
    struct bt_record_field *fields;
    size_t n_fields;
    const char *trouble; /* why the definition cannot be used: "its fields are a macro"; else NULL */
};

/* In the order they were read; of two with one name and source the first one counts, as with -ifdef. */
struct bt_records {
    struct bt_arena *arena;
    struct bt_record *items;
    size_t n, cap;
};

/* A text with definitions. All is borrowed for the call. */
struct bt_records_text {
    const char *text;
    size_t len;
    const char *from;   /* its name in messages */
    const char *module; /* mod#rec means a record in it; so does the name in -module(Name) */
    bool is_source;     /* a file of the user's: messages say lines of it */
};

/* An empty table; what it holds lives in the arena. */
void bt_records_init(struct bt_records *r, struct bt_arena *arena);

/*
 * bt_records_read - add the definitions in a text, whatever else is in it.
 *
 * n_found  how many; may be NULL.
 * A definition that cannot be read is passed over, or, where its name can be, kept with its trouble.
 * Errors: EUSAGE (longer than BT_RECORDS_MAX_BYTES, the table is full), ENOMEM.
 */
int bt_records_read(
    struct bt_records *r, const struct bt_records_text *text, size_t *n_found, struct beamtap_err *err);

/* The record `name`; module NULL: in any text. NULL: there is none. */
const struct bt_record *bt_records_find(const struct bt_records *r, const char *module, const char *name);
/* Is it what module#rec means? Every record is one of module NULL. */
bool bt_record_is_of(const struct bt_record *rec, const char *module);
/* Has something been read for mod#rec? */
bool bt_records_has_module(const struct bt_records *r, const char *module);
/* The name nearest to a mistyped one; NULL: none is near. */
const char *bt_records_suggest(const struct bt_records *r, const char *module, const char *name);

/* Index of a field, n_fields where there is none of the name. */
size_t bt_record_field(const struct bt_record *rec, const char *name);
/* Names of records and fields, for printers; without those that cannot be used. NULL: no memory. */
const struct bt_print_defs *bt_records_names(const struct bt_records *r, struct bt_arena *a);

/* The field nearest to a mistyped name; NULL: none is near. */
const char *bt_record_suggest(const struct bt_record *rec, const char *name);

#endif
