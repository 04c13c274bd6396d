// SPDX-License-Identifier: MIT
// The exact Bayes predictor under the prior of a mixture: the oracles of all classes, weighed by
// the probabilities of the classes and the evidence of the labels seen.
#include "oracle/oracle.h"
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AUTO, PRETRAINING, TARGET };

static const char *const priors[] = {"auto", "pretraining", "target", NULL};

typedef struct Settings {
    int prior;
    char *class;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "prior",
     .type = AMBIT_CHOICE,
     .offset = offsetof(Settings, prior),
     .choices = priors,
     .help = "the prior: pretraining mixture or target; auto: a column for each, flagged and NaN "
             "where there is no oracle"},
    {.name = "class",
     .type = AMBIT_TEXT,
     .offset = offsetof(Settings, class),
     .help = "label of one class of the prior (auto: the pretraining mixture), as if prompts were "
             "of no other; none: all"},
    {.name = NULL}};

/* The prior of one column. n_classes is 0 if there is no exact posterior. A class of weight 0 has
 * no oracle, and probability 0. */
typedef struct Prior {
    size_t n_classes;
    double *log_weight;    // [n_classes]
    AmbitOracle **oracles; // [n_classes], NULL for classes of weight 0
} Prior;

typedef struct State {
    Prior priors[2]; // by column
} State;

/* The fit of one class, and the probability of the class. */
typedef struct ClassFit {
    double *memory;
    double probability;
} ClassFit;

typedef struct Fit {
    const State *state;
    size_t n_columns, n_classes; // n_classes: of the posterior
    ClassFit *classes[2];
    double *posterior, *next; // [B][Q][K] of the first column, and its next element
    double reals[];
} Fit;

static AmbitStatus no_memory(const AmbitPredictor *predictor, AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s", predictor->label);
}

static bool one_class(const AmbitPredictor *predictor)
{
    const char *class = ((const Settings *)predictor->settings)->class;
    return class && *class;
}

/* Names the column "bayes_dense" after the class, or as the label says. */
static AmbitStatus name_after_class(AmbitPredictor *predictor, AmbitError *error)
{
    char name[512], *names[] = {name};
    const char *class = ((const Settings *)predictor->settings)->class;
    bool labelled = strcmp(predictor->label, predictor->type->name) != 0;
    predictor->one_class = true;
    snprintf(name, sizeof name, "%.250s%s%.250s", predictor->label, labelled ? "" : "_",
             labelled ? "" : class);
    return ambit_predictor_set_columns(predictor, 1, names, error);
}

static AmbitStatus init(AmbitPredictor *predictor, AmbitError *error)
{
    const Settings *s = predictor->settings;
    predictor->state = ambit_alloc(1, sizeof(State));
    if (!predictor->state)
        return no_memory(predictor, error);
    if (one_class(predictor))
        return name_after_class(predictor, error);
    if (s->prior != AUTO)
        return AMBIT_OK; // one column by the predictor's label
    char names[2][256], *list[] = {names[0], names[1]};
    for (int i = 0; i < 2; i++)
        snprintf(names[i], sizeof names[i], "%.240s_%s", predictor->label, priors[PRETRAINING + i]);
    return ambit_predictor_set_columns(predictor, 2, list, error);
}

static void free_prior(Prior *prior)
{
    for (size_t c = 0; prior->oracles && c < prior->n_classes; c++)
        ambit_oracle_destroy(&prior->oracles[c]);
    ambit_free(prior->oracles);
    ambit_free(prior->log_weight);
    *prior = (Prior){0};
}

static void fini(AmbitPredictor *predictor)
{
    State *state = predictor->state;
    for (size_t i = 0; state && i < 2; i++)
        free_prior(&state->priors[i]);
    ambit_free(state);
}

