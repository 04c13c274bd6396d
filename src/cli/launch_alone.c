// SPDX-License-Identifier: MIT
// The program ambit: a team of one.
#include "team.h"

const char ambit_cli_program[] = "ambit";

AmbitStatus ambit_cli_launch(AmbitTeam *team, AmbitError *error)
{
    (void)error;
    *team = ambit_team_alone;
    return AMBIT_OK;
}

void ambit_cli_land(AmbitTeam *team)
{
    (void)team;
}
