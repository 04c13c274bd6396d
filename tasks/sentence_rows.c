// SPDX-License-Identifier: MIT
// Sentences as rows of a batch, for training and prediction alike.
#include "ambit/corpus.h"

#include "ambit/memory.h"

struct AmbitSentenceRows {
    size_t n_sequences; // B of those added so far
    size_t n_scored;    // S of them
    bool all_scored;
    size_t *offset, *prefix;  // [B + 1], [B]
    int *class_label;         // [B]
    size_t *position;         // [R]
    int32_t *id;              // [R]
    size_t *scored;           // [S]
    int32_t *target;          // [S]
    double *weight;           // [S] ones
    AmbitQuestion *questions; // of one sentence
};

AmbitStatus ambit_sentence_rows_create(AmbitSentenceRows **rows, const AmbitBatchSizes *sizes,
                                       AmbitError *error)
{
    AmbitSentenceRows *r = *rows = ambit_alloc(1, sizeof *r);
    if (!r)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for sentences");
    r->offset = ambit_alloc(sizes->n_sequences + 1, sizeof *r->offset);
    r->prefix = ambit_alloc(sizes->n_sequences, sizeof *r->prefix);
    r->class_label = ambit_alloc(sizes->n_sequences, sizeof *r->class_label);
    r->position = ambit_alloc(sizes->n_rows, sizeof *r->position);
    r->id = ambit_alloc(sizes->n_rows, sizeof *r->id);
    r->scored = ambit_alloc(sizes->n_rows, sizeof *r->scored);
    r->target = ambit_alloc(sizes->n_rows, sizeof *r->target);
    r->weight = ambit_alloc(sizes->n_rows, sizeof *r->weight);
    r->questions = ambit_alloc(sizes->longest, sizeof *r->questions);
    if (!r->offset || !r->prefix || !r->class_label || !r->position || !r->id || !r->scored ||
        !r->target || !r->weight || !r->questions) {
        ambit_sentence_rows_destroy(rows);
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for sentences");
    }
    for (size_t i = 0; i < sizes->n_rows; i++)
        r->weight[i] = 1;
    return AMBIT_OK;
}

void ambit_sentence_rows_destroy(AmbitSentenceRows **rows)
{
    AmbitSentenceRows *r = *rows;
    if (!r)
        return;
    ambit_free(r->offset);
    ambit_free(r->prefix);
    ambit_free(r->class_label);
    ambit_free(r->position);
    ambit_free(r->id);
    ambit_free(r->scored);
    ambit_free(r->target);
    ambit_free(r->weight);
    ambit_free(r->questions);
    ambit_free(r);
    *rows = NULL;
}

size_t ambit_sentence_rows_bytes(const AmbitBatchSizes *sizes)
{
    return sizes->n_sequences * (2 * sizeof(size_t) + sizeof(int)) +
           sizes->n_rows * (2 * sizeof(size_t) + 2 * sizeof(int32_t) + sizeof(double)) +
           sizes->longest * sizeof(AmbitQuestion);
}

void ambit_sentence_rows_start(AmbitSentenceRows *rows)
{
    rows->n_sequences = rows->n_scored = 0;
    rows->all_scored = true;
}

/* Scores row `row` of the sentence that starts at row `first`. */
static void score(AmbitSentenceRows *r, const AmbitLanguage *language,
                  const AmbitSentence *sentence, size_t first, size_t row)
{
    r->scored[r->n_scored] = first + row;
    r->target[r->n_scored++] =
        row < sentence->n_words ? sentence->words[row] : ambit_language_size(language);
}

void ambit_sentence_rows_add(AmbitSentenceRows *r, const AmbitLanguage *language,
                             const AmbitSentence *sentence, int class_label, AmbitLossOn loss_on)
{
    size_t b = r->n_sequences++, first = r->offset[b];
    for (size_t i = 0; i <= sentence->n_words; i++) {
        r->position[first + i] = i;
        r->id[first + i] = i ? sentence->words[i - 1] : ambit_language_size(language) + 1;
    }
    r->offset[b + 1] = first + sentence->n_words + 1;
    r->prefix[b] = sentence->n_words + 1;
    r->class_label[b] = class_label;
    r->all_scored = r->all_scored && loss_on == AMBIT_LOSS_ON_ALL;
    if (loss_on == AMBIT_LOSS_ON_ANSWER) {
        size_t n = language->type->questions(language, sentence, r->questions);
        for (size_t q = 0; q < n; q++)
            score(r, language, sentence, first, r->questions[q].position);
        return;
    }
    for (size_t i = loss_on == AMBIT_LOSS_ON_ALL ? 0 : sentence->n_input; i <= sentence->n_words;
         i++)
        score(r, language, sentence, first, i);
}

void ambit_sentence_rows_batch(const AmbitSentenceRows *rows, AmbitBatch *batch)
{
    *batch = (AmbitBatch){.n_sequences = rows->n_sequences,
                          .offset = rows->offset,
                          .prefix = rows->prefix,
                          .position = rows->position,
                          .id = rows->id,
                          .class_label = rows->class_label,
                          .n_scored = rows->n_scored,
                          .scored = rows->all_scored ? NULL : rows->scored,
                          .target_id = rows->target,
                          .weight = rows->weight};
}
