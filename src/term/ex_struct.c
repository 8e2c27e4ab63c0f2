/*
 * ex_struct.c - structs as Elixir shows them: which fields in what order, and those with a form of their own.
 */
#include "term/ex_struct.h"

#include <stdlib.h>
#include <string.h>

#include "term/digits.h"
#include "term/ex_calendar.h"
#include "term/ex_quote.h"

#define MAX_FIELDS 16 /* of a struct in the table below */
#define FEW_PAIRS 32  /* kept without memory from the heap */

/* ---- structs of Elixir 1.18 ---- */

struct known {
    const char *name;
    const char
        *fields; /* as they were defined; x=nil, x=[], x=0, x=00: left out when it is nil, [], 0, {0, 0} */
    enum bt_ex_view (*show)(struct bt_buf *out, const struct bt_etf *values, struct bt_ex_struct *s);
};

static enum bt_ex_view show_date(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    (void)s;
    return bt_ex_date(out, v) ? BT_EX_SHOWN : BT_EX_STRUCT;
}

static enum bt_ex_view show_time(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    (void)s;
    return bt_ex_time(out, v) ? BT_EX_SHOWN : BT_EX_STRUCT;
}

static enum bt_ex_view show_naive(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    (void)s;
    return bt_ex_naive_date_time(out, v) ? BT_EX_SHOWN : BT_EX_STRUCT;
}

static enum bt_ex_view show_date_time(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    (void)s;
    return bt_ex_date_time(out, v) ? BT_EX_SHOWN : BT_EX_STRUCT;
}

static enum bt_ex_view show_range(struct bt_buf *, const struct bt_etf *, struct bt_ex_struct *);
static enum bt_ex_view show_date_range(struct bt_buf *, const struct bt_etf *, struct bt_ex_struct *);
static enum bt_ex_view show_regex(struct bt_buf *, const struct bt_etf *, struct bt_ex_struct *);
static enum bt_ex_view show_requirement(struct bt_buf *, const struct bt_etf *, struct bt_ex_struct *);
static enum bt_ex_view show_set(struct bt_buf *, const struct bt_etf *, struct bt_ex_struct *);
static enum bt_ex_view show_stream(struct bt_buf *, const struct bt_etf *, struct bt_ex_struct *);

