// SPDX-License-Identifier: MIT
// Causal attention, one head of one sequence at a time. The heads of a sequence are copied into
// padded buffers (queries and output gradients of the one at work also transposed). Scores lie
// [key][query], vectors across queries, so that a softmax needs no sums within a vector; what no
// query of a vector sees is not computed. Branch tokens see a prefix of the trunk, and themselves
// apart from it.
#include "vector.h"

#include <math.h>

enum {
    ROWS = 4, // of a product, by one or two vectors
    KEYS = 8  // scored at a time, by one vector of queries
};

/* Padded buffers in scratch. t: tokens up to a multiple of the padding, h: head size likewise. */
typedef struct Head {
    size_t tokens, trunk, size, heads; // as they are
    size_t t, h;                       // padded
    const size_t *seen;
    float scale;
    float *sequence[4];                // [H][t][h] of every head: q (scaled), k, v, dout
    float *q, *k, *v, *dout;           // [t][h]: this head's part of them
    float *q_t, *dout_t;               // [h][t]
    float *p, *ds;                     // [t][t]: [key][query]
    float *self_p, *self_ds, *visible; // [t]: of branch tokens; trunk keys that a query sees
} Head;

static size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* Trunk keys that token t sees; for trunk tokens, itself included. */
static size_t n_visible(const Head *head, size_t t)
{
    return t < head->trunk ? t + 1 : head->seen[t - head->trunk];
}

/* The buffers for sequence b. */
static Head head_open(const AmbitAttention *shape, size_t b, float *scratch)
{
    size_t first = shape->offset[b];
    Head head = {.tokens = shape->offset[b + 1] - first,
                 .trunk = shape->prefix[b],
                 .size = shape->width / shape->n_heads,
                 .heads = shape->n_heads,
                 .seen = shape->seen ? shape->seen + first + shape->prefix[b] : NULL};
    head.t = round_up(head.tokens, AMBIT_VECTOR_PADDING);
    head.h = round_up(head.size, AMBIT_VECTOR_PADDING);
    head.scale = 1.0f / sqrtf((float)head.size);
    for (size_t i = 0; i < 4; i++, scratch += head.heads * head.t * head.h)
        head.sequence[i] = scratch;
    float **buffers[] = {&head.q_t, &head.dout_t};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++, scratch += head.t * head.h)
        *buffers[i] = scratch;
    head.p = scratch;
    head.ds = head.p + head.t * head.t;
    head.self_p = head.ds + head.t * head.t;
    head.self_ds = head.self_p + head.t;
    head.visible = head.self_ds + head.t;
    for (size_t t = 0; t < head.t && head.tokens > 0; t++) // padding sees what the last row does
        head.visible[t] = (float)n_visible(&head, t < head.tokens ? t : head.tokens - 1);
    return head;
}

/* Whether sequence b may use the buffers of the one before: no query rows, the same length. */
static bool is_like_previous(const AmbitAttention *shape, size_t b)
{
    return b > 0 && !shape->seen && shape->prefix[b] == shape->prefix[b - 1];
}

/* to [h] = scale · x [n], padding 0. */
static void copy_row(float *to, const float *x, size_t n, size_t padded, float scale)
{
    size_t j = 0;
    for (; j + W <= n; j += W)
        store(to + j, load(x + j) * splat(scale));
    if (j < n)
        store(to + j, load_some(x + j, n - j) * splat(scale));
    for (j = round_up(n, W); j < padded; j += W)
        store(to + j, splat(0));
}

/* The parts from `first` to before `end` of all heads, from rows that lie next to each other in
 * x [T][end − first][H][size]; q is scaled; tokens that pad are 0. */
static void copy_in(const Head *head, size_t first, size_t end, const float *x)
{
    for (size_t t = 0; t < head->t; t++)
        for (size_t part = first; part < end; part++) {
            float *to = head->sequence[part] + t * head->h;
            for (size_t h = 0; h < head->heads; h++, to += head->t * head->h) {
                copy_row(to, x, t < head->tokens ? head->size : 0, head->h,
                         part == 0 ? head->scale : 1);
                x += t < head->tokens ? head->size : 0;
            }
        }
}

