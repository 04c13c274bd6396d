// SPDX-License-Identifier: MIT
// The program: picks the command. The only place that exits.
#include "cli.h"

#include "ambit/store.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <string.h>

typedef struct Command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage, *summary;
} Command;

static const Command commands[] = {
    {"pretrain", ambit_cli_pretrain,
     "CONFIG.yaml [-o RUN] [--resume] [--dry-run] [--key.sub=value …]",
     "train a transformer on prompts of a mixture of function classes"},
    {"evaluate", ambit_cli_evaluate, "RUN|CHECKPOINT|none [CONFIG.yaml] [-o results.h5]",
     "measure it beside baselines on the same prompts; results in HDF5"},
    {"show", ambit_cli_show, "FILE.h5|RUN", "tables and learning curves in the terminal"},
    {"report", ambit_cli_report, "RESULTS.h5|RUN [-o report.html] [--figures DIR]",
     "figures, captions and tables as one HTML page"},
    {"list", ambit_cli_list, "families|prompts|predictors|probes [NAME]",
     "what a config may name, with parameters, defaults and ranges"},
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_usage(FILE *to)
{
    fprintf(to, "ambit: how far does in-context learning reach beyond what was pretrained on?\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  ambit %-9s %s\n                  %s\n", commands[i].name, commands[i].usage,
                commands[i].summary);
    fprintf(to, "\n`ambit COMMAND --help` says more. Try ./experiments/quickstart.sh first.\n");
}

static int refuse(const char *word)
{
    const char *names[N_COMMANDS + 1] = {NULL};
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = ambit_nearest_name(word, names);
    fprintf(stderr, "ambit: no command '%s'", word);
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\n\n");
    print_usage(stderr);
    return 2;
}

int main(int argc, char **argv)
{
    gsl_set_error_handler_off();
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("ambit %s\n", ambit_code_version());
        return 0;
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return refuse(argv[1]);
}
