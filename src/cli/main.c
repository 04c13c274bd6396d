// SPDX-License-Identifier: MIT
// The program: finds the command and runs it.
#include "cli.h"
#include "resources.h"
#include "team.h"

#include "ambit/store.h"

#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const AmbitCommand *const commands[] = {&ambit_command_pretrain,
                                               &ambit_command_evaluate,
                                               &ambit_command_show,
                                               &ambit_command_report,
                                               &ambit_command_export,
                                               &ambit_command_import,
                                               &ambit_command_convert,
                                               &ambit_command_watch,
                                               &ambit_command_list,
                                               &ambit_command_bench,
                                               &ambit_command_grid,
                                               &ambit_command_collect,
                                               NULL};

enum { N_COMMANDS = sizeof commands / sizeof *commands - 1 };

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static bool find_option(const AmbitCommand *command, const char *name)
{
    const AmbitTerm *option = command->options;
    while (option && option->name && strcmp(option->name, name) != 0)
        option++;
    return option && option->name;
}

static int run(const AmbitCommand *command, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            ambit_cli_print_help(command);
            return 0;
        }
    AmbitOptions options = {0};
    AmbitError error = {0};
    AmbitStatus status = ambit_cli_check_launch(command, &error);
    if (!status)
        status = ambit_cli_options(&options, command, argc, argv, &error);
    if (options.quiet)
        ambit_cli_be_quiet();
    if (!status && find_option(command, "--threads"))
        status = ambit_cli_check_resources(options.n_threads, &error);
    status = ambit_cli_agree(status, &error);
    int code = status ? ambit_cli_fail(status, &error) : command->run(&options);
    ambit_cli_options_free(&options);
    return code;
}

static int refuse(const char *word)
{
    const char *names[N_COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i]->name;
    const char *nearest = ambit_nearest_name(word, names);
    fprintf(stderr, "ambit: no command '%s'", word);
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\n\n");
    ambit_cli_print_usage(stderr, commands);
    return 2;
}

/* Returns the exit code, which is an error if the output could not be written. */
static int finish_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "ambit: cannot write to standard output: %s\n", ambit_system_text(errno));
    return code ? code : 1;
}

/* Opens closed standard streams on /dev/null: otherwise the next file that is opened gets the
 * descriptor of one, and what is printed overwrites that file. They are opened for the wrong
 * direction, so that using them still fails. */
static bool occupy_streams(void)
{
    const int flags[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", flags[stream]) != stream)
            return false;
    return true;
}

/* Does what the command line says; of several processes the first alone answers for help. */
static int answer(int argc, char **argv)
{
    if (argc < 2) {
        ambit_cli_print_usage(stderr, commands);
        return 2;
    }
    if (argc == 3 && strcmp(argv[1], "help") == 0 && strcmp(argv[2], "--json") == 0)
        return finish_output(ambit_cli_print_json(commands) ? 1 : 0);
    bool of_command = strcmp(argv[1], "help") == 0 && argc > 2 && !is_help(argv[2]);
    if (is_help(argv[1]) && !of_command) {
        ambit_cli_print_usage(stdout, commands);
        return finish_output(0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("ambit %s\n", ambit_code_version());
        return finish_output(0);
    }
    char *asked[] = {NULL, "--help"}; // `ambit help COMMAND` is `ambit COMMAND --help`
    const char *name = of_command ? argv[2] : argv[1];
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(name, commands[i]->name) == 0)
            return finish_output(of_command ? run(commands[i], 2, asked)
                                            : run(commands[i], argc - 1, argv + 1));
    return refuse(name);
}

int main(int argc, char **argv)
{
    AmbitTeam team;
    AmbitError error = {0};
    if (!occupy_streams()) {
        fprintf(stderr, "ambit: a standard stream is closed, and /dev/null cannot be opened: %s\n",
                ambit_system_text(errno));
        return 1;
    }
    gsl_set_error_handler_off();
    mallopt(M_MMAP_THRESHOLD, 4 << 20); // larger arrays go back to the system when they are freed
    signal(SIGXFSZ, SIG_IGN); // a write beyond the limit of file sizes fails with a message
    AmbitStatus status = ambit_cli_launch(&team, &error);
    ambit_cli_set_team(&team);
    int code = status ? ambit_cli_fail(status, &error) : answer(argc, argv);
    ambit_cli_land(&team);
    return code;
}
