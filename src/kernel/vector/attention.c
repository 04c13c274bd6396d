// SPDX-License-Identifier: MIT
// Causal attention, one head of one sequence at a time, which is copied into padded buffers;
// queries and output gradients also transposed. Scores are stored [key][query], and a vector holds
// several queries, so that a softmax needs no sums within a vector. Keys that no query of a vector
// sees are skipped. A query row's score of its own key is kept apart from its scores of the prefix.
#include "exponential.h"
#include "product.h"
#include "transpose.h"

#include <math.h>

enum { KEYS = W == 16 ? 16 : 8 }; // keys scored at a time, for one vector of queries

static const float log2_e = 1.44269504f, ln_2 = 0.69314718f;

/* Padded buffers in scratch. t: rows, rounded up to a multiple of the padding; h: head size,
 * rounded up likewise. Queries are taken W at a time, and the last ones fill a vector: rows before
 * the first one pad, `lead` of them. Pointers to anything of queries point to that of row 0. */
typedef struct Head {
    ptrdiff_t rows, prefix, lead;
    size_t size, heads; // unpadded
    size_t t, h;        // padded
    const size_t *seen;
    float scale;
    float *q, *k, *v, *dout;           // [t][h] of one head; q is scaled, its scores are to base 2
    float *q_t, *dout_t;               // [h][t]
    float *p, *ds;                     // [t][t]: [key][query]
    float *self_p, *self_ds, *visible; // [t]: of query rows; keys of the prefix that a row sees
    float *share;                      // [t]: see softmax; in the place of self_ds
    float *log_sum;                    // [t]
    float *factor;                     // [rows][t]: [key][query] of dropout; NULL: none
} Head;

static size_t round_up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* Keys of the prefix that row t sees: a row of the prefix sees its own, too. */
static size_t n_visible(const Head *head, ptrdiff_t t)
{
    return t < head->prefix ? (size_t)t + 1 : head->seen[t - head->prefix];
}

/* Lays out the buffers for sequence b. What only pads is 0 from here on. */
static Head head_open(const AmbitAttention *shape, size_t b, float *scratch)
{
    size_t first = shape->offset[b], rows = shape->offset[b + 1] - first;
    Head head = {.rows = (ptrdiff_t)rows,
                 .prefix = (ptrdiff_t)shape->prefix[b],
                 .size = shape->width / shape->n_heads,
                 .heads = shape->n_heads,
                 .t = round_up(rows, AMBIT_VECTOR_PADDING),
                 .seen = shape->seen ? shape->seen + first + shape->prefix[b] : NULL};
    const size_t lead = head.t - rows;
    head.lead = (ptrdiff_t)lead;
    head.h = round_up(head.size, AMBIT_VECTOR_PADDING);
    head.scale = 1.0f / sqrtf((float)head.size);
    memset(scratch, 0, 4 * head.t * head.h * sizeof *scratch); // q, k, v, dout
    float **operands[] = {&head.k, &head.v, &head.q, &head.dout, &head.q_t, &head.dout_t};
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++, scratch += head.t * head.h)
        *operands[i] = scratch + (i < 2 ? 0 : i < 4 ? lead * head.h : lead);
    head.p = scratch + lead;
    head.ds = head.p + head.t * head.t;
    head.self_p = head.ds + head.t * head.t;
    head.self_ds = head.self_p + head.t;
    head.share = head.self_ds;
    head.visible = head.self_ds + head.t;
    head.log_sum = head.visible + head.t;
    head.factor = shape->dropout ? head.log_sum - lead + head.t : NULL;
    for (ptrdiff_t t = -head.lead; t < head.rows; t++) { // padding sees what the first row does
        head.visible[t] = (float)n_visible(&head, t < 0 ? 0 : t);
        head.log_sum[t] = 0;
    }
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
    for (ptrdiff_t t = 0; t < head->rows; t++, to += head->h, x += stride)
        for (size_t j = 0; j < n * W; j += W)
            store(to + j, load(x + j) * splat(scale));
}

/* The same, of any size. */
static void copy_head(const Head *head, float *to, const float *x, size_t stride, float scale)
{
    const size_t n = head->size / W, left = head->size % W;
    if (n == 1)
        copy_vectors(head, to, x, stride, scale, 1);
    else if (n == 2)
        copy_vectors(head, to, x, stride, scale, 2);
    else
        copy_vectors(head, to, x, stride, scale, n);
    to += n * W;
    x += n * W;
    for (ptrdiff_t t = 0; t < head->rows && left; t++, to += head->h, x += stride)
        store_some(to, load_some(x, left) * splat(scale), left);
}

