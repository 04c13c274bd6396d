// SPDX-License-Identifier: MIT
// Exact Bayes predictors, compared with importance sampling from the prior (for every family that
// has one), with evidence computed directly, with brute force, and with each other.
#include "testing.h"

#include "oracle_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_errno.h>
#include <string.h>

static const AmbitKey key = {23, 0, AMBIT_EVALUATION};

enum { AUTO, PRETRAINING, TARGET }; // of `prior`

/* Sums over functions drawn from the prior, of weight v = prior weight · likelihood. */
typedef struct Sums {
    double v, vf, vv, vvf, vvff; // Σ v, Σ v f, Σ v², Σ v² f, Σ v² f²
} Sums;

/* sums [K]: after k examples of the batch's first prompt, f at query k. */
static void sample(const AmbitFamily *family, const AmbitPromptBatch *batch, double weight,
                   size_t n_samples, Sums *sums)
{
    AmbitRandom random;
    size_t dims = family->n_dims;
    double *function = ambit_alloc(family->function_size, sizeof *function);
    assert_non_null(function);
    memset(sums, 0, batch->n_queries * sizeof *sums);
    ambit_random_open(&random, key, AMBIT_STREAM_FUNCTION, 1000);
    for (size_t s = 0; s < n_samples; s++) {
        double v = weight, normal = 1.0 / sqrt(2.0 * M_PI * family->context_noise);
        family->type->draw(family, &random.rng, dims, function);
        for (size_t k = 0; k < batch->n_queries; k++) {
            double f = family->type->evaluate(family, function, batch->x + k * dims);
            double rest = batch->y[k] - f;
            sums[k].v += v;
            sums[k].vf += v * f;
            sums[k].vv += v * v;
            sums[k].vvf += v * v * f;
            sums[k].vvff += v * v * f * f;
            v *= normal * exp(-0.5 * rest * rest / family->context_noise);
        }
    }
    ambit_free(function);
}

static void assert_close(const char *what, const char *family, size_t k, double got,
                         double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%s of %s, k = %zu: %g, sampled %g ± %g", what, family, k, got, expected,
                 tolerance);
}

static void assert_mean(const char *family, size_t k, double got, const Sums *s, double slack)
{
    double mean = s->vf / s->v;
    double error = sqrt(fmax(0.0, s->vvff - 2.0 * mean * s->vvf + mean * mean * s->vv)) / s->v;
    assert_close("posterior mean", family, k, got, mean, 5.0 * error + slack);
}

/* A noisy family alone and, with weight 2, beside a noisy linear one: means of both priors and the
 * probability of the class, each within five standard errors of sampling (about 1e-6 each). */
static void assert_matches_sampling(AmbitFamily *family, double slack)
{
    enum { K = 5, N = 60000 };
    const char *name = family->type->name;
    AmbitFamily *other =
        fixture_family("noisy_linear_regression", family->n_dims, "noise_std", 0.8);
    AmbitMixture *mixture = fixture_two_classes(family, other, 2.0, 1.0),
                 *target = fixture_mixture(family);
    AmbitPromptBatch *batch = fixture_draw(target, 1, K);
    AmbitPredictor *predictor = fixture_predictor("bayes");
    FixtureAnswers got = fixture_ask(predictor, mixture, target, batch);
    Sums alone[K], beside[K], both;
    sample(family, batch, 2.0 / N, N, alone);
    sample(other, batch, 1.0 / N, N, beside);
    for (size_t k = 0; k < K; k++) {
        const Sums *a = &alone[k], *b = &beside[k];
        both =
            (Sums){a->v + b->v, a->vf + b->vf, a->vv + b->vv, a->vvf + b->vvf, a->vvff + b->vvff};
        double p = a->v / both.v;
        double error = p * (1.0 - p) * sqrt(a->vv / (a->v * a->v) + b->vv / (b->v * b->v));
        assert_mean(name, k, got.prediction[k], &both, slack);
        assert_mean(name, k, got.prediction[K + k], a, slack);
        assert_close("probability", name, k, got.posterior[k], p, 5.0 * error + slack);
        assert_true(fabs(got.posterior[k] + got.posterior[K + k] - 1.0) < 1e-12);
    }
    fixture_answers_free(&got);
    ambit_predictor_destroy(&predictor);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&target);
    ambit_mixture_destroy(&mixture);
    ambit_family_destroy(&other);
}

