// SPDX-License-Identifier: MIT
// Exchange of weights with other programs. Writes safetensors with Hugging Face's names for GPT-2
// ("transformer.h.0.attn.c_attn.weight", [in][out]) and Garg et al.'s names for the parts that
// GPT-2 lacks ("_read_in.weight" [E][D], "_read_out.weight" [1][E]); a language model has GPT-2's
// names for these parts ("transformer.wte.weight" [V][E], "lm_head.weight" [V][E]), and
// "lm_head.bias" [V]. With post-norm, ln_1 follows attention and ln_2 the MLP. Reads safetensors
// and HDF5.
#ifndef AMBIT_WEIGHTS_H
#define AMBIT_WEIGHTS_H

#include "ambit/model.h"

/* Writes safetensors: float32 tensors, including the position table even if it is not learned. The
 * metadata are `format` ("pt"), `ambit` (the code version), `step`, `config` (resolved YAML) and,
 * if the model is a GPT-2, `gpt2_config` (JSON, arguments of Hugging Face's GPT2Config). Models
 * with post-norm, without biases in attention, or with a language head, whose embedding is scaled,
 * are not GPT-2. An existing file is replaced completely or, on failure, left as it was. */
AmbitStatus ambit_weights_write(const char *path, const AmbitModel *model, int64_t step,
                                const char *config, AmbitError *error);

typedef struct AmbitWeights AmbitWeights;

/* Opens a file of weights; its first bytes tell safetensors from HDF5. In HDF5 the tensors are
 * datasets at the root, in /parameters (as in a checkpoint), in /state_dict, or in the only group.
 * The file is not trusted: lengths, offsets and shapes must agree with its size. */
AmbitStatus ambit_weights_open(AmbitWeights **file, const char *path, AmbitError *error);
void ambit_weights_close(AmbitWeights **file);

/* Returns the config in the metadata or checkpoint, owned by the file; NULL if there is none. */
const char *ambit_weights_config(const AmbitWeights *file);
/* Returns the step of the checkpoint; 0 if the file has none. */
int64_t ambit_weights_step(const AmbitWeights *file);

/* Reads all tensors of the model, stored as float32 or double, under the names above or those of
 * Garg et al.'s state dict ("_backbone.h.0…"). Returns AMBIT_INVALID and names the tensors that are
 * missing, unknown, of another shape or not finite. Drops those tensors of GPT-2 for which this
 * model has no place: attn.bias and attn.masked_bias; wte.weight and lm_head.weight if inputs are
 * reals; wpe.weight if positions are fixed. After a failure the parameters of the model are
 * undefined. */
AmbitStatus ambit_weights_read(AmbitWeights *file, AmbitModel *model, AmbitError *error);

/* Returns the names of the tensors that the last read dropped, "NAME; NAME", shortened with "…";
 * empty if it dropped none. Owned by the file. */
const char *ambit_weights_dropped(const AmbitWeights *file);

#endif
