// SPDX-License-Identifier: MIT
// Scratch folders for tests.
#include "scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_PATHS = 32, LONGEST_PATH = 4096 };

static char paths[MOST_PATHS][LONGEST_PATH];
static size_t n_paths;

static void must(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        abort();
    }
}

int scratch_open(void **state)
{
    static char folder[LONGEST_PATH];
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/ambit-XXXXXX", parent ? parent : "/tmp");
    n_paths = 0;
    *state = mkdtemp(folder);
    return *state ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *file, int kind, struct FTW *place)
{
    (void)file, (void)kind, (void)place;
    return remove(path);
}

int scratch_close(void **state)
{
    return nftw(*state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *folder, const char *name)
{
    must(n_paths < MOST_PATHS, "scratch_path");
    int length = snprintf(paths[n_paths], LONGEST_PATH, "%s/%s", folder, name);
    must(length > 0 && length < LONGEST_PATH, "scratch_path");
    return paths[n_paths++];
}

size_t scratch_count(const char *folder)
{
    DIR *stream = opendir(folder);
    must(stream != NULL, folder);
    size_t count = 0;
    while (readdir(stream))
        count++;
    closedir(stream);
    return count - 2; // . and ..
}

size_t scratch_size(const char *path)
{
    struct stat file;
    must(stat(path, &file) == 0, path);
    return (size_t)file.st_size;
}

void scratch_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    must(file && fputs(text, file) >= 0 && fclose(file) == 0, path);
}

void scratch_flip(const char *path, size_t place)
{
    FILE *file = fopen(path, "r+b");
    must(file && fseek(file, (long)place, SEEK_SET) == 0, path);
    int byte = fgetc(file);
    must(byte != EOF && fseek(file, (long)place, SEEK_SET) == 0, path);
    must(fputc(byte ^ 0xff, file) != EOF && fclose(file) == 0, path);
}
