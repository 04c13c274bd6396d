// SPDX-License-Identifier: MIT
// dyck: balanced brackets of several types, nested up to a depth. Each closing bracket must have
// the type of the last one that is still open.
#include "ambit/memory.h"
#include "words.h"
#include <stdio.h>

enum { MOST_TYPES = 26, MOST_DEPTH = 64 };

typedef struct Settings {
    int64_t types, depth, min_length;
} Settings;

/* Of n types, word i < n opens type i and word n + i closes it. */
typedef struct State {
    int32_t closing[MOST_TYPES]; // [types]
} State;

#define FIELD(name) offsetof(Settings, name)
static const AmbitParameter parameters[] = {
    {"types", AMBIT_INT, FIELD(types), 20, 1, MOST_TYPES, NULL, "kinds of brackets", false},
    {"depth", AMBIT_INT, FIELD(depth), 10, 1, MOST_DEPTH, NULL, "most brackets open at once",
     false},
    {"min_length", AMBIT_INT, FIELD(min_length), 4, 2, 100000, NULL,
     "least number of brackets in a sentence", false},
    {0}};
#undef FIELD

static const char *const classes[] = {"dyck", NULL};
static const char *const kinds[] = {"closing bracket", NULL};

static AmbitStatus init(AmbitLanguage *language, AmbitError *error)
{
    const Settings *settings = language->settings;
    char text[2 * MOST_TYPES][3], depth[MOST_DEPTH][16];
    const char *words[2 * MOST_TYPES], *depths[MOST_DEPTH];
    size_t n = (size_t)settings->types;
    for (size_t i = 0; i < n; i++) {
        snprintf(text[i], sizeof *text, "(%c", (int)('a' + i));
        snprintf(text[n + i], sizeof *text, "%c)", (int)('a' + i));
        words[i] = text[i];
        words[n + i] = text[n + i];
    }
    for (size_t i = 0; i < (size_t)settings->depth; i++) {
        snprintf(depth[i], sizeof *depth, "depth %d", (int)i + 1);
        depths[i] = depth[i];
    }
    AmbitStatus status = ambit_language_set_words(language, words, 2 * n, error);
    if (!status)
        status =
            ambit_language_set_texts(&language->categories, depths, (size_t)settings->depth, error);
    State *state = language->state = status ? NULL : ambit_alloc(1, sizeof *state);
    if (!status && !state)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the words of a language");
    for (size_t i = 0; i < n && !status; i++)
        state->closing[i] = (int32_t)(n + i);
    return status;
}

/* A pushdown automaton: from depth 0 the sentence ends or a bracket opens, from the greatest depth
 * a bracket closes; otherwise each has probability ½ (Murty et al.'s program). Too short a sentence
 * does not end. */
static AmbitStatus draw(const AmbitLanguage *language, AmbitDomain domain, gsl_rng *structure,
                        gsl_rng *words, AmbitWords *sentence, AmbitError *error)
{
    const Settings *settings = language->settings;
    int32_t types = (int32_t)settings->types, open[MOST_DEPTH];
    int64_t depth = 0;
    bool ok = true;
    (void)domain; // parts tell splits apart
    sentence->n_words = sentence->n_input = 0;
    while (ok) {
        bool opens = depth < settings->depth && gsl_rng_uniform_int(structure, 2);
        if (depth == 0 && !opens && (int64_t)sentence->n_words >= settings->min_length)
            return AMBIT_OK;
        if (depth == 0 || opens) {
            open[depth] = (int32_t)gsl_rng_uniform_int(words, (unsigned long)types);
            ok = ambit_words_add(sentence, open[depth++]);
        } else {
            ok = ambit_words_add(sentence, types + open[--depth]);
        }
    }
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a sentence");
}

/* A part is a block between two places where no bracket is open. What counts is which brackets
 * open. */
