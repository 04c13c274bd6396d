// SPDX-License-Identifier: MIT
// An n-gram model of the training split, smoothed as Kneser and Ney do, interpolated: the share of
// a word among those that followed a history, less a discount, plus the discount's mass times the
// same under the shorter history (Chen & Goodman 1999, §2.8, with one discount per order).
#include "ambit/sentence_predictor.h"

#include "ambit/memory.h"

#include <math.h>

enum { MOST_ORDER = 12 };
static const double DISCOUNT = 0.75;

typedef struct Settings {
    int64_t order;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "order",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, order),
     .fallback = 5.0,
     .minimum = 1.0,
     .maximum = MOST_ORDER,
     .help = "words of an n-gram: a word is predicted from the order − 1 words before it"},
    {.name = NULL}};

/* A sequence of words that occurs in training; node 0 is the empty one. */
typedef struct Node {
    uint32_t parent;  // the sequence without its last word
    int32_t word;     // the last word
    uint32_t count;   // of the longest sequences and those that begin a sentence: how often they
                      // occur; of others: how many different words stand before them
    uint32_t n_after; // how many different words follow
    double total;     // sum of the counts of this sequence with one more word
    unsigned char length;
    bool begins; // with the start symbol
} Node;

typedef struct Model {
    size_t n_words, order;
    Node *nodes; // [n_nodes], parents before children
    size_t n_nodes, room;
    uint32_t *table; // [2^bits] of nodes by parent and word; 0: free
    unsigned bits;
    double discount[MOST_ORDER + 1]; // by length
} Model;

static void model_free(Model **model)
{
    if (!*model)
        return;
    ambit_free((*model)->nodes);
    ambit_free((*model)->table);
    ambit_free(*model);
    *model = NULL;
}

/* Where a child of `parent` stands in the table, or the free place for it. */
static size_t place(const Model *m, uint32_t parent, int32_t word)
{
    uint64_t hash = ((uint64_t)parent << 32 | (uint32_t)word) * UINT64_C(0x9E3779B97F4A7C15);
    size_t mask = ((size_t)1 << m->bits) - 1, at = (size_t)(hash >> (64 - m->bits));
    while (m->table[at] &&
           (m->nodes[m->table[at]].parent != parent || m->nodes[m->table[at]].word != word))
        at = (at + 1) & mask;
    return at;
}

/* The node of a sequence with one more word; 0: it does not occur. */
static uint32_t child(const Model *m, uint32_t parent, int32_t word)
{
    return m->table[place(m, parent, word)];
}

/* Doubles the table and the room for nodes, to at most half as many nodes as places. */
static bool grow(Model *m)
{
    unsigned bits = m->bits ? m->bits + 1 : 12;
    size_t room = (size_t)1 << (bits - 1);
    uint32_t *table = bits < 32 ? ambit_alloc((size_t)1 << bits, sizeof *table) : NULL;
    Node *nodes = table ? ambit_alloc(room, sizeof *nodes) : NULL;
    if (!nodes) {
        ambit_free(table);
        return false;
    }
    for (size_t i = 0; i < m->n_nodes; i++)
        nodes[i] = m->nodes[i];
    ambit_free(m->nodes);
    ambit_free(m->table);
    m->nodes = nodes;
    m->table = table;
    m->room = room;
    m->bits = bits;
    for (size_t i = 1; i < m->n_nodes; i++)
        table[place(m, nodes[i].parent, nodes[i].word)] = (uint32_t)i;
    return true;
}

/* As `child`, but adds the node if there is none; 0: there is no memory. */
static uint32_t add(Model *m, uint32_t parent, int32_t word, bool *is_new)
{
    size_t at = place(m, parent, word);
    *is_new = !m->table[at];
    if (!*is_new)
        return m->table[at];
    if (m->n_nodes == m->room) {
        if (!grow(m))
            return 0;
        at = place(m, parent, word);
    }
    const Node *before = &m->nodes[parent];
    bool begins = parent ? before->begins : word == (int32_t)m->n_words - 1;
    m->nodes[m->n_nodes] = (Node){.parent = parent,
                                  .word = word,
                                  .length = (unsigned char)(before->length + 1),
                                  .begins = begins};
    return m->table[at] = (uint32_t)m->n_nodes++;
}

/* Counts the sequences that end in the next word. ending [order] has the nodes of those that end in
 * the word before, by their length. */
static bool count_word(Model *m, uint32_t *ending, size_t *longest, int32_t word)
{
    uint32_t now[MOST_ORDER + 1] = {0};
    size_t n = *longest < m->order - 1 ? *longest : m->order - 1;
    for (size_t length = 0; length <= n; length++) {
        bool is_new;
        uint32_t node = now[length + 1] = add(m, ending[length], word, &is_new);
        if (!node)
            return false;
        if (length + 1 == m->order || m->nodes[node].begins)
            m->nodes[node].count++;
        if (is_new && length > 0 && !m->nodes[now[length]].begins)
            m->nodes[now[length]].count++;
    }
    *longest = n + 1;
    for (size_t length = 1; length <= n + 1; length++)
        ending[length] = now[length];
    return true;
}

