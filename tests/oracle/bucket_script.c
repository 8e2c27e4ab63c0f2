/*
 * bucket_script.c - runs a script of times through src/limit/bucket.c, for comparison with the agent's bucket.
 *
 * stdin:   rate N INTERVAL_US BURST NOW_US    a new bucket; N < 0: no limit
 *          take NOW_US                        a token is asked for
 * stdout:  1 or 0 for each take, in one line.
 */
#include <inttypes.h>
#include <stdio.h>

#include "limit/bucket.h"

int main(void)
{
    struct bt_bucket b = {0};
    struct bt_rate rate;
    int64_t burst, now_us;
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "rate %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &rate.n, &rate.interval_us,
                &burst, &now_us) == 4) {
            bt_bucket_init(&b, rate, burst, now_us);
        } else if (sscanf(line, "take %" SCNd64, &now_us) == 1) {
            putchar(bt_bucket_take(&b, now_us) ? '1' : '0');
        } else {
            fprintf(stderr, "bucket_script: cannot read: %s", line);
            return 1;
        }
    }
    return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
