# SPDX-License-Identifier: MIT
"""Checks the whole program on a language model: config, pretraining, resuming, threads, and what is refused.
Usage: check_language.py AMBIT"""
import csv
import json
import os
import re
import shutil
import sys
import tempfile
import unittest

import h5py
import numpy
import cases
from tiny_run import differences, log, newest, numbers, run, steps, write_config

AMBIT = os.path.abspath(sys.argv[1])
README = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "README.md")
CONFIG = """out_dir: runs
seed: 3
model: {head: language, n_embd: 16, n_layer: 1, n_head: 2, norm: post, activation: relu, positions: sinusoidal}
corpus: {language: question_formation, train: 400, validation: 40, generalization: 40}
training: {batch_size: 8, shards: 4, learning_rate: 1.0e-3, train_steps: 60, save_every_steps: 7, validate_every: 20,
  validate_examples: 30}
wandb: {log_every_steps: 3}
evaluation: {n_examples: 40, every: 20}
"""
FILES = {"train.txt": "b a x . copy\tb a x .\na b . copy\ta b .\nc b . turn\tb c .\n",
         "validation.txt": "a c . copy\ta c .\n", "generalization.txt": "c a . turn\ta c .\n"}
FROM_FILES = CONFIG.replace("language: question_formation, train: 400, validation: 40, generalization: 40",
                            "files: {train: train.txt, validation: validation.txt, generalization: generalization.txt}")


def pretrain(folder, *more, config="tiny.yaml"):
    return run(AMBIT, "pretrain", config, "-o", folder, "--quiet", *more, timeout=60)


def records(folder):
    return [json.loads(line) for line in log(folder).splitlines()]


