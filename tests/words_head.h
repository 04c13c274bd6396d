// SPDX-License-Identifier: MIT
// A second head, used in tests only: it embeds token ids and returns one score per word, both with
// the same (tied) embedding.
#ifndef AMBIT_WORDS_HEAD_H
#define AMBIT_WORDS_HEAD_H

#include "ambit/head.h"

/* V words, V ≤ 64. Targets are ids; the loss is the cross entropy of the softmax of the scores. */
AmbitHead words_head(int64_t n_words);

#endif
