#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds and tests the last commit in a fresh root of a Debian release, as a new user would. As root, with debootstrap.
# Usage: tests/fresh_root.sh bookworm|trixie [COMMAND…]; default: both commands of the README.
set -eu
cd "$(dirname "$0")/.."
release=${1:?usage: tests/fresh_root.sh bookworm|trixie [COMMAND…]}
shift
[ $# -gt 0 ] || set -- sh -c './experiments/quickstart.sh && ./tests/run.sh'
[ "$(id -u)" = 0 ] || { echo "skipped: needs root" >&2; exit 77; }
command -v debootstrap >/dev/null || { echo "skipped: no debootstrap" >&2; exit 77; }

root=$(mktemp -d)
chmod 755 "$root" # as apt's own user reads it
command=
leave() {
    [ -z "$command" ] || kill -KILL "$command" 2>/dev/null || true # and so all that runs in the root
    wait
    umount -lR "$root/dev" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap leave EXIT
trap 'exit 1' INT TERM
debootstrap --variant=minbase "$release" "$root" >/dev/null || { tail -n 5 "$root/debootstrap/debootstrap.log"; exit 1; }
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev" # what is unmounted there stays mounted outside
cp /etc/resolv.conf "$root/etc/"
mkdir "$root/ambit"
git archive HEAD | tar -x -C "$root/ambit"
unshare --pid --fork --kill-child --mount-proc="$root/proc" chroot "$root" /usr/bin/env -i --default-signal=INT,QUIT \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root sh -c 'cd /ambit && exec "$@"' sh "$@" &
command=$!
wait "$command"
