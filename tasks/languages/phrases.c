// SPDX-License-Identifier: MIT
// Vocabulary, shares of patterns, and sampling of sentences of subject, verb and object.
#include "phrases.h"

#include "ambit/memory.h"
#include "words.h"
#include <string.h>

static const char *const determiners[] = {"the", "some", "my", "your", "our", "her"};
static const char *const nouns[2][N_NOUNS] = {
    {"newt", "orangutan", "peacock", "quail", "raven", "salamander", "tyrannosaurus", "unicorn",
     "vulture", "walrus", "xylophone", "yak", "zebra"},
    {"newts", "orangutans", "peacocks", "quails", "ravens", "salamanders", "tyrannosauruses",
     "unicorns", "vultures", "walruses", "xylophones", "yaks", "zebras"}};
static const char *const prepositions[] = {"around", "near",   "with",  "upon",
                                           "by",     "behind", "above", "below"};
static const char *const relatives[] = {"who", "that"};
static const char *const auxiliaries[2][2] = {{"does", "doesn't"}, {"do", "don't"}};
static const char *const verbs[N_VERBS][N_FORMS] = {{"giggles", "giggle", "giggled"},
                                                    {"smiles", "smile", "smiled"},
                                                    {"sleeps", "sleep", "slept"},
                                                    {"swims", "swim", "swam"},
                                                    {"waits", "wait", "waited"},
                                                    {"moves", "move", "moved"},
                                                    {"changes", "change", "changed"},
                                                    {"reads", "read", "read"},
                                                    {"eats", "eat", "ate"},
                                                    {"entertains", "entertain", "entertained"},
                                                    {"amuses", "amuse", "amused"},
                                                    {"high_fives", "high_five", "high_fived"},
                                                    {"applauds", "applaud", "applauded"},
                                                    {"confuses", "confuse", "confused"},
                                                    {"admires", "admire", "admired"},
                                                    {"accepts", "accept", "accepted"},
                                                    {"remembers", "remember", "remembered"},
                                                    {"comforts", "comfort", "comforted"}};
static const char *const categories[] = {"bare subject", "prepositional phrase",
                                         "intransitive relative", "object relative",
                                         "transitive relative"};

/* Words that wait to be sorted. */
typedef struct WordList {
    const char *words[128];
    size_t count;
} WordList;

static void list(WordList *list, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list->words[list->count++] = words[i];
}

static AmbitStatus set_words(AmbitLanguage *language, bool with_auxiliaries,
                             const char *const markers[2], AmbitError *error)
{
    WordList all = {.count = 0};
    list(&all, determiners, N_DETERMINERS);
    list(&all, nouns[0], 2 * (size_t)N_NOUNS);
    list(&all, prepositions, N_PREPOSITIONS);
    list(&all, relatives, N_RELATIVES);
    list(&all, markers, 2);
    list(&all, (const char *const[]){".", "?"}, with_auxiliaries ? 2 : 1);
    list(&all, auxiliaries[0], with_auxiliaries ? 4 : 0);
    for (size_t v = 0; v < N_VERBS; v++)
        list(&all, verbs[v] + (with_auxiliaries ? PLURAL : 0), with_auxiliaries ? 1 : N_FORMS);
    return ambit_language_set_words(language, all.words, all.count, error);
}

/* What building a lexicon needs. */
typedef struct Builder {
    AmbitLanguage *language;
    Lexicon *lexicon;
} Builder;

static int32_t know(const Builder *b, const char *word, char tag, int number, size_t item)
{
    int32_t id = ambit_language_find(b->language, word, strlen(word));
    b->language->tags[id] = tag;
    b->lexicon->number[id] = (signed char)number;
    b->lexicon->item[id] = (signed char)item;
    return id;
}

static void know_nouns(const Builder *b)
{
    Lexicon *l = b->lexicon;
    for (size_t i = 0; i < N_DETERMINERS; i++)
        l->determiner[i] = know(b, determiners[i], TAG_DETERMINER, 0, i);
    for (size_t i = 0; i < N_NOUNS; i++)
        for (int number = SINGULAR; number <= PLURAL; number++)
            l->noun[number][i] = know(b, nouns[number][i], TAG_NOUN, number, i);
    for (size_t i = 0; i < N_PREPOSITIONS; i++)
        l->preposition[i] = know(b, prepositions[i], TAG_PREPOSITION, 0, i);
    for (size_t i = 0; i < N_RELATIVES; i++)
        l->relative[i] = know(b, relatives[i], TAG_RELATIVE, 0, i);
}

