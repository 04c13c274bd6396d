# SPDX-License-Identifier: MIT
"""Checks what a user sees of runs: plain progress lines, `ambit watch` of runs that go on, end or are stopped, and
`ambit show` of several. Usage: check_terminal.py AMBIT CONFIG"""
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import cases

try:
    import h5py
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

AMBIT, CONFIG = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
STEPS = 20
SETTINGS = [f"--training.train_steps={STEPS}", "--wandb.log_every_steps=5", "--model.n_embd=16",
            "--model.n_layer=1", "--evaluation.n_prompts=20"]


def run(*arguments):
    return subprocess.run([AMBIT, *arguments], capture_output=True, text=True, check=False)


class Terminal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        os.chdir(cls.folder.name)
        cls.trained = run("pretrain", CONFIG, "-o", "run", *SETTINGS)
        assert cls.trained.returncode == 0, cls.trained.stderr

    def test_plain_lines_say_everything(self):
        line = self.trained.stderr.splitlines()[-2]
        self.assertRegex(line, rf"^step {STEPS}/{STEPS}  [0-9.]+ of zero  dense [0-9.]+  "
                               r"sparse [0-9.]+  loss [0-9.]+  lr \S+  gradient \S+  "
                               r"\d+ prompts/s  ETA 0:00$")
        self.assertIn("`of zero` and classes are losses over that of always predicting 0", self.trained.stderr)
        self.assertNotIn("\r", self.trained.stderr)
        self.assertNotIn("\033", self.trained.stderr)

    def test_watch_a_run_that_has_ended(self):
        done = run("watch", "run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"step {STEPS}/{STEPS}", done.stderr)
        self.assertIn("finished", done.stderr)

    def start_watching(self, folder):
        """A run as it looks after its first log line, held by this process, and its watcher."""
        os.mkdir(folder)
        shutil.copy("run/config.yaml", folder)
        with open("run/log.jsonl", encoding="utf-8") as file:
            lines = file.readlines()
        self.assertEqual(json.loads(lines[-1])["step"], STEPS - 1)
        with open(f"{folder}/log.jsonl", "w", encoding="utf-8") as log:
            log.write(lines[0])
        lock = open(f"{folder}/.lock", "w", encoding="utf-8")
        fcntl.flock(lock, fcntl.LOCK_EX)
        self.addCleanup(lock.close)
        watcher = subprocess.Popen([AMBIT, "watch", folder], stderr=subprocess.PIPE, text=True)
        self.addCleanup(watcher.stderr.close)
        self.assertIn(f"step 1/{STEPS}", watcher.stderr.readline())
        return lock, watcher, lines

    def test_watch_follows_and_ends_with_the_run(self):
        lock, watcher, lines = self.start_watching("goes_on")
        half = len(lines[-1]) // 2
        with open("goes_on/log.jsonl", "a", encoding="utf-8") as log:
            for piece in (*lines[1:-1], lines[-1][:half], lines[-1][half:]):
                log.write(piece)
                log.flush()
                time.sleep(0.3)  # longer than between two looks at the log
        self.assertIsNone(watcher.poll())  # the last checkpoint is not there yet
        shutil.copy(f"run/checkpoint_{STEPS:08d}.h5", "goes_on")
        said = watcher.stderr.read()
        self.assertEqual(watcher.wait(), 0)
        lock.close()
        self.assertIn(f"step {STEPS}/{STEPS}", said)
        self.assertIn("finished", said)

    def test_watch_several(self):
        lock, watcher, _ = self.start_watching("one_of_two")
        watcher.kill()
        watcher.wait()
        lock.close()
        done = run("watch", "run", "one_of_two")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf"(?m)^run {STEPS}/{STEPS}  ")
        self.assertRegex(done.stderr, rf"(?m)^one_of_two 1/{STEPS}  ")
        self.assertIn("run: the run has finished", done.stderr)
        self.assertIn("one_of_two: no process trains this run, and 1 of 20 steps", done.stderr)

    def test_watch_takes_steps_without_a_loss(self):
        """Every loss null, a blank line, half a line: the run has still come to its end."""
        shutil.copytree("run", "null")
        with open("null/log.jsonl", "w", encoding="utf-8") as log:
            for step in range(STEPS):
                log.write(json.dumps({"step": step, "loss": None, "class_loss": {}}) + "\n\n")
            log.write('{"step":3')
        done = run("watch", "null")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("finished", done.stderr)

    def test_watch_ends_when_the_run_is_killed(self):
        lock, watcher, _ = self.start_watching("killed")
        lock.close()
        said = watcher.stderr.read()
        self.assertEqual(watcher.wait(), 1)
        self.assertIn("no process trains this run, and 1 of 20 steps", said)

    def test_watch_refuses(self):
        done = run("watch", "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("not a run folder", done.stderr)

    def test_errors_say_what_to_do(self):
        with open("text.h5", "w", encoding="utf-8") as file:
            file.write("no HDF5")
        with h5py.File("other.h5", "w"):
            pass
        checkpoint = f"run/checkpoint_{STEPS:08d}.h5"
        with open(checkpoint, "rb") as whole, open("half.h5", "wb") as half:
            content = whole.read()
            half.write(content[:len(content) // 2])
        with h5py.File("changed.h5", "w") as changed, h5py.File(checkpoint) as whole:
            for name, value in whole.attrs.items():
                changed.attrs.create(name, value, dtype=whole.attrs.get_id(name).dtype)
        os.makedirs("nothing")
        for command, remedy in (("show none.h5", "check the path"), ("show nothing", "`ambit pretrain`"),
                                ("evaluate nothing", "`ambit import` make them"),
                                ("show text.h5", "copy it again"), ("show other.h5", "`ambit import`"),
                                ("show half.h5", "copy it again"),
                                ("show changed.h5", "take another checkpoint"),
                                ("convert run", "run: no results.h5 in it yet; next: ambit evaluate run"),
                                (f"convert {checkpoint}", "`ambit evaluate` makes results"),
                                ("list families lynear", "see ambit list families"),
                                ("evaluate run --threads", "--threads VALUE"),
                                ("evaluate run nothing", "one run at a time, found nothing, too"),
                                ("pretrain nothing", "give the name of a file"),
                                (f"pretrain {CONFIG} --train_steps=5", "did you mean training.train_steps?"),
                                ("export run nowhere/x.safetensors", "check the path")):
            done = run(*command.split())
            self.assertIn(done.returncode, (1, 2), command)
            self.assertIn(remedy, done.stderr, command)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_families_that_bayes_answers_are_marked(self):
        listed = run("list", "families").stdout
        self.assertRegex(listed, r"\n  linear_regression +any dims, N\(0, I\) +bayes\n      f\(x\) = ")
        self.assertRegex(listed, r"\n  decision_tree +any dims, N\(0, I\)\n      a full ")
        self.assertIn("\n  bayes: no\n", run("list", "families", "decision_tree").stdout)

    def test_every_key_of_a_model_is_listed(self):
        sections = re.findall(r"^  (model[.\w]*) ", run("list", "settings").stdout, re.M)
        listed = "".join(run("list", "settings", section).stdout for section in sections)
        with open("run/config.yaml", encoding="utf-8") as file:
            model = re.search(r"^model:\n((?:  .*\n)+)", file.read(), re.M)[1]
        for key in re.findall(r"^  (\w+):", model, re.M):
            self.assertRegex(listed, rf"(?m)^  {key} ")

    def test_lists_fit_the_terminal(self):
        """But for the pages of languages, which have whole sentences on a line."""
        registries = re.findall(r"(?m)^(\w+)$", run("list").stdout)
        self.assertEqual(len(registries), 6)
        for registry in registries:
            names = re.findall(r"(?m)^  (\w\S*)", run("list", registry).stdout)
            self.assertGreater(len(names), 2)
            for page in ([registry], *([registry, name] for name in names if registry != "languages")):
                listed = run("list", *page)
                self.assertEqual(listed.returncode, 0, listed.stderr)
                for line in listed.stdout.splitlines():
                    self.assertLessEqual(len(line), 80, (page, line))
                    self.assertEqual(line, line.rstrip(), page)

    def test_help_fits_the_terminal(self):
        overview = run("--help")
        self.assertEqual(run("help").stdout, overview.stdout)
        commands = re.findall(r"(?m)^  ambit (\w+)", overview.stdout)
        self.assertEqual(len(commands), 12)
        for command in commands:
            page = run("help", command)
            self.assertEqual(page.returncode, 0, page.stderr)
            self.assertEqual(page.stdout, run(command, "--help").stdout)
            for line in (*overview.stdout.splitlines(), *page.stdout.splitlines()):
                self.assertLessEqual(len(line), 80, line)
        self.assertEqual(run("help", "help").stdout, overview.stdout)
        unknown = run("help", "pretain")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("pretrain", unknown.stderr)

    def test_a_checkpoint_says_its_runs_seed(self):
        shown = run("show", f"run/checkpoint_{STEPS:08d}.h5")
        self.assertIn("\n  seed 1, step ", shown.stdout)

    def test_one_target_under_many_names(self):
        """Memory is bounded by the file's size, not by what its links promise."""
        self.assertEqual(run("evaluate", "run", "-o", "links.h5", "--quiet").returncode, 0)
        with h5py.File("links.h5", "r+") as file:
            for i in range(2000):
                file[f"targets/t{i}"] = file["targets/dense"]
        for command in ("show", "convert"):
            done = run(command, "links.h5")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("the same ones under many names", done.stderr)

    def test_messages_do_not_steer_the_terminal(self):
        with open("steer.yaml", "w", encoding="utf-8") as file:
            file.write('"mod\\e[31m\\x9bel": {}\n')
        done = run("pretrain", "steer.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("mod?[31m?el", done.stderr)

    def test_several_runs_side_by_side(self):
        os.mkdir("empty")
        shutil.copytree("run", "other")
        self.assertEqual(run("evaluate", "run", "--quiet").returncode, 0)
        done = run("show", "run", "other/", "empty")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("1 of these 3 folders cannot be read", done.stderr)
        self.assertRegex(done.stdout, rf"(?m)^  run  .*0\.5 dense \+ 0\.5 sparse .* {STEPS}/{STEPS} done$")
        self.assertRegex(done.stdout, r"(?m)^  empty .*config.yaml")
        self.assertRegex(done.stdout, r"(?m)^  run( +dense)( +sparse)( +skewed)( +convex)")
        self.assertRegex(done.stdout, r"(?m)^  run( +\d\.\d+){4}")
        self.assertRegex(done.stdout, r"(?m)^  other( +-){4}")
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_no_target_of_several_runs_is_dropped(self):
        """More targets than a line holds go on below, and no line ends in blanks."""
        targets = ", ".join(f"{{name: t{i}, task: linear_regression}}" for i in range(8))
        for name in ("wide", "narrow"):
            shutil.copytree("run", name)
        done = run("evaluate", "wide", "--quiet", "--replace", "--evaluation.n_prompts=4",
                   f"--evaluation.targets=[{targets}]")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = run("show", "wide", "narrow").stdout
        self.assertRegex(shown, r"(?m)^  run( +t[0-5]){6}$")
        self.assertRegex(shown, r"(?m)^  run +t6 +t7$")
        self.assertEqual(len(re.findall(r"(?m)^  wide( +\d\S*)+$", shown)), 2)
        self.assertNotRegex(shown, r"(?m) $")

    def test_why_there_are_no_answers(self):
        """The reason names the parts of a sum, and stands once where targets share it."""
        parts = "families: [{name: linear_regression}, {name: decision_tree}]"
        trees = ", ".join(f"{{name: t{i}, task: convex, task_kwargs: {{{parts}}}}}" for i in range(2))
        done = run("evaluate", "none", CONFIG, "-o", "trees.h5", "--evaluation.n_prompts=4",
                   "--evaluation.predictors=[bayes, zero]", f"--evaluation.targets=[{trees}]")
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = " ".join(done.stdout.split())
        self.assertEqual(shown.count("convex of linear_regression and decision_tree has no exact Bayes predictor; "
                                     "its parts must have one"), 1)
        self.assertEqual(shown.count("bayes_target: no answer to 100 % of the queries: as above"), 1)

    def test_several_files_one_after_another(self):
        """Nothing that was asked for is ignored, and what cannot be read has its exit code."""
        self.assertEqual(run("evaluate", "run", "-o", "again.h5", "--quiet").returncode, 0)
        done = run("show", "again.h5", "none.h5", "run")
        self.assertEqual(done.returncode, 2)
        self.assertIn("none.h5", done.stderr)
        self.assertEqual(done.stdout.count("end of log.jsonl"), 1)
        self.assertGreater(done.stdout.find("end of log.jsonl"), done.stdout.find("again.h5"))
        shutil.copytree("run", "twin")
        self.assertEqual(run("show", "run", "twin", "--more").stdout.count("end of log.jsonl"), 2)
        shutil.copy("again.h5", "twin/results.h5")
        shown = run("show", "twin", "twin", "--k", "1").stdout
        self.assertIn("error at k = 1, zero", shown)
        self.assertNotEqual(shown, run("show", "twin", "twin", "--k", "2").stdout)

    def test_a_table_of_several_files(self):
        for name, seed in (("a.h5", 1), ("b.h5", 2)):
            done = run("evaluate", "none", CONFIG, "-o", name, "--quiet", "--evaluation.n_prompts=4",
                       f"--evaluation.seed={seed}")
            self.assertEqual(done.returncode, 0, done.stderr)
        for options in ([], ["--raw"], ["--more"]):
            alone = [run("convert", *options, name).stdout.splitlines() for name in ("a.h5", "b.h5")]
            both = run("convert", *options, "a.h5", "b.h5", "-o", "both.csv")
            self.assertEqual(both.returncode, 0, both.stderr)
            with open("both.csv", encoding="utf-8") as file:
                rows = file.read().splitlines()
            self.assertEqual(rows, [f"file,{alone[0][0]}", *(f"a.h5,{row}" for row in alone[0][1:]),
                                    *(f"b.h5,{row}" for row in alone[1][1:])])
        self.assertIn("-o OUT.csv", run("convert", "a.h5", "b.h5", "a.h5").stderr)

    def test_cells_are_no_formulas_and_do_not_steer_the_terminal(self):
        done = run("evaluate", "none", CONFIG, "-o", "cells.h5", "--quiet", "--evaluation.n_prompts=4")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("cells.h5", "a") as file:
            file.move("targets/dense", "targets/=1+1")
            file.move("targets/sparse", "targets/r\033[31med")
        table = run("convert", "cells.h5").stdout
        self.assertIn("\n'=1+1,", table)
        self.assertIn("\nr?[31med,", table)
        self.assertNotIn("\033", table)
        done = run("pretrain", CONFIG, "-o", "o\033[31mut", *SETTINGS)
        self.assertEqual(done.returncode, 0, done.stderr)
        done.stderr += run("pretrain", CONFIG, "-o", "o\033[31mut", "--resume", *SETTINGS).stderr
        self.assertIn("the run is in o?[31mut", done.stderr)
        self.assertIn("continuing from o?[31mut", done.stderr)
        self.assertNotIn("\033", done.stderr)

    def test_results_of_another_model_are_kept(self):
        self.assertEqual(run("pretrain", CONFIG, "-o", "seeded", "--seed=8", "--quiet", *SETTINGS).returncode, 0)
        for folder in ("run", "run"):
            done = run("evaluate", folder, "-o", "kept.h5", "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
        with open("kept.h5", "rb") as file:
            before = file.read()
        done = run("evaluate", "seeded", "-o", "kept.h5", "--quiet")
        self.assertEqual(done.returncode, 2)
        self.assertIn("kept.h5: holds results of another model", done.stderr)
        self.assertIn("--replace", done.stderr)
        with open("kept.h5", "rb") as file:
            self.assertEqual(file.read(), before)
        done = run("evaluate", "seeded", "-o", "kept.h5", "--quiet", "--replace")
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("kept.h5") as file:
            self.assertEqual(file.attrs["training_seed"][0], 8)

    def test_a_config_of_another_model(self):
        with open("wide.yaml", "w", encoding="utf-8") as file:
            file.write("model: {n_embd: 32}\n")
        self.assertIn("wide.yaml: this config is of another model: model.n_embd: found 32, expected 16, with which",
                      run("evaluate", "run", "wide.yaml", "--quiet").stderr)
        self.assertIn("ambit evaluate RUN wide.yaml", run("evaluate", "wide.yaml").stderr)

    def test_notes_are_of_what_was_given(self):
        """What a schedule does is said when a run begins, and not by every evaluation of it."""
        words = "the rate never falls"
        self.assertIn(words, run("pretrain", CONFIG, "--dry-run", *SETTINGS).stderr)
        done = run("evaluate", "run", "-o", "noted.h5", "--evaluation.n_prompts=4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(words, done.stderr)

    def test_a_training_curve(self):
        os.mkdir("curve")
        with open("curve/log.jsonl", "w", encoding="utf-8") as log:
            for step in range(64):
                loss = 4 if step < 2 else 1 + step % 2
                log.write(json.dumps({"step": step, "loss": loss, "class_loss": {"a": loss, "b": None}}) + "\n")
            log.write('{"step": 64')
        shown = run("show", "curve").stdout
        self.assertIn("losses over 64 steps, means over windows of 2 steps", shown)
        for name in ("loss", "a"):
            self.assertRegex(shown, rf"(?m)^  {name} +█▃+ +4\.00 +1\.50 ± +0\.500$")
        with open("curve/log.jsonl", "w", encoding="utf-8") as log:
            log.writelines(json.dumps({"step": step, "loss": 1.5}) + "\n" for step in (0, 100, 199))
        shown = run("show", "curve").stdout
        self.assertIn("losses over 200 steps, each bar one logged step; bars begin at 0\n", shown)
        self.assertRegex(shown, r"(?m)^  loss +█ +█ +█ +1\.50 +1\.50$")

    def test_settings_and_layers_name_what_was_meant(self):
        resolved = run("pretrain", CONFIG, "--dry-run", "--training.tasks.0.weight=1")
        self.assertIn("found a list, whose item 0 is called tasks[0]", resolved.stderr)
        schedule = "--training.schedule:={name: constant}"
        for setting, warms in ((schedule.replace(":=", "="), True), (schedule, False)):
            text = run("pretrain", CONFIG, "--dry-run", *SETTINGS, setting).stdout
            self.assertEqual(re.search(r"warmup_steps: (\d+)", text)[1] != "0", warms, setting)
        for text in ("seed: 1\ngrid:\n  - {training.tasks[0].weight: [0.1, 0.5]}\n", "seed: [1,\n"):
            with open("braces.yaml", "w", encoding="utf-8") as file:
                file.write(text)
            refused = run("pretrain", "braces.yaml").stderr
            self.assertRegex(refused, r"braces\.yaml:\d: ")
            self.assertEqual('; quote a key that has [ ] inside of braces: {"tasks[0].weight": …}' in refused, "grid" in text)
        swept = "--evaluation.targets=[{name: a, task: linear_regression, sweep: {tasks[0].scale: [1]}}]"
        self.assertIn("; quote a key", run("pretrain", CONFIG, "--dry-run", swept).stderr)
        os.makedirs("deep/er")
        for name, text in (("base.yaml", ""), ("deep/er/own.yaml", "inherit: [base.yaml]\n"),
                           ("deep/er/none.yaml", "inherit: [lost.yaml]\n")):
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        self.assertIn("own.yaml:1: inherit[0]: deep/er/base.yaml is not there; paths start at the folder of this file: "
                      "did you mean ../../base.yaml?", run("pretrain", "deep/er/own.yaml").stderr)
        self.assertIn("lost.yaml is not there; paths start", run("pretrain", "deep/er/none.yaml").stderr)
        with open("ends.yaml", "w", encoding="utf-8") as file:
            file.write("inherit: [base.yml]\n")
        self.assertIn("base.yml is not there; did you mean base.yaml?", run("pretrain", "ends.yaml").stderr)

    def test_evaluation_tells_its_cost_beforehand(self):
        done = run("evaluate", "run", "--dry-run", "-o", "dry.h5", "--threads=2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^  dense +20 +1 +0:0\d  \S+ 0:0\d$")
        self.assertRegex(done.stdout, r"(?m)^about 0:\d\d with 2 threads")
        self.assertFalse(os.path.exists("dry.h5"))


if __name__ == "__main__":
    cases.run()