/* With its defaults, in three dims or one. */
static AmbitFamily *small_family(const char *name)
{
    AmbitError error;
    AmbitFamily *family = fixture_raw_family(name, 3);
    if (!ambit_family_finish(family, &error))
        return family;
    ambit_family_destroy(&family);
    return fixture_family(name, 1, NULL, 0);
}

/* Every family that has a prior; those that the table does not name, with their defaults. */
static void posteriors_match_sampling(void **state)
{
    (void)state;
    static const struct {
        const char *family;
        size_t dims;
        const char *parameter;
        double value;
    } cases[] = {{"linear_regression", 3, "scale", 0.7},
                 {"sparse_linear_regression", 4, "sparsity", 2},
                 {"quadratic_regression", 2, NULL, 0},
                 {"polynomial", 1, "degree", 2},
                 {"fourier_series", 1, "N", 2},
                 {"gaussian_mixture_regression", 3, "mean", 1.5},
                 {"sign_vector", 4, "normalize", 1},
                 {"pool", 3, NULL, 0},
                 {"convex", 3, "alpha", 0.3},
                 {"rescale", 3, "factor", -1.7},
                 {"sinusoid", 1, NULL, 0},
                 {"sinusoid", 1, "omega", 0.4}};
    static const char *const elsewhere[] = {"noisy_linear_regression", "noise",
                                            "relu_2nn_regression"};
    for (const AmbitFamilyType *const *type = ambit_family_types(); *type; type++) {
        bool sampled = !(*type)->prior;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            sampled = sampled || strcmp(cases[i].family, (*type)->name) == 0;
        for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
            sampled = sampled || strcmp(elsewhere[i], (*type)->name) == 0;
        if (!sampled)
            assert_matches_sampling(fixture_noisy(small_family((*type)->name), 0.6), 1e-9);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_matches_sampling(fixture_noisy(fixture_family(cases[i].family, cases[i].dims,
                                                             cases[i].parameter, cases[i].value),
                                              0.6),
                                1e-9);
    assert_matches_sampling(fixture_family("noisy_linear_regression", 3, "noise_std", 0.5), 1e-9);
    AmbitFamily *sum =
        fixture_combine("convex", fixture_family("sign_vector", 3, "scale", 2.0),
                        fixture_family("linear_regression", 3, "scale", 0.3), "alpha", 0.8);
    assert_matches_sampling(fixture_noisy(sum, 0.6), 1e-9);
    static const char *const firsts[] = {"sparse_linear_regression", "linear_regression", "pool"};
    for (size_t i = 0; i < 3; i++) {
        AmbitFamily *sparse = fixture_family("sparse_linear_regression", 4, "sparsity", 2);
        sum =
            fixture_combine("convex", fixture_family(firsts[i], 4, NULL, 0), sparse, "alpha", 0.6);
        assert_matches_sampling(fixture_noisy(sum, 0.6), 1e-9);
    }
    static const double alphas[] = {0.3, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        AmbitFamily *wave =
            fixture_combine("convex", fixture_family("linear_regression", 1, "scale", 2),
                            fixture_family("sinusoid", 1, NULL, 0), "alpha", alphas[i]);
        assert_matches_sampling(fixture_noisy(wave, 0.4), 1e-9);
    }
}

/* The Gaussian process has the networks' first two moments, not their distribution. */
static void wide_networks_are_nearly_gaussian(void **state)
{
    (void)state;
    assert_matches_sampling(
        fixture_noisy(fixture_family("relu_2nn_regression", 3, "hidden_layer_size", 40), 0.6),
        0.05);
}

/* log N(y; 0, C) for the covariance C [k][k], which is overwritten by its Cholesky factor. */
static long double log_normal(long double *c, const double *y, size_t k)
{
    long double z[8], sum = 0.0L;
    for (size_t i = 0; i < k; i++) {
        z[i] = y[i];
        for (size_t j = 0; j <= i; j++) {
            long double rest = c[i * k + j];
            for (size_t m = 0; m < j; m++)
                rest -= c[i * k + m] * c[j * k + m];
            c[i * k + j] = i == j ? sqrtl(rest) : rest / c[j * k + j];
            z[i] -= j < i ? c[i * k + j] * z[j] : 0.0L;
        }
        z[i] /= c[i * k + i];
        sum += logl(2.0L * M_PIl) + 2.0L * logl(c[i * k + i]) + z[i] * z[i];
    }
    return -0.5L * sum;
}

/* Evidence of k labels when the weights on `support` have variance `variance`. */
static long double evidence(const AmbitPromptBatch *batch, size_t prompt, size_t k,
                            const size_t *support, size_t size, double variance, double noise)
{
    long double c[64];
    const double *x = batch->x + prompt * batch->n_points * batch->n_dims;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            long double sum = 0.0L;
            for (size_t s = 0; s < size; s++)
                sum += (long double)x[i * batch->n_dims + support[s]] *
                       x[j * batch->n_dims + support[s]];
            c[i * k + j] = variance * sum + (i == j ? noise : 0.0L);
        }
    return log_normal(c, batch->y + prompt * batch->n_points, k);
}

