// SPDX-License-Identifier: MIT
// Prompts as examples.
#ifndef AMBIT_EVALUATE_PROMPTS_H
#define AMBIT_EVALUATE_PROMPTS_H

#include "examples.h"

extern const AmbitExamplesType ambit_prompt_examples;

#endif
