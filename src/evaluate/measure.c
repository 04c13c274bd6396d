// SPDX-License-Identifier: MIT
// Distances between predictors, paired differences from references, and flags.
#include "measure.h"
#include "result.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

#include <math.h>
#include <string.h>

static AmbitStatus declare_distance(AmbitMeasures *m, AmbitError *error)
{
    static const AmbitMeasure distance = {
        .words = {"distance", "squared distance of predictors", "1",
                  "mean over prompts of the error of one against the other, over the normalizer "
                  "(SPD of Akyurek et al. 2211.15661)"},
        .shown = AMBIT_SHOWN_FIRST};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_QUERY};
    m->distance = AMBIT_MOST_ARRAYS;
    if (!m->plan->metric->between)
        return AMBIT_OK;
    AmbitStatus status = ambit_result_other_axis(m->tally->result, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(m->tally->result, &distance, 3, axes, &m->distance, error);
    return status;
}

/* The columns of the predictors that know one class of functions, and those of the references. */
static AmbitStatus find_columns(AmbitMeasures *m, AmbitError *error)
{
    const AmbitEvaluation *e = m->plan->evaluation;
    const AmbitTexts *references = &m->plan->settings->references;
    size_t n_columns = m->tally->result->n_columns, column = 0;
    m->singles = ambit_alloc(n_columns, sizeof *m->singles);
    m->references = ambit_alloc(references->count, sizeof *m->references);
    if (!m->singles || !m->references)
        return ambit_plan_no_memory(m->plan, error);
    for (size_t p = 0; p < e->n_predictors; p++)
        for (size_t c = 0; c < e->predictors[p]->n_columns; c++, column++)
            if (e->predictors[p]->one_class)
                m->singles[m->n_singles++] = column;
    for (; m->n_references < references->count; m->n_references++)
        m->references[m->n_references] =
            ambit_plan_find_column(m->plan, references->texts[m->n_references], &n_columns);
    return AMBIT_OK;
}

void ambit_measures_free(AmbitMeasures *m)
{
    ambit_free(m->singles);
    ambit_free(m->references);
}

static AmbitStatus declare_difference(AmbitMeasures *m, AmbitError *error)
{
    static const AmbitCaption words = {"reference", "predictor that the difference is from", "1",
                                       "names of predictors"};
    static const AmbitMeasure measures[] = {
        {.words = {"difference", "paired difference of errors", "1",
                   "mean over prompts of a predictor's error minus the reference's on the same "
                   "prompt"},
         .headline = true,
         .shown = AMBIT_SHOWN_EACH,
         .low = "difference_low",
         .high = "difference_high"},
        {.words = {"difference_low", "lower end of the interval of the difference", "1",
                   "90 % bootstrap interval, paired"},
         .shown = AMBIT_SHOWN_NOT},
        {.words = {"difference_high", "upper end of the interval of the difference", "1",
                   "90 % bootstrap interval, paired"},
         .shown = AMBIT_SHOWN_NOT}};
    static const AmbitCaption of_shares = {"difference", "paired difference of accuracies", "1",
                                           "mean over examples of a predictor's share of right "
                                           "answers minus the reference's on the same example"};
    const AmbitTexts *references = &m->plan->settings->references;
    size_t *const arrays[] = {&m->difference, &m->low, &m->high};
    size_t axes[] = {0, AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_QUERY};
    AmbitTargetResult *r = m->tally->result;
    m->difference = AMBIT_MOST_ARRAYS;
    if (references->count == 0)
        return AMBIT_OK;
    AmbitStatus status = ambit_result_add_axis(r, &words, references->count, NULL,
                                               references->texts, &axes[0], error);
    for (size_t i = 0; i < 3 && !status; i++) {
        AmbitMeasure measure = measures[i];
        if (i == 0 && !m->plan->metric->normalized)
            measure.words = of_shares;
        status = ambit_result_add_array(r, &measure, 3, axes, arrays[i], error);
    }
    return status;
}

