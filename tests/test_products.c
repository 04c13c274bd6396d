// SPDX-License-Identifier: MIT
// Compares the matrix products of every level that this CPU runs with the reference, over edge
// sizes, in aligned and in misaligned buffers: plain, packed, with epilogues, of rounded operands.
// Guards surround everything that a kernel writes.
#include "guarded.h"

#include "ambit/kernels.h"
#include "ambit/memory.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static AmbitKernels reference;
static bool misaligned; // buffers, by a few floats

static Buffer random_buffer(size_t n, uint32_t index)
{
    return buffer_of(n, index, misaligned);
}

/* Truncates to bfloat16, so that a level that rounds its operands has nothing to round. */
static void shorten(Buffer *buffer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &buffer->data[i], sizeof bits);
        bits &= 0xffff0000;
        memcpy(&buffer->data[i], &bits, sizeof bits);
    }
}

static void check_matmul(const AmbitKernels *k, bool rounds, double tolerance)
{
    static const size_t shapes[][3] = {
        {1, 1, 1},    {3, 5, 7},     {17, 1, 33},   {1, 64, 20},     {33, 17, 16},
        {82, 64, 20}, {64, 192, 83}, {5, 4, 129},   {33, 300, 1030}, {200, 65, 514},
        {97, 32, 32}, {33, 545, 64}, {530, 40, 300}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (unsigned mode = 0; mode < 8; mode++) {
            size_t m = shapes[i][0], n = shapes[i][1], depth = shapes[i][2];
            Buffer a = random_buffer(m * depth, 1), b = random_buffer(depth * n, 2);
            if (rounds) {
                shorten(&a, m * depth);
                shorten(&b, depth * n);
            }
            Buffer got = random_buffer(m * n, 3), expected = random_buffer(m * n, 3);
            k->matmul(&k->context, got.data, a.data, b.data, m, n, depth, mode & 1, mode & 2,
                      mode & 4);
            reference.matmul(&reference.context, expected.data, a.data, b.data, m, n, depth,
                             mode & 1, mode & 2, mode & 4);
            compare(got, expected, tolerance * sqrt((double)depth), "matmul");
            ambit_free(a.memory);
            ambit_free(b.memory);
        }
    }
}

/* The right operand of a product, packed between guards if the level packs. */
static AmbitMatrix matrix_of(const AmbitKernels *k, Buffer b, size_t depth, size_t n,
                             bool transposed, Buffer *packed)
{
    size_t bytes = k->packed_bytes ? k->packed_bytes(&k->context, depth, n) : 0;
    AmbitMatrix matrix = {b.data, transposed, depth, n, NULL};
    assert_int_equal(bytes % sizeof(float), 0);
    *packed = buffer_of(bytes / sizeof(float), 9, false);
    if (bytes) {
        matrix.packed = packed->data;
        k->pack(&k->context, matrix.packed, b.data, depth, n, transposed);
        check_guards(*packed);
    }
    return matrix;
}

