#!/bin/sh
# SPDX-License-Identifier: MIT
# Sources are formatted as the pinned clang-format does it. Other versions do it otherwise: there the check is
# skipped. `clang-format -i FILE` mends a file.
set -eu
cd "$(dirname "$0")/.."
version=14
for program in "clang-format-$version" clang-format none; do
    "$program" --version 2>/dev/null | grep -q "version $version\." && break
done
[ "$program" != none ] || { echo "skipped: no clang-format $version"; exit 77; }
find include src tasks tests -name '*.[ch]' -exec "$program" --dry-run -Werror {} +
