// SPDX-License-Identifier: MIT
// Compares every kernel of every level that this CPU runs with the reference, over edge sizes, in
// aligned and in misaligned buffers. Guards surround everything that a kernel writes.
#include "guarded.h"

#include "ambit/kernels.h"
#include "ambit/memory.h"
#include "ambit/peak.h"

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

static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 13, 16, 17, 20, 31, 32, 33, 64, 96};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

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

static void check_elements(const AmbitKernels *k)
{
    for (size_t s = 0; s < N_SIZES; s++) {
        size_t n = sizes[s];
        Buffer x = random_buffer(n, 1), out[2], slope[2], part[2];
        for (size_t i = 0; i < n; i++)
            x.data[i] *= i % 3 == 0 ? 20 : 2;
        for (int side = 0; side < 2; side++) {
            const AmbitKernels *use = side ? &reference : k;
            out[side] = random_buffer(n, 2);
            slope[side] = random_buffer(n, 3);
            part[side] = random_buffer(n, 4);
            use->gelu(&use->context, out[side].data, slope[side].data, x.data, n);
            use->multiply(&use->context, slope[side].data, out[side].data, n);
            use->relu(&use->context, out[side].data, part[side].data, x.data, n);
            use->add(&use->context, slope[side].data, x.data, n);
        }
        compare(out[0], out[1], 0, "relu");
        compare(part[0], part[1], 0, "relu slope");
        compare(slope[0], slope[1], 1e-5, "gelu and its slope, multiply, add");
        ambit_free(x.memory);
    }
}

/* The numbers of all levels are the same, and so is a part of an array alone. */
static void check_dropout(const AmbitKernels *k)
{
    const AmbitDropout dropout = {{3, 5, AMBIT_TRAINING}, 7, 11, 6554};
    for (size_t s = 0; s < N_SIZES; s++) {
        size_t n = 7 * sizes[s];
        Buffer x = random_buffer(n, 1), out[2], slope[2], ones[2];
        for (int side = 0; side < 2; side++) {
            const AmbitKernels *use = side ? &reference : k;
            out[side] = random_buffer(n, 2);
            slope[side] = random_buffer(n, 3);
            ones[side] = random_buffer(n, 4);
            use->dropout(&use->context, out[side].data, slope[side].data, x.data, n, &dropout);
            use->dropout(&use->context, ones[side].data, NULL, NULL, n / 2 + 1, &dropout);
        }
        for (size_t i = 0; i < n / 2 + 1; i++)
            assert_true(out[0].data[i] == ones[0].data[i] * x.data[i]);
        compare(out[0], out[1], 0, "dropout");
        compare(slope[0], slope[1], 0, "dropout slope");
        compare(ones[0], ones[1], 0, "dropout of ones");
        ambit_free(x.memory);
    }
}

static void check_rows(const AmbitKernels *k)
{
    for (size_t s = 0; s < N_SIZES * N_SIZES; s++) {
        size_t rows = sizes[s / N_SIZES], width = sizes[s % N_SIZES], n = rows * width;
        Buffer x = random_buffer(n, 1), gain = random_buffer(width, 2),
               bias = random_buffer(width, 3);
        Buffer dout = random_buffer(n, 4), out[2], mean[2], rstd[2], dx[2], dgain[2], dbias[2],
               sum[2];
        for (int side = 0; side < 2; side++) {
            const AmbitKernels *use = side ? &reference : k;
            out[side] = random_buffer(n, 5);
            dx[side] = random_buffer(n, 6);
            mean[side] = random_buffer(rows, 7);
            rstd[side] = random_buffer(rows, 8);
            dgain[side] = random_buffer(width, 9);
            dbias[side] = random_buffer(width, 10);
            sum[side] = random_buffer(width, 11);
            use->layer_norm_forward(&use->context, out[side].data, mean[side].data, rstd[side].data,
                                    x.data, gain.data, bias.data, rows, width);
            use->layer_norm_backward(&use->context, dx[side].data, dgain[side].data,
                                     dbias[side].data, dout.data, x.data, mean[side].data,
                                     rstd[side].data, gain.data, rows, width);
            use->add_bias(&use->context, out[side].data, out[side].data, bias.data, rows, width);
            use->sum_rows(&use->context, sum[side].data, dout.data, rows, width);
        }
        // The gradient's terms cancel: ε^½ of the scale rstd where a row is nearly constant.
        double scale = width < 3 ? 1e-2 : 1e-4;
        compare(out[0], out[1], scale, "layer norm, bias");
        compare(dx[0], dx[1], scale, "layer norm dx");
        compare(mean[0], mean[1], 1e-5, "mean");
        compare(rstd[0], rstd[1], scale, "rstd");
        compare(dgain[0], dgain[1], scale, "dgain");
        compare(dbias[0], dbias[1], 1e-4, "dbias");
        compare(sum[0], sum[1], 1e-4, "sum of rows");
        ambit_free(x.memory);
        ambit_free(gain.memory);
        ambit_free(bias.memory);
        ambit_free(dout.memory);
    }
}

