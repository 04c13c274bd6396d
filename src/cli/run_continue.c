// SPDX-License-Identifier: MIT
// Which settings a user may change when resuming, and the check that nothing else did.
#include "run.h"

#include <string.h>

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Lines of a resolved config that may change; from `wandb`, the next to last section, on all may.
 */
static bool may_change(const char *line)
{
    static const char *const starts[] = {
        "out_dir:",     "  train_steps:",     "  skip_nonfinite:", "  save_every_steps:",
        "  keep_last:", "  keep_every_steps:"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (starts_with(line, starts[i]))
            return true;
    return false;
}

typedef struct Line {
    const char *text;
    size_t length;
} Line;

/* Cuts the next line that must not change off `text`; false at the end of them. */
static bool next_line(const char **text, Line *line)
{
    while (**text && !starts_with(*text, "wandb:")) {
        const char *start = *text;
        size_t length = strcspn(start, "\n");
        *text += length + (start[length] == '\n');
        if (!may_change(start)) {
            *line = (Line){start, length};
            return true;
        }
    }
    *line = (Line){"nothing more", strlen("nothing more")};
    return false;
}

/* How much of a line's end a message shows: without the indent. */
static int shown(const Line *line)
{
    return (int)(line->length - strspn(line->text, " "));
}

static AmbitStatus compare(const char *now, const char *kept, const char *path, AmbitError *error)
{
    Line here, there;
    bool left = true;
    while (left) {
        left = next_line(&now, &here);
        left = next_line(&kept, &there) || left;
        if (here.length != there.length || memcmp(here.text, there.text, here.length) != 0)
            return ambit_error_set(
                error, AMBIT_INVALID,
                "%s: cannot continue this run with another config: it was started with `%.*s`, "
                "now it is `%.*s`. A resumed run may change train_steps, skip_nonfinite, "
                "{save,keep}_every_steps, keep_last, out_dir, wandb and evaluation; for anything "
                "else start a new run with -o",
                path, shown(&there), there.text + there.length - shown(&there), shown(&here),
                here.text + here.length - shown(&here));
    }
    return AMBIT_OK;
}

/* More steps stretch a rate that falls to its end at the last: it jumps where the run goes on. */
static void note_schedule(const AmbitConfig *config, const AmbitConfig *before)
{
    int64_t steps = config->training.train_steps, planned = before->training.train_steps;
    int name = config->training.schedule.name;
    if (steps != planned && (name == AMBIT_SCHEDULE_LINEAR || name == AMBIT_SCHEDULE_COSINE))
        fprintf(stderr,
                "note: the learning rate falls to its end at step %lld, before at %lld: it jumps "
                "here, and the run is not one of %lld steps from the start\n",
                (long long)steps, (long long)planned, (long long)steps);
}

AmbitStatus ambit_run_may_continue(const AmbitConfig *config, const char *kept, const char *path,
                                   int64_t step, int64_t *kept_every, AmbitError *error)
{
    AmbitConfig *before; // resolved anew: the version that kept it may have had fewer settings
    AmbitStatus status = ambit_config_load_text(&before, kept, path, NULL, NULL, 0, error);
    if (status)
        return status;
    *kept_every = before->run.keep_every_steps;
    status = compare(config->resolved, before->resolved, path, error);
    if (!status && config->training.train_steps < step)
        status = ambit_error_set(error, AMBIT_INVALID,
                                 "%s: the run has made %lld steps, training.train_steps is %lld; "
                                 "give at least as many",
                                 path, (long long)step, (long long)config->training.train_steps);
    if (!status && step > 0)
        note_schedule(config, before);
    ambit_config_destroy(&before);
    return status;
}
