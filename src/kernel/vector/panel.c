// SPDX-License-Identifier: MIT
// Packs panels of the right operand of a product.
#include "tile.h"

#include "transpose.h"

/* Rows that lie along the depth become columns. */
static void turn(float *panel, Lying part, size_t depth, size_t columns)
{
    size_t j = 0;
    for (; j + 4 <= columns; j += 4) {
        const float *from = part.x + j * part.across;
        size_t l = 0;
        for (; l + 4 <= depth; l += 4)
            transpose_four(panel + l * PANEL + j, PANEL, from + l, part.across);
        for (; l < depth; l++)
            for (size_t i = 0; i < 4; i++)
                panel[l * PANEL + j + i] = from[i * part.across + l];
    }
    for (; j < columns; j++)
        for (size_t l = 0; l < depth; l++)
            panel[l * PANEL + j] = part.x[j * part.across + l];
}

void AMBIT_LEVELED(ambit_vector_pack_panel)(float *panel, Lying part, size_t depth, size_t columns)
{
    if (columns < PANEL)
        memset(panel, 0, depth * PANEL * sizeof *panel);
    if (part.across != 1)
        turn(panel, part, depth, columns);
    else if (columns < PANEL)
        for (size_t l = 0; l < depth; l++, panel += PANEL, part.x += part.along)
            memcpy(panel, part.x, columns * sizeof *panel);
    else
        for (size_t l = 0; l < depth; l++, panel += PANEL, part.x += part.along)
            memcpy(panel, part.x, PANEL * sizeof *panel);
}
