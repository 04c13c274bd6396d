// SPDX-License-Identifier: MIT
// Matrix products in float32, and those with a matrix packed beforehand. A block of the left
// operand stays in the second-level cache while all panels are multiplied by it. Operands are read
// as they lie, unless their rows lie so far apart that caches and address translation would suffer.
// A row of c depends on that row of the left operand alone, and not on the number of rows.
#include "matmul.h"
#include "tile.h"

enum {
    BLOCK_ROWS = (W == 16 ? 16 : 24) * TILE_ROWS, // rows of a block
    FAR = W == 16 ? 512 : 128 // floats between rows of an operand beyond which it is copied
};

/* A block of rows of c [·][n], and of the left operand. */
typedef struct Block {
    float *c;
    size_t n, at, rows; // `at`: the block's first element in c
    Factors factors;    // of its first tile, for callers; the right one comes panel by panel
    size_t tile_step;   // floats between tiles of the left operand
    bool accumulate;
    const AmbitEpilogue *epilogue; // NULL: none, or not yet
} Block;

/* c [rows][columns] = sums + (accumulate ? c : 0). */
static void put_some(float *c, const Block *block, float (*sums)[PANEL], size_t rows,
                     size_t columns)
{
    for (size_t r = 0; r < rows; r++, c += block->n)
        for (size_t j = 0; j < columns; j++)
            c[j] = block->accumulate ? c[j] + sums[r][j] : sums[r][j];
}

/* The part of c that a tile and a whole panel make. */
static void multiply_tile(const Block *block, Part part, const Factors *f)
{
    Sink sink = {
        .c = block->c + part.first, .stride = part.stride, .accumulate = block->accumulate};
    const AmbitEpilogue *e = block->epilogue;
    if (e) {
        sink.bias = e->bias ? e->bias + part.column : NULL;
        sink.residual = e->residual ? e->residual + part.first : NULL;
        sink.factor = e->factor ? e->factor + part.first : NULL;
    }
    AMBIT_LEVELED(ambit_vector_tile)(&sink, part.rows, f);
    if (e && e->activation != AMBIT_NO_ACTIVATION) {
        const AmbitEpilogue rest = {.activation = e->activation, .slope = e->slope};
        AMBIT_LEVELED(ambit_vector_finish)(block->c, &rest, part);
    }
}

/* The same with fewer columns than a panel has. */
static void multiply_edge(const Block *block, Part part, const Factors *f)
{
    float sums[TILE_ROWS][PANEL];
    AMBIT_LEVELED(ambit_vector_tile)(&(Sink){.c = sums[0], .stride = PANEL}, part.rows, f);
    put_some(block->c + part.first, block, sums, part.rows, part.columns);
    if (block->epilogue)
        AMBIT_LEVELED(ambit_vector_finish)(block->c, block->epilogue, part);
}

/* The columns of a block, from j on, that one panel has. */
static void multiply_panel(const Block *block, size_t j, Factors f)
{
    for (size_t i = 0; i < block->rows; i += TILE_ROWS, f.a += block->tile_step) {
        const Part part = {.first = block->at + i * block->n + j,
                           .stride = block->n,
                           .rows = smaller(block->rows - i, TILE_ROWS),
                           .columns = smaller(block->n - j, PANEL),
                           .column = j};
        if (part.columns == PANEL)
            multiply_tile(block, part, &f);
        else
            multiply_edge(block, part, &f);
        f.next = f.b; // the first tile has asked for the panel that follows
        f.next_step = 0;
    }
}

/* Lets a block have a copy, to [tiles][depth][TILE_ROWS], of left factors with row_step 1. */
static void copy_left(Block *block, float *to)
{
    Factors *f = &block->factors;
    const float *a = f->a;
    f->a = to;
    for (size_t i = 0; i < block->rows; i += TILE_ROWS, a += TILE_ROWS) {
        const size_t n = smaller(block->rows - i, TILE_ROWS);
        for (size_t l = 0; l < f->depth; l++, to += TILE_ROWS)
            if (n == TILE_ROWS)
                memcpy(to, a + l * f->step, TILE_ROWS * sizeof *to);
            else
                memcpy(to, a + l * f->step, n * sizeof *to);
    }
    f->step = TILE_ROWS;
    block->tile_step = TILE_ROWS * f->depth;
}

/* All columns of a block. `right` are the rows of op(b) that belong to its depth. */
static void multiply_lying(const Block *block, Lying right)
{
    _Alignas(64) float panel[DEPTH * PANEL];
    const bool turned = right.across != 1, far = right.along > FAR;
    for (size_t j = 0; j < block->n; j += PANEL) {
        Factors f = block->factors;
        const size_t left = block->n - j;
        f.b = right.x + j * right.across;
        f.b_step = right.along;
        f.next = left > PANEL && !turned ? f.b + PANEL : f.b;
        f.next_step = turned ? 0 : right.along;
        if (turned || far || left < PANEL) {
            AMBIT_LEVELED(ambit_vector_pack_panel)
            (panel, (Lying){f.b, right.along, right.across}, f.depth, smaller(left, PANEL));
            f.b = panel;
            f.b_step = PANEL;
        }
        multiply_panel(block, j, f);
    }
}

