# SPDX-License-Identifier: MIT
"""Checks what a run does when something goes wrong around it: a second process, signals, damaged checkpoints, killed
writers, folders that cannot be read or written, names that are seen late, full disks, steps that are not finite.
Every refusal has its message and exit code, and leaves earlier files as they were.
Usage: check_reliability.py AMBIT LATE_NAMES"""
import contextlib
import errno
import json
import os
import pathlib
import resource
import stat
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy
import cases
from tiny_run import differences, log, newest, run, steps, write_config

AMBIT, LATE_NAMES = map(os.path.abspath, sys.argv[1:3])
ENDLESS = ["--training.train_steps=1000000000", "--wandb.log_every_steps=1"]


def pretrain(folder, *more, **options):
    return run(AMBIT, "pretrain", "tiny.yaml", "-o", folder, "--quiet", "--threads=1", *more, timeout=60, **options)


@contextlib.contextmanager
def start(folder, *more):
    """A run that has logged its first step and would not end."""
    with subprocess.Popen([AMBIT, "pretrain", "tiny.yaml", "-o", folder, "--quiet", *ENDLESS, *more],
                          stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (os.path.exists(f"{folder}/log.jsonl") and log(folder)):
            time.sleep(0.002)
        try:
            yield process
        finally:
            process.kill()


def wait_for_step(folder, least):
    """Until a checkpoint of that step or a later one is there."""
    end = time.monotonic() + 60
    while max(steps(folder), default=-1) < least and time.monotonic() < end:
        time.sleep(0.002)


def contents(folder):
    return {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir() if path.name != ".lock"}


class Reliability(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chdir(folder.name)
        os.chmod(".", 0o755)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup too
        write_config()
        done = pretrain("whole")
        assert done.returncode == 0, done.stderr

    def refused(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def copy(self, name):
        shutil.copytree("whole", name)
        return name

    def test_second_process_is_refused(self):
        with start("locked") as first:
            self.refused(pretrain("locked", "--resume"), 1, "locked: another ambit trains in this folder",
                         f"process {first.pid} on ")
        self.assertEqual(pretrain("locked", "--resume", "--training.train_steps=1000").returncode, 0)

    def test_nothing_is_imported_where_a_run_trains(self):
        with start("training", "--training.save_every_steps=100000000"):
            config = pathlib.Path("training/config.yaml").read_bytes()
            self.refused(run(AMBIT, "import", newest("whole"), "training"), 1,
                         "training: another ambit trains in this folder")
            self.assertEqual(pathlib.Path("training/config.yaml").read_bytes(), config)
            self.assertEqual(steps("training"), [])

    def test_a_run_whose_folder_is_gone_stops(self):
        """Its lock would guard a file without a name, and a second run could begin in the folder. Checkpoints are rare
        enough that none is being written while the folder is replaced: then it could still end up in the new one."""
        for name, remove in (("unlocked", lambda: os.unlink("unlocked/.lock")),
                             ("moved", lambda: os.rename("moved", "moved_away")),
                             ("replaced", lambda: (os.rename("replaced", "replaced_away"),
                                                   shutil.copytree("whole", "replaced")))):
            with start(name, "--training.save_every_steps=2000") as process:
                remove()
                _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1)
            self.assertIn(f"ambit: {name}: this folder or its .lock was removed or replaced", errors)
        self.assertEqual(differences("replaced", "whole"), [])

    def test_a_log_that_is_removed_or_replaced(self):
        """It is written again, or goes on under its name; without a word of it, what follows would be lost."""
        def replace(path):
            pathlib.Path("mine").write_text("mine\n", encoding="utf-8")
            os.rename("mine", path)
        for name, change, said in (("logless", os.unlink, "removed during the run; it is written again"),
                                   ("relogged", replace, "replaced during the run; it goes on in the new file")):
            with start(name, "--training.save_every_steps=50") as process:
                wait_for_step(name, 50)
                change(f"{name}/log.jsonl")
                wait_for_step(name, steps(name)[-1] + 100)
                process.send_signal(signal.SIGTERM)
                _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 75, errors)
            self.assertEqual(errors.count(f"warning: {name}/log.jsonl was {said}"), 1, errors)
            lines = log(name).splitlines()
            if change is replace:
                self.assertEqual(lines.pop(0), b"mine")
            found = [json.loads(line)["step"] for line in lines]
            self.assertEqual(found, list(range(found[0], steps(name)[-1])))
            self.assertEqual(found[0] == 0, change is os.unlink)

    def test_checkpoints_of_two_runs_do_not_mix(self):
        keep = "--training.keep_every_steps=20"
        self.assertEqual(pretrain("mixed", keep).returncode, 0)
        self.assertEqual(pretrain("other", keep, "--seed=4").returncode, 0)
        shutil.copy("other/checkpoint_00000040.h5", "mixed")
        done = run(AMBIT, "evaluate", "mixed", "--evaluation.every=20", "--quiet")
        self.refused(done, 2, "mixed/checkpoint_00000040.h5: of another run (", "move it away")
        shutil.move("other/checkpoint_00000056.h5", "mixed/checkpoint_00000056.h5")
        done = pretrain("mixed", "--resume", "--training.keep_last=1", "--training.train_steps=65", keep)
        self.assertIn("warning: a checkpoint of another run was left alone: mixed/checkpoint_00000056.h5", done.stderr)
        self.assertEqual(steps("mixed"), [20, 40, 56, 60, 65])
        with h5py.File(newest("mixed")) as file, h5py.File("mixed/checkpoint_00000020.h5") as first:
            self.assertEqual(file.attrs["run"], first.attrs["run"])

    def test_second_signal_ends_at_once(self):
        with start("twice") as process:
            for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
                process.send_signal(number)
            process.communicate()
        self.assertIn(process.returncode, (-signal.SIGINT, -signal.SIGTERM))
        self.assertEqual(steps("twice"), [])

    def test_stops_leave_a_checkpoint(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with start(f"stop{number}", "--training.save_every_steps=100000000") as process:
                process.send_signal(number)
                process.communicate()
            self.assertEqual(process.returncode, 75)
            self.assertEqual(len(steps(f"stop{number}")), 1)

    def test_resume_begins_and_ends(self):
        """The same line may be given again and again: it begins, goes on, and leaves what is finished."""
        done = pretrain("again", "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("there is no run in again yet, so training starts at step 0", done.stderr)
        self.assertEqual(differences("again", "whole"), [])
        before = contents("again")
        done = pretrain("again", "--resume")
        self.assertEqual((done.returncode, done.stderr), (0, "continuing from again/checkpoint_00000060.h5\n"
                                                             "the run in again is finished: it has all 60 steps\n"))
        self.assertEqual(contents("again"), before)

    def test_resumed_runs_tell_the_whole_time(self):
        folder = self.copy("hours")
        with h5py.File(newest(folder), "a") as file:
            file.attrs["wall_seconds"] = 7260.0
        done = pretrain(folder, "--resume", "--training.train_steps=61")
        self.assertRegex(done.stderr, r"\n61 steps took 2:01:0\d; the run is in hours\n")
        with h5py.File(newest(folder), "a") as file:
            self.assertLess(7260, file.attrs["wall_seconds"])
            file.attrs["wall_seconds"] = numpy.nan
        self.refused(pretrain(folder, "--resume", "--training.train_steps=62"), 2, "found nan wall_seconds")

    def test_advice_is_for_a_shell(self):
        folder = "it's a run"
        with start(folder) as process:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate()
        advice = errors[errors.index("to continue: ambit ") + len("to continue: ambit "):].rstrip()
        self.assertTrue(advice.endswith(" --resume"), advice)
        done = run("sh", "-c", f'"$0" {advice} --training.train_steps={steps(folder)[-1] + 1}', AMBIT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"continuing from {folder}/checkpoint_", done.stderr)
        advice = run(AMBIT, "watch", folder).stderr.partition("next: ambit ")[2]
        self.assertEqual(run("sh", "-c", f'"$0" {advice}', AMBIT, timeout=60).returncode, 0, advice)

    def test_names_do_not_steer_a_terminal(self):
        name = "\x1b[31mred"
        shutil.copytree("whole", name)
        write_config("steers.yaml", f"inherit: [tiny.yaml]\nout_dir: '{name}'\ngrid: [{{seed: [1]}}]\n")
        for words in (["evaluate", name], ["show", name], ["show", f"{name}/results.h5"], ["watch", name],
                      ["export", name, f"{name}/w.safetensors"], ["import", f"{name}/w.safetensors", f"{name}2", "tiny.yaml"],
                      ["export", "--prompts", name, f"{name}/p.h5"], ["grid", "steers.yaml"], ["evaluate", name]):
            done = run(AMBIT, *words, env={**os.environ, "LC_ALL": "C.UTF-8"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("\x1b", done.stdout + done.stderr, words)

    def test_quiet_leaves_warnings(self):
        loud = run(AMBIT, "pretrain", "tiny.yaml", "-o", "loud", "--threads=1", "--wandb.project=x")
        self.assertIn("note: wandb.project: not used", loud.stderr)
        for command in (["pretrain", "tiny.yaml", "-o", "hushed"], ["evaluate", "hushed", "--evaluation.every=30"]):
            done = run(AMBIT, *command, "--wandb.project=x", "--threads=1", "--quiet")
            self.assertEqual((done.returncode, done.stdout, "note: " in done.stderr), (0, "", False), done.stderr)
        self.assertIn("warning: evaluation.every: ", done.stderr)

    def test_saving_by_time(self):
        """A checkpoint after every step that took a microsecond; no number changes."""
        often = ["--training.save_every_minutes=1e-9", "--training.save_every_steps=1000", "--training.keep_last=64"]
        self.assertEqual(pretrain("timed", *often).returncode, 0)
        self.assertEqual(steps("timed"), list(range(1, 61)))
        shutil.rmtree("timed")
        self.assertEqual(pretrain("timed", *often, "--training.keep_last=2").returncode, 0)
        os.unlink(newest("timed"))
        self.assertEqual(pretrain("timed", "--resume").returncode, 0)
        self.assertEqual(log("timed"), log("whole"))
        with h5py.File(newest("timed")) as file, h5py.File(newest("whole")) as whole:
            self.assertEqual({name: file[name].attrs["digest"] for name in file},
                             {name: whole[name].attrs["digest"] for name in whole})

    def test_nohup_is_honoured(self):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with start("nohup") as process:
                process.send_signal(signal.SIGHUP)
                before = len(log("nohup"))
                while process.poll() is None and len(log("nohup")) == before:
                    time.sleep(0.002)
                self.assertIsNone(process.poll())
        finally:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def test_goes_on_without_a_reader(self):
        with subprocess.Popen([AMBIT, "pretrain", "tiny.yaml", "-o", "unread"],
                              stderr=subprocess.PIPE) as process:
            process.stderr.close()
            self.assertEqual(process.wait(), 0)
        self.assertEqual(differences("unread", "whole"), [])

    def test_damaged_newest_is_named_and_skipped(self):
        folder = self.copy("damaged")
        path = newest(folder)
        with open(path, "r+b") as file:
            file.truncate(os.path.getsize(path) // 2)
        done = pretrain(folder, "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"warning: a damaged checkpoint was skipped: {path}", done.stderr)
        self.assertIn("continuing from damaged/checkpoint_00000056.h5", done.stderr)
        self.assertEqual(differences(folder, "whole"), [])

    def test_nothing_whole_is_not_trained_over(self):
        folder = self.copy("ruined")
        for step in steps(folder):
            with open(f"{folder}/checkpoint_{step:08d}.h5", "r+b") as file:
                file.truncate(1000)
        before = contents(folder)
        self.refused(pretrain(folder, "--resume"), 2, "no usable checkpoint; newest: ruined/checkpoint_00000060")
        self.refused(pretrain(folder), 2, "already holds checkpoints, the newest of step 60")
        self.assertEqual(contents(folder), before)

    def test_a_second_name_is_no_second_checkpoint(self):
        folder = self.copy("named")
        shutil.copy(newest(folder), f"{folder}/checkpoint_60.h5")
        done = pretrain(folder, "--resume", "--training.keep_last=1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(folder)),
                         [".lock", "checkpoint_00000060.h5", "checkpoint_60.h5", "config.yaml", "log.jsonl"])

    def test_log_cut_short(self):
        folder = self.copy("cut")
        os.unlink(newest(folder))
        with open(f"{folder}/log.jsonl", "ab") as file:
            file.write(b'{"step":99,"loss":')
        done = pretrain(folder, "--resume")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(differences(folder, "whole"), [])

    def test_files_of_killed_writers_go(self):
        folder = self.copy("orphans")
        os.unlink(newest(folder))
        for name in ("checkpoint_00000049.h5.tmp-ambit-99", "config.yaml.tmp-ambit-1", "log.jsonl.tmp-ambit-2"):
            shutil.copy("tiny.yaml", f"{folder}/{name}")
        for name in ("mine.tmp-ambit-1", "config.yaml.tmp2024"):
            shutil.copy("tiny.yaml", f"{folder}/{name}")
        self.assertEqual(pretrain(folder, "--resume").returncode, 0)
        self.assertEqual(sorted(differences(folder, "whole")), ["config.yaml.tmp2024", "mine.tmp-ambit-1"])

    def test_closed_streams_are_not_written_into_files(self):
        for number, closed in enumerate(("<&-", ">&-", "2>&-", "<&- >&- 2>&-")):
            folder = f"closed{number}"
            subprocess.run(["bash", "-c", f"{AMBIT} pretrain tiny.yaml -o {folder} {closed} && "
                                          f"{AMBIT} evaluate {folder} {closed}"],
                           check=False, capture_output=True, timeout=60)
            self.assertEqual(differences(folder, "whole"), [])
            self.assertRegex(pathlib.Path(folder, ".lock").read_text(encoding="utf-8"), r"\Aprocess \d+ on .*\n\Z")
            self.assertEqual(run(AMBIT, "show", f"{folder}/results.h5").returncode, 0)
        done = subprocess.run(["bash", "-c", f"{AMBIT} list families >&-"], check=False,
                              stderr=subprocess.PIPE, text=True)
        self.refused(done, 1, "cannot write to standard output: Bad file descriptor")

    def test_nothing_is_written_through_links(self):
        folder = self.copy("linked")
        with open("victim", "w", encoding="utf-8") as file:
            file.write("precious")
        os.link("victim", f"{folder}/config.yaml.tmp")
        os.symlink(os.path.abspath("victim"), f"{folder}/log.jsonl.tmp")
        self.assertEqual(pretrain(folder, "--resume").returncode, 0)
        os.unlink(f"{folder}/.lock")
        os.link("victim", f"{folder}/.lock")
        self.refused(pretrain(folder, "--resume"), 2, ".lock: is not a file of its own", "remove it")
        self.assertEqual(pathlib.Path("victim").read_text(encoding="utf-8"), "precious")

    def test_configs_that_are_pipes(self):
        os.mkfifo("pipe.yaml")
        write_config("inherits.yaml", "inherit: [pipe.yaml]\n")
        for name in ("pipe.yaml", "inherits.yaml"):
            done = run(AMBIT, "pretrain", name, "--dry-run", timeout=60)
            self.refused(done, 2, "pipe.yaml", "cannot be opened: No such device")
        piped = subprocess.run(["bash", "-c", f"{AMBIT} pretrain <(cat tiny.yaml) --dry-run"], check=False,
                               capture_output=True)
        self.assertEqual(piped.returncode, 0, piped.stderr)

    def test_pipes_do_not_hang(self):
        folder = self.copy("pipes")
        os.unlink(f"{folder}/log.jsonl")
        os.mkfifo(f"{folder}/log.jsonl")
        self.refused(pretrain(folder, "--resume"), 1, "log.jsonl: cannot read: No such device")
        self.assertEqual(run(AMBIT, "show", folder, timeout=60).returncode, 0)

    def test_damaged_checkpoints_are_never_removed(self):
        folder = self.copy("old")
        oldest = f"{folder}/checkpoint_{steps(folder)[0]:08d}.h5"
        os.truncate(oldest, 5000)
        with open(f"{folder}/checkpoint_99999999.h5", "wb") as huge:
            huge.truncate(1 << 43)
        done = pretrain(folder, "--resume", "--training.train_steps=100")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"warning: a damaged checkpoint was left alone: {oldest}", done.stderr)
        self.assertIn("warning: a damaged checkpoint was skipped: old/checkpoint_99999999.h5: not an HDF5 file", done.stderr)
        self.assertEqual(os.path.getsize(oldest), 5000)

    def test_what_cannot_be_a_checkpoint_is_skipped(self):
        """A link to itself, and a whole checkpoint that claims more bytes than any machine has."""
        for name, make in (("loop", lambda path: os.symlink(os.path.basename(path), path)),
                           ("huge", lambda path: [shutil.copy(newest("whole"), path), os.truncate(path, 1 << 43)])):
            folder = self.copy(name)
            make(f"{folder}/checkpoint_99999999.h5")
            done = pretrain(folder, "--resume", "--training.train_steps=70")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"skipped: {folder}/checkpoint_99999999.h5: ", done.stderr)

    def test_fewer_steps_than_made(self):
        folder = self.copy("fewer")
        before = contents(folder)
        self.refused(pretrain(folder, "--resume", "--training.train_steps=59"), 2,
                     "has made 60 steps already, and training.train_steps is 59; give at least 60")
        self.assertEqual(contents(folder), before)

    def test_warnings_of_what_resuming_changes(self):
        falling = "--training.schedule={name: cosine}"
        self.assertEqual(pretrain("falling", falling).returncode, 0)
        os.unlink("falling/log.jsonl")
        shutil.copytree("falling", "emptied")
        with open("emptied/log.jsonl", "w", encoding="utf-8") as file:
            file.write('{"step": 3, "lo')
        done = pretrain("emptied", "--resume", falling, "--training.train_steps=61")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: emptied/log.jsonl holds no records, so what was logged before step 60 is lost", done.stderr)
        done = pretrain("falling", "--resume", falling, "--training.train_steps=61")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: the learning rate falls to its end at step 61 now, and fell to it at step 60 before. "
                      "The rate jumps", done.stderr)
        self.assertIn("warning: falling/log.jsonl is missing, so what was logged before step 60 is lost", done.stderr)

    def test_a_rate_that_does_not_jump(self):
        """Until the fall begins, more steps leave the learning rate as it was."""
        held = "--training.schedule={name: linear, warmup_steps: 5, hold_steps: 20}"
        for stop, jumps in ((24, False), (26, True)):
            self.assertEqual(pretrain(f"held{stop}", held, f"--training.train_steps={stop}").returncode, 0)
            done = pretrain(f"held{stop}", "--resume", held, "--training.train_steps=70")
            self.assertEqual((done.returncode, "The rate jumps" in done.stderr), (0, jumps), done.stderr)

    def test_warnings_that_openblas_chose_other_code(self):
        """At a level whose products are OpenBLAS's."""
        folder = self.copy("other_cpu")
        with h5py.File(newest(folder), "r+") as file:
            own = file.attrs["openblas"].decode()
            file.attrs.create("openblas", b"PDP11", dtype=h5py.string_dtype("utf-8", 5))
        shutil.copytree(folder, "same_products")
        done = pretrain(folder, "--resume", "--kernels", "baseline")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"warning: OpenBLAS used its code for PDP11 so far, and uses that for {own} from here on", done.stderr)
        if "avx2" in pathlib.Path("/proc/cpuinfo").read_text():
            self.assertNotIn("OpenBLAS", pretrain("same_products", "--resume", "--kernels", "avx2").stderr)

    def test_odd_log_lines_go(self):
        folder = self.copy("odd")
        lines = log(folder).splitlines(keepends=True)
        odd = [b'{"step":5,"loss":1}\n', b'{"step": 77}\n', b'{"step":+3,}\n', b"garbage\n", b"\n",
               b'{"step":19,"loss":1\0x}\n', b'{"step":19,"loss":x}\n']
        pathlib.Path(folder, "log.jsonl").write_bytes(b"".join(lines[:7] + odd + lines[7:]))
        self.assertEqual(pretrain(folder, "--resume").returncode, 0)
        self.assertEqual(differences(folder, "whole"), [])

    def test_what_may_change_on_resume(self):
        folder = self.copy("changed")
        before = contents(folder)
        self.refused(pretrain(folder, "--resume", "--training.batch_size=9"), 2,
                     "training.batch_size: found 9, expected 8", "may change out_dir, train_steps, ")
        self.refused(pretrain(folder, "--resume", "--training.tasks=[{name: linear_regression}]"), 2,
                     "training.tasks: found 1, expected 2")
        self.refused(pretrain(folder, "--resume", "--training.tasks[1].kwargs.sparsity=2"), 2,
                     "training.tasks[1].kwargs.sparsity: found 2, expected 1")
        self.refused(pretrain(folder, "--resume", "--training.num_training_examples=64"), 2,
                     "training.num_training_examples: found 64, expected 0")
        self.refused(pretrain(folder, "--resume", "--training.num_tasks=5"), 2,
                     'training.tasks[0].name: found "pool", expected "linear_regression"')
        self.assertEqual(contents(folder), before)
        done = pretrain(folder, "--resume", "--training.train_steps=70", "--training.save_every_steps=5",
                        "--training.keep_every_steps=10", "--training.keep_last=1",
                        "--training.skip_nonfinite=3", "--wandb.name=x", '--out_dir=a"b')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(steps(folder), [60, 70])

    def test_milestones_stay(self):
        done = pretrain("milestones", "--training.keep_every_steps=20", "--training.keep_last=1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(steps("milestones"), [20, 40, 60])

    def test_file_in_the_way(self):
        write_config("occupied", "mine\n")
        self.refused(pretrain("occupied"), 2, "occupied: is a file; give the name of a folder")
        self.refused(pretrain("occupied/run"), 2, "occupied: is a file")
        os.makedirs("way/checkpoint_00000007.h5/x")
        self.refused(pretrain("way"), 2, "way: the folder already holds checkpoints, the newest of step 7")
        done = run(AMBIT, "evaluate", "whole", "-o", "way", "--quiet")
        self.refused(done, 2, "way: not a file")
        os.makedirs("way2/config.yaml/x")
        self.refused(pretrain("way2"), 2, "way2/config.yaml: is a folder, which")

    def test_other_files_stay(self):
        os.symlink("/dev/null", "device")
        run(AMBIT, "evaluate", "whole", "-o", "sound.h5", "--quiet")
        for place in ("device", "/dev/full"):
            self.refused(run(AMBIT, "convert", "sound.h5", place), 2, f"{place}: is a ")
            self.refused(run(AMBIT, "export", "whole", place), 2, f"{place}: ")
            self.refused(run(AMBIT, "export", "--prompts", "whole", place), 2, f"{place}: ")
        for place in ("sound.h5", "whole/log.jsonl"):
            self.refused(run(AMBIT, "convert", "sound.h5", place), 2, f"{place}: holds something else")
            self.refused(run(AMBIT, "export", "whole", place), 2, f"{place}: holds something else")
        for _ in range(2):
            self.assertEqual(run(AMBIT, "convert", "sound.h5", "own.csv").returncode, 0)
            self.assertEqual(run(AMBIT, "export", "whole", "own.safetensors").returncode, 0)
        self.refused(run(AMBIT, "evaluate", "whole", "-o", "sound.h5", "--training.clip=3"), 2,
                     "--training.clip=3: the run is pretrained")
        self.assertTrue(os.path.islink("device") and stat.S_ISCHR(os.stat("/dev/full").st_mode))

    def test_results_written_meanwhile_stay(self):
        self.assertEqual(run(AMBIT, "evaluate", "whole", "-o", "rich.h5", "--quiet").returncode, 0)
        command = [AMBIT, "evaluate", "whole", "-o", "late.h5", "--evaluation.n_prompts=50000",
                   "--evaluation.predictors=[zero]"]
        with subprocess.Popen([*command, "--quiet"], stderr=subprocess.PIPE, text=True) as process:
            while process.poll() is None and not any(name.startswith("late.h5.tmp") for name in os.listdir(".")):
                time.sleep(0.002)
            self.assertIsNone(process.poll())
            shutil.copy("rich.h5", "late.h5")
            _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 2)
        self.assertIn("late.h5: target dense holds predictor transformer, which this evaluation lacks", errors)
        self.assertEqual(pathlib.Path("late.h5").read_bytes(), pathlib.Path("rich.h5").read_bytes())
        self.assertIn("late.h5.partial keeps 1 of 1 targets", errors)
        done = run(*command, "--replace")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("late.h5.partial: goes on, 1 of 1 targets are done", done.stderr)
        self.assertFalse(os.path.exists("late.h5.partial"))

    def test_a_users_config_and_log_stay(self):
        for name in ("config.yaml", "log.jsonl"):
            os.mkdir(f"my_{name}")
            shutil.copy("tiny.yaml", f"my_{name}/{name}")
            before = contents(f"my_{name}")
            for command in (["pretrain", "tiny.yaml", "-o", f"my_{name}"],
                            ["pretrain", "tiny.yaml", "-o", f"my_{name}", "--resume"],
                            ["import", newest("whole"), f"my_{name}"]):
                self.refused(run(AMBIT, *command), 2, f"my_{name}/{name}: this run did not write the file")
                self.assertEqual(contents(f"my_{name}"), before)
        shutil.copytree("whole", "early", ignore=shutil.ignore_patterns("*.h5"))  # killed before a checkpoint
        self.assertEqual(pretrain("early", "--training.train_steps=5").returncode, 0)
        os.unlink(newest("early"))
        self.assertEqual(pretrain("early", "--resume").returncode, 0)
        self.assertEqual(differences("early", "whole"), [])

    def test_poorer_results_do_not_replace_richer_ones(self):
        def evaluate(*more, sweep="[0, 1]"):
            targets = f"[{{name: a, task: linear_regression, sweep: {{scale: {sweep}}}}}]"
            return run(AMBIT, "evaluate", "none", "tiny.yaml", "-o", "axes.h5", "--quiet",
                       "--evaluation.predictors=[zero]", f"--evaluation.targets={targets}", *more)
        rich = ["--evaluation.keep_prompts=true", "--evaluation.probe_k=[1, 2]"]
        for _ in range(2):
            done = evaluate(*rich)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.refused(evaluate(*rich, sweep="[0]"), 2, "axes.h5: target a holds swept values, some of which")
        self.refused(evaluate(*rich[1:]), 2, "holds more than this evaluation by evaluation.keep_prompts")
        self.refused(evaluate(*rich, "--evaluation.seed=77"), 2, "holds other prompts, of evaluation.seed")
        for setting in ("n_points=2", "bootstrap=3", "probe_prompts=1", "grid_points=2", "probe_k=[1]"):
            self.refused(evaluate(*rich, f"--evaluation.{setting}"), 2,
                         f"by evaluation.{setting.split('=', maxsplit=1)[0]}")

    def test_read_only_folder(self):
        folder = self.copy("read_only")
        os.unlink(newest(folder))
        os.unlink(f"{folder}/.lock")
        before = contents(folder)
        os.chmod(folder, 0o555)
        user = {"user": 65534} if os.geteuid() == 0 else {}
        own = shutil.copy(AMBIT, "own_ambit")  # AMBIT may lie where this user may not look
        start = [f"./{own}", "pretrain", "tiny.yaml", "--quiet", "-o"]
        done = run(*start, folder, "--resume", **user)
        self.refused(done, 1, "read_only/.lock: cannot be opened: Permission")
        done = run(*start, f"{folder}/new", **user)
        self.refused(done, 1, "read_only/new: cannot create the folder: Permission")
        done = run(f"./{own}", "evaluate", folder, "--quiet", **user)
        self.refused(done, 1, "results.h5: cannot be created: Permission denied")
        os.chmod(folder, 0o755)
        self.assertEqual(contents(folder), before)

    def test_unreadable(self):
        """What may not be read is said to be so, and not to be missing."""
        folder = self.copy("unreadable")
        self.assertEqual(run(AMBIT, "evaluate", folder, "--quiet").returncode, 0)
        user = {"user": 65534} if os.geteuid() == 0 else {}
        own = shutil.copy(AMBIT, "own_ambit")
        for path, mode, commands in ((folder, 0o444, ("show", "convert")), (f"{folder}/log.jsonl", 0, ("show", "report"))):
            before = os.stat(path).st_mode
            os.chmod(path, mode)
            for command in commands:
                more = ["-o", "/dev/shm/unreadable.html"] if command == "report" else []
                done = run(f"./{own}", command, folder, *more, **user)
                if "lacks packages" in done.stderr:
                    continue
                self.refused(done, 1, "Permission denied", path)
                self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
            os.chmod(path, before)
        os.chmod(f"{folder}/results.h5", 0)
        done = run(f"./{own}", "show", folder, "whole", **user)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"warning: {folder}/results.h5: Permission denied", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def late(self, name, times, *words, error=errno.ENOENT, **more):
        """The program on a file system where the first looks for a name fail."""
        return run(AMBIT, *words, timeout=60, env={
            **os.environ, "LD_PRELOAD": LATE_NAMES, "LATE_NAME": name, "LATE_TIMES": str(times),
            "LATE_ERROR": str(error), **more})

    def test_names_seen_late(self):
        """The newest checkpoint is waited for: an older one would be taken without a word."""
        name = os.path.basename(newest("whole"))
        for number in (errno.ENOENT, errno.ESTALE):
            done = self.late(name, 11, "export", "whole", "late.safetensors", error=number)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("of step 60", done.stdout)
        done = self.late(name, 1000000, "export", "whole", "never.safetensors")
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("a network file system may show names late: run this again in a minute", done.stderr)
        self.assertFalse(os.path.exists("never.safetensors"))

    def test_steps_seen_late(self):
        self.assertEqual(pretrain("steps_late", "--evaluation.every=20").returncode, 0)
        self.assertTrue(os.path.exists("steps_late/parameters_00000020.h5"))
        for name, late in (("soon.h5", 0), ("late.h5", 5)):
            done = self.late("parameters_00000020.h5", late, "evaluate", "steps_late", "-o", f"steps_{name}", "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File("steps_soon.h5") as one, h5py.File("steps_late.h5") as two:
            numpy.testing.assert_array_equal(one["targets/dense/mean"], two["targets/dense/mean"])

    def test_files_replaced_while_they_are_read(self):
        self.assertEqual(run(AMBIT, "evaluate", "whole", "-o", "stale.h5", "--quiet").returncode, 0)
        whole = run(AMBIT, "show", "stale.h5").stdout
        self.assertEqual(self.late("-", 0, "show", "stale.h5", LATE_READS="3").stdout, whole)
        done = self.late("-", 0, "show", "stale.h5", LATE_READS="100")
        self.refused(done, 1, "stale.h5: Stale file handle; another machine replaced it: run this again")

    def test_results_seen_late_stay(self):
        """Results of another machine whose name this one does not see yet."""
        self.assertEqual(run(AMBIT, "evaluate", "whole", "-o", "hidden.h5", "--quiet").returncode, 0)
        before = pathlib.Path("hidden.h5").read_bytes()
        done = self.late("hidden.h5", 1000000, "evaluate", "whole", "-o", "hidden.h5", "--quiet",
                         "--evaluation.predictors=[zero]")
        self.refused(done, 2, "hidden.h5: another process has written it meanwhile, and nothing is replaced")
        self.assertEqual(pathlib.Path("hidden.h5").read_bytes(), before)
        self.assertEqual([name for name in os.listdir(".") if name.startswith("hidden.h5.")], [])

    def test_a_holder_seen_late(self):
        for number in (errno.ENOENT, errno.ESTALE):
            folder = f"holder_{number}"
            done = self.late("/.holder", 3, "pretrain", "tiny.yaml", "-o", folder, "--quiet", "--threads=1", error=number)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(differences(folder, "whole"), [])

    def test_full_disk(self):
        """Files may not grow beyond some bytes: of the config, of the log, of checkpoints."""
        for limit, word in ((40, ".holder: cannot be written"), (400, "config.yaml: cannot be written"),
                            (16384, "cannot be written: File too large")):
            folder = self.copy(f"full{limit}")
            os.unlink(newest(folder))
            before = contents(folder)
            done = pretrain(folder, "--resume", preexec_fn=lambda most=limit: resource.setrlimit(
                resource.RLIMIT_FSIZE, (most, most)))
            self.refused(done, 1, word)
            after = contents(folder)
            self.assertEqual({name: after[name] for name in before if name != "log.jsonl"},
                             {name: before[name] for name in before if name != "log.jsonl"})
            self.assertEqual(pretrain(folder, "--resume").returncode, 0)
            self.assertEqual(differences(folder, "whole"), [])
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([AMBIT, "list", "families"], stdout=full, stderr=subprocess.PIPE,
                                  check=False, text=True)
        self.refused(done, 1, "cannot write to standard output: No space left")

    def test_not_finite(self):
        """Labels beyond float, of a class that few prompts have."""
        wild = ["--training.tasks[0].kwargs={scale: 1.0e+39}", "--training.tasks[0].weight=0.005", "--seed=4",
                "--wandb.log_every_steps=1", "--training.save_every_steps=1"]
        done = pretrain("wild", *wild)
        at = max(steps("wild"), default=0)
        self.refused(done, 1, f"ambit: step {at}: loss", "first tensor at fault: _read_in.weight",
                     f"The last good checkpoint is that of step {at}")
        self.assertGreater(at, 0)
        done = pretrain("wild", "--resume", "--training.skip_nonfinite=9", *wild)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"warning: a step was skipped: step {at}: loss", done.stderr)
        lines = [json.loads(line) for line in log("wild").splitlines()]
        self.assertEqual([line["step"] for line in lines], list(range(60)))
        self.assertEqual([line["step"] for line in lines if "skipped" in line][0], at)
        with h5py.File(newest("wild")) as file:
            self.assertTrue(all(numpy.isfinite(data[()]).all() for data in file["parameters"].values()))

    def test_skipped_steps_count_over_a_stop(self):
        """Steps in a row that are not finite: as many are skipped with a stop between them as without."""
        wild = ["--training.tasks=[{name: linear_regression, kwargs: {scale: 1.0e+39}}]",
                "--training.skip_nonfinite=12", "--training.save_every_steps=5"]
        self.refused(pretrain("skipping", *wild), 1, "ambit: step 12: loss")
        self.assertEqual(pretrain("stopped", *wild, "--training.train_steps=7").returncode, 0)
        self.refused(pretrain("stopped", "--resume", *wild), 1, "ambit: step 12: loss")
        with h5py.File(newest("stopped")) as file:
            self.assertEqual((file.attrs["step"], file["integers/n_skipped"][0]), (10, 10))


if __name__ == "__main__":
    cases.run(sys.argv[3:])
