#!/bin/sh
# SPDX-License-Identifier: MIT
# Cross-compiles ambit for arm64 against Debian's arm64 packages and runs the C suites under qemu; slow, needs the
# packages debootstrap gcc-aarch64-linux-gnu qemu-user-static and root. Usage: tests/arm64.sh FOLDER [MIRROR]
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "usage: tests/arm64.sh FOLDER [MIRROR]" >&2; exit 2; }
mkdir -p "$1"
folder=$(realpath "$1")
libraries=$folder/system/usr/lib/aarch64-linux-gnu

if [ ! -e "$folder/cross.ini" ]; then
    debootstrap --foreign --arch=arm64 --variant=minbase \
        --include=libc6-dev,libgsl-dev,libopenblas-dev,libhdf5-dev,libfyaml-dev,libcjson-dev,libcmocka-dev,libgcc-12-dev \
        bookworm "$folder/packages" "${2:-http://deb.debian.org/debian}"
    mkdir -p "$folder/system"
    for package in "$folder"/packages/var/cache/apt/archives/*.deb; do
        dpkg -x "$package" "$folder/system"
    done
    # What Debian's installation scripts would do: choose OpenBLAS.
    for file in "$libraries"/openblas-pthread/*.so* "$libraries"/openblas-pthread/pkgconfig/*.pc; do
        ln -sf "$file" "$libraries/"
    done
    ln -sf "$libraries/openblas-pthread/pkgconfig/openblas.pc" "$libraries/pkgconfig/"
    cat >"$folder/cross.ini" <<END
[binaries]
c = 'aarch64-linux-gnu-gcc'
ar = 'aarch64-linux-gnu-ar'
pkgconfig = 'pkg-config'
exe_wrapper = ['qemu-aarch64-static', '-L', '$folder/system']
[built-in options]
c_args = ['--sysroot=$folder/system']
c_link_args = ['--sysroot=$folder/system']
[properties]
sys_root = '$folder/system'
pkg_config_libdir = ['$libraries/pkgconfig']
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
END
fi

[ -e "$folder/build/build.ninja" ] || meson setup "$folder/build" --cross-file "$folder/cross.ini"
meson compile -C "$folder/build"
meson test -C "$folder/build" --print-errorlogs --timeout-multiplier 10 --suite core
