// SPDX-License-Identifier: MIT
// Tables and plots of errors in Unicode text.
#include "show.h"

#include <math.h>
#include <string.h>

enum { PLOT_COLUMNS = 72, PLOT_ROWS = 13, MARGIN = 2, CELL = 10, MOST_CELLS = 8 };

static const double plot_step = 0.1; // error per row: 0 … 1.2

static const char *const glyphs[] = {"●", "○", "▲", "△", "■", "□", "◆", "◇", "★", "☆", "×", "+"};
enum { N_GLYPHS = sizeof glyphs / sizeof *glyphs };
static const char band[] = "┊", thin[] = "·";

/* Chooses the columns of a table: evenly spaced, with the first and the last. */
static size_t choose_columns(const AmbitPanel *panel, size_t label_width, size_t chosen[MOST_CELLS])
{
    size_t count = (AMBIT_SHOW_WIDTH - MARGIN - label_width) / CELL;
    if (count > MOST_CELLS)
        count = MOST_CELLS;
    if (count > panel->n_x)
        count = panel->n_x;
    for (size_t i = 0; i < count; i++)
        chosen[i] =
            count == 1 ? panel->n_x - 1 : (i * (panel->n_x - 1) + (count - 1) / 2) / (count - 1);
    return count;
}

static size_t label_width(const AmbitPanel *panel)
{
    size_t width = strlen("  90 % from");
    for (size_t row = 0; row < panel->n_rows; row++) {
        size_t own = ambit_show_text_width(panel->labels[row]);
        width = own > width ? own : width;
    }
    return width < 28 ? width : 28;
}

/* The row to be starred at column x; n_rows if there is none. */
static size_t best_row(const AmbitPanel *panel, size_t x)
{
    size_t best = panel->n_rows;
    for (size_t row = 0; panel->starred && row < panel->n_rows; row++) {
        double value = panel->mean[row * panel->n_x + x];
        if (strcmp(panel->labels[row], "zero") == 0 || isnan(value))
            continue;
        if (best == panel->n_rows || value < panel->mean[best * panel->n_x + x])
            best = row;
    }
    return best;
}

static void start_line(FILE *out, const char *label, size_t width)
{
    fprintf(out, "%*s", MARGIN, "");
    ambit_show_text(out, label, width);
}

/* Prints one end of the intervals of a row. */
static void show_ends(FILE *out, const AmbitPanel *panel, const char *label, size_t width,
                      const double *ends, size_t row, const size_t *chosen, size_t count)
{
    start_line(out, label, width);
    for (size_t i = 0; i < count; i++) {
        char text[AMBIT_NUMBER_SIZE];
        ambit_show_number(ends[row * panel->n_x + chosen[i]], text);
        fprintf(out, "%*s%s", CELL - 1, text, i + 1 < count ? " " : "");
    }
    fputc('\n', out);
}

static bool has_interval(const AmbitPanel *panel, size_t row)
{
    for (size_t x = 0; x < panel->n_x; x++)
        if (!isnan(panel->low[row * panel->n_x + x]))
            return true;
    return false;
}

static void show_row(FILE *out, const AmbitPanel *panel, size_t row, size_t width,
                     const size_t *chosen, size_t count)
{
    start_line(out, panel->labels[row], width);
    for (size_t i = 0; i < count; i++) {
        char text[AMBIT_NUMBER_SIZE];
        ambit_show_number(panel->mean[row * panel->n_x + chosen[i]], text);
        const char *mark = best_row(panel, chosen[i]) == row ? "*" : i + 1 < count ? " " : "";
        fprintf(out, "%*s%s", CELL - 1, text, mark);
    }
    fputc('\n', out);
    if (!panel->low || (panel->starred && row > 0) || !has_interval(panel, row))
        return;
    show_ends(out, panel, "  90 % from", width, panel->low, row, chosen, count);
    show_ends(out, panel, "       to", width, panel->high, row, chosen, count);
}

void ambit_show_table(FILE *out, const AmbitPanel *panel)
{
    size_t chosen[MOST_CELLS], width = label_width(panel);
    size_t count = choose_columns(panel, width, chosen);
    if (*panel->x_name) // else there is one column, without a name
        start_line(out, panel->x_name, width);
    for (size_t i = 0; i < count && *panel->x_name; i++)
        fprintf(out, "%*.5g%s", CELL - 1, panel->x[chosen[i]], i + 1 < count ? " " : "\n");
    for (size_t row = 0; row < panel->n_rows; row++)
        show_row(out, panel, row, width, chosen, count);
    if (count < panel->n_x)
        fprintf(out, "%*s%zu of %zu columns; `ambit convert` has all\n", MARGIN, "", count,
                panel->n_x);
}

/* The panel's column that plot column c shows, or n_x if it shows none. */
static size_t plot_source(size_t n_x, size_t c)
{
    if (n_x == 1)
        return c == 0 ? 0 : n_x;
    size_t nearest = (c * (n_x - 1) + (PLOT_COLUMNS - 1) / 2) / (PLOT_COLUMNS - 1);
    size_t place = (nearest * (PLOT_COLUMNS - 1) + (n_x - 1) / 2) / (n_x - 1);
    return n_x >= PLOT_COLUMNS || place == c ? nearest : n_x;
}