static size_t parts(const AmbitLanguage *language, const AmbitSentence *sentence,
                    int32_t *structure, size_t *end)
{
    const Settings *settings = language->settings;
    size_t n_parts = 0, depth = 0;
    for (size_t i = 0; i < sentence->n_words; i++) {
        structure[i] = sentence->words[i] < settings->types;
        depth += structure[i] ? 1 : (size_t)-1;
        if (depth == 0)
            end[n_parts++] = i + 1;
    }
    return n_parts;
}

static AmbitStatus check(const AmbitLanguage *language, const AmbitSentence *sentence, size_t *word,
                         AmbitError *error)
{
    const Settings *settings = language->settings;
    int32_t types = (int32_t)settings->types, open[MOST_DEPTH];
    char *const *texts = language->words.texts;
    int64_t depth = 0;
    for (*word = 0; *word < sentence->n_words; ++*word) {
        int32_t found = sentence->words[*word];
        if (found < types && depth == settings->depth)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "found '%s' inside %lld open brackets, allowed depth is %lld",
                                   texts[found], (long long)depth, (long long)settings->depth);
        if (found < types)
            open[depth++] = found;
        else if (depth == 0)
            return ambit_error_set(error, AMBIT_INVALID, "found '%s', but no bracket is open",
                                   texts[found]);
        else if (found != types + open[--depth])
            return ambit_error_set(error, AMBIT_INVALID, "found '%s', expected '%s'", texts[found],
                                   texts[types + open[depth]]);
    }
    if (sentence->n_words == 0)
        return ambit_error_set(error, AMBIT_INVALID, "found no bracket");
    return depth == 0 ? AMBIT_OK
                      : ambit_error_set(error, AMBIT_INVALID, "found the end, expected '%s'",
                                        texts[types + open[depth - 1]]);
}

static int class_label(const AmbitLanguage *language, const AmbitSentence *sentence)
{
    (void)language, (void)sentence;
    return 0;
}

static size_t category(const AmbitLanguage *language, const AmbitSentence *sentence)
{
    const Settings *settings = language->settings;
    size_t depth = 0, most = 1;
    for (size_t i = 0; i < sentence->n_words; i++) {
        depth += sentence->words[i] < settings->types ? 1 : (size_t)-1;
        most = depth > most ? depth : most;
    }
    return most - 1;
}

/* The linear rule closes the bracket that was opened last, open or not. */
static size_t questions(const AmbitLanguage *language, const AmbitSentence *sentence,
                        AmbitQuestion *asked)
{
    const Settings *settings = language->settings;
    const State *state = language->state;
    size_t open[MOST_DEPTH] = {0}, depth = 0, count = 0, last = 0;
    if (!asked)
        return sentence->n_words / 2;
    for (size_t i = 0; i < sentence->n_words; i++) {
        if (sentence->words[i] < settings->types) {
            open[depth++] = last = i;
            continue;
        }
        size_t opened = open[--depth];
        asked[count] = (AmbitQuestion){.position = i,
                                       .candidates = state->closing,
                                       .n_candidates = (size_t)settings->types,
                                       .distance = i - opened};
        for (int rule = 0; rule < AMBIT_N_RULES; rule++)
            asked[count].by_rule[rule] = -1;
        asked[count].by_rule[AMBIT_RULE_HIERARCHICAL] = state->closing[sentence->words[opened]];
        asked[count++].by_rule[AMBIT_RULE_LINEAR] = state->closing[sentence->words[last]];
    }
    return count;
}

const AmbitLanguageType ambit_language_dyck = {
    .name = "dyck",
    .summary = "balanced brackets of several types, up to a depth; new structures generalise",
    .source = "Hewitt et al. 2010.07515; Murty et al. 2305.18741, §3.1",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .without_input = true,
    .classes = classes,
    .kinds = kinds,
    .init = init,
    .draw = draw,
    .parts = parts,
    .check = check,
    .class_label = class_label,
    .category = category,
    .questions = questions,
};
