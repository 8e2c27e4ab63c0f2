/*
 * ast_gen.h - for tests of the parser: trees made by chance with a fixed seed, and their comparison.
 */
#ifndef BT_TESTS_AST_GEN_H
#define BT_TESTS_AST_GEN_H

#include "spec/ast.h"

struct ast_gen {
    struct bt_arena *arena;
    enum bt_syntax syntax; /* a tree of Elixir's has no calls in a head, and one test in each guard */
    uint64_t seed; /* not 0 */
    bool in_head;  /* of ast_gen.c */
};

/* A text that bt_parse can give back, with trees of at most `depth` levels; it need not mean anything. */
struct bt_ast_text ast_gen_text(struct ast_gen *g, unsigned depth);

/* Equal but for places and what bt_check adds. */
bool ast_equal(const struct bt_ast *x, const struct bt_ast *y);
bool ast_text_equal(const struct bt_ast_text *x, const struct bt_ast_text *y);

#endif
