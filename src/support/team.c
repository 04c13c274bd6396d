// SPDX-License-Identifier: MIT
// What a team of processes does beyond its record: agreement, and arrays cut along an axis.
#include "ambit/team.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

#include <stdint.h>

const AmbitTeam ambit_team_alone = {.count = 1, .n_local = 1};

void ambit_team_gather(const AmbitTeam *team, void *all, const size_t *first, size_t size)
{
    if (team->count > 1)
        team->type->gather(team->state, all, first, size);
}

void ambit_team_share(const AmbitTeam *team, void *data, size_t bytes, size_t from)
{
    if (team->count > 1)
        team->type->share(team->state, data, bytes, from);
}

void ambit_team_gather_middle(const AmbitTeam *team, void *values, size_t n_outer,
                              const size_t *first, size_t n_inner, size_t size)
{
    size_t row = n_inner * size;
    for (size_t i = 0; team->count > 1 && i < n_outer; i++)
        team->type->gather(team->state, (char *)values + i * first[team->count] * row, first, row);
}

size_t *ambit_team_parts(const AmbitTeam *team, size_t n_things)
{
    size_t *first = ambit_alloc(team->count + 1, sizeof *first);
    for (size_t p = 0; first && p <= team->count; p++)
        first[p] = ambit_share_first(n_things, team->count, p);
    return first;
}

/* Returns the first process that failed, else the first that was interrupted; `count` if all are
 * well. */
static size_t find_first(const int *statuses, size_t count)
{
    size_t found = count;
    for (size_t p = 0; p < count; p++) {
        if (statuses[p] != AMBIT_OK && statuses[p] != AMBIT_INTERRUPTED)
            return p;
        if (statuses[p] == AMBIT_INTERRUPTED && found == count)
            found = p;
    }
    return found;
}

AmbitStatus ambit_team_agree(const AmbitTeam *team, AmbitStatus status, AmbitError *error)
{
    if (team->count == 1)
        return status;
    int statuses[AMBIT_MOST_PROCESSES];
    size_t first[AMBIT_MOST_PROCESSES + 1];
    for (size_t p = 0; p <= team->count; p++)
        first[p] = p;
    statuses[team->index] = (int)status;
    ambit_team_gather(team, statuses, first, sizeof *statuses);
    size_t found = find_first(statuses, team->count);
    if (found == team->count)
        return AMBIT_OK;
    AmbitError none = {0};
    ambit_team_share(team, error ? error : &none, sizeof none, found);
    if (error)
        error->agreed = true;
    return (AmbitStatus)statuses[found];
}
