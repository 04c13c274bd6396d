// SPDX-License-Identifier: MIT
// Causal attention, one head of one sequence at a time. The head is copied into padded buffers
// (keys and values also transposed), then every product is made of blocks of ROWS rows by one or
// two vectors. Blocks above the diagonal are never computed. Branch tokens see a prefix of the
// trunk, and themselves apart from it.
#include "vector.h"

#include <math.h>

enum { ROWS = 4 };

/* Padded buffers of one head in scratch. t: tokens up to a multiple of the padding, h: head size
 * likewise.
 */
typedef struct Head {
    size_t tokens, trunk, size; // as they are
    size_t t, h;                // padded
    const size_t *seen;
    float scale;
    float *q, *k, *v, *dout; // [t][h]; q is scaled
    float *k_t, *v_t;        // [h][t]
    float *dq, *dk, *dv;     // [t][h]
    float *p, *ds;           // [t][t]
    float *self_p, *self_ds; // [t] of branch tokens
} Head;

static size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

static Head head_open(const AmbitAttention *shape, float *scratch)
{
    Head head = {.tokens = shape->n_tokens,
                 .trunk = shape->n_trunk,
                 .size = shape->width / shape->n_heads,
                 .seen = shape->seen};
    head.t = round_up(head.tokens, AMBIT_VECTOR_PADDING);
    head.h = round_up(head.size, AMBIT_VECTOR_PADDING);
    head.scale = 1.0f / sqrtf((float)head.size);
    float **buffers[] = {&head.q,   &head.k,  &head.v,  &head.dout, &head.k_t,
                         &head.v_t, &head.dq, &head.dk, &head.dv};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++, scratch += head.t * head.h)
        *buffers[i] = scratch;
    head.p = scratch;
    head.ds = head.p + head.t * head.t;
    head.self_p = head.ds + head.t * head.t;
    head.self_ds = head.self_p + head.t;
    return head;
}

/* to [t][h] = scale · from (rows `stride` apart), padding 0. */
static void copy_in(const Head *head, float *to, const float *from, size_t stride, float scale)
{
    for (size_t t = 0; t < head->t; t++, to += head->h) {
        size_t n = t < head->tokens ? head->size : 0;
        for (size_t j = 0; j < n; j++)
            to[j] = from[t * stride + j] * scale;
        memset(to + n, 0, (head->h - n) * sizeof *to);
    }
}

typedef float Four __attribute__((vector_size(16)));

static inline Four load_four(const float *from)
{
    Four v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* to [h][t] = transposed x [t][h], in blocks of 4 × 4: pairs of rows are interleaved twice. */
static void transpose(const Head *head, float *to, const float *x)
{
    for (size_t t = 0; t < head->t; t += 4) {
        for (size_t j = 0; j < head->h; j += 4) {
            const float *from = x + t * head->h + j;
            Four a = load_four(from), b = load_four(from + head->h);
            Four c = load_four(from + 2 * head->h), d = load_four(from + 3 * head->h);
            Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
                 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            Four AB = __builtin_shufflevector(a, b, 2, 6, 3, 7),
                 CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            Four rows[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5),
                            __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                            __builtin_shufflevector(AB, CD, 0, 1, 4, 5),
                            __builtin_shufflevector(AB, CD, 2, 3, 6, 7)};
            for (size_t r = 0; r < 4; r++)
                memcpy(to + (j + r) * head->t + t, &rows[r], sizeof rows[r]);
        }
    }
}

/* Trunk keys that token t sees; for trunk tokens, itself included. */
static size_t n_visible(const Head *head, size_t t)
{
    return t < head->trunk ? t + 1 : head->seen[t - head->trunk];
}

static size_t widest_of_block(const Head *head, size_t first)
{
    size_t widest = 0;
    for (size_t t = first; t < first + ROWS && t < head->tokens; t++)
        widest = n_visible(head, t) > widest ? n_visible(head, t) : widest;
    return widest;
}

/* A strided operand: element (row, i) at data[row·row_step + i·step]. */
typedef struct Operand {
    const float *data;
    size_t row_step, step;
} Operand;

/* c [ROWS][n·W] = Σ_{first ≤ i < last} a(row, i) · b[i][·]; n is 1 or 2, a constant. */
static inline __attribute__((always_inline)) void block(float *c, size_t c_stride, Operand a,
                                                        const float *b, size_t b_stride,
                                                        size_t first, size_t last, const size_t n)
{
    Vector sum[ROWS][2] = {0};
    for (size_t i = first; i < last; i++) {
        Vector b0 = load(b + i * b_stride);
        Vector b1 = n == 2 ? load(b + i * b_stride + W) : b0;
        for (size_t r = 0; r < ROWS; r++) {
            Vector factor = splat(a.data[r * a.row_step + i * a.step]);
            sum[r][0] += factor * b0;
            if (n == 2)
                sum[r][1] += factor * b1;
        }
    }
    for (size_t r = 0; r < ROWS; r++)
        for (size_t j = 0; j < n; j++)
            store(c + r * c_stride + j * W, sum[r][j]);
}

