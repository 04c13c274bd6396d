// SPDX-License-Identifier: MIT
// Sentences as examples: a choice from one split of a corpus. Predictors that give probabilities
// read them and continue their inputs; rules answer as the language says.
#include "sentences.h"

#include "../predict/reader.h"
#include "inside.h"
#include "sentence_arrays.h"

#include "ambit/memory.h"

#include <gsl/gsl_randist.h>
#include <time.h>

/* Memory of one thread. */
typedef struct Worker {
    AmbitReader *reader;
    void **workspaces;         // [n_predictors]
    double *seconds;           // [n_predictors] spent answering
    AmbitSentence *sentences;  // [AMBIT_CHUNK]
    AmbitAskedSentence *asked; // [AMBIT_CHUNK]
    AmbitQuestion *questions;  // [AMBIT_CHUNK][longest]
    int32_t *output;           // [longest] of a rule
    double *outcome;           // [C][AMBIT_CHUNK][Q]
    unsigned char *flag;       // likewise
    AmbitStatus status;        // AMBIT_NO_MEMORY once an output could not be kept
} Worker;

typedef struct Sentences {
    const AmbitPlan *plan;
    AmbitTally *tally;
    const AmbitCorpus *corpus;
    const AmbitSplit *split;
    size_t n_examples, *index; // [N] sentences of the split, ascending
    AmbitSentenceMetrics metrics;
    AmbitSentenceArrays arrays;
    AmbitInside inside;
    Worker *workers; // [n_threads], NULL unless open
} Sentences;

static const AmbitCaption example = {"example", "sentence", "1",
                                     "index of the sentence in its split; every predictor answers "
                                     "the same sentences"};
static const AmbitCaption query = {"metric", "metric", "1", "what is asked about a sentence"};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static AmbitStatus check(const AmbitTarget *target, const AmbitEvaluationSettings *settings,
                         AmbitError *error)
{
    (void)settings;
    if (target->mixture || target->distribution || target->sweep)
        return ambit_error_set(error, AMBIT_INVALID,
                               "target %s has sentences, and with them neither prompts nor a "
                               "sweep; leave these out",
                               target->name);
    if (target->corpus->splits[target->split].n_sentences == 0)
        return ambit_error_set(error, AMBIT_INVALID,
                               "target %s: the corpus has no sentences for %s; give it some, or "
                               "leave the target out",
                               target->name, ambit_split_names[target->split]);
    return AMBIT_OK;
}

static const AmbitMetric *metric(const AmbitTarget *target)
{
    (void)target;
    return &ambit_accuracy;
}

static size_t n_examples(const AmbitTarget *target, const AmbitEvaluationSettings *settings)
{
    size_t all = target->corpus->splits[target->split].n_sentences;
    return all < (size_t)settings->n_examples ? all : (size_t)settings->n_examples;
}

/* Chooses examples without replacement; those of another number of examples are others. */
static AmbitStatus choose(Sentences *s, AmbitError *error)
{
    size_t all = s->split->n_sentences;
    AmbitRandom random;
    size_t *everything = ambit_alloc(all, sizeof *everything);
    s->index = ambit_alloc(s->n_examples, sizeof *s->index);
    bool ok = everything && s->index;
    for (size_t i = 0; ok && i < all; i++)
        everything[i] = i;
    ambit_random_open(&random, s->plan->key, AMBIT_STREAM_TARGET, (uint32_t)s->plan->target->split);
    if (ok)
        gsl_ran_choose(&random.rng, s->index, s->n_examples, everything, all, sizeof *everything);
    ambit_free(everything);
    return ok ? AMBIT_OK : ambit_plan_no_memory(s->plan, error);
}

static AmbitStatus create(void **examples, const AmbitPlan *plan, AmbitTally *tally,
                          AmbitError *error)
{
    Sentences *s = *examples = ambit_alloc(1, sizeof *s);
    if (!s)
        return ambit_plan_no_memory(plan, error);
    s->plan = plan;
    s->tally = tally;
    s->corpus = plan->target->corpus;
    s->split = &s->corpus->splits[plan->target->split];
    s->n_examples = n_examples(plan->target, plan->settings);
    AmbitStatus status = choose(s, error);
    if (!status)
        status = ambit_sentence_metrics_init(&s->metrics, s->corpus, plan->settings, error);
    return status;
}

static void close_worker(const Sentences *s, Worker *w)
{
    const AmbitEvaluation *e = s->plan->evaluation;
    for (size_t p = 0; w->workspaces && p < e->n_predictors; p++)
        if (w->workspaces[p])
            e->predictors[p]->type->sentences->workspace_destroy(w->workspaces[p]);
    ambit_reader_destroy(&w->reader);
    ambit_free(w->workspaces);
    ambit_free(w->seconds);
    ambit_free(w->sentences);
    ambit_free(w->asked);
    ambit_free(w->questions);
    ambit_free(w->output);
    ambit_free(w->outcome);
    ambit_free(w->flag);
}

