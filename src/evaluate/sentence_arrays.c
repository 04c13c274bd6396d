// SPDX-License-Identifier: MIT
// Arrays of a result about sentences.
#include "sentence_arrays.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

#include <math.h>
#include <string.h>

static const size_t over_answers[] = {AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_EXAMPLE};

/* The raw array of a number per example, then its mean and the ends of the interval. */
static AmbitStatus declare_mean(AmbitSentenceMean *mean, AmbitTargetResult *r,
                                const AmbitMeasure measures[4], AmbitError *error)
{
    size_t *const arrays[] = {&mean->raw, &mean->mean, &mean->low, &mean->high};
    AmbitStatus status = AMBIT_OK;
    mean->values = ambit_alloc(r->n_columns, r->n_examples * sizeof *mean->values);
    if (!mean->values)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for %s", measures[0].words.name);
    for (size_t i = 0; i < 4 && !status; i++)
        status = ambit_result_add_array(r, &measures[i], i ? 1 : 2, over_answers, arrays[i], error);
    return status;
}

static AmbitStatus declare_means(AmbitSentenceArrays *a, AmbitError *error)
{
    static const AmbitMeasure loss[] = {
        {.words = {"loss", "loss per token", "1",
                   "mean of -log p over the words of the sentence and the end symbol"},
         .raw = true},
        {.words = {"mean_loss", "mean loss per token", "1", "over all tokens of the examples"},
         .shown = AMBIT_SHOWN_NOT, // stands under the accuracies
         .low = "mean_loss_low",
         .high = "mean_loss_high"},
        {.words = {"mean_loss_low", "lower end of the interval of the mean loss", "1",
                   "90 % bootstrap interval"},
         .shown = AMBIT_SHOWN_NOT},
        {.words = {"mean_loss_high", "upper end of the interval of the mean loss", "1",
                   "90 % bootstrap interval"},
         .shown = AMBIT_SHOWN_NOT}};
    static const AmbitMeasure log_odds[] = {
        {.words =
             {"log_odds", "log odds of the hierarchical rule", "1",
              "log p(hierarchical answer) - log p(linear answer), given all words before; NaN: "
              "the two are the same"},
         .raw = true},
        {.words = {"mean_log_odds", "mean log odds of the hierarchical rule", "1",
                   "over the examples where the two rules differ"},
         .shown = AMBIT_SHOWN_NOT, // likewise
         .low = "mean_log_odds_low",
         .high = "mean_log_odds_high"},
        {.words = {"mean_log_odds_low", "lower end of the interval of the mean log odds", "1",
                   "90 % bootstrap interval"},
         .shown = AMBIT_SHOWN_NOT},
        {.words = {"mean_log_odds_high", "upper end of the interval of the mean log odds", "1",
                   "90 % bootstrap interval"},
         .shown = AMBIT_SHOWN_NOT}};
    AmbitStatus status = declare_mean(&a->loss, a->tally->result, loss, error);
    a->log_odds.raw = AMBIT_MOST_ARRAYS;
    if (!status && a->metrics->has_rules)
        status = declare_mean(&a->log_odds, a->tally->result, log_odds, error);
    return status;
}

static AmbitStatus declare_categories(AmbitSentenceArrays *a, AmbitError *error)
{
    static const AmbitCaption category = {"category", "category of sentences", "1",
                                          "kinds of sentences that the language tells apart"};
    static const AmbitMeasure accuracy = {
        .words = {"category_accuracy", "accuracy by category", "1",
                  "accuracy over the examples of a category; NaN: none is asked"},
        .shown = AMBIT_SHOWN_EACH};
    const AmbitTexts *categories = &a->metrics->language->categories;
    size_t axes[] = {0, AMBIT_AXIS_PREDICTOR, AMBIT_AXIS_QUERY};
    AmbitTargetResult *r = a->tally->result;
    a->by_category = AMBIT_MOST_ARRAYS;
    if (categories->count < 2)
        return AMBIT_OK;
    AmbitStatus status = ambit_result_add_axis(r, &category, categories->count, NULL,
                                               categories->texts, &axes[0], error);
    if (!status)
        status = ambit_result_add_array(r, &accuracy, 3, axes, &a->by_category, error);
    return status;
}

