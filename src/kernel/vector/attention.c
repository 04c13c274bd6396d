// SPDX-License-Identifier: MIT
// Causal attention, one head of one sequence at a time, which is copied into padded buffers;
// queries and output gradients also transposed. Scores are stored [key][query], and a vector holds
// several queries, so that a softmax needs no sums within a vector. Keys that no query of a vector
// sees are skipped. A query row's score of its own key is kept apart from its scores of the prefix.
#include "product.h"
#include "transpose.h"

#include <math.h>

enum { KEYS = W == 16 ? 16 : 8 }; // keys scored at a time, for one vector of queries

/* Padded buffers in scratch. t: rows, rounded up to a multiple of the padding; h: head size,
 * rounded up likewise. */
typedef struct Head {
    size_t rows, prefix, size, heads; // unpadded
    size_t t, h;                      // padded
    const size_t *seen;
    float scale;
    float *q, *k, *v, *dout;           // [t][h] of one head; q is scaled
    float *q_t, *dout_t;               // [h][t]
    float *p, *ds;                     // [t][t]: [key][query]
    float *self_p, *self_ds, *visible; // [t]: of query rows; keys of the prefix that a row sees
    float *share;                      // [t]: see softmax; in the place of self_ds
    float *factor;                     // [rows][t]: [key][query] of dropout; NULL: none
} Head;

static size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* Keys of the prefix that row t sees: a row of the prefix sees its own, too. */
static size_t n_visible(const Head *head, size_t t)
{
    return t < head->prefix ? t + 1 : head->seen[t - head->prefix];
}

/* Lays out the buffers for sequence b. */
static Head head_open(const AmbitAttention *shape, size_t b, float *scratch)
{
    size_t first = shape->offset[b];
    Head head = {.rows = shape->offset[b + 1] - first,
                 .prefix = shape->prefix[b],
                 .size = shape->width / shape->n_heads,
                 .heads = shape->n_heads,
                 .seen = shape->seen ? shape->seen + first + shape->prefix[b] : NULL};
    head.t = round_up(head.rows, AMBIT_VECTOR_PADDING);
    head.h = round_up(head.size, AMBIT_VECTOR_PADDING);
    head.scale = 1.0f / sqrtf((float)head.size);
    float **buffers[] = {&head.q, &head.k, &head.v, &head.dout, &head.q_t, &head.dout_t};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++, scratch += head.t * head.h)
        *buffers[i] = scratch;
    head.p = scratch;
    head.ds = head.p + head.t * head.t;
    head.self_p = head.ds + head.t * head.t;
    head.self_ds = head.self_p + head.t;
    head.share = head.self_ds;
    head.visible = head.self_ds + head.t;
    head.factor = shape->dropout ? head.visible + head.t : NULL;
    for (size_t t = 0; t < head.t && head.rows > 0; t++) // padding sees what the last row does
        head.visible[t] = (float)n_visible(&head, t < head.rows ? t : head.rows - 1);
    return head;
}

/* Whether sequence b can use the buffers as laid out for the previous sequence: no query rows and
 * the same length. */
static bool is_like_previous(const AmbitAttention *shape, size_t b)
{
    return b > 0 && !shape->seen && shape->prefix[b] == shape->prefix[b - 1];
}

/* to [rows][h] = scale · x, whose rows are `stride` floats apart, in whole vectors: n of them. */
static inline __attribute__((always_inline)) void copy_vectors(const Head *head, float *to,
                                                               const float *x, size_t stride,
                                                               float scale, const size_t n)
{
    for (size_t t = 0; t < head->rows; t++, to += head->h, x += stride)
        for (size_t j = 0; j < n * W; j += W)
            store(to + j, load(x + j) * splat(scale));
}

/* The same, of any size; padding is 0. */
static void copy_head(const Head *head, float *to, const float *x, size_t stride, float scale)
{
    const size_t n = head->size / W, left = head->size % W;
    if (n == 1)
        copy_vectors(head, to, x, stride, scale, 1);
    else if (n == 2)
        copy_vectors(head, to, x, stride, scale, 2);
    else
        copy_vectors(head, to, x, stride, scale, n);
    for (size_t t = 0; t < head->rows && head->size < head->h; t++) {
        float *end = to + t * head->h + n * W;
        memset(end, 0, (head->h - n * W) * sizeof *end);
        if (left)
            store(end, load_some(x + t * stride + n * W, left) * splat(scale));
    }
    memset(to + head->rows * head->h, 0, (head->t - head->rows) * head->h * sizeof *to);
}

/* Copies the n parts of head `index` that lie next to each other in rows of x [T][n][H][size]. */
static void copy_in(const Head *head, float *const *parts, size_t n, const float *x, size_t index)
{
    const size_t width = head->heads * head->size;
    for (size_t part = 0; part < n; part++)
        copy_head(head, parts[part], x + part * width + index * head->size, n * width,
                  parts[part] == head->q ? head->scale : 1);
}