/* In order of names. Those of one field are not here, they need no order. */
static const struct known known[] = {
    {"BadArityError", "function args", NULL},
    {"BadBooleanError", "term operator", NULL},
    {"BadStructError", "struct term", NULL},
    {"Code.LoadError", "file message reason", NULL},
    {"CompileError", "file line description", NULL},
    {"Config.Provider",
        "providers config_path extra_config prune_runtime_sys_config_after_boot reboot_system_after_config "
        "validate_compile_env",
        NULL},
    {"Date", "year month day calendar", show_date},
    {"Date.Range", "first last first_in_iso_days last_in_iso_days step", show_date_range},
    {"DateTime",
        "year month day hour minute second time_zone zone_abbr utc_offset std_offset microsecond calendar",
        show_date_time},
    {"Duration", "year=0 month=0 week=0 day=0 hour=0 minute=0 second=0 microsecond=00", NULL},
    {"DynamicSupervisor",
        "args extra_arguments mod name strategy max_children max_restarts max_seconds children restarts",
        NULL},
    {"ErlangError", "original reason", NULL},
    {"ExUnit.AssertionError", "left right message expr args doctest context", NULL},
    {"ExUnit.Diff", "equivalent? left right", NULL},
    {"ExUnit.Test", "name case module state time tags logs parameters", NULL},
    {"ExUnit.TestCase", "name state tests", NULL},
    {"ExUnit.TestModule", "file name setup_all? state parameters tags tests", NULL},
    {"ExUnit.TimeoutError", "timeout type", NULL},
    {"File.CopyError", "reason source destination on action", NULL},
    {"File.Error", "reason path action", NULL},
    {"File.LinkError", "reason existing new action", NULL},
    {"File.RenameError", "reason source destination on action", NULL},
    {"File.Stat", "size type access atime mtime ctime mode links major_device minor_device inode uid gid",
        NULL},
    {"File.Stream", "path modes line_or_bytes raw node", NULL},
    {"FunctionClauseError", "module function arity kind args clauses", NULL},
    {"GenEvent.Stream", "manager timeout", NULL},
    {"IO.Stream", "device raw line_or_bytes", NULL},
    {"Inspect.Opts",
        "base binaries char_lists charlists custom_options inspect_fun limit pretty printable_limit safe "
        "structs "
        "syntax_colors width",
        NULL},
    {"JSON.DecodeError", "message offset data", NULL},
    {"Kernel.TypespecError", "file line description", NULL},
    {"KeyError", "key term message", NULL},
    {"Logger.Backends.Console",
        "buffer buffer_size colors device format level max_buffer metadata output ref", NULL},
    {"Logger.Formatter", "template truncate metadata colors utc_log?", NULL},
    {"MapSet", "map", show_set},
    {"MismatchedDelimiterError",
        "file line column end_line end_column opening_delimiter closing_delimiter expected_delimiter snippet "
        "description",
        NULL},
    {"MissingApplicationsError", "apps description", NULL},
    {"NaiveDateTime", "year month day hour minute second microsecond calendar", show_naive},
    {"Protocol.UndefinedError", "protocol value description", NULL},
    {"Range", "first last step", show_range},
    {"Regex", "re_pattern source opts re_version", show_regex},
    {"Stream", "enum funs accs done", show_stream},
    {"SyntaxError", "file line column snippet description", NULL},
    {"Task", "mfa owner pid ref", NULL},
    {"Time", "hour minute second microsecond calendar", show_time},
    {"TokenMissingError",
        "file line column end_line end_column snippet opening_delimiter expected_delimiter description",
        NULL},
    {"URI", "scheme authority=nil userinfo host port path query fragment", NULL},
    {"URI.Error", "action reason part", NULL},
    {"UndefinedFunctionError", "module function arity reason message", NULL},
    {"UnicodeConversionError", "encoded message", NULL},
    {"Version", "major minor patch pre=[] build=nil", NULL},
    {"Version.Requirement", "source lexed", show_requirement},
};

static int by_name(const void *key, const void *item)
{
    const struct bt_slice *name = key;
    const struct known *k = item;
    size_t len = strlen(k->name), n = name->len < len ? name->len : len;
    int order = memcmp(name->p, k->name, n);
    return order ? order : (name->len > len) - (name->len < len);
}

/* By the module's full name, Elixir.Date. */
static const struct known *find_known(struct bt_slice module)
{
    static const char prefix[] = "Elixir.";
    size_t n = sizeof prefix - 1;
    if (module.len <= n || memcmp(module.p, prefix, n) != 0)
        return NULL;
    struct bt_slice name = {module.p + n, module.len - n};
    return bsearch(&name, known, sizeof known / sizeof known[0], sizeof known[0], by_name);
}

/* ---- pairs ---- */

struct pair {
    struct bt_slice key;
    struct bt_etf value;
    const uint8_t *at; /* where the key begins */
};

struct pairs {
    struct pair *items, few[FEW_PAIRS];
    uint32_t n; /* of those that are fields */
    const uint8_t *base, *after;
};

static bool is_field(struct bt_slice key)
{
    return !bt_slice_is(key, "__struct__") && !bt_slice_is(key, "__exception__");
}

