/*
 * steps.c - the statements of a script to parts and steps.
 */
#include "cli/steps.h"

#include <stdlib.h>
#include <string.h>

#include "spec/loc.h"
#include "spec/suggest.h"

/* ---- the words of a script ---- */

/* What is done, and what may stand behind it. */
static const struct command {
    const char *name;
    enum bt_script_form form;
    const char *needs; /* NULL: nothing */
} commands[] = {
    {"trace", BT_SCRIPT_SPEC, "a spec"},
    {"count", BT_SCRIPT_SPEC, "a spec, or a number"},
    {"time", BT_SCRIPT_SPEC, "a spec, or a time"},
    {"replay", BT_SCRIPT_TEXT, "a file"},
    {"check", BT_SCRIPT_ALONE, NULL},
    {"clear", BT_SCRIPT_ALONE, NULL},
};

/* What neither an option nor a command says. */
static const struct control {
    const char *name, *needs;
} controls[] = {
    {"node", "the name of a node: node app@host"},
    {"wait", "a time: wait 10s"},
    {"repeat", "how often: repeat 3 every 10m"},
};

static const struct command *find_command(const char *word)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, word) == 0)
            return &commands[i];
    }
    return NULL;
}

static const struct control *find_control(const char *word)
{
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        if (strcmp(controls[i].name, word) == 0)
            return &controls[i];
    }
    return NULL;
}

static int unknown(const char *word, struct beamtap_err *err)
{
    struct bt_suggestion best = {0};
    struct bt_opts_info info;
    char quoted[96];
    for (size_t i = 0; bt_opts_info(i, &info); i++)
        bt_suggest(&best, word, info.name);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        bt_suggest(&best, word, commands[i].name);
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++)
        bt_suggest(&best, word, controls[i].name);
    bt_loc_quote(quoted, sizeof quoted, word, strlen(word));
    return best.word
               ? bt_err_set(err, BEAMTAP_EUSAGE, "unknown word %s; did you mean '%s'?", quoted, best.word)
               : bt_err_set(
                     err, BEAMTAP_EUSAGE, "unknown word %s; see beamtap --help for the options", quoted);
}

static int option_form(const char *word, size_t len, enum bt_script_form *out, struct beamtap_err *err)
{
    struct bt_opts_info info;
    if (!bt_opts_find(word, strlen(word), &info))
        return unknown(word, err);
    if (!info.in_script)
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' belongs on the command line, not into a file", word);
    if (info.value && len == 0)
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' needs a value: %s %s", word, word, info.value);
    *out = !info.value ? BT_SCRIPT_ALONE : strcmp(word, "not") == 0 ? BT_SCRIPT_SPEC : BT_SCRIPT_TEXT;
    return 0;
}

/* `count 10` and `time none` are options, `count queue:in/2` is a command: no spec begins with a digit. */
static bool is_option_value(const char *rest, size_t len)
{
    return len > 0 && ((rest[0] >= '0' && rest[0] <= '9') || (len == 4 && memcmp(rest, "none", 4) == 0));
}

static bool is_command(const struct bt_script_line *line, const char *rest, size_t len)
{
    struct bt_opts_info info;
    if (line->has_dashes || !find_command(line->word))
        return false;
    return !bt_opts_find(line->word, strlen(line->word), &info) || !info.value || !is_option_value(rest, len);
}

static int form(void *arg, const struct bt_script_line *line, const char *rest, size_t len,
    enum bt_script_form *out, struct beamtap_err *err)
{
    (void)arg;
    const struct control *control = line->has_dashes ? NULL : find_control(line->word);
    const struct command *command = is_command(line, rest, len) ? find_command(line->word) : NULL;
    const char *needs = control ? control->needs : command ? command->needs : NULL;
    if (!control && !command)
        return option_form(line->word, len, out, err);
    if (needs && len == 0)
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' needs %s", line->word, needs);
    *out = command ? command->form : BT_SCRIPT_TEXT;
    return 0;
}

/* ---- values of variables ---- */

/* While a script is read. */
struct reader {
    struct bt_steps *s;
    struct bt_script script;
    const struct bt_words *sets;
    struct bt_part *part; /* the one at hand */
};

static const char *value_in(const char *set, const char *name, size_t len)
{
    return strncmp(set, name, len) == 0 && set[len] == '=' ? set + len + 1 : NULL;
}

