#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds ambit and runs every test; the last line is `N passed, N failed`. Options go to `meson test`.
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

status=0
meson test -C build --print-errorlogs --timeout-multiplier 6 "$@" || status=$?
exec /usr/bin/python3 tests/summarize.py "build/meson-logs/$log.json" "$status"