/* Products with an epilogue: a level may fuse both, the reference applies one after the other. */
static void check_linear(const AmbitKernels *k, bool rounds, double tolerance)
{
    static const size_t shapes[][3] = {{1, 32, 32},     {5, 20, 64},   {97, 96, 32},
                                       {33, 300, 1030}, {400, 33, 97}, {200, 65, 514},
                                       {12, 545, 514}};
    enum { BIAS = 1, RESIDUAL = 2, FACTOR = 4, GELU = 8, SLOPE = 16, TRANSPOSED = 32, RELU = 64 };
    static const unsigned modes[] = {0,
                                     BIAS,
                                     FACTOR | TRANSPOSED,
                                     BIAS | GELU,
                                     BIAS | RESIDUAL | TRANSPOSED,
                                     RESIDUAL,
                                     RESIDUAL | FACTOR | TRANSPOSED,
                                     BIAS | GELU | SLOPE,
                                     BIAS | RELU,
                                     RESIDUAL | RELU | SLOPE,
                                     BIAS | RESIDUAL | FACTOR | GELU | SLOPE | TRANSPOSED};
    enum { N_MODES = sizeof modes / sizeof *modes };
    for (size_t i = 0; i < N_MODES * sizeof shapes / sizeof *shapes; i++) {
        unsigned mode = modes[i % N_MODES];
        size_t m = shapes[i / N_MODES][0], n = shapes[i / N_MODES][1],
               depth = shapes[i / N_MODES][2];
        Buffer a = random_buffer(m * depth, 1), b = random_buffer(depth * n, 2),
               bias = random_buffer(n, 3);
        Buffer residual = random_buffer(m * n, 4), factor = random_buffer(m * n, 5), c[2], slope[2];
        for (size_t j = 0; j < depth * n; j++)
            b.data[j] *= 1 / sqrtf((float)depth);
        if (rounds) {
            shorten(&a, m * depth);
            shorten(&b, depth * n);
        }
        for (int side = 0; side < 2; side++) {
            const AmbitKernels *use = side ? &reference : k;
            Buffer packed;
            c[side] = random_buffer(m * n, 6);
            slope[side] = random_buffer(m * n, 7);
            AmbitMatrix matrix = matrix_of(use, b, depth, n, mode & TRANSPOSED, &packed);
            assert_int_equal(matrix.packed != NULL,
                             use->packed_bytes && // what is narrow stays in float32
                                 (n >= 32 || !use->context.unit));
            ambit_linear(use, c[side].data, a.data, &matrix, m,
                         &(AmbitEpilogue){mode & BIAS ? bias.data : NULL,
                                          mode & RESIDUAL ? residual.data : NULL,
                                          mode & FACTOR ? factor.data : NULL,
                                          mode & GELU   ? AMBIT_GELU
                                          : mode & RELU ? AMBIT_RELU
                                                        : AMBIT_NO_ACTIVATION,
                                          mode & SLOPE ? slope[side].data : NULL});
            ambit_free(packed.memory);
        }
        compare(c[0], c[1], tolerance, "linear");
        compare(slope[0], slope[1], 2 * tolerance, "linear's slope");
        Buffer inputs[] = {a, b, bias, residual, factor};
        for (size_t j = 0; j < sizeof inputs / sizeof *inputs; j++)
            ambit_free(inputs[j].memory);
    }
}

static void every_level(void **state)
{
    (void)state;
    for (const char *const *level = ambit_kernels_levels() + 1; *level; level++) {
        AmbitKernels kernels;
        assert_int_equal(ambit_kernels_select(&kernels, *level, NULL), AMBIT_OK);
        print_message("level %s\n", *level);
        for (int run = 0; run < 2; run++) {
            misaligned = run == 1;
            check_matmul(&kernels, false, kernels.context.split ? 4e-5 : 1e-5);
            check_linear(&kernels, false, kernels.context.split ? 1e-4 : 2e-5);
        }
    }
}

/* A row of a product has the same bits in any company, so that shards and batches of any size do.
 */
static void rows_of_products(void **state)
{
    (void)state;
    enum { M = 37, N = 75, K = 300 };
    for (const char *const *level = ambit_kernels_levels(); *level; level++) {
        AmbitKernels kernels;
        assert_int_equal(ambit_kernels_select(&kernels, *level, NULL), AMBIT_OK);
        if (!kernels.packed_bytes)
            continue; // OpenBLAS promises less
        Buffer a = random_buffer(M * K, 1), b = random_buffer(K * N, 2), packed,
               all = random_buffer(M * N, 3), some = random_buffer(M * N, 4);
        AmbitMatrix matrix = matrix_of(&kernels, b, K, N, false, &packed);
        for (int way = 0; way < 2; way++)
            for (size_t rows = 1; rows < M; rows += 5) {
                for (size_t row = 0, n; row < M; row += n) {
                    n = M - row < rows ? M - row : rows;
                    if (way == 0)
                        ambit_linear(&kernels, some.data + row * N, a.data + row * K, &matrix, n,
                                     &(AmbitEpilogue){0});
                    else
                        kernels.matmul(&kernels.context, some.data + row * N, a.data + row * K,
                                       b.data, n, N, K, false, false, false);
                }
                if (rows == 1)
                    memcpy(all.data, some.data, M * N * sizeof(float));
                assert_memory_equal(all.data, some.data, M * N * sizeof(float));
            }
        Buffer buffers[] = {a, b, packed, all, some};
        for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
            ambit_free(buffers[i].memory);
    }
}

