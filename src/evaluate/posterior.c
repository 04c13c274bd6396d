// SPDX-License-Identifier: MIT
// Class posteriors: collected example by example, then averaged.
#include "posterior.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

/* The names of all predictors with a posterior, and of all their classes. */
static void list_posteriors(const AmbitEvaluation *e, char **owners, size_t *n_owners,
                            char **classes, size_t *n_classes)
{
    for (size_t p = 0; p < e->n_predictors; p++) {
        const AmbitPredictor *predictor = e->predictors[p];
        if (predictor->n_classes)
            owners[(*n_owners)++] = predictor->columns[0];
        for (size_t k = 0; k < predictor->n_classes; k++) {
            size_t i = 0;
            while (i < *n_classes && strcmp(classes[i], predictor->class_names[k]) != 0)
                i++;
            if (i == *n_classes)
                classes[(*n_classes)++] = predictor->class_names[k];
        }
    }
}

/* Undefined until kept: a predictor may not know a class. */
static void clear(const AmbitPosteriors *posteriors)
{
    const AmbitResultArray *raw = &posteriors->tally->result->arrays[posteriors->raw];
    size_t count = ambit_result_n_conditions(posteriors->tally->result) * raw->count;
    for (size_t i = 0; i < count; i++)
        raw->values[i] = NAN;
}

static AmbitStatus declare_arrays(AmbitPosteriors *posteriors, char **owners, size_t n_owners,
                                  char **classes, size_t n_classes, AmbitError *error)
{
    static const AmbitCaption owner = {"posterior_predictor", "predictor with a posterior", "1",
                                       "predictors that weigh classes of functions"};
    static const AmbitCaption class = {"class", "class of functions", "1",
                                       "classes that a posterior is over"};
    static const AmbitMeasure mean = {
        .words = {"class_posterior", "posterior of a class", "1",
                  "mean over prompts of the probability that the predictor gives the class after k "
                  "examples"}};
    static const AmbitMeasure raw = {
        .words = {"class_posterior_raw", "posterior of a class, per prompt", "1",
                  "probability that the predictor gives the class after k examples"},
        .raw = true};
    AmbitTargetResult *r = posteriors->tally->result;
    size_t axes[] = {0, 0, AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY};
    AmbitStatus status = ambit_result_add_axis(r, &owner, n_owners, NULL, owners, &axes[0], error);
    if (!status)
        status = ambit_result_add_axis(r, &class, n_classes, NULL, classes, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &raw, 4, axes, &posteriors->raw, error);
    posteriors->class_axis = axes[1];
    axes[2] = AMBIT_AXIS_QUERY;
    if (!status)
        status = ambit_result_add_array(r, &mean, 3, axes, &posteriors->mean, error);
    if (!status)
        clear(posteriors);
    return status;
}

AmbitStatus ambit_posteriors_declare(AmbitPosteriors *posteriors, const AmbitPlan *plan,
                                     const AmbitTally *tally, AmbitError *error)
{
    const AmbitEvaluation *e = plan->evaluation;
    size_t n_owners = 0, n_classes = 0, most = 0;
    *posteriors = (AmbitPosteriors){.plan = plan, .tally = tally, .raw = AMBIT_MOST_ARRAYS};
    for (size_t p = 0; p < e->n_predictors; p++)
        most += e->predictors[p]->n_classes;
    if (most == 0)
        return AMBIT_OK;
    char **owners = ambit_alloc(e->n_predictors, sizeof *owners);
    char **classes = ambit_alloc(most, sizeof *classes);
    AmbitStatus status = owners && classes ? AMBIT_OK : ambit_plan_no_memory(plan, error);
    if (!status) {
        list_posteriors(e, owners, &n_owners, classes, &n_classes);
        status = declare_arrays(posteriors, owners, n_owners, classes, n_classes, error);
    }
    ambit_free(owners);
    ambit_free(classes);
    return status;
}

/* Index of a class on the class axis; the length of the axis for a class that appears only at a
 * later swept value. */
static size_t find_class(const AmbitResultAxis *classes, const char *name)
{
    size_t k = 0;
    while (k < classes->length && strcmp(classes->labels[k], name) != 0)
        k++;
    return k;
}

void ambit_posteriors_keep(const AmbitPosteriors *posteriors, size_t n_answering,
                           const AmbitOutcome *outcome, size_t first, size_t count)
{
    const AmbitTargetResult *r = posteriors->tally->result;
    if (posteriors->raw == AMBIT_MOST_ARRAYS)
        return;
    const AmbitResultAxis *classes = &r->axes[posteriors->class_axis];
    const double *posterior = outcome->posterior;
    double *values = ambit_tally_values(posteriors->tally, posteriors->raw); // [owner][class][N][Q]
    for (size_t p = 0, owner = 0; p < n_answering; p++) {
        const AmbitPredictor *predictor = posteriors->plan->evaluation->predictors[p];
        for (size_t k = 0; k < predictor->n_classes; k++, posterior += count * r->n_queries) {
            size_t class = find_class(classes, predictor->class_names[k]);
            size_t row = (owner * classes->length + class) * r->n_examples + first;
            if (class < classes->length)
                memcpy(values + row * r->n_queries, posterior,
                       count * r->n_queries * sizeof *values);
        }
        owner += predictor->n_classes > 0;
    }
}

void ambit_posteriors_gather(const AmbitPosteriors *posteriors, const AmbitTeam *team,
                             const size_t *first)
{
    const AmbitTargetResult *r = posteriors->tally->result;
    if (posteriors->raw == AMBIT_MOST_ARRAYS)
        return;
    double *values = ambit_tally_values(posteriors->tally, posteriors->raw);
    size_t n_outer = r->arrays[posteriors->raw].count / (r->n_examples * r->n_queries);
    ambit_team_gather_middle(team, values, n_outer, first, r->n_queries, sizeof *values);
}

/* mean [R][Q] over the examples of values [R][N][Q]. */
static void average(double *mean, const double *values, size_t rows, size_t n_examples,
                    size_t queries)
{
    for (size_t row = 0; row < rows; row++)
        for (size_t n = 0; n < n_examples; n++)
            for (size_t q = 0; q < queries; q++)
                mean[row * queries + q] +=
                    values[(row * n_examples + n) * queries + q] / (double)n_examples;
}

/* What does not vary with the training step has the posterior of the first one. */
void ambit_posteriors_finish(const AmbitPosteriors *posteriors)
{
    const AmbitTally *tally = posteriors->tally;
    const AmbitTargetResult *r = tally->result;
    if (posteriors->raw == AMBIT_MOST_ARRAYS)
        return;
    const AmbitResultArray *raw = &r->arrays[posteriors->raw];
    if (tally->step)
        memcpy(ambit_tally_values(tally, posteriors->raw), raw->values + tally->sweep * raw->count,
               raw->count * sizeof *raw->values);
    average(ambit_tally_values(tally, posteriors->mean), ambit_tally_values(tally, posteriors->raw),
            raw->count / (r->n_examples * r->n_queries), r->n_examples, r->n_queries);
}
