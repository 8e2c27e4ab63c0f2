/*
 * lib.c - the public functions: check arguments, call inside.
 */
#include "beamtap.h"

const char *beamtap_version(void)
{
    return BEAMTAP_VERSION;
}
