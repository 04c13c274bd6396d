// SPDX-License-Identifier: MIT
// Compares every kernel but products (test_products.c) of every level that this CPU runs with the
// reference, over edge sizes, in aligned and in misaligned buffers. Guards surround everything that
// a kernel writes.
#include "guarded.h"

#include "ambit/kernels.h"
#include "ambit/memory.h"
#include "ambit/peak.h"

#include <string.h>

static AmbitKernels reference;
static bool misaligned; // buffers, by a few floats

static Buffer random_buffer(size_t n, uint32_t index)
{
    return buffer_of(n, index, misaligned);
}

static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 13, 16, 17, 20, 31, 32, 33, 64, 96};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

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

/* Where exponentials over- and underflow, GELU is 0 or the identity; NaN stays NaN. */
static void check_gelu_limits(const AmbitKernels *k)
{
    const AmbitReal x[] = {-1e4f, -88, -30, 0, 30, 88, 1e4f, NAN};
    enum { N = sizeof x / sizeof *x };
    AmbitReal out[N], slope[N];
    k->gelu(&k->context, out, slope, x, N);
    for (size_t i = 0; i + 1 < N; i++) {
        const AmbitReal value = x[i] > 0 ? x[i] : 0, step = x[i] > 0 ? 1 : x[i] < 0 ? 0 : 0.5f;
        if (!(fabs((double)out[i] - (double)value) <= 1e-6 * fabs((double)x[i])) ||
            !(fabs((double)slope[i] - (double)step) <= 1e-6))
            fail_msg("gelu of %g: %g, slope %g", (double)x[i], (double)out[i], (double)slope[i]);
    }
    assert_true(isnan(out[N - 1]) && isnan(slope[N - 1]));
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

/* Scores thousands apart: a row that asks for large keys gets the value of its own, the largest it
 * sees, and others get the first. A key that is NaN makes all rows NaN that see it, and no other.
 */
static void check_attention_limits(const AmbitKernels *k)
{
    enum { ROWS = 20, NAN_ROW = 7, SCRATCH = 8192 };
    static AmbitReal scratch[SCRATCH];
    const size_t offset[] = {0, ROWS}, prefix[] = {ROWS};
    const AmbitAttention shape = {1, offset, prefix, NULL, ROWS, 1, 1, NULL};
    AmbitReal qkv[3 * ROWS], out[ROWS], log_sum[ROWS];
    assert_true(ambit_attention_scratch(&shape) <= SCRATCH);
    for (size_t t = 0; t < ROWS; t++) {
        qkv[3 * t] = t % 3 == 0 ? -1000.0f : 1000.0f;
        qkv[3 * t + 1] = (AmbitReal)t;
        qkv[3 * t + 2] = (AmbitReal)(t * t);
    }
    k->attention_forward(&k->context, out, log_sum, qkv, &shape, scratch);
    for (size_t t = 0; t < ROWS; t++) {
        double row = t % 3 == 0 ? 0 : (double)t, logarithm = 1000 * row;
        if (!(fabs((double)out[t] - row * row) <= 1e-6 * row * row) ||
            !(fabs((double)log_sum[t] - logarithm) <= 1e-6 * logarithm))
            fail_msg("row %zu: %g, log sum %g", t, (double)out[t], (double)log_sum[t]);
    }
    qkv[3 * NAN_ROW + 1] = NAN;
    k->attention_forward(&k->context, out, log_sum, qkv, &shape, scratch);
    for (size_t t = 0; t < ROWS; t++)
        if (isnan(out[t]) != (t >= NAN_ROW) || isnan(log_sum[t]) != (t >= NAN_ROW))
            fail_msg("row %zu: %g, log sum %g", t, (double)out[t], (double)log_sum[t]);
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
            check_elements(&kernels);
            check_gelu_limits(&kernels);
            check_dropout(&kernels);
            check_rows(&kernels);
            check_adam(&kernels);
            check_attention(&kernels);
            check_attention_limits(&kernels);
        }
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_level),
                                       cmocka_unit_test(share_of_dropped),
                                       cmocka_unit_test(unknown_level), cmocka_unit_test(peaks)};
    if (ambit_kernels_select(&reference, "reference", NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
