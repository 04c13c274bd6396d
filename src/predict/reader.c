// SPDX-License-Identifier: MIT
// Reading sentences, and continuing inputs greedily without a cache of keys and values.
#include "reader.h"

#include "ambit/memory.h"

#include <string.h>

/* One sentence's continuation. Its first n_accepted words are final; the guess goes on to
 * n_guessed. */
typedef struct Guess {
    int32_t *sentence; // [longest] the input, then the guess
    int32_t *words;    // the guess: sentence + n_input
    size_t n_input, n_accepted, n_guessed;
    const double *log_p; // of the last pass, [n_guessed − n_accepted + 1][V]: what follows the
                         // first n_accepted words, what follows one more, …
    size_t most;         // longest output that there is room for
    bool ended, done;
} Guess;

struct AmbitReader {
    const AmbitLanguage *language;
    AmbitReaderSizes sizes;
    size_t n_words;                 // V
    const AmbitSentence *sentences; // [count] those that were read
    size_t count;
    AmbitSentenceRows *rows;
    double *log_p;     // [S][V] of the sentences as read
    size_t *first_row; // [B] theirs
    double *guessed;   // [S][V] of the last guesses
    Guess *guesses;    // [B]
    int32_t *words;    // [B][longest] of the guesses
    size_t n_passes;
    ambit_give_up_fn give_up; // of the present continuation, or NULL
    const void *context;
};

AmbitBatchSizes ambit_reader_batch_sizes(const AmbitReaderSizes *sizes)
{
    size_t rows = sizes->n_sentences * (sizes->longest + 1);
    return (AmbitBatchSizes){sizes->n_sentences, rows, sizes->longest + 1, rows};
}

AmbitStatus ambit_reader_create(AmbitReader **reader, const AmbitLanguage *language,
                                const AmbitReaderSizes *sizes, AmbitError *error)
{
    const AmbitBatchSizes batch = ambit_reader_batch_sizes(sizes);
    AmbitReader *r = *reader = ambit_alloc(1, sizeof *r);
    if (!r)
        goto fail;
    r->language = language;
    r->sizes = *sizes;
    r->n_words = (size_t)ambit_language_size(language) + 2;
    r->log_p = ambit_alloc(batch.n_rows, r->n_words * sizeof *r->log_p);
    r->guessed = ambit_alloc(batch.n_rows, r->n_words * sizeof *r->guessed);
    r->first_row = ambit_alloc(sizes->n_sentences, sizeof *r->first_row);
    r->guesses = ambit_alloc(sizes->n_sentences, sizeof *r->guesses);
    r->words = ambit_alloc(sizes->n_sentences, sizes->longest * sizeof *r->words);
    if (r->log_p && r->guessed && r->first_row && r->guesses && r->words &&
        !ambit_sentence_rows_create(&r->rows, &batch, NULL))
        return AMBIT_OK;
fail:
    ambit_reader_destroy(reader);
    return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for reading %zu sentences",
                           sizes->n_sentences);
}

void ambit_reader_destroy(AmbitReader **reader)
{
    AmbitReader *r = *reader;
    if (!r)
        return;
    ambit_sentence_rows_destroy(&r->rows);
    ambit_free(r->log_p);
    ambit_free(r->guessed);
    ambit_free(r->first_row);
    ambit_free(r->guesses);
    ambit_free(r->words);
    ambit_free(r);
    *reader = NULL;
}

int32_t ambit_most_likely(const double *log_p, size_t n_words)
{
    size_t best = 0;
    for (size_t v = 1; v < n_words; v++)
        if (log_p[v] > log_p[best])
            best = v;
    return (int32_t)best;
}

/* One pass over the rows that were added. */
static void pass(const AmbitReader *r, const AmbitPredictor *predictor, void *workspace,
                 double *log_p)
{
    AmbitBatch batch;
    ambit_sentence_rows_batch(r->rows, &batch);
    predictor->type->sentences->log_probability(predictor, &batch, workspace, log_p);
}

void ambit_reader_read(AmbitReader *r, const AmbitPredictor *predictor, void *workspace,
                       const AmbitSentence *sentences, size_t count)
{
    r->sentences = sentences;
    r->count = count;
    ambit_sentence_rows_start(r->rows);
    for (size_t b = 0, row = 0; b < count; row += sentences[b++].n_words + 1) {
        ambit_sentence_rows_add(r->rows, r->language, &sentences[b], 0, AMBIT_LOSS_ON_ALL);
        r->first_row[b] = row;
    }
    pass(r, predictor, workspace, r->log_p);
}