/* Where two predictors or more know one class each: which of them another predictor is near. */
static AmbitStatus declare_relative_distance(AmbitMeasures *m, AmbitError *error)
{
    static const AmbitCaption words = {"single_class", "predictor that knows one class", "1",
                                       "predictors that were made for one class of functions"};
    static const AmbitMeasure relative = {
        .words = {"relative_distance", "distance from predictors of one class", "1",
                  "distance over the mean distance between the predictors of one class, undefined "
                  "where that is below 1e-20; the least is the nearest (Yadlowsky et al. "
                  "2311.00871, figure 3b)"},
        .shown = AMBIT_SHOWN_NEAREST};
    AmbitTargetResult *r = m->tally->result;
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_QUERY};
    m->relative = AMBIT_MOST_ARRAYS;
    if (m->n_singles < 2 || m->distance == AMBIT_MOST_ARRAYS)
        return AMBIT_OK;
    char **labels = ambit_alloc(m->n_singles, sizeof *labels);
    AmbitStatus status = labels ? AMBIT_OK : ambit_plan_no_memory(m->plan, error);
    for (size_t i = 0; !status && i < m->n_singles; i++)
        labels[i] = r->axes[AMBIT_AXIS_PREDICTOR].labels[m->singles[i]];
    if (!status)
        status = ambit_result_add_axis(r, &words, m->n_singles, NULL, labels, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &relative, 3, axes, &m->relative, error);
    ambit_free(labels);
    return status;
}

/* In the order of their bits. */
enum { FLAG_KINDS = 3 };

static AmbitStatus declare_flagged(AmbitMeasures *m, AmbitError *error)
{
    static char *const kinds[FLAG_KINDS] = {"not_converged", "singular", "no_answer"};
    static const AmbitCaption words = {"flag_kind", "what was not regular", "1",
                                       "the meanings of flag"};
    static const AmbitMeasure flagged = {
        .words = {"flagged", "share of predictions that were not regular", "1",
                  "mean over prompts of the flag being set"},
        .shown = AMBIT_SHOWN_NOT}; // remarks under the table of errors say it
    AmbitTargetResult *r = m->tally->result;
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_QUERY};
    AmbitStatus status = ambit_result_add_axis(r, &words, FLAG_KINDS, NULL, kinds, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &flagged, 3, axes, &m->flagged, error);
    return status;
}

AmbitStatus ambit_measures_declare(AmbitMeasures *m, const AmbitPlan *plan, const AmbitTally *tally,
                                   AmbitError *error)
{
    *m = (AmbitMeasures){.plan = plan, .tally = tally};
    AmbitStatus status = find_columns(m, error);
    if (!status)
        status = declare_distance(m, error);
    if (!status)
        status = declare_relative_distance(m, error);
    if (!status)
        status = declare_difference(m, error);
    if (!status)
        status = declare_flagged(m, error);
    return status;
}

/* Distances of one column to those after it: an ambit_item_fn. */
static void measure_distances(void *context, size_t a, size_t thread)
{
    const AmbitMeasures *m = context;
    (void)thread;
    const AmbitTally *tally = m->tally;
    const AmbitTargetResult *r = tally->result;
    size_t queries = r->n_queries, examples = r->n_examples;
    double *distance = ambit_tally_values(tally, m->distance); // [C][C][Q]
    double scale = 1.0 / (r->normalizer[tally->condition] * (double)r->n_examples);
    for (size_t b = a + 1; b < r->n_columns; b++) {
        double *row = distance + (a * r->n_columns + b) * queries;
        for (size_t n = 0; n < examples; n++)
            for (size_t q = 0; q < queries; q++)
                row[q] +=
                    scale * r->metric->between(tally->prediction[(a * examples + n) * queries + q],
                                               tally->prediction[(b * examples + n) * queries + q]);
        memcpy(distance + (b * r->n_columns + a) * queries, row, queries * sizeof *row);
    }
}