static const char *value_of(void *arg, const char *name, size_t len)
{
    const struct reader *r = arg;
    const char *value = NULL;
    char text[256];
    for (size_t i = r->sets->n; i-- > 0 && !value;)
        value = value_in(r->sets->items[i], name, len);
    for (size_t i = r->s->sets.n; i-- > 0 && !value;)
        value = value_in(r->s->sets.items[i].value, name, len);
    if (value || len >= sizeof text)
        return value;
    memcpy(text, name, len);
    text[len] = '\0';
    return getenv(text);
}

int bt_steps_check_set(const char *text, struct beamtap_err *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t n = strspn(text, letters);
    if (n == 0 || text[n] != '=' || (text[0] >= '0' && text[0] <= '9'))
        return bt_err_set(err, BEAMTAP_EUSAGE, "set: '%s' is not NAME=VALUE", text);
    return 0;
}

/* ---- statements ---- */

/* An error in the value, at its byte `at`. */
static int fail_value(struct reader *r, const struct bt_script_line *line, size_t at,
    const struct beamtap_err *why, struct beamtap_err *err)
{
    if (why->code == BEAMTAP_ENOMEM)
        return bt_err_nomem(err);
    size_t from = line->value.len ? bt_placed_from(&line->value, at) : line->off;
    size_t len = line->value.len ? bt_placed_from(&line->value, line->value.len) : line->off + line->len;
    return bt_err_at(err, why->code,
        bt_script_place(r->script.text, from, at == 0 && len > from ? len - from : 1), "%s", why->msg);
}

static int take_setting(struct reader *r, const struct bt_script_line *line, struct beamtap_err *err)
{
    struct beamtap_err why = {0};
    size_t at = 0;
    bool is_set = strcmp(line->word, "set") == 0;
    struct bt_setting setting = {line->word, line->form == BT_SCRIPT_ALONE ? NULL : line->value.text};
    struct bt_settings *to = is_set ? &r->s->sets : &r->part->settings;
    if (is_set && bt_steps_check_set(line->value.text, &why) < 0)
        return fail_value(r, line, 0, &why, err);
    if (bt_settings_add(to, &r->s->arena, setting, &at, &why) < 0)
        return fail_value(r, line, at, &why, err);
    struct bt_placed *placed = bt_arena_alloc(&r->s->arena, sizeof *placed);
    if (!placed)
        return bt_err_nomem(err);
    *placed = line->value;
    struct bt_source_place place = {line->value.text, placed, 0, true};
    return bt_source_add(&r->s->file, &r->s->arena, place) < 0 ? bt_err_nomem(err) : 0;
}

static struct bt_step *add_step(struct reader *r, const char *command, size_t off)
{
    struct bt_part *p = r->part;
    p->steps = bt_arena_grow(&r->s->arena, p->steps, p->n, &p->cap, sizeof *p->steps);
    if (!p->steps)
        return NULL;
    p->steps[p->n] = (struct bt_step){.command = command, .off = off};
    p->does_something = p->does_something || command;
    return &p->steps[p->n++];
}

/* A text for a step, which is known by its place from now on. */
static int add_word(
    struct reader *r, struct bt_step *step, struct bt_source_place place, struct beamtap_err *err)
{
    step->words = bt_arena_grow(&r->s->arena, step->words, step->n_words, &step->cap, sizeof *step->words);
    if (!step->words || bt_source_add(&r->s->file, &r->s->arena, place) < 0)
        return bt_err_nomem(err);
    step->words[step->n_words++] = place.value;
    return 0;
}

static const struct bt_placed *keep(struct reader *r, const struct bt_script_line *line)
{
    struct bt_placed *placed = bt_arena_alloc(&r->s->arena, sizeof *placed);
    if (placed)
        *placed = line->value;
    return placed;
}

/* In the shell a spec is quoted; here the quotes would make one name of it. */
static bool is_quoted_spec(const char *text, size_t len)
{
    return len > 2 && text[0] == '\'' && text[len - 1] == '\'' && !memchr(text + 1, '\'', len - 2) &&
           strpbrk(text, ":({") != NULL;
}

