// SPDX-License-Identifier: MIT
// Predictors by name, and their lifetime.
#include "registry.h"

#include "ambit/memory.h"

#include <string.h>

#define PREDICTOR_ENTRY(name) &ambit_predictor_##name,
static const AmbitPredictorType *const types[] = {AMBIT_PREDICTOR_LIST(PREDICTOR_ENTRY) NULL};
#undef PREDICTOR_ENTRY

const AmbitPredictorType *const *ambit_predictor_types(void)
{
    return types;
}

const AmbitPredictorType *ambit_predictor_type_find(const char *name)
{
    for (const AmbitPredictorType *const *type = types; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

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

static void free_columns(AmbitPredictor *predictor)
{
    for (size_t c = 0; predictor->columns && c < predictor->n_columns; c++)
        ambit_free(predictor->columns[c]);
    ambit_free(predictor->columns);
    predictor->columns = NULL;
    predictor->n_columns = 0;
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
    free_columns(p);
    ambit_free(p->settings);
    ambit_free(p->label);
    ambit_free(p);
    *predictor = NULL;
}

AmbitStatus ambit_predictor_set_columns(AmbitPredictor *predictor, size_t n_columns,
                                        char *const *names, AmbitError *error)
{
    free_columns(predictor);
    predictor->columns = ambit_alloc(n_columns, sizeof *predictor->columns);
    if (!predictor->columns)
        goto fail;
    predictor->n_columns = n_columns;
    for (size_t c = 0; c < n_columns; c++)
        if (!(predictor->columns[c] = ambit_strdup(names[c])))
            goto fail;
    return AMBIT_OK;
fail:
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu columns of predictor %s",
                           n_columns, predictor->label);
}
