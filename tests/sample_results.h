// SPDX-License-Identifier: MIT
// A results file for tests: targets of all kinds. No two numbers are equal, so that a test notices
// any exchange.
#ifndef AMBIT_SAMPLE_RESULTS_H
#define AMBIT_SAMPLE_RESULTS_H

#include "ambit/store.h"

enum { N_COLUMNS = 4, N_PROMPTS = 40, N_QUERIES = 11 };

extern const char *const sample_columns[N_COLUMNS];
extern const char sample_note[]; // of split targets, on the second predictor
extern const AmbitProvenance sample_provenance;
extern const AmbitModelNotes sample_models;
extern double sample_values[3]; // of sweeps

/* A target whose parts are all borrowed; sweep NULL: none. */
AmbitTarget sample_target(const char *name, const char *sweep);

/* Errors that differ everywhere and fall with k, over sample_values of `sweep` unless NULL;
 * `split`: several queries share a k. */
AmbitTargetResult *sample_result(const char *sweep, bool split);

/* Two training steps over three sweep values, with measurements. */
AmbitTargetResult *sample_trained(void);

AmbitStatus sample_add(AmbitResultsFile *file, const char *name, const char *sweep, bool split,
                       AmbitError *error);

/* The file: targets dense, sparsity, "named like a dataset", split, trained. */
AmbitStatus sample_write(const char *path, AmbitError *error);

#endif
