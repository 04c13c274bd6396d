// SPDX-License-Identifier: MIT
// What follows from the answers of all predictors to the same prompts: distances between
// predictors, regret against references, the class posteriors of those that have one, and flags.
#include "check.h"
#include "run.h"

#include "ambit/lanes.h"
#include "ambit/memory.h"

#include <math.h>
#include <string.h>

static AmbitStatus declare_distance(AmbitRun *run, AmbitError *error)
{
    static const AmbitWords other = {"predictor_2", "other predictor", "1",
                                     "the predictor compared with; the same names as predictor"};
    static const AmbitWords words = {
        "distance", "squared distance of predictors", "1",
        "mean over prompts of the error of one against the other, over "
        "the normalizer (SPD of Akyurek et al. 2211.15661)"};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_K};
    AmbitStatus status = ambit_result_add_axis(run->result, &other, run->result->n_columns, NULL,
                                               run->result->columns, &axes[1], error);
    run->measures.other = axes[1];
    return status ? status
                  : ambit_result_add_array(run->result, &words, false, 3, axes,
                                           &run->measures.distance, error);
}

/* The columns of the predictors that know one class of functions, and those of the references. */
static AmbitStatus find_columns(AmbitRun *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->evaluation;
    const AmbitTexts *references = &run->settings->references;
    AmbitMeasures *m = &run->measures;
    size_t n_columns = run->result->n_columns, column = 0;
    m->singles = ambit_alloc(n_columns, sizeof *m->singles);
    m->references = ambit_alloc(references->count, sizeof *m->references);
    if (!m->singles || !m->references)
        return ambit_run_no_memory(run, error);
    for (size_t p = 0; p < e->n_predictors; p++)
        for (size_t c = 0; c < e->predictors[p]->n_columns; c++, column++)
            if (e->predictors[p]->one_class)
                m->singles[m->n_singles++] = column;
    for (; m->n_references < references->count; m->n_references++)
        m->references[m->n_references] =
            ambit_column_find(e, references->texts[m->n_references], &n_columns);
    return AMBIT_OK;
}

void ambit_measures_free(AmbitRun *run)
{
    ambit_free(run->measures.singles);
    ambit_free(run->measures.references);
}

static AmbitStatus declare_regret(AmbitRun *run, AmbitError *error)
{
    static const AmbitWords reference = {"reference", "predictor that regret is against", "1",
                                         "names of predictors"};
    const AmbitTexts *references = &run->settings->references;
    AmbitMeasures *m = &run->measures;
    m->regret = AMBIT_NO_ARRAY;
    if (references->count == 0)
        return AMBIT_OK;
    const AmbitWords words[] = {
        {"regret", "error beyond the reference's", "1",
         "mean over prompts of a predictor's error minus the reference's on the same prompt"},
        {"regret_low", "lower end of the interval of the regret", "1",
         "90 % bootstrap interval, paired"},
        {"regret_high", "upper end of the interval of the regret", "1",
         "90 % bootstrap interval, paired"}};
    size_t *const arrays[] = {&m->regret, &m->regret_low, &m->regret_high};
    size_t axes[] = {0, AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_K};
    AmbitStatus status = ambit_result_add_axis(run->result, &reference, references->count, NULL,
                                               references->texts, &axes[0], error);
    for (size_t i = 0; i < 3 && !status; i++)
        status = ambit_result_add_array(run->result, &words[i], false, 3, axes, arrays[i], error);
    return status;
}

