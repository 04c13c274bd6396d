#!/bin/sh
# SPDX-License-Identifier: MIT
# Packs the built program with every library it needs, libc's too, into build/ambit.tar.gz, for machines where nobody
# may install packages: unpack it anywhere and run ambit/ambit. Of the same processor architecture. `report` needs the
# notebooks and Python packages of a checkout, and is not in it.
set -eu
cd "$(dirname "$0")/.."
[ -x build/ambit ] || { echo "no build/ambit: meson setup build && meson compile -C build" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/ambit/lib"
cp build/ambit "$folder/ambit/lib/program"
ldd build/ambit | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | xargs cp -L -t "$folder/ambit/lib"
loader=$(ldd build/ambit | sed -n 's/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\) .*/\1/p')
cp -L "$loader" "$folder/ambit/lib/loader"
cat >"$folder/ambit/ambit" <<'END'
#!/bin/sh
lib=$(dirname "$(readlink -f "$0")")/lib
exec "$lib/loader" --library-path "$lib" "$lib/program" "$@"
END
chmod +x "$folder/ambit/ambit"
mkdir "$folder/ambit/experiments"
cp -r experiments/quickstart.yaml experiments/parts experiments/small experiments/standard "$folder/ambit/experiments"
tar -czf build/ambit.tar.gz -C "$folder" ambit
du -h build/ambit.tar.gz