static void measure_relative_distances(const AmbitMeasures *m)
{
    const AmbitTargetResult *r = m->tally->result;
    size_t columns = r->n_columns, queries = r->n_queries, n = m->n_singles;
    if (m->relative == AMBIT_MOST_ARRAYS)
        return;
    const double *distance = ambit_tally_values(m->tally, m->distance); // [C][C][Q]
    double *relative = ambit_tally_values(m->tally, m->relative);       // [C][S][Q]
    for (size_t q = 0; q < queries; q++) {
        double between = 0.0;
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < a; b++)
                between += distance[(m->singles[a] * columns + m->singles[b]) * queries + q];
        between /= 0.5 * (double)(n * (n - 1));
        for (size_t i = 0; i < columns * n; i++)
            relative[i * queries + q] =
                between > 1e-20
                    ? distance[(i / n * columns + m->singles[i % n]) * queries + q] / between
                    : NAN;
    }
}

static void measure_flags(const AmbitMeasures *m)
{
    const AmbitTargetResult *r = m->tally->result;
    size_t queries = r->n_queries, answers = r->n_examples * queries;
    const unsigned char *flag = r->flag + m->tally->condition * r->n_columns * answers;
    double *flagged = ambit_tally_values(m->tally, m->flagged); // [C][kind][Q]
    for (size_t i = 0; i < r->n_columns * answers; i++)
        for (size_t kind = 0; kind < FLAG_KINDS; kind++)
            flagged[(i / answers * FLAG_KINDS + kind) * queries + i % queries] +=
                flag[i] >> kind & 1;
    for (size_t i = 0; i < r->n_columns * FLAG_KINDS * queries; i++)
        flagged[i] /= (double)r->n_examples;
}

/* Differences of one column from every reference: an ambit_item_fn. */
static void measure_differences(void *context, size_t column, size_t thread)
{
    const AmbitMeasures *m = context;
    (void)thread;
    const AmbitTally *tally = m->tally;
    const AmbitTargetResult *r = tally->result;
    size_t answers = r->n_examples * r->n_queries;
    const double *errors = r->error + tally->condition * r->n_columns * answers;
    double *pairs = ambit_alloc(answers, sizeof *pairs);
    AmbitStatus *status = &tally->statuses[column];
    *status = pairs ? AMBIT_OK : AMBIT_NO_MEMORY;
    for (size_t i = 0; i < m->n_references && !*status; i++) {
        size_t at = (i * r->n_columns + column) * r->n_queries;
        for (size_t j = 0; j < answers; j++)
            pairs[j] = errors[column * answers + j] - errors[m->references[i] * answers + j];
        const AmbitSample sample = {pairs, tally->weight, r->n_examples, r->n_queries};
        const AmbitStatistics statistics = {.mean = ambit_tally_values(tally, m->difference) + at,
                                            .low = ambit_tally_values(tally, m->low) + at,
                                            .high = ambit_tally_values(tally, m->high) + at};
        *status = ambit_bootstrap_statistics(&sample, (size_t)m->plan->settings->bootstrap,
                                             m->plan->key, &statistics, NULL);
    }
    ambit_free(pairs);
}

AmbitStatus ambit_measures_finish(AmbitMeasures *m, AmbitError *error)
{
    size_t n_columns = m->tally->result->n_columns;
    if (m->distance != AMBIT_MOST_ARRAYS)
        ambit_threads_run(n_columns, m->plan->n_threads, measure_distances, m);
    measure_relative_distances(m);
    measure_flags(m);
    if (m->difference == AMBIT_MOST_ARRAYS)
        return AMBIT_OK;
    ambit_threads_run(n_columns, m->plan->n_threads, measure_differences, m);
    return ambit_tally_status(m->tally, m->plan, error);
}
