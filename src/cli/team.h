// SPDX-License-Identifier: MIT
// The team of processes that share a command: who they are, whether they may, what they agree on.
// The program ambit is a team of one; ambit-mpi is one rank of a job of MPI.
#ifndef AMBIT_CLI_TEAM_H
#define AMBIT_CLI_TEAM_H

#include "ambit/team.h"
#include "cli.h"

/* The team of this process; of one until main sets another. */
const AmbitTeam *ambit_cli_team(void);
void ambit_cli_set_team(const AmbitTeam *team); // borrowed

/* Starts and ends what connects the processes: nothing in ambit (launch_alone.c), MPI in ambit-mpi
 * (launch_mpi.c). */
AmbitStatus ambit_cli_launch(AmbitTeam *team, AmbitError *error);
void ambit_cli_land(AmbitTeam *team);
extern const char ambit_cli_program[]; // its name

/* Refuses several processes where each would do the whole work: of a command that takes no team, or
 * of a program without MPI. */
AmbitStatus ambit_cli_check_launch(const AmbitCommand *command, AmbitError *error);

/* Calls ambit_team_agree for this team. */
AmbitStatus ambit_cli_agree(AmbitStatus status, AmbitError *error);

/* What the processes do after a step. */
typedef struct AmbitDecision {
    bool stop; // if one process wants to
    bool save; // if process 0 wants to
} AmbitDecision;

/* Makes the decision that of all processes, and agrees on the status. */
AmbitStatus ambit_cli_decide(AmbitDecision *decision, AmbitStatus status, AmbitError *error);

/* Returns what process 0 says. */
bool ambit_cli_follow(bool yes);

/* Compares what must be the same in all processes for equal bits: version, kernels, OpenBLAS's
 * core, config (its resolved text), model, and the options that change the way. Also notes if this
 * process may not use all cores of its machine. */
AmbitStatus ambit_cli_compare(const char *config, const char *model, const char *kernels,
                              const AmbitOptions *options, AmbitError *error);

/* Threads to use unless --threads says so: those that this process may use, dealt over the
 * processes that share them. */
size_t ambit_cli_default_threads(void);

#endif
