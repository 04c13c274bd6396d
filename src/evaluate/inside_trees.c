// SPDX-License-Identifier: MIT
// Tree projection (Murty et al. 2211.01288; 2305.18741, section 4.3): how tree-like the states of a
// model are, and how near the projected trees are to the language's.
#include "inside.h"

#include "span_chart.h"

#include "ambit/memory.h"
#include "ambit/threads.h"

#include <math.h>
#include <string.h>

/* What is measured of a sentence, for the greedy tree and for the exact one. */
enum { GREEDY, EXACT, N_PROJECTIONS };
enum { T_SPLITS, T_TREES, MATCHES, N_SCORES };

/* Arrays of the result. Those of the N_SCORES come first, then the same by length. */
enum {
    BY_LENGTH = N_SCORES,
    RELEASED = 2 * N_SCORES, // greedy trees alone
    BASELINE,
    SENTENCES,
    TREE,
    GOLD,
    N_ARRAYS
};

enum { RIGHT, LEFT, RANDOM, N_BASELINES };

enum { SHOWN = 10 }; // sentences whose trees are written out

static const AmbitCaption projection_axis = {"projection", "how trees are projected", "1",
                                             "greedy: top-down, as in 2211.01288; exact: the tree "
                                             "of the largest similarity"};
static const AmbitCaption length_axis = {"n_words", "words of a sentence", "1",
                                         "without final stop and marker"};
static const AmbitCaption baseline_axis = {"tree_baseline", "trees that need no model", "1",
                                           "right-branching, left-branching, and the expectation "
                                           "of random trees with uniform splits"};
static const AmbitCaption tree_axis = {"tree_sentence", "sentence with its tree", "1",
                                       "the first of those that probes read"};

#define MEASURE(measure_name, measure_long_name, measure_description, is_headline, how)            \
    {                                                                                              \
        .words = {measure_name, measure_long_name, "1", measure_description},                      \
        .headline = (is_headline), .shown = (how)                                                  \
    }
static const AmbitMeasure measures[N_ARRAYS] = {
    [T_SPLITS] = MEASURE("t_score", "tree-structuredness",
                         "at each node the similarity of the parts minus its mean over all splits "
                         "of the node, summed over nodes, averaged over sentences: the expectation "
                         "of t_score_released",
                         true, AMBIT_SHOWN_EACH),
    [T_TREES] = MEASURE("t_score_trees", "tree-structuredness against whole random trees",
                        "2305.18741, equation 2: the tree's similarity minus the mean over random "
                        "trees, averaged over sentences",
                        false, AMBIT_SHOWN_EACH),
    [MATCHES] = MEASURE("t_parseval", "bracketing F1 against gold trees",
                        "spans of the projected trees that gold trees have, over all spans of all "
                        "sentences; NaN: the language has no trees",
                        true, AMBIT_SHOWN_EACH),
    [BY_LENGTH + T_SPLITS] =
        MEASURE("t_score_by_length", "tree-structuredness by length",
                "t_score of sentences with that many words", false, AMBIT_SHOWN_NOT),
    [BY_LENGTH + T_TREES] =
        MEASURE("t_score_trees_by_length", "tree-structuredness against random trees by length",
                "t_score_trees of sentences with that many words", false, AMBIT_SHOWN_NOT),
    [BY_LENGTH + MATCHES] =
        MEASURE("t_parseval_by_length", "bracketing F1 by length",
                "t_parseval of sentences with that many words", false, AMBIT_SHOWN_NOT),
    [RELEASED] = MEASURE("t_score_released", "tree-structuredness as released",
                         "t_score of greedy trees with one random split for the mean, as the "
                         "paper's program estimates it",
                         false, AMBIT_SHOWN_WHOLE),
    [BASELINE] = {.words = {"t_parseval_baseline", "bracketing F1 of trees that need no model", "1",
                            "as t_parseval"},
                  .fixed = true,
                  .shown = AMBIT_SHOWN_NOT},
    [SENTENCES] = {.words = {"n_tree_sentences", "sentences by length", "1",
                             "how many sentences with that many words the probe read"},
                   .fixed = true,
                   .shown = AMBIT_SHOWN_NOT},
    [TREE] = {.words = {"tree", "projected tree", "1", "the greedy one, in brackets"},
              .raw = true,
              .text = true},
    [GOLD] = {.words = {"gold_tree", "gold tree", "1", "in brackets"},
              .raw = true,
              .fixed = true,
              .text = true},
};

