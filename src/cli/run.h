// SPDX-License-Identifier: MIT
// A pretraining run on disk: its folder, its log, its checkpoints, and what it is about to cost.
#ifndef AMBIT_CLI_RUN_H
#define AMBIT_CLI_RUN_H

#include "ambit/config.h"
#include "ambit/store.h"
#include "cli.h"

#include <stdio.h>

/* One line of log.jsonl. It holds nothing that depends on time or machine: two runs of one config
 * write the same bytes. */
AmbitStatus ambit_run_log_append(FILE *log, const char *path, const AmbitStepReport *report,
                                 const AmbitMixture *mixture, AmbitError *error);

/* Opens log.jsonl for appending, after dropping the lines of steps ≥ `step` (a resumed run writes
 * them again). */
AmbitStatus ambit_run_log_open(FILE **log, const char *path, int64_t step, AmbitError *error);

/* Whether a run whose checkpoint holds `kept` may go on as `config`: only AMBIT_RUN_MAY_CHANGE may
 * differ. The message names the first difference. */
AmbitStatus ambit_run_may_continue(const AmbitConfig *config, const char *kept, const char *path,
                                   AmbitError *error);

/* A folder with checkpoints is never trained or imported over. */
AmbitStatus ambit_run_refuse_used(const char *folder, AmbitError *error);

/* Whether a process trains in this folder: it holds the lock on RUN/.lock. */
bool ambit_run_is_running(const char *folder);

/* Prints what training will cost: parameters, memory, FLOP per step, and an estimate of the time
 * from a few steps taken and thrown away. */
AmbitStatus ambit_run_print_cost(FILE *out, const AmbitConfig *config, const AmbitKernels *kernels,
                                 size_t n_threads, AmbitError *error);

/* A trainer of the config's run. Borrows config; `source` must outlive the trainer. */
AmbitStatus ambit_run_trainer(AmbitTrainer **trainer, const AmbitConfig *config,
                              const AmbitKernels *kernels, const AmbitPromptSource *source,
                              size_t n_threads, AmbitError *error);

/* The standard prompt distribution that pretraining draws from. */
AmbitStatus ambit_run_distribution(AmbitPromptDistribution **distribution,
                                   const AmbitConfig *config, AmbitError *error);

#endif
