// SPDX-License-Identifier: MIT
// Regression trees (CART), as scikit-learn grows them: every node is split at the midpoint that
// lowers the sum of squared errors most, at the first one if several do. The points are kept
// sorted by every coordinate across prefixes, and these orders are cut with the nodes, so that
// nothing is sorted anew.
#include "prefix.h"
#include "registry.h"

#include "ambit/memory.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

typedef struct Settings {
    int64_t max_depth;
} Settings;

static const AmbitParameter parameters[] = {
    {.name = "max_depth",
     .type = AMBIT_INT,
     .offset = offsetof(Settings, max_depth),
     .fallback = 4.0,
     .minimum = 0.0,
     .maximum = 1e6,
     .help = "most splits between root and leaf; 0: no limit"},
    {.name = NULL}};

/* Values closer than this are not split (scikit-learn's FEATURE_THRESHOLD). */
static const double same_value = 1e-7;

enum { LEAF = -1 };

typedef struct Node {
    int feature;  // or LEAF
    double value; // threshold: x ≤ value goes left; the prediction of a leaf
    int left, right;
    int begin, end, depth; // the points of the node are order[begin … end − 1], in each order
} Node;

typedef struct Split {
    int feature, at; // points begin … at − 1 go left; feature LEAF: no split
    double gain, threshold;
} Split;

typedef struct Fit {
    int max_depth, n_nodes, n_points; // n_points: P, the size of each order
    AmbitPoints points;
    Node *nodes; // [2P]
    int *sorted; // [D][P] points by rising coordinate, over the prefix
    int *order;  // [D][P] the same, cut into nodes
    int *aside;  // [P] right part while an order is cut
    int *left;   // [P] whether a point goes left
    double reals[];
} Fit;

/* Returns how many doubles n items of `size` bytes take. */
static size_t reals(size_t n, size_t size)
{
    return (n * size + sizeof(double) - 1) / sizeof(double);
}

static AmbitStatus workspace_create(const AmbitPredictor *predictor, const AmbitPromptBatch *shape,
                                    void **workspace, AmbitError *error)
{
    const Settings *s = predictor->settings;
    size_t dims = shape->n_dims, points = shape->n_points;
    size_t nodes = reals(2 * points, sizeof(Node)), orders = (2 * dims + 2) * points;
    size_t size = points * (dims + 1) + nodes + reals(orders, sizeof(int));
    AmbitStatus status = ambit_prefix_workspace(predictor, sizeof(Fit), size, workspace, error);
    if (status)
        return status;
    Fit *fit = *workspace;
    double *memory = ambit_points_init(&fit->points, points, dims, fit->reals);
    fit->max_depth = s->max_depth ? (int)s->max_depth : INT_MAX;
    fit->n_points = (int)points;
    fit->nodes = (Node *)memory;
    fit->sorted = (int *)(memory + nodes);
    fit->order = fit->sorted + dims * points;
    fit->aside = fit->order + dims * points;
    fit->left = fit->aside + points;
    return AMBIT_OK;
}

static double value(const Fit *fit, int point, size_t feature)
{
    return fit->points.x[(size_t)point * fit->points.n_dims + feature];
}

static void reset(void *workspace)
{
    ((Fit *)workspace)->points.count = 0;
}

