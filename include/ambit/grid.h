// SPDX-License-Identifier: MIT
// Grid: one config that names many runs. Its key `grid` is a list of axes; an axis gives one or
// more keys a list of values each, which advance together. Axes multiply, and the last one runs
// fastest. The runs, numbered from 0 in that order, are called tasks.
#ifndef AMBIT_GRID_H
#define AMBIT_GRID_H

#include "ambit/config.h"

enum { AMBIT_MOST_GRID_AXES = 8, AMBIT_MOST_TASKS = 100000 };

/* An axis by the values of its first key: its coordinates. */
typedef struct AmbitGridAxis {
    char *name;     // the last part of the first key, unless `name:` gives another
    char *key;      // the first key: "training.tasks[0].weight"
    size_t length;  // from 1 on
    char **texts;   // [length] the values as the file has them
    char **labels;  // [length] the same as folder names hold them
    double *values; // [length]; NULL: not all are numbers
} AmbitGridAxis;

/* Everything is owned. */
typedef struct AmbitGrid {
    char *file;   // as given
    char *folder; // that holds the run folders: OUT_DIR/NAME
    size_t n_axes, n_tasks;
    AmbitGridAxis axes[AMBIT_MOST_GRID_AXES];
    struct ConfigGrid *layers; // the merged YAML, private
} AmbitGrid;

/* Reads a file with `grid`, and settings from the command line as ambit_config_load does. Returns
 * AMBIT_INVALID, with the place, for axes that are none, for unknown keys, and where two tasks
 * would share a folder. A value that a config cannot have is the matter of its tasks: see
 * ambit_grid_config. */
AmbitStatus ambit_grid_load(AmbitGrid **grid, const char *path, char *const *overrides,
                            size_t n_overrides, AmbitError *error);
void ambit_grid_destroy(AmbitGrid **grid);

/* Reads the config of one task; its run folder is OUT_DIR/NAME of that config. */
AmbitStatus ambit_grid_config(const AmbitGrid *grid, size_t task, AmbitConfig **config,
                              AmbitError *error);

/* Index of a task's value on an axis. */
size_t ambit_grid_place(const AmbitGrid *grid, size_t task, size_t axis);

/* Name of the task's folder in grid->folder, "n_layer=2,seed=1": values alone decide it, so that
 * values may be added to an axis. NULL if there is no memory; free with ambit_free. */
char *ambit_grid_name(const AmbitGrid *grid, size_t task);

#endif
