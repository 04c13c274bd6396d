// SPDX-License-Identifier: MIT
// The group /over_runs of joined results: what is computed over the runs.
#include "joined.h"

#include "ambit/memory.h"

#include <math.h>

enum { MOST_TREES = 1 << 6 };

static const char group_name[] = "over_runs";

void ambit_joined_write_over(AmbitHdf *hdf, hid_t file, const AmbitOverRuns *over)
{
    hid_t group = ambit_hdf_create_group(hdf, file, group_name);
    ambit_hdf_put(hdf, group, "threshold", H5T_NATIVE_DOUBLE, &over->threshold, 0);
    ambit_hdf_put_text(hdf, group, "generalization", over->generalization);
    if (over->validation)
        ambit_hdf_put_text(hdf, group, "validation", over->validation);
    ambit_hdf_put(hdf, group, "learned", H5T_NATIVE_DOUBLE, &over->learned, 0);
    if (over->tree_run) {
        ambit_hdf_put_text(hdf, group, "tree_run", over->tree_run);
        ambit_hdf_put_texts(hdf, group, "trees", over->trees.texts, over->trees.count);
    }
    ambit_hdf_put_texts(hdf, group, "predictors", over->result->axes[AMBIT_AXIS_PREDICTOR].labels,
                        over->result->n_columns);
    ambit_results_put_measurements(hdf, group, over->result);
    ambit_results_write_arrays(hdf, group, over->result);
    ambit_hdf_release(group);
}

/* Reads the group; NULL where there is none. */
AmbitOverRuns *ambit_joined_read_over(AmbitHdf *hdf, hid_t file)
{
    if (!ambit_hdf_has(hdf, file, group_name))
        return NULL;
    AmbitOverRuns *over = ambit_results_take(hdf, file, 1, sizeof *over);
    if (!over)
        return NULL;
    hid_t group = ambit_hdf_child(hdf, file, group_name, H5I_GROUP);
    ambit_hdf_get(hdf, group, "threshold", H5T_NATIVE_DOUBLE, &over->threshold);
    over->generalization = ambit_hdf_get_text(hdf, group, "generalization");
    over->validation = ambit_results_read_text(hdf, group, "validation");
    over->learned = NAN;
    if (ambit_hdf_has_attribute(hdf, group, "learned"))
        ambit_hdf_get(hdf, group, "learned", H5T_NATIVE_DOUBLE, &over->learned);
    over->tree_run = ambit_results_read_text(hdf, group, "tree_run");
    ambit_results_read_list(hdf, group, "trees", MOST_TREES, &over->trees);
    over->result = ambit_results_take(hdf, group, 1, sizeof *over->result);
    if (over->result) {
        ambit_results_read_predictors(hdf, group, over->result);
        ambit_results_read_arrays(hdf, group, over->result);
    }
    ambit_hdf_release(group);
    return over;
}
