// SPDX-License-Identifier: MIT
// The one list of predictors that need nothing but their settings. A new one is its own file
// defining the record `ambit_predictor_NAME`, and one line here.
#ifndef AMBIT_PREDICT_REGISTRY_H
#define AMBIT_PREDICT_REGISTRY_H

#include "ambit/predictor.h"

#define AMBIT_PREDICTOR_LIST(X)                                                                    \
    X(least_squares)                                                                               \
    X(lasso)                                                                                       \
    X(zero)

#define AMBIT_DECLARE_PREDICTOR(name) extern const AmbitPredictorType ambit_predictor_##name;
AMBIT_PREDICTOR_LIST(AMBIT_DECLARE_PREDICTOR)
#undef AMBIT_DECLARE_PREDICTOR

#endif