static int take_command(struct reader *r, const struct bt_script_line *line, struct beamtap_err *err)
{
    const struct command *c = find_command(line->word);
    struct bt_step *step = r->part->n ? &r->part->steps[r->part->n - 1] : NULL;
    bool goes_on = step && step->command == c->name && c->needs && !step->is_call;
    if (c->form == BT_SCRIPT_SPEC && is_quoted_spec(line->value.text, line->value.len)) {
        struct beamtap_err why = {0};
        bt_err_set(&why, BEAMTAP_ESPEC, "no quotes are needed here, as there is no shell to see the spec");
        return fail_value(r, line, 0, &why, err);
    }
    if (!goes_on)
        step = add_step(r, c->name, line->off);
    const struct bt_placed *placed = keep(r, line);
    if (!step || !placed)
        return bt_err_nomem(err);
    r->part->does_something = true;
    return c->needs ? add_word(r, step, (struct bt_source_place){line->value.text, placed, 0, true}, err) : 0;
}

/* N [every D] */
static int take_repeat(struct bt_part *p, const char *text, struct beamtap_err *err)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || n < 1 || n > 1000000 || (*end && *end != ' ' && *end != '\t'))
        return bt_err_set(err, BEAMTAP_EUSAGE, "repeat: say how often, and how far apart: 3, or 3 every 10m");
    p->repeat = n;
    end += strspn(end, " \t");
    if (!*end)
        return 0;
    if (strncmp(end, "every", 5) != 0 || !(end[5] == ' ' || end[5] == '\t'))
        return bt_err_set(err, BEAMTAP_EUSAGE, "repeat: 'every TIME' is expected behind the number");
    return bt_opts_duration(end + 5 + strspn(end + 5, " \t"), &p->every_us, err);
}

static int take_control(struct reader *r, const struct bt_script_line *line, struct beamtap_err *err)
{
    struct beamtap_err why = {0};
    int64_t us;
    int rc = 0;
    if (strcmp(line->word, "node") == 0) {
        r->part->node = line->value.text;
        if (strpbrk(line->value.text, " \t,"))
            rc = bt_err_set(&why, BEAMTAP_EUSAGE, "node: one node is expected");
    } else if (strcmp(line->word, "wait") == 0) {
        rc = bt_opts_duration(line->value.text, &us, &why);
        struct bt_step *step = rc == 0 ? add_step(r, NULL, line->off) : NULL;
        if (rc == 0 && !step)
            return bt_err_nomem(err);
        if (step)
            step->pause_us = us;
    } else {
        rc = take_repeat(r->part, line->value.text, &why);
        r->part->has_repeat = true;
        r->part->repeat_off = line->off;
    }
    return rc == 0 ? 0 : fail_value(r, line, 0, &why, err);
}

static int take_line(struct reader *r, const struct bt_script_line *line, struct beamtap_err *err)
{
    const char *rest = line->value.len ? line->value.text : "";
    if (!line->has_dashes && find_control(line->word))
        return take_control(r, line, err);
    if (is_command(line, rest, line->value.len))
        return take_command(r, line, err);
    return take_setting(r, line, err);
}

/* ---- calls ---- */

static int take_call_settings(struct reader *r, const struct bt_script_line *line, const struct bt_call *c,
    struct bt_step *step, struct beamtap_err *err)
{
    for (size_t i = 0; i < c->n_settings; i++) {
        const struct bt_call_setting *from = &c->settings[i];
        struct bt_setting setting = {from->name, from->value};
        struct beamtap_err why = {0};
        size_t at;
        if (bt_settings_add(
                from->is_default ? &step->defaults : &step->settings, &r->s->arena, setting, &at, &why) < 0) {
            bt_err_context(&why, "%s", c->tool);
            return fail_value(r, line, from->off ? from->off : 1, &why, err);
        }
    }
    return 0;
}

static int take_one_call(struct reader *r, const struct bt_script_line *line, const struct bt_placed *placed,
    const struct bt_call *c, struct beamtap_err *err)
{
    r->part->does_something = true;
    if (c->kind == BT_CALL_NOTHING)
        return 0;
    struct bt_step *step =
        add_step(r, c->kind == BT_CALL_CLEAR ? "clear" : "trace", bt_placed_from(placed, c->off));
    if (!step)
        return bt_err_nomem(err);
    step->node = c->node;
    step->remarks = (const char *const *)c->remarks;
    step->n_remarks = c->n_remarks;
    step->is_call = true;
    for (size_t i = 0; i < c->n_specs; i++) {
        const struct bt_call_spec *spec = &c->specs[i];
        struct bt_source_place place = {spec->text, placed, spec->off, spec->is_exact};
        if (add_word(r, step, place, err) < 0)
            return -1;
    }
    return take_call_settings(r, line, c, step, err);
}

