#!/bin/sh
# SPDX-License-Identifier: MIT
# Feeds the loaders of configs, grids, checkpoints, corpora, results, joined results, logs and weights with changed
# files, with sanitizers. Usage: tests/fuzz.sh [--coverage] [--light] [--runs N] [SECONDS [TARGET…]]
# SECONDS are of each target, 5 by default. With --runs each target runs N times instead, and SECONDS are left out.
# --light checks undefined behaviour but no addresses, and follows blocks but no comparisons: five to ten times as many
# runs. Inputs worth keeping stay in build-fuzz/corpus; one that crashes goes to build-fuzz/TARGET-crash-…. --coverage
# says then which part of the lines of each loader these inputs reach. Leaks are looked for at the end alone:
# HDF5 1.10 leaks on damaged files, and a look after each would take most of the time. So would the entropic schedule.
set -eu
cd "$(dirname "$0")/.."
coverage=false folder=build-fuzz instrument=-fsanitize=fuzzer-no-link sanitizers=address,undefined runs=
while :; do
    case ${1:-} in
    --coverage) coverage=true ;;
    --light) folder=build-light instrument=-fsanitize-coverage=inline-8bit-counters,pc-table sanitizers=undefined ;;
    --runs) runs=$2 && shift ;;
    *) break ;;
    esac
    shift
done
limit=-runs=$runs
if [ -z "$runs" ]; then
    limit=-max_total_time=${1:-5}
    [ $# -eq 0 ] || shift
fi
[ $# -gt 0 ] || set -- config grid checkpoint corpus results joined log record weights
echo 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n) { return 0 * n * !b; }' |
    clang -fsanitize=fuzzer,address -fopenmp -x c - -o /dev/null 2>/dev/null || {
    echo "skipped: no clang with libFuzzer and OpenMP (clang, libclang-rt-14-dev, libomp-dev)"
    exit 77
}

# build FOLDER CFLAGS SANITIZERS, with the targets
build() {
    into=$1 flags=$2 checks=$3
    shift 3
    if [ ! -e "$into/build.ninja" ]; then
        CC=clang CFLAGS=$flags meson setup "$into" -Dfuzz=true -Dtests=false -Dxgboost=disabled \
            -Dkernel_levels=disabled -Dbuildtype=debugoptimized -Db_sanitize="$checks" -Db_lundef=false >/dev/null
    fi
    for name; do
        ninja -C "$into" -j 2 "tests/fuzz/fuzz_$name" >/dev/null
    done
}

# The files of a loader.
loader() {
    case $1 in
    config) echo src/config/*.c ;;
    grid) echo src/config/grid.c src/config/grid_task.c ;;
    checkpoint) echo src/store/checkpoint_read.c src/store/origin.c ;;
    corpus) echo tasks/corpus_files.c tasks/text_lines.c tasks/vocabulary.c tasks/languages/phrases_parse.c ;;
    results) echo src/store/results_read*.c ;;
    joined) echo src/store/joined_read.c src/store/joined_over.c ;;
    log) echo src/cli/collect_log.c src/cli/log_record.c ;;
    record) echo src/cli/log_record.c ;;
    weights) echo src/store/weights.c src/store/weights_hdf.c src/store/weights_safetensors.c ;;
    esac
}

# The most bytes of an input: files of HDF5 have some, and texts that are short are many.
longest() {
    case $1 in
    checkpoint | results | joined) echo 262144 ;;
    weights) echo 65536 ;;
    record) echo 512 ;;
    *) echo 4096 ;;
    esac
}

# show_coverage TARGET: the lines that its inputs reach, found by a build without sanitizers
show_coverage() {
    program=build-coverage/tests/fuzz/fuzz_$1
    LLVM_PROFILE_FILE=build-coverage/$1.raw "$program" -runs=0 "build-fuzz/corpus/$1" >"build-coverage/$1.log" 2>&1
    llvm-profdata merge -o "build-coverage/$1.profile" "build-coverage/$1.raw"
    # shellcheck disable=SC2046 # a list of files
    llvm-cov export -summary-only -instr-profile "build-coverage/$1.profile" "$program" |
        /usr/bin/python3 -c 'import json, sys
files = json.load(sys.stdin)["data"][0]["files"]
lines = [file["summary"]["lines"] for file in files if file["filename"].endswith(tuple(sys.argv[1:]))]
reached, count = (sum(file[what] for file in lines) for what in ("covered", "count"))
print(f"    {reached} of {count} lines of the loader are reached, {100 * reached / count:.0f} %")' $(loader "$1")
}

build "$folder" "$instrument" "$sanitizers" "$@"
! $coverage || build build-coverage "-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping" none "$@"

# HDF5 asks for as much memory as a damaged file says, and goes on where it gets none; what is used is limited. Of what
# is asked for, the sanitizer itself uses an eighth, so that it is limited, too. It is quicker with few traces of
# allocations and with little memory that was freed.
export LSAN_OPTIONS="suppressions=$PWD/tests/leaks.supp:print_suppressions=0" UBSAN_OPTIONS=halt_on_error=1
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=1024:malloc_context_size=3:quarantine_size_mb=8
status=0
for name; do
    corpus=build-fuzz/corpus/$name
    mkdir -p "$corpus"
    "$folder/tests/fuzz/fuzz_$name" --seeds "$corpus"
    if [ "$name" = config ]; then
        for file in tests/data/config/*.yaml experiments/*.yaml experiments/*/*.yaml; do
            cp "$file" "$corpus/$(echo "$file" | tr / _)"
        done
    fi
    if "$folder/tests/fuzz/fuzz_$name" -detect_leaks=0 -entropic=0 "$limit" -max_len="$(longest "$name")" -timeout=20 \
        -rss_limit_mb=2048 -malloc_limit_mb=2000000000 -print_final_stats=1 -artifact_prefix="build-fuzz/$name-" \
        "$corpus" >"build-fuzz/$name.log" 2>&1; then
        echo "$name: $(grep -a '^Done' "build-fuzz/$name.log" | tail -1), $(grep -ao 'cov: [0-9]*' "build-fuzz/$name.log" | tail -1)"
        ! $coverage || show_coverage "$name"
    else
        echo "$name: crashed, see build-fuzz/$name.log"
        tail -40 "build-fuzz/$name.log"
        status=1
    fi
done
exit $status
