// SPDX-License-Identifier: MIT
// Writes and reads provenance as root attributes, and tells checkpoints from results files.
#include "origin.h"

#include "ambit/memory.h"
#include "commit.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const content_names[] = {"checkpoint", "results", "joined"}; // by AmbitContent

static const char *const seed_names[] = {"seed", "evaluation_seed",
                                         "evaluation_seed"}; // by AmbitContent

const char *ambit_origin_seed_name(AmbitHdf *hdf, hid_t file)
{
    bool is_new = ambit_hdf_has_attribute(hdf, file, seed_names[AMBIT_RESULTS]);
    return seed_names[is_new ? AMBIT_RESULTS : AMBIT_CHECKPOINT];
}

const char *ambit_code_version(void)
{
    return AMBIT_VERSION " (" AMBIT_COMMIT ")";
}

void ambit_origin_put(AmbitHdf *hdf, hid_t file, AmbitContent content, int64_t step,
                      const AmbitProvenance *provenance)
{
    const int schema_version = AMBIT_SCHEMA_VERSION;
    char host[256] = "", created[32] = "";
    struct tm calendar;
    time_t now = time(NULL);
    gethostname(host, sizeof host - 1);
    if (gmtime_r(&now, &calendar))
        strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &calendar);
    ambit_hdf_put_text(hdf, file, "content", content_names[content]);
    ambit_hdf_put(hdf, file, "schema_version", H5T_NATIVE_INT, &schema_version, 0);
    ambit_hdf_put_text(hdf, file, "code_version", ambit_code_version());
    ambit_hdf_put(hdf, file, "step", H5T_NATIVE_INT64, &step, 0);
    ambit_hdf_put(hdf, file, seed_names[content], H5T_NATIVE_UINT64, &provenance->seed, 0);
    ambit_hdf_put_text(hdf, file, "config", provenance->config);
    ambit_hdf_put_text(hdf, file, "command", provenance->command);
    ambit_hdf_put_text(hdf, file, "kernels", provenance->kernels);
    ambit_hdf_put_text(hdf, file, "openblas", ambit_kernels_openblas());
    ambit_hdf_put_text(hdf, file, "host", host);
    ambit_hdf_put_text(hdf, file, "created", created);
}

void ambit_origin_get(AmbitHdf *hdf, hid_t file, AmbitOrigin *origin)
{
    origin->code_version = ambit_hdf_get_text(hdf, file, "code_version");
    ambit_hdf_get(hdf, file, "step", H5T_NATIVE_INT64, &origin->step);
    ambit_hdf_get(hdf, file, ambit_origin_seed_name(hdf, file), H5T_NATIVE_UINT64, &origin->seed);
    if (ambit_hdf_has_attribute(hdf, file, "run"))
        ambit_hdf_get(hdf, file, "run", H5T_NATIVE_UINT64, &origin->run);
    origin->config = ambit_hdf_get_text(hdf, file, "config");
    origin->command = ambit_hdf_get_text(hdf, file, "command");
    origin->kernels = ambit_hdf_get_text(hdf, file, "kernels");
    if (ambit_hdf_has_attribute(hdf, file, "openblas"))
        origin->openblas = ambit_hdf_get_text(hdf, file, "openblas");
    origin->host = ambit_hdf_get_text(hdf, file, "host");
    origin->created = ambit_hdf_get_text(hdf, file, "created");
    ambit_hdf_get(hdf, file, "wall_seconds", H5T_NATIVE_DOUBLE, &origin->wall_seconds);
}

void ambit_origin_expect(AmbitHdf *hdf, hid_t file, const AmbitOrigin *origin)
{
    double seconds = 0;
    char *created = ambit_hdf_get_text(hdf, file, "created");
    ambit_hdf_get(hdf, file, "wall_seconds", H5T_NATIVE_DOUBLE, &seconds);
    if (hdf->status == AMBIT_OK &&
        (strcmp(created, origin->created) != 0 || seconds < origin->wall_seconds ||
         seconds > origin->wall_seconds))
        ambit_hdf_fail(hdf, AMBIT_INVALID, file,
                       "was replaced while it was read, by one written %s; run this again",
                       created);
    ambit_free(created);
}

