/*
 * version.c - the version of the library that is running.
 */
#include "beamtap.h"

const char *beamtap_version(void)
{
    return BEAMTAP_VERSION;
}

int beamtap_version_number(void)
{
    return BEAMTAP_VERSION_NUMBER;
}
