// SPDX-License-Identifier: MIT
// Compares the kernels that all levels share with plain loops: rows by index, and the steps of
// optimisers other than products.
#include "guarded.h"

#include "ambit/kernels.h"
#include "ambit/memory.h"

#include <string.h>

static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 16, 17, 31, 64, 67};
enum { N_SIZES = sizeof sizes / sizeof *sizes, MOST_ROWS = 67 };

typedef void (*check_fn)(const AmbitKernels *k, size_t rows, size_t width, bool misaligned);

/* Every size of two, for every level of this CPU. */
static void check_all(check_fn check)
{
    AmbitKernels kernels;
    for (const char *const *level = ambit_kernels_levels(); *level; level++) {
        assert_int_equal(ambit_kernels_select(&kernels, *level, NULL), AMBIT_OK);
        for (size_t s = 0; s < 2 * N_SIZES * N_SIZES; s++)
            check(&kernels, sizes[s / 2 / N_SIZES], sizes[s / 2 % N_SIZES], s % 2);
    }
}

/* `rows` indices below `rows`, in no order, some of them twice. */
static void scattered_indices(size_t *index, size_t rows)
{
    for (size_t r = 0; r < rows; r++)
        index[r] = r * r * 5 % rows;
}

static void check_gather(const AmbitKernels *k, size_t rows, size_t width, bool misaligned)
{
    size_t index[MOST_ROWS], n = rows * width;
    scattered_indices(index, rows);
    Buffer x = buffer_of(n, 1, misaligned), got = buffer_of(n, 2, misaligned);
    Buffer expected = buffer_of(n, 3, misaligned);
    k->gather_rows(&k->context, got.data, x.data, index, rows, width);
    for (size_t i = 0; i < n; i++)
        expected.data[i] = x.data[index[i / width] * width + i % width];
    compare(got, expected, 0, "gather_rows");
    ambit_free(x.memory);
}

/* The first n rows go to every third row, or all rows to themselves. */
static void check_scatter(const AmbitKernels *k, size_t rows, size_t width, bool misaligned)
{
    for (size_t first = 0; first < 3; first++) {
        size_t index[MOST_ROWS], n = 0;
        for (size_t row = first; row < rows; row += first < 2 ? 3 : 1)
            index[n++] = row;
        Buffer got = buffer_of(rows * width, 1, misaligned);
        Buffer x = buffer_of(rows * width, 1, misaligned);
        Buffer expected = buffer_of(rows * width, 2, misaligned);
        memset(expected.data, 0, rows * width * sizeof(float));
        for (size_t i = 0; i < n * width; i++)
            expected.data[index[i / width] * width + i % width] = x.data[i];
        k->scatter_rows(&k->context, got.data, index, n, rows, width);
        compare(got, expected, 0, "scatter_rows");
        ambit_free(x.memory);
    }
}

static void check_add_rows(const AmbitKernels *k, size_t rows, size_t width, bool misaligned)
{
    size_t index[MOST_ROWS], n = rows * width;
    scattered_indices(index, rows);
    Buffer x = buffer_of(n, 1, misaligned), sum[2], table[2];
    for (int side = 0; side < 2; side++) {
        sum[side] = buffer_of(n, 2, misaligned);
        table[side] = buffer_of(n, 3, misaligned);
    }
    k->add_rows(&k->context, sum[0].data, x.data, index, rows, width);
    k->accumulate_rows(&k->context, table[0].data, x.data, index, rows, width);
    for (size_t i = 0; i < n; i++) {
        size_t at = index[i / width] * width + i % width;
        sum[1].data[i] += x.data[at];
        table[1].data[at] += x.data[i]; // rows ascend, so the sums are in this order
    }
    compare(sum[0], sum[1], 0, "add_rows");
    compare(table[0], table[1], 0, "accumulate_rows");
    ambit_free(x.memory);
}

/* The order of the sums is part of the contract. */
static void check_squares(const AmbitKernels *k, size_t rows, size_t width, bool misaligned)
{
    size_t n = rows * width;
    Buffer x = buffer_of(n, 1, misaligned), scaled = buffer_of(n, 2, misaligned);
    Buffer expected = buffer_of(n, 2, misaligned);
    double s[8] = {0};
    for (size_t i = 0; i < n; i++)
        s[i < n / 8 * 8 ? i % 8 : 0] += pow((double)x.data[i], 2);
    double sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    assert_true(k->squares(&k->context, x.data, n) == sum);
    for (size_t i = 0; i < n; i++)
        expected.data[i] *= 0.3f;
    k->scale(&k->context, scaled.data, 0.3, n);
    compare(scaled, expected, 0, "scale");
    ambit_free(x.memory);
}

/* A matrix [rows][width] at the left of one with rows stride apart: what lies at its right must
 * stay. */
static void check_muon(const AmbitKernels *k, size_t rows, size_t width, bool misaligned)
{
    const AmbitSubmatrix shape = {rows, width, width + 3};
    const double beta = 0.9, rate = 0.02;
    size_t n = rows * shape.stride;
    Buffer gradient = buffer_of(n, 1, misaligned), momentum[2], parameter[2], ahead[2];
    for (int side = 0; side < 2; side++) {
        momentum[side] = buffer_of(n, 2, misaligned);
        parameter[side] = buffer_of(n, 3, misaligned);
        ahead[side] = buffer_of(rows * width, 4, misaligned);
    }
    double squares = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < width; c++) {
            size_t i = r * shape.stride + c;
            double m = beta * momentum[1].data[i] + (1 - beta) * gradient.data[i];
            double next = beta * m + (1 - beta) * gradient.data[i];
            momentum[1].data[i] = (float)m;
            ahead[1].data[r * width + c] = (float)next;
            parameter[1].data[i] -= (float)(rate * next);
            squares += next * next;
        }
    double got =
        k->muon_momentum(&k->context, ahead[0].data, momentum[0].data, gradient.data, &shape, beta);
    assert_true(fabs(got - squares) <= 1e-6 * squares);
    k->muon_update(&k->context, parameter[0].data, ahead[0].data, &shape, rate);
    compare(momentum[0], momentum[1], 3e-7, "muon_momentum's momentum");
    compare(ahead[0], ahead[1], 3e-7, "muon_momentum's direction");
    compare(parameter[0], parameter[1], 3e-7, "muon_update");
    ambit_free(gradient.memory);
}

static void check_polynomial(const AmbitKernels *k, size_t n, size_t other, bool misaligned)
{
    if (other > 1)
        return;
    const double c[3] = {3.4445, -4.7750, 2.0315};
    Buffer x = buffer_of(n * n, 1, misaligned), got = buffer_of(n * n, 2, misaligned);
    Buffer expected = buffer_of(n * n, 2, misaligned);
    for (size_t i = 0; i < n * n; i++)
        expected.data[i] = (float)((i / n == i % n ? c[0] : 0) + c[1] * (double)x.data[i] +
                                   c[2] * (double)expected.data[i]);
    k->muon_polynomial(&k->context, got.data, x.data, n, c);
    compare(got, expected, 3e-6, "muon_polynomial");
    ambit_free(x.memory);
}

static void rows_by_index(void **state)
{
    (void)state;
    check_all(check_gather);
    check_all(check_scatter);
    check_all(check_add_rows);
}

static void optimizers(void **state)
{
    (void)state;
    check_all(check_squares);
    check_all(check_muon);
    check_all(check_polynomial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_by_index),
                                       cmocka_unit_test(optimizers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
