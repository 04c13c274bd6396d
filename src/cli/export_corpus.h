// SPDX-License-Identifier: MIT
// `ambit export --corpus`.
#ifndef AMBIT_CLI_EXPORT_CORPUS_H
#define AMBIT_CLI_EXPORT_CORPUS_H

#include "cli.h"

/* Writes the splits of the first argument's corpus into the folder that is the second one. Returns
 * the exit code. */
int ambit_cli_export_corpus(const AmbitOptions *options);

#endif