/* All fields in the term's order. False: no memory. The caller frees items where it is not `few`. */
static bool collect(struct pairs *ps, struct bt_etf r, uint32_t n_pairs)
{
    ps->base = r.p;
    ps->n = 0;
    ps->items = n_pairs <= FEW_PAIRS ? ps->few : malloc(n_pairs * sizeof *ps->items);
    if (!ps->items)
        return false;
    for (uint32_t i = 0; i < n_pairs; i++) {
        struct pair *p = &ps->items[ps->n];
        struct bt_etf_token key;
        p->at = r.p;
        bt_etf_next(&r, &key); /* an atom: the caller has seen all of them */
        p->key = key.bytes;
        p->value = r;
        bt_etf_skip(&r);
        ps->n += is_field(p->key);
    }
    ps->after = r.p;
    return true;
}

static const struct pair *find_pair(const struct pairs *ps, struct bt_slice key)
{
    for (uint32_t i = 0; i < ps->n; i++) {
        if (bt_slice_equal(ps->items[i].key, key))
            return &ps->items[i];
    }
    return NULL;
}

/* Room for n pairs, which the caller fills by choose(). */
static struct bt_walk_chosen *new_chosen(const uint8_t *base, const uint8_t *after, uint32_t n)
{
    struct bt_walk_chosen *c = malloc(sizeof *c + n * sizeof c->at[0]);
    if (c)
        *c = (struct bt_walk_chosen){.base = base, .after = after, .n = n};
    return c;
}

/* The i-th to be shown; they are taken from the end. */
static void choose(struct bt_walk_chosen *c, uint32_t i, const uint8_t *at)
{
    c->at[c->n - 1 - i] = (uint32_t)(at - c->base);
}

/* All fields, as they come. */
static struct bt_walk_chosen *all_fields(const struct pairs *ps)
{
    struct bt_walk_chosen *c = new_chosen(ps->base, ps->after, ps->n);
    for (uint32_t i = 0; c && i < ps->n; i++)
        choose(c, i, ps->items[i].at);
    return c;
}

/* ---- known fields ---- */

/* Does the value print as this default? */
static bool is_default(struct bt_etf v, char kind)
{
    struct bt_etf_token tok;
    uint32_t a, b;
    switch (kind) {
    case 'n': return bt_etf_is_atom(&v, "nil");
    case '[':
        return bt_etf_next(&v, &tok) &&
               (tok.kind == BT_ETF_NIL || (tok.kind == BT_ETF_STRING && !tok.bytes.len));
    case '0': return bt_etf_uint32(&v, &a) && a == 0;
    case '2': return bt_etf_tuple_of(&v, 2) && bt_etf_uint32(&v, &a) && bt_etf_uint32(&v, &b) && !a && !b;
    default: return false;
    }
}

/* The fields of a known struct as the term has them; a missing one is NULL. */
struct arranged {
    const struct pair *items[MAX_FIELDS];
    char defaults[MAX_FIELDS]; /* n [ 0 2, or 0 */
    uint32_t n, n_missing;
};

static void arrange(struct arranged *a, const struct known *k, const struct pairs *ps)
{
    a->n = a->n_missing = 0;
    for (const char *field = k->fields; *field; a->n++) {
        size_t len = strcspn(field, " ="), all = strcspn(field, " ");
        char d = field[len] == '=' ? field[len + 1] : 0;
        a->items[a->n] = find_pair(ps, (struct bt_slice){(const uint8_t *)field, len});
        a->n_missing += !a->items[a->n];
        a->defaults[a->n] = d == '0' && field[len + 2] == '0' ? '2' : d;
        field += all + (field[all] == ' ');
    }
}

static enum bt_ex_view fields_in_order(
    const struct arranged *a, const struct pairs *ps, struct bt_ex_struct *s)
{
    const struct pair *shown[MAX_FIELDS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        if (!a->defaults[i] || !is_default(a->items[i]->value, a->defaults[i]))
            shown[n++] = a->items[i];
    }
    s->chosen = new_chosen(ps->base, ps->after, n);
    for (uint32_t i = 0; s->chosen && i < n; i++)
        choose(s->chosen, i, shown[i]->at);
    return s->chosen ? BT_EX_STRUCT : BT_EX_NOMEM;
}

