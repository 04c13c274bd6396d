// SPDX-License-Identifier: MIT
// Weights from and for other programs: safetensors files with Hugging Face's GPT-2 names
// ("transformer.h.0.attn.c_attn.weight", [in][out]) and Garg et al.'s for the parts that GPT-2 has
// not ("_read_in.weight" [E][D], "_read_out.weight" [1][E]). Read are also HDF5 files.
#ifndef AMBIT_WEIGHTS_H
#define AMBIT_WEIGHTS_H

#include "ambit/model.h"

/* Writes safetensors: float32 tensors, the position table also where it is not learned, and as
 * metadata `format` ("pt"), `ambit` (the code version), `step`, `config` (resolved YAML) and
 * `gpt2_config` (JSON, the arguments of Hugging Face's GPT2Config). A file already there is
 * replaced whole or not at all. */
AmbitStatus ambit_weights_write(const char *path, const AmbitModel *model, int64_t step,
                                const char *config, AmbitError *error);

typedef struct AmbitWeights AmbitWeights;

/* Opens a file of weights, safetensors or HDF5 by its first bytes. In HDF5 the tensors are datasets
 * at the root; or in /parameters, as in a checkpoint, in /state_dict, or in the only group. The
 * file is not trusted: what it says of lengths, places and shapes must agree with its size. */
AmbitStatus ambit_weights_open(AmbitWeights **file, const char *path, AmbitError *error);
void ambit_weights_close(AmbitWeights **file);

/* `config` of the metadata or of the checkpoint, owned by the file, or NULL; `step`, or 0. */
const char *ambit_weights_config(const AmbitWeights *file);
int64_t ambit_weights_step(const AmbitWeights *file);

/* Reads all of the model's tensors (32 or 64 bits), called as above or as in Garg et al.'s state
 * dict ("_backbone.h.0…"). AMBIT_INVALID names those missing, of another shape, or unknown. Tensors
 * of GPT-2 that this model has no place for are dropped: attn.bias and attn.masked_bias,
 * wte.weight, lm_head.weight, and wpe.weight where positions are fixed. After a failure the model's
 * numbers are undefined. */
AmbitStatus ambit_weights_read(AmbitWeights *file, AmbitModel *model, AmbitError *error);

/* The names dropped by the last read, "NAME; NAME", cut with "…"; empty if none were. Owned by the
 * file. */
const char *ambit_weights_dropped(const AmbitWeights *file);

#endif