static int take_calls(struct reader *r, const struct bt_script_line *line, struct beamtap_err *err)
{
    struct bt_calls calls;
    struct beamtap_err why = {0};
    const struct bt_placed *placed = keep(r, line);
    if (!placed)
        return bt_err_nomem(err);
    if (bt_call_parse(placed->text, &r->s->arena, &calls, &why) < 0) {
        size_t from = bt_placed_from(placed, why.loc.off),
               to = bt_placed_from(placed, why.loc.off + why.loc.len);
        if (!why.loc.line)
            return bt_err_set(err, why.code, "%s", why.msg);
        return bt_err_at(
            err, why.code, bt_script_place(r->script.text, from, to > from ? to - from : 1), "%s", why.msg);
    }
    for (size_t i = 0; i < calls.n; i++) {
        if (take_one_call(r, line, placed, &calls.items[i], err) < 0)
            return -1;
    }
    return 0;
}

/* ---- parts ---- */

static int begin_part(struct reader *r, struct beamtap_err *err)
{
    struct bt_steps *s = r->s;
    s->parts = bt_arena_grow(&s->arena, s->parts, s->n, &s->cap, sizeof *s->parts);
    if (!s->parts)
        return bt_err_nomem(err);
    r->part = &s->parts[s->n++];
    *r->part = (struct bt_part){.repeat = 1};
    return 0;
}

static int end_part(struct reader *r, struct beamtap_err *err)
{
    if (!r->part->has_repeat || r->part->does_something)
        return 0;
    return bt_loc_fail(err, BEAMTAP_EUSAGE, bt_script_place(r->script.text, r->part->repeat_off, 6),
        "there is nothing to repeat: the part traces nothing");
}

static int take(struct reader *r, const struct bt_script_line *line, struct beamtap_err *err)
{
    switch (line->kind) {
    case BT_SCRIPT_WORD: return take_line(r, line, err);
    case BT_SCRIPT_CALL: return take_calls(r, line, err);
    case BT_SCRIPT_PART: return end_part(r, err) < 0 ? -1 : begin_part(r, err);
    case BT_SCRIPT_END: break;
    }
    return end_part(r, err);
}

int bt_steps_read(struct bt_steps *s, const char *name, const char *text, size_t len,
    const struct bt_words *sets, struct beamtap_err *err)
{
    *s = (struct bt_steps){.file = {.name = name, .text = text}};
    struct reader r = {.s = s, .sets = sets};
    struct bt_script_words words = {form, value_of, &r};
    struct bt_script_line line;
    int rc = bt_script_init(&r.script, text, len, &words, &s->arena, err);
    if (rc == 0)
        rc = begin_part(&r, err);
    while (rc == 0) {
        rc = bt_script_next(&r.script, &line, err);
        if (rc == 0)
            rc = take(&r, &line, err);
        if (rc == 0 && line.kind == BT_SCRIPT_END)
            return 0;
    }
    return -1;
}

/* ---- options ---- */

/* Defaults of a tool that nobody overrides. */
static int apply_hints(const struct bt_settings *hints, struct bt_opts *o, struct beamtap_err *err)
{
    struct bt_opts_level level = {0};
    for (size_t i = 0; i < hints->n; i++) {
        const struct bt_setting *s = &hints->items[i];
        if (!bt_opts_has(o, s->name) && bt_opts_set(o, &level, s->name, s->value, err) < 0)
            return -1;
    }
    return 0;
}

int bt_steps_opts(const struct bt_steps *s, const struct bt_part *part, const struct bt_step *step,
    struct bt_opts *o, const char **node, struct beamtap_err *err)
{
    *node = NULL;
    for (const struct bt_part *p = s->parts; p <= part; p++) {
        *node = p->node ? p->node : *node;
        int rc = p->does_something && p != part ? bt_settings_apply_connection(&p->settings, o, err)
                                                : bt_settings_apply(&p->settings, o, err);
        if (rc < 0)
            return -1;
    }
    *node = step->node ? step->node : *node;
    return bt_settings_apply(&step->settings, o, err) < 0 ? -1 : apply_hints(&step->defaults, o, err);
}

void bt_steps_done(struct bt_steps *s)
{
    bt_arena_done(&s->arena);
}
