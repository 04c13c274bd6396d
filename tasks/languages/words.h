// SPDX-License-Identifier: MIT
// Functions by which a language's init builds its vocabulary.
#ifndef AMBIT_TASKS_LANGUAGES_WORDS_H
#define AMBIT_TASKS_LANGUAGES_WORDS_H

#include "ambit/language.h"

/* Sets texts to copies. */
AmbitStatus ambit_language_set_texts(AmbitTexts *texts, const char *const *from, size_t count,
                                     AmbitError *error);

/* Sets the language's words to copies, sorted and without repetitions. */
AmbitStatus ambit_language_set_words(AmbitLanguage *language, const char *const *words,
                                     size_t count, AmbitError *error);

#endif
