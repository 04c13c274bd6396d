// SPDX-License-Identifier: MIT
// The team of processes that share a command.
#include "team.h"

#include "ambit/kernels.h"
#include "ambit/memory.h"
#include "ambit/store.h"
#include "ambit/threads.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const AmbitTeam *team = &ambit_team_alone;

const AmbitTeam *ambit_cli_team(void)
{
    return team;
}

void ambit_cli_set_team(const AmbitTeam *of_process)
{
    team = of_process;
}

/* The number of processes that a launcher has started for this job step, and the variable that says
 * so. SLURM_NTASKS is none: it is set in batch scripts, where single processes run too. */
static long count_launched(const char **variable)
{
    static const char *const variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                            "SLURM_STEP_NUM_TASKS"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *text = getenv(variables[i]);
        long count = text ? strtol(text, NULL, 10) : 0;
        *variable = variables[i];
        if (count > 1)
            return count;
    }
    return 1;
}

AmbitStatus ambit_cli_check_launch(const AmbitCommand *command, AmbitError *error)
{
    const char *variable;
    if (team->count > 1 && !command->takes_team)
        return ambit_error_set(error, AMBIT_INVALID,
                               "%s: found %zu processes, allowed is one: start it without mpirun "
                               "or srun (pretrain and evaluate share their work)",
                               command->name, team->count);
    if (team->count > 1 || !command->takes_team)
        return AMBIT_OK;
    long count = count_launched(&variable);
    if (count == 1)
        return AMBIT_OK;
    return ambit_error_set(
        error, AMBIT_INVALID,
        "%s: found %s=%ld: each of these processes would do the whole work. %s", command->name,
        variable, count,
        strcmp(ambit_cli_program, "ambit") == 0
            ? "Start ambit-mpi, which shares it (built where MPI is found), or one process"
            : "Start ambit-mpi by the mpirun of the MPI that it is built with; of srun, by "
              "srun --mpi=pmix");
}

AmbitStatus ambit_cli_agree(AmbitStatus status, AmbitError *error)
{
    return ambit_team_agree(team, status, error);
}

AmbitStatus ambit_cli_decide(AmbitDecision *decision, AmbitStatus status, AmbitError *error)
{
    enum { STOP = 1, SAVE = 2, FAILED = 4 };
    unsigned char votes[AMBIT_MOST_PROCESSES], all = 0;
    size_t first[AMBIT_MOST_PROCESSES + 1];
    if (team->count == 1)
        return status;
    for (size_t p = 0; p <= team->count; p++)
        first[p] = p;
    votes[team->index] = (unsigned char)((decision->stop ? STOP : 0) | (decision->save ? SAVE : 0) |
                                         (status ? FAILED : 0));
    ambit_team_gather(team, votes, first, 1);
    for (size_t p = 0; p < team->count; p++)
        all |= votes[p];
    *decision = (AmbitDecision){.stop = all & STOP, .save = votes[0] & SAVE};
    return all & FAILED ? ambit_team_agree(team, status, error) : AMBIT_OK;
}

bool ambit_cli_follow(bool yes)
{
    ambit_team_share(team, &yes, sizeof yes, 0);
    return yes;
}

/* Something that all processes must have in common. */
typedef struct Common {
    const char *name, *text, *remedy;
} Common;

enum { SHOWN = 128 }; // of a text, in a message

static uint64_t hash(const char *text) // FNV-1a
{
    uint64_t value = 14695981039346656037u;
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * 1099511628211u;
    return value;
}

/* Returns the first process whose text differs from that of process 0; `count` if none does. */
static size_t find_other(const char *text)
{
    uint64_t hashes[AMBIT_MOST_PROCESSES];
    size_t first[AMBIT_MOST_PROCESSES + 1], p = 0;
    for (size_t i = 0; i <= team->count; i++)
        first[i] = i;
    hashes[team->index] = hash(text);
    ambit_team_gather(team, hashes, first, sizeof *hashes);
    while (p < team->count && hashes[p] == hashes[0])
        p++;
    return p;
}