const double *ambit_reader_log_p(const AmbitReader *r, size_t sentence, size_t position)
{
    return r->log_p + (r->first_row[sentence] + position) * r->n_words;
}

/* The first guess is the output of the sentence, which has just been read. */
static void first_guess(AmbitReader *r, size_t b)
{
    const AmbitSentence *s = &r->sentences[b];
    size_t room = r->sizes.longest - s->n_input, n_output = s->n_words - s->n_input;
    Guess *guess = &r->guesses[b];
    *guess = (Guess){.sentence = r->words + b * r->sizes.longest,
                     .n_input = s->n_input,
                     .log_p = ambit_reader_log_p(r, b, s->n_input),
                     .most = room < r->sizes.longest_output ? room : r->sizes.longest_output};
    guess->words = guess->sentence + s->n_input;
    guess->n_guessed = n_output < guess->most ? n_output : guess->most;
    guess->done = s->n_input == 0 || guess->most == 0;
    if (!guess->done)
        memcpy(guess->sentence, s->words, (s->n_input + guess->n_guessed) * sizeof *s->words);
}

/* Accepts words while the guess agrees with what the pass holds likely after it, and the first one
 * where it does not. What follows in the next guess is what the same pass holds likely there. */
static void absorb(const AmbitReader *r, size_t sentence)
{
    Guess *guess = &r->guesses[sentence];
    size_t n = guess->n_guessed;
    const int32_t end = ambit_language_size(r->language);
    const double *log_p = guess->log_p; // after the first n_accepted words of the guess
    bool agrees = true;
    for (; agrees && !guess->done; log_p += r->n_words) {
        int32_t word = ambit_most_likely(log_p, r->n_words);
        guess->ended = word == end;
        guess->done = guess->ended || guess->n_accepted == guess->most;
        if (guess->done)
            return;
        agrees = guess->n_accepted < n && guess->words[guess->n_accepted] == word;
        guess->words[guess->n_accepted++] = word;
        guess->done =
            r->give_up && r->give_up(r->context, sentence, guess->words, guess->n_accepted);
    }
    guess->n_guessed = guess->n_accepted;
    for (; guess->n_guessed <= n && guess->n_guessed < guess->most; log_p += r->n_words) {
        int32_t word = ambit_most_likely(log_p, r->n_words);
        if (word == end)
            break;
        guess->words[guess->n_guessed++] = word;
    }
}

/* One pass over the sentences that are not done; false if all are. */
static bool guess_again(AmbitReader *r, const AmbitPredictor *predictor, void *workspace)
{
    size_t n_scored = 0;
    ambit_sentence_rows_start(r->rows);
    for (size_t b = 0; b < r->count; b++) {
        Guess *guess = &r->guesses[b];
        const AmbitSentence sentence = {guess->sentence, guess->n_input + guess->n_guessed,
                                        guess->n_input + guess->n_accepted};
        if (guess->done)
            continue;
        guess->log_p = r->guessed + n_scored * r->n_words;
        ambit_sentence_rows_add(r->rows, r->language, &sentence, 0, AMBIT_LOSS_ON_OUTPUT);
        n_scored += guess->n_guessed - guess->n_accepted + 1;
    }
    if (n_scored == 0)
        return false;
    pass(r, predictor, workspace, r->guessed);
    return true;
}

static void absorb_all(AmbitReader *r)
{
    for (size_t b = 0; b < r->count; b++)
        if (!r->guesses[b].done)
            absorb(r, b);
}

void ambit_reader_continue(AmbitReader *r, const AmbitPredictor *predictor, void *workspace,
                           ambit_give_up_fn give_up, const void *context)
{
    r->give_up = give_up;
    r->context = context;
    for (size_t b = 0; b < r->count; b++)
        first_guess(r, b);
    absorb_all(r);
    for (r->n_passes = 0; guess_again(r, predictor, workspace); r->n_passes++)
        absorb_all(r);
}

AmbitContinuation ambit_reader_continuation(const AmbitReader *r, size_t sentence)
{
    const Guess *guess = &r->guesses[sentence];
    return (AmbitContinuation){guess->words, guess->n_accepted, guess->ended};
}

size_t ambit_reader_n_passes(const AmbitReader *r)
{
    return r->n_passes;
}
