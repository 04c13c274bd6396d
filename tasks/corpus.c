// SPDX-License-Identifier: MIT
// Corpora drawn from a seed: which sentences become which split.
#include "ambit/corpus.h"

#include "ambit/memory.h"
#include "ambit/random.h"
#include "corpus_split.h"
#include "fingerprints.h"

#define MOST_SENTENCES 1e8

#define FIELD(name) offsetof(AmbitCorpusSettings, name)
const AmbitParameter ambit_corpus_parameters[] = {
    {"train", AMBIT_INT, FIELD(n_sentences[AMBIT_SPLIT_TRAIN]), 100000, 1, MOST_SENTENCES, NULL,
     "sentences to train on", false},
    {"validation", AMBIT_INT, FIELD(n_sentences[AMBIT_SPLIT_VALIDATION]), 1000, 0, MOST_SENTENCES,
     NULL, "in-domain sentences that are not trained on", false},
    {"generalization", AMBIT_INT, FIELD(n_sentences[AMBIT_SPLIT_GENERALIZATION]), 10000, 0,
     MOST_SENTENCES, NULL,
     "sentences that only the hierarchical rule explains; of dyck: of a structure that training "
     "lacks",
     false},
    {"seed", AMBIT_INT, FIELD(seed), 0, 0, 9007199254740992, NULL,
     "seed of the sentences, which stay when the seed of training changes", false},
    {"hierarchical_only", AMBIT_INT, FIELD(hierarchical_only), 0, 0, MOST_SENTENCES, NULL,
     "sentences such as generalization has, added to train", false},
    {"linear_only", AMBIT_INT, FIELD(linear_only), 0, 0, MOST_SENTENCES, NULL,
     "likewise, with the output of the linear rule, which is wrong", false},
    {0}};
#undef FIELD

/* What is drawn, in this order where no input occurs twice: then training does not change the other
 * splits. Part of the numbers. */
typedef enum Part { TRAIN, VALIDATION, GENERALIZATION, HIERARCHICAL_ONLY, LINEAR_ONLY } Part;

enum { SAME_STRUCTURE = 100, MOST_ROUNDS = 100, MOST_DRAWS = 10000 };

typedef struct Drawing {
    const AmbitLanguage *language;
    const AmbitCorpusSettings *settings;
    AmbitSplitBuilder builders[AMBIT_N_SPLITS];
    AmbitFingerprints inputs;     // of all splits; of training alone where the language has parts
    AmbitFingerprints structures; // of parts in training
    AmbitWords sentence;          // the last one drawn
    size_t room;                  // of the two that follow
    int32_t *structure;
    size_t *end;
    AmbitError *error;
} Drawing;

static AmbitSentence view(const Drawing *d)
{
    return (AmbitSentence){d->sentence.words, d->sentence.n_words, d->sentence.n_input};
}

/* Cuts the drawn sentence into its parts and returns their number; 0: there is no memory. */
static size_t cut(Drawing *d)
{
    const AmbitSentence sentence = view(d);
    if (d->room < sentence.n_words) {
        ambit_free(d->structure);
        ambit_free(d->end);
        d->room = d->sentence.room;
        d->structure = ambit_alloc(d->room, sizeof *d->structure);
        d->end = ambit_alloc(d->room, sizeof *d->end);
    }
    if (!d->structure || !d->end) {
        d->room = 0;
        return 0;
    }
    return d->language->type->parts(d->language, &sentence, d->structure, d->end);
}

/* Whether a sentence of parts belongs to the split. Adds those of training to the sets. */
static AmbitStatus accept_parts(Drawing *d, Part part, bool *accepted)
{
    size_t n_parts = cut(d), first = 0, n_new = 0;
    AmbitStatus status =
        n_parts ? AMBIT_OK : ambit_error_set(d->error, AMBIT_NO_MEMORY, "no memory for a sentence");
    for (size_t i = 0; i < n_parts && !status; i++) {
        bool is_new = false;
        const int32_t *structure = d->structure + first;
        if (part == TRAIN)
            status = ambit_fingerprints_add(&d->structures, structure, d->end[i] - first, &is_new,
                                            d->error);
        else
            is_new = !ambit_fingerprints_hold(&d->structures, structure, d->end[i] - first);
        n_new += is_new;
        first = d->end[i];
    }
    if (part == TRAIN && !status)
        status = ambit_fingerprints_add(&d->inputs, d->sentence.words, d->sentence.n_words, NULL,
                                        d->error);
    *accepted = part == TRAIN || (part == GENERALIZATION && n_new > 0) ||
                (part == VALIDATION && n_new == 0 &&
                 !ambit_fingerprints_hold(&d->inputs, d->sentence.words, d->sentence.n_words));
    return status;
}

static AmbitStatus accept(Drawing *d, Part part, bool *accepted)
{
    if (d->language->type->parts)
        return accept_parts(d, part, accepted);
    size_t without_marker = d->sentence.n_input - 1;
    return ambit_fingerprints_add(&d->inputs, d->sentence.words, without_marker, accepted,
                                  d->error);
}

/* Draws sentence `index` of a part: again and again until one is accepted, with new words in the
 * same structure first, so that splits have structures in the shares of the language. */