static void add(void *workspace, const double *x, double y)
{
    Fit *fit = workspace;
    int point = (int)fit->points.count;
    ambit_points_add(&fit->points, x, y);
    for (size_t f = 0; f < fit->points.n_dims; f++) {
        int *sorted = fit->sorted + f * (size_t)fit->n_points, at = point;
        for (; at > 0 && value(fit, sorted[at - 1], f) > x[f]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = point;
    }
}

/* Tries the midpoint of every two neighbours of a node along one coordinate. A gain must beat the
 * best by more than rounding, so that the order of summation does not choose among equals. */
static void try_feature(const Fit *fit, const Node *node, size_t feature, double total, Split *best)
{
    const int *order = fit->order + feature * (size_t)fit->n_points;
    double sum = 0.0;
    for (int i = node->begin + 1; i < node->end; i++) {
        sum += fit->points.y[order[i - 1]];
        double below = value(fit, order[i - 1], feature), above = value(fit, order[i], feature);
        if (above <= below + same_value)
            continue;
        double rest = total - sum;
        double gain = sum * sum / (i - node->begin) + rest * rest / (node->end - i);
        if (best->feature == LEAF || gain > best->gain * (1.0 + 1e-12))
            *best = (Split){(int)feature, i, gain, 0.5 * (below + above)};
    }
}

/* Returns the best split, of feature LEAF if no split is possible or worthwhile. Sets the mean of
 * the node. */
static Split find_split(const Fit *fit, Node *node)
{
    Split best = {.feature = LEAF};
    double total = 0.0, squares = 0.0, n = node->end - node->begin;
    for (int i = node->begin; i < node->end; i++) {
        double y = fit->points.y[fit->order[i]];
        total += y;
        squares += y * y;
    }
    node->value = total / n;
    bool pure = squares / n - node->value * node->value <= DBL_EPSILON;
    if (!pure && node->depth < fit->max_depth)
        for (size_t f = 0; f < fit->points.n_dims; f++)
            try_feature(fit, node, f, total, &best);
    return best;
}

/* Cuts every order of the node in two, keeping it sorted on both sides. */
static void cut(Fit *fit, const Node *node, const Split *split)
{
    const int *order = fit->order + (size_t)split->feature * (size_t)fit->n_points;
    for (int i = node->begin; i < node->end; i++)
        fit->left[order[i]] = i < split->at;
    for (size_t f = 0; f < fit->points.n_dims; f++) {
        int *at = fit->order + f * (size_t)fit->n_points, n_left = node->begin, n_right = 0;
        for (int i = node->begin; i < node->end; i++) {
            if (fit->left[at[i]])
                at[n_left++] = at[i];
            else
                fit->aside[n_right++] = at[i];
        }
        memcpy(at + n_left, fit->aside, (size_t)n_right * sizeof *at);
    }
}

static int add_node(Fit *fit, int begin, int end, int depth)
{
    fit->nodes[fit->n_nodes] = (Node){.feature = LEAF, .begin = begin, .end = end, .depth = depth};
    return fit->n_nodes++;
}

static void solve(void *workspace)
{
    Fit *fit = workspace;
    size_t count = fit->points.count, points = (size_t)fit->n_points;
    fit->n_nodes = 0;
    for (size_t f = 0; f < fit->points.n_dims; f++)
        memcpy(fit->order + f * points, fit->sorted + f * points, count * sizeof *fit->order);
    if (count)
        add_node(fit, 0, (int)count, 0);
    for (int n = 0; n < fit->n_nodes; n++) {
        Node *node = &fit->nodes[n];
        Split split = find_split(fit, node);
        if (split.feature == LEAF)
            continue;
        cut(fit, node, &split);
        node->feature = split.feature;
        node->value = split.threshold;
        node->left = add_node(fit, node->begin, split.at, node->depth + 1);
        node->right = add_node(fit, split.at, node->end, node->depth + 1);
    }
}

static double answer(const void *workspace, size_t column, const double *x, unsigned char *flag)
{
    const Fit *fit = workspace;
    (void)column, (void)flag;
    if (fit->n_nodes == 0)
        return 0.0;
    const Node *node = fit->nodes;
    while (node->feature != LEAF)
        node = &fit->nodes[x[node->feature] <= node->value ? node->left : node->right];
    return node->value;
}

static const AmbitPrefixFit prefix = {.reset = reset, .add = add, .solve = solve, .answer = answer};

const AmbitPredictorType ambit_predictor_decision_tree = {
    .name = "decision_tree",
    .summary = "one regression tree (CART) on the points; predicts 0 before the first",
    .source = "Garg et al. 2208.01066, section 4; Breiman et al., CART (1984), chapter 8",
    .parameters = parameters,
    .settings_size = sizeof(Settings),
    .workspace_create = workspace_create,
    .workspace_destroy = ambit_free,
    .prefix = &prefix,
    .predict = ambit_prefix_predict};