/* Dense beside sparse: evidence as the density of the labels, in long double. */
static void class_probabilities_are_ratios_of_evidence(void **state)
{
    (void)state;
    enum { D = 4, K = 8, B = 20 };
    const size_t all[] = {0, 1, 2, 3};
    const double noise = 0.09;
    AmbitFamily *dense = fixture_noisy(fixture_family("linear_regression", D, NULL, 0), 0.3);
    AmbitFamily *sparse =
        fixture_noisy(fixture_family("sparse_linear_regression", D, "sparsity", 2), 0.3);
    AmbitMixture *mixture = fixture_two_classes(dense, sparse, 3.0, 1.0);
    AmbitPromptBatch *batch = fixture_draw(mixture, B, K);
    AmbitPredictor *predictor = fixture_predictor("bayes");
    FixtureAnswers got = fixture_ask(predictor, mixture, mixture, batch);
    for (size_t b = 0; b < B; b++)
        for (size_t k = 0; k < K; k++) {
            long double of_dense = 3.0L * expl(evidence(batch, b, k, all, D, 1.0, noise));
            long double of_sparse = 0.0L;
            for (size_t i = 0; i < D; i++)
                for (size_t j = i + 1; j < D; j++)
                    of_sparse +=
                        expl(evidence(batch, b, k, (size_t[]){i, j}, 2, 1.0, noise)) / 6.0L;
            double expected = (double)(of_dense / (of_dense + of_sparse));
            assert_true(fabs(got.posterior[b * K + k] - expected) < 1e-10);
        }
    fixture_answers_free(&got);
    ambit_predictor_destroy(&predictor);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
    ambit_family_destroy(&dense);
    ambit_family_destroy(&sparse);
}

/* On prompts of a mixture nothing beats its posterior mean; on those of a class, knowing the class
 * helps. Mean differences of squared error against 4 standard errors. */
