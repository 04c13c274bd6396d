// SPDX-License-Identifier: MIT
// Which files a run leaves, known before it starts.
#include "run.h"

static bool is_multiple(int64_t step, int64_t every)
{
    return every > 0 && step % every == 0;
}

/* The multiples of `every` in 1 … last. */
static int64_t count_multiples(int64_t last, int64_t every)
{
    return every > 0 ? last / every : 0;
}

/* The step before `step` after which a checkpoint is written; 0 if there is none. */
static int64_t saved_before(const AmbitRunSettings *run, int64_t step)
{
    int64_t save = run->save_every_steps, keep = run->keep_every_steps;
    int64_t saved = (step - 1) / save * save, kept = keep > 0 ? (step - 1) / keep * keep : 0;
    return saved > kept ? saved : kept;
}

/* The multiples of both numbers in 1 … last. */
static int64_t count_common(int64_t last, int64_t a, int64_t b)
{
    int64_t divisor = a, rest = b;
    while (rest) {
        int64_t next = divisor % rest;
        divisor = rest;
        rest = next;
    }
    int64_t factor = b / divisor; // the least common multiple is a·factor
    return factor > last / a ? 0 : last / (a * factor);
}

AmbitRunFiles ambit_run_files(const AmbitConfig *config)
{
    const AmbitRunSettings *run = &config->run;
    int64_t total = config->training.train_steps, every = config->evaluation.every,
            keep = run->keep_every_steps;
    if (run->test_run)
        return (AmbitRunFiles){0, 0};
    AmbitRunFiles files = {.n_checkpoints = count_multiples(total, keep),
                           .n_parameters = count_multiples(total, every)};
    if (every > 0 && keep > 0)
        files.n_parameters -= count_common(total, every, keep);
    int64_t step = total;
    for (int64_t i = 0; i < run->keep_last && step > 0; i++, step = saved_before(run, step))
        files.n_checkpoints += !is_multiple(step, keep);
    return files;
}
