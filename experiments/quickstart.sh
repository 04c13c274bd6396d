#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds ambit, pretrains the quickstart's model, evaluates it beside least squares and Lasso, and prints
# the tables. Options go to pretraining: ./experiments/quickstart.sh --seed=2
set -eu
cd "$(dirname "$0")/.."
program=only
. experiments/setup.sh

run=runs/quickstart
for option in "$@"; do
    case $option in --seed=*) run=runs/quickstart-seed${option#--seed=} ;; esac
done
resume=""
[ -e "$run/config.yaml" ] && resume=--resume

# shellcheck disable=SC2086 # $resume is one option or none
build/ambit pretrain experiments/quickstart.yaml -o "$run" $resume "$@"
build/ambit evaluate "$run"
echo "Results are in $run/results.h5; 'build/ambit show $run/results.h5' prints them again."
