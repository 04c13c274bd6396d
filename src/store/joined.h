// SPDX-License-Identifier: MIT
// What writing and reading joined results share.
#ifndef AMBIT_STORE_JOINED_H
#define AMBIT_STORE_JOINED_H

#include "ambit/joined.h"
#include "results.h"

/* The group of what is computed over runs; NULL where a file has none. */
void ambit_joined_write_over(AmbitHdf *hdf, hid_t file, const AmbitOverRuns *over);
AmbitOverRuns *ambit_joined_read_over(AmbitHdf *hdf, hid_t file);

/* The place of a run in the datasets. */
AmbitHdfPlace ambit_joined_place(const AmbitRuns *runs, size_t run);

#endif
