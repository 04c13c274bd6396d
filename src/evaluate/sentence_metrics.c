// SPDX-License-Identifier: MIT
// Metrics of sentences. What they look at is what the language's record says of a sentence.
#include "sentence_metrics.h"

#include "ambit/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void add(AmbitSentenceMetrics *m, AmbitSentenceScore score, size_t kind, const char *format,
                const char *name)
{
    if (m->count == AMBIT_MOST_SENTENCE_METRICS)
        return;
    char *text = m->metrics[m->count].name;
    m->metrics[m->count].score = score;
    m->metrics[m->count].kind = kind;
    snprintf(text, AMBIT_METRIC_NAME_SIZE, format, name);
    for (char *c = text; *c; c++)
        if (*c == ' ')
            *c = '_';
    m->labels[m->count++] = text;
}

AmbitAskedSentence ambit_sentence_ask(const AmbitSentenceMetrics *m, AmbitSentence sentence,
                                      AmbitQuestion *questions)
{
    const AmbitLanguageType *type = m->language->type;
    size_t n = type->questions ? type->questions(m->language, &sentence, questions) : 0;
    return (AmbitAskedSentence){sentence, questions, n};
}

static const char *word_text(const AmbitLanguage *language, int32_t word)
{
    return word < ambit_language_size(language) ? language->words.texts[word] : "<start>";
}

char *ambit_sentence_text(const AmbitLanguage *language, const int32_t *words, size_t n_words,
                          bool ended)
{
    size_t size = 8;
    for (size_t i = 0; i < n_words; i++)
        size += strlen(word_text(language, words[i])) + 1;
    char *text = ambit_alloc(size, 1), *end = text;
    for (size_t i = 0; text && i < n_words; i++)
        end += snprintf(end, size - (size_t)(end - text), "%s%s", i ? " " : "",
                        word_text(language, words[i]));
    if (text && !ended)
        snprintf(end, size - (size_t)(end - text), "%s…", n_words ? " " : "");
    return text;
}

/* What is asked about at least one sentence of a split that is evaluated. */
typedef struct Found {
    bool output, far, rule;
} Found;

static void look(const AmbitSentenceMetrics *m, AmbitSentence sentence, AmbitQuestion *questions,
                 Found *found)
{
    size_t n = ambit_sentence_ask(m, sentence, questions).n_questions;
    found->output |= sentence.n_input > 0;
    for (size_t i = 0; i < n; i++) {
        found->far |= questions[i].distance >= m->least_distance;
        found->rule |= questions[i].by_rule[AMBIT_RULE_LINEAR] >= 0;
    }
}

/* The training split counts only where there is no other. */
static size_t first_split(const AmbitCorpus *corpus)
{
    const AmbitSplit *splits = corpus->splits;
    return splits[AMBIT_SPLIT_VALIDATION].n_sentences +
                       splits[AMBIT_SPLIT_GENERALIZATION].n_sentences >
                   0
               ? AMBIT_SPLIT_VALIDATION
               : AMBIT_SPLIT_TRAIN;
}

AmbitStatus ambit_sentence_metrics_init(AmbitSentenceMetrics *m, const AmbitCorpus *corpus,
                                        const AmbitEvaluationSettings *settings, AmbitError *error)
{
    const AmbitLanguage *language = corpus->language;
    const char *const *kinds = language->type->questions ? language->type->kinds : NULL;
    AmbitQuestion *questions = ambit_alloc(corpus->longest, sizeof *questions);
    Found found = {false, false, false};
    *m = (AmbitSentenceMetrics){.language = language,
                                .least_distance = (size_t)settings->least_distance};
    if (!questions)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for questions");
    for (size_t s = first_split(corpus); s < AMBIT_N_SPLITS; s++)
        for (size_t i = 0; i < corpus->splits[s].n_sentences; i++)
            look(m, ambit_split_sentence(&corpus->splits[s], i), questions, &found);
    ambit_free(questions);
    m->has_outputs = found.output;
    m->has_rules = found.rule;
    for (size_t k = 0; kinds && kinds[k]; k++)
        add(m, AMBIT_SCORE_CANDIDATES, k, "%s", kinds[k]);
    if (kinds && kinds[0] && kinds[1])
        add(m, AMBIT_SCORE_EVERY, 0, "%s", "every_question");
    for (size_t k = 0; kinds && kinds[k] && found.far; k++)
        add(m, AMBIT_SCORE_FAR, k, "far_%s", kinds[k]);
    for (size_t k = 0; kinds && kinds[k]; k++)
        add(m, AMBIT_SCORE_VOCABULARY, k, "%s_of_all_words", kinds[k]);
    if (found.output && language->tags)
        add(m, AMBIT_SCORE_TAGS, 0, "%s", "output_by_tags");
    if (found.output)
        add(m, AMBIT_SCORE_OUTPUT, 0, "%s", "output");
    if (found.rule)
        add(m, AMBIT_SCORE_LINEAR, 0, "%s", "as_linear_rule");
    return AMBIT_OK;
}

