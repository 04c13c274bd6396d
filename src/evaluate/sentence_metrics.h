// SPDX-License-Identifier: MIT
// Metrics of sentences: what the metric axis of a target has, and how one sentence is scored.
#ifndef AMBIT_EVALUATE_SENTENCE_METRICS_H
#define AMBIT_EVALUATE_SENTENCE_METRICS_H

#include "plan.h"

/* How a metric scores. */
typedef enum AmbitSentenceScore {
    AMBIT_SCORE_CANDIDATES, // questions of a kind, by the most likely of their candidates
    AMBIT_SCORE_VOCABULARY, // questions of a kind, by the most likely of all words
    AMBIT_SCORE_FAR,        // as CANDIDATES, of those at the least distance or farther
    AMBIT_SCORE_EVERY,      // as CANDIDATES, of questions of all kinds
    AMBIT_SCORE_TAGS,       // the output: its parts of speech, and its answers to the first kind
    AMBIT_SCORE_OUTPUT,     // the whole output
    AMBIT_SCORE_LINEAR      // questions of the first kind that the linear rule answers wrongly, by
                            // whether its answer is given
} AmbitSentenceScore;

enum { AMBIT_MOST_SENTENCE_METRICS = 32, AMBIT_METRIC_NAME_SIZE = 64 };

/* What predictors are asked about the sentences of a language. */
typedef struct AmbitSentenceMetrics {
    const AmbitLanguage *language;
    size_t least_distance;
    size_t count; // Q
    struct {
        AmbitSentenceScore score;
        size_t kind;
        char name[AMBIT_METRIC_NAME_SIZE];
    } metrics[AMBIT_MOST_SENTENCE_METRICS];
    char *labels[AMBIT_MOST_SENTENCE_METRICS]; // the names, for an axis
    bool has_outputs;                          // there are inputs that predictors continue
    bool has_rules;                            // questions that the linear rule answers
} AmbitSentenceMetrics;

/* The metrics that the sentences of a corpus allow. Points into itself: do not copy it. */
AmbitStatus ambit_sentence_metrics_init(AmbitSentenceMetrics *metrics, const AmbitCorpus *corpus,
                                        const AmbitEvaluationSettings *settings, AmbitError *error);

/* A sentence with what is asked about it. */
typedef struct AmbitAskedSentence {
    AmbitSentence sentence;
    const AmbitQuestion *questions; // [n_questions]
    size_t n_questions;
} AmbitAskedSentence;

/* Asks about a sentence; `questions` has room for as many as it has words. */
AmbitAskedSentence ambit_sentence_ask(const AmbitSentenceMetrics *metrics, AmbitSentence sentence,
                                      AmbitQuestion *questions);

/* Words as text; "…" follows what did not end. Free with ambit_free; NULL: no memory. */
char *ambit_sentence_text(const AmbitLanguage *language, const int32_t *words, size_t n_words,
                          bool ended);

/* weight [Q]: how many questions each metric asks about the sentence. */
void ambit_sentence_weigh(const AmbitSentenceMetrics *metrics, const AmbitAskedSentence *asked,
                          double *weight);

/* What a predictor says of a sentence. */
typedef struct AmbitSentenceAnswer {
    const double *log_p; // [n_words + 1][V] of the words of the sentence and the end symbol; NULL:
                         // it follows `rule`
    AmbitRule rule;
    const int32_t *output; // [n_output] what it outputs for the input; NULL: nothing
    size_t n_output;
    bool ended; // with the end symbol
} AmbitSentenceAnswer;

/* How many words of the sentence a model must read to answer all that `metric`, one of questions,
 * asks about it; 0: it asks nothing. */
size_t ambit_sentence_decisive(const AmbitSentenceMetrics *metrics, size_t metric,
                               const AmbitAskedSentence *asked);

/* The outcome under one metric; of log_p, rows from the decisive words on are not read. */
double ambit_sentence_outcome(const AmbitSentenceMetrics *metrics, size_t metric,
                              const AmbitAskedSentence *asked, const AmbitSentenceAnswer *answer);

/* outcome [Q]: the share of the questions that was answered rightly; NaN where there is none, or no
 * answer, which flag [Q] then says. */
void ambit_sentence_score(const AmbitSentenceMetrics *metrics, const AmbitAskedSentence *asked,
                          const AmbitSentenceAnswer *answer, double *outcome, unsigned char *flag);

/* Whether an output that begins with words [n_words] is wrong under every metric, as the last of
 * the words tells: with one word less it was not. */
bool ambit_sentence_is_lost(const AmbitSentenceMetrics *metrics, const AmbitAskedSentence *asked,
                            const int32_t *words, size_t n_words);

/* Mean of −log p over the words of the sentence and the end symbol. */
double ambit_sentence_loss(const AmbitSentenceMetrics *metrics, const AmbitSentence *sentence,
                           const double *log_p);

/* Σ log p(hierarchical answer) − log p(linear answer) over the questions of the first kind where
 * the two differ; NaN if there is none. */
double ambit_sentence_log_odds(const AmbitSentenceMetrics *metrics, const AmbitAskedSentence *asked,
                               const double *log_p);

#endif
