#!/bin/sh
# SPDX-License-Identifier: MIT
# Sourced by quickstart.sh and tests/run.sh: installs the Debian packages that are missing and builds ambit
# in build/. Set more_packages first for packages beyond those that the build itself needs, program=only to leave the
# tests out.
set -eu

build_packages="gcc libc6-dev meson ninja-build pkg-config libgsl-dev libopenblas-dev libhdf5-dev
    libfyaml-dev libcjson-dev libcmocka-dev"

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=""
for package in $build_packages ${more_packages:-}; do
    is_installed "$package" || missing="$missing $package"
done

if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "These packages are missing. As root, run:" >&2
        echo "  apt-get update && apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    echo "Installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086 # one word per package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

[ -e build/build.ninja ] || meson setup build ${CI:+-Dwerror=true}
targets=""
[ "${program:-}" != only ] ||
    targets=$(sed -n 's/^build \(ambit\(-mpi\)\{0,1\}\): c_LINKER.*/\1:executable/p' build/build.ninja)
# shellcheck disable=SC2086 # one word per target
meson compile -C build $targets