static bool is_about(const AmbitSentenceMetrics *m, size_t metric, const AmbitAskedSentence *asked,
                     const AmbitQuestion *question)
{
    const int32_t linear = question->by_rule[AMBIT_RULE_LINEAR];
    return (m->metrics[metric].score == AMBIT_SCORE_EVERY ||
            question->kind == m->metrics[metric].kind) &&
           (m->metrics[metric].score != AMBIT_SCORE_FAR ||
            question->distance >= m->least_distance) &&
           (m->metrics[metric].score != AMBIT_SCORE_LINEAR ||
            (linear >= 0 && linear != asked->sentence.words[question->position]));
}

static bool is_of_output(const AmbitSentenceMetrics *m, size_t metric)
{
    return m->metrics[metric].score == AMBIT_SCORE_TAGS ||
           m->metrics[metric].score == AMBIT_SCORE_OUTPUT;
}

void ambit_sentence_weigh(const AmbitSentenceMetrics *m, const AmbitAskedSentence *asked,
                          double *weight)
{
    for (size_t q = 0; q < m->count; q++) {
        weight[q] = is_of_output(m, q) && asked->sentence.n_input > 0;
        for (size_t i = 0; i < asked->n_questions && !is_of_output(m, q); i++)
            weight[q] += is_about(m, q, asked, &asked->questions[i]);
    }
}

/* 1 if `word` is the most likely of the candidates [n] (NULL: the n first ids), 1/m if m of them
 * are, else 0. */
static double share(const double *log_p, const int32_t *candidates, size_t n, int32_t word)
{
    size_t n_equal = 0;
    for (size_t i = 0; i < n; i++) {
        double other = log_p[candidates ? candidates[i] : (int32_t)i];
        if (other > log_p[word])
            return 0.0;
        n_equal += other == log_p[word];
    }
    return n_equal ? 1.0 / (double)n_equal : NAN;
}

/* Whether a question is answered by `word`: a share; NaN if there is no answer. */
static double answered(const AmbitSentenceMetrics *m, const AmbitSentenceAnswer *answer,
                       const AmbitQuestion *question, AmbitSentenceScore score, int32_t word)
{
    size_t n_words = (size_t)ambit_language_size(m->language) + 2;
    int32_t by_rule = question->by_rule[answer->rule];
    if (!answer->log_p)
        return by_rule < 0 ? NAN : by_rule == word;
    const double *log_p = answer->log_p + question->position * n_words;
    return score == AMBIT_SCORE_VOCABULARY
               ? share(log_p, NULL, n_words, word)
               : share(log_p, question->candidates, question->n_candidates, word);
}

static double score_questions(const AmbitSentenceMetrics *m, size_t metric,
                              const AmbitAskedSentence *asked, const AmbitSentenceAnswer *answer)
{
    AmbitSentenceScore score = m->metrics[metric].score;
    double sum = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < asked->n_questions; i++) {
        const AmbitQuestion *question = &asked->questions[i];
        if (!is_about(m, metric, asked, question))
            continue;
        int32_t word = score == AMBIT_SCORE_LINEAR ? question->by_rule[AMBIT_RULE_LINEAR]
                                                   : asked->sentence.words[question->position];
        sum += answered(m, answer, question, score, word);
        count++;
    }
    return count ? sum / (double)count : NAN;
}

/* Number of words but for a last one that is the last one of the right output: the stop. */
static size_t without_stop(const int32_t *output, size_t n, int32_t stop)
{
    return n > 0 && output[n - 1] == stop ? n - 1 : n;
}

/* As the published programs have it: parts of speech are those of the right output, and the words
 * that answer the first kind of question are right. */
