// SPDX-License-Identifier: MIT
// Limits of the system: address space and stacks.
#ifndef AMBIT_CLI_RESOURCES_H
#define AMBIT_CLI_RESOURCES_H

#include "ambit/status.h"

#include <stddef.h>

/* Refuses work for which this many threads would lack stack or address space: OpenMP would end the
 * process, and OpenBLAS would ask for memory for ever. */
AmbitStatus ambit_cli_check_resources(size_t n_threads, AmbitError *error);

/* Refuses to start the exporter where its libraries would not find address space: they would fail
 * in many lines, each in a way of its own. */
AmbitStatus ambit_cli_check_exporter(AmbitError *error);

#endif
