/*
 * arity.h - the clauses that can take a function's calls: a head with a fixed number of arguments fits one arity, one with
 * an open tail (fun([A | _])) every arity from some on.
 *
 * A node takes no open head in a trace pattern ("not a proper list"), so it is written out for each arity.
 */
#ifndef BT_MATCH_ARITY_H
#define BT_MATCH_ARITY_H

#include "match/compile.h"

/* Can the clause match calls of a function with so many arguments? */
bool bt_clause_fits(const struct bt_clause *c, size_t arity);

/* As bt_clause_fits for some clause of the pattern, and for its own arity. */
bool bt_pattern_fits(const struct bt_trace_pattern *p, size_t arity);

/* True when the clauses of functions with different arities differ. */
bool bt_pattern_by_arity(const struct bt_trace_pattern *p);

/*
 * bt_clause_at - a clause for functions of this arity, which it fits: the same one, or one with its head written out, and
 * what the tail stood for ('$3' in ['$1','$2' | '$3']) replaced by {tl,{tl,'$_'}} in guards, body and captures.
 * NULL: no memory.
 */
const struct bt_clause *bt_clause_at(const struct bt_clause *c, size_t arity, struct bt_arena *a);

#endif
