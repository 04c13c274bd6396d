# SPDX-License-Identifier: MIT
"""Runs the cases of a suite in Python: those given by name, else the one that `tests/run.sh SUITE CASE` names, else
all of them."""
import os
import sys
import unittest


def run(names=(), **options):
    case = os.environ.get("AMBIT_TEST_CASE")
    chosen = list(names) or (["-k", f"*.{case}"] if case else [])
    done = unittest.main(module="__main__", argv=[sys.argv[0], *chosen], exit=False, **options).result
    nothing = chosen and not done.testsRun and not done.skipped
    sys.exit(1 if nothing or not done.wasSuccessful() else 0)
