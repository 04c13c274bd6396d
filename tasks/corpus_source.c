// SPDX-License-Identifier: MIT
// A corpus as a trainer's source: epochs, each a permutation of the training sentences by index.
#include "ambit/corpus.h"

#include "ambit/memory.h"
#include "permutation.h"
#include <stdlib.h>

static const char *const loss_names[] = {"all", "output", "answer", NULL}; // AmbitLossOn

const AmbitParameter ambit_corpus_training_parameters[] = {
    {"loss_on", AMBIT_CHOICE, offsetof(AmbitCorpusTrainingSettings, loss_on), AMBIT_LOSS_ON_ALL, 0,
     0, loss_names,
     "words that are trained: all of a sentence and the end symbol, those after the input, or the "
     "answers that accuracy is measured by",
     false},
    {0}};

struct AmbitCorpusTraining {
    const AmbitCorpus *corpus; // borrowed
    AmbitLossOn loss_on;
    size_t batch_size;
    uint64_t order_seed, dropout_seed;
    uint32_t n;         // N, sentences with scored rows
    uint32_t *sentence; // [N] their indices in the split
    uint32_t *n_scored; // [N] scored rows of each
    size_t *most_rows;  // [N + 1] rows of the i longest sentences
    double mean_rows;
};

static size_t scored_rows(const AmbitLanguage *language, const AmbitSentence *sentence,
                          AmbitLossOn loss_on)
{
    if (loss_on == AMBIT_LOSS_ON_ANSWER)
        return language->type->questions(language, sentence, NULL);
    return sentence->n_words + 1 - (loss_on == AMBIT_LOSS_ON_ALL ? 0 : sentence->n_input);
}

static int descending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x < y) - (x > y);
}

/* Finds the sentences that are trained on, and the lengths of batches of them. */
static void measure(AmbitCorpusTraining *t)
{
    const AmbitSplit *split = &t->corpus->splits[AMBIT_SPLIT_TRAIN];
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence sentence = ambit_split_sentence(split, i);
        size_t scored = scored_rows(t->corpus->language, &sentence, t->loss_on);
        if (scored == 0)
            continue;
        t->sentence[t->n] = (uint32_t)i;
        t->n_scored[t->n++] = (uint32_t)scored;
        t->most_rows[t->n] = sentence.n_words + 1;
    }
    qsort(t->most_rows + 1, t->n, sizeof *t->most_rows, descending);
    for (uint32_t i = 0; i < t->n; i++)
        t->most_rows[i + 1] += t->most_rows[i];
    t->mean_rows = (double)t->most_rows[t->n] / (double)t->n;
}

AmbitStatus ambit_corpus_training_create(AmbitCorpusTraining **training, const AmbitCorpus *corpus,
                                         AmbitLossOn loss_on, size_t batch_size,
                                         uint64_t order_seed, uint64_t dropout_seed,
                                         AmbitError *error)
{
    size_t n = corpus->splits[AMBIT_SPLIT_TRAIN].n_sentences;
    AmbitCorpusTraining *t = *training = ambit_alloc(1, sizeof *t);
    if (!t)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a source of sentences");
    *t = (AmbitCorpusTraining){.corpus = corpus,
                               .loss_on = loss_on,
                               .batch_size = batch_size,
                               .order_seed = order_seed,
                               .dropout_seed = dropout_seed,
                               .sentence = ambit_alloc(n, sizeof *t->sentence),
                               .n_scored = ambit_alloc(n, sizeof *t->n_scored),
                               .most_rows = ambit_alloc(n + 1, sizeof *t->most_rows)};
    AmbitStatus status = AMBIT_OK;
    if (!t->sentence || !t->n_scored || !t->most_rows)
        status = ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a source of sentences");
    else if (n > 0)
        measure(t);
    if (!status && t->n == 0)
        status =
            ambit_error_parameter(error, "loss_on",
                                  "training.loss_on: none of the %zu sentences of train has an "
                                  "answer; give all or output",
                                  n);
    if (status)
        ambit_corpus_training_destroy(training);
    return status;
}

void ambit_corpus_training_destroy(AmbitCorpusTraining **training)
{
    AmbitCorpusTraining *t = *training;
    if (!t)
        return;
    ambit_free(t->sentence);
    ambit_free(t->n_scored);
    ambit_free(t->most_rows);
    ambit_free(t);
    *training = NULL;
}

