/*
 * version.c - the versions of the library that is running, and of the one it has TLS from.
 */
#include "beamtap.h"

#include "node/tls.h"

const char *beamtap_version(void)
{
    return BEAMTAP_VERSION;
}

int beamtap_version_number(void)
{
    return BEAMTAP_VERSION_NUMBER;
}

const char *beamtap_tls_version(void)
{
    return bt_tls_version();
}