static AmbitStatus declare_stops(AmbitSentenceArrays *a, AmbitError *error)
{
    static const AmbitCaption stop = {"stop", "where training might have been stopped", "1",
                                      "by what is seen of these examples"};
    static const AmbitMeasure measure = {
        .words = {"stop_step", "step of early stopping", "1",
                  "first step of the best accuracy (first metric), of the least mean loss, last "
                  "step; one stops by validation and looks up its steps in other targets"},
        .fixed = true,
        .shown = AMBIT_SHOWN_NOT};
    size_t axes[] = {0, AMBIT_AXIS_PREDICTOR};
    AmbitTargetResult *r = a->tally->result;
    a->stops = AMBIT_MOST_ARRAYS;
    if (!r->axes[AMBIT_AXIS_STEP].values)
        return AMBIT_OK;
    AmbitStatus status = ambit_result_add_axis(r, &stop, AMBIT_N_STOPS, NULL,
                                               (char *const *)ambit_stop_names, &axes[0], error);
    return status ? status : ambit_result_add_array(r, &measure, 2, axes, &a->stops, error);
}

/* Arrays that no predictor changes. */
enum { QUESTIONS, TOKENS, CATEGORY, INPUT, TARGET, N_FIXED };

#define FIXED(fixed_name, fixed_long_name, fixed_description, is_text)                             \
    {                                                                                              \
        .words = {fixed_name, fixed_long_name, "1", fixed_description}, .raw = true,               \
        .fixed = true, .text = (is_text)                                                           \
    }
static const AmbitMeasure fixed[N_FIXED] = {
    [QUESTIONS] =
        FIXED("n_questions", "questions per example", "outcome is a share of them", false),
    [TOKENS] =
        FIXED("n_tokens", "tokens per example", "words of the sentence and the end symbol", false),
    [CATEGORY] =
        FIXED("example_category", "category of the example", "one of the axis category", true),
    [INPUT] = FIXED("input", "input", "what is read first", true),
    [TARGET] = FIXED("target", "right output", "what should follow", true)};
#undef FIXED

static bool fill_example(AmbitSentenceArrays *a, const size_t arrays[N_FIXED], size_t n,
                         const AmbitAskedSentence *asked)
{
    const AmbitLanguage *language = a->metrics->language;
    const AmbitSentence *s = &asked->sentence;
    const AmbitResultArray *all = a->tally->result->arrays;
    size_t category = a->category[n] = language->type->category(language, s);
    all[arrays[TOKENS]].values[n] = (double)(s->n_words + 1);
    ambit_sentence_weigh(a->metrics, asked, all[arrays[QUESTIONS]].values + n * a->metrics->count);
    bool ok = (all[arrays[CATEGORY]].texts[n] =
                   ambit_strdup(language->categories.texts[category])) != NULL;
    if (ok && a->plan->settings->keep_outputs)
        ok = (all[arrays[INPUT]].texts[n] =
                  ambit_sentence_text(language, s->words, s->n_input, true)) &&
             (all[arrays[TARGET]].texts[n] = ambit_sentence_text(language, s->words + s->n_input,
                                                                 s->n_words - s->n_input, true));
    return ok;
}

static AmbitStatus declare_examples(AmbitSentenceArrays *a, const AmbitSplit *split,
                                    const size_t *index, AmbitError *error)
{
    static const size_t axes[] = {AMBIT_AXIS_EXAMPLE, AMBIT_AXIS_QUERY};
    AmbitTargetResult *r = a->tally->result;
    size_t arrays[N_FIXED], last = a->plan->settings->keep_outputs ? N_FIXED : INPUT;
    AmbitQuestion *questions = ambit_alloc(split->longest, sizeof *questions);
    AmbitStatus status = AMBIT_OK;
    a->category = ambit_alloc(r->n_examples, sizeof *a->category);
    a->ones = ambit_alloc(r->n_examples, sizeof *a->ones);
    for (size_t i = 0; i < last && !status; i++)
        status =
            ambit_result_add_array(r, &fixed[i], i == QUESTIONS ? 2 : 1, axes, &arrays[i], error);
    bool ok = questions && a->category && a->ones;
    for (size_t n = 0; n < r->n_examples && ok && !status; n++) {
        a->ones[n] = 1.0;
        const AmbitAskedSentence asked =
            ambit_sentence_ask(a->metrics, ambit_split_sentence(split, index[n]), questions);
        ok = fill_example(a, arrays, n, &asked);
    }
    ambit_free(questions);
    if (status || !ok)
        return status ? status : ambit_plan_no_memory(a->plan, error);
    a->tally->weight = r->arrays[arrays[QUESTIONS]].values;
    a->n_tokens = r->arrays[arrays[TOKENS]].values;
    return AMBIT_OK;
}