static void check_adam(const AmbitKernels *k)
{
    AmbitAdam adam = {3e-4, 0.9, 0.999, 1e-8, 0.1, 0.001, 0.5};
    for (size_t s = 0; s < N_SIZES; s++) {
        size_t n = sizes[s];
        Buffer gradient = random_buffer(n, 4), part[2][3];
        for (int side = 0; side < 2; side++) {
            for (uint32_t i = 0; i < 3; i++)
                part[side][i] = random_buffer(n, i);
            for (size_t i = 0; i < n; i++)
                part[side][2].data[i] *= part[side][2].data[i];
            const AmbitKernels *use = side ? &reference : k;
            use->adam(&use->context, part[side][0].data, part[side][1].data, part[side][2].data,
                      gradient.data, n, &adam);
        }
        for (uint32_t i = 0; i < 3; i++)
            compare(part[0][i], part[1][i], 1e-6, "adam");
        ambit_free(gradient.memory);
    }
}

enum { SEQUENCES = 3 };

/* Sequences of different lengths: a prefix of `prefix` rows, less one in each later sequence, and
 * query rows that see ever longer parts of it. */
static void check_attention_of(const AmbitKernels *k, size_t prefix, size_t queries, size_t heads,
                               size_t size, const AmbitDropout *dropout)
{
    size_t offset[SEQUENCES + 1] = {0}, prefixes[SEQUENCES], seen[SEQUENCES * 128];
    size_t width = heads * size;
    for (size_t b = 0; b < SEQUENCES; b++) {
        prefixes[b] = prefix > b ? prefix - b : 1;
        offset[b + 1] = offset[b] + prefixes[b] + queries;
        for (size_t q = 0; q < queries; q++)
            seen[offset[b] + prefixes[b] + q] = q * prefixes[b] / (queries > 1 ? queries - 1 : 1);
    }
    AmbitAttention shape = {.n_sequences = SEQUENCES,
                            .offset = offset,
                            .prefix = prefixes,
                            .seen = queries ? seen : NULL,
                            .longest = prefix + queries,
                            .n_heads = heads,
                            .width = width,
                            .dropout = dropout};
    size_t rows = offset[SEQUENCES], n = rows * width;
    Buffer qkv = random_buffer(3 * n, 1), dout = random_buffer(n, 2), out[2], log_sum[2], dqkv[2];
    for (int side = 0; side < 2; side++) {
        const AmbitKernels *use = side ? &reference : k;
        Buffer scratch = random_buffer(ambit_attention_scratch(&shape), 6);
        out[side] = random_buffer(n, 3);
        log_sum[side] = random_buffer(heads * rows, 4);
        dqkv[side] = random_buffer(3 * n, 5);
        use->attention_forward(&use->context, out[side].data, log_sum[side].data, qkv.data, &shape,
                               scratch.data);
        use->attention_backward(&use->context, dqkv[side].data, dout.data, out[side].data, qkv.data,
                                log_sum[side].data, &shape, scratch.data);
        check_guards(scratch);
        ambit_free(scratch.memory);
    }
    compare(out[0], out[1], 1e-5, "attention");
    compare(log_sum[0], log_sum[1], 1e-5, "attention log sum");
    compare(dqkv[0], dqkv[1], 1e-4, "attention gradient");
    ambit_free(qkv.memory);
    ambit_free(dout.memory);
}

static void check_attention(const AmbitKernels *k)
{
    static const size_t prefixes[] = {1, 2, 3, 5, 16, 22, 33, 82};
    const AmbitDropout some = {{3, 5, AMBIT_TRAINING}, 7, 11, 20000};
    static const size_t head_sizes[] = {1, 4, 16, 20, 32, 64};
    for (size_t t = 0; t < sizeof prefixes / sizeof *prefixes; t++)
        for (size_t h = 0; h < sizeof head_sizes / sizeof *head_sizes; h++)
            for (size_t queries = 0; queries < 12; queries += 5)
                check_attention_of(k, prefixes[t], queries, 1 + h % 3, head_sizes[h],
                                   t % 2 ? NULL : &some);
}

