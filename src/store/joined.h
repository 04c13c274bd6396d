// SPDX-License-Identifier: MIT
// What writing and reading joined results share.
#ifndef AMBIT_STORE_JOINED_H
#define AMBIT_STORE_JOINED_H

#include "ambit/joined.h"
#include "results.h"

/* The place of a run in the datasets. */
AmbitHdfPlace ambit_joined_place(const AmbitRuns *runs, size_t run);

#endif
