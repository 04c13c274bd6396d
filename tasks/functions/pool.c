// SPDX-License-Identifier: MIT
// A finite pool of functions, drawn once, so that a model can be pretrained on few or many tasks.
#include "combination.h"
#include "moments.h"
#include "registry.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <math.h>

enum { MOST_SUMMED = 1 << 20 };

typedef struct Settings {
    AmbitFamilyList families;
    int64_t size, pool_seed;
} Settings;

static const AmbitParameter parameters[] = {
    {"size", AMBIT_INT, offsetof(Settings, size), 0, 1, 1 << 24, NULL, "number of functions", true},
    {"pool_seed", AMBIT_INT, offsetof(Settings, pool_seed), 0, 0, 0x1p53, NULL,
     "seed of the functions; with the same, a smaller pool is the beginning of a larger one",
     false},
    AMBIT_PARTS_PARAMETER(1, "the family the functions are drawn from"),
    {0}};

static size_t pool_size(const AmbitFamily *family)
{
    return (size_t)((const Settings *)family->settings)->size;
}

/* Sets function [1 + F], the index and the F numbers of that function of the part, drawn in all
 * dims. Each has a stream of its own, so that a pool of any size takes no memory. */
static void pick(const AmbitFamily *family, size_t index, double *function)
{
    const AmbitFamily *part = ambit_part(family, 0);
    const Settings *s = family->settings;
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){.seed = (uint64_t)s->pool_seed}, AMBIT_STREAM_TARGET,
                      (uint32_t)index);
    *function = (double)index;
    part->type->draw(part, &random.rng, part->n_dims, function + 1);
}

static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    AmbitStatus status = ambit_parts_check(family, error);
    if (!status && ((const Settings *)family->settings)->size < 1)
        status = ambit_error_parameter(error, "size", "a pool needs at least 1 function");
    if (status)
        return status;
    const AmbitFamily *part = ambit_part(family, 0);
    family->binary = part->binary;
    family->context_noise = part->context_noise;
    family->query_noise = part->query_noise;
    return AMBIT_OK;
}

static size_t function_size(const AmbitFamily *family)
{
    return 1 + ambit_part(family, 0)->function_size;
}

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    (void)active_dims;
    pick(family, gsl_rng_uniform_int(rng, pool_size(family)), function);
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const AmbitFamily *part = ambit_part(family, 0);
    return part->type->evaluate(part, function + 1, x);
}

static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    return ambit_family_function_second_moment(ambit_part(family, 0), function + 1, active_dims);
}

static double square_at(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                        const double *x)
{
    return ambit_family_moments(family, rng, active_dims, x).square;
}

/* The mean over the functions of the pool, not over the family. Where the second moments of single
 * functions are known, it is exact up to MOST_SUMMED functions; that of so many is within 0.1 % of
 * the mean over more of them. NaN without memory. */
static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    size_t count = pool_size(family) < MOST_SUMMED ? pool_size(family) : MOST_SUMMED;
    double mean = 0.0, *function = ambit_alloc(function_size(family), sizeof *function);
    for (size_t i = 0; function && i < count && !isnan(mean); i++) {
        pick(family, i, function);
        mean += function_second_moment(family, function, active_dims) / (double)count;
    }
    if (!function || isnan(mean))
        mean = function ? ambit_input_mean(family, active_dims, square_at) : NAN;
    ambit_free(function);
    return mean + family->query_noise;
}

static void observe(const AmbitFamily *family, gsl_rng *rng, double value, double *context,
                    double *query)
{
    ambit_family_observe(ambit_part(family, 0), rng, value, context, query);
}

static AmbitPrior prior(const AmbitFamily *family)
{
    return (AmbitPrior){.kind = AMBIT_PRIOR_FINITE,
                        .n_functions = pool_size(family),
                        .pick = pick,
                        .parts = {ambit_part(family, 0)}};
}

AmbitStatus ambit_pool_create(AmbitFamily **pool, AmbitFamily *part, int64_t size,
                              int64_t pool_seed, AmbitError *error)
{
    AmbitFamilyList list = {ambit_alloc(1, sizeof *list.items), 1};
    AmbitStatus status = ambit_family_create(pool, &ambit_family_pool, part->n_dims, error);
    if (!list.items || status) {
        ambit_family_destroy(&part);
        ambit_free(list.items);
        ambit_family_destroy(pool);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a pool");
    }
    list.items[0] = part;
    *(Settings *)(*pool)->settings = (Settings){list, size, pool_seed};
    status = ambit_family_finish(*pool, error);
    if (status)
        ambit_family_destroy(pool);
    return status;
}

const AmbitFamilyType ambit_family_pool = {
    .name = "pool",
    .summary = "`size` functions of a family, drawn once; every prompt picks one of them",
    .source = "Raventós et al. 2306.15063",
    .inputs = "of its part",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .function_second_moment = function_second_moment,
    .draw_input = ambit_parts_draw_input,
    .observe = observe,
    .prior = prior};
