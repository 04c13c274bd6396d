// SPDX-License-Identifier: MIT
// Writing results: one group per target whose axes are HDF5 dimension scales, so that xarray and
// netCDF-4 see named axes with coordinates. README.md says what they hold.
#include "origin.h"
#include "results_file.h"

#include "ambit/memory.h"
#include <stdio.h>
#include <string.h>

static void check_target(AmbitHdf *hdf, const AmbitResultsFile *file, const AmbitTarget *target,
                         const AmbitTargetResult *result)
{
    const char *name = target->name;
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0)
        ambit_hdf_fail(
            hdf, AMBIT_INVALID, -1,
            "target \"%s\": the name cannot be that of a group: no / and not empty; rename it",
            name);
    else if (ambit_hdf_has(hdf, file->targets, name))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: there are two of this name; rename one",
                       name);
    else if (!ambit_result_sweep(result) != !target->sweep ||
             result->n_sweep != (target->sweep ? target->sweep_values.count : 1))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: %zu results for %zu swept values", name,
                       result->n_sweep, target->sweep_values.count);
    else if (!result->n_steps || !result->n_columns || !result->n_examples || !result->n_queries)
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1, "target %s: the result is empty", name);
    else if (target->sweep &&
             (strchr(target->sweep, '/') || strlen(target->sweep) >= AMBIT_AXIS_NAME_SIZE / 2))
        ambit_hdf_fail(hdf, AMBIT_INVALID, -1,
                       "target %s: sweep %s cannot name an axis; sweep another parameter", name,
                       target->sweep);
}

AmbitStatus ambit_results_write_target(AmbitResultsFile *file, const AmbitTarget *target,
                                       const AmbitTargetResult *result, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    check_target(&hdf, file, target, result);
    hid_t group = ambit_hdf_create_group(&hdf, file->targets, target->name);
    ambit_results_put_attributes(&hdf, group, target, result);
    ambit_results_write_datasets(&hdf, group, result);
    ambit_hdf_release(group);
    if (hdf.status == AMBIT_OK)
        file->n_targets++;
    else if (group >= 0)
        H5Ldelete(file->targets, target->name, H5P_DEFAULT);
    return hdf.status;
}

AmbitStatus ambit_results_create(AmbitResultsFile **result, const char *path,
                                 const AmbitProvenance *provenance, const AmbitModelNotes *models,
                                 AmbitError *error)
{
    *result = NULL;
    AmbitHdf hdf = ambit_hdf_begin(error);
    AmbitResultsFile *file = ambit_alloc(1, sizeof *file);
    if (!file)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "%s: out of memory", path);
    ambit_aside_create(&hdf, &file->aside, path);
    ambit_origin_put(&hdf, file->aside.file, AMBIT_RESULTS, provenance->step, provenance);
    if (models->count) {
        ambit_hdf_put_texts(&hdf, file->aside.file, "models", models->names, models->count);
        ambit_hdf_put(&hdf, file->aside.file, "training_seed", H5T_NATIVE_UINT64, models->seeds,
                      models->count);
        ambit_hdf_put(&hdf, file->aside.file, "n_parameters", H5T_NATIVE_UINT64,
                      models->n_parameters, models->count);
    }
    ambit_hdf_put_text(&hdf, file->aside.file, "Conventions", "CF-1.10");
    ambit_hdf_put_text(&hdf, file->aside.file, "title",
                       "ambit: scores of predictors on the same examples");
    file->targets = ambit_hdf_create_group(&hdf, file->aside.file, "targets");
    if (hdf.status == AMBIT_OK)
        *result = file;
    else
        ambit_results_abandon(&file);
    return hdf.status;
}

AmbitStatus ambit_results_close(AmbitResultsFile **pointer, double wall_seconds, AmbitError *error)
{
    AmbitResultsFile *file = *pointer;
    AmbitHdf hdf = ambit_hdf_begin(error);
    if (file->n_targets == 0)
        ambit_hdf_fail(&hdf, AMBIT_INVALID, -1,
                       "%s: not written: there is no target in it; give evaluation.targets",
                       file->aside.path);
    ambit_hdf_put(&hdf, file->aside.file, "wall_seconds", H5T_NATIVE_DOUBLE, &wall_seconds, 0);
    ambit_hdf_release(file->targets);
    ambit_aside_commit(&hdf, &file->aside);
    ambit_free(file);
    *pointer = NULL;
    return hdf.status;
}

void ambit_results_replace_none(AmbitResultsFile *file)
{
    file->aside.is_first = true;
}

void ambit_results_abandon(AmbitResultsFile **file)
{
    if (!file || !*file)
        return;
    ambit_hdf_release((*file)->targets);
    ambit_aside_discard(&(*file)->aside);
    ambit_free(*file);
    *file = NULL;
}
