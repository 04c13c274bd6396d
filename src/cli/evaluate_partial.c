// SPDX-License-Identifier: MIT
// What an interrupted `ambit evaluate` leaves: the targets it has finished, in FILE.partial, and a
// digest of all that decides their numbers. The same evaluation goes on from them.
#include "session.h"

#include "ambit/memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double most_share = 0.05; // of the time, that keeping may take

static uint64_t digest_text(uint64_t digest, const char *text)
{
    return ambit_digest(digest, text, strlen(text) + 1);
}

/* Config, program and kernels, and the models with the steps at which they are read. */
static uint64_t digest_of(const AmbitSession *session)
{
    const AmbitEvaluation *e = &session->evaluation;
    const AmbitCliModels *models = &session->models;
    uint64_t digest = digest_text(AMBIT_DIGEST_START, session->config->resolved);
    digest = digest_text(digest, ambit_code_version());
    digest = digest_text(digest, session->kernels.name);
    digest = digest_text(digest, ambit_kernels_openblas());
    for (size_t i = 0; i < models->count; i++) {
        digest = ambit_digest(digest, ambit_model_block(models->models[i]),
                              ambit_model_block_size(models->models[i]) * sizeof(AmbitReal));
        digest = ambit_digest(digest, &models->runs[i], sizeof models->runs[i]);
        digest = ambit_digest(digest, &models->seeds[i], sizeof models->seeds[i]);
    }
    return e->steps ? ambit_digest(digest, e->steps, e->n_steps * sizeof *e->steps) : digest;
}

static size_t count_done(const AmbitSession *session)
{
    size_t n_done = 0;
    for (size_t i = 0; i < session->config->n_targets; i++)
        n_done += ambit_results_has(session->file, session->config->targets[i].name);
    return n_done;
}

AmbitStatus ambit_session_resume(AmbitSession *session, AmbitError *error)
{
    double seconds = 0;
    session->partial = ambit_alloc(strlen(session->output) + sizeof ".partial", 1);
    if (!session->partial)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a path");
    sprintf(session->partial, "%s.partial", session->output);
    session->digest = digest_of(session);
    AmbitStatus status = ambit_results_resume(&session->file, session->output, session->partial,
                                              session->digest, &seconds, error);
    if (status)
        return status;
    session->started -= seconds;
    size_t n_done = count_done(session);
    session->owns_partial = n_done > 0;
    if (n_done)
        ambit_cli_note("%s: goes on, %zu of %zu targets are done", session->partial, n_done,
                       session->config->n_targets);
    else if (access(session->partial, F_OK) == 0)
        ambit_cli_warn("%s is of another evaluation (config, model or program), or damaged; this "
                       "one begins anew",
                       session->partial);
    return AMBIT_OK;
}

/* Writes all targets that are done. */
static void keep(AmbitSession *session, double start)
{
    AmbitError error;
    if (ambit_results_keep(session->file, session->partial, session->digest,
                           start - session->started, &error)) {
        ambit_cli_warn("the targets that are done cannot be kept: %s", error.message);
        return;
    }
    session->n_unkept = 0;
    session->owns_partial = true;
    double end = ambit_cli_seconds();
    session->next_keep = end + (end - start) / most_share;
}

/* Keeping waits while it would take too much of the time. */
void ambit_session_keep(AmbitSession *session, bool stops)
{
    double start = ambit_cli_seconds();
    if (!stops)
        session->n_unkept++;
    if (session->file && session->n_unkept > 0 && (stops || start >= session->next_keep))
        keep(session, start);
    if (session->file && stops && session->owns_partial)
        ambit_cli_say("%s keeps %zu of %zu targets; the same command goes on from there",
                      session->partial, count_done(session) - session->n_unkept,
                      session->config->n_targets);
}