static bool agrees_in_tags(const AmbitSentenceMetrics *m, const AmbitAskedSentence *asked,
                           const AmbitSentenceAnswer *answer)
{
    const AmbitSentence *s = &asked->sentence;
    const int32_t *right = s->words + s->n_input, *output = answer->output;
    const char *tags = m->language->tags;
    int32_t n_words = ambit_language_size(m->language), stop = s->words[s->n_words - 1];
    size_t n = without_stop(right, s->n_words - s->n_input, stop);
    bool same = answer->ended && n == without_stop(output, answer->n_output, stop);
    for (size_t i = 0; i < n && same; i++)
        same = output[i] < n_words && tags[output[i]] == tags[right[i]];
    for (size_t i = 0; i < asked->n_questions && same; i++) {
        const AmbitQuestion *question = &asked->questions[i];
        same = question->kind != 0 ||
               output[question->position - s->n_input] == s->words[question->position];
    }
    return same;
}

static double score_output(const AmbitSentenceMetrics *m, size_t metric,
                           const AmbitAskedSentence *asked, const AmbitSentenceAnswer *answer)
{
    const AmbitSentence *s = &asked->sentence;
    size_t n = s->n_words - s->n_input;
    if (s->n_input == 0 || !answer->output)
        return NAN;
    if (m->metrics[metric].score == AMBIT_SCORE_TAGS)
        return agrees_in_tags(m, asked, answer);
    return answer->ended && answer->n_output == n &&
           memcmp(answer->output, s->words + s->n_input, n * sizeof *answer->output) == 0;
}

size_t ambit_sentence_decisive(const AmbitSentenceMetrics *m, size_t metric,
                               const AmbitAskedSentence *asked)
{
    size_t most = 0;
    for (size_t i = 0; i < asked->n_questions; i++)
        if (is_about(m, metric, asked, &asked->questions[i]) && asked->questions[i].position > most)
            most = asked->questions[i].position;
    return most;
}

double ambit_sentence_outcome(const AmbitSentenceMetrics *m, size_t metric,
                              const AmbitAskedSentence *asked, const AmbitSentenceAnswer *answer)
{
    return is_of_output(m, metric) ? score_output(m, metric, asked, answer)
                                   : score_questions(m, metric, asked, answer);
}

void ambit_sentence_score(const AmbitSentenceMetrics *m, const AmbitAskedSentence *asked,
                          const AmbitSentenceAnswer *answer, double *outcome, unsigned char *flag)
{
    double weight[AMBIT_MOST_SENTENCE_METRICS];
    ambit_sentence_weigh(m, asked, weight);
    for (size_t q = 0; q < m->count; q++) {
        outcome[q] = ambit_sentence_outcome(m, q, asked, answer);
        flag[q] = weight[q] > 0 && isnan(outcome[q]) ? AMBIT_FLAG_NO_ANSWER : 0;
    }
}

bool ambit_sentence_is_lost(const AmbitSentenceMetrics *m, const AmbitAskedSentence *asked,
                            const int32_t *words, size_t n_words)
{
    const AmbitSentence *s = &asked->sentence;
    const char *tags = m->language->tags;
    int32_t word = words[n_words - 1];
    if (n_words > s->n_words - s->n_input || word >= ambit_language_size(m->language))
        return true;
    int32_t right = s->words[s->n_input + n_words - 1];
    return tags ? tags[word] != tags[right] : word != right;
}

double ambit_sentence_loss(const AmbitSentenceMetrics *m, const AmbitSentence *sentence,
                           const double *log_p)
{
    const int32_t end = ambit_language_size(m->language);
    size_t n_words = (size_t)end + 2;
    double sum = 0.0;
    for (size_t i = 0; i <= sentence->n_words; i++)
        sum -= log_p[i * n_words + (size_t)(i < sentence->n_words ? sentence->words[i] : end)];
    return sum / (double)(sentence->n_words + 1);
}

double ambit_sentence_log_odds(const AmbitSentenceMetrics *m, const AmbitAskedSentence *asked,
                               const double *log_p)
{
    size_t n_words = (size_t)ambit_language_size(m->language) + 2;
    double sum = NAN;
    for (size_t i = 0; i < asked->n_questions; i++) {
        const AmbitQuestion *question = &asked->questions[i];
        int32_t linear = question->by_rule[AMBIT_RULE_LINEAR];
        int32_t hierarchical = question->by_rule[AMBIT_RULE_HIERARCHICAL];
        if (question->kind != 0 || linear < 0 || hierarchical < 0 || linear == hierarchical)
            continue;
        const double *at = log_p + question->position * n_words;
        sum = (isnan(sum) ? 0.0 : sum) + at[hierarchical] - at[linear];
    }
    return sum;
}
