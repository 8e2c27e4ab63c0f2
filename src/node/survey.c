/*
 * survey.c - who traces what on a node: beamtap_sweep's answer, as lines.
 */
#include "node/survey.h"

#include "agent/agent.h"
#include "node/load.h"
#include "node/rpc.h"
#include "term/print.h"

#define MAX_LISTED 50 /* lines of each kind */

static void put_term(struct bt_survey *s, struct bt_etf *r)
{
    bt_print_erlang(&s->others, r, &s->print);
}

/* [{MFA, Kind, Base}]: those that are no beamtap's. */
static void put_patterns(struct bt_survey *s, struct bt_etf *r)
{
    uint32_t n, listed = 0;
    if (!bt_etf_list(r, &n) || n == 0)
        return;
    while (n-- > 0 && bt_etf_tuple_of(r, 3)) {
        struct bt_etf mfa = *r, kind;
        bool ok = bt_etf_skip(r);
        kind = *r;
        ok = ok && bt_etf_skip(r);
        bool is_other = ok && bt_etf_is_atom(r, "none");
        if (!is_other) {
            bt_etf_skip(r);
            continue;
        }
        s->n_others++;
        if (listed++ < MAX_LISTED) {
            bt_buf_puts(&s->others, "pattern ");
            put_term(s, &mfa);
            bt_buf_putc(&s->others, ' ');
            put_term(s, &kind);
            bt_buf_putc(&s->others, '\n');
        }
    }
    if (listed > MAX_LISTED)
        bt_buf_printf(&s->others, "and %u more patterns\n", listed - MAX_LISTED);
    bt_etf_nil(r);
}

/* [{Process, Tracer, Flags}] */
static void put_flags(struct bt_survey *s, struct bt_etf *r)
{
    uint32_t n, listed = 0;
    if (!bt_etf_list(r, &n) || n == 0)
        return;
    s->n_others += n;
    while (n-- > 0 && bt_etf_tuple_of(r, 3)) {
        if (listed++ >= MAX_LISTED) {
            if (!bt_etf_skip(r) || !bt_etf_skip(r) || !bt_etf_skip(r))
                return;
            continue;
        }
        bt_buf_puts(&s->others, "process ");
        put_term(s, r);
        bt_buf_puts(&s->others, " traced by ");
        put_term(s, r);
        bt_buf_putc(&s->others, ' ');
        put_term(s, r);
        bt_buf_putc(&s->others, '\n');
    }
    if (listed > MAX_LISTED)
        bt_buf_printf(&s->others, "and %u more processes\n", listed - MAX_LISTED);
    bt_etf_nil(r);
}

static void put_sessions(struct bt_survey *s, struct bt_etf *r)
{
    uint32_t n;
    if (!bt_etf_list(r, &n) || n == 0)
        return;
    s->n_others += n;
    while (n-- > 0) {
        bt_buf_puts(&s->others, "session ");
        put_term(s, r);
        bt_buf_putc(&s->others, '\n');
    }
    bt_etf_nil(r);
}

/* {Guard, Modules, Patterns, Flags, Word, Sessions}: lists what is not ours. */
static int put_survey(struct bt_survey *s, struct bt_etf r, struct beamtap_err *err)
{
    struct bt_etf answer = r;
    uint32_t word;
    if (!bt_etf_tuple_of(&r, 6) || !bt_etf_skip(&r) || !bt_etf_skip(&r))
        return bt_rpc_unexpected(&answer, "the survey of the node", err);
    put_patterns(s, &r);
    put_flags(s, &r);
    if (!bt_etf_uint32(&r, &word))
        return bt_rpc_unexpected(&answer, "the survey of the node", err);
    put_sessions(s, &r);
    if (word != 0)
        bt_buf_printf(&s->others, "trace control word %u\n", word);
    return 0;
}

/* Is a beamtap tracing now? {Pid, Who, Since, State}, silent, or none */
static bool has_guard(struct bt_etf survey)
{
    return bt_etf_tuple_of(&survey, 6) && !bt_etf_is_atom(&survey, "none");
}

int bt_survey_run(struct bt_survey *s, struct bt_conn *conn, const char *mode, int otp, struct bt_arena *a,
    struct bt_etf *done, struct beamtap_err *err)
{
    struct bt_etf r, survey;
    const struct bt_term *how = bt_term_atom(a, mode);
    if (bt_load_and_call(conn, &bt_beam_sweep, otp, "run", bt_term_list(a, &how, 1, NULL), a, &r, err) < 0)
        return -1;
    if (bt_rpc_failed(&r) || !bt_etf_tuple_of(&r, 2))
        return bt_rpc_unexpected(&r, "the survey of the node", err);
    *done = survey = r;
    if (!bt_etf_skip(&survey))
        return bt_rpc_unexpected(&r, "the survey of the node", err);
    s->has_beamtap = has_guard(survey);
    return put_survey(s, survey, err);
}

void bt_survey_unload(struct bt_conn *conn, struct bt_arena *a)
{
    struct bt_etf r;
    const struct bt_term *module = bt_term_atom(a, bt_beam_sweep.module);
    bt_rpc(conn, "code", "purge", bt_term_list(a, &module, 1, NULL), bt_rpc_deadline(), &r, NULL);
}
