/*
 * optfile.c - [{server, [{certfile, "..."}, ...]}, {client, [...]}]. by the lexer of the spec language: only pairs of a name
 * and a text are looked for, so options nobody here knows do no harm.
 */
#include "lib/optfile.h"

#include <string.h>

#include "spec/lexer.h"

enum side { CLIENT, SERVER, N_SIDES };

static const char *const sides[] = {"client", "server"};

/* What was found for each side. */
struct found {
    struct bt_tls_opts side[N_SIDES];
};

static const char **field_of(struct bt_tls_opts *o, const char *name)
{
    const struct {
        const char *name;
        const char **at;
    } fields[] = {
        {"cacertfile", &o->ca}, {"certfile", &o->cert}, {"keyfile", &o->key}, {"password", &o->password}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].at;
    }
    return NULL;
}

/* The text of "..." or <<"...">>; NULL: it is none. */
static const char *text_of(struct bt_lexer *lx, struct bt_token *tok)
{
    if (tok->kind == BT_TOK_BIN_OPEN && bt_lex_next(lx, tok, NULL) < 0)
        return NULL;
    return tok->kind == BT_TOK_STRING ? tok->text : NULL;
}

/* Behind `{Name,`. The value is read with a copy of the lexer, so that nothing is lost when it is of another kind. */
static void take_pair(struct bt_lexer lx, const char *name, struct bt_tls_opts *o)
{
    struct bt_token tok;
    const char **field = field_of(o, name);
    if (bt_lex_next(&lx, &tok, NULL) < 0)
        return;
    if (field && !*field)
        *field = text_of(&lx, &tok);
    else if (strcmp(name, "verify") == 0 && tok.kind == BT_TOK_ATOM)
        o->no_verify = strcmp(tok.text, "verify_none") == 0;
}

static int scan(struct bt_lexer *lx, struct found *f, struct beamtap_err *err)
{
    struct bt_token tok, before = {.kind = BT_TOK_END}, first = before;
    enum side side = SERVER;
    do {
        if (bt_lex_next(lx, &tok, err) < 0)
            return -1;
        if (tok.kind == BT_TOK_COMMA && before.kind == BT_TOK_ATOM && first.kind == BT_TOK_LBRACE) {
            for (int i = 0; i < N_SIDES; i++)
                side = strcmp(before.text, sides[i]) == 0 ? (enum side)i : side;
            take_pair(*lx, before.text, &f->side[side]);
        }
        first = before;
        before = tok;
    } while (tok.kind != BT_TOK_END);
    return 0;
}

static void fill(const char **to, const char *from)
{
    if (!*to)
        *to = from;
}

int bt_optfile_read(const char *text, struct bt_arena *a, struct bt_tls_opts *out, struct beamtap_err *err)
{
    struct bt_lexer lx;
    struct found f = {0};
    if (bt_lex_init(&lx, text, a, err) < 0 || scan(&lx, &f, err) < 0) {
        if (err && err->code == BEAMTAP_ESPEC)
            err->code = BEAMTAP_EUSAGE;
        return -1;
    }
    bool has_client_cert = f.side[CLIENT].cert != NULL;
    for (int i = 0; i < N_SIDES; i++) {
        fill(&out->ca, f.side[i].ca);
        if (i == SERVER && has_client_cert)
            continue; /* a key belongs to its certificate */
        fill(&out->cert, f.side[i].cert);
        fill(&out->key, f.side[i].key);
        fill(&out->password, f.side[i].password);
    }
    out->no_verify = out->no_verify || f.side[CLIENT].no_verify;
    return a->failed ? bt_err_nomem(err) : 0;
}
