#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds ambit and runs its tests; the last line is `N passed, N failed`. Usage: tests/run.sh [SUITE…] [OPTION…], all
# suites if none is named, options as for `meson test`; or tests/run.sh SUITE CASE: one case of a suite.
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

# The names of a suite's cases, one a line.
cases_of() {
    c=tests/test_${1%_amx}.c python=tests/check_$1.py
    [ ! -e "$c" ] || sed -n 's/^static void \(.*\)(void \*\*[a-z]*)$/\1/p' "$c"
    [ ! -e "$python" ] || ! grep -q '^import cases$' "$python" || sed -n 's/^    def \(test_.*\)(self):$/\1/p' "$python"
}

if [ $# = 2 ] && [ "$1$2" = "${1#-}${2#-}" ]; then
    suites=$(meson test -C build --list)
    if ! echo "$suites" | grep -q " / $2\$"; then
        if cases_of "$1" | grep -qx -- "$2"; then
            export AMBIT_TEST_CASE="$2"
            set -- "$1" --verbose
        elif [ -n "$(cases_of "$1")" ]; then
            echo "no case or suite $2; the cases of $1:" >&2
            cases_of "$1" | sed 's/^/  /' >&2
            exit 2
        else
            echo "no suite $2, and none named $1 that has cases by name; meson test -C build --list names the suites" >&2
            exit 2
        fi
    fi
fi
status=0
meson test -C build --print-errorlogs --timeout-multiplier 6 "$@" || status=$?
exec /usr/bin/python3 tests/summarize.py "build/meson-logs/$log.json" "$status"
