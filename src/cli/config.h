/*
 * config.h - the file of defaults: $XDG_CONFIG_HOME/beamtap/config, else $HOME/.config/beamtap/config.
 */
#ifndef BT_CLI_CONFIG_H
#define BT_CLI_CONFIG_H

#include "cli/steps.h"

struct bt_config {
    struct bt_settings settings;
    char *path, *text;
    struct bt_steps steps;
};

/*
 * bt_config_read - reads the file where there is one; *c is zero. What is wrong is said on stderr.
 *
 * Returns 0, or the exit status.
 */
int bt_config_read(struct bt_config *c, struct beamtap_err *err);
void bt_config_done(struct bt_config *c);

#endif
