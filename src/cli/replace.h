// SPDX-License-Identifier: MIT
// Results are never replaced by results that hold less.
#ifndef AMBIT_CLI_REPLACE_H
#define AMBIT_CLI_REPLACE_H

#include "ambit/config.h"

/* Refuses an evaluation that lacks something that the results file `output` holds: targets,
 * predictors, prompts, steps, swept values, probes, references, or more of something by a setting.
 * Results of another model are refused, too. A missing file holds nothing. With `replaces` only
 * files are refused that hold no results. remedy: what the message advises. */
AmbitStatus ambit_cli_refuse_loss(const char *output, bool replaces, const char *remedy,
                                  const AmbitConfig *config, const AmbitEvaluation *evaluation,
                                  AmbitError *error);

#endif