/* A whole product c [·][n] = op(a) · op(b), k deep. */
typedef struct Product {
    float *c;
    const float *a;
    size_t row_step, step; // of op(a), as in Factors
    Lying b;
    size_t n, k;
    bool accumulate;
} Product;

static void multiply_lying_rows(const void *context, size_t first, size_t end)
{
    _Alignas(64) float tiles[BLOCK_ROWS * DEPTH];
    const Product *p = context;
    for (size_t l = 0; l < p->k; l += DEPTH)
        for (size_t i = first; i < end; i += BLOCK_ROWS) {
            Block block = {.c = p->c,
                           .n = p->n,
                           .at = i * p->n,
                           .rows = smaller(end - i, BLOCK_ROWS),
                           .factors = {.a = p->a + i * p->row_step + l * p->step,
                                       .row_step = p->row_step,
                                       .step = p->step,
                                       .depth = smaller(p->k - l, DEPTH)},
                           .tile_step = TILE_ROWS * p->row_step,
                           .accumulate = p->accumulate || l > 0};
            if (p->row_step == 1 && p->step > FAR)
                copy_left(&block, tiles);
            multiply_lying(&block, (Lying){p->b.x + l * p->b.along, p->b.along, p->b.across});
        }
}

void AMBIT_LEVELED(ambit_vector_matmul)(const AmbitKernelContext *context, float *c, const float *a,
                                        const float *b, size_t m, size_t n, size_t k,
                                        bool transpose_a, bool transpose_b, bool accumulate)
{
    const Product product = {c,
                             a,
                             transpose_a ? 1 : k,
                             transpose_a ? m : 1,
                             {b, transpose_b ? 1 : n, transpose_b ? k : 1},
                             n,
                             k,
                             accumulate};
    share_rows(context, TILE_ROWS, m, n, k, multiply_lying_rows, &product);
}

/* A packed matrix [k][n]: blocks of DEPTH along k, one after another; in a block, panel after
 * panel. */
typedef struct Packed {
    size_t k, n;
    _Alignas(64) float panels[];
} Packed;

static size_t padded(size_t n)
{
    return (n + PANEL - 1) / PANEL * PANEL;
}

size_t AMBIT_LEVELED(ambit_vector_packed_bytes)(const AmbitKernelContext *context, size_t k,
                                                size_t n)
{
    (void)context;
    return sizeof(Packed) + k * padded(n) * sizeof(float);
}

void AMBIT_LEVELED(ambit_vector_pack)(const AmbitKernelContext *context, void *packed,
                                      const float *b, size_t k, size_t n, bool transpose_b)
{
    (void)context;
    Packed *p = packed;
    p->k = k;
    p->n = n;
    Lying part = {.along = transpose_b ? 1 : n, .across = transpose_b ? k : 1};
    float *to = p->panels;
    for (size_t l = 0; l < k; l += DEPTH) {
        const size_t depth = smaller(k - l, DEPTH);
        for (size_t j = 0; j < n; j += PANEL, to += depth * PANEL) {
            part.x = b + l * part.along + j * part.across;
            AMBIT_LEVELED(ambit_vector_pack_panel)(to, part, depth, smaller(n - j, PANEL));
        }
    }
}

/* A product with a packed matrix. */
typedef struct PackedProduct {
    float *c;
    const float *a;
    const Packed *packed;
    const AmbitEpilogue *epilogue;
} PackedProduct;

static void multiply_packed_rows(const void *context, size_t first, size_t end)
{
    const PackedProduct *product = context;
    const Packed *p = product->packed;
    for (size_t l = 0; l < p->k; l += DEPTH)
        for (size_t i = first; i < end; i += BLOCK_ROWS) {
            const size_t depth = smaller(p->k - l, DEPTH);
            Factors f = {.a = product->a + i * p->k + l,
                         .row_step = p->k,
                         .step = 1,
                         .b = p->panels + l * padded(p->n),
                         .b_step = PANEL,
                         .depth = depth};
            const Block block = {.c = product->c,
                                 .n = p->n,
                                 .at = i * p->n,
                                 .rows = smaller(end - i, BLOCK_ROWS),
                                 .tile_step = TILE_ROWS * p->k,
                                 .accumulate = l > 0,
                                 .epilogue = l + depth < p->k ? NULL : product->epilogue};
            for (size_t j = 0; j < p->n; j += PANEL, f.b += depth * PANEL)
                multiply_panel(&block, j, f);
        }
}

void AMBIT_LEVELED(ambit_vector_matmul_packed)(const AmbitKernelContext *context, float *c,
                                               const float *a, const void *packed, size_t m,
                                               const AmbitEpilogue *epilogue)
{
    const PackedProduct product = {c, a, packed, epilogue};
    share_rows(context, TILE_ROWS, m, product.packed->n, product.packed->k, multiply_packed_rows,
               &product);
}