static void take_head(Head *head, size_t h)
{
    size_t at = h * head->t * head->h;
    head->q = head->sequence[0] + at;
    head->k = head->sequence[1] + at;
    head->v = head->sequence[2] + at;
    head->dout = head->sequence[3] + at;
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

/* The least and the most that any of `count` tokens from `first` on sees. */
typedef struct Seen {
    size_t least, most;
} Seen;

static Seen seen_by(const Head *head, size_t first, size_t count)
{
    size_t end = first + count < head->tokens ? first + count : head->tokens;
    size_t trunk_end = end < head->trunk ? end : head->trunk;
    Seen seen = first < head->trunk ? (Seen){first + 1, trunk_end} : (Seen){head->trunk, 0};
    for (size_t t = first < head->trunk ? head->trunk : first; t < end; t++) {
        size_t branch = head->seen[t - head->trunk];
        seen.least = branch < seen.least ? branch : seen.least;
        seen.most = branch > seen.most ? branch : seen.most;
    }
    return seen;
}

static void store_up_to(float *to, Vector v, size_t n)
{
    if (n >= W)
        store(to, v);
    else
        store_some(to, v, n);
}

/* A strided operand: element (row, i) at data[row·row_step + i·step]. */
typedef struct Operand {
    const float *data;
    size_t row_step, step;
} Operand;

/* Where a product goes: `rows` of `columns` floats. */
typedef struct Place {
    float *to;
    size_t stride, rows, columns;
} Place;

/* c = scale · Σ_{first ≤ i < last} a(row, i) · b[i][·], up to ROWS rows by n vectors, n 1 or 2, a
 * constant. */
static inline __attribute__((always_inline)) void block(Place c, float scale, Operand a,
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
    for (size_t r = 0; r < ROWS; r++) {
        if (r < c.rows)
            store_up_to(c.to + r * c.stride, sum[r][0] * splat(scale), c.columns);
        if (n == 2 && r < c.rows)
            store_up_to(c.to + r * c.stride + W, sum[r][1] * splat(scale), c.columns - W);
    }
}

/* The same over any number of columns; b has whole vectors of them. Inlined, since operands that
 * pass through memory wait for the stores before them. */
static inline __attribute__((always_inline)) void
product(Place c, float scale, Operand a, const float *b, size_t b_stride, size_t first, size_t last)
{
    for (; c.columns > W; c.to += 2 * W, b += 2 * W, c.columns -= 2 * W) {
        block(c, scale, a, b, b_stride, first, last, 2);
        if (c.columns <= 2 * W)
            return;
    }
    block(c, scale, a, b, b_stride, first, last, 1);
}

static size_t rows_left(size_t first, size_t end)
{
    return end - first < ROWS ? end - first : ROWS;
}

static float dot(const float *a, const float *b, size_t n)
{
    Vector sum = {0};
    for (size_t j = 0; j < n; j += W)
        sum += load(a + j) * load(b + j);
    return sum_vector(sum);
}

/* out += scale · x. */
static void add_scaled(float *out, float scale, const float *x, size_t n)
{
    for (size_t j = 0; j < n; j++)
        out[j] += scale * x[j];
}

/* s [keys][·]: products of W tokens from t on, transposed in x_t [h][t], with the first keys of
 * y [t][h]. */
static void score(const Head *head, float *s, const float *x_t, const float *y, size_t t,
                  size_t keys)
{
    for (size_t i = 0; i < keys; i += KEYS, y += KEYS * head->h) {
        Vector sum[KEYS] = {0};
        for (size_t j = 0; j < head->size; j++) {
            Vector x = load(x_t + j * head->t + t);
            for (size_t r = 0; r < KEYS; r++)
                sum[r] += splat(y[r * head->h + j]) * x;
        }
        for (size_t r = 0; r < KEYS; r++)
            store(s + (i + r) * head->t + t, sum[r]);
    }
}

/* Scores of W queries from t on against the keys that any of them sees, −∞ where one does not. */
static void score_queries(const Head *head, size_t t, Seen seen)
{
    score(head, head->p, head->q_t, head->k, t, seen.most);
    Vector visible = load(head->visible + t);
    for (size_t s = seen.least; s < seen.most; s++) {
        float *at = head->p + s * head->t + t;
        store(at, select_vector(splat((float)s) < visible, load(at), splat(-INFINITY)));
    }
}

/* Of W tokens from t on: what each branch token's query says of its own key, −∞ for the others. */
static Vector own_scores(const Head *head, size_t t)
{
    Vector own = {0};
    for (size_t i = 0; i < W; i++)
        own[i] = t + i < head->trunk || t + i >= head->tokens
                     ? -INFINITY
                     : dot(head->q + (t + i) * head->h, head->k + (t + i) * head->h, head->h);
    return own;
}

/* Softmax of W queries from t on; log_sum [tokens] gets the logarithm of its denominators. */
static void softmax(const Head *head, float *log_sum, size_t t, size_t keys)
{
    Vector own = own_scores(head, t), largest = own, sum;
    for (size_t s = 0; s < keys; s++)
        largest = max_vector(load(head->p + s * head->t + t), largest);
    sum = own = exp_vector(own - largest);
    for (size_t s = 0; s < keys; s++) {
        float *at = head->p + s * head->t + t;
        Vector e = exp_vector(load(at) - largest);
        store(at, e);
        sum += e;
    }
    Vector share = splat(1.0f) / sum;
    for (size_t s = 0; s < keys; s++)
        store(head->p + s * head->t + t, load(head->p + s * head->t + t) * share);
    store(head->self_p + t, own * share);
    for (size_t i = 0; i < W && t + i < head->tokens; i++)
        log_sum[t + i] = largest[i] + logf(sum[i]);
}

void AMBIT_LEVELED(ambit_vector_attention_forward)(const AmbitKernelContext *context, float *out,
                                                   float *log_sum, const float *qkv,
                                                   const AmbitAttention *shape, float *scratch)
{
    (void)context;
    size_t width = shape->width;
    Head head = {0};
    for (size_t b = 0; b < shape->n_sequences; b++) {
        size_t first = shape->offset[b];
        if (!is_like_previous(shape, b))
            head = head_open(shape, b, scratch);
        copy_in(&head, 0, 3, qkv + first * 3 * width);
        for (size_t h = 0; h < shape->n_heads; h++) {
            float *to = out + first * width + h * head.size;
            take_head(&head, h);
            transpose(&head, head.q_t, head.q);
            for (size_t t = 0; t < head.tokens; t += W) {
                Seen seen = seen_by(&head, t, W);
                score_queries(&head, t, seen);
                softmax(&head, log_sum + first * shape->n_heads + h * head.tokens, t, seen.most);
            }
            for (size_t t = 0; t < head.tokens; t += ROWS)
                product((Place){to + t * width, width, rows_left(t, head.tokens), head.size}, 1,
                        (Operand){head.p + t, 1, head.t}, head.v, head.h, 0,
                        seen_by(&head, t, ROWS).most);
            for (size_t t = head.trunk; t < head.tokens; t++)
                add_scaled(to + t * width, head.self_p[t], head.v + t * head.h, head.size);
        }
    }
}

/* p and ds of W queries from t on: P = exp(S − log_sum), dS = P·(dP − Σ P·dP), dP = V·doutᵀ. For
 * branch tokens also zeros at keys that none of them sees, since every key sums over them. */
static void weigh(const Head *head, const float *log_sum, size_t t)
{
    Seen seen = seen_by(head, t, W);
    size_t keys = seen.most, left = head->tokens - t;
    score_queries(head, t, seen);
    score(head, head->ds, head->dout_t, head->v, t, keys);
    Vector logarithm = left >= W ? load(log_sum + t) : load_some(log_sum + t, left);
    Vector inner = splat(0), own = exp_vector(own_scores(head, t) - logarithm), own_dp = splat(0);
    for (size_t i = 0; i < W && i < left; i++)
        if (t + i >= head->trunk)
            own_dp[i] = dot(head->dout + (t + i) * head->h, head->v + (t + i) * head->h, head->h);
    for (size_t s = 0; s < keys; s++) {
        float *p = head->p + s * head->t + t;
        Vector e = exp_vector(load(p) - logarithm);
        store(p, e);
        inner += e * load(head->ds + s * head->t + t);
    }
    inner += own * own_dp;
    for (size_t s = 0; s < keys; s++) {
        size_t at = s * head->t + t;
        store(head->ds + at, load(head->p + at) * (load(head->ds + at) - inner));
    }
    store(head->self_p + t, own);
    store(head->self_ds + t, own * (own_dp - inner));
    for (size_t s = keys; s < head->trunk && t + W > head->trunk; s++) {
        store(head->p + s * head->t + t, splat(0));
        store(head->ds + s * head->t + t, splat(0));
    }
}

/* dq = scale·dS·K, dk = dSᵀ·Q·scale, dv = Pᵀ·dout; then what branch tokens owe to themselves. */
static void backward_products(const Head *head, float *dq, float *dk, float *dv, size_t stride)
{
    for (size_t t = 0; t < head->tokens; t += ROWS)
        product((Place){dq + t * stride, stride, rows_left(t, head->tokens), head->size},
                head->scale, (Operand){head->ds + t, 1, head->t}, head->k, head->h, 0,
                seen_by(head, t, ROWS).most);
    for (size_t s = 0; s < head->trunk; s += ROWS) {
        size_t rows = rows_left(s, head->trunk);
        product((Place){dk + s * stride, stride, rows, head->size}, 1,
                (Operand){head->ds + s * head->t, head->t, 1}, head->q, head->h, s, head->tokens);
        product((Place){dv + s * stride, stride, rows, head->size}, 1,
                (Operand){head->p + s * head->t, head->t, 1}, head->dout, head->h, s, head->tokens);
    }
    for (size_t t = head->trunk; t < head->tokens; t++) {
        size_t at = t * head->h;
        memset(dk + t * stride, 0, head->size * sizeof *dk);
        memset(dv + t * stride, 0, head->size * sizeof *dv);
        add_scaled(dq + t * stride, head->self_ds[t] * head->scale, head->k + at, head->size);
        add_scaled(dk + t * stride, head->self_ds[t], head->q + at, head->size);
        add_scaled(dv + t * stride, head->self_p[t], head->dout + at, head->size);
    }
}

void AMBIT_LEVELED(ambit_vector_attention_backward)(const AmbitKernelContext *context, float *dqkv,
                                                    const float *dout, const float *out,
                                                    const float *qkv, const float *log_sum,
                                                    const AmbitAttention *shape, float *scratch)
{
    (void)context;
    (void)out; // what dout · out is for is summed from P and dP
    size_t width = shape->width;
    Head head = {0};
    for (size_t b = 0; b < shape->n_sequences; b++) {
        size_t first = shape->offset[b];
        if (!is_like_previous(shape, b))
            head = head_open(shape, b, scratch);
        copy_in(&head, 0, 3, qkv + first * 3 * width);
        copy_in(&head, 3, 4, dout + first * width);
        for (size_t h = 0; h < shape->n_heads; h++) {
            size_t at = first * 3 * width + h * head.size;
            take_head(&head, h);
            transpose(&head, head.q_t, head.q);
            transpose(&head, head.dout_t, head.dout);
            for (size_t t = 0; t < head.tokens; t += W)
                weigh(&head, log_sum + first * shape->n_heads + h * head.tokens, t);
            backward_products(&head, dqkv + at, dqkv + at + width, dqkv + at + 2 * width,
                              3 * width);
        }
    }
}
