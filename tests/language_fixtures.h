// SPDX-License-Identifier: MIT
// Corpora for tests of languages, and sentences as text.
#ifndef AMBIT_LANGUAGE_FIXTURES_H
#define AMBIT_LANGUAGE_FIXTURES_H

#include "ambit/corpus.h"

/* Makes a finished language; `set` is NULL or changes its settings. */
AmbitLanguage *make_language(const char *name, void (*set)(void *settings));

/* Draws a corpus of these sizes from a seed; the test fails if that fails. */
AmbitCorpus *make_corpus(const char *name, int64_t train, int64_t validation,
                         int64_t generalization, int64_t seed);

/* Writes the words of a sentence, a TAB after the input; returns text. */
char *sentence_text(const AmbitLanguage *language, const AmbitSentence *sentence, char *text,
                    size_t size);

/* Reads a sentence of known words from such a text into words. */
AmbitSentence sentence_of(const AmbitLanguage *language, const char *text, int32_t *words);

/* Pearson's statistic of counts against shares that sum to 1. */
double chi_square(const double *counts, const double *shares, size_t n);

#endif
