// SPDX-License-Identifier: MIT
// The program: picks the command. The only place that exits.
#include "cli.h"

#include "ambit/store.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const AmbitCommand *const commands[] = {
    &ambit_command_pretrain, &ambit_command_evaluate, &ambit_command_show,    &ambit_command_report,
    &ambit_command_export,   &ambit_command_import,   &ambit_command_convert, &ambit_command_watch,
    &ambit_command_list,     &ambit_command_bench,
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_usage(FILE *to)
{
    fprintf(to, "ambit: how far does in-context learning reach beyond what was pretrained on?\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  ambit %-9s %s\n                  %s\n", commands[i]->name,
                commands[i]->usage, commands[i]->summary);
    fprintf(to, "\n`ambit COMMAND --help` says more. Try ./experiments/quickstart.sh first.\n"
                "Output has no colours: NO_COLOR has nothing to do.\n");
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int run(const AmbitCommand *command, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            printf("usage: ambit %s %s\n\n%s", command->name, command->usage, command->help);
            return 0;
        }
    AmbitOptions options;
    AmbitError error = {0};
    AmbitStatus status = ambit_cli_options(&options, command, argc, argv, &error);
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
    print_usage(stderr);
    return 2;
}

/* What was printed has to arrive. */
static int finish_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "ambit: cannot write to standard output: %s\n", ambit_system_text(errno));
    return code ? code : 1;
}

int main(int argc, char **argv)
{
    gsl_set_error_handler_off();
    signal(SIGXFSZ, SIG_IGN); // a write beyond the limit of file sizes fails with a message
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    bool of_command = strcmp(argv[1], "help") == 0 && argc > 2 && !is_help(argv[2]);
    if (is_help(argv[1]) && !of_command) {
        print_usage(stdout);
        return finish_output(0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("ambit %s\n", ambit_code_version());
        return finish_output(0);
    }
    char *asked[] = {NULL, "--help"}; // of `ambit help COMMAND`
    const char *name = of_command ? argv[2] : argv[1];
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(name, commands[i]->name) == 0)
            return finish_output(of_command ? run(commands[i], 2, asked)
                                            : run(commands[i], argc - 1, argv + 1));
    return refuse(name);
}
