# SPDX-License-Identifier: MIT
"""Results files that earlier versions of ambit wrote (golden/results/schema_N.h5.gz) still open: every number reaches
`ambit convert` and the notebooks. Usage: check_old_results.py AMBIT GOLDEN_RESULTS NOTEBOOKS_EXPORT"""
import csv
import glob
import gzip
import io
import os
import shutil
import sys
import tempfile
import unittest

import h5py
import numpy
import cases
from tiny_run import run

AMBIT, GOLDEN, NOTEBOOKS = map(os.path.abspath, sys.argv[1:4])
sys.dont_write_bytecode = True
sys.path.insert(0, NOTEBOOKS)
import results  # noqa: E402

RENAMED = {"regret": "difference", "regret_low": "difference_low", "regret_high": "difference_high"}
STATISTICS = ("mean", "low", "high", "median")


class OldResults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chdir(folder.name)
        for path in sorted(glob.glob(f"{GOLDEN}/schema_*.h5.gz")):
            with gzip.open(path) as packed, open(os.path.basename(path)[:-3], "wb") as file:
                shutil.copyfileobj(packed, file)

    def each(self):
        paths = sorted(glob.glob("schema_*.h5"))
        self.assertEqual(paths, ["schema_1.h5", "schema_2.h5", "schema_3.h5"])
        for path in paths:
            with self.subTest(path), h5py.File(path) as file:
                self.assertEqual(path, f"schema_{file.attrs['schema_version']}.h5")
                yield path, file["targets"]

    def ambit(self, *words):
        done = run(AMBIT, *words, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def numbers(self, column, *words):
        """A column of what `ambit convert` prints, by target, or by target and measurement."""
        found = {}
        for row in csv.DictReader(io.StringIO(self.ambit("convert", *words))):
            place = (row["target"], row["measurement"]) if "measurement" in row else row["target"]
            found.setdefault(place, []).append(float(row[column] or "nan"))
        return found

    def same(self, found, dataset):
        numpy.testing.assert_array_equal(found, numpy.ravel(dataset))

    def test_statistics(self):
        for path, targets in self.each():
            for name in STATISTICS:
                found = self.numbers(name, path)
                for target, group in targets.items():
                    self.same(found[target], group[name])

    def test_errors_of_single_prompts(self):
        for path, targets in self.each():
            errors, flags = (self.numbers(name, "--raw", path) for name in ("error", "flag"))
            for target, group in targets.items():
                self.same(errors[target], group["squared_error"])
                self.same(flags[target], group["flag"])

    def test_measurements(self):
        for path, targets in self.each():
            expected = {(target, RENAMED.get(name.decode(), name.decode())): group[name] for target, group in targets.items()
                        for name in group.attrs.get("measurements", [])}
            if not expected:
                continue
            found = self.numbers("measured", "--more", path)
            self.assertEqual(found.keys(), expected.keys())
            for place, dataset in expected.items():
                self.same(found[place], dataset)

    def test_tables(self):
        for path, targets in self.each():
            text = self.ambit("show", path, "--more")
            self.assertIn("evaluation seed 1, step 4", text)
            self.assertEqual("difference" in text, "regret" in targets["sparse"])
            self.assertNotIn("_low", text)

    def test_they_are_not_replaced(self):
        with open("none.yaml", "w", encoding="utf-8") as file:
            file.write("out_dir: x\nmodel: {n_positions: 4, n_dims: 3, n_embd: 8, n_layer: 1, n_head: 1}\n"
                       "training: {task: linear_regression, train_steps: 1}\n"
                       "evaluation: {n_prompts: 2, predictors: [zero], targets: [{name: sparse, task: linear_regression}]}\n")
        for path, _ in self.each():
            with open(path, "rb") as file:
                before = file.read()
            done = run(AMBIT, "evaluate", "none", "none.yaml", "-o", path, "--quiet")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stderr, f"{path}: .*; give another name with -o, or replace it with --replace")
            with open(path, "rb") as file:
                self.assertEqual(file.read(), before)

    def test_notebooks(self):
        for path, targets in self.each():
            opened = results.Results(path)
            self.assertEqual(set(opened.targets), set(targets))
            pair = results.paired_difference(opened.targets["sparse"], "transformer", "zero")
            error = targets["sparse/squared_error"][()]
            error = error if error.ndim == 4 else error[-1]
            numpy.testing.assert_allclose(pair["mean"], (error[:, 0] - error[:, -1]).mean(1), rtol=1e-12)


if __name__ == "__main__":
    cases.run()
