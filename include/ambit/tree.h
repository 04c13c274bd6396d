// SPDX-License-Identifier: MIT
// Trees over the words of a sentence, projected from similarities of spans (Murty et al. 2023,
// "Characterizing intrinsic compositionality in transformers with tree projections", arXiv
// 2211.01288; used for structural grokking in arXiv 2305.18741, section 4).
#ifndef AMBIT_TREE_H
#define AMBIT_TREE_H

#include "ambit/language.h"

#include <gsl/gsl_rng.h>
#include <stddef.h>

/* An inner node of a binary tree: it has the words first … last, and its left child first … split.
 * Words count from 0. A tree over n words is a list of n − 1 nodes, parents before children. */
typedef struct AmbitTreeNode {
    size_t first, split, last;
} AmbitTreeNode;

/* Similarities of all spans of n words. similarity[i · n + j], i ≤ j, is that of the span of words
 * i … j; entries with i > j are not read. The array is borrowed. */
typedef struct AmbitSpanChart {
    size_t n;
    const double *similarity; // [n][n]
} AmbitSpanChart;

/* Returns the sum over inner nodes of the similarities of both children: the part of a tree's
 * similarity that depends on the tree. */
double ambit_tree_similarity(const AmbitSpanChart *chart, const AmbitTreeNode *tree);

/* Writes tree [n − 1]. Every node is split where the similarities of its two parts have the largest
 * sum; of several such splits the first is taken (2211.01288, algorithm 1). */
void ambit_tree_greedy(const AmbitSpanChart *chart, AmbitTreeNode *tree);

/* Writes tree [n − 1]: of all binary trees the one with the largest ambit_tree_similarity, by
 * dynamic programming in O(n³). workspace: 2·n·n doubles. */
void ambit_tree_exact(const AmbitSpanChart *chart, AmbitTreeNode *tree, double *workspace);

/* Write tree [n − 1]: each node splits off its first word (right-branching) or last word. */
void ambit_tree_right_branching(size_t n, AmbitTreeNode *tree);
void ambit_tree_left_branching(size_t n, AmbitTreeNode *tree);

/* Scores of a projected tree: larger is more tree-like. Each is a sum over the nodes of one tree,
 * where a split of a node scores the sum of the similarities of its two parts.
 * t_splits: the score of the split in the tree, minus the mean score of all splits of the node.
 *   This is the expectation of t_released.
 * t_released: the score of the split in the tree, minus that of one split drawn uniformly, as the
 *   program released with 2305.18741 estimates it.
 * t_trees: the similarity of the tree minus its mean over random trees, in which every node is
 *   split uniformly (2305.18741, equation 2). workspace: n·n doubles. */
double ambit_tree_t_splits(const AmbitSpanChart *chart, const AmbitTreeNode *tree);
double ambit_tree_t_released(const AmbitSpanChart *chart, const AmbitTreeNode *tree, gsl_rng *rng);
double ambit_tree_t_trees(const AmbitSpanChart *chart, const AmbitTreeNode *tree,
                          double *workspace);

/* Returns how many of the n − 1 spans of `tree` are among gold [n − 1], the spans of a binary tree.
 * Both include the root and exclude single words. Precision, recall and F1 all equal this number
 * divided by n − 1. */
size_t ambit_tree_matches(size_t n, const AmbitTreeNode *tree, const AmbitSpan *gold);

/* Returns the expectation of ambit_tree_matches for a random tree whose nodes are split uniformly.
 * workspace: n·n doubles. */
double ambit_tree_random_matches(size_t n, const AmbitSpan *gold, double *workspace);

#endif
