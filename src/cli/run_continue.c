// SPDX-License-Identifier: MIT
// Decides whether a run may continue with the given settings, and notes what a change entails.
#include "run.h"

/* Notes that more steps stretch a decaying learning rate, which therefore jumps at the resumed
 * step. */
static void note_schedule(const AmbitConfig *config, const AmbitConfig *before)
{
    int64_t steps = config->training.train_steps, planned = before->training.train_steps;
    int name = config->training.schedule.name;
    if (steps != planned && (name == AMBIT_SCHEDULE_LINEAR || name == AMBIT_SCHEDULE_COSINE))
        ambit_cli_say(
            "note: the learning rate falls to its end at step %lld now, and fell to it at "
            "step %lld before. The rate jumps here, so the run differs from one of %lld steps "
            "from the start",
            (long long)steps, (long long)planned, (long long)steps);
}

AmbitStatus ambit_run_may_continue(const AmbitConfig *config, const char *kept, const char *path,
                                   int64_t step, int64_t *kept_every, AmbitError *error)
{
    AmbitConfig *before;
    AmbitError finding = {0};
    AmbitStatus status = ambit_config_load_text(&before, kept, path, NULL, NULL, 0, error);
    if (status)
        return status;
    *kept_every = before->run.keep_every_steps;
    status = ambit_config_may_continue(config, before, &finding);
    if (!status && config->training.train_steps < step)
        status = ambit_error_set(&finding, AMBIT_INVALID,
                                 "the run has made %lld steps already, and training.train_steps is "
                                 "%lld; give at least %lld",
                                 (long long)step, (long long)config->training.train_steps,
                                 (long long)step);
    if (status)
        status = ambit_error_set(error, status, "%s: %s", path, finding.message);
    else if (step > 0)
        note_schedule(config, before);
    ambit_config_destroy(&before);
    return status;
}
