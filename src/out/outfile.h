/*
 * outfile.h - the names of an output's files: patterns, rotation, and never one that is there already.
 */
#ifndef BT_OUT_OUTFILE_H
#define BT_OUT_OUTFILE_H

#include "base/sink.h"

struct bt_outfile {
    const char *pattern; /* borrowed: %Y %m %d %H %M %S local time, %n node, %i session, %% */
    const char *node;    /* borrowed; NULL: not known */
    unsigned session;    /* 0: the first */
    uint64_t max_bytes;  /* a new file is begun at the first event beyond that; 0: never */
    size_t keep;         /* of the files made here the last so many stay; 0: all */
    char **names;        /* of files that were made, the last one last */
    size_t n_names;
    char *base;      /* what the pattern gave last */
    unsigned n_more; /* files of that name behind the first: its .1, .2 ... */
};

#define BT_OUTFILE_MAX_KEEP 10000

/* What is wrong with the pattern: EUSAGE. */
int bt_outfile_check(const char *pattern, struct beamtap_err *err);

/*
 * bt_outfile_open - make the next file and open the sink on it. EOUTPUT; for the first file also where it exists.
 *
 * Later ones have .1, .2 ... behind their name where the expansion is there already. Files beyond `keep` are removed, only
 * such as were made here. sink->name is valid until the next call.
 */
int bt_outfile_open(struct bt_outfile *f, struct bt_sink *sink, bool is_append, struct beamtap_err *err);

/* True when it is time for the next one. */
static inline bool bt_outfile_is_full(const struct bt_outfile *f, const struct bt_sink *s)
{
    return f->max_bytes && s->n_written + (s->buf.len - s->pos) >= f->max_bytes;
}

void bt_outfile_done(struct bt_outfile *f);

#endif