/* Copies the n parts of head `index` that lie next to each other in rows of x [T][n][H][size]. */
static void copy_in(const Head *head, float *const *parts, size_t n, const float *x, size_t index)
{
    const size_t width = head->heads * head->size;
    for (size_t part = 0; part < n; part++)
        copy_head(head, parts[part], x + part * width + index * head->size, n * width,
                  parts[part] == head->q ? head->scale * log2_e : 1);
}

static void draw_factors(const Head *head, const AmbitAttention *shape, size_t b, size_t index)
{
    if (!head->factor)
        return;
    AmbitDropout dropout = *shape->dropout;
    dropout.sequence += (uint32_t)b;
    dropout.place += (uint32_t)index;
    AMBIT_LEVELED(ambit_vector_dropout)
    (NULL, head->factor, NULL, NULL, (size_t)head->rows * head->t, &dropout);
}

/* to [h][t] = transposed x [t][h]. */
static void transpose(const Head *head, float *to, const float *x)
{
    to -= head->lead;
    x -= head->lead * (ptrdiff_t)head->h;
    for (size_t t = 0; t < head->t; t += W)
        for (size_t j = 0; j < head->size; j += 4)
            transpose_columns(to + j * head->t + t, head->t, x + t * head->h + j, head->h);
}

/* The fewest and the most keys of the prefix that any of `count` rows from `first` on sees. */
typedef struct Seen {
    size_t least, most;
} Seen;

static Seen seen_by(const Head *head, ptrdiff_t first, size_t count)
{
    ptrdiff_t end = first + (ptrdiff_t)count;
    end = end < head->rows ? end : head->rows;
    first = first < 0 ? 0 : first;
    ptrdiff_t prefix_end = end < head->prefix ? end : head->prefix;
    Seen seen = first < head->prefix ? (Seen){(size_t)first + 1, (size_t)prefix_end}
                                     : (Seen){(size_t)head->prefix, 0};
    for (ptrdiff_t t = first < head->prefix ? head->prefix : first; t < end; t++) {
        size_t keys = head->seen[t - head->prefix];
        seen.least = keys < seen.least ? keys : seen.least;
        seen.most = keys > seen.most ? keys : seen.most;
    }
    return seen;
}

/* Rows that a product takes at a time, from row t on and before `end`: at most ROWS, which all lie
 * in one vector of queries. */
static size_t rows_from(const Head *head, ptrdiff_t t, ptrdiff_t end)
{
    size_t n = ROWS - (size_t)(t + head->lead) % ROWS, left = (size_t)(end - t);
    return n < left ? n : left;
}

/* Whether any of W rows from t on is a query row. */
static bool has_query_rows(const Head *head, ptrdiff_t t)
{
    return t + W > head->prefix;
}

/* Vectors of W queries, one for each key: `step` floats apart. */
typedef struct Columns {
    float *at;
    size_t step;
} Columns;

/* s [keys][W]: products of W rows, transposed at x_t, with n keys at y [n][h]. */
static inline __attribute__((always_inline)) void
score_keys(const Head *head, Columns s, const float *x_t, const float *y, const size_t n)
{
    const size_t h = head->h, size = head->size, step = head->t;
    Vector sum[KEYS] = {0};
    const float *at[KEYS / GROUP];
    for (size_t g = 0; g < n / GROUP; g++)
        at[g] = y + g * GROUP * h;
    for (size_t j = 0; j < size; j++, x_t += step) {
        Vector x = load(x_t);
        for (size_t r = 0; r < n; r++)
            sum[r] += splat(at[r / GROUP][r % GROUP * h]) * x;
        for (size_t g = 0; g < n / GROUP; g++)
            at[g]++;
    }
    for (size_t r = 0; r < n; r++)
        store(s.at + r * s.step, sum[r]);
}

/* The same with the first keys of y [t][h], a few more than asked for. */
static void score(const Head *head, Columns s, const float *x_t, const float *y, size_t keys)
{
    size_t i = 0;
    for (; i + KEYS / 2 < keys; i += KEYS, y += KEYS * head->h, s.at += KEYS * s.step)
        score_keys(head, s, x_t, y, KEYS);
    if (i < keys)
        score_keys(head, s, x_t, y, KEYS / 2);
}

/* Scores of W queries from t on for the keys that any of these queries sees; −∞ where a query does
 * not see a key. */
static void score_queries(const Head *head, Columns p, ptrdiff_t t, Seen seen)
{
    score(head, p, head->q_t + t, head->k, seen.most);
    Vector visible = load(head->visible + t);
    for (size_t s = seen.least; s < seen.most; s++) {
        float *at = p.at + s * p.step;
        store(at, select_vector(splat((float)s) < visible, load(at), splat(-INFINITY)));
    }
}

