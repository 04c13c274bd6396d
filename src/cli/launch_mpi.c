// SPDX-License-Identifier: MIT
// The program ambit-mpi: the ranks of a job of MPI.
#include "team.h"

#include "../support/team_mpi.h"

const char ambit_cli_program[] = "ambit-mpi";

AmbitStatus ambit_cli_launch(AmbitTeam *team, AmbitError *error)
{
    return ambit_team_mpi_start(team, error);
}

void ambit_cli_land(AmbitTeam *team)
{
    ambit_team_mpi_end(team);
}