static void draw_factors(const Head *head, const AmbitAttention *shape, size_t b, size_t index)
{
    if (!head->factor)
        return;
    AmbitDropout dropout = *shape->dropout;
    dropout.sequence += (uint32_t)b;
    dropout.place += (uint32_t)index;
    AMBIT_LEVELED(ambit_vector_dropout)
    (NULL, head->factor, NULL, NULL, head->rows * head->t, &dropout);
}

/* to [h][t] = transposed x [t][h]. */
static void transpose(const Head *head, float *to, const float *x)
{
    for (size_t t = 0; t < head->t; t += 4)
        for (size_t j = 0; j < head->h; j += 4)
            transpose_four(to + j * head->t + t, head->t, x + t * head->h + j, head->h);
}

/* The fewest and the most keys of the prefix that any of `count` rows from `first` on sees. */
typedef struct Seen {
    size_t least, most;
} Seen;

static Seen seen_by(const Head *head, size_t first, size_t count)
{
    size_t end = first + count < head->rows ? first + count : head->rows;
    size_t prefix_end = end < head->prefix ? end : head->prefix;
    Seen seen = first < head->prefix ? (Seen){first + 1, prefix_end} : (Seen){head->prefix, 0};
    for (size_t t = first < head->prefix ? head->prefix : first; t < end; t++) {
        size_t keys = head->seen[t - head->prefix];
        seen.least = keys < seen.least ? keys : seen.least;
        seen.most = keys > seen.most ? keys : seen.most;
    }
    return seen;
}

static size_t rows_left(size_t first, size_t end)
{
    return end - first < ROWS ? end - first : ROWS;
}

/* Vectors of W queries, one for each key: `step` floats apart. */
typedef struct Columns {
    float *at;
    size_t step;
} Columns;

/* s [keys][W]: products of W rows from t on, transposed in x_t [h][t], with the first keys of
 * y [t][h]. */
static void score(const Head *head, Columns s, const float *x_t, const float *y, size_t t,
                  size_t keys)
{
    const size_t h = head->h, size = head->size, step = head->t;
    for (size_t i = 0; i < keys; i += KEYS, y += KEYS * h) {
        Vector sum[KEYS] = {0};
        const float *at[KEYS / GROUP], *from = x_t + t;
        for (size_t g = 0; g < KEYS / GROUP; g++)
            at[g] = y + g * GROUP * h;
        for (size_t j = 0; j < size; j++, from += step) {
            Vector x = load(from);
            for (size_t r = 0; r < KEYS; r++)
                sum[r] += splat(at[r / GROUP][r % GROUP * h]) * x;
            for (size_t g = 0; g < KEYS / GROUP; g++)
                at[g]++;
        }
        for (size_t r = 0; r < KEYS; r++)
            store(s.at + (i + r) * s.step, sum[r]);
    }
}

/* Scores of W queries from t on for the keys that any of these queries sees; −∞ where a query does
 * not see a key. */
static void score_queries(const Head *head, Columns p, size_t t, Seen seen)
{
    score(head, p, head->q_t, head->k, t, seen.most);
    Vector visible = load(head->visible + t);
    for (size_t s = seen.least; s < seen.most; s++) {
        float *at = p.at + s * p.step;
        store(at, select_vector(splat((float)s) < visible, load(at), splat(-INFINITY)));
    }
}

/* Scores of W rows from t on: each query row's score of its own key, and −∞ for other rows. */
static Vector own_scores(const Head *head, size_t t)
{
    Vector own = {0};
    for (size_t i = 0; i < W; i++)
        own[i] = t + i < head->prefix || t + i >= head->rows
                     ? -INFINITY
                     : dot(head->q + (t + i) * head->h, head->k + (t + i) * head->h, head->h);
    return own;
}

/* Multiplies the weights of W queries from t on by the factors of dropout. */
static void drop(const Head *head, Columns x, size_t t, size_t keys)
{
    for (size_t s = 0; head->factor && s < keys; s++)
        store(x.at + s * x.step, load(x.at + s * x.step) * load(head->factor + s * head->t + t));
}

/* The factors of the weights by which W query rows from t on see themselves. */
static Vector own_factors(const Head *head, size_t t)
{
    Vector own = splat(1.0f);
    for (size_t i = 0; head->factor && i < W && t + i < head->rows; i++)
        own[i] = head->factor[(t + i) * head->t + t + i];
    return own;
}

/* Softmax of W queries from t on, whose weights are left without their common factor, in share [t];
 * log_sum [rows] gets the logarithm of its denominators. */
static void softmax(const Head *head, float *log_sum, Columns p, size_t t, size_t keys)
{
    Vector own = own_scores(head, t), largest = own, sum;
    for (size_t s = 0; s < keys; s++)
        largest = max_vector(load(p.at + s * p.step), largest);
    sum = own = exp_vector(own - largest);
    for (size_t s = 0; s < keys; s++) {
        float *at = p.at + s * p.step;
        Vector e = exp_vector(load(at) - largest);
        store(at, e);
        sum += e;
    }
    Vector share = splat(1.0f) / sum;
    store(head->share + t, share);
    store(head->self_p + t, own * share * own_factors(head, t));
    drop(head, p, t, keys);
    for (size_t i = 0; i < W && t + i < head->rows; i++)
        log_sum[t + i] = largest[i] + logf(sum[i]);
}