/* Bytes of the longest text of an output. */
static size_t longest_text(const AmbitSentenceArrays *a)
{
    const AmbitTexts *words = &a->metrics->language->words;
    size_t longest = sizeof "<start>";
    for (size_t i = 0; i < words->count; i++)
        longest = strlen(words->texts[i]) > longest ? strlen(words->texts[i]) : longest;
    size_t most = a->plan->target->corpus->longest;
    return (longest + 1) * (most + 1) + 1;
}

static AmbitStatus declare_outputs(AmbitSentenceArrays *a, AmbitError *error)
{
    static const AmbitMeasure output = {
        .words =
            {"output", "output of the predictor", "1",
             "most likely words after the input, to the end symbol; \"…\": given up before it"},
        .raw = true,
        .text = true};
    const AmbitTeam *team = a->plan->evaluation->team;
    AmbitTargetResult *r = a->tally->result;
    a->output = AMBIT_MOST_ARRAYS;
    if (!a->plan->settings->keep_outputs || !a->metrics->has_outputs)
        return AMBIT_OK;
    if (team && team->count > 1) {
        a->text_size = longest_text(a);
        a->shared = ambit_alloc(r->n_columns * r->n_examples, a->text_size);
        if (!a->shared)
            return ambit_plan_no_memory(a->plan, error);
    }
    return ambit_result_add_array(r, &output, 2, over_answers, &a->output, error);
}

AmbitStatus ambit_sentence_arrays_declare(AmbitSentenceArrays *a, const AmbitPlan *plan,
                                          AmbitTally *tally, const AmbitSentenceMetrics *metrics,
                                          const AmbitSplit *split, const size_t *index,
                                          AmbitError *error)
{
    *a = (AmbitSentenceArrays){.plan = plan, .tally = tally, .metrics = metrics};
    AmbitStatus status = declare_means(a, error);
    if (!status)
        status = declare_categories(a, error);
    if (!status)
        status = declare_stops(a, error);
    if (!status)
        status = declare_examples(a, split, index, error);
    if (!status)
        status = declare_outputs(a, error);
    return status;
}

void ambit_sentence_arrays_free(AmbitSentenceArrays *a)
{
    ambit_free(a->loss.values);
    ambit_free(a->log_odds.values);
    ambit_free(a->category);
    ambit_free(a->shared);
    ambit_free(a->ones);
}

AmbitStatus ambit_sentence_arrays_keep(const AmbitSentenceArrays *a, size_t column, size_t example,
                                       const AmbitAskedSentence *asked,
                                       const AmbitSentenceAnswer *answer)
{
    const AmbitTally *tally = a->tally;
    size_t at = column * tally->result->n_examples + example;
    const double *log_p = answer->log_p;
    a->loss.values[at] = log_p ? ambit_sentence_loss(a->metrics, &asked->sentence, log_p) : NAN;
    if (a->log_odds.values)
        a->log_odds.values[at] = log_p ? ambit_sentence_log_odds(a->metrics, asked, log_p) : NAN;
    if (a->output == AMBIT_MOST_ARRAYS || !answer->output)
        return AMBIT_OK;
    const AmbitResultArray *output = &tally->result->arrays[a->output];
    char **text = &output->texts[tally->condition * output->count + at];
    *text =
        ambit_sentence_text(a->metrics->language, answer->output, answer->n_output, answer->ended);
    if (*text && a->shared)
        memcpy(a->shared + at * a->text_size, *text, strlen(*text) + 1);
    return *text ? AMBIT_OK : AMBIT_NO_MEMORY;
}

void ambit_sentence_arrays_gather(const AmbitSentenceArrays *a, const AmbitTeam *team,
                                  const size_t *first)
{
    size_t n_columns = a->tally->result->n_columns;
    ambit_team_gather_middle(team, a->loss.values, n_columns, first, 1, sizeof *a->loss.values);
    if (a->log_odds.values)
        ambit_team_gather_middle(team, a->log_odds.values, n_columns, first, 1,
                                 sizeof *a->log_odds.values);
    if (a->shared)
        ambit_team_gather_middle(team, a->shared, n_columns, first, a->text_size, 1);
}

