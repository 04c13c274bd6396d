// SPDX-License-Identifier: MIT
// The progress line: drawn over on a terminal, plain lines a few seconds apart elsewhere.
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_WIDTH = 20, LINE_SIZE = 256 };

static const double terminal_interval = 0.1, plain_interval = 5;

char *ambit_cli_duration(double seconds, char *text)
{
    if (!(seconds >= 0 && seconds < 1e9)) {
        strcpy(text, "?");
        return text;
    }
    long long s = (long long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, 32, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, 32, "%lld:%02lld", s / 60, s % 60);
    return text;
}

void ambit_cli_progress_start(AmbitProgress *progress, int64_t first, int64_t total, bool quiet)
{
    progress->first = first;
    progress->total = total;
    progress->quiet = quiet;
    progress->terminal = isatty(STDERR_FILENO);
    progress->started = ambit_cli_seconds();
    progress->shown = -INFINITY;
}

static int terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return 80;
}

/* "[######----------]", drawn in ASCII so that cutting a line never splits a character. */
static void draw_bar(char *bar, double share)
{
    int full = (int)(share * BAR_WIDTH);
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < full ? '#' : '-';
    bar[BAR_WIDTH] = '\0';
}

void ambit_cli_progress_show(AmbitProgress *progress, int64_t done, const char *detail)
{
    double now = ambit_cli_seconds();
    double interval = progress->terminal ? terminal_interval : plain_interval;
    if (progress->quiet || (now - progress->shown < interval && done < progress->total))
        return;
    progress->shown = now;
    double rate = (double)(done - progress->first) / fmax(now - progress->started, 1e-9);
    char eta[32], bar[BAR_WIDTH + 1], line[LINE_SIZE];
    ambit_cli_duration((double)(progress->total - done) / rate, eta);
    draw_bar(bar, progress->total ? (double)done / (double)progress->total : 1);
    int columns = progress->terminal ? terminal_columns() : LINE_SIZE - 1;
    snprintf(line, sizeof line, "%s%s%s%s %lld/%lld%s%s  %.0f %s  ETA %s",
             progress->terminal ? "[" : "", progress->terminal ? bar : "",
             progress->terminal ? "] " : "", progress->unit, (long long)done,
             (long long)progress->total, *detail ? "  " : "", detail, rate * progress->rate_factor,
             progress->rate, eta);
    if (progress->terminal)
        fprintf(stderr, "\r%-*.*s", columns - 1, columns - 1, line);
    else
        fprintf(stderr, "%s\n", line);
    fflush(stderr);
}

void ambit_cli_progress_end(AmbitProgress *progress)
{
    if (!progress->quiet && progress->terminal)
        fprintf(stderr, "\n");
}
