// SPDX-License-Identifier: MIT
// Sparse quadratic forms: a few of the monomials x_i x_j.
#include "registry.h"
#include "vector.h"

#include "ambit/memory.h"
#include "ambit/random.h"

#include <math.h>
#include <string.h>

enum { DRAWN, FIXED };

typedef struct Settings {
    double scale;
    int64_t size, set_seed;
    int set;
} Settings;

/* One term of a function; a square counts as x_i^2 / sqrt(3), so that every monomial has second
 * moment 1.
 */
typedef struct Term {
    double i, j; // i <= j
    double weight;
} Term;

static const char *const sets[] = {"drawn", "fixed", NULL};

static const AmbitParameter parameters[] = {
    {"scale", AMBIT_REAL, offsetof(Settings, scale), 1, -INFINITY, INFINITY, NULL,
     "factor on the output", false},
    {"size", AMBIT_INT, offsetof(Settings, size), 0, 0, INFINITY, NULL,
     "number of monomials, |S|; 0: as many as dims", false},
    {"set", AMBIT_CHOICE, offsetof(Settings, set), DRAWN, 0, 0, sets,
     "whether S is drawn with every function or once for all", false},
    {"set_seed", AMBIT_INT, offsetof(Settings, set_seed), 0, 0, 0x1p53, NULL, "seed of a fixed S",
     false},
    {0}};

static size_t n_monomials(size_t n_dims)
{
    return n_dims * (n_dims + 1) / 2;
}

static size_t set_size(const AmbitFamily *family)
{
    const Settings *s = family->settings;
    return s->size ? (size_t)s->size : family->n_dims;
}

/* Draws terms [size]: distinct monomials of the first n_dims coordinates, every set with the same
 * probability (Knuth, Seminumerical Algorithms, 3.4.2, algorithm S). */
static void draw_set(gsl_rng *rng, size_t n_dims, size_t size, Term *terms)
{
    size_t left = n_monomials(n_dims);
    for (size_t i = 0; i < n_dims; i++)
        for (size_t j = i; j < n_dims; j++, left--)
            if (size && (double)left * gsl_rng_uniform(rng) < (double)size) {
                *terms++ = (Term){(double)i, (double)j, 0.0};
                size--;
            }
}

static void fini(AmbitFamily *family)
{
    ambit_free(family->state);
}

/* `state` is the fixed set. */
static AmbitStatus init(AmbitFamily *family, AmbitError *error)
{
    const Settings *s = family->settings;
    size_t size = set_size(family), most = n_monomials(family->n_dims);
    if (size > most)
        return ambit_error_parameter(
            error, "size",
            "size is %zu, but %zu dims have %zu monomials of degree 2; give "
            "at most %zu",
            size, family->n_dims, most, most);
    if (s->set == DRAWN)
        return AMBIT_OK;
    family->state = ambit_alloc(size, sizeof(Term));
    if (!family->state)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %zu monomials", size);
    AmbitRandom random;
    ambit_random_open(&random, (AmbitKey){.seed = (uint64_t)s->set_seed}, AMBIT_STREAM_TARGET,
                      UINT32_MAX);
    draw_set(&random.rng, family->n_dims, size, family->state);
    return AMBIT_OK;
}

static size_t function_size(const AmbitFamily *family)
{
    return set_size(family) * (sizeof(Term) / sizeof(double));
}

/* Early in a curriculum there may be fewer monomials than the size of a drawn set. */
static size_t drawn_size(const AmbitFamily *family, size_t active_dims)
{
    size_t size = set_size(family), most = n_monomials(active_dims);
    return family->state || size < most ? size : most;
}

static void draw(const AmbitFamily *family, gsl_rng *rng, size_t active_dims, double *function)
{
    const Settings *s = family->settings;
    size_t size = drawn_size(family, active_dims);
    Term *terms = (Term *)function;
    memset(terms, 0, set_size(family) * sizeof *terms);
    if (family->state)
        memcpy(terms, family->state, size * sizeof *terms);
    else
        draw_set(rng, active_dims, size, terms);
    for (size_t t = 0; t < size; t++)
        ambit_draw_normal(rng, s->scale / sqrt((double)size), &terms[t].weight, 1);
}

static double monomial(const Term *term, const double *x)
{
    size_t i = (size_t)term->i, j = (size_t)term->j;
    return i == j ? x[i] * x[i] / sqrt(3.0) : x[i] * x[j];
}

static double evaluate(const AmbitFamily *family, const double *function, const double *x)
{
    const Term *terms = (const Term *)function;
    double sum = 0.0;
    for (size_t t = 0; t < set_size(family); t++)
        sum += terms[t].weight * monomial(&terms[t], x);
    return sum;
}

/* Of a fixed set, only the monomials of active dims count. */
static double second_moment(const AmbitFamily *family, size_t active_dims)
{
    const Settings *s = family->settings;
    const Term *fixed = family->state;
    size_t size = set_size(family), active = 0;
    for (size_t t = 0; fixed && t < size; t++)
        active += (size_t)fixed[t].j < active_dims;
    return s->scale * s->scale * (fixed ? (double)active / (double)size : 1.0);
}

/* Every monomial is in a drawn set with the same probability. */
static AmbitMoments moments(const AmbitFamily *family, gsl_rng *rng, size_t active_dims,
                            const double *x)
{
    const Settings *s = family->settings;
    const Term *fixed = family->state;
    double sum = 0.0, count = (double)(fixed ? set_size(family) : n_monomials(active_dims));
    (void)rng;
    for (size_t t = 0; fixed && t < set_size(family); t++)
        sum += pow(monomial(&fixed[t], x), 2.0);
    for (size_t i = 0; !fixed && i < active_dims; i++)
        for (size_t j = i; j < active_dims; j++)
            sum += pow(monomial(&(Term){(double)i, (double)j, 0.0}, x), 2.0);
    return (AmbitMoments){0.0, s->scale * s->scale * sum / count};
}

/* Only squares are correlated: E x_i^2 x_j^2 / 3 = 1/3. */
static double function_second_moment(const AmbitFamily *family, const double *function,
                                     size_t active_dims)
{
    const Term *terms = (const Term *)function;
    double products = 0.0, squares = 0.0, sum = 0.0;
    for (size_t t = 0; t < set_size(family); t++) {
        double weight = (size_t)terms[t].j < active_dims ? terms[t].weight : 0.0;
        bool square = terms[t].i == terms[t].j;
        *(square ? &squares : &products) += weight * weight;
        sum += square ? weight : 0.0;
    }
    return products + (2.0 * squares + sum * sum) / 3.0;
}

const AmbitFamilyType ambit_family_monomials = {
    .name = "monomials",
    .summary =
        "f(x) = scale * sum over S of w_ij x_i x_j / sqrt(|S|), S a set of monomials (squares "
        "divided by sqrt(3)), w ~ N(0, I)",
    .source = "Panwar et al. 2306.04891",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .init = init,
    .fini = fini,
    .function_size = function_size,
    .draw = draw,
    .evaluate = evaluate,
    .second_moment = second_moment,
    .moments = moments,
    .function_second_moment = function_second_moment};
