// SPDX-License-Identifier: MIT
// Projects trees from similarities of spans, and scores them. Pure functions: where the
// similarities come from stands elsewhere.
#include "ambit/tree.h"

#include <math.h>

static double similarity(const AmbitSpanChart *chart, size_t first, size_t last)
{
    return chart->similarity[first * chart->n + last];
}

/* The similarities of the two parts of words first … last, of which the left ends at `split`. */
static double parts(const AmbitSpanChart *chart, size_t first, size_t split, size_t last)
{
    return similarity(chart, first, split) + similarity(chart, split + 1, last);
}

double ambit_tree_similarity(const AmbitSpanChart *chart, const AmbitTreeNode *tree)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < chart->n; i++)
        sum += parts(chart, tree[i].first, tree[i].split, tree[i].last);
    return sum;
}

/* Where a rule splits the words first … last, first < last. */
typedef size_t split_fn(const void *rule, size_t first, size_t last);

/* Writes the tree over n words that follows from a rule. The list of nodes is the queue of nodes
 * whose children are still to be appended. */
static void grow(AmbitTreeNode *tree, size_t n, split_fn *split, const void *rule)
{
    size_t count = 0;
    if (n > 1)
        tree[count++] = (AmbitTreeNode){.first = 0, .last = n - 1};
    for (size_t i = 0; i < count; i++) {
        AmbitTreeNode *node = &tree[i];
        node->split = split(rule, node->first, node->last);
        if (node->split > node->first)
            tree[count++] = (AmbitTreeNode){.first = node->first, .last = node->split};
        if (node->last > node->split + 1)
            tree[count++] = (AmbitTreeNode){.first = node->split + 1, .last = node->last};
    }
}

static size_t greedy_split(const void *rule, size_t first, size_t last)
{
    const AmbitSpanChart *chart = rule;
    size_t best = first;
    for (size_t k = first + 1; k < last; k++)
        if (parts(chart, first, k, last) > parts(chart, first, best, last))
            best = k;
    return best;
}

void ambit_tree_greedy(const AmbitSpanChart *chart, AmbitTreeNode *tree)
{
    grow(tree, chart->n, greedy_split, chart);
}

/* Of the words i … j: best[i·n + j] the similarity of the best tree over them, and split[i·n + j]
 * where that tree's root is split. Splits are whole numbers, which doubles hold exactly. */
typedef struct BestTrees {
    size_t n;
    double *best, *split; // [n][n]
} BestTrees;

static size_t best_split(const void *rule, size_t first, size_t last)
{
    const BestTrees *trees = rule;
    return (size_t)trees->split[first * trees->n + last];
}

void ambit_tree_exact(const AmbitSpanChart *chart, AmbitTreeNode *tree, double *workspace)
{
    size_t n = chart->n;
    BestTrees trees = {.n = n, .best = workspace, .split = workspace + n * n};
    for (size_t i = 0; i < n; i++)
        trees.best[i * n + i] = 0;
    // B(i,j) = max_k sim(i,k) + sim(k+1,j) + B(i,k) + B(k+1,j)
    for (size_t length = 2; length <= n; length++)
        for (size_t i = 0, j = length - 1; j < n; i++, j++) {
            size_t at = i * n + j;
            trees.best[at] = -INFINITY;
            trees.split[at] = (double)i;
            for (size_t k = i; k < j; k++) {
                double value =
                    parts(chart, i, k, j) + trees.best[i * n + k] + trees.best[(k + 1) * n + j];
                if (value > trees.best[at]) {
                    trees.best[at] = value;
                    trees.split[at] = (double)k;
                }
            }
        }
    grow(tree, n, best_split, &trees);
}

static size_t split_first(const void *rule, size_t first, size_t last)
{
    (void)rule, (void)last;
    return first;
}

static size_t split_last(const void *rule, size_t first, size_t last)
{
    (void)rule, (void)first;
    return last - 1;
}

void ambit_tree_right_branching(size_t n, AmbitTreeNode *tree)
{
    grow(tree, n, split_first, NULL);
}

void ambit_tree_left_branching(size_t n, AmbitTreeNode *tree)
{
    grow(tree, n, split_last, NULL);
}

/* The mean over all splits of the words first … last. */
static double mean_parts(const AmbitSpanChart *chart, size_t first, size_t last)
{
    double sum = 0;
    for (size_t k = first; k < last; k++)
        sum += parts(chart, first, k, last);
    return sum / (double)(last - first);
}

double ambit_tree_t_splits(const AmbitSpanChart *chart, const AmbitTreeNode *tree)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < chart->n; i++)
        sum += parts(chart, tree[i].first, tree[i].split, tree[i].last) -
               mean_parts(chart, tree[i].first, tree[i].last);
    return sum;
}

double ambit_tree_t_released(const AmbitSpanChart *chart, const AmbitTreeNode *tree, gsl_rng *rng)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < chart->n; i++) {
        size_t first = tree[i].first, last = tree[i].last;
        size_t random = first + gsl_rng_uniform_int(rng, (unsigned long)(last - first));
        sum += parts(chart, first, tree[i].split, last) - parts(chart, first, random, last);
    }
    return sum;
}

double ambit_tree_t_trees(const AmbitSpanChart *chart, const AmbitTreeNode *tree, double *workspace)
{
    size_t n = chart->n;
    double *mean = workspace; // [n][n] similarity of a random tree over the words i … j
    for (size_t i = 0; i < n; i++)
        mean[i * n + i] = 0;
    // R(i,j) = mean_k sim(i,k) + sim(k+1,j) + R(i,k) + R(k+1,j)
    for (size_t length = 2; length <= n; length++)
        for (size_t i = 0, j = length - 1; j < n; i++, j++) {
            double below = 0;
            for (size_t k = i; k < j; k++)
                below += mean[i * n + k] + mean[(k + 1) * n + j];
            mean[i * n + j] = mean_parts(chart, i, j) + below / (double)(j - i);
        }
    return ambit_tree_similarity(chart, tree) - (n ? mean[n - 1] : 0);
}

size_t ambit_tree_matches(size_t n, const AmbitTreeNode *tree, const AmbitSpan *gold)
{
    size_t matches = 0;
    for (size_t i = 0; i + 1 < n; i++)
        for (size_t j = 0; j + 1 < n; j++)
            matches += tree[i].first == gold[j].first && tree[i].last == gold[j].last;
    return matches;
}

double ambit_tree_random_matches(size_t n, const AmbitSpan *gold, double *workspace)
{
    double *chance = workspace, sum = 0; // [n][n] that the words i … j are a span
    for (size_t i = 0; i < n * n; i++)
        chance[i] = 0;
    if (n)
        chance[n - 1] = 1;
    for (size_t length = n; length > 1; length--)
        for (size_t i = 0, j = length - 1; j < n; i++, j++)
            for (size_t k = i; k < j; k++) {
                chance[i * n + k] += chance[i * n + j] / (double)(j - i);
                chance[(k + 1) * n + j] += chance[i * n + j] / (double)(j - i);
            }
    for (size_t i = 0; i + 1 < n; i++)
        sum += chance[gold[i].first * n + gold[i].last];
    return sum;
}