/* Where two predictors or more know one class each: whom of them the others are near. */
static AmbitStatus declare_relative_distance(AmbitRun *run, AmbitError *error)
{
    static const AmbitWords single = {"single_class", "predictor that knows one class", "1",
                                      "predictors that were made for one class of functions"};
    static const AmbitWords words = {
        "relative_distance", "distance from predictors of one class", "1",
        "distance over the mean distance between the predictors of one class, undefined where "
        "that is below 1e-20; the least is the nearest (Yadlowsky et al. 2311.00871, figure 3b)"};
    AmbitTargetResult *r = run->result;
    AmbitMeasures *m = &run->measures;
    m->relative = AMBIT_NO_ARRAY;
    if (m->n_singles < 2)
        return AMBIT_OK;
    char **labels = ambit_alloc(m->n_singles, sizeof *labels);
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_K};
    AmbitStatus status = labels ? AMBIT_OK : ambit_run_no_memory(run, error);
    for (size_t i = 0; !status && i < m->n_singles; i++)
        labels[i] = r->columns[m->singles[i]];
    if (!status)
        status = ambit_result_add_axis(r, &single, m->n_singles, NULL, labels, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &words, false, 3, axes, &m->relative, error);
    ambit_free(labels);
    return status;
}

/* In the order of their bits. */
enum { FLAG_KINDS = 3 };

static AmbitStatus declare_flagged(AmbitRun *run, AmbitError *error)
{
    static char *const kinds[FLAG_KINDS] = {"not_converged", "singular", "no_answer"};
    static const AmbitWords kind = {"flag_kind", "what was not regular", "1",
                                    "the meanings of flag"};
    static const AmbitWords words = {"flagged", "share of predictions that were not regular", "1",
                                     "mean over prompts of the flag being set"};
    size_t axes[] = {AMBIT_AXIS_PREDICTOR, 0, AMBIT_AXIS_K};
    AmbitStatus status =
        ambit_result_add_axis(run->result, &kind, FLAG_KINDS, NULL, kinds, &axes[1], error);
    return status ? status
                  : ambit_result_add_array(run->result, &words, false, 3, axes,
                                           &run->measures.flagged, error);
}

