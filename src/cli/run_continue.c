// SPDX-License-Identifier: MIT
// Which settings a user may change when resuming, and the check that nothing else did; folders
// that hold a run already.
#include "run.h"

#include "ambit/memory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The evaluation section, last in a resolved config, may change too. */
static size_t compared_length(const char *resolved)
{
    const char *evaluation = strstr(resolved, "\nevaluation:");
    return evaluation ? (size_t)(evaluation - resolved) : strlen(resolved);
}

/* The line of `text` that holds offset `at`, without leading blanks, into line. */
static void line_at(const char *text, size_t at, char line[128])
{
    while (at > 0 && text[at - 1] != '\n')
        at--;
    text += at + strspn(text + at, " ");
    snprintf(line, 128, "%.*s", (int)strcspn(text, "\n"), text);
}

static AmbitStatus compare(const char *now, const char *kept, const char *path, AmbitError *error)
{
    size_t length = compared_length(now);
    if (length == compared_length(kept) && memcmp(now, kept, length) == 0)
        return AMBIT_OK;
    size_t at = 0;
    while (now[at] && now[at] == kept[at])
        at++;
    char here[128], there[128];
    line_at(now, at, here);
    line_at(kept, at, there);
    return ambit_error_set(
        error, AMBIT_INVALID,
        "%s: cannot continue this run with another config: it was started with `%s`, now it is "
        "`%s`. A resumed run may change train_steps, {save,keep}_every_steps, out_dir, wandb and "
        "evaluation; for anything else start a new run with -o",
        path, there, here);
}

AmbitStatus ambit_run_may_continue(const AmbitConfig *config, const char *kept, const char *path,
                                   AmbitError *error)
{
    const AmbitRunSettings *run = &config->run;
    char text[6][512];
    snprintf(text[0], 512, "training.train_steps=%lld", (long long)config->training.train_steps);
    snprintf(text[1], 512, "training.save_every_steps=%lld", (long long)run->save_every_steps);
    snprintf(text[2], 512, "training.keep_every_steps=%lld", (long long)run->keep_every_steps);
    snprintf(text[3], 512, "wandb.log_every_steps=%lld", (long long)run->log_every_steps);
    snprintf(text[4], 512, "wandb.name=\"%s\"", run->name ? run->name : "");
    snprintf(text[5], 512, "out_dir=\"%s\"", run->out_dir);
    char *overrides[6];
    for (size_t i = 0; i < 6; i++)
        overrides[i] = text[i];
    AmbitConfig *before;
    AmbitStatus status = ambit_config_load_text(&before, kept, path, NULL, overrides, 6, error);
    if (status)
        return status;
    status = compare(config->resolved, before->resolved, path, error);
    ambit_config_destroy(&before);
    return status;
}

AmbitStatus ambit_run_refuse_used(const char *folder, AmbitError *error)
{
    char *path;
    int64_t step;
    if (ambit_checkpoint_latest(folder, &path, &step, NULL))
        return AMBIT_OK;
    ambit_error_set(error, AMBIT_INVALID,
                    "%s: already holds %s; `ambit pretrain --resume` continues it, another folder "
                    "starts another run",
                    folder, path);
    ambit_free(path);
    return AMBIT_INVALID;
}

bool ambit_run_is_running(const char *folder)
{
    char *path = ambit_cli_path(folder, ".lock");
    int lock = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    bool running = lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) != 0;
    if (lock >= 0)
        close(lock);
    ambit_free(path);
    return running;
}
