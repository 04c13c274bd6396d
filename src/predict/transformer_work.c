// SPDX-License-Identifier: MIT
// The workspace of the transformer, for prompts and for sentences.
#include "ambit/memory.h"
#include "transformer.h"

AmbitStatus ambit_transformer_work_create(AmbitTransformerWork **work,
                                          const AmbitTransformer *transformer,
                                          const AmbitBatchSizes *sizes, AmbitError *error)
{
    AmbitTransformerWork *w = *work = ambit_alloc(1, sizeof *w);
    size_t n_outputs = ambit_model_n_outputs(ambit_model_settings(transformer->model));
    if (w)
        w->output = ambit_alloc(sizes->n_scored, n_outputs * sizeof *w->output);
    AmbitStatus status =
        w && w->output
            ? ambit_activations_create(&w->activations, transformer->model, sizes, false, error)
            : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the transformer");
    if (status) {
        ambit_transformer_work_destroy(w);
        *work = NULL;
    }
    return status;
}

void ambit_transformer_work_destroy(void *work)
{
    AmbitTransformerWork *w = work;
    if (!w)
        return;
    ambit_activations_destroy(&w->activations);
    ambit_prompt_rows_destroy(&w->rows);
    ambit_free(w->output);
    ambit_free(w);
}