static enum bt_ex_view as_they_come(const struct pairs *ps, struct bt_ex_struct *s)
{
    s->chosen = all_fields(ps);
    return s->chosen ? BT_EX_STRUCT : BT_EX_NOMEM;
}

/* The values chosen[0..n) of a->items, for a form that shows some of them between words. */
static enum bt_ex_view choose_values(const struct arranged *a, const struct pairs *ps, struct bt_ex_struct *s,
    const struct bt_walk_chosen *which)
{
    struct bt_walk_chosen *c = new_chosen(ps->base, ps->after, which->n);
    for (uint32_t i = 0; c && i < which->n; i++)
        choose(c, i, a->items[which->at[i]]->at);
    s->chosen = c;
    return c ? BT_EX_CALL : BT_EX_NOMEM;
}

static enum bt_ex_view show_known(
    struct bt_buf *out, const struct known *k, const struct pairs *ps, struct bt_ex_struct *s)
{
    struct arranged a;
    struct bt_etf values[MAX_FIELDS];
    arrange(&a, k, ps);
    for (uint32_t i = 0; i < a.n; i++)
        values[i] = a.items[i] ? a.items[i]->value : (struct bt_etf){NULL, NULL};
    enum bt_ex_view view = k->show ? k->show(out, values, s) : BT_EX_STRUCT;
    if (view == BT_EX_CALL) {
        struct bt_walk_chosen *which = s->chosen;
        view = choose_values(&a, ps, s, which);
        free(which);
    } else if (view == BT_EX_SET) {
        s->chosen->after = ps->after;
    } else if (view == BT_EX_STRUCT) {
        view = a.n_missing || ps->n != a.n ? as_they_come(ps, s) : fields_in_order(&a, ps, s);
    }
    return view;
}

/* ---- forms of their own ---- */

const struct bt_ex_call bt_ex_calls[BT_EX_N_WORDS] = {
    [BT_EX_DATE_RANGE] = {"Date.range(", {", ", ", "}, ")"},
    [BT_EX_REGEX] = {"Regex.compile!(", {", ", ", "}, ")"},
    [BT_EX_STREAM] = {"#Stream<[enum: ", {", funs: ", ", "}, "]>"},
    [BT_EX_MAP_SET] = {"MapSet.new([", {", ", ", "}, "])"},
};

/* Says that the values [0..n) by their place among the fields are to be shown. */
static enum bt_ex_view call(struct bt_ex_struct *s, enum bt_ex_words words, const uint32_t *which, uint32_t n)
{
    s->words = words;
    s->chosen = new_chosen(NULL, NULL, n);
    for (uint32_t i = 0; s->chosen && i < n; i++)
        s->chosen->at[i] = which[i];
    return s->chosen ? BT_EX_CALL : BT_EX_NOMEM;
}

static bool number(struct bt_etf v, struct bt_etf_token *tok)
{
    return v.p && bt_etf_next(&v, tok) && (tok->kind == BT_ETF_INT || tok->kind == BT_ETF_BIG);
}

static bool is_less(const struct bt_etf_token *a, const struct bt_etf_token *b)
{
    if (a->kind == BT_ETF_INT && b->kind == BT_ETF_INT)
        return a->integer < b->integer;
    if (a->kind == BT_ETF_INT)
        return !b->negative;
    if (b->kind == BT_ETF_INT || a->negative != b->negative)
        return a->negative;
    if (a->bytes.len != b->bytes.len)
        return (a->bytes.len < b->bytes.len) != a->negative;
    for (size_t i = a->bytes.len; i-- > 0;) {
        if (a->bytes.p[i] != b->bytes.p[i])
            return (a->bytes.p[i] < b->bytes.p[i]) != a->negative;
    }
    return false;
}

static void put_number(struct bt_buf *out, const struct bt_etf_token *tok)
{
    if (tok->kind == BT_ETF_INT)
        bt_digits_int(out, tok->integer);
    else
        bt_ex_quote_big(out, tok->negative, tok->bytes);
}