static AmbitStatus draw(Drawing *d, Part part, uint32_t index, bool *accepted)
{
    const AmbitLanguageType *type = d->language->type;
    const AmbitDomain domain =
        part >= GENERALIZATION && !type->parts ? AMBIT_OUT_OF_DOMAIN : AMBIT_IN_DOMAIN;
    AmbitKey key = {(uint64_t)d->settings->seed, (uint64_t)part, AMBIT_TRAINING};
    AmbitRandom words, structure;
    AmbitStatus status = AMBIT_OK;
    uint64_t rounds = type->parts ? MOST_DRAWS : MOST_ROUNDS;
    int tries = type->parts ? 1 : SAME_STRUCTURE;
    *accepted = false;
    ambit_random_open(&words, key, AMBIT_STREAM_WORD, index);
    for (uint64_t round = 0; round < rounds && !*accepted && !status; round++) {
        key.step = (uint64_t)part + 8 * round;
        for (int i = 0; i < tries && !*accepted && !status; i++) {
            ambit_random_open(&structure, key, AMBIT_STREAM_STRUCTURE, index);
            status =
                type->draw(d->language, domain, &structure.rng, &words.rng, &d->sentence, d->error);
            if (!status)
                status = accept(d, part, accepted);
        }
    }
    return status;
}

/* Gives the drawn sentence the output of the linear rule. */
static AmbitStatus make_linear(Drawing *d)
{
    int32_t *output = ambit_alloc(d->sentence.n_words, sizeof *output);
    if (!output)
        return ambit_error_set(d->error, AMBIT_NO_MEMORY, "no memory for a sentence");
    const AmbitSentence sentence = view(d);
    size_t n = d->language->type->answer(d->language, &sentence, AMBIT_RULE_LINEAR, output);
    d->sentence.n_words = d->sentence.n_input;
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        ok = ambit_words_add(&d->sentence, output[i]);
    ambit_free(output);
    return ok ? AMBIT_OK : ambit_error_set(d->error, AMBIT_NO_MEMORY, "no memory for a sentence");
}

static AmbitStatus too_few(const Drawing *d, Part part, const char *name, long long found,
                           long long asked)
{
    if (part == VALIDATION && d->language->type->parts)
        return ambit_error_parameter(
            d->error, name,
            "corpus.%s: found %lld of %lld sentences that are not in train but have structures of "
            "train alone, then none in %d draws; give at most %lld, or a larger train",
            name, found, asked, (int)MOST_DRAWS, found);
    if (d->language->type->parts)
        return ambit_error_parameter(
            d->error, name,
            "corpus.%s: found %lld of %lld sentences with a structure that train lacks, then none "
            "in %d draws; give at most %lld, or a smaller train",
            name, found, asked, (int)MOST_DRAWS, found);
    return ambit_error_parameter(
        d->error, name,
        "corpus.%s: found %lld of %lld, then no new sentence in %d draws: there are few others "
        "under these settings, and none occurs twice in any split; give at most %lld",
        name, found, asked, SAME_STRUCTURE * MOST_ROUNDS, found);
}

static AmbitStatus draw_part(Drawing *d, Part part, const char *name, int64_t count)
{
    AmbitSplitBuilder *builder =
        &d->builders[part > GENERALIZATION ? AMBIT_SPLIT_TRAIN : (AmbitSplitName)part];
    AmbitStatus status = AMBIT_OK;
    for (int64_t i = 0; i < count && !status; i++) {
        bool accepted;
        status = draw(d, part, (uint32_t)i, &accepted);
        if (!status && !accepted)
            status = too_few(d, part, name, i, count);
        if (!status && part == LINEAR_ONLY)
            status = make_linear(d);
        const AmbitSentence sentence = view(d);
        if (!status)
            status =
                ambit_split_add(builder, &sentence,
                                d->language->type->class_label(d->language, &sentence), d->error);
    }
    return status;
}

static AmbitStatus draw_parts(Drawing *d)
{
    static const Part training_first[] = {TRAIN, VALIDATION, GENERALIZATION};
    static const Part training_last[] = {GENERALIZATION, VALIDATION, TRAIN};
    const AmbitCorpusSettings *s = d->settings;
    const Part *order = d->language->type->parts ? training_first : training_last;
    AmbitStatus status = AMBIT_OK;
    if (!d->language->type->answer && s->hierarchical_only + s->linear_only > 0) {
        const char *name = s->hierarchical_only ? "hierarchical_only" : "linear_only";
        return ambit_error_parameter(d->error, name,
                                     "corpus.%s: sentences of %s have no input whose output "
                                     "rules could give (they answer its questions); leave this key "
                                     "out",
                                     name, d->language->type->name);
    }
    for (size_t i = 0; i < AMBIT_N_SPLITS && !status; i++)
        status = draw_part(d, order[i], ambit_split_names[order[i]], s->n_sentences[order[i]]);
    if (!status)
        status = draw_part(d, HIERARCHICAL_ONLY, "hierarchical_only", s->hierarchical_only);
    if (!status)
        status = draw_part(d, LINEAR_ONLY, "linear_only", s->linear_only);
    return status;
}

AmbitStatus ambit_corpus_draw(AmbitCorpus **corpus, AmbitLanguage *language,
                              const AmbitCorpusSettings *settings, AmbitError *error)
{
    AmbitStatus status = ambit_corpus_create(corpus, language, error);
    if (status)
        return status;
    Drawing d = {.language = language, .settings = settings, .error = error};
    for (size_t s = 0; s < AMBIT_N_SPLITS; s++)
        d.builders[s].split = &(*corpus)->splits[s];
    status = draw_parts(&d);
    ambit_fingerprints_free(&d.inputs);
    ambit_fingerprints_free(&d.structures);
    ambit_free(d.sentence.words);
    ambit_free(d.structure);
    ambit_free(d.end);
    if (!status)
        status = ambit_corpus_complete(*corpus, error);
    if (status)
        ambit_corpus_destroy(corpus);
    return status;
}
