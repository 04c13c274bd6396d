// SPDX-License-Identifier: MIT
// Unfinished evaluations: the targets that are done, as the bytes that the results file has so far,
// after two lines of text. They keep any reader of results from taking one for results.
#include "aside.h"
#include "results_file.h"

#include "ambit/file.h"
#include "ambit/memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = "ambit: an unfinished evaluation, from which `ambit evaluate` goes on\n";
static const char numbers[] = "of %016" PRIx64 " image %016" PRIx64 " seconds %20.6f\n";

enum { HEAD = 160 }; // bytes before the image; blanks fill them

AmbitStatus ambit_results_keep(AmbitResultsFile *file, const char *path, uint64_t digest,
                               double seconds, AmbitError *error)
{
    AmbitHdf hdf = ambit_hdf_begin(error);
    const void *image = NULL;
    size_t size = ambit_aside_image(&hdf, &file->aside, &image);
    char *bytes = hdf.status ? NULL : ambit_alloc(HEAD + size, 1);
    if (!bytes) {
        ambit_hdf_fail(&hdf, AMBIT_NO_MEMORY, -1, "%s: no memory for its %zu bytes", path, size);
        return hdf.status;
    }
    memset(bytes, ' ', HEAD);
    int used = snprintf(bytes, HEAD, "%s", mark);
    used += snprintf(bytes + used, HEAD - (size_t)used, numbers, digest,
                     ambit_digest(AMBIT_DIGEST_START, image, size), seconds);
    bytes[used] = ' '; // over the end of the text
    bytes[HEAD - 1] = '\n';
    memcpy(bytes + HEAD, image, size);
    ambit_aside_write(&hdf, path, bytes, HEAD + size);
    ambit_free(bytes);
    return hdf.status;
}

/* Reads the whole file; *bytes stays NULL if it cannot be read. */
static size_t read_file(const char *path, char **bytes)
{
    FILE *stream = ambit_file_open(path);
    long size = -1;
    *bytes = NULL;
    if (stream && fseek(stream, 0, SEEK_END) == 0)
        size = ftell(stream);
    if (size > HEAD && fseek(stream, 0, SEEK_SET) == 0)
        *bytes = ambit_alloc((size_t)size, 1);
    if (*bytes && fread(*bytes, 1, (size_t)size, stream) != (size_t)size) {
        ambit_free(*bytes);
        *bytes = NULL;
    }
    if (stream)
        fclose(stream);
    return *bytes ? (size_t)size : 0;
}

/* Whether the bytes are whole, and of the evaluation with this digest. */
static bool is_of(const char *bytes, size_t size, uint64_t digest, double *seconds)
{
    char head[HEAD + 1];
    uint64_t of = 0, image = 0;
    memcpy(head, bytes, HEAD);
    head[HEAD] = '\0';
    return strncmp(head, mark, strlen(mark)) == 0 &&
           sscanf(head + strlen(mark), "of %" SCNx64 " image %" SCNx64 " seconds %lf", &of, &image,
                  seconds) == 3 &&
           of == digest && *seconds >= 0 &&
           image == ambit_digest(AMBIT_DIGEST_START, bytes + HEAD, size - HEAD);
}

AmbitStatus ambit_results_resume(AmbitResultsFile **result, const char *path, const char *partial,
                                 uint64_t digest, double *seconds, AmbitError *error)
{
    char *bytes;
    size_t size = read_file(partial, &bytes);
    *result = NULL;
    if (!bytes || !is_of(bytes, size, digest, seconds)) {
        ambit_free(bytes);
        return AMBIT_OK;
    }
    AmbitHdf hdf = ambit_hdf_begin(error);
    AmbitResultsFile *file = ambit_alloc(1, sizeof *file);
    if (file) {
        file->targets = -1;
        ambit_aside_open(&hdf, &file->aside, path, bytes + HEAD, size - HEAD);
        file->targets = ambit_hdf_child(&hdf, file->aside.file, "targets", H5I_GROUP);
    } else {
        ambit_hdf_fail(&hdf, AMBIT_NO_MEMORY, -1, "%s: out of memory", path);
    }
    ambit_free(bytes);
    H5G_info_t info = {.nlinks = 0};
    if (hdf.status == AMBIT_OK && H5Gget_info(file->targets, &info) < 0)
        ambit_hdf_fail(&hdf, AMBIT_IO, file->targets, "cannot be counted");
    if (hdf.status == AMBIT_OK) {
        file->n_targets = (size_t)info.nlinks;
        *result = file;
    } else if (file) {
        ambit_results_abandon(&file);
    }
    return hdf.status;
}

bool ambit_results_has(const AmbitResultsFile *file, const char *target)
{
    AmbitHdf hdf = ambit_hdf_begin(NULL);
    return file && ambit_hdf_has(&hdf, file->targets, target);
}
