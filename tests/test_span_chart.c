// SPDX-License-Identifier: MIT
// Charts of span similarities against the plain definition: every span masked by itself.
#include "testing.h"

#include "../src/evaluate/span_chart.h"
#include "plain_transformer.h"

#include "ambit/head.h"
#include "ambit/memory.h"
#include "ambit/random.h"

#include <string.h>

enum { MOST = 10, WIDTH = 16, SENTENCES = 100, WORDS = 20 };

/* A model with parameters large enough that attention matters, as after training. */
static AmbitModel *random_model(int norm, int activation)
{
    AmbitError error = {0};
    AmbitModel *model;
    const AmbitModelSettings settings = {.trunk = {.n_context = MOST + 1,
                                                   .n_embd = WIDTH,
                                                   .n_layer = 3,
                                                   .n_head = 2,
                                                   .positions = AMBIT_POSITIONS_SINUSOIDAL,
                                                   .norm = norm,
                                                   .activation = activation,
                                                   .attention_bias = norm == AMBIT_NORM_PRE,
                                                   .initializer_range = 0.5},
                                         .head = ambit_language_head(WORDS, false)};
    if (ambit_model_create(&model, &settings, &error))
        fail_msg("%s", error.message);
    ambit_model_initialize(model, 5);
    return model;
}

static double plain_similarity(const AmbitModel *model, const int32_t *id, size_t n, size_t first,
                               size_t last)
{
    bool all[MOST + 1], span[MOST + 1];
    double full[(MOST + 1) * WIDTH], own[(MOST + 1) * WIDTH], product = 0, a = 0, b = 0;
    for (size_t t = 0; t <= n; t++) {
        all[t] = true;
        span[t] = t == 0 || (t >= first && t <= last);
    }
    plain_states(model, id, n + 1, all, full, NULL);
    plain_states(model, id, n + 1, span, own, NULL);
    for (size_t e = 0; e < WIDTH; e++) {
        double v = 0, u = 0;
        for (size_t t = first; t <= last; t++) {
            v += full[t * WIDTH + e];
            u += own[t * WIDTH + e];
        }
        product += u * v;
        a += u * u;
        b += v * v;
    }
    return product / sqrt(a * b);
}

/* Whether some node of the tree has two splits whose sums differ by less than the error. */
static bool is_close(const AmbitSpanChart *chart, const AmbitTreeNode *tree)
{
    for (size_t i = 0; i + 1 < chart->n; i++)
        for (size_t k = tree[i].first; k < tree[i].last; k++) {
            const double *s = chart->similarity;
            size_t n = chart->n, first = tree[i].first, last = tree[i].last, best = tree[i].split;
            if (k != best && fabs(s[first * n + k] + s[(k + 1) * n + last] - s[first * n + best] -
                                  s[(best + 1) * n + last]) < 4e-5)
                return true;
        }
    return false;
}

static void compare(int norm, int activation)
{
    AmbitError error = {0};
    AmbitKernels kernels;
    AmbitPackedModel *packed;
    AmbitSpanCharts *charts;
    AmbitRandom random;
    double plain[MOST * MOST], farthest = 0, least = 1;
    size_t n_trees = 0;
    AmbitModel *model = random_model(norm, activation);
    ambit_random_open(&random, (AmbitKey){.seed = 4, .purpose = AMBIT_EVALUATION},
                      AMBIT_STREAM_PROBE, 0);
    assert_int_equal(ambit_kernels_select(&kernels, "baseline", &error), AMBIT_OK);
    assert_int_equal(ambit_packed_model_create(&packed, model, &kernels, false, &error), AMBIT_OK);
    assert_int_equal(ambit_span_charts_create(&charts, packed, model, MOST, &error), AMBIT_OK);
    for (size_t sentence = 0; sentence < SENTENCES; sentence++) {
        int32_t id[MOST + 1] = {WORDS - 1};
        size_t n = 1 + sentence % MOST;
        for (size_t t = 1; t <= n; t++)
            id[t] = (int32_t)gsl_rng_uniform_int(&random.rng, WORDS - 2);
        AmbitSpanChart chart = ambit_span_chart(charts, id, n), expected = {n, plain};
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++) {
                double value = plain[i * n + j] = plain_similarity(model, id, n, i + 1, j + 1);
                farthest = larger(farthest, fabs(chart.similarity[i * n + j] - value));
                least = value < least ? value : least;
            }
        AmbitTreeNode tree[MOST], other[MOST];
        ambit_tree_greedy(&chart, tree);
        ambit_tree_greedy(&expected, other);
        if (is_close(&expected, other))
            continue;
        n_trees++;
        assert_memory_equal(tree, other, (n - 1) * sizeof *tree);
    }
    assert_true(farthest <= 1e-5);
    assert_true(least < 0.9); // context changes states
    assert_true(n_trees > SENTENCES / 2);
    ambit_span_charts_destroy(&charts);
    ambit_packed_model_destroy(&packed);
    ambit_model_destroy(&model);
}

static void pre_norm_models(void **state)
{
    (void)state;
    compare(AMBIT_NORM_PRE, AMBIT_ACTIVATION_GELU);
}

static void post_norm_models(void **state)
{
    (void)state;
    compare(AMBIT_NORM_POST, AMBIT_ACTIVATION_RELU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pre_norm_models),
        cmocka_unit_test(post_norm_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
