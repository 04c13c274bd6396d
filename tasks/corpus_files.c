// SPDX-License-Identifier: MIT
// Corpora as files: `input TAB output` on each line, or a sentence that ends in END.
#include "ambit/corpus.h"

#include "ambit/memory.h"
#include "corpus_split.h"
#include "languages/words.h"
#include "text_lines.h"
#include "vocabulary.h"
#include <string.h>

#define FIELD(split) offsetof(AmbitCorpusFiles, paths[split])
const AmbitParameter ambit_corpus_file_parameters[] = {
    {.name = "train",
     .type = AMBIT_TEXT,
     .offset = FIELD(AMBIT_SPLIT_TRAIN),
     .help = "path of the sentences to train on: one a line, input TAB output",
     .required = true},
    {.name = "validation",
     .type = AMBIT_TEXT,
     .offset = FIELD(AMBIT_SPLIT_VALIDATION),
     .help = "path of in-domain sentences that are not trained on"},
    {.name = "generalization",
     .type = AMBIT_TEXT,
     .offset = FIELD(AMBIT_SPLIT_GENERALIZATION),
     .help = "path of sentences that test generalization"},
    {0}};
#undef FIELD

static const char ending[] = "END"; // last word of a line without input

/* What lines have; a corpus without a language has what the first line has. */
typedef enum Layout { UNKNOWN, INPUT_AND_OUTPUT, WITHOUT_INPUT } Layout;

typedef struct Reading {
    AmbitLines lines;
    const AmbitLanguage *language; // NULL: words go into the vocabulary
    AmbitVocabulary vocabulary;
    Layout layout;
    size_t most_words;
    AmbitWords sentence; // of the current line
    AmbitWords at;       // byte at which each of its words starts, and that after the last
    AmbitError *error;
} Reading;

static AmbitStatus no_memory(const Reading *r)
{
    return ambit_error_set(r->error, AMBIT_NO_MEMORY, "%s: no memory for a sentence",
                           r->lines.path);
}

/* Bytes of a word that a message shows: at most 40, whole characters. */
static int shown(const char *word, size_t length)
{
    size_t n = length < 40 ? length : 40;
    while (n < length && n > 0 && ((unsigned char)word[n] & 0xC0) == 0x80)
        n--;
    return (int)n;
}

static AmbitStatus unknown_word(const Reading *r, size_t at, size_t length)
{
    const char *word = r->lines.text + at;
    const AmbitTexts *words = &r->language->words;
    char copy[64];
    const char **names = ambit_alloc(words->count + 1, sizeof *names);
    snprintf(copy, sizeof copy, "%.*s", shown(word, length), word);
    for (size_t i = 0; names && i < words->count; i++)
        names[i] = words->texts[i];
    const char *nearest = names ? ambit_nearest_name(copy, names) : NULL;
    ambit_free(names);
    return ambit_lines_refuse(&r->lines, at, r->error, "found '%s', which is no word of %s%s%s%s",
                              copy, r->language->type->name, nearest ? "; did you mean '" : "",
                              nearest ? nearest : "", nearest ? "'?" : "");
}

static AmbitStatus add_word(Reading *r, size_t at, size_t length)
{
    const char *word = r->lines.text + at;
    int32_t id = r->language ? ambit_language_find(r->language, word, length) : -1;
    if (r->language && id < 0)
        return unknown_word(r, at, length);
    if (!r->language) {
        AmbitError finding = {.message = ""};
        AmbitStatus status = ambit_vocabulary_add(&r->vocabulary, word, length, &id, &finding);
        if (status == AMBIT_INVALID)
            return ambit_lines_refuse(&r->lines, at, r->error, "%s", finding.message);
        if (status)
            return no_memory(r);
    }
    return ambit_words_add(&r->sentence, id) && ambit_words_add(&r->at, (int32_t)at) ? AMBIT_OK
                                                                                     : no_memory(r);
}

/* Adds the words of bytes first … end − 1. */
static AmbitStatus add_words(Reading *r, size_t first, size_t end)
{
    const char *text = r->lines.text;
    AmbitStatus status = AMBIT_OK;
    while (first < end && !status) {
        size_t length = 0;
        while (first + length < end && text[first + length] != ' ')
            length++;
        if (length > 0)
            status = add_word(r, first, length);
        first += length + 1;
    }
    return status;
}