static size_t n_shown(const AmbitInside *inside)
{
    return inside->sentences.count < SHOWN ? inside->sentences.count : SHOWN;
}

static size_t n_words(const AmbitInsideSentences *s, size_t i)
{
    return s->offset[i + 1] - s->offset[i] - 1;
}

typedef struct Axes {
    size_t projection, length, baseline, tree;
} Axes;

static AmbitStatus add_axes(const AmbitInside *inside, Axes *axes, AmbitError *error)
{
    static char *const projections[] = {"greedy", "exact"};
    static char *const baselines[] = {"right-branching", "left-branching", "random"};
    AmbitTargetResult *r = inside->tally->result;
    AmbitStatus status = ambit_result_add_axis(r, &projection_axis, N_PROJECTIONS, NULL,
                                               projections, &axes->projection, error);
    if (!status)
        status = ambit_inside_numbers(inside, &length_axis, inside->sentences.longest,
                                      &axes->length, error);
    if (!status)
        status = ambit_result_add_axis(r, &baseline_axis, N_BASELINES, NULL, baselines,
                                       &axes->baseline, error);
    if (!status)
        status = ambit_result_add_index(r, &tree_axis, n_shown(inside), &axes->tree, error);
    return status;
}

static AmbitStatus add_arrays(const AmbitInside *inside, const Axes *axes, size_t *arrays,
                              AmbitError *error)
{
    AmbitTargetResult *r = inside->tally->result;
    const size_t scores[] = {AMBIT_AXIS_PREDICTOR, axes->projection, axes->length};
    const size_t trees[] = {AMBIT_AXIS_PREDICTOR, axes->tree};
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; i < N_SCORES && !status; i++) {
        status = ambit_result_add_array(r, &measures[i], 2, scores, &arrays[i], error);
        if (!status)
            status = ambit_result_add_array(r, &measures[BY_LENGTH + i], 3, scores,
                                            &arrays[BY_LENGTH + i], error);
    }
    if (!status)
        status =
            ambit_result_add_array(r, &measures[RELEASED], 1, scores, &arrays[RELEASED], error);
    if (!status)
        status = ambit_result_add_array(r, &measures[BASELINE], 1, &axes->baseline,
                                        &arrays[BASELINE], error);
    if (!status)
        status = ambit_result_add_array(r, &measures[SENTENCES], 1, &axes->length,
                                        &arrays[SENTENCES], error);
    if (!status)
        status = ambit_result_add_array(r, &measures[TREE], 2, trees, &arrays[TREE], error);
    if (!status)
        status = ambit_result_add_array(r, &measures[GOLD], 1, &axes->tree, &arrays[GOLD], error);
    return status;
}

/* A tree being written: spans [n − 1] in any order, as every node's brackets stand where its words
 * begin and end. Returns NULL without memory. */
static char *bracket(const AmbitInside *inside, size_t i, const AmbitSpan *spans)
{
    const AmbitInsideSentences *s = &inside->sentences;
    size_t n = n_words(s, i), size = 1, at = 0;
    char *const *words = inside->language->words.texts;
    const int32_t *id = s->id + s->offset[i] + 1;
    for (size_t t = 0; t < n; t++)
        size += strlen(words[id[t]]) + 3; // a blank, and two brackets for each of n − 1 spans
    char *text = ambit_alloc(size, 1);
    for (size_t t = 0; text && t < n; t++) {
        if (t)
            text[at++] = ' ';
        for (size_t k = 0; k + 1 < n; k++)
            if (spans[k].first == t)
                text[at++] = '(';
        size_t length = strlen(words[id[t]]);
        memcpy(text + at, words[id[t]], length);
        at += length;
        for (size_t k = 0; k + 1 < n; k++)
            if (spans[k].last == t)
                text[at++] = ')';
    }
    return text;
}

/* Matches of the baselines [N_BASELINES] with the gold tree of sentence i. */
static void add_baselines(const AmbitInsideSentences *s, size_t i, AmbitTreeNode *tree,
                          double *workspace, double *matches)
{
    size_t n = n_words(s, i);
    const AmbitSpan *gold = s->gold + s->offset[i];
    ambit_tree_right_branching(n, tree);
    matches[RIGHT] += (double)ambit_tree_matches(n, tree, gold);
    ambit_tree_left_branching(n, tree);
    matches[LEFT] += (double)ambit_tree_matches(n, tree, gold);
    matches[RANDOM] += ambit_tree_random_matches(n, gold, workspace);
}

