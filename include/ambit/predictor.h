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

/* Flags of a prediction. */
enum {
    AMBIT_FLAG_NOT_CONVERGED = 1, // a solver stopped early
    AMBIT_FLAG_SINGULAR = 2,      // the points do not determine the fit
    AMBIT_FLAG_NO_ANSWER = 4      // the predictor cannot answer these prompts: NaN
};

typedef struct AmbitPredictorContext AmbitPredictorContext;

/* Reads prediction [N][Q] for the prompts of the context from a file. Refuses files that hold
 * predictions for other prompts. */
typedef AmbitStatus (*ambit_answers_fn)(const char *path, const AmbitPredictorContext *context,
                                        size_t n_queries, double *prediction, AmbitError *error);

/* What a predictor may know of an evaluation before it predicts. All pointers are borrowed and stay
 * valid until the next bind. */
struct AmbitPredictorContext {
    const AmbitMixture *pretraining; // what the model was trained on; NULL if unknown
    const AmbitMixture *target;      // what the prompts are drawn from, with the swept value set
    const AmbitPromptDistribution *distribution;
    AmbitKey key;             // of the draw of the prompts
    size_t n_points;          // P
    const char *name;         // name of the target
    size_t n_prompts;         // N
    size_t sweep, n_sweep;    // index and number of swept values; n_sweep 0: no sweep
    ambit_answers_fn answers; // NULL: predictions cannot be read from files
};

typedef struct AmbitPrefixFit AmbitPrefixFit;
typedef struct AmbitSentenceAnswers AmbitSentenceAnswers;

typedef struct AmbitPredictorType {
    const char *name;
    const char *summary; // one line: what it computes
    const char *source;  // paper and equation
    const AmbitParameter *parameters;
    size_t settings_size;

    /* Optional. Checks settings, builds `state`, and calls ambit_predictor_set_columns if the
     * predictor has more than one column. */
    AmbitStatus (*init)(AmbitPredictor *predictor, AmbitError *error);
    void (*fini)(AmbitPredictor *predictor); // optional; accepts a half-built predictor

    /* Optional. Prepares for a target and swept value; called before workspaces are made. Returns
     * AMBIT_INVALID for prompts that the predictor cannot answer. Must not change the columns. */
    AmbitStatus (*bind)(AmbitPredictor *predictor, const AmbitPredictorContext *context,
                        AmbitError *error);

    /* Optional, both or neither. Make and free the memory that one thread needs for prompts of the
     * shape of this batch. NULL: predict needs none. */
    AmbitStatus (*workspace_create)(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error);
    void (*workspace_destroy)(void *workspace);

    /* Writes prediction [C][B][Q] and adds AMBIT_FLAG_* to flag [C][B][Q], which the caller has set
     * to 0. For query q it reads the first seen[q] points only. It allocates nothing. NULL: the
     * predictor answers no prompts, and of the functions above it may have init and fini only. */
    void (*predict)(const AmbitPredictor *predictor, const AmbitPromptBatch *batch, void *workspace,
                    double *prediction, unsigned char *flag);

    /* Optional. The steps of a fit that grows point by point (src/predict/prefix.h). NULL: none. */
    const AmbitPrefixFit *prefix;

    /* Optional, for predictors with n_classes > 0. Writes posterior [K][B][Q]: the probability of
     * each class, after the points seen, under the prior of the first column. `batch` must be the
     * last one that `predict` answered with this workspace. */
    void (*posterior)(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                      void *workspace, double *posterior);

    /* Optional. Writes gradient [C][B][Q][D], the derivatives of the predictions with respect to
     * the query inputs of a split batch. May allocate. NULL: probes use central differences. */
    AmbitStatus (*gradient)(const AmbitPredictor *predictor, const AmbitPromptBatch *batch,
                            double *gradient, AmbitError *error);

    /* How the predictor answers sentences (sentence_predictor.h). NULL: it answers none. */
    const AmbitSentenceAnswers *sentences;
} AmbitPredictorType;

struct AmbitPredictor {
    const AmbitPredictorType *type;
    char *label;        // owned; by default the name of the type
    size_t n_columns;   // C answers to each query; a path over regularisers has several
    char **columns;     // [C] names on the predictor axis of results, owned
    char **notes;       // [C] set by bind: why a column has no answers, or NULL; owned
    bool one_class;     // assumes one class of functions; set by init or by the caller
    void *settings;     // the settings struct of the type, owned
    void *state;        // built by init and bind, freed by fini
    size_t n_classes;   // K, set by bind; 0 without a posterior over classes
    char **class_names; // [K] owned
};

/* Returns all registered types, NULL-ended, in the order `ambit list` shows them. */
const AmbitPredictorType *const *ambit_predictor_types(void);

/* Returns the type of this name, or NULL if there is none. */
const AmbitPredictorType *ambit_predictor_type_find(const char *name);

/* Creates a predictor with default settings, not yet checked. The caller then sets fields of
 * `settings` (and the label) and calls ambit_predictor_finish. Destroy accepts either state. */
AmbitStatus ambit_predictor_create(AmbitPredictor **predictor, const AmbitPredictorType *type,
                                   AmbitError *error);
AmbitStatus ambit_predictor_finish(AmbitPredictor *predictor, AmbitError *error);
void ambit_predictor_destroy(AmbitPredictor **predictor);

/* For init functions. Sets the columns: their number, and copies of their names. */
AmbitStatus ambit_predictor_set_columns(AmbitPredictor *predictor, size_t n_columns,
                                        char *const *names, AmbitError *error);

/* For bind functions. Sets or clears the note that says why a column has no answers; set copies. */
AmbitStatus ambit_predictor_set_note(AmbitPredictor *predictor, size_t column, const char *note,
                                     AmbitError *error);
void ambit_predictor_clear_note(AmbitPredictor *predictor, size_t column);

/* For bind functions. Sets the classes: their number, and copies of their names. */
AmbitStatus ambit_predictor_set_classes(AmbitPredictor *predictor, size_t n_classes,
                                        char *const *names, AmbitError *error);

/* Calls the `bind` of every predictor that has one. */
AmbitStatus ambit_predictors_bind(AmbitPredictor *const *predictors, size_t n_predictors,
                                  const AmbitPredictorContext *context, AmbitError *error);

/* Makes the predictor that answers with the model's outputs at the rows of the queries (Garg et al.
 * 2208.01066, section 3). It borrows the model. It is not registered, since it needs a model. */
AmbitStatus ambit_predictor_transformer_create(AmbitPredictor **predictor, const AmbitModel *model,
                                               const AmbitKernels *kernels, const char *label,
                                               AmbitError *error);

/* Call this function after the model's parameters have changed: the predictor may hold packed
 * copies. */
void ambit_predictor_transformer_update(AmbitPredictor *predictor, size_t n_threads);

/* The type of predictors that read answers from a file, made by another program for the prompts of
 * `ambit export --prompts`. It is not registered, since its context must have `answers`. */
extern const AmbitPredictorType ambit_predictor_file;

#endif
