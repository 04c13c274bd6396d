// SPDX-License-Identifier: MIT
// Keeps files of a run folder that this run did not write: a user's config.yaml, or another log.
#include "run.h"

#include "ambit/file.h"
#include "ambit/memory.h"

#include <errno.h>

typedef enum Found { MISSING, SAME, OTHER } Found;

/* Compares a file with a text. What cannot be read counts as the same: writing says why. */
static Found compare(const char *path, const char *text)
{
    FILE *file = ambit_file_open(path);
    if (!file)
        return errno == ENOENT ? MISSING : SAME;
    int byte = fgetc(file);
    while (*text && byte == (unsigned char)*text) {
        text++;
        byte = fgetc(file);
    }
    bool same = !*text && byte == EOF;
    fclose(file);
    return same ? SAME : OTHER;
}

/* Whether a run that `config` continues wrote the file: it is resolved already, as no user writes
 * it.
 */
static bool is_of_run(const char *path, const AmbitConfig *config)
{
    AmbitConfig *before = NULL;
    AmbitError finding = {0};
    bool own = !ambit_config_load(&before, path, NULL, 0, &finding) &&
               compare(path, before->resolved) == SAME &&
               !ambit_config_may_continue(config, before, &finding);
    ambit_config_destroy(&before);
    return own;
}

AmbitStatus ambit_run_refuse_foreign(const char *folder, const AmbitConfig *run, AmbitError *error)
{
    char *config = ambit_cli_path(folder, "config.yaml");
    char *log = ambit_cli_path(folder, "log.jsonl");
    AmbitStatus status = AMBIT_OK;
    if (!config || !log) {
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    } else {
        Found found = compare(config, run->resolved);
        if ((found == OTHER && !is_of_run(config, run)) ||
            (found == MISSING && compare(log, "") == OTHER))
            status =
                ambit_error_set(error, AMBIT_INVALID,
                                "%s: this run did not write the file, and would replace it; name "
                                "another folder, or remove the file",
                                found == OTHER ? config : log);
    }
    ambit_free(config);
    ambit_free(log);
    return status;
}
