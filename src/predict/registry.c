// SPDX-License-Identifier: MIT
// Predictors by name.
#include "registry.h"

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
