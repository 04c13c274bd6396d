// SPDX-License-Identifier: MIT
// Teams of MPI ranks, in programs that are built with MPI.
#ifndef AMBIT_SUPPORT_TEAM_MPI_H
#define AMBIT_SUPPORT_TEAM_MPI_H

#include "ambit/team.h"

/* Starts MPI and makes *team all ranks of the job; without a launcher, one process. Errors of MPI
 * end the job with MPI's own message. */
AmbitStatus ambit_team_mpi_start(AmbitTeam *team, AmbitError *error);

/* Ends MPI, once all ranks call this function. */
void ambit_team_mpi_end(AmbitTeam *team);

#endif
