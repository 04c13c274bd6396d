#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the program on two small models and checks what it measures of them with xarray.

usage: check_measurements.py AMBIT CHECK_RESULTS.py

Exits 77 if xarray is not there.
"""
import os
import subprocess
import sys
import tempfile
import unittest

import cases

try:
    import h5py
    import numpy as np
    import xarray
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

AMBIT, CHECK = (os.path.abspath(path) for path in sys.argv[1:3])
MODEL = "model: {n_positions: 8, n_dims: %d, n_embd: 32, n_layer: 1, n_head: 2}\n"
MIXED = """out_dir: .
seed: 5
training:
  tasks: [{name: linear_regression}, {name: sparse_linear_regression, kwargs: {sparsity: 1}}]
  batch_size: 8
  train_steps: 20
  save_every_steps: 20
  keep_every_steps: 10
evaluation:
  n_prompts: 24
  bootstrap: 20
  reference: [least_squares, other]
  probe_prompts: 4
  probe_k: [0, 3, 7]
  predictors:
    - transformer
    - least_squares
    - bayes
    - {name: bayes, kwargs: {class: linear_regression}}
    - {name: bayes, label: sparse_alone, kwargs: {class: sparse_linear_regression}}
    - {name: lasso, kwargs: {penalties: [0.001], max_iterations: 1}}
    - zero
  models: [{name: other, path: single}]
  targets:
    - {name: dense, task: linear_regression, probes: [implied_weights, gradient_alignment, slice]}
    - name: parts
      task: convex
      task_kwargs: {families: [{name: linear_regression}, {name: sparse_linear_regression}]}
      sweep: {"families[1].sparsity": [1, 3]}
    - {name: scaled, task: linear_regression, prompts: query_scale, sweep: {prompts.lambda: [1, 2]}}
    - {name: signs, task: linear_classification}
