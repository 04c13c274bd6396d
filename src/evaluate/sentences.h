// SPDX-License-Identifier: MIT
// Sentences as examples.
#ifndef AMBIT_EVALUATE_SENTENCES_H
#define AMBIT_EVALUATE_SENTENCES_H

#include "examples.h"

extern const AmbitExamplesType ambit_sentence_examples;

#endif