/* The outputs of W queries from t on, whose weights and values are used while a cache has them. */
static void attend(const Head *head, float *out, size_t width, float *log_sum, size_t t)
{
    const Columns p = {head->p, W};
    const size_t end = t + W < head->rows ? t + W : head->rows;
    const Seen seen = seen_by(head, t, W);
    score_queries(head, p, t, seen);
    softmax(head, log_sum, p, t, seen.most);
    for (size_t row = t; row < end; row += ROWS)
        product((Output){out + row * width, width, rows_left(row, end), head->size},
                (Scale){head->share + row, 1}, (Operand){p.at + row - t, 1, W}, head->v, head->h, 0,
                seen_by(head, row, ROWS).most);
    for (size_t row = t < head->prefix ? head->prefix : t; row < end; row++)
        add_scaled(out + row * width, head->self_p[row], head->v + row * head->h, head->size);
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
        for (size_t h = 0; h < shape->n_heads; h++, log_sum += head.rows) {
            copy_in(&head, (float *const[]){head.q, head.k, head.v}, 3, qkv + first * 3 * width, h);
            draw_factors(&head, shape, b, h);
            transpose(&head, head.q_t, head.q);
            for (size_t t = 0; t < head.rows; t += W)
                attend(&head, out + first * width + h * head.size, width, log_sum, t);
        }
    }
}

/* p and ds of W queries from t on: P = exp(S − log_sum), dS = P·(dP − Σ P·dP), dP = m·(V·doutᵀ)
 * with the factors m of dropout; p holds m·P in the end. For query rows also zeros at keys that
 * none of them sees, since every key sums over all rows. */
static void weigh(const Head *head, const float *log_sum, size_t t)
{
    Seen seen = seen_by(head, t, W);
    size_t keys = seen.most, left = head->rows - t;
    const Columns of_p = {head->p + t, head->t}, of_ds = {head->ds + t, head->t};
    score_queries(head, of_p, t, seen);
    score(head, of_ds, head->dout_t, head->v, t, keys);
    Vector logarithm = left >= W ? load(log_sum + t) : load_some(log_sum + t, left);
    Vector inner = splat(0), own = exp_vector(own_scores(head, t) - logarithm), own_dp = splat(0);
    drop(head, of_ds, t, keys);
    for (size_t i = 0; i < W && i < left; i++)
        if (t + i >= head->prefix)
            own_dp[i] = dot(head->dout + (t + i) * head->h, head->v + (t + i) * head->h, head->h);
    own_dp *= own_factors(head, t);
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
    drop(head, of_p, t, keys);
    store(head->self_p + t, own * own_factors(head, t));
    store(head->self_ds + t, own * (own_dp - inner));
    for (size_t s = keys; s < head->prefix && t + W > head->prefix; s++) {
        store(head->p + s * head->t + t, splat(0));
        store(head->ds + s * head->t + t, splat(0));
    }
}

/* dq = scale·dS·K, dk = dSᵀ·Q·scale, dv = Pᵀ·dout; then each query row's terms of its own key and
 * value. */
static void backward_products(const Head *head, float *dq, float *dk, float *dv, size_t stride)
{
    static const float unit = 1;
    const Scale one = {&unit, 0};
    for (size_t t = 0; t < head->rows; t += ROWS)
        product((Output){dq + t * stride, stride, rows_left(t, head->rows), head->size},
                (Scale){&head->scale, 0}, (Operand){head->ds + t, 1, head->t}, head->k, head->h, 0,
                seen_by(head, t, ROWS).most);
    for (size_t s = 0; s < head->prefix; s += ROWS) {
        size_t rows = rows_left(s, head->prefix);
        product((Output){dk + s * stride, stride, rows, head->size}, one,
                (Operand){head->ds + s * head->t, head->t, 1}, head->q, head->h, s, head->rows);
        product((Output){dv + s * stride, stride, rows, head->size}, one,
                (Operand){head->p + s * head->t, head->t, 1}, head->dout, head->h, s, head->rows);
    }
    for (size_t t = head->prefix; t < head->rows; t++) {
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
    (void)out; // Σ P·dP replaces dout · out
    size_t width = shape->width;
    Head head = {0};
    for (size_t b = 0; b < shape->n_sequences; b++) {
        size_t first = shape->offset[b];
        if (!is_like_previous(shape, b))
            head = head_open(shape, b, scratch);
        for (size_t h = 0; h < shape->n_heads; h++) {
            size_t at = first * 3 * width + h * head.size;
            copy_in(&head, (float *const[]){head.q, head.k, head.v}, 3, qkv + first * 3 * width, h);
            copy_in(&head, (float *const[]){head.dout}, 1, dout + first * width, h);
            draw_factors(&head, shape, b, h);
            transpose(&head, head.q_t, head.q);
            transpose(&head, head.dout_t, head.dout);
            for (size_t t = 0; t < head.rows; t += W)
                weigh(&head, log_sum + first * shape->n_heads + h * head.rows, t);
            backward_products(&head, dqkv + at, dqkv + at + width, dqkv + at + 2 * width,
                              3 * width);
        }
    }
}