"""
SINGLE = ("out_dir: .\nseed: 2\ntraining: {task: linear_regression, batch_size: 8, train_steps: 5, "
          "save_every_steps: 5}\n")


def ambit(*arguments):
    return subprocess.run([AMBIT, *arguments], capture_output=True, text=True, check=False)


def pretrain(name, text):
    with open(f"{name}.yaml", "w", encoding="utf-8") as file:
        file.write(text)
    done = ambit("pretrain", f"{name}.yaml", "-o", name, "--quiet", "--threads", "1")
    assert done.returncode == 0, done.stderr


def target(name):
    return xarray.load_dataset("mixed/results.h5", group=f"targets/{name}")


def count_parameters(run):
    name = min(name for name in os.listdir(run) if name.startswith("checkpoint"))
    with h5py.File(f"{run}/{name}") as file:
        return sum(values.size for values in file["parameters"].values())


class Measurements(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.chdir(cls.folder.name)
        pretrain("single", MODEL % 4 + SINGLE)
        pretrain("narrow", MODEL % 3 + SINGLE)
        pretrain("mixed", MODEL % 4 + MIXED)
        cls.done = ambit("evaluate", "mixed", "--evaluation.every=10", "--threads", "1")

    @classmethod
    def tearDownClass(cls):
        os.chdir("/")
        cls.folder.cleanup()

    def test_explains_itself(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        done = subprocess.run([sys.executable, CHECK, "mixed/results.h5"], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_steps(self):
        dense = target("dense")
        self.assertEqual(list(dense.step.values), [10, 20])
        change = abs(dense["mean"].diff("step")).sum("k", skipna=False).squeeze()
        self.assertGreater(change.sel(predictor="transformer"), 0)
        done = ambit("evaluate", "mixed", "-o", "late.h5", "--evaluation.every=20")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("late.h5") as late:
            self.assertEqual(list(late["targets/dense/step"]), [20])
        for fixed in ("other", "least_squares", "zero"):
            self.assertEqual(change.sel(predictor=fixed), 0)

    def test_each_step_is_its_checkpoint(self):
        def dense(level, name, *what):
            done = ambit("evaluate", *what, "-o", name, "--kernels", level)
            if "this machine runs" in done.stderr:
                self.skipTest(done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)
            return xarray.load_dataset(name, group="targets/dense")["mean"]

        for level in ("avx2", "split", "bfloat16"):  # the last two pack a model's weights
            with self.subTest(level):
                each = dense(level, f"{level}.h5", "mixed", "--evaluation.every=10")
                for step in (10, 20):
                    alone = dense(level, f"{level}_{step}.h5", f"mixed/checkpoint_{step:08d}.h5", "mixed.yaml")
                    np.testing.assert_array_equal(each.sel(step=step), alone)

    def test_distance_and_difference(self):
        dense = target("dense").isel(step=-1)
        error = dense.error
        self.assertEqual(list(dense.reference.values), ["least_squares", "other"])
        for name in dense.reference.values:
            difference = (error - error.sel(predictor=name)).mean("prompt")
            np.testing.assert_allclose(dense.difference.sel(reference=name),
                                       difference.transpose("predictor", "k"),
                                       atol=1e-12)
        self.assertTrue((dense.difference_low <= dense.difference + 1e-12).all())
        # from k = D on least squares is right: the distance to it is the error
        far = dense.distance.sel(predictor_2="least_squares")
        np.testing.assert_allclose(far.sel(k=slice(4, None)),
                                   dense["mean"].sel(k=slice(4, None)), rtol=1e-6, atol=1e-12)

    def test_the_nearest_predictor_of_one_class(self):
        dense = target("dense").isel(step=-1)
        ones = ["other", "bayes_linear_regression", "sparse_alone"]
        self.assertEqual(list(dense.single_class.values), ones)
        apart = sum(dense.distance.sel(predictor=a, predictor_2=b)
                    for a, b in ((ones[0], ones[1]), (ones[0], ones[2]), (ones[1], ones[2]))) / 3
        for name in ones:
            share = dense.distance.sel(predictor_2=name) / apart.where(apart > 1e-20)
            np.testing.assert_allclose(dense.relative_distance.sel(single_class=name), share, rtol=1e-9)
        # what knows the class of these prompts is the best, and needs no posterior
        error = dense["mean"].sel(k=3)
        np.testing.assert_allclose(error.sel(predictor="bayes_linear_regression"),
                                   error.sel(predictor="bayes_target"), rtol=1e-9)
        self.assertGreater(error.sel(predictor="sparse_alone"), error.sel(predictor="bayes_target"))
        self.assertEqual(list(dense.posterior_predictor.values), ["bayes_pretraining"])

    def test_a_class_that_is_never_drawn(self):
        done = ambit("evaluate", "none", "mixed.yaml", "-o", "undrawn.h5", "--evaluation.n_prompts=24",
                     "--evaluation.models=[]", "--evaluation.reference=[]", "--training.tasks[0].weight=0",
                     "--evaluation.targets=[{name: dense, task: linear_regression}]")
        self.assertEqual(done.returncode, 0, done.stderr)
        dense = xarray.load_dataset("undrawn.h5", group="targets/dense")
        mean = dense["mean"]
        np.testing.assert_allclose(mean.sel(predictor="bayes_linear_regression"),
                                   mean.sel(predictor="bayes_target"), rtol=1e-6, atol=1e-20)
        np.testing.assert_allclose(mean.sel(predictor="bayes_pretraining"),
                                   mean.sel(predictor="sparse_alone"), rtol=1e-6, atol=1e-20)
        posterior = dense.class_posterior.sel(posterior_predictor="bayes_pretraining")
        self.assertTrue((posterior.sel({"class": "linear_regression"}) == 0).all())

    def test_nothing_irregular_is_silent(self):
        signs = target("signs").isel(step=-1)
        flags = signs.flag.sel(predictor="lasso_0.001")
        np.testing.assert_allclose(signs.flagged.sel(predictor="lasso_0.001", flag_kind="not_converged"),
                                   (flags & 1).mean("prompt"))
        self.assertGreater((flags & 1).mean(), 0)
        self.assertTrue((signs.flagged.sel(predictor="bayes_target", flag_kind="no_answer") == 1).all())
        notes = dict(zip(signs.predictor.values, signs.attrs["notes"]))
        self.assertIn("linear_classification has no exact Bayes predictor", notes["bayes_target"])
        self.assertEqual(notes["transformer"], "")
        self.assertNotIn("notes", target("dense").attrs)
        text = ambit("show", "mixed/results.h5").stdout
        self.assertRegex(text, r"bayes_target: no answer to 100 % of the queries: linear_classification\s+has no\s+exact")
        self.assertRegex(text, r"lasso_0\.001: [\d.]+ % of the fits did not converge")
        # in a sweep, at one of two values
        done = ambit("evaluate", "none", "mixed.yaml", "-o", "sweep.h5", "--evaluation.n_prompts=4",
                     "--evaluation.models=[]", "--evaluation.reference=[]", "--model.n_dims=20",
                     '--evaluation.targets=[{name: nnz, task: sparse_linear_regression, sweep: {sparsity: [2, 10]}}]')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(ambit("show", "sweep.h5").stdout,
                         r"bayes_target: no answer to 50 % of the queries: the exact posterior of")

    def test_probes(self):
        dense = target("dense").isel(step=-1)
        found = dense.implied_weight.sel(predictor="least_squares", k_probe=7)
        np.testing.assert_allclose(found, dense.true_weight, atol=1e-8)
        weights = dense.implied_weight
        apart = ((weights.sel(predictor="transformer") - weights.sel(predictor="other")) ** 2)
        np.testing.assert_allclose(
            dense.ilwd.sel(predictor="transformer", predictor_2="other"),
            apart.sum("dim", skipna=False).mean("probe_prompt", skipna=False), rtol=1e-9)
        cosine = dense.gradient_alignment_raw.sel(predictor="transformer")
        self.assertTrue((abs(cosine) <= 1 + 1e-9).all() and (abs(cosine) > 0).any())
        self.assertEqual(dense.sizes["grid"], 256)
        self.assertEqual(abs(dense.slice_prediction.sel(predictor="zero")).max(skipna=False), 0)

    def test_sweeps(self):
        self.assertEqual(list(target("parts").sparsity.values), [1, 3])
        scaled = target("scaled")
        np.testing.assert_allclose(scaled.normalizer.sel({"lambda": 2}),
                                   4 * scaled.normalizer.sel({"lambda": 1}), rtol=1e-12)

    def test_labels(self):
        signs = target("signs")
        self.assertEqual(signs.attrs["metric"], "misclassification")
        self.assertEqual(signs.error.attrs["long_name"], "misclassification")
        self.assertTrue((signs.error.sel(predictor="zero") == 1).all())
        self.assertTrue(np.isin(signs.error.sel(predictor="transformer"), [0, 2]).all())

    def test_shown(self):
        text = ambit("show", "mixed/results.h5", "--more").stdout
        for words in ("over training, at k = 7", "difference: paired difference of errors, from other", "ilwd: implied linear",
                      "gradient_alignment:", "(misclassification, over 0.5)"):
            self.assertIn(words, text)

    def test_difference_of_version_2(self):
        def copy_attributes(source, copy, **changed):
            for name in source.attrs:
                value = changed.get(name, source.attrs[name])
                copy.attrs.create(name, value, dtype=source.attrs.get_id(name).dtype)

        def rename(name):
            return name.replace(b"difference", b"regret")

        with h5py.File("mixed/results.h5") as new, h5py.File("old.h5", "w", track_order=True) as old:
            copy_attributes(new, old, schema_version=2)
            for target, source in new["targets"].items():
                group = old.create_group(f"targets/{target}", track_order=True)
                copy_attributes(source, group,
                                measurements=[rename(name) for name in source.attrs["measurements"]])
                for name, dataset in source.items():
                    if not name.startswith("difference"):
                        new.copy(dataset, group)
                        continue
                    one = group.create_dataset(rename(name.encode()), data=dataset[:, ..., 0, :, :])
                    for word in ("long_name", "units", "description"):
                        one.attrs.create(word, dataset.attrs[word], dtype=dataset.attrs.get_id(word).dtype)
                    one.attrs.create("axes", "predictor k", dtype=h5py.string_dtype(length=200))
        shown = ambit("show", "old.h5", "--more")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("difference: paired difference of errors", shown.stdout)
        again = ["evaluate", "mixed", "-o", "old.h5", "--evaluation.every=10", "--threads=1"]
        done = ambit(*again, "--evaluation.reference=[]")
        self.assertIn("holds differences from a predictor, which this evaluation lacks", done.stderr)
        with h5py.File("old.h5", "a") as old:  # an axis of references that is none
            group = old["targets/dense"]
            del group["regret"]
            shape = [2, group["k_probe"].size, group["predictor"].size, group["k"].size]
            group.create_dataset("regret", data=np.zeros(shape))
            for word, text in (("long_name", ""), ("axes", "k_probe predictor k")):
                group["regret"].attrs.create(word, text, dtype=h5py.string_dtype(length=200))
        done = ambit(*again, "--evaluation.reference=[]")
        self.assertIn("holds differences from a predictor, which this evaluation lacks", done.stderr)
        self.assertEqual(ambit(*again).returncode, 0)
        twice = ambit(*again, "--evaluation.reference=[zero, zero]")
        self.assertIn("found zero twice", twice.stderr)

    def test_seeds(self):
        with h5py.File("mixed/results.h5") as file:
            self.assertEqual(list(file.attrs["models"]), [b"transformer", b"other"])
            self.assertEqual(list(file.attrs["training_seed"]), [5, 2])
            self.assertEqual(list(file.attrs["n_parameters"]), [count_parameters(run) for run in ("mixed", "single")])
            self.assertEqual(file.attrs["evaluation_seed"], 1)
        with open("seeds.yaml", "w", encoding="utf-8") as file:  # merged over the run's config, which says 5
            file.write("seed: 7\nevaluation: {seed: 9, n_prompts: 4, models: [], reference: []}\n")
        done = ambit("evaluate", "mixed", "seeds.yaml", "-o", "seeds.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("seeds.h5") as file:
            self.assertEqual((list(file.attrs["training_seed"]), file.attrs["evaluation_seed"]), ([5], 9))
        done = ambit("evaluate", "none", "mixed.yaml", "-o", "none.h5", "--evaluation.models=[]",
                     "--evaluation.reference=[]")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("none.h5") as file:
            self.assertNotIn("training_seed", file.attrs)
            self.assertNotIn("n_parameters", file.attrs)

    def test_refusals(self):
        override = "--evaluation.models[0].path=narrow"
        done = ambit("evaluate", "mixed", "-o", "x.h5", override)
        self.assertEqual(done.returncode, 2)
        self.assertIn("other (narrow) reads 3 dims, but this evaluation's prompts have 4",
                      done.stderr)
        done = ambit("evaluate", "mixed/" + min(n for n in os.listdir("mixed") if n.startswith("checkpoint")), "-o", "x.h5", "--evaluation.every=10")
        self.assertIn("takes a run folder", done.stderr)
        done = ambit("evaluate", "mixed", "-o", "x.h5", "--evaluation.every=15")
        self.assertIn("mixed: no checkpoint at a multiple of 15 steps", done.stderr)
        done = ambit("evaluate", "mixed", "--threads", "1")
        self.assertIn("holds 2 training steps, which this evaluation lacks", done.stderr)
        done = ambit("evaluate", "mixed", "--evaluation.every=10", "--evaluation.reference=least_squares")
        self.assertIn("holds differences from other, which this evaluation lacks", done.stderr)
        done = ambit("evaluate", "mixed", "-o", "x.h5", "--evaluation.predictors[3].kwargs.class=dens")
        self.assertIn("the prior has no class dens", done.stderr)
        self.assertFalse(os.path.exists("x.h5"))


if __name__ == "__main__":
    cases.run()