/* Returns which of the N sentences is sequence `index` of a step. */
static uint32_t place_of(const AmbitCorpusTraining *t, int64_t step, size_t index)
{
    uint64_t number = (uint64_t)step * t->batch_size + index;
    AmbitKey key = {t->order_seed, number / t->n, AMBIT_TRAINING};
    return ambit_permuted(key, t->n, (uint32_t)(number % t->n));
}

size_t ambit_corpus_training_sentence(const AmbitCorpusTraining *training, int64_t step,
                                      size_t index)
{
    return training->sentence[place_of(training, step, index)];
}

/* The longest batch: a sentence comes once in each epoch that the sequences reach into. */
static AmbitBatchSizes sizes(const void *state, size_t n_sequences)
{
    const AmbitCorpusTraining *t = state;
    size_t epochs = n_sequences < 2 ? 1 : (n_sequences - 2) / t->n + 2;
    size_t often = n_sequences / epochs, once = n_sequences % epochs;
    size_t rows = epochs * t->most_rows[often];
    if (once)
        rows += once * (t->most_rows[often + 1] - t->most_rows[often]);
    return (AmbitBatchSizes){
        .n_sequences = n_sequences, .n_rows = rows, .longest = t->most_rows[1], .n_scored = rows};
}

static size_t n_scored(const void *state, int64_t step, size_t n_sequences)
{
    const AmbitCorpusTraining *t = state;
    size_t count = 0;
    for (size_t i = 0; i < n_sequences; i++)
        count += t->n_scored[place_of(t, step, i)];
    return count;
}

static double mean_rows(const void *state, int64_t step)
{
    const AmbitCorpusTraining *t = state;
    (void)step;
    return t->mean_rows;
}

static void column_values(const void *state, int64_t step, double *values)
{
    const AmbitCorpusTraining *t = state;
    uint64_t epoch = (uint64_t)step * t->batch_size / t->n;
    values[AMBIT_COLUMN_EPOCH] = (double)epoch;
}

static AmbitStatus workspace_create(const void *state, size_t n_sequences, void **workspace,
                                    AmbitError *error)
{
    const AmbitBatchSizes most = sizes(state, n_sequences);
    AmbitSentenceRows *rows;
    AmbitStatus status = ambit_sentence_rows_create(&rows, &most, error);
    *workspace = rows;
    return status;
}

static void workspace_destroy(void *workspace)
{
    AmbitSentenceRows *rows = workspace;
    ambit_sentence_rows_destroy(&rows);
}

static size_t workspace_bytes(const void *state, size_t n_sequences)
{
    const AmbitBatchSizes most = sizes(state, n_sequences);
    return ambit_sentence_rows_bytes(&most);
}

static void draw(const void *state, AmbitKey key, size_t first, size_t n_sequences, void *workspace,
                 AmbitBatch *batch)
{
    const AmbitCorpusTraining *t = state;
    const AmbitSplit *split = &t->corpus->splits[AMBIT_SPLIT_TRAIN];
    ambit_sentence_rows_start(workspace);
    for (size_t b = 0; b < n_sequences; b++) {
        size_t i = ambit_corpus_training_sentence(t, (int64_t)key.step, first + b);
        const AmbitSentence sentence = ambit_split_sentence(split, i);
        ambit_sentence_rows_add(workspace, t->corpus->language, &sentence, split->class_label[i],
                                t->loss_on);
    }
    ambit_sentence_rows_batch(workspace, batch);
    batch->key = key;
    batch->key.seed = t->dropout_seed;
    batch->first = first;
}

static const char *const columns[] = {"epoch", NULL}; // AMBIT_COLUMN_*

static const AmbitSourceType corpus = {
    .name = "corpus",
    .columns = columns,
    .sizes = sizes,
    .n_scored = n_scored,
    .mean_rows = mean_rows,
    .column_values = column_values,
    .workspace_create = workspace_create,
    .workspace_destroy = workspace_destroy,
    .workspace_bytes = workspace_bytes,
    .draw = draw,
};

AmbitSource ambit_corpus_source(const AmbitCorpusTraining *training)
{
    return (AmbitSource){&corpus, training, training->corpus->n_classes};
}