/* 1..3, 1..9//2; Elixir before 1.12 knows no step. */
static enum bt_ex_view show_range(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    struct bt_etf_token first, last, step = {.kind = BT_ETF_INT, .integer = 1};
    (void)s;
    if (!number(v[0], &first) || !number(v[1], &last) || (v[2].p && !number(v[2], &step)))
        return BT_EX_STRUCT;
    if (!v[2].p && is_less(&last, &first))
        step.integer = -1;
    put_number(out, &first);
    bt_buf_put(out, "..", 2);
    put_number(out, &last);
    if (step.kind != BT_ETF_INT || step.integer != 1 || is_less(&last, &first)) {
        bt_buf_put(out, "//", 2);
        put_number(out, &step);
    }
    return BT_EX_SHOWN;
}

static enum bt_ex_view show_date_range(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    static const uint32_t which[] = {0, 1, 4};
    struct bt_etf_token step = {.kind = BT_ETF_INT, .integer = 1};
    (void)out;
    if (!v[0].p || !v[1].p || (v[4].p && !number(v[4], &step)))
        return BT_EX_STRUCT;
    return call(s, BT_EX_DATE_RANGE, which, step.kind == BT_ETF_INT && step.integer == 1 ? 2 : 3);
}

static bool text_of(struct bt_etf v, struct bt_slice *text)
{
    return v.p && bt_etf_binary(&v, text);
}

#define MAX_REGEX_OPTS 16

/* The letters of a regex's options, last one first; false: there are others. */
static bool regex_letters(struct bt_etf v, char *letters)
{
    static const struct {
        const char *name, *then;
        char letter;
    } options[] = {{"dotall", NULL, 's'}, {"unicode", "ucp", 'u'}, {"caseless", NULL, 'i'},
        {"extended", NULL, 'x'}, {"firstline", NULL, 'f'}, {"ungreedy", NULL, 'U'}, {"multiline", NULL, 'm'}};
    const size_t n_options = sizeof options / sizeof options[0];
    uint32_t n = 0;
    char *at = letters + MAX_REGEX_OPTS;
    if (!bt_etf_list(&v, &n) || n > MAX_REGEX_OPTS)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        size_t o = 0;
        while (o < n_options && !bt_etf_is_atom(&v, options[o].name))
            o++;
        if (o == n_options)
            return false;
        if (options[o].then && (++i == n || !bt_etf_is_atom(&v, options[o].then)))
            return false;
        if (o == 0 && (++i == n || !bt_etf_tuple_of(&v, 2) || !bt_etf_is_atom(&v, "newline") ||
                          !bt_etf_is_atom(&v, "anycrlf")))
            return false;
        *--at = options[o].letter;
    }
    memmove(letters, at, (size_t)(letters + MAX_REGEX_OPTS - at));
    letters[letters + MAX_REGEX_OPTS - at] = '\0';
    return n == 0 || bt_etf_nil(&v);
}

static bool is_list(struct bt_etf v)
{
    struct bt_etf_token tok;
    return bt_etf_next(&v, &tok) &&
           (tok.kind == BT_ETF_LIST || tok.kind == BT_ETF_NIL || tok.kind == BT_ETF_STRING);
}

/* ~r/a.b/i; Elixir before 1.15 keeps the letters as they were written. */
static enum bt_ex_view show_regex(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    static const uint32_t which[] = {1, 2};
    char letters[MAX_REGEX_OPTS + 1] = "";
    struct bt_slice source, old = {0};
    if (!text_of(v[1], &source) || !v[2].p)
        return BT_EX_STRUCT;
    bool is_old = text_of(v[2], &old) && bt_ex_is_clean(old);
    if (!is_old && !regex_letters(v[2], letters))
        return is_list(v[2]) ? call(s, BT_EX_REGEX, which, 2) : BT_EX_STRUCT;
    bt_buf_put(out, "~r", 2);
    bt_ex_quote_regex(out, source);
    bt_buf_puts(out, letters);
    bt_buf_put(out, old.p, old.len);
    return BT_EX_SHOWN;
}

