// SPDX-License-Identifier: MIT
// What joining runs consists of: logs of several runs, brought to the same training steps, and the
// file that is replaced.
#ifndef AMBIT_CLI_COLLECT_H
#define AMBIT_CLI_COLLECT_H

#include "ambit/joined.h"

/* Refuses an output that holds something else than joined runs. */
AmbitStatus ambit_collect_check_output(const char *output, AmbitError *error);

/* Refuses an output that holds a run which is missing now: results [n_runs], NULL where they are.
 */
AmbitStatus ambit_collect_refuse_loss(const char *output, const AmbitRuns *runs,
                                      AmbitResultsSummary *const *results, AmbitError *error);

typedef struct AmbitLogs AmbitLogs;

/* Finds out what the logs hold; paths [n_runs], of which some may be missing. */
AmbitStatus ambit_logs_create(AmbitLogs **logs, const AmbitRuns *runs, char *const *paths,
                              AmbitError *error);
void ambit_logs_destroy(AmbitLogs **logs);
size_t ambit_logs_n_steps(const AmbitLogs *logs);

/* Reads one log: arrays over all training steps, NaN where the run has no record. */
AmbitStatus ambit_logs_read(const AmbitLogs *logs, const char *path, AmbitTargetResult **log,
                            AmbitError *error);

/* The mean of the losses in the last tenth of the steps of a log; NaN without any. */
double ambit_logs_final_loss(const AmbitTargetResult *log);

#endif