static void mixture_is_optimal(void **state)
{
    (void)state;
    enum { N = 1500, P = 9, D = 6 };
    AmbitFamily *dense = fixture_family("linear_regression", D, "normalize", 1);
    AmbitFamily *sparse = fixture_family("sparse_linear_regression", D, "sparsity", 1);
    AmbitMixture *mixture = fixture_two_classes(dense, sparse, 1.0, 1.0),
                 *one[] = {fixture_mixture(dense), fixture_mixture(sparse)};
    AmbitPromptBatch *batch = fixture_draw(mixture, N, P);
    FixtureAnswers best = fixture_ask_by_name("bayes", "prior", TARGET, mixture, batch);
    FixtureAnswers own[] = {fixture_ask_by_name("bayes", "prior", TARGET, one[0], batch),
                            fixture_ask_by_name("bayes", "prior", TARGET, one[1], batch)};
    for (size_t k = 0; k < P; k++)
        for (int class = 0; class < 2; class ++) {
            double gain = 0.0, gains = 0.0, loss = 0.0, losses = 0.0;
            for (size_t i = k; i < N * P; i += P) {
                double y = batch->y_query[i], mixed = pow(best.prediction[i] - y, 2.0);
                double alone = pow(own[class].prediction[i] - y, 2.0);
                gain += mixed - alone;
                gains += pow(mixed - alone, 2.0);
                if (batch->class_label[i / P] == class) {
                    loss += alone - mixed;
                    losses += pow(alone - mixed, 2.0);
                }
            }
            assert_true(gain <= 4.0 * sqrt(gains) + 1e-9);
            assert_true(loss <= 4.0 * sqrt(losses) + 1e-9);
            if (k == 4) // and the comparisons are not idle
                assert_true(gain < -4.0 * sqrt(gains));
            if (k == 1 && class == 0)
                assert_true(loss < -3.0 * sqrt(losses));
        }
    for (int class = 0; class < 2; class ++) {
        fixture_answers_free(&own[class]);
        ambit_mixture_destroy(&one[class]);
    }
    fixture_answers_free(&best);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

/* softmax(−‖y − Xw_i‖²/2σ²) over the pool (Raventós et al. 2306.15063, eq. 4). */
static void pool_is_a_softmax(void **state)
{
    (void)state;
    enum { D = 5, P = 12 };
    AmbitFamily *family = fixture_noisy(fixture_family("pool", D, NULL, 0), 0.6);
    AmbitMixture *mixture = fixture_mixture(family);
    AmbitPromptBatch *batch = fixture_draw(mixture, 1, P);
    FixtureAnswers got = fixture_ask_by_name("bayes", NULL, 0, mixture, batch);
    AmbitPrior prior = ambit_family_prior(family);
    for (size_t k = 0; k < P; k++) {
        double sum = 0.0, mean = 0.0, f[1 + D];
        for (size_t i = 0; i < 16; i++) {
            double square = 0.0;
            prior.pick(prior.family, i, f);
            for (size_t j = 0; j < k; j++)
                square += pow(batch->y[j] - family->type->evaluate(family, f, batch->x + j * D), 2);
            double weight = exp(-0.5 * square / 0.36);
            sum += weight;
            mean += weight * family->type->evaluate(family, f, batch->x + k * D);
        }
        assert_true(fabs(got.prediction[k] - mean / sum) < 1e-10);
    }
    fixture_answers_free(&got);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

/* ∫ over ω on 40 000 even steps. */
static double brute_force(const AmbitPromptBatch *batch, const double *y, size_t k, double noise)
{
    double sum = 0.0, mean = 0.0, least = INFINITY, *log_mass = ambit_alloc(40000, sizeof(double));
    assert_non_null(log_mass);
    for (int pass = 0; pass < 2; pass++)
        for (int g = 1; g < 40000; g++) {
            double omega = g * 1.5e-4, cc = noise, cy = 0.0, yy = 0.0;
            for (size_t i = 0; i < k; i++) {
                double c = cos(2.0 * M_PI * omega * batch->x[i]);
                cc += c * c;
                cy += c * y[i];
                yy += y[i] * y[i];
            }
            double energy =
                0.5 * (log(cc) + (yy - cy * cy / cc) / noise) - 5.0 * log(omega) + 6.0 * omega;
            least = fmin(least, energy);
            double mass = pass ? exp(least - energy) : 0.0;
            sum += mass;
            mean += mass * cy / cc * cos(2.0 * M_PI * omega * batch->x[k]);
        }
    ambit_free(log_mass);
    return mean / sum;
}

/* Noise for which the integrand is wide, narrow, and narrower than the quadrature's grid. */
static void sinusoid_quadrature_matches_brute_force(void **state)
{
    (void)state;
    enum { B = 4, P = 10 };
    static const double noises[] = {0.5, 0.1, 0.02};
    for (size_t i = 0; i < 3; i++) {
        AmbitMixture *mixture =
            fixture_mixture(fixture_noisy(fixture_family("sinusoid", 1, NULL, 0), noises[i]));
        AmbitPromptBatch *batch = fixture_draw(mixture, B, P);
        FixtureAnswers got = fixture_ask_by_name("bayes", NULL, 0, mixture, batch);
        for (size_t b = 0; b < B; b++) {
            AmbitPromptBatch prompt = ambit_prompt_batch_view(batch, b, 1);
            for (size_t k = 1; k < P; k++)
                assert_close("prediction", "sinusoid", k, got.prediction[b * P + k],
                             brute_force(&prompt, prompt.y, k, noises[i] * noises[i]), 2e-6);
        }
        fixture_answers_free(&got);
        ambit_prompt_batch_destroy(&batch);
        ambit_mixture_destroy(&mixture);
    }
}

/* The density of k labels given ω, but for a factor of k. */
static double density(const AmbitPromptBatch *batch, size_t k, double omega, double noise)
{
    double cc = noise, cy = 0.0, yy = 0.0;
    for (size_t i = 0; i < k; i++) {
        double c = cos(2.0 * M_PI * omega * batch->x[i]);
        cc += c * c;
        cy += c * batch->y[i];
        yy += batch->y[i] * batch->y[i];
    }
    return exp(-0.5 * (yy - cy * cy / cc) / noise) / sqrt(cc);
}

/* Beside a class of the one frequency that prompts have, peaks are weighed by their width. Six
 * labels leave no other peak. */
static void evidence_of_narrow_peaks(void **state)
{
    (void)state;
    enum { B = 10, P = 12, GRID = 20000 };
    const double noise = 1e-8, weight = 6000.0, step = 2e-6, norm = pow(6.0, 6.0) / 120.0;
    AmbitFamily *drawn = fixture_noisy(fixture_family("sinusoid", 1, NULL, 0), sqrt(noise));
    AmbitFamily *fixed = fixture_noisy(fixture_family("sinusoid", 1, "omega", 1.0), sqrt(noise));
    AmbitMixture *mixture = fixture_two_classes(drawn, fixed, weight, 1.0),
                 *target = fixture_mixture(fixed);
    AmbitPromptBatch *batch = fixture_draw(target, B, P);
    AmbitPredictor *predictor = fixture_predictor("bayes");
    FixtureAnswers got = fixture_ask(predictor, mixture, target, batch);
    for (size_t b = 0; b < B; b++) {
        AmbitPromptBatch prompt = ambit_prompt_batch_view(batch, b, 1);
        for (size_t k = 6; k < P; k++) {
            double of_fixed = density(&prompt, k, 1.0, noise), of_drawn = 0.0;
            for (int g = 0; g < GRID; g++) {
                double omega = 0.98 + g * step, prior = norm * pow(omega, 5.0) * exp(-6.0 * omega);
                of_drawn += weight * step * prior * density(&prompt, k, omega, noise);
            }
            assert_close("probability", "sinusoid", k, got.posterior[b * P + k],
                         of_drawn / (of_drawn + of_fixed), 1e-6);
        }
    }
    fixture_answers_free(&got);
    ambit_predictor_destroy(&predictor);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&target);
    ambit_mixture_destroy(&mixture);
    ambit_family_destroy(&drawn);
}

/* One noiseless example: the density of y given ω is exp(−y²/2c²)/|c|, c = cos 2πωx, whose notches
 * can be far narrower than any grid that the quadrature lays at first. */
static void sinusoid_of_one_example(void **state)
{
    (void)state;
    enum { B = 40, GRID = 400000 };
    AmbitMixture *mixture = fixture_mixture(fixture_family("sinusoid", 1, NULL, 0));
    AmbitPromptBatch *batch = fixture_draw(mixture, B, 2);
    FixtureAnswers got = fixture_ask_by_name("bayes", NULL, 0, mixture, batch);
    for (size_t b = 0; b < B; b++) {
        double x = batch->x[2 * b], y = batch->y[2 * b], sum = 0.0, mean = 0.0;
        for (int g = 1; g < GRID; g++) {
            double omega = g * 1.2e-5, c = cos(2.0 * M_PI * omega * x);
            double mass = pow(omega, 5.0) * exp(-6.0 * omega - 0.5 * y * y / (c * c)) / fabs(c);
            sum += mass;
            mean += mass * y / c * cos(2.0 * M_PI * omega * batch->x[2 * b + 1]);
        }
        assert_close("prediction", "sinusoid", b, got.prediction[2 * b + 1], mean / sum, 1e-5);
    }
    fixture_answers_free(&got);
    ambit_prompt_batch_destroy(&batch);
    ambit_mixture_destroy(&mixture);
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posteriors_match_sampling),
        cmocka_unit_test(wide_networks_are_nearly_gaussian),
        cmocka_unit_test(class_probabilities_are_ratios_of_evidence),
        cmocka_unit_test(mixture_is_optimal),
        cmocka_unit_test(pool_is_a_softmax),
        cmocka_unit_test(sinusoid_quadrature_matches_brute_force),
        cmocka_unit_test(evidence_of_narrow_peaks),
        cmocka_unit_test(sinusoid_of_one_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