static enum bt_ex_view show_requirement(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    struct bt_slice source;
    (void)s;
    if (!text_of(v[0], &source) || !bt_ex_is_clean(source))
        return BT_EX_STRUCT;
    bt_buf_puts(out, "Version.parse_requirement!(\"");
    bt_buf_put(out, source.p, source.len);
    bt_buf_puts(out, "\")");
    return BT_EX_SHOWN;
}

/* With more than one function they would have to be shown last one first. */
static enum bt_ex_view show_stream(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    static const uint32_t which[] = {0, 1};
    uint32_t n;
    struct bt_etf funs = v[1];
    (void)out;
    if (!v[0].p || !funs.p || !bt_etf_list(&funs, &n) || n > 1)
        return BT_EX_STRUCT;
    return call(s, BT_EX_STREAM, which, 2);
}

/* MapSet.new([1, 2]): its map has the members for keys, and [] for each value. */
static enum bt_ex_view show_set(struct bt_buf *out, const struct bt_etf *v, struct bt_ex_struct *s)
{
    struct bt_etf_token tok;
    struct bt_etf r = v[0];
    (void)out;
    if (!r.p || !bt_etf_next(&r, &tok) || tok.kind != BT_ETF_MAP)
        return BT_EX_STRUCT;
    uint32_t n = tok.arity;
    struct bt_walk_chosen *c = new_chosen(r.p, NULL, n);
    if (!c)
        return BT_EX_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        choose(c, i, r.p);
        if (!bt_etf_skip(&r) || !bt_etf_nil(&r)) {
            free(c);
            return BT_EX_STRUCT;
        }
    }
    s->words = BT_EX_MAP_SET;
    s->chosen = c;
    return BT_EX_SET;
}

/* ---- any struct ---- */

/* By a definition the caller has; NULL: it has none. */
static const struct bt_print_def *find_def(const struct bt_print_defs *defs, struct bt_slice name)
{
    for (size_t i = 0; defs && i < defs->n; i++) {
        if (bt_slice_is(name, defs->items[i].name))
            return &defs->items[i];
    }
    return NULL;
}

/* A map whose keys are not those of the definition is no such struct, as Inspect.Any has it. */
static enum bt_ex_view show_defined(
    const struct bt_print_def *def, const struct pairs *ps, struct bt_ex_struct *s)
{
    if (ps->n != def->n_fields)
        return BT_EX_MAP;
    struct bt_walk_chosen *c = new_chosen(ps->base, ps->after, ps->n);
    if (!c)
        return BT_EX_NOMEM;
    for (uint32_t i = 0; i < ps->n; i++) {
        const char *field = def->fields[i];
        const struct pair *p = find_pair(ps, (struct bt_slice){(const uint8_t *)field, strlen(field)});
        if (!p) {
            free(c);
            return BT_EX_MAP;
        }
        choose(c, i, p->at);
    }
    s->chosen = c;
    return BT_EX_STRUCT;
}

enum bt_ex_view bt_ex_struct(struct bt_buf *out, struct bt_etf r, uint32_t n_pairs,
    const struct bt_print_defs *defs, struct bt_ex_struct *s)
{
    struct pairs ps;
    const struct bt_print_def *def = find_def(defs, s->module);
    const struct known *k = find_known(s->module);
    enum bt_ex_view view;
    s->chosen = NULL;
    if ((!bt_ex_is_alias(s->module) && !def) || (uint64_t)(r.end - r.p) > UINT32_MAX)
        return BT_EX_MAP;
    if (!collect(&ps, r, n_pairs))
        return BT_EX_NOMEM;
    if (def)
        view = show_defined(def, &ps, s);
    else
        view = k ? show_known(out, k, &ps, s) : as_they_come(&ps, s);
    if (ps.items != ps.few)
        free(ps.items);
    return view;
}
