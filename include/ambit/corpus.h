// SPDX-License-Identifier: MIT
// Corpus: sentences of a language in three splits, drawn from a seed or read from files, and the
// source that trains on them.
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
    int64_t hierarchical_only;           // sentences that only this rule explains, added to train
    int64_t linear_only;                 // likewise, with the output of the linear rule
} AmbitCorpusSettings;
extern const AmbitParameter ambit_corpus_parameters[];

enum { AMBIT_MOST_WORDS = 65535 }; // of a sentence that a model reads

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
    AmbitLanguage *language; // owned; never NULL: a corpus of its own words has a language of files
    AmbitSplit splits[AMBIT_N_SPLITS];
    size_t longest;   // most words of a sentence in any split: a model needs a context of one more
    size_t n_classes; // C
    size_t n_repeated[AMBIT_N_SPLITS]; // sentences of train that come again, and sentences of the
                                       // other splits that train has, too
} AmbitCorpus;

/* Draws a corpus. Takes ownership of the finished `language`, also on failure. The sentences depend
 * on language and settings alone. Where no input may occur twice, a smaller training split is the
 * beginning of a larger one, and the other splits do not depend on its size. Returns AMBIT_INVALID
 * if there are too few different sentences; the message says how many were found. */
AmbitStatus ambit_corpus_draw(AmbitCorpus **corpus, AmbitLanguage *language,
                              const AmbitCorpusSettings *settings, AmbitError *error);

/* Reads a corpus from files: `input TAB output` on each line, words separated by blanks; lines of a
 * language without inputs end in the word END instead. Takes ownership of the finished `language`,
 * also on failure; with NULL, the words of all files are the vocabulary, and sentences may have any
 * shape. Refuses (AMBIT_INVALID, "file:line:column: …") whatever is no such line, and words or
 * sentences that the language does not have. Sentences may repeat: see n_repeated. */
AmbitStatus ambit_corpus_read(AmbitCorpus **corpus, AmbitLanguage *language,
                              const AmbitCorpusFiles *files, AmbitError *error);
void ambit_corpus_destroy(AmbitCorpus **corpus);

/* The type of languages that ambit_corpus_read makes of files alone: one class, one category, no
 * questions, rules, trees or tags. What is scored are whole outputs. Not registered. */
extern const AmbitLanguageType ambit_language_files;

/* Writes one split as such a file, and returns false if the stream fails. */
bool ambit_split_write(FILE *file, const AmbitCorpus *corpus, AmbitSplitName split);

/* Returns sentence i < N of a split. */
static inline AmbitSentence ambit_split_sentence(const AmbitSplit *split, size_t i)
{
    return (AmbitSentence){split->words + split->offset[i], split->offset[i + 1] - split->offset[i],
                           split->n_input[i]};
}

/* The rows whose predictions are trained. */
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

/* Starts a batch without sequences, adds a sentence (of any words: an input alone, too, unless
 * loss_on is ANSWER), and fills in `batch`, except key and first, as a view of `rows`. */
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
