// SPDX-License-Identifier: MIT
// The lifetime of predictors.
#include "ambit/predictor.h"

#include "ambit/memory.h"

AmbitStatus ambit_predictor_create(AmbitPredictor **predictor, const AmbitPredictorType *type,
                                   AmbitError *error)
{
    *predictor = ambit_alloc(1, sizeof **predictor);
    if (!*predictor)
        goto fail;
    (*predictor)->type = type;
    (*predictor)->label = ambit_strdup(type->name);
    (*predictor)->settings = ambit_alloc(1, type->settings_size);
    if (!(*predictor)->label || !(*predictor)->settings)
        goto fail;
    ambit_parameters_default(type->parameters, (*predictor)->settings);
    return AMBIT_OK;
fail:
    ambit_predictor_destroy(predictor);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for predictor %s", type->name);
}

AmbitStatus ambit_predictor_finish(AmbitPredictor *predictor, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    if (predictor->type->init)
        status = predictor->type->init(predictor, error);
    if (!status && predictor->n_columns == 0)
        status = ambit_predictor_set_columns(predictor, 1, &predictor->label, error);
    return status;
}

static void free_notes(AmbitPredictor *predictor)
{
    for (size_t c = 0; predictor->notes && c < predictor->n_columns; c++)
        ambit_free(predictor->notes[c]);
    ambit_free(predictor->notes);
    predictor->notes = NULL;
}

static void free_names(char ***names, size_t *count)
{
    for (size_t i = 0; *names && i < *count; i++)
        ambit_free((*names)[i]);
    ambit_free(*names);
    *names = NULL;
    *count = 0;
}

void ambit_predictor_destroy(AmbitPredictor **predictor)
{
    AmbitPredictor *p = *predictor;
    if (!p)
        return;
    if (p->type->fini)
        p->type->fini(p);
    if (p->settings)
        ambit_parameters_free(p->type->parameters, p->settings);
    free_notes(p);
    free_names(&p->columns, &p->n_columns);
    free_names(&p->class_names, &p->n_classes);
    ambit_free(p->settings);
    ambit_free(p->label);
    ambit_free(p);
    *predictor = NULL;
}

/* Replaces a list of names by copies of `names` [n]. */
static AmbitStatus set_names(char ***list, size_t *count, size_t n, char *const *names)
{
    free_names(list, count);
    *list = ambit_alloc(n, sizeof **list);
    if (!*list)
        return AMBIT_NO_MEMORY;
    *count = n;
    for (size_t i = 0; i < n; i++)
        if (!((*list)[i] = ambit_strdup(names[i])))
            return AMBIT_NO_MEMORY;
    return AMBIT_OK;
}

AmbitStatus ambit_predictor_set_columns(AmbitPredictor *predictor, size_t n_columns,
                                        char *const *names, AmbitError *error)
{
    free_notes(predictor);
    predictor->notes = ambit_alloc(n_columns, sizeof *predictor->notes);
    if (predictor->notes &&
        !set_names(&predictor->columns, &predictor->n_columns, n_columns, names))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu columns of predictor %s",
                           n_columns, predictor->label);
}

void ambit_predictor_clear_note(AmbitPredictor *predictor, size_t column)
{
    ambit_free(predictor->notes[column]);
    predictor->notes[column] = NULL;
}

AmbitStatus ambit_predictor_set_note(AmbitPredictor *predictor, size_t column, const char *note,
                                     AmbitError *error)
{
    ambit_predictor_clear_note(predictor, column);
    predictor->notes[column] = ambit_strdup(note);
    if (predictor->notes[column])
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a note of predictor %s",
                           predictor->label);
}

AmbitStatus ambit_predictor_set_classes(AmbitPredictor *predictor, size_t n_classes,
                                        char *const *names, AmbitError *error)
{
    if (!set_names(&predictor->class_names, &predictor->n_classes, n_classes, names))
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu classes of predictor %s",
                           n_classes, predictor->label);
}

AmbitStatus ambit_predictors_bind(AmbitPredictor *const *predictors, size_t n_predictors,
                                  const AmbitPredictorContext *context, AmbitError *error)
{
    AmbitStatus status = AMBIT_OK;
    for (size_t p = 0; p < n_predictors && !status; p++)
        if (predictors[p]->type->bind)
            status = predictors[p]->type->bind(predictors[p], context, error);
    return status;
}