static void know_verbs(const Builder *b)
{
    Lexicon *l = b->lexicon;
    for (int number = SINGULAR; l->auxiliaries && number <= PLURAL; number++)
        for (size_t negated = 0; negated < 2; negated++)
            l->auxiliary[number][negated] =
                know(b, auxiliaries[number][negated], TAG_AUXILIARY, number, negated);
    for (size_t v = 0; v < N_VERBS; v++) {
        for (int form = SINGULAR; form < N_FORMS; form++)
            l->verb[v][form] = know(b, verbs[v][l->auxiliaries ? PLURAL : form], TAG_VERB, 0, v);
        for (int form = SINGULAR; form < N_FORMS; form++)
            if (form == SINGULAR || l->verb[v][form] != l->verb[v][form - 1])
                l->candidates[v][l->n_candidates[v]++] = l->verb[v][form];
    }
}

AmbitStatus ambit_phrases_init(AmbitLanguage *language, bool with_auxiliaries,
                               const char *const markers[2], AmbitError *error)
{
    AmbitStatus status = set_words(language, with_auxiliaries, markers, error);
    if (!status)
        status = ambit_language_set_texts(&language->categories, categories,
                                          sizeof categories / sizeof *categories, error);
    if (status)
        return status;
    Lexicon *lexicon = language->state = ambit_alloc(1, sizeof *lexicon);
    language->tags = ambit_alloc(language->words.count, 1);
    if (!lexicon || !language->tags)
        return ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for the words of a language");
    const Builder builder = {language, lexicon};
    lexicon->auxiliaries = with_auxiliaries;
    know_nouns(&builder);
    know_verbs(&builder);
    lexicon->stop = know(&builder, ".", TAG_STOP, 0, 0);
    lexicon->question = with_auxiliaries ? know(&builder, "?", TAG_STOP, 0, 0) : -1;
    for (size_t i = 0; i < 2; i++)
        lexicon->marker[i] = know(&builder, markers[i], TAG_MARKER, 0, i);
    return AMBIT_OK;
}

static bool has_clause(Shape shape)
{
    return shape >= SHAPE_SUBJECT_CLAUSE;
}

/* Keeps the counts of the most frequent pairs of shapes. */
static void keep_patterns(double counts[2][N_SHAPES][N_SHAPES], int64_t patterns)
{
    double sums[N_SHAPES * N_SHAPES];
    bool kept[N_SHAPES * N_SHAPES] = {false};
    double *first = counts[0][0], *second = counts[1][0];
    for (size_t i = 0; i < N_SHAPES * N_SHAPES; i++)
        sums[i] = first[i] + second[i];
    for (int64_t n = 0; n < patterns; n++) {
        size_t most = 0;
        while (kept[most])
            most++;
        for (size_t i = most + 1; i < N_SHAPES * N_SHAPES; i++)
            if (!kept[i] && sums[i] > sums[most])
                most = i;
        kept[most] = true;
    }
    for (size_t i = 0; i < N_SHAPES * N_SHAPES; i++)
        first[i] *= kept[i], second[i] *= kept[i];
}

/* Returns the sum of the counts of one class, with or without a clause on the subject. */
static double sum_of(double counts[N_SHAPES][N_SHAPES], bool clause)
{
    double sum = 0;
    for (int s = 0; s < N_SHAPES; s++)
        for (int o = 0; o < N_SHAPES; o++)
            if (has_clause((Shape)s) == clause)
                sum += counts[s][o];
    return sum;
}

static void scale(double counts[N_SHAPES][N_SHAPES], bool clause, double sum)
{
    double factor = sum > 0 ? sum / sum_of(counts, clause) : 0;
    for (int s = 0; s < N_SHAPES; s++)
        for (int o = 0; o < N_SHAPES; o++)
            if (has_clause((Shape)s) == clause)
                counts[s][o] *= factor;
}

/* Refuses too few patterns for clauses on the subject. */
static AmbitStatus no_clauses(const double counts[2][N_SHAPES][N_SHAPES],
                              const PhraseSettings *settings, AmbitError *error)
{
    double kept[2][N_SHAPES][N_SHAPES];
    int64_t enough = settings->patterns;
    do {
        memcpy(kept, counts, sizeof kept);
        keep_patterns(kept, ++enough);
    } while (!(sum_of(kept[1], true) > 0));
    return ambit_error_parameter(error, "identity_clauses",
                                 "found %g, but the %lld most frequent patterns have no relative "
                                 "clause on the subject; give 0, or at least %lld patterns",
                                 settings->identity_clauses, (long long)settings->patterns,
                                 (long long)enough);
}

AmbitStatus ambit_phrases_set_shares(Lexicon *lexicon, const double counts[2][N_SHAPES][N_SHAPES],
                                     const PhraseSettings *settings, AmbitError *error)
{
    double(*shares)[N_SHAPES][N_SHAPES] = lexicon->shares;
    memcpy(shares, counts, sizeof lexicon->shares);
    keep_patterns(shares, settings->patterns);
    double clauses = settings->identity * settings->identity_clauses;
    double others = settings->identity - clauses;
    if (clauses > 0 && !(sum_of(shares[1], true) > 0))
        return no_clauses(counts, settings, error);
    scale(shares[1], true, clauses);
    scale(shares[1], false, others);
    double sum = sum_of(shares[0], true) + sum_of(shares[0], false);
    double clause_share = sum_of(shares[0], true) / sum;
    scale(shares[0], true, (1 - settings->identity) * clause_share);
    scale(shares[0], false, (1 - settings->identity) * (1 - clause_share));
    return AMBIT_OK;
}

