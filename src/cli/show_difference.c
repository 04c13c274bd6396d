// SPDX-License-Identifier: MIT
// The paired difference between two points of a grid: run by run, example by example. Over seeds
// the interval is Student's t of the runs' differences; of a single pair of runs it is the
// bootstrap over examples.
#include "joined.h"

#include "ambit/evaluation.h"
#include "ambit/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 1000 };

/* The places of a point on the axes of the runs; −1: not given. */
typedef struct Point {
    long place[AMBIT_MOST_RUN_AXES];
} Point;

/* The place of a value on an axis, given as text; −1 if it has none. */
static long find_place(const AmbitResultAxis *axis, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    for (size_t i = 0; i < axis->length; i++)
        if (axis->values ? *end == '\0' && axis->values[i] == value
                         : strcmp(axis->labels[i], text) == 0)
            return (long)i;
    return -1;
}

/* Reads "weight=0.1,seed=2". */
static AmbitStatus read_point(const AmbitRuns *runs, char *text, Point *point, AmbitError *error)
{
    char *rest = NULL;
    for (size_t a = 0; a < AMBIT_MOST_RUN_AXES; a++)
        point->place[a] = -1;
    for (char *part = strtok_r(text, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(part, '=');
        size_t a = 0;
        if (equals)
            *equals = '\0';
        while (a < runs->n_axes && strcmp(runs->axes[a].words.name, part) != 0)
            a++;
        if (!equals || a == runs->n_axes)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "--difference: found %.60s, which is no axis of these runs; "
                                   "write it as AXIS=VALUE,…:AXIS=VALUE,…",
                                   part);
        point->place[a] = find_place(&runs->axes[a], equals + 1);
        if (point->place[a] < 0)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "--difference: %s has no value %.60s in these runs", part,
                                   equals + 1);
    }
    return AMBIT_OK;
}

/* Both points name the same axes, and leave out that of seeds alone. */
static AmbitStatus check_points(const AmbitRuns *runs, const Point *first, const Point *second,
                                AmbitError *error)
{
    for (size_t a = 0; a < runs->n_axes; a++) {
        bool in_first = first->place[a] >= 0, in_second = second->place[a] >= 0;
        if (in_first != in_second ||
            (!in_first && a != runs->seed_axis && runs->axes[a].length > 1))
            return ambit_error_set(error, AMBIT_INVALID,
                                   "--difference: give the value of %s on both sides of the colon; "
                                   "only an axis of seeds may be left out",
                                   runs->axes[a].words.name);
    }
    return AMBIT_OK;
}

static AmbitStatus read_points(const AmbitRuns *runs, const char *text, Point *first, Point *second,
                               AmbitError *error)
{
    const char *colon = strchr(text, ':');
    char *left = colon ? strndup(text, (size_t)(colon - text)) : NULL;
    char *right = colon ? strdup(colon + 1) : NULL;
    AmbitStatus status =
        !colon          ? ambit_error_set(error, AMBIT_INVALID,
                                          "--difference: found %.60s, allowed are two points of the grid: "
                                                   "AXIS=VALUE,…:AXIS=VALUE,…",
                                          text)
        : left && right ? read_point(runs, left, first, error)
                        : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    if (!status)
        status = read_point(runs, right, second, error);
    if (!status)
        status = check_points(runs, first, second, error);
    free(left);
    free(right);
    return status;
}

/* The run of a point with seed `seed` where the point leaves it out. */
static size_t run_of(const AmbitRuns *runs, const Point *point, size_t seed)
{
    size_t run = 0;
    for (size_t a = 0; a < runs->n_axes; a++)
        run = run * runs->axes[a].length + (point->place[a] >= 0   ? (size_t)point->place[a]
                                            : a == runs->seed_axis ? seed
                                                                   : 0);
    return run;
}

/* The pairs of runs of one target, and room for their differences. */
typedef struct Pairs {
    const char *target;
    const AmbitTargetResult *like;
    size_t n_pairs;
    double *mean;    // [n_pairs][C][Q] over examples, at the last step and swept value
    double *alone;   // [C][N][Q] differences of the first pair, 0 where one is undefined
    double *weights; // [C][N][Q] 1, but 0 where a difference is undefined
    double *counts;  // [C][Q] scratch: defined differences
} Pairs;

static size_t target_of(const AmbitJoined *joined, size_t run, const char *name)
{
    size_t t = 0;
    while (strcmp(joined->results[run]->names[t], name) != 0)
        t++;
    return t;
}

