// SPDX-License-Identifier: MIT
// A results file under way.
#ifndef AMBIT_STORE_RESULTS_FILE_H
#define AMBIT_STORE_RESULTS_FILE_H

#include "aside.h"
#include "results.h"

struct AmbitResultsFile {
    AmbitAside aside;
    hid_t targets; // group
    size_t n_targets;
};

#endif
