// SPDX-License-Identifier: MIT
// Team: the processes that share one training or evaluation. A single process is ambit_team_alone,
// with which no function here communicates. An AmbitTeamType holds the functions by which several
// processes communicate; the program ambit-mpi has one for MPI.
#ifndef AMBIT_TEAM_H
#define AMBIT_TEAM_H

#include "ambit/status.h"

#include <stddef.h>

/* How the processes of a team communicate. All processes call the same functions in the same order,
 * with the same sizes and limits. No function reports failure: if a connection breaks, the whole
 * team exits. An element has `size` bytes; indices of elements stay below 2³¹. */
typedef struct AmbitTeamType {
    const char *name;
    /* Sends the elements first[p] … end[p] − 1 of `from` to each process p; these ranges may
     * overlap. `to` receives end[index] − first[index] elements from each process, in the order of
     * processes. */
    void (*exchange)(void *state, const void *from, const size_t *first, const size_t *end,
                     void *to, size_t size);
    /* Before the call, process p has the elements first[p] … first[p + 1] − 1 of `all`; after the
     * call, every process has all elements. */
    void (*gather)(void *state, void *all, const size_t *first, size_t size);
    /* `data` of process `from` replaces that of all others. */
    void (*share)(void *state, void *data, size_t bytes, size_t from);
    /* Ends all processes at once, with this exit code; does not return. */
    void (*abort)(void *state, int code);
} AmbitTeamType;

typedef struct AmbitTeam {
    const AmbitTeamType *type; // NULL: one process
    void *state;
    size_t count, index; // number of processes, and which of them this one is
    size_t n_local;      // processes on this machine
} AmbitTeam;

enum { AMBIT_MOST_PROCESSES = 1024 }; // of a team

extern const AmbitTeam ambit_team_alone; // one process

/* Returns the same status in all processes: that of the first process that failed; if none failed,
 * that of the first that was interrupted; else AMBIT_OK. Unless it is AMBIT_OK, `error` becomes the
 * message of that process, marked as agreed. A single process keeps its status and message. */
AmbitStatus ambit_team_agree(const AmbitTeam *team, AmbitStatus status, AmbitError *error);

/* As the functions of AmbitTeamType; with a single process they do nothing. */
void ambit_team_gather(const AmbitTeam *team, void *all, const size_t *first, size_t size);
void ambit_team_share(const AmbitTeam *team, void *data, size_t bytes, size_t from);

/* As ambit_team_gather, for values [n_outer][first[count]][n_inner] of `size` bytes, of which
 * process p has the middle indices first[p] … first[p + 1] − 1. */
void ambit_team_gather_middle(const AmbitTeam *team, void *values, size_t n_outer,
                              const size_t *first, size_t n_inner, size_t size);

/* Cuts n_things into one part per process, with sizes that differ by at most one. Allocates and
 * returns the limits [count + 1] of the parts; NULL if there is no memory. */
size_t *ambit_team_parts(const AmbitTeam *team, size_t n_things);

#endif
