#!/bin/sh
# SPDX-License-Identifier: MIT
# Feeds the loaders of configs, checkpoints, corpora, results and weights with changed files, with sanitizers.
# Usage: tests/fuzz.sh [SECONDS [TARGET…]]   (for each target; 5 by default). Inputs worth keeping stay in
# build-fuzz/corpus; one that crashes goes to build-fuzz/TARGET-crash-…. Leaks are looked for at the end alone:
# HDF5 1.10 leaks on damaged files, and a look after each would take most of the time. So would the entropic schedule.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-5}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- config checkpoint corpus results weights
echo 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n) { return 0 * n * !b; }' |
    clang -fsanitize=fuzzer,address -fopenmp -x c - -o /dev/null 2>/dev/null || {
    echo "skipped: no clang with libFuzzer and OpenMP (clang, libclang-rt-14-dev, libomp-dev)"
    exit 77
}

if [ ! -e build-fuzz/build.ninja ]; then
    CC=clang CFLAGS=-fsanitize=fuzzer-no-link meson setup build-fuzz -Dfuzz=true -Dtests=false \
        -Dxgboost=disabled -Dkernel_levels=disabled -Dbuildtype=debugoptimized \
        -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
fi
for name; do
    ninja -C build-fuzz -j 2 "tests/fuzz/fuzz_$name" >/dev/null
done

# HDF5 asks for as much memory as a damaged file says, and goes on where it gets none; what is used is limited. Of what
# is asked for, the sanitizer itself uses an eighth, so that it is limited, too.
export LSAN_OPTIONS="suppressions=$PWD/tests/leaks.supp:print_suppressions=0" UBSAN_OPTIONS=halt_on_error=1
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=1024
status=0
for name; do
    corpus=build-fuzz/corpus/$name
    mkdir -p "$corpus"
    "build-fuzz/tests/fuzz/fuzz_$name" --seeds "$corpus"
    [ "$name" != config ] || cp tests/data/config/*.yaml experiments/*.yaml "$corpus"
    if "build-fuzz/tests/fuzz/fuzz_$name" -detect_leaks=0 -entropic=0 -max_total_time="$seconds" -max_len=262144 -timeout=20 \
        -rss_limit_mb=2048 -malloc_limit_mb=2000000000 -artifact_prefix="build-fuzz/$name-" "$corpus" >"build-fuzz/$name.log" 2>&1; then
        echo "$name: $(grep -a '^Done' "build-fuzz/$name.log" | tail -1), $(grep -ao 'cov: [0-9]*' "build-fuzz/$name.log" | tail -1)"
    else
        echo "$name: crashed, see build-fuzz/$name.log"
        tail -40 "build-fuzz/$name.log"
        status=1
    fi
done
exit $status
