// SPDX-License-Identifier: MIT
// A team of MPI ranks. MPI moves bytes alone: a sum by MPI may associate as it likes, and so differ
// from run to run. MPI's own error handler ends the job when a call fails.
#include "team_mpi.h"

#include <limits.h>
#include <mpi.h>
#include <stdint.h>

/* Numbers and places of elements, as MPI takes them. */
typedef struct Parts {
    int counts[AMBIT_MOST_PROCESSES], places[AMBIT_MOST_PROCESSES];
} Parts;

/* The largest piece, since MPI's counts are ints. */
static const size_t largest = INT_MAX;

static MPI_Datatype element_type(size_t size)
{
    MPI_Datatype type;
    MPI_Type_contiguous((int)size, MPI_BYTE, &type);
    MPI_Type_commit(&type);
    return type;
}

static int n_ranks(void)
{
    int count;
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    return count;
}

static void exchange(void *state, const void *from, const size_t *first, const size_t *end,
                     void *to, size_t size)
{
    Parts sent, received;
    int count = n_ranks();
    const size_t own = *(const size_t *)state;
    MPI_Datatype type = element_type(size);
    for (int p = 0; p < count; p++) {
        sent.counts[p] = (int)(end[p] - first[p]);
        sent.places[p] = (int)first[p];
        received.counts[p] = (int)(end[own] - first[own]);
        received.places[p] = p * received.counts[p];
    }
    MPI_Alltoallv(from, sent.counts, sent.places, type, to, received.counts, received.places, type,
                  MPI_COMM_WORLD);
    MPI_Type_free(&type);
}

static void gather(void *state, void *all, const size_t *first, size_t size)
{
    (void)state;
    Parts parts;
    int count = n_ranks();
    MPI_Datatype type = element_type(size);
    for (int p = 0; p < count; p++) {
        parts.counts[p] = (int)(first[p + 1] - first[p]);
        parts.places[p] = (int)first[p];
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, type, all, parts.counts, parts.places, type, MPI_COMM_WORLD);
    MPI_Type_free(&type);
}

static void share(void *state, void *data, size_t bytes, size_t from)
{
    (void)state;
    char *piece = data;
    for (size_t left = bytes; left > 0;) {
        size_t size = left < largest ? left : largest;
        MPI_Bcast(piece, (int)size, MPI_BYTE, (int)from, MPI_COMM_WORLD);
        piece += size;
        left -= size;
    }
}

static void end_all(void *state, int code)
{
    (void)state;
    MPI_Abort(MPI_COMM_WORLD, code);
}

static const AmbitTeamType mpi = {"MPI", exchange, gather, share, end_all};

static size_t count_local(void)
{
    MPI_Comm local;
    int count;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
    MPI_Comm_size(local, &count);
    MPI_Comm_free(&local);
    return (size_t)count;
}

AmbitStatus ambit_team_mpi_start(AmbitTeam *team, AmbitError *error)
{
    static size_t index; // outlives the team, whose state it is
    int provided, rank;
    *team = ambit_team_alone;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
        provided < MPI_THREAD_FUNNELED)
        return ambit_error_set(error, AMBIT_INVALID,
                               "this MPI does not allow threads; use one built with "
                               "MPI_THREAD_FUNNELED");
    if (n_ranks() > AMBIT_MOST_PROCESSES)
        return ambit_error_set(error, AMBIT_INVALID, "found %d ranks, allowed are at most %d",
                               n_ranks(), AMBIT_MOST_PROCESSES);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    index = (size_t)rank;
    *team = (AmbitTeam){.type = &mpi,
                        .state = &index,
                        .count = (size_t)n_ranks(),
                        .index = index,
                        .n_local = count_local()};
    return AMBIT_OK;
}

void ambit_team_mpi_end(AmbitTeam *team)
{
    *team = ambit_team_alone;
    MPI_Finalize();
}