/* Makes the oracle of the class that was asked for, or of all classes. */
static AmbitStatus open_prior(Prior *prior, const AmbitPredictor *predictor,
                              const AmbitMixture *mixture, size_t n_points, AmbitError *error)
{
    const char *class = ((const Settings *)predictor->settings)->class;
    size_t n = mixture->n_classes;
    double total = 0.0, floor = ambit_oracle_noise_floor(mixture);
    AmbitStatus status = AMBIT_OK;
    prior->log_weight = ambit_alloc(n, sizeof *prior->log_weight);
    prior->oracles = ambit_alloc(n, sizeof *prior->oracles);
    if (!prior->log_weight || !prior->oracles)
        status = no_memory(predictor, error);
    for (size_t c = 0; c < n; c++)
        total += mixture->weights[c];
    for (size_t c = 0; c < n && !status; c++) {
        if (one_class(predictor) && strcmp(mixture->labels[c], class) != 0)
            continue;
        size_t i = prior->n_classes++;
        prior->log_weight[i] = one_class(predictor) ? 0.0 : log(mixture->weights[c] / total);
        if (one_class(predictor) || mixture->weights[c] > 0.0)
            status = ambit_oracle_create(&prior->oracles[i], mixture->families[c], floor, n_points,
                                         error);
    }
    if (!status && prior->n_classes == 0)
        status = ambit_error_parameter(error, "class",
                                       "%s: the prior has no class %s; give the label of one of "
                                       "its tasks",
                                       predictor->label, class);
    if (status)
        free_prior(prior);
    return status;
}

/* With auto, a prior without an exact posterior leaves its column without answers. */
static AmbitStatus bind(AmbitPredictor *predictor, const AmbitPredictorContext *context,
                        AmbitError *error)
{
    const Settings *s = predictor->settings;
    State *state = predictor->state;
    const AmbitMixture *mixtures[] = {context->pretraining, context->target};
    size_t first = s->prior == TARGET;
    for (size_t i = 0; i < predictor->n_columns; i++) {
        const AmbitMixture *mixture = mixtures[first + i];
        AmbitStatus status;
        free_prior(&state->priors[i]);
        if (mixture)
            status = open_prior(&state->priors[i], predictor, mixture, context->n_points, error);
        else
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "%s: no pretraining mixture is known; give prior: target",
                                     predictor->label);
        bool may_lack = s->prior == AUTO && !one_class(predictor) && status == AMBIT_INVALID;
        if (status && !may_lack)
            return status;
        ambit_predictor_clear_note(predictor, i);
        if (status)
            status = ambit_predictor_set_note(predictor, i, error->message, error);
        if (status)
            return status;
    }
    size_t known = one_class(predictor) ? 0 : state->priors[0].n_classes;
    return ambit_predictor_set_classes(predictor, known, known ? mixtures[first]->labels : NULL,
                                       error);
}

static void workspace_destroy(void *workspace)
{
    Fit *fit = workspace;
    if (fit)
        for (size_t i = 0; i < 2; i++)
            ambit_free(fit->classes[i]);
    ambit_free(fit);
}

static size_t fit_reals(const Prior *prior)
{
    size_t reals = 0;
    for (size_t c = 0; c < prior->n_classes; c++)
        if (prior->oracles[c])
            reals += prior->oracles[c]->type->fit_size(prior->oracles[c]);
    return reals;
}