static void close(void *examples)
{
    Sentences *s = examples;
    for (size_t i = 0; s->workers && i < s->plan->n_threads; i++)
        close_worker(s, &s->workers[i]);
    ambit_free(s->workers);
    s->workers = NULL;
}

static void destroy(void **examples)
{
    Sentences *s = *examples;
    if (!s)
        return;
    close(s);
    ambit_sentence_arrays_free(&s->arrays);
    ambit_inside_free(&s->inside);
    ambit_free(s->index);
    ambit_free(s);
    *examples = NULL;
}

static AmbitStatus bind(const Sentences *s, AmbitError *error)
{
    const AmbitEvaluation *e = s->plan->evaluation;
    AmbitStatus status = AMBIT_OK;
    for (size_t p = 0; p < e->n_predictors && !status; p++) {
        AmbitPredictor *predictor = e->predictors[p];
        const AmbitSentenceAnswers *answers = predictor->type->sentences;
        if (!answers)
            status = ambit_error_set(error, AMBIT_INVALID,
                                     "target %s: %s answers prompts, not sentences; leave it out "
                                     "(ambit list predictors says what each answers)",
                                     s->plan->target->name, predictor->label);
        else if (answers->bind)
            status = answers->bind(predictor, s->corpus, error);
    }
    return status;
}

static AmbitStatus open_worker(const Sentences *s, Worker *w, AmbitError *error)
{
    const AmbitEvaluation *e = s->plan->evaluation;
    size_t longest = s->corpus->longest, answers = e->n_predictors * AMBIT_CHUNK * s->metrics.count;
    const AmbitReaderSizes sizes = {AMBIT_CHUNK, longest,
                                    (size_t)s->plan->settings->longest_output};
    const AmbitBatchSizes batch = ambit_reader_batch_sizes(&sizes);
    AmbitStatus status = ambit_reader_create(&w->reader, s->corpus->language, &sizes, error);
    w->workspaces = ambit_alloc(e->n_predictors, sizeof *w->workspaces);
    w->seconds = ambit_alloc(e->n_predictors, sizeof *w->seconds);
    w->sentences = ambit_alloc(AMBIT_CHUNK, sizeof *w->sentences);
    w->asked = ambit_alloc(AMBIT_CHUNK, sizeof *w->asked);
    w->questions = ambit_alloc(AMBIT_CHUNK, longest * sizeof *w->questions);
    w->output = ambit_alloc(longest, sizeof *w->output);
    w->outcome = ambit_alloc(answers, sizeof *w->outcome);
    w->flag = ambit_alloc(answers, sizeof *w->flag);
    if (!status && (!w->workspaces || !w->seconds || !w->sentences || !w->asked || !w->questions ||
                    !w->output || !w->outcome || !w->flag))
        status = ambit_plan_no_memory(s->plan, error);
    for (size_t p = 0; p < e->n_predictors && !status; p++) {
        const AmbitSentenceAnswers *type = e->predictors[p]->type->sentences;
        if (type->workspace_create)
            status = type->workspace_create(e->predictors[p], &batch, &w->workspaces[p], error);
    }
    return status;
}

static AmbitStatus open(void *examples, size_t sweep, AmbitError *error)
{
    Sentences *s = examples;
    (void)sweep;
    AmbitStatus status = bind(s, error);
    if (!status && !(s->workers = ambit_alloc(s->plan->n_threads, sizeof *s->workers)))
        status = ambit_plan_no_memory(s->plan, error);
    for (size_t i = 0; i < s->plan->n_threads && !status; i++)
        status = open_worker(s, &s->workers[i], error);
    return status;
}

static void indices(const void *examples, double *coordinates)
{
    const Sentences *s = examples;
    for (size_t n = 0; n < s->n_examples; n++)
        coordinates[n] = (double)s->index[n];
}

static size_t queries(const void *examples, double *coordinates)
{
    (void)coordinates;
    return ((const Sentences *)examples)->metrics.count;
}

static char *const *query_labels(const void *examples)
{
    return ((const Sentences *)examples)->metrics.labels;
}

static AmbitInsideExamples examples_of(const Sentences *s)
{
    return (AmbitInsideExamples){&s->metrics, s->split, s->index};
}

static AmbitStatus declare(void *examples, AmbitError *error)
{
    Sentences *s = examples;
    AmbitStatus status = ambit_sentence_arrays_declare(&s->arrays, s->plan, s->tally, &s->metrics,
                                                       s->split, s->index, error);
    return status ? status
                  : ambit_inside_open(&s->inside, s->plan, s->tally, examples_of(s), error);
}

/* What is asked about the sentences that a worker continues. */
typedef struct Asking {
    const AmbitSentenceMetrics *metrics;
    const AmbitAskedSentence *asked;
} Asking;

