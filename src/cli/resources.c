// SPDX-License-Identifier: MIT
// Limits of the system under which libraries would spin for ever or end the process. They are found
// before work starts.
#include "resources.h"

#include "ambit/memory.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEBIBYTE ((size_t)1 << 20)
enum { OPENBLAS_BUFFER = 128, STACK = 8, LEAST_STACK = 1 }; // MiB of a thread
enum { EXPORTER = 2048 };                                   // MiB of Python with its libraries

/* Begins the program anew with OPENBLAS_NUM_THREADS=1, unless it has that: OpenBLAS starts threads
 * as it is loaded, which ambit does not use, and takes a buffer for each. Returns where this fails.
 */
static void spare_openblas(char **argv, char **environment)
{
    static const char name[] = "OPENBLAS_NUM_THREADS=";
    static char one[] = "OPENBLAS_NUM_THREADS=1";
    size_t n = 0, kept = 0;
    for (; environment[n]; n++)
        if (strcmp(environment[n], one) == 0)
            return;
    char **spared = mmap(NULL, (n + 2) * sizeof *spared, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (spared == MAP_FAILED)
        return;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environment[i], name, sizeof name - 1) != 0)
            spared[kept++] = environment[i];
    spared[kept] = one; // the rest is NULL
    execve("/proc/self/exe", argv, spared);
}

/* OpenBLAS takes buffers when it is loaded, before main, and where there is no room it tries for
 * ever. Only what stands in .preinit_array comes before that; setenv does not work yet. */
static void refuse_little_space(int argc, char **argv, char **environment)
{
    static const char message[] =
        "ambit: OpenBLAS takes 128 MiB of address space when the program is loaded, and the system "
        "gives less (ulimit -v); raise the limit\n";
    size_t needed = (OPENBLAS_BUFFER + 2) * MEBIBYTE; // and a little for what is loaded beside it
    struct rlimit limit;
    (void)argc;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        spare_openblas(argv, environment);
    void *space = mmap(NULL, needed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (space == MAP_FAILED)
        _exit(write(STDERR_FILENO, message, sizeof message - 1) < 0 ? 2 : 1);
    munmap(space, needed);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(int, char **,
                                                            char **) = refuse_little_space;

static AmbitStatus check_address_space(size_t n_threads, AmbitError *error)
{
    size_t needed = n_threads * (OPENBLAS_BUFFER + STACK) * MEBIBYTE;
    void *space = mmap(NULL, needed, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space != MAP_FAILED) {
        munmap(space, needed);
        return AMBIT_OK;
    }
    char amount[AMBIT_BYTES_TEXT];
    return ambit_error_set(error, AMBIT_IO,
                           "%zu thread%s would need %s of address space for OpenBLAS and stacks, "
                           "and the system gives less (ulimit -v); raise the limit, or give fewer "
                           "--threads",
                           n_threads, n_threads == 1 ? "" : "s",
                           ambit_bytes_text((double)needed, amount));
}

/* Reads a size of OpenMP: a number and B, K (or nothing), M or G. SIZE_MAX: it is none. */
static size_t read_size(const char *text)
{
    static const char units[] = "bkmg";
    char *end;
    unsigned long long count = strtoull(text, &end, 10);
    if (end == text)
        return SIZE_MAX;
    end += strspn(end, " \t");
    const char *unit = *end ? strchr(units, *end | 0x20) : units + 1;
    for (long i = unit ? unit - units : 0; i > 0 && count < SIZE_MAX >> 10; i--)
        count <<= 10;
    return unit ? (size_t)count : SIZE_MAX;
}

/* OpenMP ends the process where the stack does not hold the thread-local data of all libraries. */
static AmbitStatus check_stacks(AmbitError *error)
{
    static const char *const names[] = {"OMP_STACKSIZE", "GOMP_STACKSIZE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = getenv(names[i]);
        if (text && read_size(text) < LEAST_STACK * MEBIBYTE)
            return ambit_error_set(error, AMBIT_INVALID,
                                   "%s: found %s, and a thread needs %d MiB of stack; unset it, or "
                                   "give %dM or more",
                                   names[i], text, LEAST_STACK, LEAST_STACK);
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < LEAST_STACK * MEBIBYTE)
        return ambit_error_set(error, AMBIT_INVALID,
                               "the limit of the stack is %llu KiB (ulimit -s), and a thread needs "
                               "%d MiB; raise the limit",
                               (unsigned long long)limit.rlim_cur / 1024, LEAST_STACK);
    return AMBIT_OK;
}

AmbitStatus ambit_cli_check_resources(size_t n_threads, AmbitError *error)
{
    AmbitStatus status = check_stacks(error);
    return status ? status : check_address_space(n_threads, error);
}

AmbitStatus ambit_cli_check_exporter(AmbitError *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur >= EXPORTER * MEBIBYTE)
        return AMBIT_OK;
    return ambit_error_set(error, AMBIT_IO,
                           "a report needs %d MiB of address space for Python and its libraries, "
                           "and the limit is %llu MiB (ulimit -v); raise the limit",
                           EXPORTER, (unsigned long long)limit.rlim_cur / MEBIBYTE);
}
