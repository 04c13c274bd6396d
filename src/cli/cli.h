// SPDX-License-Identifier: MIT
// The commands of the program: each takes the arguments after its name (argv[0] is the command) and
// returns the exit code: 0 done, 1 failed, 2 bad usage or bad input. Only this room prints.
#ifndef AMBIT_CLI_H
#define AMBIT_CLI_H

#include "ambit/status.h"

int ambit_cli_pretrain(int argc, char **argv);
int ambit_cli_evaluate(int argc, char **argv);
int ambit_cli_show(int argc, char **argv);
int ambit_cli_list(int argc, char **argv);

/* Prints "ambit: MESSAGE" to stderr and returns the exit code that `status` stands for. */
int ambit_cli_fail(AmbitStatus status, const AmbitError *error);

#endif
