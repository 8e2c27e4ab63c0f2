/*
 * cmd_completion.c - `beamtap completion`: a completion for bash, out of the tables of commands and options. The build writes it
 * to completion/beamtap.bash.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd.h"

/* Values that are files, or nodes of this host. */
static bool is_file(const char *value)
{
    return strcmp(value, "FILE") == 0 || strcmp(value, "FILE|MODULE") == 0;
}

static void put_options(struct bt_buf *b)
{
    struct bt_opts_info o;
    bt_buf_puts(b, "    local options='");
    for (size_t i = 0; bt_opts_info(i, &o); i++) {
        if (o.letter)
            bt_buf_printf(b, "-%c ", o.letter);
        bt_buf_printf(b, "--%s ", o.name);
    }
    bt_buf_puts(b, "'\n    local commands='");
    for (const struct bt_command *c = bt_commands; c->name; c++) {
        if (c->help)
            bt_buf_printf(b, "%s ", c->name);
    }
    bt_buf_puts(b, "'\n");
}

static void put_pattern(struct bt_buf *b, const struct bt_opts_info *o)
{
    bt_buf_puts(b, "        ");
    if (o->letter)
        bt_buf_printf(b, "-%c | ", o->letter);
    bt_buf_printf(b, "--%s) ", o->name);
}

/* What may stand behind each option that has a value. */
static void put_values(struct bt_buf *b)
{
    struct bt_opts_info o;
    bt_buf_puts(b, "    case $before in\n");
    for (size_t i = 0; bt_opts_info(i, &o); i++) {
        if (!o.value)
            continue;
        put_pattern(b, &o);
        if (o.choices)
            bt_buf_printf(b, "COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", o.choices);
        else if (is_file(o.value))
            bt_buf_puts(
                b, "compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n");
        else
            bt_buf_puts(b, "return ;;\n");
    }
    bt_buf_puts(b, "    esac\n");
}

static void put_script(struct bt_buf *b)
{
    bt_buf_puts(b, "# bash completion for beamtap; made by `beamtap completion`.\n"
                   "# shellcheck shell=bash disable=SC2207\n"
                   "_beamtap() {\n"
                   "    local word=$2 before=$3 command='' i\n");
    put_options(b);
    bt_buf_puts(b, "    COMPREPLY=()\n"
                   "    # --option=value comes as three words\n"
                   "    if [ \"$word\" = = ]; then\n"
                   "        word=''\n"
                   "    elif [ \"$before\" = = ]; then\n"
                   "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
                   "    fi\n");
    put_values(b);
    bt_buf_puts(b,
        "    case $word in -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")); return ;; esac\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \" $commands \" in *\" ${COMP_WORDS[i]} \"*) command=${COMP_WORDS[i]}; break ;; esac\n"
        "    done\n"
        "    case $command in\n"
        "        '') COMPREPLY=($(compgen -W \"$commands\" -- \"$word\")) ;;\n"
        "        run | replay) compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
        "    esac\n"
        "}\n"
        "complete -F _beamtap beamtap\n");
}

int bt_cmd_completion(const struct bt_cli *cli)
{
    struct bt_buf b = BT_BUF_INIT;
    if (cli->n_words > 0) {
        bt_cli_say("completion takes no words");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    put_script(&b);
    fputs(bt_buf_cstr(&b), stdout);
    bt_buf_done(&b);
    return bt_cli_flush();
}
