// SPDX-License-Identifier: MIT
// What writing and reading results share: the axes, and what a target's group says of itself.
#ifndef AMBIT_STORE_RESULTS_H
#define AMBIT_STORE_RESULTS_H

#include "ambit/store.h"
#include "hdf.h"

/* In the order in which they lead a dataset's shape. */
typedef enum AmbitAxis {
    AMBIT_AXIS_SWEEP,
    AMBIT_AXIS_PREDICTOR,
    AMBIT_AXIS_PROMPT,
    AMBIT_AXIS_K,
    AMBIT_N_AXES
} AmbitAxis;

enum {
    AMBIT_OVER_SWEEP = 1 << AMBIT_AXIS_SWEEP,
    AMBIT_OVER_PREDICTOR = 1 << AMBIT_AXIS_PREDICTOR,
    AMBIT_OVER_PROMPT = 1 << AMBIT_AXIS_PROMPT,
    AMBIT_OVER_K = 1 << AMBIT_AXIS_K,
    AMBIT_OVER_STATISTICS = AMBIT_OVER_SWEEP | AMBIT_OVER_PREDICTOR | AMBIT_OVER_K,
    AMBIT_OVER_PREDICTIONS = AMBIT_OVER_STATISTICS | AMBIT_OVER_PROMPT
};

enum { AMBIT_AXIS_NAME_SIZE = 128 };

/* The axis of a swept parameter has its name, with "_value" behind it if a dataset is called so. */
void ambit_results_sweep_axis(const char *parameter, char name[AMBIT_AXIS_NAME_SIZE]);

/* The group's attributes: what the target asks, in words and as values. */
void ambit_results_put_attributes(AmbitHdf *hdf, hid_t group, const AmbitTarget *target,
                                  const AmbitTargetResult *result);

#endif
