// SPDX-License-Identifier: MIT
// The lists of function families, prompt distributions and languages, one each. A new one is its
// own file defining the record `ambit_family_NAME`, `ambit_prompts_NAME` or `ambit_language_NAME`,
// and one line here.
#ifndef AMBIT_TASKS_REGISTRY_H
#define AMBIT_TASKS_REGISTRY_H

#include "ambit/family.h"
#include "ambit/language.h"
#include "ambit/prompt_distribution.h"

#define AMBIT_FAMILY_LIST(X)                                                                       \
    X(linear_regression)                                                                           \
    X(sparse_linear_regression)                                                                    \
    X(noisy_linear_regression)                                                                     \
    X(quadratic_regression)                                                                        \
    X(relu_2nn_regression)                                                                         \
    X(decision_tree)                                                                               \
    X(linear_classification)                                                                       \
    X(sinusoid)                                                                                    \
    X(sine_phase)                                                                                  \
    X(sign_vector)                                                                                 \
    X(low_rank)                                                                                    \
    X(laplace_regression)                                                                          \
    X(gaussian_mixture_regression)                                                                 \
    X(fourier_series)                                                                              \
    X(polynomial)                                                                                  \
    X(monomials)                                                                                   \
    X(convex)                                                                                      \
    X(noise)                                                                                       \
    X(rescale)                                                                                     \
    X(pool)                                                                                        \
    X(product)                                                                                     \
    X(composition)

#define AMBIT_PROMPTS_LIST(X)                                                                      \
    X(standard)                                                                                    \
    X(random_quadrants)                                                                            \
    X(opposite_quadrants)                                                                          \
    X(orthogonal_train_test)                                                                       \
    X(overlapping_train_test)                                                                      \
    X(half_subspace)                                                                               \
    X(skewed)                                                                                      \
    X(scale_x)                                                                                     \
    X(query_scale)                                                                                 \
    X(uniform)                                                                                     \
    X(laplace)                                                                                     \
    X(exponential)                                                                                 \
    X(student_t)                                                                                   \
    X(cauchy)                                                                                      \
    X(ar1)                                                                                         \
    X(grid)

#define AMBIT_LANGUAGE_LIST(X)                                                                     \
    X(question_formation)                                                                          \
    X(tense_inflection)                                                                            \
    X(dyck)

#define AMBIT_DECLARE_FAMILY(name) extern const AmbitFamilyType ambit_family_##name;
AMBIT_FAMILY_LIST(AMBIT_DECLARE_FAMILY)
#undef AMBIT_DECLARE_FAMILY

#define AMBIT_DECLARE_PROMPTS(name) extern const AmbitPromptDistributionType ambit_prompts_##name;
AMBIT_PROMPTS_LIST(AMBIT_DECLARE_PROMPTS)
#undef AMBIT_DECLARE_PROMPTS

#define AMBIT_DECLARE_LANGUAGE(name) extern const AmbitLanguageType ambit_language_##name;
AMBIT_LANGUAGE_LIST(AMBIT_DECLARE_LANGUAGE)
#undef AMBIT_DECLARE_LANGUAGE

#endif
