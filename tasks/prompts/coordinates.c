// SPDX-License-Identifier: MIT
// Prompts whose inputs have independent coordinates from a distribution other than the normal one,
// with mean 0 and variance 1 where they exist. Without a variance the mean error over prompts does
// not converge; the median does.
#include "inputs.h"
#include "registry.h"

#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

typedef struct Settings {
    double nu;
} Settings;

static const AmbitParameter parameters[] = {{.name = NULL}};

static const AmbitParameter student_parameters[] = {
    {.name = "nu",
     .type = AMBIT_REAL,
     .offset = offsetof(Settings, nu),
     .fallback = 3.0,
     .minimum = DBL_MIN,
     .maximum = INFINITY,
     .help = "degrees of freedom; the distribution has a variance, which is made 1, if nu > 2"},
    {.name = NULL}};

static double student(const AmbitPromptDistribution *distribution, gsl_rng *rng)
{
    double nu = ((const Settings *)distribution->settings)->nu;
    return gsl_ran_tdist(rng, nu) * (nu > 2.0 ? sqrt((nu - 2.0) / nu) : 1.0);
}

static double coordinate(const AmbitPromptDistribution *distribution, gsl_rng *rng)
{
    const AmbitPromptDistributionType *type = distribution->type;
    if (type == &ambit_prompts_uniform)
        return sqrt(3.0) * (2.0 * gsl_rng_uniform_pos(rng) - 1.0);
    if (type == &ambit_prompts_laplace)
        return gsl_ran_laplace(rng, sqrt(0.5));
    if (type == &ambit_prompts_exponential)
        return gsl_ran_exponential(rng, 1.0) - 1.0;
    if (type == &ambit_prompts_cauchy)
        return gsl_ran_cauchy(rng, 1.0);
    return student(distribution, rng);
}

static void draw(const AmbitPromptDistribution *distribution, const AmbitPromptDraw *prompt)
{
    double *x = prompt->x;
    memset(x, 0, prompt->n_points * distribution->n_dims * sizeof *x);
    for (size_t p = 0; p < prompt->n_points; p++, x += distribution->n_dims)
        for (size_t j = 0; j < prompt->active_dims; j++)
            x[j] = coordinate(distribution, prompt->input);
}

const AmbitPromptDistributionType ambit_prompts_uniform = {
    .name = "uniform",
    .summary = "coordinates of x uniform on [-sqrt(3), sqrt(3)]",
    .source = "von Oswald et al. 2212.07677 (uniform inputs); standardised",
    .parameters = parameters,
    .draw = draw,
    .check = ambit_prompts_need_normal};

const AmbitPromptDistributionType ambit_prompts_laplace = {
    .name = "laplace",
    .summary = "coordinates of x from the Laplace distribution of variance 1",
    .source = "covariate shift beyond Garg et al. 2208.01066, section 4",
    .parameters = parameters,
    .draw = draw,
    .check = ambit_prompts_need_normal};

const AmbitPromptDistributionType ambit_prompts_exponential = {
    .name = "exponential",
    .summary = "coordinates of x exponential, less their mean: mean 0, variance 1, skewed",
    .source = "covariate shift beyond Garg et al. 2208.01066, section 4",
    .parameters = parameters,
    .draw = draw,
    .check = ambit_prompts_need_normal};

const AmbitPromptDistributionType ambit_prompts_student_t = {
    .name = "student_t",
    .summary = "coordinates of x from Student's t distribution, of variance 1 if nu > 2",
    .source = "covariate shift beyond Garg et al. 2208.01066, section 4",
    .parameters = student_parameters,
    .settings_size = sizeof(Settings),
    .draw = draw,
    .check = ambit_prompts_need_normal};

const AmbitPromptDistributionType ambit_prompts_cauchy = {
    .name = "cauchy",
    .summary = "coordinates of x from the standard Cauchy distribution, which has neither mean nor "
               "variance "
               "(read the median error)",
    .source = "covariate shift beyond Garg et al. 2208.01066, section 4",
    .parameters = parameters,
    .draw = draw,
    .check = ambit_prompts_need_normal};
