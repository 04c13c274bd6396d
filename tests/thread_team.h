// SPDX-License-Identifier: MIT
// A team whose processes are threads of one program: tests of what a team does need no MPI.
#ifndef AMBIT_TEST_THREAD_TEAM_H
#define AMBIT_TEST_THREAD_TEAM_H

#include "ambit/team.h"

enum { MOST_MEMBERS = 8 };

/* Calls `run` in `count` threads at once, each with the team as that member sees it. */
void run_in_team(size_t count, void (*run)(void *context, const AmbitTeam *team), void *context);

#endif
