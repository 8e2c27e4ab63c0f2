/*
 * records.h - --records and mod#rec: definitions out of files, and those a node must be asked for.
 */
#ifndef BT_LIB_RECORDS_H
#define BT_LIB_RECORDS_H

#include "lib/say.h"
#include "node/conn.h"
#include "spec/records.h"

/* A module whose records only a node knows. */
struct bt_lib_module {
    const char *name;
    size_t text;            /* where mod#rec asks for it: which spec text; with --records SIZE_MAX */
    struct beamtap_loc loc; /* and its place in it */
};

struct bt_lib_records {
    struct bt_records table;
    struct bt_lib_module *wanted;
    size_t n_wanted, wanted_cap;
};

/* What --records names. */
struct bt_lib_names {
    const char *const *items;
    size_t n;
};

/*
 * bt_lib_records_read - read the files of --records, and find which modules are asked for beyond them.
 *
 * texts  spec texts; they are parsed, so that mistakes in them are told before a node is asked.
 * a      the table lives there.
 * bad    on an error with a place: index of the text.
 * Errors: EUSAGE (a file), ESPEC (a text), ENOMEM.
 */
int bt_lib_records_read(const struct bt_lib_names *options, const char *const *texts, size_t n,
    struct bt_arena *a, struct bt_lib_records *out, size_t *bad, struct beamtap_err *err);

/* EUSAGE where --records names a module and there is no node to ask. */
int bt_lib_records_no_node(const struct bt_lib_records *r, struct beamtap_err *err);

/* Asks a node for the modules that are wanted; warnings go to `say`; max_memory, errors: node/record_fetch.h. */
int bt_lib_records_fetch(struct bt_lib_records *r, struct bt_conn *c, int64_t max_memory,
    const struct bt_say *say, size_t *bad, struct beamtap_err *err);

#endif
