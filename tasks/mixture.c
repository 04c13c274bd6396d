// SPDX-License-Identifier: MIT
// Mixtures: their lifetime, and the class of a prompt.
#include "ambit/mixture.h"

#include "ambit/memory.h"

#include <math.h>
#include <string.h>

AmbitStatus ambit_mixture_create(AmbitMixture **mixture, AmbitError *error)
{
    *mixture = ambit_alloc(1, sizeof **mixture);
    return *mixture ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a mixture");
}

static AmbitStatus check(const AmbitMixture *mixture, const AmbitFamily *family, const char *label,
                         double weight, AmbitError *error)
{
    if (!(weight >= 0.0) || !isfinite(weight))
        return ambit_error_parameter(
            error, "weight", "class %s has weight %g; a weight is a finite number, 0 or more",
            label, weight);
    for (size_t c = 0; c < mixture->n_classes; c++) {
        if (strcmp(mixture->labels[c], label) == 0)
            return ambit_error_parameter(
                error, "label", "two classes are labelled %s; give one another label", label);
        if (mixture->families[c]->n_dims != family->n_dims)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "class %s has %zu dims and class %s has %zu; give both the same",
                                   label, family->n_dims, mixture->labels[c],
                                   mixture->families[c]->n_dims);
    }
    return AMBIT_OK;
}

/* Replaces an array of n items of `size` bytes by a copy with room for one more. Returns false
 * without memory. `array` points to the pointer. */
static bool grow(void *array, size_t n, size_t size)
{
    void *old, *grown = ambit_alloc(n + 1, size);
    if (!grown)
        return false;
    memcpy(&old, array, sizeof old);
    if (n)
        memcpy(grown, old, n * size);
    ambit_free(old);
    memcpy(array, &grown, sizeof grown);
    return true;
}

AmbitStatus ambit_mixture_add(AmbitMixture *mixture, AmbitFamily *family, const char *label,
                              double weight, AmbitError *error)
{
    size_t n = mixture->n_classes;
    double total = weight;
    AmbitStatus status = check(mixture, family, label, weight, error);
    for (size_t c = 0; c < n; c++)
        total += mixture->weights[c];
    if (!status && !isfinite(total))
        status =
            ambit_error_set(error, AMBIT_INVALID,
                            "class %s: the sum of the weights overflows; give smaller ones", label);
    if (status)
        goto fail;
    if (!grow(&mixture->families, n, sizeof *mixture->families) ||
        !grow(&mixture->labels, n, sizeof *mixture->labels) ||
        !grow(&mixture->weights, n, sizeof *mixture->weights) ||
        !(mixture->labels[n] = ambit_strdup(label))) {
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for class %s", label);
        goto fail;
    }
    mixture->families[n] = family;
    mixture->weights[n] = weight;
    mixture->n_classes = n + 1;
    if (mixture->function_size < family->function_size)
        mixture->function_size = family->function_size;
    return AMBIT_OK;
fail:
    ambit_family_destroy(&family);
    return status;
}

void ambit_mixture_destroy(AmbitMixture **mixture)
{
    AmbitMixture *m = *mixture;
    if (!m)
        return;
    for (size_t c = 0; c < m->n_classes; c++) {
        ambit_family_destroy(&m->families[c]);
        ambit_free(m->labels[c]);
    }
    ambit_free(m->families);
    ambit_free(m->labels);
    ambit_free(m->weights);
    ambit_free(m);
    *mixture = NULL;
}

static double total_weight(const AmbitMixture *mixture)
{
    double total = 0.0;
    for (size_t c = 0; c < mixture->n_classes; c++)
        total += mixture->weights[c];
    return total;
}

double ambit_mixture_second_moment(const AmbitMixture *mixture, size_t active_dims)
{
    double second_moment = 0.0;
    for (size_t c = 0; c < mixture->n_classes; c++)
        second_moment +=
            mixture->weights[c] * ambit_family_second_moment(mixture->families[c], active_dims);
    return second_moment / total_weight(mixture);
}

size_t ambit_mixture_class(const AmbitMixture *mixture, double u)
{
    double left = u * total_weight(mixture);
    size_t c = 0;
    while (c + 1 < mixture->n_classes && left >= mixture->weights[c])
        left -= mixture->weights[c++];
    while (c > 0 && mixture->weights[c] == 0.0) // reached by rounding
        c--;
    return c;
}