static size_t plot_row(double value)
{
    return (size_t)fmin(fmax(round(value / plot_step), 0), PLOT_ROWS - 1);
}

/* Draws the rows, earlier ones over later ones. Errors above the top are drawn at the top. */
static void draw(const AmbitPanel *panel, const char *grid[PLOT_ROWS][PLOT_COLUMNS])
{
    size_t n_drawn = panel->n_rows < N_GLYPHS ? panel->n_rows : N_GLYPHS;
    for (size_t row = n_drawn; row-- > 0;)
        for (size_t c = 0; c < PLOT_COLUMNS; c++) {
            size_t x = plot_source(panel->n_x, c);
            double value = x < panel->n_x ? panel->mean[row * panel->n_x + x] : NAN;
            if (isnan(value))
                continue;
            grid[plot_row(value)][c] = glyphs[row];
        }
}

/* Draws the thin lines wherever nothing else is drawn. */
static void draw_thin(const AmbitPanel *panel, const char *grid[PLOT_ROWS][PLOT_COLUMNS])
{
    for (size_t line = 0; line < panel->n_thin; line++)
        for (size_t c = 0; c < PLOT_COLUMNS; c++) {
            size_t x = plot_source(panel->n_x, c);
            double value = x < panel->n_x ? panel->thin[line * panel->n_x + x] : NAN;
            if (!isnan(value) && !grid[plot_row(value)][c])
                grid[plot_row(value)][c] = thin;
        }
}

/* Draws the interval of the first row wherever nothing else is drawn. */
static void draw_band(const AmbitPanel *panel, const char *grid[PLOT_ROWS][PLOT_COLUMNS])
{
    for (size_t c = 0; c < PLOT_COLUMNS; c++) {
        size_t x = plot_source(panel->n_x, c);
        if (x >= panel->n_x || isnan(panel->low[x]) || isnan(panel->high[x]))
            continue;
        for (size_t row = plot_row(panel->low[x]); row <= plot_row(panel->high[x]); row++)
            if (!grid[row][c])
                grid[row][c] = band;
    }
}

static void show_legend(FILE *out, const AmbitPanel *panel)
{
    size_t used = 0, n_drawn = panel->n_rows < N_GLYPHS ? panel->n_rows : N_GLYPHS;
    for (size_t row = 0; row < n_drawn; row++) {
        size_t width = ambit_show_text_width(panel->labels[row]), most = AMBIT_SHOW_WIDTH - 12;
        width = width < most ? width : most;
        if (row == 0 || used + width + 4 > AMBIT_SHOW_WIDTH) {
            fprintf(out, "%s     ", row ? "\n" : "");
            used = 5;
        }
        fprintf(out, "  %s ", glyphs[row]);
        ambit_show_text(out, panel->labels[row], width);
        used += width + 4;
    }
    if (panel->n_rows > n_drawn)
        fprintf(out, "\n       (%zu more are not drawn)", panel->n_rows - n_drawn);
    fputc('\n', out);
    if (panel->thin)
        fprintf(out, "       %s single runs\n", thin);
    if (!panel->low)
        return;
    if (panel->band) {
        fprintf(out, "       %s %s\n", band, panel->band);
        return;
    }
    fprintf(out, "       %s 90 %% interval of %s; a marker hides those listed after it\n", band,
            glyphs[0]);
}

void ambit_show_plot(FILE *out, const AmbitPanel *panel)
{
    const char *grid[PLOT_ROWS][PLOT_COLUMNS] = {{NULL}};
    draw(panel, grid);
    if (panel->thin)
        draw_thin(panel, grid);
    if (panel->low)
        draw_band(panel, grid);
    for (size_t row = PLOT_ROWS; row-- > 0;) {
        if (row % 2 == 0)
            fprintf(out, "%5.1f ┤", (double)row * plot_step);
        else
            fputs("      │", out);
        size_t end = PLOT_COLUMNS;
        while (end > 0 && !grid[row][end - 1])
            end--;
        for (size_t c = 0; c < end; c++)
            fputs(grid[row][c] ? grid[row][c] : " ", out);
        fputc('\n', out);
    }
    fputs("      └", out);
    for (size_t c = 0; c < PLOT_COLUMNS; c++)
        fputs("─", out);
    char first[32], last[32];
    snprintf(first, sizeof first, "%.5g", panel->x[0]);
    snprintf(last, sizeof last, "%.5g", panel->x[panel->n_x - 1]);
    size_t middle = PLOT_COLUMNS - strlen(first) - strlen(last) - 2;
    size_t name = ambit_show_text_width(panel->x_name), before = middle > name ? middle - name : 0;
    before = before / 2 + 1;
    fprintf(out, "\n       %s%*s", first, (int)before, "");
    ambit_show_text(out, panel->x_name, middle + 2 > before ? middle + 2 - before : 0);
    fprintf(out, "%s\n", panel->n_x > 1 ? last : "");
    show_legend(out, panel);
}
