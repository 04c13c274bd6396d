// SPDX-License-Identifier: MIT
// Team: the processes that share one training or evaluation. One process, ambit_team_alone, is the
// plain case, in which every function here returns at once. How several processes talk stands in a
// record; the program ambit-mpi has one for MPI.
#ifndef AMBIT_TEAM_H
#define AMBIT_TEAM_H

#include "ambit/status.h"

#include <stddef.h>

/* How the processes of a team talk. All processes call the same functions in the same order, with
 * the same sizes and limits. A team whose connection breaks ends, so no function reports failure.
 * An element has `size` bytes; indices of elements stay below 2³¹. */
typedef struct AmbitTeamType {
    const char *name;
    /* Sends the elements first[p] … end[p] − 1 of `from` to each process p; these ranges may
     * overlap. `to` receives end[index] − first[index] elements from each process, in the order of
     * processes. */
    void (*exchange)(void *state, const void *from, const size_t *first, const size_t *end,
                     void *to, size_t size);
    /* Process p brings the elements first[p] … first[p + 1] − 1 of `all` and leaves with all. */
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

/* Returns the same status in all processes and leaves the same message, which is then marked as
 * agreed: those of the first process that failed or, if none failed, was interrupted. */
AmbitStatus ambit_team_agree(const AmbitTeam *team, AmbitStatus status, AmbitError *error);

/* As the entries of the record. */
void ambit_team_gather(const AmbitTeam *team, void *all, const size_t *first, size_t size);
void ambit_team_share(const AmbitTeam *team, void *data, size_t bytes, size_t from);

/* Gathers values [n_outer][first[count]][n_inner] of `size` bytes, of which process p brings the
 * middle indices first[p] … first[p + 1] − 1. */
void ambit_team_gather_middle(const AmbitTeam *team, void *values, size_t n_outer,
                              const size_t *first, size_t n_inner, size_t size);

/* Allocates and fills the limits [count + 1] of parts of equal size, up to a rest, of n_things;
 * NULL if there is no memory. */
size_t *ambit_team_parts(const AmbitTeam *team, size_t n_things);

#endif