/* Scores of W rows from t on: each query row's score of its own key, and −∞ for other rows. */
static Vector own_scores(const Head *head, ptrdiff_t t)
{
    Vector own = splat(-INFINITY);
    for (ptrdiff_t i = 0; has_query_rows(head, t) && i < W; i++)
        if (t + i >= head->prefix) {
            const ptrdiff_t at = (t + i) * (ptrdiff_t)head->h;
            own[i] = dot(head->q + at, head->k + at, head->h);
        }
    return own;
}

/* Multiplies the weights of W queries from t on by the factors of dropout. */
static void drop(const Head *head, Columns x, ptrdiff_t t, size_t keys)
{
    for (size_t s = 0; head->factor && s < keys; s++)
        store(x.at + s * x.step, load(x.at + s * x.step) * load(head->factor + s * head->t + t));
}

/* The factors of the weights by which W rows from t on see themselves. */
static Vector own_factors(const Head *head, ptrdiff_t t)
{
    Vector own = splat(1.0f);
    for (ptrdiff_t i = 0; head->factor && i < W; i++)
        if (t + i >= 0)
            own[i] = head->factor[(t + i) * (ptrdiff_t)head->t + t + i];
    return own;
}

/* The largest of some scores and of those of a number of keys. */
static Vector largest_score(Columns p, size_t keys, Vector some)
{
    Vector largest[4] = {some, some, some, some};
    size_t s = 0;
    for (; s + 4 <= keys; s += 4)
        for (size_t i = 0; i < 4; i++)
            largest[i] = max_vector(load(p.at + (s + i) * p.step), largest[i]);
    for (; s < keys; s++)
        largest[0] = max_vector(load(p.at + s * p.step), largest[0]);
    return max_vector(max_vector(largest[0], largest[1]), max_vector(largest[2], largest[3]));
}

/* Softmax of W queries from t on, whose weights are left without their common factor, in share;
 * log_sum gets the logarithm of its denominators. */
static void softmax(const Head *head, Columns p, ptrdiff_t t, size_t keys)
{
    Vector own = own_scores(head, t), largest = largest_score(p, keys, own), sum;
    sum = own = exp2_or_zero(own - largest);
    for (size_t s = 0; s < keys; s++) {
        float *at = p.at + s * p.step;
        Vector e = exp2_or_zero(load(at) - largest);
        store(at, e);
        sum += e;
    }
    Vector share = splat(1.0f) / sum;
    store(head->share + t, share);
    store(head->self_p + t, own * share * own_factors(head, t));
    drop(head, p, t, keys);
    store(head->log_sum + t, largest * splat(ln_2) + log_vector(sum));
}

/* The outputs of W queries from t on, whose weights and values are used while a cache has them. */
static void attend(const Head *head, float *out, size_t width, ptrdiff_t t)
{
    const Columns p = {head->p - head->lead, W};
    const ptrdiff_t end = t + W;
    const Seen seen = seen_by(head, t, W);
    score_queries(head, p, t, seen);
    softmax(head, p, t, seen.most);
    for (ptrdiff_t row = t < 0 ? 0 : t, n; row < end; row += n) {
        n = (ptrdiff_t)rows_from(head, row, end);
        product((Output){out + row * (ptrdiff_t)width, width, (size_t)n, head->size},
                (Scale){head->share + row, 1}, (Operand){p.at + row - t, 1, W}, head->v, head->h, 0,
                seen_by(head, row, (size_t)n).most);
    }
    for (ptrdiff_t row = t < head->prefix ? head->prefix : t; row < end; row++)
        add_scaled(out + row * (ptrdiff_t)width, head->self_p[row],
                   head->v + row * (ptrdiff_t)head->h, head->size);
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
            for (ptrdiff_t t = -(head.lead % W); t < head.rows; t += W)
                attend(&head, out + first * width + h * head.size, width, t);
            memcpy(log_sum, head.log_sum, (size_t)head.rows * sizeof *log_sum);
        }
    }
}

/* What query rows among W rows from t on have of their own key, beside p and ds as below. Inner is
 * Σ P·dP of the keys of the prefix; returns it with their own. */
static Vector weigh_own(const Head *head, ptrdiff_t t, Vector logarithm, Vector inner)
{
    Vector own = exp2_or_zero(own_scores(head, t) - logarithm), dp = splat(0);
    for (ptrdiff_t i = 0; i < W; i++)
        if (t + i >= head->prefix) {
            const ptrdiff_t at = (t + i) * (ptrdiff_t)head->h;
            dp[i] = dot(head->dout + at, head->v + at, head->h);
        }
    const Vector factors = own_factors(head, t);
    dp *= factors;
    inner += own * dp;
    store(head->self_p + t, own * factors);
    store(head->self_ds + t, own * (dp - inner));
    return inner;
}

