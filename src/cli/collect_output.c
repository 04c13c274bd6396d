// SPDX-License-Identifier: MIT
// Finds what would be lost if joined runs replaced the file under their name.
#include "cli.h"
#include "collect.h"

#include <string.h>

AmbitStatus ambit_collect_check_output(const char *output, AmbitError *error)
{
    AmbitContent content;
    AmbitError unheard = {0};
    bool there;
    AmbitStatus status = ambit_cli_exists(output, &there, error);
    if (status || !there)
        return status;
    if (!ambit_store_content(output, &content, &unheard) && content == AMBIT_JOINED)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_INVALID,
                           "%s: holds something else than joined runs, which would be lost; give "
                           "another name with -o",
                           output);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether a run of this name is joined: at the same place, as a rule. */
static bool is_joined(const AmbitRuns *runs, AmbitResultsSummary *const *results, size_t place,
                      const char *name)
{
    for (size_t i = 0; i < runs->n_runs; i++) {
        size_t run = (place + i) % runs->n_runs;
        if (results[run] && strcmp(last_part(runs->names[run]), last_part(name)) == 0)
            return true;
    }
    return false;
}

AmbitStatus ambit_collect_refuse_loss(const char *output, const AmbitRuns *runs,
                                      AmbitResultsSummary *const *results, AmbitError *error)
{
    AmbitJoined *old = NULL;
    AmbitError reason = {0};
    bool there;
    AmbitStatus status = ambit_cli_exists(output, &there, error);
    if (status || !there)
        return status;
    status = ambit_joined_read(&old, output, &reason);
    if (status)
        return ambit_error_set(error, status,
                               "%s; give another name with -o, or replace the file with --replace",
                               reason.message);
    for (size_t run = 0; run < old->runs.n_runs && !status; run++)
        if (old->results[run] && !is_joined(runs, results, run, old->runs.names[run]))
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "%s: holds run %s, which is not joined now and would be "
                                     "lost; give another name with -o, or replace the file with "
                                     "--replace",
                                     output, last_part(old->runs.names[run]));
    ambit_joined_destroy(&old);
    return status;
}