/* An ambit_give_up_fn: no metric can become other than 0. */
static bool is_lost(const void *context, size_t sentence, const int32_t *words, size_t n_words)
{
    const Asking *asking = context;
    return ambit_sentence_is_lost(asking->metrics, &asking->asked[sentence], words, n_words);
}

/* What a predictor says of sentence b of the worker's, which its reader has read and continued. */
static AmbitSentenceAnswer read_answer(const Worker *w, bool continued, size_t b)
{
    AmbitSentenceAnswer answer = {.log_p = ambit_reader_log_p(w->reader, b, 0)};
    if (continued && w->sentences[b].n_input > 0) {
        const AmbitContinuation continuation = ambit_reader_continuation(w->reader, b);
        answer.output = continuation.words;
        answer.n_output = continuation.n_words;
        answer.ended = continuation.ended;
    }
    return answer;
}

/* What a rule says of it. */
static AmbitSentenceAnswer rule_answer(const Sentences *s, const Worker *w, AmbitRule rule,
                                       size_t b)
{
    const AmbitLanguage *language = s->corpus->language;
    AmbitSentenceAnswer answer = {.rule = rule, .ended = true};
    if (language->type->answer)
        answer.n_output = language->type->answer(language, &w->sentences[b], rule, w->output);
    answer.output = answer.n_output ? w->output : NULL;
    return answer;
}

/* Predictor p, which has one column, answers the worker's sentences: the examples from `first` on.
 */
static void answer_all(const Sentences *s, Worker *w, size_t p, size_t first, size_t count)
{
    const AmbitPredictor *predictor = s->plan->evaluation->predictors[p];
    const AmbitSentenceAnswers *type = predictor->type->sentences;
    size_t queries = s->metrics.count;
    bool reads = type->log_probability != NULL;
    bool continues = reads && s->metrics.has_outputs && !type->indifferent;
    const Asking asking = {&s->metrics, w->asked};
    double start = now();
    if (reads)
        ambit_reader_read(w->reader, predictor, w->workspaces[p], w->sentences, count);
    if (continues)
        ambit_reader_continue(w->reader, predictor, w->workspaces[p],
                              s->plan->settings->keep_outputs ? NULL : is_lost, &asking);
    w->seconds[p] += now() - start;
    for (size_t b = 0; b < count; b++) {
        const AmbitSentenceAnswer answer =
            reads ? read_answer(w, continues, b) : rule_answer(s, w, type->rule, b);
        size_t at = (p * count + b) * queries;
        ambit_sentence_score(&s->metrics, &w->asked[b], &answer, w->outcome + at, w->flag + at);
        AmbitStatus status =
            ambit_sentence_arrays_keep(&s->arrays, p, first + b, &w->asked[b], &answer);
        w->status = w->status ? w->status : status;
    }
}

static void answer(void *examples, size_t first, size_t count, size_t thread, size_t n_answering,
                   AmbitOutcome *outcome)
{
    const Sentences *s = examples;
    Worker *w = &s->workers[thread];
    for (size_t b = 0; b < count; b++) {
        w->sentences[b] = ambit_split_sentence(s->split, s->index[first + b]);
        w->asked[b] =
            ambit_sentence_ask(&s->metrics, w->sentences[b], w->questions + b * s->corpus->longest);
    }
    for (size_t p = 0; p < n_answering; p++)
        answer_all(s, w, p, first, count);
    *outcome = (AmbitOutcome){.prediction = w->outcome, .flag = w->flag};
}

static void gather(void *examples, const AmbitTeam *team, const size_t *first)
{
    const Sentences *s = examples;
    ambit_sentence_arrays_gather(&s->arrays, team, first);
}

static AmbitStatus finish(void *examples, AmbitError *error)
{
    Sentences *s = examples;
    for (size_t i = 0; i < s->plan->n_threads; i++)
        if (s->workers[i].status)
            return ambit_plan_no_memory(s->plan, error);
    AmbitStatus status = ambit_sentence_arrays_finish(&s->arrays, error);
    return status ? status : ambit_inside_run(&s->inside, error);
}

static double seconds(const void *examples, size_t predictor)
{
    const Sentences *s = examples;
    double sum = 0.0;
    for (size_t t = 0; t < s->plan->n_threads; t++)
        sum += s->workers[t].seconds[predictor];
    return sum;
}

const AmbitExamplesType ambit_sentence_examples = {.example = &example,
                                                   .query = &query,
                                                   .check = check,
                                                   .metric = metric,
                                                   .n_examples = n_examples,
                                                   .create = create,
                                                   .destroy = destroy,
                                                   .open = open,
                                                   .close = close,
                                                   .indices = indices,
                                                   .queries = queries,
                                                   .query_labels = query_labels,
                                                   .declare = declare,
                                                   .answer = answer,
                                                   .gather = gather,
                                                   .finish = finish,
                                                   .seconds = seconds};