/* Subtracts the scores of run `b` from those of `a`, example by example. */
static AmbitStatus subtract(AmbitJoined *joined, const char *path, Pairs *pairs, size_t a, size_t b,
                            AmbitError *error)
{
    const AmbitTargetResult *r = pairs->like;
    size_t curve = r->n_queries, count = r->n_columns * r->n_examples * curve;
    size_t last = (ambit_result_n_conditions(r) - 1) * count;
    size_t ta = target_of(joined, a, pairs->target), tb = target_of(joined, b, pairs->target);
    double *mean = pairs->mean + pairs->n_pairs * r->n_columns * curve;
    AmbitStatus status = ambit_joined_read_raw(joined, a, ta, path, error);
    if (!status)
        status = ambit_joined_read_raw(joined, b, tb, path, error);
    if (!status) {
        const double *first = joined->results[a]->results[ta]->error + last;
        const double *second = joined->results[b]->results[tb]->error + last;
        memset(mean, 0, r->n_columns * curve * sizeof *mean);
        memset(pairs->counts, 0, r->n_columns * curve * sizeof *pairs->counts);
        for (size_t i = 0; i < count; i++) {
            double difference = first[i] - second[i];
            size_t at = i / (r->n_examples * curve) * curve + i % curve;
            bool is_defined = !isnan(difference);
            mean[at] += is_defined ? difference : 0;
            pairs->counts[at] += is_defined;
            if (pairs->n_pairs == 0) {
                pairs->alone[i] = is_defined ? difference : 0;
                pairs->weights[i] = is_defined;
            }
        }
        for (size_t i = 0; i < r->n_columns * curve; i++)
            mean[i] /= pairs->counts[i];
        pairs->n_pairs++;
    }
    ambit_results_drop_raw(joined->results[a]->results[ta]);
    ambit_results_drop_raw(joined->results[b]->results[tb]);
    return status;
}

/* Collects the pairs of a target whose runs are both there. */
static AmbitStatus collect(AmbitJoined *joined, const char *path, const Point *first,
                           const Point *second, Pairs *pairs, AmbitError *error)
{
    const AmbitRuns *runs = &joined->runs;
    bool over = runs->seed_axis < runs->n_axes && first->place[runs->seed_axis] < 0;
    size_t n = over ? runs->axes[runs->seed_axis].length : 1;
    AmbitStatus status = AMBIT_OK;
    for (size_t s = 0; s < n && !status; s++) {
        size_t a = run_of(runs, first, s), b = run_of(runs, second, s);
        int64_t of_a, of_b;
        const AmbitTargetResult *ra = ambit_joined_find(joined, a, pairs->target, &of_a);
        const AmbitTargetResult *rb = ambit_joined_find(joined, b, pairs->target, &of_b);
        if (!ra || !rb)
            continue;
        if (of_a != of_b)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "target %s: %s and %s did not answer the same examples (the "
                                   "dataset `examples` tells), so that their difference is not "
                                   "paired; compare their means and intervals instead",
                                   pairs->target, runs->names[a], runs->names[b]);
        status = subtract(joined, path, pairs, a, b, error);
    }
    return status;
}

/* Fills a row of the panel: mean and interval at every query. */
static AmbitStatus fill_row(const Pairs *pairs, size_t column, double *scratch, double *mean,
                            double *low, double *high, AmbitError *error)
{
    const AmbitTargetResult *r = pairs->like;
    size_t curve = r->n_queries, first = column * r->n_examples * curve;
    if (pairs->n_pairs == 1) {
        const AmbitKey key = {.seed = 1, .purpose = AMBIT_EVALUATION};
        const AmbitSample sample = {.values = pairs->alone + first,
                                    .weights = pairs->weights + first,
                                    .n_examples = r->n_examples,
                                    .n_queries = curve};
        const AmbitStatistics statistics = {.mean = mean, .low = low, .high = high};
        return ambit_bootstrap_statistics(&sample, RESAMPLES, key, &statistics, error);
    }
    for (size_t q = 0; q < curve; q++) {
        for (size_t p = 0; p < pairs->n_pairs; p++)
            scratch[p] = pairs->mean[(p * r->n_columns + column) * curve + q];
        ambit_runs_interval(scratch, pairs->n_pairs, &mean[q], &low[q], &high[q]);
    }
    return AMBIT_OK;
}

