// SPDX-License-Identifier: MIT
// Decides whether a run may continue with the given settings, and warns of what a change entails.
#include "run.h"

/* Warns if the learning rate jumps at the resumed step, since another number of steps stretches its
 * fall. Until the fall begins, the rate does not depend on the number of steps. */
static void warn_of_jump(const AmbitConfig *config, const AmbitConfig *before, int64_t step)
{
    const AmbitTrainingSettings *t = &config->training;
    int64_t steps = t->train_steps, planned = before->training.train_steps;
    double now = ambit_schedule_rate(&t->schedule, t->learning_rate, step - 1, steps);
    double taken = ambit_schedule_rate(&t->schedule, t->learning_rate, step - 1, planned);
    if (now != taken)
        ambit_cli_warn("the learning rate falls to its end at step %lld now, and fell to it at "
                       "step %lld before. The rate jumps here, so the run differs from one of "
                       "%lld steps from the start",
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
        warn_of_jump(config, before, step);
    ambit_config_destroy(&before);
    return status;
}