static AmbitStatus finish_mean(const AmbitSentenceArrays *a, const AmbitSentenceMean *mean,
                               size_t column, const double *weights)
{
    const AmbitTally *tally = a->tally;
    size_t n = tally->result->n_examples;
    const double *values = mean->values + column * n;
    const AmbitSample sample = {values, weights, n, 1};
    const AmbitStatistics statistics = {.mean = ambit_tally_values(tally, mean->mean) + column,
                                        .low = ambit_tally_values(tally, mean->low) + column,
                                        .high = ambit_tally_values(tally, mean->high) + column};
    memcpy(ambit_tally_values(tally, mean->raw) + column * n, values, n * sizeof *values);
    return ambit_bootstrap_statistics(&sample, (size_t)a->plan->settings->bootstrap, a->plan->key,
                                      &statistics, NULL);
}

/* Means of one column: an ambit_item_fn. */
static void finish_column(void *context, size_t column, size_t thread)
{
    const AmbitSentenceArrays *a = context;
    (void)thread;
    AmbitStatus *status = &a->tally->statuses[column];
    *status = finish_mean(a, &a->loss, column, a->n_tokens);
    if (!*status && a->log_odds.values)
        *status = finish_mean(a, &a->log_odds, column, a->ones);
}

/* accuracy [C][Q] of one category. */
static void average_category(const AmbitSentenceArrays *a, size_t category, double *accuracy)
{
    const AmbitTargetResult *r = a->tally->result;
    size_t queries = r->n_queries;
    const double *outcome = r->error + a->tally->condition * r->n_columns * r->n_examples * queries;
    for (size_t c = 0; c < r->n_columns; c++)
        for (size_t q = 0; q < queries; q++) {
            double sum = 0.0, count = 0.0;
            for (size_t n = 0; n < r->n_examples; n++) {
                double share = outcome[(c * r->n_examples + n) * queries + q];
                if (a->category[n] != category || isnan(share))
                    continue;
                sum += a->tally->weight[n * queries + q] * share;
                count += a->tally->weight[n * queries + q];
            }
            accuracy[c * queries + q] = count > 0.0 ? sum / count : NAN;
        }
}

/* Outputs that this condition has from other processes, or from the first step as they do not vary
 * with it. */
static AmbitStatus copy_outputs(const AmbitSentenceArrays *a, AmbitError *error)
{
    const AmbitTally *tally = a->tally;
    const AmbitResultArray *output = &tally->result->arrays[a->output];
    char **now = output->texts + tally->condition * output->count;
    size_t varying = a->plan->evaluation->n_varying * tally->result->n_examples;
    for (size_t i = 0; i < output->count; i++) {
        const char *text = a->shared ? a->shared + i * a->text_size : NULL;
        if (!text && tally->step && i >= varying)
            text = output->texts[i];
        if (text && *text && !now[i] && !(now[i] = ambit_strdup(text)))
            return ambit_plan_no_memory(a->plan, error);
    }
    return AMBIT_OK;
}

/* Once the last step is known. */
static void find_stops(const AmbitSentenceArrays *a)
{
    const AmbitTargetResult *r = a->tally->result;
    double *steps = ambit_tally_values(a->tally, a->stops); // [stop][C]
    for (size_t stop = 0; stop < AMBIT_N_STOPS; stop++)
        for (size_t c = 0; c < r->n_columns; c++) {
            size_t i = ambit_stop_index(r, c, (AmbitStop)stop);
            steps[stop * r->n_columns + c] =
                i == SIZE_MAX ? NAN : r->axes[AMBIT_AXIS_STEP].values[i];
        }
}

AmbitStatus ambit_sentence_arrays_finish(AmbitSentenceArrays *a, AmbitError *error)
{
    AmbitTally *tally = a->tally;
    const AmbitTargetResult *r = tally->result;
    ambit_threads_run(r->n_columns, a->plan->n_threads, finish_column, a);
    AmbitStatus status = ambit_tally_status(tally, a->plan, error);
    if (a->by_category != AMBIT_MOST_ARRAYS)
        for (size_t k = 0; k < a->metrics->language->categories.count; k++)
            average_category(
                a, k, ambit_tally_values(tally, a->by_category) + k * r->n_columns * r->n_queries);
    if (!status && a->output != AMBIT_MOST_ARRAYS)
        status = copy_outputs(a, error);
    if (a->stops != AMBIT_MOST_ARRAYS && tally->step + 1 == r->n_steps)
        find_stops(a);
    return status;
}
