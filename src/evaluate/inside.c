// SPDX-License-Identifier: MIT
// Which measures of the inside there are, the sentences that they read, and the models that they
// are taken of.
#include "inside.h"

#include "ambit/memory.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

static const AmbitInsideType *const types[] = {
    &ambit_inside_weight_norm, &ambit_inside_attention_sparsity, &ambit_inside_tree_projection,
    &ambit_inside_silent_heads, NULL};
enum { N_TYPES = sizeof types / sizeof *types - 1 };

const AmbitInsideType *const *ambit_inside_types(void)
{
    return types;
}

const char *ambit_inside_name(const AmbitInsideType *type)
{
    return type->name;
}

const char *ambit_inside_summary(const AmbitInsideType *type)
{
    return type->summary;
}

const char *ambit_inside_source(const AmbitInsideType *type)
{
    return type->source;
}

/* Number of words that are measured: those of the gold tree, else the input without its marker,
 * else all. */
static size_t n_measured(const AmbitLanguage *language, const AmbitSentence *sentence,
                         AmbitSpan *spans)
{
    size_t n = sentence->n_input ? sentence->n_input - 1 : sentence->n_words;
    if (language->type->tree)
        language->type->tree(language, sentence, spans, &n);
    return n;
}

/* Buffers for one sentence of the split, and the choice. */
typedef struct Choice {
    const AmbitSplit *split;
    size_t n_eligible, *eligible; // [n_sentences] with questions, or all; not too long
    size_t n_rows;                // of the sentences that are chosen
    AmbitQuestion *questions;     // [longest]
    AmbitSpan *spans;             // [longest]
} Choice;

static void find_eligible(Choice *choice, const AmbitInside *inside, bool with_questions)
{
    const AmbitLanguage *language = inside->language;
    size_t most = (size_t)inside->plan->settings->longest_probed;
    choice->n_eligible = 0;
    for (size_t i = 0; i < choice->split->n_sentences; i++) {
        const AmbitSentence sentence = ambit_split_sentence(choice->split, i);
        size_t n = n_measured(language, &sentence, choice->spans);
        if (n == 0 || n > most)
            continue;
        if (!with_questions || language->type->questions(language, &sentence, choice->questions))
            choice->eligible[choice->n_eligible++] = i;
    }
}

/* Copies the chosen sentences `index` [N'] behind start symbols. */
static void copy_sentences(AmbitInsideSentences *s, const AmbitInside *inside, const Choice *choice,
                           const size_t *index)
{
    const AmbitLanguage *language = inside->language;
    size_t row = 0;
    for (size_t i = 0; i < s->count; i++) {
        const AmbitSentence sentence = ambit_split_sentence(choice->split, index[i]);
        size_t n = n_measured(language, &sentence, s->gold ? s->gold + row : choice->spans);
        s->offset[i] = row;
        s->id[row++] = ambit_language_size(language) + 1;
        memcpy(s->id + row, sentence.words, n * sizeof *s->id);
        row += n;
        s->longest = n > s->longest ? n : s->longest;
    }
    s->offset[s->count] = row;
}

/* The gold spans of a sentence fit into its rows, since a tree over n words has n − 1. */
static AmbitStatus take_sentences(AmbitInside *inside, Choice *choice, AmbitError *error)
{
    AmbitInsideSentences *s = &inside->sentences;
    size_t asked = (size_t)inside->plan->settings->n_probed, rows = 0;
    AmbitRandom random;
    s->count = asked < choice->n_eligible ? asked : choice->n_eligible;
    size_t *index = ambit_alloc(s->count, sizeof *index);
    s->offset = ambit_alloc(s->count + 1, sizeof *s->offset);
    AmbitStatus status = index && s->offset ? AMBIT_OK : ambit_plan_no_memory(inside->plan, error);
    if (!status) {
        ambit_random_open(&random, inside->plan->key, AMBIT_STREAM_PROBE,
                          (uint32_t)inside->plan->target->split);
        gsl_ran_choose(&random.rng, index, s->count, choice->eligible, choice->n_eligible,
                       sizeof *index);
        for (size_t i = 0; i < s->count; i++)
            rows += ambit_split_sentence(choice->split, index[i]).n_words + 1;
        s->id = ambit_alloc(rows, sizeof *s->id);
        s->gold = inside->language->type->tree ? ambit_alloc(rows, sizeof *s->gold) : NULL;
        if (!s->id || (inside->language->type->tree && !s->gold))
            status = ambit_plan_no_memory(inside->plan, error);
    }
    if (!status)
        copy_sentences(s, inside, choice, index);
    ambit_free(index);
    return status;
}

/* Sentences with questions (of question_formation: those that become questions, as the paper has
 * it), or, where a language asks nothing, all. */