class Language(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chdir(folder.name)
        write_config(text=CONFIG)
        write_config("files.yaml", FROM_FILES)
        for name, text in FILES.items():
            write_config(name, text)
        done = pretrain("whole", "--threads=1")
        assert done.returncode == 0, done.stderr

    def refused(self, *words, override=(), config="tiny.yaml", text=None):
        if text:
            write_config(config, text)
        done = run(AMBIT, "pretrain", config, "--dry-run", *override)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_log(self):
        lines = records("whole")
        self.assertEqual(lines[-1]["step"], 59)
        self.assertEqual(set(lines[0]["class_loss"]), {"quest", "decl"})
        self.assertEqual([line["epoch"] for line in lines if line["step"] in (48, 51)], [0, 1])  # 50 · 8 = 400
        self.assertLess(lines[-1]["loss"], lines[0]["loss"])

    def test_validation(self):
        """Losses and accuracies of both splits, after every 20 steps."""
        lines = records("whole")
        scored = [line for line in lines if "validation" in line]
        self.assertEqual([line["step"] for line in scored], [19, 39, 59])
        for line in scored:
            for split in ("validation", "generalization"):
                self.assertTrue(2 < line[split]["loss"] < 5, line)
                self.assertTrue(0 <= line[split]["accuracy"] <= 1, line)
        self.assertLess(scored[-1]["validation"]["loss"], scored[0]["validation"]["loss"])
        done = run(AMBIT, "evaluate", "whole", "-o", "validation.h5", "--evaluation.n_examples=30",
                   "--evaluation.every=0", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("validation.h5") as file:  # the same sentences, by the same function
            for split in ("validation", "generalization"):
                target = file["targets"][split]
                loss = target["mean_loss"][0]  # cJSON writes 15 digits of a number, or 17
                self.assertIn(scored[-1][split]["loss"], (loss, float(f"{loss:.15g}")))
                self.assertEqual(target["accuracy"][0, 0], scored[-1][split]["accuracy"])
        watched = run(AMBIT, "watch", "whole")
        self.assertEqual(watched.returncode, 0, watched.stderr)
        self.assertRegex(watched.stderr, r"validation 0\.\d+ \(loss \d\.\d+\)  generalization 0\.\d+")
        quiet = run(AMBIT, "pretrain", "tiny.yaml", "-o", "few", "--training.validate_every=1000", "--quiet")
        self.assertEqual(quiet.returncode, 0, quiet.stderr)
        self.assertNotIn(b"accuracy", log("few"))
        self.assertEqual(numbers(newest("few"))["step"], 60)

    def test_show_and_convert(self):
        """Tables of every split, the course over training with early stopping, several runs, and CSV."""
        shutil.copytree("whole", "shown")
        done = run(AMBIT, "evaluate", "shown")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = run(AMBIT, "show", "shown/results.h5")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(shown.stdout.split("written")[0], done.stdout)
        for words in ("first_auxiliary by category", "object relative", "loss per word", "log odds of hierarchy",
                      "first best validation accuracy", "least validation loss", "step, logarithmic"):
            self.assertIn(words, shown.stdout)
        rules = re.findall(r"  first_auxiliary +(\S+) ±\S+ +(\S+) +(\S+) +(\S+)\n", shown.stdout)
        self.assertEqual([numbers[1:] for numbers in rules],
                         [("1.000", "1.000", "0.250"), ("0.000", "1.000", "0.250")])
        for line in shown.stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)
        self.assertRegex(run(AMBIT, "show", "shown").stdout, r"parameters_\*.h5 +3 steps")
        runs = run(AMBIT, "show", "shown", "whole", "shown")
        self.assertEqual(runs.returncode, 0, runs.stderr)
        self.assertRegex(runs.stdout, r"mean +0\.\d+ +0\.\d+ +0\.\d+\n")
        self.assertEqual(pretrain("tenses", "--corpus.language=tense_inflection").returncode, 0)
        self.assertEqual(run(AMBIT, "evaluate", "tenses").returncode, 0)
        runs = run(AMBIT, "show", "shown", "tenses")
        self.assertIn("no mean, since seeds are not all that the runs differ in: corpus.language\n", runs.stdout)
        self.assertNotRegex(runs.stdout, r"(?m)^ +mean +0")
        self.assertEqual(pretrain("seeded", "--seed=4").returncode, 0)
        self.assertEqual(run(AMBIT, "evaluate", "seeded").returncode, 0)
        self.assertRegex(run(AMBIT, "show", "shown", "seeded").stdout, r"(?m)^ +mean +0")
        self.assertEqual(run(AMBIT, "convert", "shown/results.h5", "all.csv").returncode, 0)
        self.assertEqual(run(AMBIT, "convert", "shown/results.h5", "raw.csv", "--raw").returncode, 0)
        with open("all.csv", encoding="utf-8") as file, h5py.File("shown/results.h5") as results:
            rows = list(csv.DictReader(file))
            mean = results["targets/generalization/accuracy"]
            written = [float(row["mean"] or "nan") for row in rows if row["target"] == "generalization"]
            numpy.testing.assert_array_equal(written, mean[()].ravel())
        with open("raw.csv", encoding="utf-8") as file, h5py.File("shown/results.h5") as results:
            rows = [row for row in csv.DictReader(file) if row["target"] == "validation"]
            outcome = results["targets/validation/outcome"][()].ravel()
            self.assertEqual([row["outcome"] == "" for row in rows], list(numpy.isnan(outcome)))
            self.assertEqual({int(row["example"]) for row in rows},
                             set(results["targets/validation/example"][()]))

    def test_probes_look_inside(self):
        """Measures of the model at every kept step, and no poorer results over them."""
        shutil.copytree("whole", "inside")
        target = "{name: inside, split: train, probes: [weight_norm, attention_sparsity, tree_projection, silent_heads]}"
        done = run(AMBIT, "evaluate", "inside", f"--evaluation.targets=[{target}]", "--evaluation.probe_sentences=20")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("t_parseval", done.stdout)
        table = done.stdout.split("weight_norm: ")[1].split("\n\n")[0]  # of the model alone: rules have no norm
        self.assertRegex(table, r"^norm of the parameters\n  transformer +[\d.]+$")
        self.assertRegex(done.stdout, r"\n  first_auxiliary_of_all_words\n +\d\.\d+ ")
        with h5py.File("inside/results.h5") as file:
            inside = file["targets/inside"]
            self.assertEqual(inside.attrs["probes"],
                             b"weight_norm attention_sparsity tree_projection silent_heads")
            norms = inside["weight_norm"][()]
            self.assertEqual(len(set(norms[:, 0])), len(inside["step"]))
            self.assertTrue(numpy.isnan(norms[:, 1:]).all())
            self.assertEqual(inside["n_tree_sentences"][()].sum(), 20)
            self.assertRegex(inside["gold_tree"][0].decode(), r"^\(.*\)$")
            trees = [inside["tree"][-1, 0, 0].decode(), inside["gold_tree"][0].decode()]
            self.assertEqual([text.decode() for text in inside.attrs["trees"][:2]], trees)
        shown = run(AMBIT, "show", "inside/results.h5", "--more").stdout
        for word, tree in zip(("projected", "gold"), trees):
            self.assertIn(f"\n  {word}  {tree}\n".replace(" ", ""), re.sub(r"\n {13}| ", "", shown))
        self.assertNotIn("projected greedily", run(AMBIT, "show", "inside/results.h5").stdout)
        poorer = run(AMBIT, "evaluate", "inside", "--evaluation.targets=[{name: inside, split: train}]")
        self.assertEqual(poorer.returncode, 2, poorer.stderr)
        self.assertIn("probes", poorer.stderr)
        brackets = "--corpus:={language: dyck, train: 40, validation: 10, generalization: 10}"
        self.assertEqual(pretrain("brackets", brackets, "--training.train_steps=2").returncode, 0)
        done = run(AMBIT, "evaluate", "brackets", "--evaluation.every=0",
                   "--evaluation.targets=[{name: a, split: train, probes: [tree_projection]}]")
        self.assertIn("gold trees\n  no number: the language has no trees\n", done.stdout)
        unknown = run(AMBIT, "evaluate", "inside", "--evaluation.targets=[{name: a, split: train, probes: [slice]}]")
        self.assertIn("found slice; allowed: weight_norm", unknown.stderr)

    def test_export(self):
        """Sentences with what predictors output."""
        done = run(AMBIT, "export", "--prompts", "whole", "answers.h5")
        self.assertNotIn("keep_", done.stderr)  # the program asked, not the user
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("answers.h5") as results:
            target = results["targets/validation"]
            self.assertEqual(target["output"].shape, (4, 40))
            rule = list(target["predictor"][()]).index(b"hierarchical_rule")
            self.assertEqual(list(target["output"][rule]), list(target["target"][()]))

    def test_a_rule_that_does_not_apply(self):
        done = run(AMBIT, "evaluate", "whole", "-o", "silent.h5", "--evaluation.every=0", "--evaluation.n_examples=4",
                   "--evaluation.predictors=[first_noun, linear_rule]")
        self.assertEqual(done.returncode, 0, done.stderr)
        for target in done.stdout.split("question_formation, ")[1:]:
            self.assertEqual(re.findall(r"(\w+): no answers: it says nothing", target), ["first_noun"])

    def test_report(self):
        """One page with both accuracies over training, accuracy by category, and answers."""
        done = pretrain("reported")
        self.assertEqual(done.returncode, 0, done.stderr)
        probes = "probes: [weight_norm, attention_sparsity, tree_projection, silent_heads]"
        targets = "{name: validation, split: validation}, {name: generalization, split: generalization}"
        done = run(AMBIT, "evaluate", "reported", "--quiet", "--evaluation.keep_outputs=true",
                   f"--evaluation.targets=[{targets}, {{name: seen, split: train, {probes}}}]")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run(AMBIT, "report", "reported/results.h5", "--figures", "drawn")
        if "lacks packages" in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open("reported/report.html", encoding="utf-8") as file:
            text = file.read()
        for words in ('id="accuracy_over_steps"', 'id="categories_generalization"', 'id="answers_generalization"',
                      'id="inside_seen"', 'id="trees_seen"', 'id="heads_seen"', "right-branching trees 0.",
                      "one head switched off.",
                      "sentences of question_formation", "Validation is best first at step", "linear_rule"):
            self.assertIn(words, text)
        with h5py.File("reported/results.h5") as file:
            self.assertIn(f"; {file.attrs['n_parameters'][0]} parameters; step ", text)
        self.assertEqual(text.count("<table"), text.count("Scrolls to the right"))
        with open("drawn/answers_generalization.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(set(rows[0]), {"input", "transformer", "linear_rule", "hierarchical_rule"})
        for row in rows:
            words = row["input"].split()
            self.assertEqual(words[-2:], [".", "quest"])
            for rule in ("linear_rule", "hierarchical_rule"):  # a question of the same words
                self.assertEqual(sorted(row[rule].split()), sorted([*words[:-2], "?"]))
            self.assertNotEqual(row["linear_rule"], row["hierarchical_rule"])

    def test_report_without_gain(self):
        """Early stopping misses nothing where nothing is learned; a target of another split has a course, too."""
        self.assertEqual(pretrain("flat", "--training.learning_rate=1e-12").returncode, 0)
        said = []
        for targets in ("", "{name: seen, split: train}"):
            more = [f"--evaluation.targets=[{targets}]"] if targets else []
            done = run(AMBIT, "evaluate", "flat", "--quiet", "--replace", *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            done = run(AMBIT, "report", "flat/results.h5", "--figures", "flat_drawn")
            if "lacks packages" in done.stderr:
                self.skipTest(done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open("flat/report.html", encoding="utf-8") as file:
                said.append(file.read())
        self.assertIn("at the end as much.", said[0])
        for text in said:
            self.assertIn('id="accuracy_over_steps"', text)
            self.assertNotIn("missed by early stopping", text)
        self.assertRegex(said[1], r"At step\s60: seen [01]\.\d+\.")

    def test_resolved_config_resolves_to_itself(self):
        with open("whole/config.yaml", encoding="utf-8") as file:
            text = file.read()
        self.assertIn("head: language", text)
        self.assertIn("n_words: 70", text)
        done = run(AMBIT, "pretrain", "whole/config.yaml", "--dry-run", "--threads=1")
        self.assertEqual(done.stdout[:len(text)], text)

    def test_same_bits_for_any_threads_and_after_a_stop(self):
        for threads in (2, 7):
            self.assertEqual(pretrain(f"threads{threads}", f"--threads={threads}").returncode, 0)
            self.assertEqual(differences(f"threads{threads}", "whole"), [])
        shutil.copytree("whole", "stopped")
        os.remove(newest("stopped"))
        done = pretrain("stopped", "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("checkpoint_00000056.h5", done.stderr)
        self.assertEqual(log("stopped"), log("whole"))
        self.assertEqual(numbers(newest("stopped")), numbers(newest("whole")))

    def test_seeds(self):
        """`seed` moves everything but the corpus; each of its parts moves alone."""
        def after(*more):
            done = pretrain("seeds", "--training.train_steps=5", "--evaluation.every=0", *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            with h5py.File(newest("seeds")) as file:
                values = b"".join(file["parameters"][name][()].tobytes() for name in file["parameters"])
            first = records("seeds")[0]["loss"]
            shutil.rmtree("seeds")
            return values, first
        plain, loss = after()
        self.assertEqual(after("--training.order_seed=3", "--training.initialization_seed=3")[0], plain)
        other, other_loss = after("--seed=4")
        self.assertNotEqual(other, plain)
        self.assertEqual(after("--seed=4", "--training.order_seed=3", "--training.initialization_seed=3",
                               "--training.dropout_seed=3")[0], plain)
        for key in ("order_seed", "initialization_seed"):
            self.assertNotIn(after(f"--training.{key}=4")[0], (plain, other), key)

    def test_dry_run(self):
        done = run(AMBIT, "pretrain", "tiny.yaml", "--dry-run", "--threads=1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"corpus +400 sentences to train on, 40 of validation, 40 of generalization")
        said = re.search(r"tokens +(\S+) a sentence, at most (\d+); 70 words; \d+ tokens/s; 1.2 epochs", done.stdout)
        self.assertTrue(20 < float(said[1]) < 25, said[0])
        self.assertIn(f"n_context: {said[2]}\n", done.stdout)

    def test_files(self):
        done = pretrain("files", config="files.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open("files/config.yaml", encoding="utf-8") as file:
            text = file.read()
        self.assertIn("n_words: 9\n", text)  # a b c x . copy turn, start, end
        self.assertIn("n_context: 10\n", text)
        evaluated = run(AMBIT, "evaluate", "files")  # no language, no rules
        self.assertEqual(evaluated.returncode, 0, evaluated.stderr)
        with h5py.File("files/results.h5") as results:
            self.assertEqual([name.decode() for name in results["targets/generalization/predictor"]],
                             ["transformer", "n_gram", "uniform"])
        shutil.copytree("files", "moved")
        write_config("elsewhere.txt", FILES["train.txt"])
        same = pretrain("moved", "--resume", "--corpus.files.train=elsewhere.txt", config="files.yaml")
        self.assertEqual(same.returncode, 0, same.stderr)
        write_config("elsewhere.txt", FILES["train.txt"].replace("a b . copy\ta b", "a c . copy\ta c"))
        other = pretrain("moved", "--resume", "--corpus.files.train=elsewhere.txt", config="files.yaml")
        self.assertEqual(other.returncode, 2)
        self.assertIn("corpus.digest", other.stderr)
        again = run(AMBIT, "pretrain", "files/config.yaml", "--dry-run", "--corpus.files.train=elsewhere.txt")
        self.assertEqual(again.returncode, 2)
        self.assertIn("give the files back", again.stderr)

    def test_readme(self):
        """The two smallest configs of the README: a language's, and one of files."""
        with open(README, encoding="utf-8") as file:
            blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.DOTALL)
        first = next(block for block in blocks if "head: language" in block)
        second = next(block for block in blocks if "files:" in block)
        common = [line for line in first.splitlines() if line.split(":")[0] in ("out_dir", "model", "training")]
        write_config("first.yaml", first)
        write_config("second.yaml", "\n".join(common) + "\n" + second)
        done = run(AMBIT, "pretrain", "first.yaml", "--dry-run", "--corpus.train=400")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = pretrain("readme", "--training.train_steps=2", config="second.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run(AMBIT, "evaluate", "readme")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("weight_norm", done.stdout)

    def evaluate(self, *words, code=0):
        """Returns what was said."""
        done = run(AMBIT, "evaluate", *words, "--quiet")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def test_other_words(self):
        """As many words, but others: the ids of a model mean what they meant in its corpus."""
        done = pretrain("words", config="files.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        for name, text in FILES.items():
            write_config("swapped_" + name, "d".join(text.split("b")))
        files = ", ".join(f"{name.split('.', maxsplit=1)[0]}: swapped_{name}" for name in FILES)
        said = self.evaluate("words", f"--corpus:={{files: {{{files}}}}}", code=2)
        self.assertIn("word 3 in the order of bytes is 'c', expected 'b'", said)
        other = pretrain("other_words", f"--corpus:={{files: {{{files}}}}}", config="files.yaml")
        self.assertEqual(other.returncode, 0, other.stderr)
        models = "--evaluation.models=[{name: other, path: other_words}]"
        self.assertIn("word 3", self.evaluate("words", models, "-o", "models.h5", code=2))
        again = run(AMBIT, "pretrain", "words/config.yaml", "--dry-run", f"--corpus.files={{{files}}}")
        self.assertEqual(again.returncode, 2)
        self.assertIn("word 3", again.stderr)
        whole = {name: "".join(FILES.values()) for name in FILES}  # other sentences of the same words
        for name, text in whole.items():
            write_config("whole_" + name, text)
        self.evaluate("words", f"--corpus:={{files: {{{files.replace('swapped', 'whole')}}}}}", "-o", "whole.h5")
        self.assertIn("other sentences than those of the run", self.evaluate("whole", "--corpus.seed=7", code=2))
        corpus = "language: question_formation, train: 9, validation: 9, generalization: 9, seed: 7"
        self.evaluate("whole", f"--corpus:={{{corpus}}}", "-o", "seed.h5")
        self.assertIn("words", self.evaluate("whole", "--corpus:={language: tense_inflection, train: 9}", "-o",
                                             "language.h5", code=2))
        changed = run(AMBIT, "pretrain", "whole/config.yaml", "--dry-run", "--corpus.seed=7")
        self.assertIn("settings of the corpus were changed", changed.stderr)

    def test_training_file_alone(self):
        """By default splits with sentences are scored, and others are refused before training."""
        write_config("alone.yaml", re.sub("files: {.*}}", "files: {train: train.txt}}", FROM_FILES))
        done = pretrain("alone", config="alone.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.evaluate("alone")
        with h5py.File("alone/results.h5") as results:
            self.assertEqual(list(results["targets"]), ["train"])
            self.assertEqual(results["targets/train/accuracy"].shape[2], 1)  # of outputs
        self.refused("evaluation.targets[0].split", "no sentences for validation", config="alone.yaml",
                     override=["--evaluation.targets=[{name: a, split: validation}]"])
        done = run(AMBIT, "pretrain", "tiny.yaml", "--dry-run", "--corpus.generalization=0")
        self.assertNotIn("split: generalization", done.stdout)
        self.assertIn("split: validation", done.stdout)

    def test_paths_start_at_their_file(self):
        os.makedirs("far/away", exist_ok=True)
        for name, text in FILES.items():
            write_config("far/" + name, text)
        write_config("far/base.yaml", FROM_FILES)
        write_config("far/away/config.yaml", "inherit: ../base.yaml\n")
        done = pretrain("far/run", config="far/away/config.yaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        here = os.getcwd()
        with open("far/run/config.yaml", encoding="utf-8") as file:
            self.assertIn(f'train: "{os.path.realpath("far/train.txt")}"', file.read())
        os.chdir("far/away")
        try:
            self.evaluate("../run")
            done = pretrain("../run", "--resume", "--corpus.files.train=../train.txt", config="config.yaml")
            self.assertEqual(done.returncode, 0, done.stderr)
        finally:
            os.chdir(here)

    def test_baselines_have_no_steps(self):
        """evaluation.every, which the config of a run may have, means nothing without a model."""
        self.evaluate("none", "tiny.yaml", "-o", "baselines.h5")
        with h5py.File("baselines.h5") as results:
            self.assertNotIn("step", results["targets/validation"])

    def test_continues_only_as_it_began(self):
        for override, word in (("--corpus.seed=5", "corpus.seed"), ("--corpus.train=300", "corpus.train"),
                               ("--training.loss_on=output", "training.loss_on"), ("--model.tied=true", "model.tied"),
                               ("--training.order_seed=9", "training.order_seed"),
                               ("--model.norm=pre", "model.norm"), ("--model.n_context=99", "model.n_context")):
            done = pretrain("whole", "--resume", override)
            self.assertEqual(done.returncode, 2, override)
            self.assertIn(word, done.stderr)
        self.assertEqual(steps("whole"), [56, 60])

    def test_refuses(self):
        self.refused("tiny.yaml", "head: ", "allowed: regression, language",
                     text=CONFIG.replace("head: language", "head: sentences"), config="bad_tiny.yaml")
        self.refused("training.curriculum: belongs to configs with model.head: regression", "loss_on",
                     override=["--training.curriculum.dims.start=1"])
        self.refused("model.n_positions: belongs to configs with model.head: regression",
                     override=["--model.n_positions=4"])
        self.refused("unknown key, did you mean train", override=["--corpus.trian=4"])
        self.refused("allowed: question_formation", override=["--corpus.language=esperanto"])
        self.refused("model.n_context: found 12", override=["--model.n_context=12"])
        self.refused("model.n_words: found 12", override=["--model.n_words=12"])
        self.refused("lasso answers no sentences", "linear_rule", override=["--evaluation.predictors=[lasso]"])
        self.refused("corpus.train: is for sentences that are drawn", config="files.yaml",
                     override=["--corpus.train=10"])
        self.refused("evaluation.targets[1].name", override=[
            "--evaluation.targets=[{name: a, split: train}, {name: a, split: validation}]"])
        self.refused("found gen", "generalization", override=["--evaluation.targets=[{name: a, split: gen}]"])
        regression = CONFIG.replace("head: language, ", "n_positions: 4, n_dims: 3, ")
        self.refused("corpus: belongs to configs with model.head: language", text=regression, config="mixed.yaml")
        self.refused("corpus.language: missing", "`files: {train: PATH", override=["--corpus:={}"])
        write_config("long.txt", "a . copy\t" + "a " * 65533 + "\n")
        self.refused("long.txt:1:", "found 65536 words, allowed are at most 65535", config="files.yaml",
                     override=["--corpus.files.train=long.txt"])
        self.refused("linear_only: sentences of dyck have no input", override=["--corpus:={language: dyck, linear_only: 1}"])
        self.refused("train.txt:1:", "give a longer context", config="files.yaml", override=["--model.n_context=4"])

    def test_refuses_predictors_of_sentences_for_prompts(self):
        text = "out_dir: r\nmodel: {n_positions: 4, n_dims: 3, n_embd: 8, n_layer: 1, n_head: 1}\n" \
            "training: {task: linear_regression}\n"
        self.refused("linear_rule answers no prompts", text=text, config="prompts.yaml",
                     override=["--evaluation.predictors=[linear_rule]"])


if __name__ == "__main__":
    cases.run()