/* Arrays that no model changes. */
static AmbitStatus fill_fixed(const AmbitInside *inside, const size_t *arrays, AmbitError *error)
{
    const AmbitInsideSentences *s = &inside->sentences;
    const AmbitTargetResult *r = inside->tally->result;
    size_t longest = s->longest;
    double *baseline = r->arrays[arrays[BASELINE]].values, *counts = NULL, nodes = 0;
    double *workspace = ambit_alloc(longest, longest * sizeof *workspace);
    AmbitTreeNode *tree = ambit_alloc(longest, sizeof *tree);
    bool ok = workspace && tree;
    counts = r->arrays[arrays[SENTENCES]].values;
    for (size_t i = 0; ok && i < s->count; i++) {
        counts[n_words(s, i) - 1] += 1;
        nodes += (double)n_words(s, i) - 1;
        if (s->gold)
            add_baselines(s, i, tree, workspace, baseline);
    }
    for (size_t b = 0; ok && b < N_BASELINES; b++)
        baseline[b] = s->gold ? baseline[b] / nodes : NAN;
    for (size_t i = 0; ok && s->gold && i < n_shown(inside); i++)
        ok = (r->arrays[arrays[GOLD]].texts[i] = bracket(inside, i, s->gold + s->offset[i]));
    ambit_free(workspace);
    ambit_free(tree);
    return ok ? AMBIT_OK : ambit_plan_no_memory(inside->plan, error);
}

static AmbitStatus declare(const AmbitInside *inside, size_t *arrays, AmbitError *error)
{
    Axes axes;
    AmbitStatus status = add_axes(inside, &axes, error);
    if (!status)
        status = add_arrays(inside, &axes, arrays, error);
    return status ? status : fill_fixed(inside, arrays, error);
}

/* What one sentence scores. */
typedef struct Scores {
    double score[N_PROJECTIONS][N_SCORES];
    double released;
} Scores;

/* Memory of one thread. */
typedef struct Worker {
    AmbitSpanCharts *charts;
    AmbitTreeNode *trees[N_PROJECTIONS]; // [longest] each
    AmbitSpan *spans;                    // [longest]
    double *workspace;                   // [2][longest][longest]
    bool no_memory;                      // a tree could not be written out
} Worker;

typedef struct Job {
    const AmbitInside *inside;
    Worker *workers; // [n_threads]
    Scores *scores;  // [N']
    char **texts;    // [SHOWN]
} Job;

static void write_tree(const Job *job, Worker *w, size_t i)
{
    size_t n = n_words(&job->inside->sentences, i);
    for (size_t k = 0; k + 1 < n; k++)
        w->spans[k] = (AmbitSpan){w->trees[GREEDY][k].first, w->trees[GREEDY][k].last};
    job->texts[i] = bracket(job->inside, i, w->spans);
    w->no_memory |= !job->texts[i];
}

/* One sentence: an ambit_item_fn. */
static void score_sentence(void *context, size_t i, size_t thread)
{
    const Job *job = context;
    Worker *w = &job->workers[thread];
    const AmbitInsideSentences *s = &job->inside->sentences;
    size_t n = n_words(s, i);
    const AmbitSpanChart chart = ambit_span_chart(w->charts, s->id + s->offset[i], n);
    Scores *scores = &job->scores[i];
    AmbitKey key = job->inside->plan->key;
    AmbitRandom random;
    ambit_tree_greedy(&chart, w->trees[GREEDY]);
    ambit_tree_exact(&chart, w->trees[EXACT], w->workspace);
    for (size_t p = 0; p < N_PROJECTIONS; p++) {
        double *score = scores->score[p];
        score[T_SPLITS] = ambit_tree_t_splits(&chart, w->trees[p]);
        score[T_TREES] = ambit_tree_t_trees(&chart, w->trees[p], w->workspace);
        score[MATCHES] =
            s->gold ? (double)ambit_tree_matches(n, w->trees[p], s->gold + s->offset[i]) : NAN;
    }
    ambit_random_open(&random, key, AMBIT_STREAM_PROBE, (uint32_t)(AMBIT_N_SPLITS + i));
    scores->released = ambit_tree_t_released(&chart, w->trees[GREEDY], &random.rng);
    if (i < n_shown(job->inside))
        write_tree(job, w, i);
}