static void every_level(void **state)
{
    (void)state;
    for (const char *const *level = ambit_kernels_levels() + 1; *level; level++) {
        AmbitKernels kernels;
        assert_int_equal(ambit_kernels_select(&kernels, *level, NULL), AMBIT_OK);
        size_t length = strlen(*level); // then nothing, or the unit in brackets
        assert_memory_equal(kernels.name, *level, length);
        assert_true(kernels.name[length] == 0 || strncmp(kernels.name + length, " (", 2) == 0);
        print_message("level %s\n", *level);
        for (int run = 0; run < 2; run++) {
            misaligned = run == 1;
            check_matmul(&kernels, false, kernels.context.split ? 4e-5 : 1e-5);
            check_linear(&kernels, false, kernels.context.split ? 1e-4 : 2e-5);
            check_elements(&kernels);
            check_dropout(&kernels);
            check_rows(&kernels);
            check_adam(&kernels);
            check_attention(&kernels);
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

/* Of n elements, n·p are dropped, and neighbours, places, sequences and steps are independent: the
 * counts lie within 5 standard deviations, so that the test fails by chance in 1 of 10^5 cases. */
static void share_of_dropped(void **state)
{
    (void)state;
    enum { N = 1 << 16, VARIANTS = 4 };
    const double p = 6554 / 65536.0, bound = 5 * sqrt(N);
    AmbitDropout dropout[VARIANTS] = {{{3, 5, AMBIT_TRAINING}, 7, 11, 6554}};
    for (size_t v = 1; v < VARIANTS; v++)
        dropout[v] = dropout[0];
    dropout[1].key.step++;
    dropout[2].sequence++;
    dropout[3].place++;
    Buffer factor[VARIANTS];
    for (size_t v = 0; v < VARIANTS; v++) {
        factor[v] = random_buffer(N, 1);
        reference.dropout(&reference.context, factor[v].data, NULL, NULL, N, &dropout[v]);
    }
    for (size_t v = 0; v < VARIANTS; v++) {
        double dropped = 0, neighbours = 0, others = 0;
        for (size_t i = 0; i < N; i++) {
            bool is = factor[v].data[i] == 0;
            assert_true(is || factor[v].data[i] == (float)(65536.0 / (65536 - 6554)));
            dropped += is;
            neighbours += is && factor[v].data[(i + 1) % N] == 0;
            others += is && factor[(v + 1) % VARIANTS].data[i] == 0;
        }
        assert_true(fabs(dropped - N * p) < bound * sqrt(p * (1 - p)));
        assert_true(fabs(neighbours - N * p * p) < bound * p);
        assert_true(fabs(others - N * p * p) < bound * p);
    }
    for (size_t v = 0; v < VARIANTS; v++)
        ambit_free(factor[v].memory);
}

/* GSL brings a cblas of its own that must not shadow the fast one. */
static void products_are_openblas(void **state)
{
    (void)state;
    Dl_info where;
    assert_true(dladdr((void *)(uintptr_t)cblas_sgemm, &where));
    assert_non_null(strstr(where.dli_fname, "openblas"));
}

static void unknown_level(void **state)
{
    (void)state;
    AmbitKernels kernels;
    AmbitError error;
    assert_int_equal(ambit_kernels_select(&kernels, "sse9", &error), AMBIT_INVALID);
    assert_non_null(strstr(error.message, "found 'sse9'; this machine runs reference, openblas"));
}

/* Peaks count their FLOP; those of bfloat16 come with a unit. */
static void peaks(void **state)
{
    (void)state;
    AmbitKernels kernels;
    AmbitPeak peak;
    AmbitError error;
    for (const char *const *level = ambit_kernels_levels(); *level; level++) {
        assert_int_equal(ambit_kernels_select(&kernels, *level, NULL), AMBIT_OK);
        assert_int_equal(ambit_kernels_peak(&peak, *level, NULL), AMBIT_OK);
        assert_true(peak.float32(1) > 0 && peak.float32(3) == 3 * peak.float32(1));
        assert_int_equal(peak.bfloat16 != NULL, kernels.context.unit != NULL);
        assert_int_equal(peak.n_products, peak.bfloat16 ? 3 : 0); // split is the one that is listed
        assert_true(!peak.bfloat16 || peak.bfloat16(3) == 3 * peak.bfloat16(1));
    }
    assert_int_equal(ambit_kernels_peak(&peak, "sse9", &error), AMBIT_INVALID);
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
        cmocka_unit_test(every_level),      cmocka_unit_test(rows_of_products),
        cmocka_unit_test(rounded_operands), cmocka_unit_test(split_operands),
        cmocka_unit_test(share_of_dropped), cmocka_unit_test(products_are_openblas),
        cmocka_unit_test(unknown_level),    cmocka_unit_test(peaks)};
    if (ambit_kernels_select(&reference, "reference", NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