/* p and ds of W queries from t on: P = exp(S − log_sum), dS = P·(dP − Σ P·dP), dP = m·(V·doutᵀ)
 * with the factors m of dropout; p holds m·P in the end. Also zeros at the other keys that products
 * take beside those seen: every key sums over all query rows. */
static void weigh(const Head *head, ptrdiff_t t)
{
    const Seen seen = seen_by(head, t, W);
    const size_t keys = seen.most;
    const Columns of_p = {head->p + t, head->t}, of_ds = {head->ds + t, head->t};
    score_queries(head, of_p, t, seen);
    score(head, of_ds, head->dout_t + t, head->v, keys);
    drop(head, of_ds, t, keys);
    const Vector logarithm = load(head->log_sum + t) * splat(log2_e);
    Vector inner = splat(0);
    for (size_t s = 0, at = 0; s < keys; s++, at += head->t) {
        Vector e = exp2_or_zero(load(of_p.at + at) - logarithm);
        store(of_p.at + at, e);
        inner += e * load(of_ds.at + at);
    }
    if (has_query_rows(head, t))
        inner = weigh_own(head, t, logarithm, inner);
    for (size_t s = 0, at = 0; s < keys; s++, at += head->t)
        store(of_ds.at + at, load(of_p.at + at) * (load(of_ds.at + at) - inner));
    drop(head, of_p, t, keys);
    const size_t whole = round_up(keys, ROWS), prefix = (size_t)head->prefix;
    const size_t end = has_query_rows(head, t) && whole < prefix ? prefix : whole;
    for (size_t s = keys; s < end; s++) {
        store(of_p.at + s * head->t, splat(0));
        store(of_ds.at + s * head->t, splat(0));
    }
}

/* dq = scale·dS·K, dk = dSᵀ·Q·scale, dv = Pᵀ·dout; then each query row's terms of its own key and
 * value. */
static void backward_products(const Head *head, float *dq, float *dk, float *dv, size_t stride)
{
    static const float unit = 1;
    const Scale one = {&unit, 0}, natural = {&ln_2, 0};
    const size_t rows = (size_t)head->rows, prefix = (size_t)head->prefix;
    for (size_t t = 0, n; t < rows; t += n) {
        n = rows_from(head, (ptrdiff_t)t, head->rows);
        product((Output){dq + t * stride, stride, n, head->size}, (Scale){&head->scale, 0},
                (Operand){head->ds + t, 1, head->t}, head->k, head->h, 0,
                seen_by(head, (ptrdiff_t)t, n).most);
    }
    for (size_t s = 0, n; s < prefix; s += n) {
        n = prefix - s < ROWS ? prefix - s : ROWS;
        product((Output){dk + s * stride, stride, n, head->size}, natural,
                (Operand){head->ds + s * head->t, head->t, 1}, head->q, head->h, s, rows);
        product((Output){dv + s * stride, stride, n, head->size}, one,
                (Operand){head->p + s * head->t, head->t, 1}, head->dout, head->h, s, rows);
    }
    for (size_t t = prefix; t < rows; t++) {
        size_t at = t * head->h;
        memset(dk + t * stride, 0, head->size * sizeof *dk);
        memset(dv + t * stride, 0, head->size * sizeof *dv);
        add_scaled(dq + t * stride, head->self_ds[t] * head->scale, head->k + at, head->size);
        add_scaled(dk + t * stride, head->self_ds[t] * ln_2, head->q + at, head->size);
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
        for (size_t h = 0; h < shape->n_heads; h++, log_sum += head.rows) {
            size_t at = first * 3 * width + h * head.size;
            copy_in(&head, (float *const[]){head.q, head.k, head.v}, 3, qkv + first * 3 * width, h);
            copy_in(&head, (float *const[]){head.dout}, 1, dout + first * width, h);
            memcpy(head.log_sum, log_sum, (size_t)head.rows * sizeof *log_sum);
            draw_factors(&head, shape, b, h);
            transpose(&head, head.q_t, head.q);
            transpose(&head, head.dout_t, head.dout);
            for (ptrdiff_t t = -(head.lead % W); t < head.rows; t += W)
                weigh(&head, t);
            backward_products(&head, dqkv + at, dqkv + at + width, dqkv + at + 2 * width,
                              3 * width);
        }
    }
}