/* Means over sentences, summed in order; matches over the number of nodes. */
static void average_score(const Job *job, const size_t *arrays, size_t column, size_t projection,
                          size_t score)
{
    const AmbitInside *inside = job->inside;
    const AmbitInsideSentences *s = &inside->sentences;
    const double *counts = inside->tally->result->arrays[arrays[SENTENCES]].values;
    double *by_length =
        ambit_inside_values(inside, arrays[BY_LENGTH + score], column) + projection * s->longest;
    double sum = 0, nodes = 0;
    for (size_t n = 0; n < s->longest; n++)
        by_length[n] = 0;
    for (size_t i = 0; i < s->count; i++) {
        double value = job->scores[i].score[projection][score];
        by_length[n_words(s, i) - 1] += value;
        sum += value;
        nodes += (double)n_words(s, i) - 1;
    }
    for (size_t n = 0; n < s->longest; n++)
        by_length[n] /= counts[n] * (score == MATCHES ? (double)n : 1);
    ambit_inside_values(inside, arrays[score], column)[projection] =
        sum / (score == MATCHES ? nodes : (double)s->count);
}

static void average(const Job *job, const size_t *arrays, size_t column)
{
    double released = 0;
    size_t count = job->inside->sentences.count;
    for (size_t p = 0; p < N_PROJECTIONS; p++)
        for (size_t score = 0; score < N_SCORES; score++)
            average_score(job, arrays, column, p, score);
    for (size_t i = 0; i < count; i++)
        released += job->scores[i].released;
    *ambit_inside_values(job->inside, arrays[RELEASED], column) = released / (double)count;
}

static AmbitStatus open_worker(const Job *job, Worker *w, const AmbitTransformer *transformer,
                               AmbitError *error)
{
    size_t longest = job->inside->sentences.longest;
    w->workspace = ambit_alloc(2 * longest, longest * sizeof *w->workspace);
    w->spans = ambit_alloc(longest, sizeof *w->spans);
    for (size_t p = 0; p < N_PROJECTIONS; p++)
        w->trees[p] = ambit_alloc(longest, sizeof *w->trees[p]);
    if (!w->workspace || !w->spans || !w->trees[GREEDY] || !w->trees[EXACT])
        return ambit_plan_no_memory(job->inside->plan, error);
    return ambit_span_charts_create(&w->charts, transformer->packed, transformer->model, longest,
                                    error);
}

static bool close_workers(Job *job)
{
    bool no_memory = false;
    for (size_t i = 0; job->workers && i < job->inside->plan->n_threads; i++) {
        Worker *w = &job->workers[i];
        no_memory |= w->no_memory;
        ambit_span_charts_destroy(&w->charts);
        ambit_free(w->workspace);
        ambit_free(w->spans);
        for (size_t p = 0; p < N_PROJECTIONS; p++)
            ambit_free(w->trees[p]);
    }
    ambit_free(job->workers);
    ambit_free(job->scores);
    return no_memory;
}

static AmbitStatus measure(const AmbitInside *inside, const size_t *arrays, size_t column,
                           const AmbitTransformer *transformer, AmbitError *error)
{
    const AmbitResultArray *tree = &inside->tally->result->arrays[arrays[TREE]];
    size_t n_threads = inside->plan->n_threads, shown = n_shown(inside);
    Job job = {.inside = inside,
               .texts = tree->texts + inside->tally->condition * tree->count + column * shown};
    job.workers = ambit_alloc(n_threads, sizeof *job.workers);
    job.scores = ambit_alloc(inside->sentences.count, sizeof *job.scores);
    AmbitStatus status = AMBIT_OK;
    if (!job.workers || !job.scores)
        status = ambit_plan_no_memory(inside->plan, error);
    for (size_t i = 0; i < n_threads && !status; i++)
        status = open_worker(&job, &job.workers[i], transformer, error);
    if (!status) {
        ambit_threads_run(inside->sentences.count, n_threads, score_sentence, &job);
        average(&job, arrays, column);
    }
    if (close_workers(&job) && !status)
        status = ambit_plan_no_memory(inside->plan, error);
    return status;
}

const AmbitInsideType ambit_inside_tree_projection = {
    .name = "tree_projection",
    .summary = "trees projected from the model's states: how tree-like they are, and how near to "
               "the language's",
    .source = "Murty et al. 2211.01288; 2305.18741, section 4.3",
    .declare = declare,
    .measure = measure,
};
