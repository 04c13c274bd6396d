#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds ambit and runs its tests; the last line is `N passed, N failed`. Usage: tests/run.sh [SUITE…] [OPTION…], all
# suites if none is named, options as for `meson test`; or tests/run.sh SUITE CASE: one case of a suite in C.
set -eu
cd "$(dirname "$0")/.."
more_packages="python3-numpy python3-h5py python3-xarray python3-netcdf4 python3-h5netcdf
    python3-sklearn python3-matplotlib python3-pandas python3-yaml python3-nbconvert
    python3-nbclient python3-ipykernel python3-torch clang-format"
log=testlog
if [ -n "${CI:-}" ]; then # the slow ones too
    log=testlog-all
    more_packages="$more_packages doxygen clang libclang-rt-14-dev libomp-dev clang-tidy cppcheck valgrind
        libc6-dbg"
    set -- --setup all "$@"
fi
. experiments/setup.sh

suite=${1:-}
suite=tests/test_${suite%_amx}.c
if [ $# = 2 ] && grep -qs "^static void $2(void \*\*" "$suite"; then
    export AMBIT_TEST_CASE="$2"
    set -- "$1" --verbose
elif [ $# = 2 ] && [ -e "$suite" ] && [ "$2" = "${2#-}" ] && ! meson test -C build --list | grep -q " / $2\$"; then
    echo "no case or suite $2; the cases of $1:" >&2
    sed -n 's/^static void \(.*\)(void \*\*state)$/  \1/p' "$suite" >&2
    exit 2
fi
status=0
meson test -C build --print-errorlogs --timeout-multiplier 6 "$@" || status=$?
exec /usr/bin/python3 tests/summarize.py "build/meson-logs/$log.json" "$status"