Pattern ambit_phrases_draw_pattern(const Lexicon *lexicon, AmbitDomain domain, gsl_rng *rng)
{
    const double *shares = domain == AMBIT_IN_DOMAIN ? lexicon->shares[0][0] : lexicon->unseen[0];
    size_t count = (domain == AMBIT_IN_DOMAIN ? 2 : 1) * (size_t)N_SHAPES * N_SHAPES, last = 0;
    double u = gsl_rng_uniform(rng);
    for (size_t i = 0; i < count && u >= 0; i++) { // rounding may leave u above the sum
        if (shares[i] > 0)
            last = i;
        u -= shares[i];
    }
    size_t pair = last % ((size_t)N_SHAPES * N_SHAPES);
    return (Pattern){(int)(last / ((size_t)N_SHAPES * N_SHAPES)), (Shape)(pair / N_SHAPES),
                     (Shape)(pair % N_SHAPES)};
}

/* What drawing a sentence needs. */
typedef struct Draw {
    const Lexicon *lexicon;
    gsl_rng *rng;
    AmbitWords *sentence;
    int negated; // whether the last auxiliary was negated
    bool no_memory;
} Draw;

static size_t pick(const Draw *d, size_t count)
{
    return gsl_rng_uniform_int(d->rng, count);
}

static void add(Draw *d, int32_t word)
{
    if (!ambit_words_add(d->sentence, word))
        d->no_memory = true;
}

static void add_noun(Draw *d, int number)
{
    add(d, d->lexicon->determiner[pick(d, N_DETERMINERS)]);
    add(d, d->lexicon->noun[number][pick(d, N_NOUNS)]);
}

static void add_verb(Draw *d, int number, bool transitive, int negated)
{
    size_t verb = pick(d, N_INTRANSITIVE) + (transitive ? N_INTRANSITIVE : 0);
    if (d->lexicon->auxiliaries)
        add(d, d->lexicon->auxiliary[number][negated]);
    d->negated = negated;
    add(d, d->lexicon->verb[verb][PAST]);
}

static void add_phrase(Draw *d, Shape shape, int number, Inner inner)
{
    int other = inner == INNER_FREE ? (int)pick(d, 2) : inner == INNER_SAME ? number : !number;
    add_noun(d, number);
    if (shape == SHAPE_PREPOSITION)
        add(d, d->lexicon->preposition[pick(d, N_PREPOSITIONS)]);
    else if (has_clause(shape))
        add(d, d->lexicon->relative[pick(d, N_RELATIVES)]);
    if (shape == SHAPE_SUBJECT_CLAUSE || shape == SHAPE_TRANSITIVE_CLAUSE)
        add_verb(d, number, shape == SHAPE_TRANSITIVE_CLAUSE, (int)pick(d, 2));
    if (shape != SHAPE_BARE && shape != SHAPE_SUBJECT_CLAUSE)
        add_noun(d, other);
    if (shape == SHAPE_OBJECT_CLAUSE)
        add_verb(d, other, true, (int)pick(d, 2));
}

bool ambit_phrases_draw(const Lexicon *lexicon, Pattern pattern, Inner inner, bool opposite,
                        gsl_rng *rng, AmbitWords *sentence)
{
    Draw d = {.lexicon = lexicon, .rng = rng, .sentence = sentence};
    int number = (int)pick(&d, 2);
    add_phrase(&d, pattern.subject, number, inner);
    add_verb(&d, number, pattern.object != SHAPE_NONE, opposite ? !d.negated : (int)pick(&d, 2));
    if (pattern.object != SHAPE_NONE)
        add_phrase(&d, pattern.object, (int)pick(&d, 2), INNER_FREE);
    return !d.no_memory;
}

AmbitStatus ambit_phrases_complete(const AmbitLanguage *language, int class_label, bool ok,
                                   AmbitWords *sentence, AmbitError *error)
{
    const Lexicon *lexicon = language->state;
    int32_t output[AMBIT_MOST_PHRASE_WORDS];
    ok = ok && ambit_words_add(sentence, lexicon->stop) &&
         ambit_words_add(sentence, lexicon->marker[class_label]);
    sentence->n_input = sentence->n_words;
    const AmbitSentence input = {sentence->words, sentence->n_words, sentence->n_input};
    size_t n = ok ? language->type->answer(language, &input, AMBIT_RULE_HIERARCHICAL, output) : 0;
    for (size_t i = 0; i < n && ok; i++)
        ok = ambit_words_add(sentence, output[i]);
    return ok ? AMBIT_OK : ambit_error_set(error, AMBIT_NO_MEMORY, "no memory for a sentence");
}
