// SPDX-License-Identifier: MIT
// Projected trees against the plain definitions: all binary trees listed one by one, and random
// trees drawn many times.
#include "testing.h"

#include "ambit/random.h"
#include "ambit/tree.h"

#include <string.h>

enum { MOST = 8, CHARTS = 40 };

static double values[MOST * MOST];

static AmbitSpanChart random_chart(size_t n, gsl_rng *rng)
{
    for (size_t i = 0; i < n * n; i++)
        values[i] = i / n > i % n ? NAN : gsl_rng_uniform(rng); // below the diagonal: never read
    return (AmbitSpanChart){n, values};
}

static void open_random(AmbitRandom *random, uint64_t seed)
{
    ambit_random_open(random, (AmbitKey){.seed = seed, .purpose = AMBIT_EVALUATION},
                      AMBIT_STREAM_PROBE, 0);
}

/* The largest similarity of a tree over the words i … j, by trying every tree. */
static double best_of_all(const AmbitSpanChart *chart, size_t i, size_t j)
{
    double best = i < j ? -INFINITY : 0;
    for (size_t k = i; k < j; k++) {
        double value = chart->similarity[i * chart->n + k] +
                       chart->similarity[(k + 1) * chart->n + j] + best_of_all(chart, i, k) +
                       best_of_all(chart, k + 1, j);
        best = value > best ? value : best;
    }
    return best;
}

/* A tree whose nodes are split uniformly. */
static size_t draw_tree(AmbitTreeNode *tree, size_t first, size_t last, gsl_rng *rng)
{
    if (first == last)
        return 0;
    size_t split = first + gsl_rng_uniform_int(rng, (unsigned long)(last - first));
    *tree = (AmbitTreeNode){first, split, last};
    size_t left = draw_tree(tree + 1, first, split, rng);
    return 1 + left + draw_tree(tree + 1 + left, split + 1, last, rng);
}

static const AmbitSpan *spans_of(const AmbitTreeNode *tree, size_t n)
{
    static AmbitSpan spans[MOST];
    for (size_t i = 0; i + 1 < n; i++)
        spans[i] = (AmbitSpan){tree[i].first, tree[i].last};
    return spans;
}

/* Every list of nodes is a binary tree: each child longer than a word is a node once. */
static void check_tree(const AmbitTreeNode *tree, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t parents = 0;
        assert_true(tree[i].first <= tree[i].split && tree[i].split < tree[i].last &&
                    tree[i].last < n);
        for (size_t j = 0; j + 1 < n; j++)
            parents += (tree[i].first == tree[j].first && tree[i].last == tree[j].split) ||
                       (tree[i].first == tree[j].split + 1 && tree[i].last == tree[j].last);
        assert_int_equal(parents, i > 0);
    }
}

static void exact_trees_are_the_best(void **state)
{
    (void)state;
    AmbitRandom random;
    AmbitTreeNode exact[MOST], greedy[MOST];
    double workspace[2 * MOST * MOST];
    size_t differ = 0;
    open_random(&random, 1);
    for (size_t n = 1; n <= MOST; n++)
        for (size_t c = 0; c < CHARTS; c++) {
            AmbitSpanChart chart = random_chart(n, &random.rng);
            ambit_tree_exact(&chart, exact, workspace);
            ambit_tree_greedy(&chart, greedy);
            check_tree(exact, n);
            check_tree(greedy, n);
            double best = best_of_all(&chart, 0, n - 1),
                   found = ambit_tree_similarity(&chart, exact);
            assert_true(fabs(found - best) <= 1e-12);
            double least = ambit_tree_similarity(&chart, greedy);
            assert_true(least <= best + 1e-12);
            differ += least < best - 1e-9;
        }
    assert_true(differ > CHARTS); // the greedy tree is often not the best one
}

static void greedy_trees_split_at_the_first_best_place(void **state)
{
    (void)state;
    AmbitTreeNode tree[3];
    double equal[16];
    for (size_t i = 0; i < 16; i++)
        equal[i] = 0.5;
    AmbitSpanChart chart = {4, equal};
    ambit_tree_greedy(&chart, tree);
    assert_int_equal(ambit_tree_matches(4, tree, spans_of(tree, 4)), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(tree[i].split, tree[i].first);
    equal[0 * 4 + 1] = 0.75; // words 0 and 1 belong together
    ambit_tree_greedy(&chart, tree);
    assert_int_equal(tree[0].split, 1);
    check_tree(tree, 4);
}

/* Means over many random trees: within 5 standard errors of what the functions compute (a chance
 * below 1e-5 in the whole test to be further off). */
static void scores_are_expectations(void **state)
{
    (void)state;
    enum { N = 7, DRAWS = 20000 };
    AmbitRandom random;
    AmbitTreeNode tree[N], drawn[N], gold[N];
    double workspace[2 * N * N];
    open_random(&random, 2);
    AmbitSpanChart chart = random_chart(N, &random.rng);
    draw_tree(gold, 0, N - 1, &random.rng);
    ambit_tree_exact(&chart, tree, workspace);
    double whole = 0, released = 0, matches = 0, squares[3] = {0};
    for (size_t i = 0; i < DRAWS; i++) {
        draw_tree(drawn, 0, N - 1, &random.rng);
        double a = ambit_tree_similarity(&chart, tree) - ambit_tree_similarity(&chart, drawn);
        double b = ambit_tree_t_released(&chart, tree, &random.rng);
        double c = (double)ambit_tree_matches(N, drawn, spans_of(gold, N));
        whole += a, released += b, matches += c;
        squares[0] += a * a, squares[1] += b * b, squares[2] += c * c;
    }
    const double means[3] = {whole / DRAWS, released / DRAWS, matches / DRAWS};
    const double expected[3] = {ambit_tree_t_trees(&chart, tree, workspace),
                                ambit_tree_t_splits(&chart, tree),
                                ambit_tree_random_matches(N, spans_of(gold, N), workspace)};
    for (size_t i = 0; i < 3; i++) {
        double error = sqrt((squares[i] / DRAWS - means[i] * means[i]) / DRAWS);
        assert_true(error > 0 && fabs(means[i] - expected[i]) <= 5 * error);
    }
    // A projected tree scores more than random ones, and itself against itself nothing is lost.
    assert_true(expected[0] > 0);
    assert_int_equal(ambit_tree_matches(N, gold, spans_of(gold, N)), N - 1);
}

static void branching_trees(void **state)
{
    (void)state;
    AmbitTreeNode right[4], left[4];
    ambit_tree_right_branching(5, right);
    ambit_tree_left_branching(5, left);
    check_tree(right, 5);
    check_tree(left, 5);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(right[i].last, 4);
        assert_int_equal(left[i].first, 0);
    }
    assert_int_equal(ambit_tree_matches(5, right, spans_of(left, 5)), 1); // the root
}

/* A word alone has no nodes, and scores 0. */
static void one_word(void **state)
{
    (void)state;
    double one = 1, workspace[2];
    AmbitTreeNode tree[1];
    AmbitSpanChart chart = {1, &one};
    ambit_tree_exact(&chart, tree, workspace);
    ambit_tree_greedy(&chart, tree);
    assert_true(ambit_tree_t_trees(&chart, tree, workspace) == 0);
    assert_true(ambit_tree_t_splits(&chart, tree) == 0);
    assert_true(ambit_tree_random_matches(1, spans_of(tree, 1), workspace) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_trees_are_the_best),
        cmocka_unit_test(greedy_trees_split_at_the_first_best_place),
        cmocka_unit_test(scores_are_expectations),
        cmocka_unit_test(branching_trees),
        cmocka_unit_test(one_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
