// SPDX-License-Identifier: MIT
// Corpus: sentences of a language in three splits, drawn from a seed or read from files, and the
// source that makes training batches of them.
#ifndef AMBIT_CORPUS_H
#define AMBIT_CORPUS_H

#include "ambit/language.h"
#include "ambit/source.h"
#include <stdio.h>

typedef enum AmbitSplitName {
    AMBIT_SPLIT_TRAIN,
    AMBIT_SPLIT_VALIDATION,     // in-domain sentences that are not in train
    AMBIT_SPLIT_GENERALIZATION, // sentences on which the linear rule is wrong, or of new structure
    AMBIT_N_SPLITS
} AmbitSplitName;
extern const char *const ambit_split_names[AMBIT_N_SPLITS + 1]; // "train" …, NULL-ended

/* Keys of configs under `corpus`, beside `language` and the parameters of the language. */
typedef struct AmbitCorpusSettings {
    int64_t n_sentences[AMBIT_N_SPLITS]; // train, validation, generalization
    int64_t seed;                        // of the sentences; apart from that of training
    int64_t hierarchical_only; // added to train: sentences on which the linear rule is wrong
    int64_t linear_only;       // added to train: the same, with the linear rule's output
} AmbitCorpusSettings;
extern const AmbitParameter ambit_corpus_parameters[];

enum { AMBIT_MOST_WORDS = 65535 }; // longest sentence that a model reads

/* Keys of configs under `corpus.files`: paths; NULL: the split is empty. */
typedef struct AmbitCorpusFiles {
    char *paths[AMBIT_N_SPLITS]; // owned
    size_t most_words;           // longest sentence that is read; 0: of any length
} AmbitCorpusFiles;
extern const AmbitParameter ambit_corpus_file_parameters[];

/* Sentences one after another. */
typedef struct AmbitSplit {
    size_t n_sentences; // N
    size_t *offset;     // [N + 1] first word of each sentence
    int32_t *words;     // [offset[N]]
    uint32_t *n_input;  // [N] as in AmbitSentence
    int *class_label;   // [N]
    size_t longest;     // most words of a sentence; 0 without sentences
} AmbitSplit;

typedef struct AmbitCorpus {
    AmbitLanguage *language; // owned, not NULL; see ambit_language_files
    AmbitSplit splits[AMBIT_N_SPLITS];
    size_t longest;   // most words of a sentence in any split: a model needs a context of one more
    size_t n_classes; // C
    size_t n_repeated[AMBIT_N_SPLITS]; // sentences that also occur in train; in train itself,
                                       // sentences that repeat an earlier one
} AmbitCorpus;

/* Draws a corpus. Takes ownership of the finished `language`, also on failure. The sentences depend
 * on language and settings alone. For languages without `parts`, no input occurs twice, a smaller
 * training split is the beginning of a larger one, and the other splits do not depend on its size.
 * Returns AMBIT_INVALID if there are too few different sentences; the message says how many were
 * found. */
AmbitStatus ambit_corpus_draw(AmbitCorpus **corpus, AmbitLanguage *language,
                              const AmbitCorpusSettings *settings, AmbitError *error);

/* Reads a corpus from files: `input TAB output` on each line, words separated by blanks; in a
 * language without inputs, each line is an output followed by the word END. Takes ownership of the
 * finished `language`, also on failure; with NULL, the words of all files are the vocabulary, and
 * sentences may have any shape. Refuses (AMBIT_INVALID, "file:line:column: …") lines of another
 * form, unknown words, and sentences that the language's `check` refuses. Sentences may repeat: see
 * n_repeated. */
AmbitStatus ambit_corpus_read(AmbitCorpus **corpus, AmbitLanguage *language,
                              const AmbitCorpusFiles *files, AmbitError *error);
void ambit_corpus_destroy(AmbitCorpus **corpus);

/* The type of the language that ambit_corpus_read makes if it is given none: one class, one
 * category, no questions, rules, trees or tags. Metrics score whole outputs. The type is not
 * registered. */
extern const AmbitLanguageType ambit_language_files;

/* Writes one split in the format that ambit_corpus_read reads. Returns false if the stream fails.
 */
bool ambit_split_write(FILE *file, const AmbitCorpus *corpus, AmbitSplitName split);

/* Returns sentence i < N of a split. */
static inline AmbitSentence ambit_split_sentence(const AmbitSplit *split, size_t i)
{
    return (AmbitSentence){split->words + split->offset[i], split->offset[i + 1] - split->offset[i],
                           split->n_input[i]};
}

/* Rows whose predictions enter the training loss. */
typedef enum AmbitLossOn {
    AMBIT_LOSS_ON_ALL,    // every word and the end symbol (Murty et al. 2305.18741)
    AMBIT_LOSS_ON_OUTPUT, // what follows the input (Ahuja et al. 2404.16367)
    AMBIT_LOSS_ON_ANSWER  // answers of questions; sentences without questions are left out
} AmbitLossOn;

/* Memory for sentences as rows of a batch, for training and prediction alike. The rows of a
 * sentence of n words are the start symbol and the words, at positions 0 … n; row i predicts word
 * i, and the last row the end symbol. */
typedef struct AmbitSentenceRows AmbitSentenceRows;

/* Allocates memory for batches of at most these sizes. */
AmbitStatus ambit_sentence_rows_create(AmbitSentenceRows **rows, const AmbitBatchSizes *sizes,
                                       AmbitError *error);
void ambit_sentence_rows_destroy(AmbitSentenceRows **rows);
size_t ambit_sentence_rows_bytes(const AmbitBatchSizes *sizes);

/* _start begins an empty batch. _add appends a sentence, which may be an input without output
 * unless loss_on is AMBIT_LOSS_ON_ANSWER. _batch makes `batch` a view of `rows`; the caller sets
 * its `key` and `first`. */
void ambit_sentence_rows_start(AmbitSentenceRows *rows);
void ambit_sentence_rows_add(AmbitSentenceRows *rows, const AmbitLanguage *language,
                             const AmbitSentence *sentence, int class_label, AmbitLossOn loss_on);
void ambit_sentence_rows_batch(const AmbitSentenceRows *rows, AmbitBatch *batch);

/* Keys of configs under `training`, for a corpus. */
typedef struct AmbitCorpusTrainingSettings {
    int loss_on; // AmbitLossOn
} AmbitCorpusTrainingSettings;
extern const AmbitParameter ambit_corpus_training_parameters[];

/* How a trainer goes through the training split: in epochs, each a permutation of the sentences. */
typedef struct AmbitCorpusTraining AmbitCorpusTraining;

/* Borrows the corpus. A step has batch_size sequences; `order_seed` chooses the permutations,
 * `dropout_seed` becomes the seed of the batch's key. Returns AMBIT_INVALID if no sentence has a
 * row that is scored. */
AmbitStatus ambit_corpus_training_create(AmbitCorpusTraining **training, const AmbitCorpus *corpus,
                                         AmbitLossOn loss_on, size_t batch_size,
                                         uint64_t order_seed, uint64_t dropout_seed,
                                         AmbitError *error);
void ambit_corpus_training_destroy(AmbitCorpusTraining **training);

/* Returns the source; its log column is the epoch, its classes are those of the language. */
AmbitSource ambit_corpus_source(const AmbitCorpusTraining *training);
enum { AMBIT_COLUMN_EPOCH };

/* Returns the index of the training sentence that is sequence `index` of a step. */
size_t ambit_corpus_training_sentence(const AmbitCorpusTraining *training, int64_t step,
                                      size_t index);

#endif
