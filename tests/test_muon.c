// SPDX-License-Identifier: MIT
// Muon: its first step by singular values, and a momentum that vanishes.
#include "testing.h"
#include "trainer_fixtures.h"

#include "ambit/memory.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <string.h>

/* What five rounds of Muon's polynomial make of a matrix, by singular values: U p(Σ/‖Σ‖) Vᵀ. */
static gsl_matrix *orthogonalized(const float *values, size_t rows, size_t columns, size_t stride)
{
    bool wide = rows < columns;
    size_t tall = wide ? columns : rows, n = wide ? rows : columns;
    gsl_matrix *u = gsl_matrix_alloc(tall, n), *v = gsl_matrix_alloc(n, n),
               *result = gsl_matrix_alloc(rows, columns);
    gsl_vector *s = gsl_vector_alloc(n), *work = gsl_vector_alloc(n);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            gsl_matrix_set(u, wide ? c : r, wide ? r : c, (double)values[r * stride + c]);
    gsl_linalg_SV_decomp(u, v, s, work);
    double norm = gsl_blas_dnrm2(s);
    for (size_t i = 0; i < n; i++) {
        double x = gsl_vector_get(s, i) / norm;
        for (int round = 0; round < 5; round++)
            x = 3.4445 * x - 4.775 * x * x * x + 2.0315 * pow(x, 5);
        gsl_vector_view column = gsl_matrix_column(u, i);
        gsl_vector_scale(&column.vector, x);
    }
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, wide ? v : u, wide ? u : v, 0, result);
    gsl_matrix_free(u);
    gsl_matrix_free(v);
    gsl_vector_free(s);
    gsl_vector_free(work);
    return result;
}

/* Largest difference between the step that a matrix took and the one it should take, over the root
 * mean square of that one. */
static double muon_error(const float *before, const float *after, const float *gradient,
                         size_t rows, size_t columns, size_t stride, double learning_rate)
{
    gsl_matrix *expected = orthogonalized(gradient, rows, columns, stride);
    double length = learning_rate * 0.2 * sqrt((double)(rows > columns ? rows : columns)),
           worst = 0, squares = 0;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            double moved = (double)before[r * stride + c] - (double)after[r * stride + c],
                   step = length * gsl_matrix_get(expected, r, c);
            worst = larger(worst, fabs(moved - step));
            squares += step * step;
        }
    }
    gsl_matrix_free(expected);
    return worst / sqrt(squares / (double)(rows * columns));
}

static void first_step_of_muon(void **state)
{
    (void)state;
    AmbitModelSettings model = fixture_golden_model();
    AmbitTrainingSettings training = fixture_golden_training();
    AmbitPromptTraining prompts = fixture_golden_prompts();
    AmbitStepReport report;
    training.optimizer = AMBIT_OPTIMIZER_MUON;
    training.momentum = 0.95;
    training.learning_rate = 0.1;
    model.trunk.initializer_range = 0.3;
    AmbitTrainer *trainer = fixture_trainer(&model, &training, &prompts, "auto", 2);
    AmbitTrainerState view = ambit_trainer_state(trainer);
    size_t size = ambit_model_block_size(view.model) * sizeof(float), n_matrices = 0;
    float *before = ambit_alloc(size, 1), *after = ambit_model_block(view.model);
    memcpy(before, after, size);
    assert_int_equal(ambit_trainer_step(trainer, &report, NULL), AMBIT_OK);
    for (size_t i = 0; i < ambit_model_n_tensors(view.model); i++) {
        const AmbitTensor *tensor = ambit_model_tensor(view.model, i);
        size_t o = tensor->offset;
        assert_true((view.moment2[o] == 0) == (tensor->n_hidden > 0));
        for (size_t part = 0; part < tensor->n_hidden; part++, n_matrices++) {
            size_t columns = tensor->shape[1] / tensor->n_hidden;
            assert_true(muon_error(before + o, after + o, view.gradient + o, tensor->shape[0],
                                   columns, tensor->shape[1], 0.1) < 1e-3);
            o += columns;
        }
    }
    assert_int_equal(n_matrices, 2 * 6); // query, key, value, c_proj, c_fc, c_proj of two layers
    ambit_free(before);
    ambit_trainer_destroy(&trainer);
}

/* A momentum whose norm has no inverse in float moves nothing, and makes no NaN. */
static void muon_of_nearly_nothing(void **state)
{
    (void)state;
    AmbitKernels kernels;
    const AmbitSubmatrix shape = {4, 4, 4};
    const AmbitMuon muon = {0.1, 0.5};
    float parameter[16] = {1}, momentum[16] = {0}, gradient[16] = {0};
    AmbitReal *scratch = ambit_alloc(ambit_muon_scratch(4, 4), sizeof *scratch);
    assert_int_equal(ambit_kernels_select(&kernels, "auto", NULL), AMBIT_OK);
    gradient[0] = 1e-3f;
    for (int step = 0; step < 400; step++) { // the momentum halves until it is 0
        ambit_muon(parameter, momentum, gradient, &shape, &muon, &kernels, scratch);
        gradient[0] = 0;
        for (size_t i = 0; i < 16; i++)
            assert_true(isfinite(parameter[i]));
    }
    ambit_free(scratch);
}

int main(int argc, char **argv)
{
    if (argc < 2 || !fixture_golden_open(argv[1])) {
        fprintf(stderr, "usage: test_muon golden/training.h5\n");
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_step_of_muon),
                                       cmocka_unit_test(muon_of_nearly_nothing)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_golden_close();
    return failures;
}