/* Lays the fits of one column out from *memory on, which moves past them. NULL without memory. */
static ClassFit *place_classes(const Prior *prior, double **memory)
{
    ClassFit *classes = ambit_alloc(prior->n_classes, sizeof *classes);
    for (size_t c = 0; classes && c < prior->n_classes; c++) {
        if (!prior->oracles[c])
            continue;
        classes[c].memory = *memory;
        *memory += prior->oracles[c]->type->fit_size(prior->oracles[c]);
    }
    return classes;
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    const State *state = predictor->state;
    size_t posterior = shape->n_prompts * shape->n_queries * predictor->n_classes;
    size_t reals = posterior + fit_reals(&state->priors[0]) + fit_reals(&state->priors[1]);
    AmbitStatus status = ambit_prefix_workspace(predictor, sizeof(Fit), reals, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    double *memory = fit->reals + posterior;
    fit->state = state;
    fit->n_columns = predictor->n_columns;
    fit->n_classes = predictor->n_classes;
    fit->posterior = fit->reals;
    for (size_t i = 0; i < 2; i++)
        if (!(fit->classes[i] = place_classes(&state->priors[i], &memory))) {
            workspace_destroy(fit);
            *workspace = NULL;
            return no_memory(predictor, error);
        }
    return AMBIT_OK;
}

static void reset(void *workspace)
{
    Fit *fit = workspace;
    for (size_t i = 0; i < fit->n_columns; i++) {
        const Prior *prior = &fit->state->priors[i];
        for (size_t c = 0; c < prior->n_classes; c++)
            if (prior->oracles[c])
                prior->oracles[c]->type->reset(prior->oracles[c], fit->classes[i][c].memory);
    }
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    for (size_t i = 0; i < fit->n_columns; i++) {
        const Prior *prior = &fit->state->priors[i];
        for (size_t c = 0; c < prior->n_classes; c++)
            if (prior->oracles[c])
                prior->oracles[c]->type->add(prior->oracles[c], fit->classes[i][c].memory, x, y);
    }
}

/* Sets the probabilities of the classes, which are proportional to weight · evidence. */
static void weigh(const Prior *prior, ClassFit *classes)
{
    double most = -INFINITY, sum = 0.0;
    for (size_t c = 0; c < prior->n_classes; c++) {
        const AmbitOracle *oracle = prior->oracles[c];
        double evidence = oracle ? oracle->type->solve(oracle, classes[c].memory) : 0.0;
        classes[c].probability = prior->log_weight[c] + evidence;
        most = fmax(most, classes[c].probability);
    }
    for (size_t c = 0; c < prior->n_classes; c++)
        sum += classes[c].probability = exp(classes[c].probability - most);
    for (size_t c = 0; c < prior->n_classes; c++)
        classes[c].probability /= sum;
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    for (size_t i = 0; i < fit->n_columns; i++)
        weigh(&fit->state->priors[i], fit->classes[i]);
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    const Prior *prior = &fit->state->priors[column];
    const ClassFit *classes = fit->classes[column];
    double mean = 0.0;
    if (prior->n_classes == 0) {
        *flag = AMBIT_FLAG_NO_ANSWER;
        return NAN;
    }
    for (size_t c = 0; c < prior->n_classes; c++)
        if (classes[c].probability > 0.0)
            mean += classes[c].probability *
                    prior->oracles[c]->type->answer(prior->oracles[c], classes[c].memory, x);
    return mean;
}

/* Keeps the probabilities of the classes of the first column, query by query. */
static void visit(void *workspace)
{
    Fit *fit = workspace;
    for (size_t c = 0; c < fit->n_classes; c++)
        *fit->next++ = fit->classes[0][c].probability;
}

static const AmbitPrefixFit prefix = {
    .reset = reset, .add = add, .solve = solve, .answer = answer, .visit = visit};

static void predict(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *workspace,
                    double *prediction, unsigned char *flag)
{
    ((Fit *)workspace)->next = ((Fit *)workspace)->posterior;
    ambit_prefix_predict(predictor, batch, workspace, prediction, flag);
}

static void posterior(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                      void *workspace, double *out)
{
    const Fit *fit = workspace;
    size_t answers = batch->n_prompts * batch->n_queries, n = predictor->n_classes;
    for (size_t c = 0; c < n; c++)
        for (size_t i = 0; i < answers; i++)
            *out++ = fit->posterior[i * n + c];
}

const AmbitPredictorType ambit_predictor_bayes = {
    .name = "bayes",
    .summary = "the posterior mean under the pretraining mixture, the target, or both: exact, but "
               "for ReLU networks, taken to be of infinite width",
    .source = "Panwar et al. 2306.04891; Raventos et al. 2306.15063",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .bind = bind,
    .workspace_create = workspace_create,
    .workspace_destroy = workspace_destroy,
    .prefix = &prefix,
    .predict = predict,
    .posterior = posterior};