static bool differs(const Pairs *pairs, size_t column)
{
    const AmbitTargetResult *r = pairs->like;
    for (size_t p = 0; p < pairs->n_pairs; p++)
        for (size_t q = 0; q < r->n_queries; q++)
            if (fabs(pairs->mean[(p * r->n_columns + column) * r->n_queries + q]) > 0.0)
                return true;
    return false;
}

static AmbitStatus print(FILE *out, const Pairs *pairs, AmbitError *error)
{
    const AmbitTargetResult *r = pairs->like;
    const AmbitResultAxis *query = &r->axes[AMBIT_AXIS_QUERY];
    size_t curve = r->n_queries, room = r->n_columns * curve;
    double *numbers = ambit_alloc(3 * room + curve, sizeof *numbers);
    double *scratch = ambit_alloc(pairs->n_pairs + curve, sizeof *scratch);
    char **labels = ambit_alloc(r->n_columns, sizeof *labels);
    AmbitStatus status = numbers && scratch && labels
                             ? AMBIT_OK
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    if (!status) {
        AmbitPanel panel = {.x_name = query->words.name,
                            .n_x = curve,
                            .labels = labels,
                            .mean = numbers,
                            .low = numbers + room,
                            .high = numbers + 2 * room,
                            .x = numbers + 3 * room};
        for (size_t q = 0; q < curve; q++)
            panel.x[q] = query->values ? query->values[q] : (double)q;
        for (size_t c = 0; c < r->n_columns && !status; c++) {
            size_t at = panel.n_rows * curve;
            if (!differs(pairs, c))
                continue;
            labels[panel.n_rows++] = r->axes[AMBIT_AXIS_PREDICTOR].labels[c];
            status = fill_row(pairs, c, scratch, panel.mean + at, panel.low + at, panel.high + at,
                              error);
        }
        if (!status && panel.n_rows)
            ambit_show_table(out, &panel);
        else if (!status)
            fputs("  no predictor differs\n", out);
    }
    ambit_free(numbers);
    ambit_free(scratch);
    ambit_free(labels);
    return status;
}

static AmbitStatus show_target(FILE *out, AmbitJoined *joined, const char *path, const char *target,
                               const Point *first, const Point *second, AmbitError *error)
{
    Pairs pairs = {.target = target};
    for (size_t run = 0; run < joined->runs.n_runs && !pairs.like; run++)
        pairs.like = ambit_joined_find(joined, run, target, NULL);
    const AmbitTargetResult *r = pairs.like;
    if (!r)
        return AMBIT_OK;
    pairs.mean = ambit_alloc(joined->runs.n_runs, r->n_columns * r->n_queries * sizeof(double));
    pairs.alone = ambit_alloc(r->n_columns * r->n_examples, r->n_queries * sizeof(double));
    pairs.weights = ambit_alloc(r->n_columns * r->n_examples, r->n_queries * sizeof(double));
    pairs.counts = ambit_alloc(r->n_columns, r->n_queries * sizeof(double));
    AmbitStatus status = pairs.mean && pairs.alone && pairs.weights && pairs.counts
                             ? collect(joined, path, first, second, &pairs, error)
                             : ambit_error_set(error, AMBIT_NO_MEMORY, "out of memory");
    if (!status) {
        fputc('\n', out);
        ambit_show_text(out, target, 0);
        fprintf(out, "\n  difference over %zu pair%s of runs, 90 %% interval by %s\n",
                pairs.n_pairs, pairs.n_pairs == 1 ? "" : "s",
                pairs.n_pairs == 1 ? "bootstrap of examples" : "Student's t over pairs");
    }
    for (size_t q = 0; !status && r->axes[AMBIT_AXIS_QUERY].labels && q < r->n_queries; q++) {
        fprintf(out, "  %zu: ", q);
        ambit_show_text(out, r->axes[AMBIT_AXIS_QUERY].labels[q], 0);
        fputc('\n', out);
    }
    if (!status && pairs.n_pairs)
        status = print(out, &pairs, error);
    else if (!status)
        fputs("  no pair is there\n", out);
    ambit_free(pairs.mean);
    ambit_free(pairs.alone);
    ambit_free(pairs.weights);
    ambit_free(pairs.counts);
    return status;
}

AmbitStatus ambit_show_difference(FILE *out, AmbitJoined *joined, const char *path,
                                  const char *points, AmbitError *error)
{
    Point first = {{0}}, second = {{0}};
    AmbitStatus status = read_points(&joined->runs, points, &first, &second, error);
    for (size_t t = 0; t < joined->n_targets && !status; t++)
        status = show_target(out, joined, path, joined->targets[t], &first, &second, error);
    return status;
}