/* Returns the byte at which the last word of the line starts if this word is END, else the length
 * of the line. */
static size_t ending_at(const AmbitLines *lines)
{
    size_t end = lines->length, length = strlen(ending);
    while (end > 0 && lines->text[end - 1] == ' ')
        end--;
    if (end < length || memcmp(lines->text + end - length, ending, length) != 0)
        return lines->length;
    size_t start = end - length;
    return start == 0 || lines->text[start - 1] == ' ' ? start : lines->length;
}

static AmbitStatus read_pair(Reading *r)
{
    const AmbitLines *l = &r->lines;
    const char *tab = memchr(l->text, '\t', l->length);
    size_t at = tab ? (size_t)(tab - l->text) : l->length;
    if (!tab)
        return ambit_lines_refuse(l, at, r->error,
                                  "found no TAB; a line is an input, a TAB and the output");
    const char *second = memchr(tab + 1, '\t', l->length - at - 1);
    if (second)
        return ambit_lines_refuse(l, (size_t)(second - l->text), r->error,
                                  "found a second TAB; a line is an input, a TAB and the output");
    AmbitStatus status = add_words(r, 0, at);
    r->sentence.n_input = r->sentence.n_words;
    if (!status)
        status = add_words(r, at + 1, l->length);
    if (status)
        return status;
    if (r->sentence.n_input == 0)
        return ambit_lines_refuse(l, 0, r->error, "found no word before the TAB");
    if (r->sentence.n_words == r->sentence.n_input)
        return ambit_lines_refuse(l, l->length, r->error, "found no word after the TAB");
    return ambit_words_add(&r->at, (int32_t)l->length) ? AMBIT_OK : no_memory(r);
}

static AmbitStatus read_whole(Reading *r)
{
    const AmbitLines *l = &r->lines;
    const char *tab = memchr(l->text, '\t', l->length);
    size_t end = ending_at(l);
    if (tab)
        return ambit_lines_refuse(l, (size_t)(tab - l->text), r->error,
                                  "found a TAB; a line is one sentence that ends in END");
    if (end == l->length)
        return ambit_lines_refuse(l, end, r->error,
                                  "found no END, with which a line of this corpus ends");
    AmbitStatus status = add_words(r, 0, end);
    if (!status && r->sentence.n_words == 0)
        return ambit_lines_refuse(l, 0, r->error, "found no word before END");
    if (!status && !ambit_words_add(&r->at, (int32_t)end))
        status = no_memory(r);
    return status;
}

static AmbitStatus check_sentence(const Reading *r)
{
    const AmbitSentence sentence = {r->sentence.words, r->sentence.n_words, r->sentence.n_input};
    AmbitError finding = {.message = ""};
    size_t word = 0;
    if (r->most_words && sentence.n_words > r->most_words)
        return ambit_lines_refuse(&r->lines, (size_t)r->at.words[r->most_words], r->error,
                                  "found %zu words, allowed are at most %zu, %s", sentence.n_words,
                                  r->most_words,
                                  r->most_words < AMBIT_MOST_WORDS
                                      ? "one less than the model's context; give a longer context "
                                        "or leave the line out"
                                      : "one less than the longest context; leave the line out, or "
                                        "cut it");
    if (!r->language || !r->language->type->check(r->language, &sentence, &word, &finding))
        return AMBIT_OK;
    return ambit_lines_refuse(&r->lines, (size_t)r->at.words[word], r->error, "%s",
                              finding.message);
}

static AmbitStatus read_line(Reading *r)
{
    r->sentence.n_words = r->sentence.n_input = r->at.n_words = 0;
    if (r->lines.length == 0)
        return ambit_lines_refuse(&r->lines, 0, r->error,
                                  "found an empty line; each line holds a sentence");
    if (r->layout == UNKNOWN) {
        bool tab = memchr(r->lines.text, '\t', r->lines.length) != NULL;
        if (!tab && ending_at(&r->lines) == r->lines.length)
            return ambit_lines_refuse(&r->lines, r->lines.length, r->error,
                                      "found neither a TAB nor END; a line is an input, a TAB and "
                                      "the output, or one sentence that ends in END");
        r->layout = tab ? INPUT_AND_OUTPUT : WITHOUT_INPUT;
    }
    AmbitStatus status = r->layout == WITHOUT_INPUT ? read_whole(r) : read_pair(r);
    return status ? status : check_sentence(r);
}

