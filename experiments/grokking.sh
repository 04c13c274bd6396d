#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds ambit, pretrains a small language model with three seeds, evaluates every 500 steps on sentences such as it was
# trained on and on sentences where the linear rule is wrong, prints a table, and draws both accuracies over training.
# Other seeds: ./experiments/grokking.sh 4 5. Stopped, it goes on where it was.
set -eu
cd "$(dirname "$0")/.."
program=only
. experiments/setup.sh

[ $# -gt 0 ] || set -- 1 2 3
runs=""
for seed in "$@"; do
    run=runs/grokking/seed$seed
    build/ambit pretrain experiments/grokking.yaml -o "$run" --resume --seed="$seed"
    build/ambit evaluate "$run" --quiet
    runs="$runs $run"
done
# shellcheck disable=SC2086 # paths without blanks
build/ambit show $runs
results=$(for run in $runs; do echo "$run/results.h5"; done)
# shellcheck disable=SC2086
/usr/bin/python3 notebooks_export/sentences.py $results -o runs/grokking ||
    echo "No picture: apt-get install python3-matplotlib python3-xarray python3-h5netcdf python3-pandas python3-yaml"