static AmbitStatus choose_sentences(AmbitInside *inside, AmbitError *error)
{
    const AmbitTarget *target = inside->plan->target;
    Choice choice = {.split = &target->corpus->splits[target->split]};
    size_t longest = choice.split->longest;
    choice.eligible = ambit_alloc(choice.split->n_sentences, sizeof *choice.eligible);
    choice.questions = ambit_alloc(longest, sizeof *choice.questions);
    choice.spans = ambit_alloc(longest, sizeof *choice.spans);
    AmbitStatus status = AMBIT_OK;
    if (!choice.eligible || !choice.questions || !choice.spans)
        status = ambit_plan_no_memory(inside->plan, error);
    if (!status) {
        find_eligible(&choice, inside, true);
        if (!choice.n_eligible)
            find_eligible(&choice, inside, false);
        if (!choice.n_eligible)
            status =
                ambit_error_set(error, AMBIT_INVALID,
                                "target %s: probes find no sentence of at most %lld words; "
                                "raise evaluation.probe_longest",
                                target->name, (long long)inside->plan->settings->longest_probed);
    }
    if (!status)
        status = take_sentences(inside, &choice, error);
    ambit_free(choice.eligible);
    ambit_free(choice.questions);
    ambit_free(choice.spans);
    return status;
}

static bool is_asked(const AmbitInside *inside, size_t type)
{
    return inside->plan->target->probes & 1u << type;
}

/* NaN everywhere over predictors: what is no transformer stays so. */
static void clear_arrays(const AmbitInside *inside, size_t first)
{
    const AmbitTargetResult *r = inside->tally->result;
    for (size_t a = first; a < r->n_arrays; a++) {
        const AmbitResultArray *array = &r->arrays[a];
        size_t conditions = ambit_result_n_conditions(r);
        for (size_t i = 0; array->values && !array->measure.fixed && i < conditions * array->count;
             i++)
            array->values[i] = NAN;
    }
}

AmbitStatus ambit_inside_open(AmbitInside *inside, const AmbitPlan *plan, const AmbitTally *tally,
                              AmbitInsideExamples examples, AmbitError *error)
{
    const AmbitEvaluation *e = plan->evaluation;
    *inside = (AmbitInside){.plan = plan,
                            .tally = tally,
                            .language = plan->target->corpus->language,
                            .examples = examples};
    if (!plan->target->probes)
        return AMBIT_OK;
    for (size_t p = 0; p < e->n_predictors; p++) {
        const AmbitTransformer *transformer = ambit_inside_transformer(e->predictors[p]);
        size_t layers =
            transformer ? (size_t)ambit_model_settings(transformer->model)->trunk.n_layer : 0;
        inside->n_layers = layers > inside->n_layers ? layers : inside->n_layers;
    }
    inside->arrays = ambit_alloc(N_TYPES, sizeof *inside->arrays);
    AmbitStatus status = inside->arrays ? AMBIT_OK : ambit_plan_no_memory(plan, error);
    if (!status && inside->n_layers)
        status = choose_sentences(inside, error);
    size_t first = tally->result->n_arrays;
    for (size_t i = 0; types[i] && inside->n_layers && !status; i++)
        if (is_asked(inside, i))
            status = types[i]->declare(inside, inside->arrays[i].index, error);
    if (!status)
        clear_arrays(inside, first);
    return status;
}

void ambit_inside_free(AmbitInside *inside)
{
    ambit_free(inside->sentences.offset);
    ambit_free(inside->sentences.id);
    ambit_free(inside->sentences.gold);
    ambit_free(inside->arrays);
}

/* A model that does not change keeps the measures of the first step. */
static void copy_first(const AmbitInside *inside, size_t column)
{
    const AmbitTally *tally = inside->tally;
    const AmbitTargetResult *r = tally->result;
    for (size_t i = 0; i < N_TYPES; i++)
        for (size_t a = 0; is_asked(inside, i) && a < AMBIT_INSIDE_ARRAYS; a++) {
            size_t array = inside->arrays[i].index[a];
            if (!array || r->arrays[array].measure.fixed || !r->arrays[array].values)
                continue;
            size_t count = r->arrays[array].count, share = count / r->n_columns;
            const double *first = r->arrays[array].values + tally->sweep * count + column * share;
            memcpy(ambit_inside_values(inside, array, column), first, share * sizeof *first);
        }
}

AmbitStatus ambit_inside_run(const AmbitInside *inside, AmbitError *error)
{
    const AmbitEvaluation *e = inside->plan->evaluation;
    AmbitStatus status = AMBIT_OK;
    size_t column = 0;
    for (size_t p = 0; p < e->n_predictors && inside->n_layers && !status; p++) {
        const AmbitTransformer *transformer = ambit_inside_transformer(e->predictors[p]);
        if (transformer && inside->tally->step && p >= e->n_varying)
            copy_first(inside, column);
        else
            for (size_t i = 0; types[i] && transformer && !status; i++)
                if (is_asked(inside, i))
                    status = types[i]->measure(inside, inside->arrays[i].index, column, transformer,
                                               error);
        column += e->predictors[p]->n_columns;
    }
    return status;
}