void ambit_origin_free(AmbitOrigin *origin)
{
    ambit_free(origin->code_version);
    ambit_free(origin->config);
    ambit_free(origin->command);
    ambit_free(origin->kernels);
    ambit_free(origin->openblas);
    ambit_free(origin->host);
    ambit_free(origin->created);
    *origin = (AmbitOrigin){0};
}

static const char *const remedies[] = {"copy it again, or take another checkpoint",
                                       "copy it again, or evaluate again",
                                       "copy it again, or join the runs again"}; // by AmbitContent

static void check_schema(AmbitHdf *hdf, hid_t file)
{
    int version = 0;
    ambit_hdf_get(hdf, file, "schema_version", H5T_NATIVE_INT, &version);
    if (hdf->status != AMBIT_OK || (version >= 1 && version <= AMBIT_SCHEMA_VERSION))
        return;
    char *writer = NULL;
    if (ambit_hdf_has_attribute(hdf, file, "code_version"))
        writer = ambit_hdf_get_text(hdf, file, "code_version");
    hdf->status = AMBIT_OK; // the version alone is told
    ambit_hdf_fail(hdf, AMBIT_INVALID, file,
                   "found schema version %d, and this ambit, %s, reads 1 to %d; take ambit %s, "
                   "which wrote the file, or a newer one",
                   version, ambit_code_version(), AMBIT_SCHEMA_VERSION,
                   writer ? writer : "of that version");
    ambit_free(writer);
}

static void find_content(AmbitHdf *hdf, hid_t file, AmbitContent *content)
{
    char *name = ambit_hdf_get_text(hdf, file, "content");
    if (!name)
        return;
    size_t i = 0, count = sizeof content_names / sizeof *content_names;
    while (i < count && strcmp(name, content_names[i]) != 0)
        i++;
    if (i == count)
        ambit_hdf_fail(hdf, AMBIT_INVALID, file,
                       "holds \"%.40s\", not a checkpoint or results; give one of these", name);
    else
        *content = (AmbitContent)i;
    ambit_free(name);
}

hid_t ambit_origin_open(AmbitHdf *hdf, const char *path, AmbitContent *content)
{
    hid_t file = ambit_hdf_open(hdf, path);
    if (file < 0)
        return -1;
    if (!(ambit_hdf_has_attribute(hdf, file, "content") &&
          ambit_hdf_has_attribute(hdf, file, "schema_version")))
        ambit_hdf_fail(hdf, AMBIT_INVALID, file,
                       "an HDF5 file, but not one that ambit wrote; `ambit import` reads weights "
                       "from elsewhere");
    check_schema(hdf, file);
    find_content(hdf, file, content);
    if (hdf->status == AMBIT_OK)
        return file;
    ambit_hdf_close(file);
    return -1;
}

hid_t ambit_origin_open_as(AmbitHdf *hdf, const char *path, AmbitContent content)
{
    AmbitContent found = content;
    hid_t file = ambit_origin_open(hdf, path, &found);
    if (file < 0)
        return -1;
    hdf->remedy = remedies[content];
    if (found == content)
        return file;
    hdf->remedy = content == AMBIT_JOINED    ? "`ambit collect` joins the results of a grid's runs"
                  : content == AMBIT_RESULTS ? "`ambit evaluate` makes results of a checkpoint"
                                             : "give a run folder or its checkpoint_STEP.h5";
    ambit_hdf_fail(hdf, AMBIT_INVALID, file, "found a %s file, expected %s", content_names[found],
                   content_names[content]);
    ambit_hdf_close(file);
    return -1;
}

AmbitStatus ambit_store_content(const char *path, AmbitContent *content, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    ambit_hdf_close(ambit_origin_open(&hdf, path, content));
    return hdf.status;
}