/* The same over n_columns columns, a multiple of W. */
static void columns(float *c, size_t c_stride, size_t n_columns, Operand a, const float *b,
                    size_t b_stride, size_t first, size_t last)
{
    size_t j = 0;
    for (; j + 2 * W <= n_columns; j += 2 * W)
        block(c + j, c_stride, a, b + j, b_stride, first, last, 2);
    if (j < n_columns)
        block(c + j, c_stride, a, b + j, b_stride, first, last, 1);
}

static float dot(const float *a, const float *b, size_t n)
{
    Vector sum = {0};
    size_t j = 0;
    for (; j + W <= n; j += W)
        sum += load(a + j) * load(b + j);
    if (j < n)
        sum += load_some(a + j, n - j) * load_some(b + j, n - j);
    return sum_vector(sum);
}

static void add_scaled(float *out, float scale, const float *x, size_t n)
{
    for (size_t j = 0; j < n; j++)
        out[j] += scale * x[j];
}

/* Scores of ROWS tokens against the trunk keys that any of them sees, −∞ where a row does not.
 * Returns the number of columns computed. */
static size_t score_block(const Head *head, float *score, size_t first)
{
    size_t n_columns = round_up(widest_of_block(head, first), W);
    columns(score, head->t, n_columns, (Operand){head->q + first * head->h, head->h, 1}, head->k_t,
            head->t, 0, head->size);
    for (size_t r = 0; r < ROWS && first + r < head->tokens; r++)
        for (size_t i = n_visible(head, first + r); i < n_columns; i++)
            score[r * head->t + i] = -INFINITY;
    return n_columns;
}

/* exp(score − largest) in place of a row of scores; returns their sum. */
static float exponentials(float *score, size_t n_columns, float largest)
{
    Vector sum = {0};
    for (size_t i = 0; i < n_columns; i += W) {
        Vector e = exp_vector(load(score + i) - splat(largest));
        store(score + i, e);
        sum += e;
    }
    return sum_vector(sum);
}

static float largest_score(const float *score, size_t n_columns, float largest)
{
    Vector most = splat(largest);
    for (size_t i = 0; i < n_columns; i += W)
        most = max_vector(load(score + i), most);
    return largest_of(most);
}

static void forward_block(const Head *head, float *out, float *log_sum, size_t width, size_t first)
{
    size_t n_columns = score_block(head, head->p, first);
    float self[ROWS] = {0}, sum[ROWS] = {0};
    for (size_t r = 0; r < ROWS && first + r < head->tokens; r++) {
        size_t t = first + r;
        float *score = head->p + r * head->t;
        float own = t < head->trunk ? -INFINITY
                                    : dot(head->q + t * head->h, head->k + t * head->h, head->h);
        float largest = largest_score(score, n_columns, own);
        self[r] = own == -INFINITY ? 0 : expf(own - largest);
        sum[r] = exponentials(score, n_columns, largest) + self[r];
        log_sum[t] = largest + logf(sum[r]);
    }
    columns(head->dq, head->h, head->h, (Operand){head->p, head->t, 1}, head->v, head->h, 0,
            widest_of_block(head, first));
    for (size_t r = 0; r < ROWS && first + r < head->tokens; r++) {
        const float *mixed = head->dq + r * head->h, *own = head->v + (first + r) * head->h;
        for (size_t j = 0; j < head->size; j++)
            out[(first + r) * width + j] = (mixed[j] + self[r] * own[j]) / sum[r];
    }
}

void AMBIT_LEVELED(ambit_vector_attention_forward)(float *out, float *log_sum, const float *qkv,
                                                   const AmbitAttention *shape, float *scratch)
{
    size_t width = shape->width;
    Head head = head_open(shape, scratch);
    for (size_t b = 0; b < shape->n_sequences; b++) {
        for (size_t h = 0; h < shape->n_heads; h++) {
            const float *q = qkv + b * head.tokens * 3 * width + h * head.size;
            copy_in(&head, head.q, q, 3 * width, head.scale);
            copy_in(&head, head.k, q + width, 3 * width, 1);
            copy_in(&head, head.v, q + 2 * width, 3 * width, 1);
            transpose(&head, head.k_t, head.k);
            for (size_t t = 0; t < head.tokens; t += ROWS)
                forward_block(&head, out + b * head.tokens * width + h * head.size,
                              log_sum + (b * shape->n_heads + h) * head.tokens, width, t);
        }
    }
}