/* Where the line begins in which two texts first differ; at the end of a text if they do not. */
static size_t find_line(const char *a, const char *b)
{
    size_t line = 0;
    for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++)
        line = a[i] == '\n' ? i + 1 : line;
    return line;
}

/* The first line of a process's text that differs from that of process 0, and its host. Finds it in
 * that process, which tells the others. */
static void show_line(const char *text, const char *other, size_t process, char shown[2 * SHOWN])
{
    char host[SHOWN / 2] = "", line[SHOWN];
    const char *found = text + find_line(text, other);
    if (gethostname(host, sizeof host - 1))
        strcpy(host, "?");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(found, "\n"), found);
    snprintf(shown, 2 * SHOWN, "%s (process %zu on %s)", line, process, host);
    ambit_team_share(team, shown, 2 * SHOWN, process);
}

static AmbitStatus compare(const Common *common, AmbitError *error)
{
    enum { MOST = 1 << 16 }; // of the texts, where they differ
    char first[MOST], differing[MOST], shown[2][2 * SHOWN];
    size_t process = find_other(common->text);
    if (process == team->count)
        return AMBIT_OK;
    snprintf(first, MOST, "%s", common->text);
    snprintf(differing, MOST, "%s", common->text);
    ambit_team_share(team, first, MOST, 0);
    ambit_team_share(team, differing, MOST, process);
    show_line(first, differing, 0, shown[0]);
    show_line(differing, first, process, shown[1]);
    return ambit_error_set(error, AMBIT_INVALID, "the processes differ in %s: found %s and %s; %s",
                           common->name, shown[0], shown[1], common->remedy);
}

/* Says where the launcher lets this process use fewer cores than there are. */
static void note_binding(const AmbitOptions *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t own = ambit_hardware_threads();
    if (team->index == 0 && !options->quiet && cores > 0 && own < (size_t)cores)
        fprintf(stderr,
                "note: each process may use %zu of the %ld cores of this machine (%zu processes "
                "here); more: mpirun --bind-to none, or srun --cpus-per-task\n",
                own, cores, team->n_local);
}

AmbitStatus ambit_cli_compare(const char *config, const char *model, const char *kernels,
                              const AmbitOptions *options, AmbitError *error)
{
    char version[SHOWN], choices[SHOWN];
    const char *core = ambit_kernels_openblas();
    if (team->count == 1)
        return AMBIT_OK;
    snprintf(version, sizeof version, "%s with glibc %s", ambit_code_version(),
             gnu_get_libc_version());
    snprintf(choices, sizeof choices, "resume %d, dry-run %d, quiet %d", options->resume,
             options->dry_run, options->quiet);
    const Common all[] = {{"version", version, "use the same build and system on all machines"},
                          {"kernels", kernels, "give --kernels with one that all machines have"},
                          {"the core of OpenBLAS", core ? core : "none",
                           "set OPENBLAS_CORETYPE to one that all machines have (mpirun -x)"},
                          {"the checkpoint", model, "let none be written meanwhile"},
                          {"options", choices, "start all processes with the same command line"},
                          {"the resolved config", config, "give all processes the same file"}};
    AmbitStatus status = AMBIT_OK;
    for (size_t i = 0; !status && i < sizeof all / sizeof *all; i++)
        status = compare(&all[i], error);
    if (error)
        error->agreed = true; // everybody has compared the same
    if (!status)
        note_binding(options);
    return status;
}

size_t ambit_cli_default_threads(void)
{
    size_t own = ambit_hardware_threads();
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool shared = cores > 0 && own >= (size_t)cores; // else the launcher has dealt the cores
    return shared && own > team->n_local ? own / team->n_local
           : shared && team->n_local > 1 ? 1
                                         : own;
}
