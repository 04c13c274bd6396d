// SPDX-License-Identifier: MIT
// The one list of predictors that need nothing but their settings. A new one is its own file
// defining the record `ambit_predictor_NAME`, and one line here.
#ifndef AMBIT_PREDICT_REGISTRY_H
#define AMBIT_PREDICT_REGISTRY_H

#include "ambit/predictor.h"

#ifdef AMBIT_XGBOOST // the option `xgboost`, where libxgboost is installed
#define AMBIT_PREDICTOR_XGBOOST(X) X(xgboost)
#else
#define AMBIT_PREDICTOR_XGBOOST(X)
#endif

#define AMBIT_PREDICTOR_LIST(X)                                                                    \
    X(least_squares)                                                                               \
    X(ridge)                                                                                       \
    X(lasso)                                                                                       \
    X(averaging)                                                                                   \
    X(gradient_descent)                                                                            \
    X(nearest_neighbors)                                                                           \
    X(decision_tree)                                                                               \
    AMBIT_PREDICTOR_XGBOOST(X)                                                                     \
    X(gd_network)                                                                                  \
    X(logistic_regression)                                                                         \
    X(combination_oracle)                                                                          \
    X(bayes)                                                                                       \
    X(zero)                                                                                        \
    X(linear_rule)                                                                                 \
    X(hierarchical_rule)                                                                           \
    X(first_noun)                                                                                  \
    X(last_auxiliary)                                                                              \
    X(n_gram)                                                                                      \
    X(uniform)

#define AMBIT_DECLARE_PREDICTOR(name) extern const AmbitPredictorType ambit_predictor_##name;
AMBIT_PREDICTOR_LIST(AMBIT_DECLARE_PREDICTOR)
#undef AMBIT_DECLARE_PREDICTOR

#endif
