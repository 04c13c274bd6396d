// SPDX-License-Identifier: MIT
// What writing and reading results share: the axes, and what a target's group says of itself.
#ifndef AMBIT_STORE_RESULTS_H
#define AMBIT_STORE_RESULTS_H

#include "ambit/store.h"
#include "hdf.h"

enum { AMBIT_AXIS_NAME_SIZE = 128 };

/* Most axes of a dataset: those of joined runs, step, sweep and the axes of an array. */
enum { AMBIT_DATASET_RANK = AMBIT_ARRAY_RANK + 2 + AMBIT_MOST_JOINED_AXES };

/* By AmbitShown. */
extern const char *const ambit_shown_names[AMBIT_N_SHOWN];

/* Name in the file of the axis of a swept number: "sparsity" of "tasks[1].sparsity", with "_value"
 * appended if another axis or a dataset has that name. */
void ambit_results_sweep_axis(const AmbitHdf *hdf, const AmbitTargetResult *result,
                              char name[AMBIT_AXIS_NAME_SIZE]);

/* The group's attributes: what the target asks, in words and as values. */
void ambit_results_put_attributes(AmbitHdf *hdf, hid_t group, const AmbitTarget *target,
                                  const AmbitTargetResult *result);

/* The names of the arrays that `ambit show` reads back. */
void ambit_results_put_measurements(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result);

/* Writes all axes and datasets of a target into its group. */
void ambit_results_write_datasets(AmbitHdf *hdf, hid_t id, const AmbitTargetResult *result);

/* Writes an axis into a group, or opens the one that an earlier run has written; returns it. */
hid_t ambit_results_write_axis(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result,
                               const AmbitResultAxis *axis);
void ambit_results_put_caption(AmbitHdf *hdf, hid_t dataset, const AmbitCaption *words, hid_t type);

/* Writes axes and measurements alone. */
void ambit_results_write_arrays(AmbitHdf *hdf, hid_t id, const AmbitTargetResult *result);

/* Reads statistics and measurements of a target, not the values of single examples. */
AmbitTargetResult *ambit_results_read_result(AmbitHdf *hdf, hid_t group);

/* Reads the values of single examples; `version` decides the names. */
void ambit_results_read_scores(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result);

/* Reads the axes that every target has, under today's names, whatever the file's version. */
void ambit_results_read_axes(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result);

/* The same of a group of measurements alone: of the first axes it has that of predictors. */
void ambit_results_read_predictors(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result);

/* Reads the coordinates of any axis of a group; to be freed also after a failure. */
void ambit_results_read_lone_axis(AmbitHdf *hdf, hid_t group, const char *name,
                                  AmbitResultAxis *axis);
void ambit_results_free_lone_axis(AmbitResultAxis *axis);

/* The index of the axis `name`, which is read if it is the first time. */
size_t ambit_results_read_axis(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result,
                               const char *name);

/* Reads measurements that are not of single examples. The axes of `result` are read. */
void ambit_results_read_arrays(AmbitHdf *hdf, hid_t group, AmbitTargetResult *result);

/* Reading, with types, shapes and storage checked before memory is taken. */
void *ambit_results_take(AmbitHdf *hdf, hid_t place, size_t count, size_t size);

/* All numbers of dataset `name`, whose shape must be `shape`; free with ambit_free. Packed: stored
 * compressed. */
void *ambit_results_read_numbers(AmbitHdf *hdf, hid_t group, const char *name, size_t rank,
                                 const size_t *shape, hid_t file_type, hid_t memory_type,
                                 bool packed);

/* The same for real numbers over step and sweep, where the target has them, then `axes`. */
double *ambit_results_read_reals(AmbitHdf *hdf, hid_t group, const AmbitTargetResult *result,
                                 const char *name, size_t rank, const size_t *axes);

/* Shape of a dataset over step and sweep, where the target has them, then `axes`; returns its rank.
 */
size_t ambit_results_shape(const AmbitTargetResult *result, size_t rank, const size_t *axes,
                           size_t shape[AMBIT_DATASET_RANK]);

/* The texts that an attribute lists, at most `most`; none where it is not there, as in files
 * without models or trees, and in older ones. */
void ambit_results_read_list(AmbitHdf *hdf, hid_t object, const char *name, size_t most,
                             AmbitTexts *list);
void ambit_results_free_list(AmbitTexts *list);

/* Text attribute, or NULL if there is none; free with ambit_free. */
char *ambit_results_read_text(AmbitHdf *hdf, hid_t object, const char *name);

#endif
