// SPDX-License-Identifier: MIT
// Weights for other programs: safetensors files with Hugging Face's GPT-2 names
// ("transformer.h.0.attn.c_attn.weight", [in][out]) and Garg et al.'s for the parts that GPT-2 has
// not ("_read_in.weight" [E][D], "_read_out.weight" [1][E]).
#ifndef AMBIT_SAFETENSORS_H
#define AMBIT_SAFETENSORS_H

#include "ambit/model.h"

/* Writes float32 tensors, the position table also where it is not learned, and as metadata `format`
 * ("pt"), `ambit` (the code version), `step`, `config` (resolved YAML) and `gpt2_config` (JSON,
 * the arguments of Hugging Face's GPT2Config). A file already there is replaced whole or not at
 * all. */
AmbitStatus ambit_safetensors_write(const char *path, const AmbitModel *model, int64_t step,
                                    const char *config, AmbitError *error);

typedef struct AmbitSafetensors AmbitSafetensors;

/* Opens a file and reads its header, which is not trusted: its length, and every tensor's place
 * and shape, must agree with the file's size. */
AmbitStatus ambit_safetensors_open(AmbitSafetensors **file, const char *path, AmbitError *error);
void ambit_safetensors_close(AmbitSafetensors **file);

/* `config` of the metadata, owned by the file, or NULL; `step`, or 0. */
const char *ambit_safetensors_config(const AmbitSafetensors *file);
int64_t ambit_safetensors_step(const AmbitSafetensors *file);

/* Reads all of the model's tensors (F32 or F64), called as above or as in Garg et al.'s state_dict
 * ("_backbone.h.0…"). AMBIT_INVALID names those missing, of another shape, or unknown; buffers of
 * GPT-2 that are no parameters (attn.bias, attn.masked_bias, wte.weight, lm_head.weight) are passed
 * over. After a failure the model holds anything. */
AmbitStatus ambit_safetensors_read(AmbitSafetensors *file, AmbitModel *model, AmbitError *error);

#endif