/* The names of all predictors with a posterior, and all their classes' names. */
static void list_posteriors(const AmbitRun *run, char **owners, size_t *n_owners, char **classes,
                            size_t *n_classes)
{
    const AmbitEvaluation *e = run->evaluation;
    for (size_t p = 0; p < e->n_predictors; p++) {
        const AmbitPredictor *predictor = e->predictors[p];
        if (!predictor->n_classes)
            continue;
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

static AmbitStatus declare_posterior_over(AmbitRun *run, char **owners, size_t n_owners,
                                          char **classes, AmbitError *error)
{
    static const AmbitWords owner = {"posterior_predictor", "predictor with a posterior", "1",
                                     "predictors that weigh classes of functions"};
    static const AmbitWords class = {"class", "class of functions", "1",
                                     "classes that a posterior is over"};
    static const AmbitWords mean = {"class_posterior", "posterior of a class", "1",
                                    "mean over prompts of the probability that the predictor gives "
                                    "the class after k examples"};
    static const AmbitWords raw = {"class_posterior_raw", "posterior of a class, per prompt", "1",
                                   "probability that the predictor gives the class after k "
                                   "examples"};
    AmbitTargetResult *r = run->result;
    AmbitMeasures *m = &run->measures;
    size_t axes[] = {0, 0, AMBIT_AXIS_PROMPT, AMBIT_AXIS_K};
    AmbitStatus status = ambit_result_add_axis(r, &owner, n_owners, NULL, owners, &axes[0], error);
    if (!status)
        status = ambit_result_add_axis(r, &class, m->n_classes, NULL, classes, &axes[1], error);
    if (!status)
        status = ambit_result_add_array(r, &raw, true, 4, axes, &m->posterior_raw, error);
    axes[2] = AMBIT_AXIS_K;
    if (!status)
        status = ambit_result_add_array(r, &mean, false, 3, axes, &m->posterior, error);
    if (status)
        return status;
    double *values = r->arrays[m->posterior_raw].values;
    size_t count = ambit_result_n_leads(r) * r->arrays[m->posterior_raw].count;
    for (size_t i = 0; i < count; i++)
        values[i] = NAN; // a predictor may not know a class
    return AMBIT_OK;
}

static AmbitStatus declare_posterior(AmbitRun *run, AmbitError *error)
{
    const AmbitEvaluation *e = run->evaluation;
    size_t n_owners = 0, most = 0;
    run->measures.posterior_raw = AMBIT_NO_ARRAY;
    run->measures.n_classes = 0;
    for (size_t p = 0; p < e->n_predictors; p++)
        most += e->predictors[p]->n_classes;
    if (most == 0)
        return AMBIT_OK;
    char **owners = ambit_alloc(e->n_predictors, sizeof *owners);
    char **classes = ambit_alloc(most, sizeof *classes);
    AmbitStatus status = owners && classes ? AMBIT_OK : ambit_run_no_memory(run, error);
    if (!status) {
        list_posteriors(run, owners, &n_owners, classes, &run->measures.n_classes);
        status = declare_posterior_over(run, owners, n_owners, classes, error);
    }
    ambit_free(owners);
    ambit_free(classes);
    return status;
}

AmbitStatus ambit_measures_declare(AmbitRun *run, AmbitError *error)
{
    AmbitStatus status = find_columns(run, error);
    if (!status)
        status = declare_distance(run, error);
    if (!status)
        status = declare_relative_distance(run, error);
    if (!status)
        status = declare_regret(run, error);
    if (!status)
        status = declare_flagged(run, error);
    return status ? status : declare_posterior(run, error);
}

/* The place of a class on the class axis; n_classes if a later sweep value brought it up. */
static size_t find_class(const AmbitRun *run, const char *name)
{
    const AmbitTargetResult *r = run->result;
    size_t axis = r->arrays[run->measures.posterior].axes[1] - AMBIT_N_AXES, k = 0;
    while (k < run->measures.n_classes && strcmp(r->axes[axis].labels[k], name) != 0)
        k++;
    return k;
}

void ambit_measures_keep_posterior(const AmbitRun *run, const AmbitSlot *slot,
                                   const AmbitPromptBatch *chunk, size_t first)
{
    const AmbitMeasures *m = &run->measures;
    size_t queries = chunk->n_queries, answers = chunk->n_prompts * queries, owner = 0;
    if (m->posterior_raw == AMBIT_NO_ARRAY)
        return;
    double *values = ambit_run_values(run, m->posterior_raw); // [owner][class][N][Q]
    for (size_t p = 0; p < run->n_answering; p++) {
        const AmbitPredictor *predictor = slot->predictors[p];
        if (!predictor->n_classes)
            continue;
        predictor->type->posterior(predictor, chunk, slot->workspace[p], slot->posterior);
        for (size_t k = 0; k < predictor->n_classes; k++) {
            size_t class = find_class(run, predictor->class_names[k]);
            size_t row = (owner * m->n_classes + class) * run->result->n_prompts + first;
            if (class < m->n_classes)
                memcpy(values + row * queries, slot->posterior + k * answers,
                       answers * sizeof *values);
        }
        owner++;
    }
}

/* mean [R][Q] over the prompts of values [R][N][Q]. */
static void average(double *mean, const double *values, size_t rows, size_t n_prompts,
                    size_t queries)
{
    for (size_t row = 0; row < rows; row++)
        for (size_t n = 0; n < n_prompts; n++)
            for (size_t q = 0; q < queries; q++)
                mean[row * queries + q] +=
                    values[(row * n_prompts + n) * queries + q] / (double)n_prompts;
}

/* The step axis: what does not vary has the posterior of the first step. */
static void finish_posterior(AmbitRun *run)
{
    const AmbitMeasures *m = &run->measures;
    AmbitTargetResult *r = run->result;
    if (m->posterior_raw == AMBIT_NO_ARRAY)
        return;
    const AmbitResultArray *raw = &r->arrays[m->posterior_raw];
    if (run->step)
        memcpy(ambit_run_values(run, m->posterior_raw), raw->values + run->sweep * raw->count,
               raw->count * sizeof *raw->values);
    average(ambit_run_values(run, m->posterior), ambit_run_values(run, m->posterior_raw),
            raw->count / (r->n_prompts * r->n_queries), r->n_prompts, r->n_queries);
}

/* Distances of one column to those after it: an ambit_lane_fn. */
static void measure_distances(void *context, size_t a, size_t slot)
{
    const AmbitRun *run = context;
    (void)slot;
    const AmbitTargetResult *r = run->result;
    size_t queries = r->n_queries, prompts = r->n_prompts;
    double *distance = ambit_run_values(run, run->measures.distance); // [C][C][Q]
    double scale = 1.0 / (r->normalizer[run->lead] * (double)r->n_prompts);
    for (size_t b = a + 1; b < r->n_columns; b++) {
        double *row = distance + (a * r->n_columns + b) * queries;
        for (size_t n = 0; n < prompts; n++)
            for (size_t q = 0; q < queries; q++)
                row[q] += scale * ambit_error_between(
                                      r->binary, run->prediction[(a * prompts + n) * queries + q],
                                      run->prediction[(b * prompts + n) * queries + q]);
        memcpy(distance + (b * r->n_columns + a) * queries, row, queries * sizeof *row);
    }
}

static void measure_relative_distances(const AmbitRun *run)
{
    const AmbitMeasures *m = &run->measures;
    size_t columns = run->result->n_columns, queries = run->result->n_queries, n = m->n_singles;
    if (m->relative == AMBIT_NO_ARRAY)
        return;
    const double *distance = ambit_run_values(run, m->distance); // [C][C][Q]
    double *relative = ambit_run_values(run, m->relative);       // [C][S][Q]
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

static void measure_flags(const AmbitRun *run)
{
    const AmbitTargetResult *r = run->result;
    size_t queries = r->n_queries, answers = r->n_prompts * queries;
    const unsigned char *flag = r->flag + run->lead * r->n_columns * answers;
    double *flagged = ambit_run_values(run, run->measures.flagged); // [C][kind][Q]
    for (size_t i = 0; i < r->n_columns * answers; i++)
        for (size_t kind = 0; kind < FLAG_KINDS; kind++)
            flagged[(i / answers * FLAG_KINDS + kind) * queries + i % queries] +=
                flag[i] >> kind & 1;
    for (size_t i = 0; i < r->n_columns * FLAG_KINDS * queries; i++)
        flagged[i] /= (double)r->n_prompts;
}

/* Regret of one column against every reference: an ambit_lane_fn. */
static void measure_regret(void *context, size_t column, size_t slot)
{
    AmbitRun *run = context;
    (void)slot;
    const AmbitMeasures *m = &run->measures;
    const AmbitTargetResult *r = run->result;
    size_t answers = r->n_prompts * r->n_queries;
    const double *errors = r->squared_error + run->lead * r->n_columns * answers;
    double *difference = ambit_alloc(answers + r->n_queries, sizeof *difference);
    run->statuses[column] = difference ? AMBIT_OK : AMBIT_NO_MEMORY;
    for (size_t i = 0; i < m->n_references && !run->statuses[column]; i++) {
        size_t at = (i * r->n_columns + column) * r->n_queries;
        for (size_t j = 0; j < answers; j++)
            difference[j] = errors[column * answers + j] - errors[m->references[i] * answers + j];
        run->statuses[column] = ambit_bootstrap_statistics(
            difference, r->n_prompts, r->n_queries, (size_t)run->settings->bootstrap, run->key,
            ambit_run_values(run, m->regret) + at, difference + answers, // medians: not kept
            ambit_run_values(run, m->regret_low) + at, ambit_run_values(run, m->regret_high) + at,
            NULL);
    }
    ambit_free(difference);
}

AmbitStatus ambit_measures_finish(AmbitRun *run, AmbitError *error)
{
    size_t n_columns = run->result->n_columns;
    ambit_lanes_run(n_columns, run->n_threads, measure_distances, run);
    measure_relative_distances(run);
    measure_flags(run);
    finish_posterior(run);
    if (run->measures.regret == AMBIT_NO_ARRAY)
        return AMBIT_OK;
    ambit_lanes_run(n_columns, run->n_threads, measure_regret, run);
    for (size_t c = 0; c < n_columns; c++)
        if (run->statuses[c])
            return ambit_run_no_memory(run, error);
    return AMBIT_OK;
}