/* p and ds of ROWS tokens: P = exp(S − log_sum), dS = P·(dout·Vᵀ − dout·out). Branch rows are zero
 * beyond what they see, up to the whole width, since every trunk key sums over them. */
static void weights_block(const Head *head, const float *out, const float *log_sum, size_t width,
                          size_t first)
{
    float *p = head->p + first * head->t, *ds = head->ds + first * head->t;
    size_t n_columns = score_block(head, p, first);
    columns(ds, head->t, n_columns, (Operand){head->dout + first * head->h, head->h, 1}, head->v_t,
            head->t, 0, head->size);
    for (size_t t = first; t < first + ROWS && t < head->tokens; t++, p += head->t, ds += head->t) {
        const float *dout = head->dout + t * head->h;
        float inner = dot(dout, out + t * width, head->size);
        exponentials(p, n_columns, log_sum[t]);
        for (size_t i = 0; i < n_columns; i++)
            ds[i] = p[i] * (ds[i] - inner);
        if (t >= head->trunk) {
            const float *k = head->k + t * head->h, *v = head->v + t * head->h;
            memset(p + n_columns, 0, (head->t - n_columns) * sizeof *p);
            memset(ds + n_columns, 0, (head->t - n_columns) * sizeof *ds);
            head->self_p[t] = expf(dot(head->q + t * head->h, k, head->h) - log_sum[t]);
            head->self_ds[t] = head->self_p[t] * (dot(dout, v, head->h) - inner);
        }
    }
}

/* dq = dS·K·scale, dk = dSᵀ·Q·scale, dv = Pᵀ·dout, then what branch tokens owe to themselves. */
static void backward_products(const Head *head)
{
    size_t t_pad = head->t, h = head->h;
    for (size_t t = 0; t < head->tokens; t += ROWS)
        columns(head->dq + t * h, h, h, (Operand){head->ds + t * t_pad, t_pad, 1}, head->k, h, 0,
                widest_of_block(head, t));
    for (size_t s = 0; s < head->trunk; s += ROWS) {
        columns(head->dk + s * h, h, h, (Operand){head->ds + s, 1, t_pad}, head->q, h, s,
                head->tokens);
        columns(head->dv + s * h, h, h, (Operand){head->p + s, 1, t_pad}, head->dout, h, s,
                head->tokens);
    }
    for (size_t t = head->trunk; t < head->tokens; t++) {
        memset(head->dk + t * h, 0, h * sizeof *head->dk);
        memset(head->dv + t * h, 0, h * sizeof *head->dv);
        add_scaled(head->dq + t * h, head->self_ds[t], head->k + t * h, h);
        add_scaled(head->dk + t * h, head->self_ds[t], head->q + t * h, h);
        add_scaled(head->dv + t * h, head->self_p[t], head->dout + t * h, h);
    }
}

static void copy_out(const Head *head, float *dqkv, size_t width)
{
    for (size_t t = 0; t < head->tokens; t++, dqkv += 3 * width) {
        for (size_t j = 0; j < head->size; j++)
            dqkv[j] = head->dq[t * head->h + j] * head->scale;
        memcpy(dqkv + width, head->dk + t * head->h, head->size * sizeof *dqkv);
        memcpy(dqkv + 2 * width, head->dv + t * head->h, head->size * sizeof *dqkv);
    }
}

void AMBIT_LEVELED(ambit_vector_attention_backward)(float *dqkv, const float *dout,
                                                    const float *out, const float *qkv,
                                                    const float *log_sum,
                                                    const AmbitAttention *shape, float *scratch)
{
    size_t width = shape->width;
    Head head = head_open(shape, scratch);
    for (size_t b = 0; b < shape->n_sequences; b++) {
        for (size_t h = 0; h < shape->n_heads; h++) {
            size_t at = b * head.tokens * width + h * head.size;
            const float *q = qkv + b * head.tokens * 3 * width + h * head.size;
            copy_in(&head, head.q, q, 3 * width, head.scale);
            copy_in(&head, head.k, q + width, 3 * width, 1);
            copy_in(&head, head.v, q + 2 * width, 3 * width, 1);
            copy_in(&head, head.dout, dout + at, width, 1);
            transpose(&head, head.k_t, head.k);
            transpose(&head, head.v_t, head.v);
            for (size_t t = 0; t < head.tokens; t += ROWS)
                weights_block(&head, out + at, log_sum + (b * shape->n_heads + h) * head.tokens,
                              width, t);
            backward_products(&head);
            copy_out(&head, dqkv + b * head.tokens * 3 * width + h * head.size, width);
        }
    }
}
