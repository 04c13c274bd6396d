// SPDX-License-Identifier: MIT
// The progress line: redrawn on a terminal, a plain line every few seconds elsewhere.
#include "cli.h"
#include "show.h"
#include "team.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR_SIZE = 32, LINE_SIZE = 256 };

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

void ambit_cli_progress_start(AmbitProgress *progress, int64_t first, int64_t total)
{
    progress->first = first;
    progress->total = total;
    progress->quiet = ambit_cli_is_quiet() || ambit_cli_team()->index > 0;
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

/* Writes "[####----] " with `width` marks. */
static void draw_bar(char *bar, double share, size_t width)
{
    size_t full = (size_t)(share * (double)width);
    *bar++ = '[';
    for (size_t i = 0; i < width; i++)
        *bar++ = i < full ? '#' : '-';
    strcpy(bar, "] ");
}

/* Writes the widest bar that fits into the columns left, or none. */
static size_t bar_width(size_t left)
{
    static const size_t widths[] = {20, 10, 5};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (widths[i] + 3 <= left)
            return widths[i];
    return 0;
}

void ambit_cli_progress_text(const AmbitProgress *progress, int64_t done, double seconds,
                             const char *const *details, size_t columns, char *text, size_t size)
{
    double rate = (double)(done - progress->first) / fmax(seconds, 1e-9);
    char eta[32], bar[BAR_SIZE] = "", body[LINE_SIZE], end[96] = "";
    ambit_cli_duration((double)(progress->total - done) / rate, eta);
    size_t used = (size_t)snprintf(body, sizeof body, "%.60s %lld/%lld", progress->unit,
                                   (long long)done, (long long)progress->total);
    size_t width = ambit_show_text_width(body), all = width + sizeof "  12345678  ETA 12:34:56";
    for (size_t i = 0; details[i]; i++)
        all += ambit_show_text_width(details[i]) + 2;
    bool tight = all + strlen(progress->rate) > columns;
    if (done > progress->first) // otherwise the rate is not known yet
        snprintf(end, sizeof end, "  %.0f%s%s  ETA %s", rate * progress->rate_factor,
                 tight ? "/" : " ", tight ? "s" : progress->rate, eta);
    width += strlen(end);
    for (; *details; details++) {
        size_t more = ambit_show_text_width(*details) + 2;
        if (width + more > columns || used + strlen(*details) + 2 >= sizeof body)
            continue;
        used += (size_t)snprintf(body + used, sizeof body - used, "  %s", *details);
        width += more;
    }
    size_t marks = progress->terminal && width < columns ? bar_width(columns - width) : 0;
    if (marks)
        draw_bar(bar, progress->total ? (double)done / (double)progress->total : 1, marks);
    snprintf(text, size, "%s%s%s", bar, body, end);
}

void ambit_cli_progress_show(AmbitProgress *progress, int64_t done, const char *const *details)
{
    double now = ambit_cli_seconds();
    double interval = progress->terminal ? terminal_interval : plain_interval;
    if (progress->quiet || (now - progress->shown < interval && done < progress->total))
        return;
    progress->shown = now;
    char line[LINE_SIZE + BAR_SIZE + 96];
    size_t columns = progress->terminal ? (size_t)terminal_columns() - 1 : LINE_SIZE;
    ambit_cli_progress_text(progress, done, now - progress->started, details, columns, line,
                            sizeof line);
    fputs(progress->terminal ? "\r" : "", stderr);
    ambit_show_text(stderr, line, 0);
    fputs(progress->terminal ? "\033[K" : "\n", stderr);
    fflush(stderr);
}

void ambit_cli_progress_end(AmbitProgress *progress)
{
    if (!progress->quiet && progress->terminal)
        fprintf(stderr, "\n");
}
