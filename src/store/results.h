// SPDX-License-Identifier: MIT
// What writing and reading results share: the axes, and what a target's group says of itself.
#ifndef AMBIT_STORE_RESULTS_H
#define AMBIT_STORE_RESULTS_H

#include "ambit/store.h"
#include "hdf.h"

enum { AMBIT_AXIS_NAME_SIZE = 128 };

/* The axis of a swept number has its name, without what it is of, and with "_value" behind it if an
 * axis or dataset is called so. */
void ambit_results_sweep_axis(const char *sweep, const AmbitTargetResult *result,
                              char name[AMBIT_AXIS_NAME_SIZE]);

/* The group's attributes: what the target asks, in words and as values. */
void ambit_results_put_attributes(AmbitHdf *hdf, hid_t group, const AmbitTarget *target,
                                  const AmbitTargetResult *result);

/* What `ambit show` reads of a result's own axes and arrays, from a group whose other axes are in
 * `result`. */
void ambit_results_read_arrays(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result);

/* Reading, with types, shapes and storage checked before memory is taken. */
void *ambit_results_take(AmbitHdf *hdf, hid_t place, size_t count, size_t size);
size_t ambit_results_axis_length(AmbitHdf *hdf, hid_t group, const char *name);
/* All numbers of dataset `name`, whose shape must be `shape`; free with ambit_free. */
void *ambit_results_read_numbers(AmbitHdf *hdf, hid_t group, const char *name, size_t rank,
                                 const size_t *shape, hid_t file_type, hid_t memory_type);

#endif
