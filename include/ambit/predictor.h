// SPDX-License-Identifier: MIT
// Predictor: anything that maps a context and queries to predictions. One interface for the
// transformer, the baselines and the oracles, so that any two can be compared.
#ifndef AMBIT_PREDICTOR_H
#define AMBIT_PREDICTOR_H

#include "ambit/model.h"
#include "ambit/parameter.h"
#include "ambit/prompt_distribution.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct AmbitPredictor AmbitPredictor;

/* NO_ANSWER: this predictor has none for these prompts; the prediction is NaN. */
enum { AMBIT_FLAG_NOT_CONVERGED = 1, AMBIT_FLAG_SINGULAR = 2, AMBIT_FLAG_NO_ANSWER = 4 };

typedef struct AmbitPredictorContext AmbitPredictorContext;

/* Reads prediction [N][Q] of the context's prompts from a file; refuses one of other prompts. */
typedef AmbitStatus (*ambit_answers_fn)(const char *path, const AmbitPredictorContext *context,
                                        size_t n_queries, double *prediction, AmbitError *error);

/* What a predictor may know of an evaluation beforehand. All borrowed, alive until the next bind.
 */
struct AmbitPredictorContext {
    const AmbitMixture *pretraining; // what the model was trained on; NULL if unknown
    const AmbitMixture *target;      // what the prompts are drawn from, swept parameter set
    const AmbitPromptDistribution *distribution;
    AmbitKey key;             // of the evaluation's prompts
    size_t n_points;          // P
    const char *name;         // of the target
    size_t n_prompts;         // N
    size_t sweep, n_sweep;    // index of the swept value; n_sweep 0: nothing is swept
    ambit_answers_fn answers; // or NULL
};

typedef struct AmbitPrefixFit AmbitPrefixFit;

typedef struct AmbitPredictorType {
    const char *name;
    const char *summary;
    const char *source;
    const AmbitParameter *parameters;
    size_t settings_size;

    AmbitStatus (*init)(AmbitPredictor *predictor, AmbitError *error); // optional
    void (*fini)(AmbitPredictor *predictor);                           // optional

    /* Optional. Called before workspaces are made, for every target and sweep value: settles what
     * depends on them. Columns stay as init set them. Refuses prompts it can not answer. */
    AmbitStatus (*bind)(AmbitPredictor *predictor, const AmbitPredictorContext *context,
                        AmbitError *error);

    /* Memory one thread needs for prompts of this batch's shape; NULL function: none. */
    AmbitStatus (*workspace_create)(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error);
    void (*workspace_destroy)(void *workspace);

    /* prediction [C][B][Q], flag [C][B][Q] (zeroed by the caller; AMBIT_FLAG_*). Must read, for
     * query q, only the first seen[q] examples. Allocates nothing. */
    void (*predict)(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *workspace,
                    double *prediction, unsigned char *flag);

    /* Optional. For predictors that grow a fit example by example: its steps
     * (src/predict/prefix.h).
     */
    const AmbitPrefixFit *prefix;

    /* Optional, for predictors with n_classes > 0: the probabilities [K][B][Q] that each class of
     * the first column's prior has after the examples seen. Of the last batch that `predict`
     * answered with this workspace. */
    void (*posterior)(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                      void *workspace, double *posterior);

    /* Optional: gradient [C][B][Q][D] of the predictions by the queries of a split batch. For
     * probes; allocates what it needs. Without it differences of predictions are taken. */
    AmbitStatus (*gradient)(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                            double *gradient, AmbitError *error);
} AmbitPredictorType;

struct AmbitPredictor {
    const AmbitPredictorType *type;
    char *label;        // owned; defaults to the type's name
    size_t n_columns;   // C: a path over regularisers yields several predictors at once
    char **columns;     // [C] names on the results' predictor axis, owned
    char **notes;       // [C] why a column has no answers, by the last bind, or NULL; owned
    bool one_class;     // made for one class of functions: settled by init, or by who made it
    void *settings;     // owned
    void *state;        // what init and bind built
    size_t n_classes;   // K, 0 without a posterior over classes; settled by bind
    char **class_names; // [K] owned
};

const AmbitPredictorType *const *ambit_predictor_types(void); // NULL-ended
const AmbitPredictorType *ambit_predictor_type_find(const char *name);

/* As for families: create with defaults, set settings (and label), finish. */
AmbitStatus ambit_predictor_create(AmbitPredictor **predictor, const AmbitPredictorType *type,
                                   AmbitError *error);
AmbitStatus ambit_predictor_finish(AmbitPredictor *predictor, AmbitError *error);
void ambit_predictor_destroy(AmbitPredictor **predictor);

/* For init functions: sets n_columns and the column names (copied). */
AmbitStatus ambit_predictor_set_columns(AmbitPredictor *predictor, size_t n_columns,
                                        char *const *names, AmbitError *error);

/* For bind functions: says (in a copy) why a column has no answers, or takes that back. */
AmbitStatus ambit_predictor_set_note(AmbitPredictor *predictor, size_t column, const char *note,
                                     AmbitError *error);
void ambit_predictor_clear_note(AmbitPredictor *predictor, size_t column);

/* For bind functions: sets n_classes and the class names (copied). */
AmbitStatus ambit_predictor_set_classes(AmbitPredictor *predictor, size_t n_classes,
                                        char *const *names, AmbitError *error);

/* Binds those predictors that have something to bind. */
AmbitStatus ambit_predictors_bind(AmbitPredictor *const *predictors, size_t n_predictors,
                                  const AmbitPredictorContext *context, AmbitError *error);

/* The transformer as a predictor: reads its output at the tokens of the queries (Garg et al.
 * 2208.01066, §3). It needs a model, so the registry does not have it. Borrows the model. */
AmbitStatus ambit_predictor_transformer_create(AmbitPredictor **predictor, const AmbitModel *model,
                                               const AmbitKernels *kernels, const char *label,
                                               AmbitError *error);

/* To be called whenever the model's parameters have changed: it may keep them packed. */
void ambit_predictor_transformer_update(AmbitPredictor *predictor, size_t n_threads);

/* Predictions made elsewhere, of the prompts that `ambit export --prompts` wrote. It needs what
 * reads them (`answers` of the context), so the registry does not have it. */
extern const AmbitPredictorType ambit_predictor_file;

#endif
