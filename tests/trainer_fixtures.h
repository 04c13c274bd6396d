// SPDX-License-Identifier: MIT
// The training that golden/make_golden.py made with PyTorch: its model, prompts and values.
#ifndef AMBIT_TRAINER_FIXTURES_H
#define AMBIT_TRAINER_FIXTURES_H

#include "../src/train/trainer.h"
#include "ambit/head.h"
#include "ambit/prompt_training.h"

#include <stdbool.h>

enum { POSITIONS = 5, DIMS = 3, BATCH = 6, STEPS = 10 };

extern double fixture_golden_y[STEPS][BATCH][POSITIONS];

/* Opens golden/training.h5 and reads its prompts. Returns false if it cannot be opened. */
bool fixture_golden_open(const char *path);
void fixture_golden_close(void);

/* Reads the tensor's values of a group, for example "gradient_0". */
void fixture_golden_tensor(const char *group, const AmbitTensor *tensor, float *values);
void fixture_golden_doubles(const char *name, void *values);

AmbitModelSettings fixture_golden_model(void);
AmbitTrainingSettings fixture_golden_training(void);
AmbitPromptTraining fixture_golden_prompts(void);

/* Fills a batch with the golden prompts of step key.step from `first` on. */
void fixture_fill_golden(const void *source, AmbitKey key, size_t first, size_t active_dims,
                         AmbitPromptBatch *batch);

/* A trainer of these prompts, which must outlive it. */
AmbitTrainer *fixture_trainer(const AmbitModelSettings *model,
                              const AmbitTrainingSettings *training,
                              const AmbitPromptTraining *prompts, const char *level,
                              size_t n_threads);

#endif