static bool count_sentence(Model *m, const AmbitSentence *sentence)
{
    uint32_t ending[MOST_ORDER + 1] = {0};
    size_t longest = 0;
    const int32_t end = (int32_t)m->n_words - 2;
    bool ok = count_word(m, ending, &longest, end + 1);
    for (size_t i = 0; i <= sentence->n_words && ok; i++)
        ok = count_word(m, ending, &longest, i < sentence->n_words ? sentence->words[i] : end);
    return ok;
}

/* Sums over the words that follow, and discounts n1 / (n1 + 2·n2) from the numbers of sequences
 * that were counted once and twice; DISCOUNT where a corpus is too small for that. */
static void sum_up(Model *m)
{
    double once[MOST_ORDER + 1] = {0}, twice[MOST_ORDER + 1] = {0};
    for (size_t i = 1; i < m->n_nodes; i++) {
        const Node *node = &m->nodes[i];
        if (node->word == (int32_t)m->n_words - 1) // nothing predicts the start symbol
            continue;
        once[node->length] += node->count == 1;
        twice[node->length] += node->count == 2;
        m->nodes[node->parent].total += node->count;
        m->nodes[node->parent].n_after++;
    }
    for (size_t length = 1; length <= m->order; length++)
        m->discount[length] = once[length] > 0 && twice[length] > 0
                                  ? once[length] / (once[length] + 2 * twice[length])
                                  : DISCOUNT;
}

static AmbitStatus no_memory(AmbitError *error)
{
    return ambit_error_set(error, AMBIT_NO_MEMORY, "n_gram: no memory for the counts; lower order");
}

static AmbitStatus bind(AmbitPredictor *predictor, const AmbitCorpus *corpus, AmbitError *error)
{
    const AmbitSplit *train = &corpus->splits[AMBIT_SPLIT_TRAIN];
    model_free((Model **)&predictor->state);
    Model *m = predictor->state = ambit_alloc(1, sizeof *m);
    if (!m || !grow(m))
        return no_memory(error);
    m->n_nodes = 1;
    m->order = (size_t)((const Settings *)predictor->settings)->order;
    m->n_words = (size_t)ambit_language_size(corpus->language) + 2;
    for (size_t i = 0; i < train->n_sentences; i++) {
        const AmbitSentence sentence = ambit_split_sentence(train, i);
        if (!count_sentence(m, &sentence))
            return no_memory(error);
    }
    sum_up(m);
    return AMBIT_OK;
}

/* p [V] becomes the probabilities after one more word of history, of which p has those of the
 * shorter one. */
static void interpolate(const Model *m, uint32_t history, double *p)
{
    const Node *node = &m->nodes[history];
    double discount = m->discount[node->length + 1];
    double rest = discount * node->n_after / node->total;
    for (size_t v = 0; v + 1 < m->n_words; v++) { // never the start symbol
        uint32_t next = child(m, history, (int32_t)v);
        double count = next ? m->nodes[next].count : 0.0;
        p[v] = rest * p[v] + (count > discount ? (count - discount) / node->total : 0.0);
    }
}

/* p [V] after words [n], of which the last order − 1 count. */
static void predict(const Model *m, const int32_t *words, size_t n, double *p)
{
    size_t most = n < m->order - 1 ? n : m->order - 1;
    for (size_t v = 0; v < m->n_words; v++)
        p[v] = v + 1 < m->n_words ? 1.0 / (double)(m->n_words - 1) : 0.0;
    for (size_t length = 0; length <= most; length++) {
        uint32_t history = 0;
        bool occurs = true;
        for (size_t i = n - length; i < n && occurs; i++)
            occurs = (history = child(m, history, words[i])) != 0;
        if (!occurs || m->nodes[history].n_after == 0)
            break; // nor do longer ones
        interpolate(m, history, p);
    }
}

static void log_probability(const AmbitPredictor *predictor, const AmbitBatch *batch,
                            void *workspace, double *log_p)
{
    (void)workspace;
    const Model *m = predictor->state;
    for (size_t s = 0, b = 0; s < ambit_batch_scored(batch); s++, log_p += m->n_words) {
        size_t row = batch->scored ? batch->scored[s] : s;
        while (row >= batch->offset[b + 1])
            b++;
        predict(m, batch->id + batch->offset[b], row + 1 - batch->offset[b], log_p);
        for (size_t v = 0; v < m->n_words; v++)
            log_p[v] = log(log_p[v]);
    }
}

static void fini(AmbitPredictor *predictor)
{
    model_free((Model **)&predictor->state);
}

static const AmbitSentenceAnswers answers = {.bind = bind, .log_probability = log_probability};

const AmbitPredictorType ambit_predictor_n_gram = {
    .name = "n_gram",
    .summary = "n-gram model of the training split, interpolated Kneser-Ney smoothing",
    .source = "Chen & Goodman 1999 (Computer Speech & Language 13), §2.8",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .fini = fini,
    .sentences = &answers,
};
