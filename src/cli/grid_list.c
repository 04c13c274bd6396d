// SPDX-License-Identifier: MIT
// The tasks of a grid as a table and as JSON.
#include "grid.h"
#include "show.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static size_t wider(size_t columns, const char *text)
{
    size_t width = ambit_show_text_width(text);
    return width > columns ? width : columns;
}

static void print_padded(const char *text, size_t columns)
{
    ambit_show_text(stdout, text, 0);
    printf("%*s", (int)(columns - ambit_show_text_width(text) + 2), "");
}

/* "weight (3) x seed (5)" */
static void print_heading(const AmbitGrid *grid)
{
    printf("%zu task%s: ", grid->n_tasks, grid->n_tasks == 1 ? "" : "s");
    for (size_t a = 0; a < grid->n_axes; a++) {
        printf("%s", a ? " × " : "");
        ambit_show_text(stdout, grid->axes[a].name, 0);
        printf(" (%zu)", grid->axes[a].length);
    }
    printf(", in ");
    ambit_show_text(stdout, grid->folder, 0);
    putchar('\n');
}

static void print_totals(const AmbitGrid *grid, const AmbitTask *tasks)
{
    size_t counts[AMBIT_N_TASK_STATES] = {0};
    const char *between = "";
    for (size_t i = 0; i < grid->n_tasks; i++)
        counts[tasks[i].state]++;
    for (size_t s = 0; s < AMBIT_N_TASK_STATES; s++)
        if (counts[s]) {
            printf("%s%zu %s", between, counts[s], ambit_task_words[s]);
            between = ", ";
        }
    fputc('\n', stdout);
}

/* Widths of the columns: number, values, folder. */
static void measure(const AmbitGrid *grid, const AmbitTask *tasks, size_t *widths)
{
    size_t number = strlen("task");
    widths[0] = number;
    for (size_t a = 0; a < grid->n_axes; a++) {
        widths[a + 1] = wider(0, grid->axes[a].name);
        for (size_t i = 0; i < grid->axes[a].length; i++)
            widths[a + 1] = wider(widths[a + 1], grid->axes[a].texts[i]);
    }
    widths[grid->n_axes + 1] = strlen("folder");
    for (size_t i = 0; i < grid->n_tasks; i++)
        widths[grid->n_axes + 1] = wider(widths[grid->n_axes + 1], tasks[i].folder);
}

AmbitStatus ambit_grid_print(const AmbitGrid *grid, const AmbitTask *tasks)
{
    size_t widths[AMBIT_MOST_GRID_AXES + 2];
    measure(grid, tasks, widths);
    print_heading(grid);
    print_padded("task", widths[0]);
    for (size_t a = 0; a < grid->n_axes; a++)
        print_padded(grid->axes[a].name, widths[a + 1]);
    print_padded("folder", widths[grid->n_axes + 1]);
    printf("state\n");
    for (size_t i = 0; i < grid->n_tasks; i++) {
        char number[32], state[1200];
        snprintf(number, sizeof number, "%zu", i);
        print_padded(number, widths[0]);
        for (size_t a = 0; a < grid->n_axes; a++)
            print_padded(grid->axes[a].texts[ambit_grid_place(grid, i, a)], widths[a + 1]);
        print_padded(tasks[i].folder, widths[grid->n_axes + 1]);
        ambit_task_text(&tasks[i], state, sizeof state);
        ambit_show_text(stdout, state, 0);
        fputc('\n', stdout);
    }
    print_totals(grid, tasks);
    return AMBIT_OK;
}

static bool add_values(cJSON *object, const AmbitGrid *grid, size_t task)
{
    cJSON *values = cJSON_AddObjectToObject(object, "values");
    bool added = values != NULL;
    for (size_t a = 0; added && a < grid->n_axes; a++) {
        const AmbitGridAxis *axis = &grid->axes[a];
        size_t at = ambit_grid_place(grid, task, a);
        added = axis->values ? cJSON_AddNumberToObject(values, axis->name, axis->values[at]) != NULL
                             : cJSON_AddStringToObject(values, axis->name, axis->texts[at]) != NULL;
    }
    return added;
}

static bool add_task(cJSON *list, const AmbitGrid *grid, const AmbitTask *task)
{
    cJSON *object = cJSON_CreateObject();
    bool added = object && cJSON_AddNumberToObject(object, "task", (double)task->number) &&
                 add_values(object, grid, task->number) &&
                 cJSON_AddStringToObject(object, "folder", task->folder) &&
                 cJSON_AddStringToObject(object, "state", ambit_task_words[task->state]) &&
                 cJSON_AddNumberToObject(object, "step", (double)task->step) &&
                 (!*task->message || cJSON_AddStringToObject(object, "message", task->message));
    if (added)
        return cJSON_AddItemToArray(list, object);
    cJSON_Delete(object);
    return false;
}

AmbitStatus ambit_grid_print_json(const AmbitGrid *grid, const AmbitTask *tasks)
{
    cJSON *list = cJSON_CreateArray();
    bool built = list != NULL;
    for (size_t i = 0; built && i < grid->n_tasks; i++)
        built = add_task(list, grid, &tasks[i]);
    char *text = built ? cJSON_Print(list) : NULL;
    if (text)
        printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(list);
    return text ? AMBIT_OK : AMBIT_NO_MEMORY;
}