static AmbitStatus read_file(Reading *r, const char *path, AmbitSplitBuilder *builder)
{
    bool found = true;
    AmbitStatus status = ambit_lines_open(&r->lines, path, r->error);
    while (!status) {
        status = ambit_lines_read(&r->lines, &found, r->error);
        if (status || !found)
            break;
        status = read_line(r);
        const AmbitSentence s = {r->sentence.words, r->sentence.n_words, r->sentence.n_input};
        if (!status)
            status = ambit_split_add(
                builder, &s, r->language ? r->language->type->class_label(r->language, &s) : 0,
                r->error);
    }
    if (!status && builder->split->n_sentences == 0)
        status = ambit_error_set(r->error, AMBIT_INVALID,
                                 "%s: found no line; give sentences, or "
                                 "leave this file out",
                                 path);
    ambit_lines_close(&r->lines);
    return status;
}

/* Gives the corpus a language of the words that were read, and their ids in it. */
static AmbitStatus adopt_words(Reading *r, AmbitCorpus *corpus)
{
    const AmbitVocabulary *v = &r->vocabulary;
    AmbitStatus status = ambit_language_create(&corpus->language, &ambit_language_files, r->error);
    if (!status)
        status = ambit_language_finish(corpus->language, r->error);
    if (!status)
        status = ambit_language_set_words(corpus->language, (const char *const *)v->words, v->count,
                                          r->error);
    int32_t *ids = status ? NULL : ambit_alloc(v->count, sizeof *ids);
    if (!status && !ids)
        status = no_memory(r);
    for (size_t i = 0; i < v->count && !status; i++)
        ids[i] = ambit_language_find(corpus->language, v->words[i], strlen(v->words[i]));
    for (size_t s = 0; s < AMBIT_N_SPLITS && !status; s++) {
        AmbitSplit *split = &corpus->splits[s];
        for (size_t i = 0; split->n_sentences && i < split->offset[split->n_sentences]; i++)
            split->words[i] = ids[split->words[i]];
    }
    ambit_free(ids);
    return status;
}

AmbitStatus ambit_corpus_read(AmbitCorpus **corpus, AmbitLanguage *language,
                              const AmbitCorpusFiles *files, AmbitError *error)
{
    Reading r = {.language = language, .most_words = files->most_words, .error = error};
    AmbitStatus status = ambit_corpus_create(corpus, language, error);
    if (status)
        return status;
    if (language)
        r.layout = language->type->without_input ? WITHOUT_INPUT : INPUT_AND_OUTPUT;
    for (size_t s = 0; s < AMBIT_N_SPLITS && !status; s++) {
        AmbitSplitBuilder builder = {.split = &(*corpus)->splits[s]};
        if (files->paths[s])
            status = read_file(&r, files->paths[s], &builder);
    }
    if (!status && !language)
        status = adopt_words(&r, *corpus);
    ambit_vocabulary_free(&r.vocabulary);
    ambit_free(r.sentence.words);
    ambit_free(r.at.words);
    if (!status)
        status = ambit_corpus_complete(*corpus, error);
    if (status)
        ambit_corpus_destroy(corpus);
    return status;
}

bool ambit_split_write(FILE *file, const AmbitCorpus *corpus, AmbitSplitName name)
{
    const AmbitSplit *split = &corpus->splits[name];
    for (size_t i = 0; i < split->n_sentences; i++) {
        const AmbitSentence s = ambit_split_sentence(split, i);
        for (size_t k = 0; k < s.n_words; k++) {
            if (k > 0)
                putc(k == s.n_input ? '\t' : ' ', file);
            fputs(corpus->language->words.texts[s.words[k]], file);
        }
        fputs(s.n_input ? "\n" : " END\n", file);
    }
    return !ferror(file);
}
