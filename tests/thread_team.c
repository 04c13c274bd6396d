// SPDX-License-Identifier: MIT
// A team of threads: each puts down where its data lies, waits for the others, and copies.
#include "thread_team.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct Meeting {
    pthread_barrier_t barrier;
    const void *from[MOST_MEMBERS];
} Meeting;

typedef struct Member {
    AmbitTeam team;
    Meeting *meeting;
    void (*run)(void *context, const AmbitTeam *team);
    void *context;
} Member;

/* Puts down this member's data and waits for everybody's. */
static void meet(Member *member, const void *from)
{
    member->meeting->from[member->team.index] = from;
    pthread_barrier_wait(&member->meeting->barrier);
}

/* Waits until nobody reads any more. */
static void part(Member *member)
{
    pthread_barrier_wait(&member->meeting->barrier);
}

static void exchange(void *state, const void *from, const size_t *first, const size_t *end,
                     void *to, size_t size)
{
    Member *member = state;
    size_t at = first[member->team.index], count = end[member->team.index] - at;
    meet(member, from);
    for (size_t p = 0; p < member->team.count; p++)
        memcpy((char *)to + p * count * size, (const char *)member->meeting->from[p] + at * size,
               count * size);
    part(member);
}

static void gather(void *state, void *all, const size_t *first, size_t size)
{
    Member *member = state;
    meet(member, all);
    for (size_t p = 0; p < member->team.count; p++)
        if (p != member->team.index)
            memcpy((char *)all + first[p] * size,
                   (const char *)member->meeting->from[p] + first[p] * size,
                   (first[p + 1] - first[p]) * size);
    part(member);
}

static void share(void *state, void *data, size_t bytes, size_t from)
{
    Member *member = state;
    meet(member, data);
    if (from != member->team.index)
        memcpy(data, member->meeting->from[from], bytes);
    part(member);
}

static void end_all(void *state, int code)
{
    (void)state;
    exit(code);
}

static const AmbitTeamType threads = {"threads", exchange, gather, share, end_all};

static void *start(void *member)
{
    ((Member *)member)->run(((Member *)member)->context, &((Member *)member)->team);
    return NULL;
}

void run_in_team(size_t count, void (*run)(void *context, const AmbitTeam *team), void *context)
{
    Meeting meeting;
    Member members[MOST_MEMBERS];
    pthread_t ids[MOST_MEMBERS];
    if (count > MOST_MEMBERS || pthread_barrier_init(&meeting.barrier, NULL, (unsigned)count))
        abort();
    for (size_t p = 0; p < count; p++) {
        members[p] = (Member){{&threads, &members[p], count, p, count}, &meeting, run, context};
        if (pthread_create(&ids[p], NULL, start, &members[p]))
            abort();
    }
    for (size_t p = 0; p < count; p++)
        pthread_join(ids[p], NULL);
    pthread_barrier_destroy(&meeting.barrier);
}
