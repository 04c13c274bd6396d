// SPDX-License-Identifier: MIT
// What probes share: axes, true functions and their weights, means over prompts.
#include "ambit/memory.h"
#include "probe.h"

#include <math.h>

AmbitStatus ambit_probe_axis_prompt(AmbitProbe *probe, size_t *axis, AmbitError *error)
{
    static const AmbitCaption words = {"probe_prompt", "prompt probed", "1",
                                       "index on the prompt axis"};
    return ambit_result_add_index(probe->tally->result, &words, probe->n_prompts, axis, error);
}

AmbitStatus ambit_probe_axis_k(AmbitProbe *probe, size_t *axis, AmbitError *error)
{
    static const AmbitCaption words = {"k_probe", "in-context examples seen", "1",
                                       "examples shown before the probe's questions"};
    double *values = ambit_alloc(probe->n_k, sizeof *values);
    if (!values)
        return ambit_plan_no_memory(probe->plan, error);
    for (size_t i = 0; i < probe->n_k; i++)
        values[i] = (double)probe->k[i];
    AmbitStatus status =
        ambit_result_add_axis(probe->tally->result, &words, probe->n_k, values, NULL, axis, error);
    ambit_free(values);
    return status;
}

const AmbitFamily *ambit_probe_family(const AmbitProbe *probe, const AmbitPromptBatch *prompt)
{
    return probe->source->mixture->families[prompt->class_label[0]];
}

double ambit_probe_truth(const AmbitProbe *probe, const AmbitPromptBatch *prompt, const double *x)
{
    const AmbitFamily *family = ambit_probe_family(probe, prompt);
    return family->type->evaluate(family, prompt->function, x);
}

/* weight = f(e₁) … f(e_D). */
static void weights_of(const AmbitFamily *family, const double *function, double *x, double *weight)
{
    for (size_t d = 0; d < family->n_dims; d++)
        x[d] = 0.0;
    for (size_t d = 0; d < family->n_dims; d++) {
        x[d] = 1.0;
        weight[d] = family->type->evaluate(family, function, x);
        x[d] = 0.0;
    }
}

void ambit_probe_weight(const AmbitProbe *probe, const AmbitPromptBatch *prompt, double *weight)
{
    weights_of(ambit_probe_family(probe, prompt), prompt->function, weight + probe->n_dims, weight);
}

/* Whether f(x) = wᵀx for a drawn f and x, w being its values on the axes. work: F + 3·D. */
static bool is_linear_once(const AmbitFamily *family, AmbitKey key, uint32_t index, double *work)
{
    AmbitRandom random;
    size_t dims = family->n_dims;
    double *x = work, *weight = x + dims, *function = weight + 2 * dims, sum = 0.0, size = 0.0;
    ambit_random_open(&random, key, AMBIT_STREAM_PROBE, index);
    family->type->draw(family, &random.rng, dims, function);
    weights_of(family, function, weight + dims, weight);
    ambit_family_draw_inputs(family, &random.rng, dims, 1, x);
    for (size_t d = 0; d < dims; d++) {
        sum += weight[d] * x[d];
        size += fabs(weight[d] * x[d]);
    }
    return fabs(family->type->evaluate(family, function, x) - sum) <= 1e-9 * size;
}

AmbitStatus ambit_probe_check_linear(const AmbitTarget *target, const char *probe,
                                     AmbitError *error)
{
    enum { TRIALS = 4 };
    const AmbitMixture *mixture = target->mixture;
    for (size_t c = 0; c < mixture->n_classes; c++) {
        const AmbitFamily *family = mixture->families[c];
        bool linear = true;
        double *work = ambit_alloc(family->function_size + 3 * family->n_dims, sizeof *work);
        if (!work)
            return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for probe %s", probe);
        for (uint32_t i = 0; i < TRIALS && linear; i++)
            linear = is_linear_once(family, (AmbitKey){.purpose = AMBIT_VALIDATION}, i, work);
        ambit_free(work);
        if (!linear)
            return ambit_error_parameter(error, "probes",
                                         "probe %s needs functions wᵀx, but those of %s are not; "
                                         "drop the probe from target %s",
                                         probe, mixture->labels[c], target->name);
    }
    return AMBIT_OK;
}

void ambit_probe_average(const AmbitProbe *probe, double *mean, const double *raw, size_t rows,
                         size_t n_k)
{
    for (size_t i = 0; i < rows * n_k; i++) {
        const double *values = raw + i / n_k * probe->n_prompts * n_k + i % n_k;
        double sum = 0.0, count = 0.0;
        for (size_t n = 0; n < probe->n_prompts; n++)
            if (!isnan(values[n * n_k])) {
                sum += values[n * n_k];
                count++;
            }
        mean[i] = sum / count;
    }
}
