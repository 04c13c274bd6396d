#!/bin/sh
# SPDX-License-Identifier: MIT
# Looks for faults with tools, each in a build folder of its own; slow. Usage: tests/analyze.sh [TOOL…]
#   sanitize   the suite with address and undefined-behaviour sanitizers
#   core       the same of the suites in C alone
#   threads    a short pretrain and evaluate with clang's thread sanitizer
#   valgrind   the same with valgrind
#   analyzer   gcc -fanalyzer over every room
#   tidy       clang-tidy (.clang-tidy)
#   cppcheck
#   coverage   lines that the tests of store and config run
# CI runs core, threads, valgrind, analyzer, tidy and cppcheck (`meson test --setup all`).
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- sanitize threads valgrind analyzer tidy cppcheck coverage

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
PYTHONPATH=tests /usr/bin/python3 -c "from tiny_run import write_config; write_config('$scratch/tiny.yaml')"

# pretrain, resumed once, and evaluate: small_run COMMAND…
small_run() {
    "$@" pretrain "$scratch/tiny.yaml" -o "$scratch/run" --quiet --threads=2 --kernels=baseline --training.train_steps=8
    "$@" pretrain "$scratch/tiny.yaml" -o "$scratch/run" --quiet --threads=2 --kernels=baseline \
        --training.train_steps=12 --resume
    "$@" evaluate "$scratch/run" --quiet --threads=2 --kernels=baseline
    rm -rf "$scratch/run"
}

# Configures once: configured FOLDER OPTIONS…
configured() {
    folder=$1
    shift
    [ -e "$folder/build.ninja" ] || meson setup "$folder" "$@" >/dev/null
}

# sanitize [OPTION…]
sanitize() {
    configured build-sanitize -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
    ninja -C build-sanitize >/dev/null # what is installed too
    # Freed memory is kept back for a while, which check_kills.py takes for a leak.
    ASAN_OPTIONS=quarantine_size_mb=1 meson test -C build-sanitize --print-errorlogs --timeout-multiplier 10 "$@"
}

# libomp tells the sanitizer of its barriers through archer; OpenBLAS and HDF5 are not instrumented.
threads() {
    CC=clang configured build-threads -Db_sanitize=thread -Db_lundef=false -Dtests=false \
        -Dxgboost=disabled -Dkernel_levels=disabled -Dbuildtype=debugoptimized
    ninja -C build-threads ambit >/dev/null
    OMP_TOOL_LIBRARIES=$(find /usr/lib -name libarcher.so | head -1) OPENBLAS_NUM_THREADS=1 \
        TSAN_OPTIONS="ignore_noninstrumented_modules=1 exitcode=66" small_run build-threads/ambit
}

run_valgrind() {
    ninja -C build ambit >/dev/null
    OPENBLAS_NUM_THREADS=1 small_run valgrind -q --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite --error-exitcode=99 build/ambit
}

# Left out: gcc 12 takes the elements of a vector for as narrow as their number, and does not see that what fails
# never answers AMBIT_OK, so that each NULL it follows is one that a status keeps from being used (memory that may
# be NULL is looked at all the same).
analyzer() {
    left_out="-Wno-analyzer-shift-count-overflow -Wno-analyzer-null-dereference -Wno-analyzer-null-argument"
    configured build-analyzer "-Dc_args=-fanalyzer $left_out" -Dwerror=true -Dtests=false
    ninja -C build-analyzer
}

tidy() {
    configured build
    ninja -C build >/dev/null # generated headers
    ninja -C build -t compdb |
        /usr/bin/python3 -c 'import json, sys; print(*sorted({c["file"][3:] for c in json.load(sys.stdin)
            if c["file"].startswith(("../src/", "../tasks/")) and c["file"].endswith(".c")}))' |
        xargs -P 2 -n 8 clang-tidy -p build --quiet
}

# Left out: cJSON's macro for loops, which cppcheck does not know; fields found by their offset in a table of
# parameters, and floats in memory for doubles; and stdout, which it takes for a file that nobody opened.
run_cppcheck() {
    cppcheck --enable=warning,performance,portability --quiet --error-exitcode=1 --std=c11 -Iinclude \
        --suppress=unknownMacro --suppress=invalidPointerCast \
        --suppress=useClosedFile:src/cli/convert.c src tasks
}

coverage() {
    configured build-coverage -Db_coverage=true -Dbuildtype=debug -Dxgboost=disabled
    meson test -C build-coverage --timeout-multiplier 10 store store_damage results config \
        config_refuse config_findings config_families config_targets interchange reliability
    meson test -C build-coverage --timeout-multiplier 10 failures || echo "gcov crashes where its own memory fails"
    for room in store config; do
        (cd build-coverage && gcov -n -o "src/$room/libambit_$room.a.p" "src/$room/libambit_$room.a.p"/*.gcda) |
            grep -A1 "File '../src/$room/" | grep -v '^--' | paste - -
    done
}

for tool; do
    echo "== $tool"
    case $tool in
    valgrind | cppcheck) program=$tool ;;
    tidy) program=clang-tidy ;;
    threads) program=clang ;;
    *) program=gcc ;;
    esac
    command -v "$program" >/dev/null || { echo "skipped: no $program"; exit 77; }
    case $tool in
    core) sanitize --suite core ;;
    valgrind | cppcheck) "run_$tool" ;;
    sanitize | threads | analyzer | tidy | coverage) "$tool" ;;
    *) echo "no tool $tool" >&2; exit 2 ;;
    esac
done