/* ‖got − expected‖ / ‖expected‖ of a product. */
static double product_error(const AmbitKernels *kernels)
{
    enum { SIDE = 64 };
    Buffer a = random_buffer(SIDE * SIDE, 1), b = random_buffer(SIDE * SIDE, 2);
    Buffer got = random_buffer(SIDE * SIDE, 3), expected = random_buffer(SIDE * SIDE, 3);
    double square = 0.0, difference = 0.0;
    kernels->matmul(&kernels->context, got.data, a.data, b.data, SIDE, SIDE, SIDE, false, false,
                    false);
    reference.matmul(&reference.context, expected.data, a.data, b.data, SIDE, SIDE, SIDE, false,
                     false, false);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        square += pow(expected.data[i], 2);
        difference += pow(got.data[i] - expected.data[i], 2);
    }
    ambit_free(a.memory);
    ambit_free(b.memory);
    ambit_free(got.memory);
    ambit_free(expected.memory);
    return sqrt(difference / square);
}

/* The level that rounds operands is chosen by its name alone, never by auto. */
static void rounded_operands(void **state)
{
    (void)state;
    AmbitKernels kernels;
    AmbitError error;
    assert_int_equal(ambit_kernels_select(&kernels, "auto", NULL), AMBIT_OK);
    assert_null(strstr(kernels.name, "bfloat16"));
    if (ambit_kernels_select(&kernels, "bfloat16", &error)) {
        assert_non_null(strstr(error.message, "found 'bfloat16'; this machine runs reference"));
        skip();
    }
    assert_int_equal(strncmp(kernels.name, "bfloat16 (", 10), 0);
    for (int run = 0; run < 2; run++) {
        misaligned = run == 1;
        check_matmul(&kernels, true, 1e-5);
        check_linear(&kernels, true, 2e-5);
    }
    double relative = product_error(&kernels); // by 2^-9 at most, 2^-9/√3 typically
    assert_true(relative > 1e-4 && relative < 4e-3);
}

/* Split operands lose 2^-17 at most; auto takes them where AMX makes them fast. */
static void split_operands(void **state)
{
    (void)state;
    AmbitKernels kernels, best;
    if (ambit_kernels_select(&kernels, "split", NULL))
        skip();
    double relative = product_error(&kernels);
    assert_true(relative > 2e-7 && relative < 8e-6);
    assert_int_equal(ambit_kernels_select(&best, "auto", NULL), AMBIT_OK);
    assert_string_equal(best.name, strstr(kernels.name, "(AMX)") ? kernels.name : "avx512");
    print_message("split: %s, error %.1e\n", kernels.name, relative);
}

/* GSL brings a cblas of its own that must not shadow the fast one. */
static void products_are_openblas(void **state)
{
    (void)state;
    Dl_info where;
    assert_true(dladdr((void *)(uintptr_t)cblas_sgemm, &where));
    assert_non_null(strstr(where.dli_fname, "openblas"));
}

/* With a word, `auto` must take split on that unit, or the test is skipped: its emulation needs
 * AVX512_BF16. */
int main(int argc, char **argv)
{
    AmbitKernels best;
    if (argc > 1 && ambit_kernels_select(&best, "split", NULL))
        return 77;
    if (argc > 1 && (ambit_kernels_select(&best, "auto", NULL) || !strstr(best.name, argv[1]))) {
        fprintf(stderr, "auto takes %s, not %s\n", best.name, argv[1]);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_level), cmocka_unit_test(rows_of_products),
        cmocka_unit_test(rounded_operands), cmocka_unit_test(split_operands),
        cmocka_unit_test(products_are_openblas)};
    if (ambit_kernels_select(&reference, "reference", NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
