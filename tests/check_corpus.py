# SPDX-License-Identifier: MIT
"""Checks corpora through the program: what is exported trains to the same bits; wrong files are refused with
their place; languages are listed. Usage: check_corpus.py AMBIT"""
import os
import sys
import tempfile
import unittest

import h5py
import cases
from tiny_run import log, newest, run, write_config

AMBIT = os.path.abspath(sys.argv[1])
CONFIG = """out_dir: runs
seed: 3
model: {head: language, n_embd: 16, n_layer: 1, n_head: 2, norm: post, activation: relu, dropout: 0.1}
corpus: {language: LANGUAGE, train: 3000, validation: 30, generalization: 50, seed: 5}
training: {batch_size: 8, shards: 4, learning_rate: 1.0e-3, train_steps: 30}
wandb: {log_every_steps: 1}
"""
LANGUAGES = ("question_formation", "tense_inflection", "dyck")
SPLITS = {"train": 3000, "validation": 30, "generalization": 50}
OWN = CONFIG.replace("{language: LANGUAGE, train: 3000, validation: 30, generalization: 50, seed: 5}",
                     "{files: {train: own.txt}}")
QUESTIONS = CONFIG.replace("{language: LANGUAGE, train: 3000, validation: 30, generalization: 50, seed: 5}",
                           "{language: question_formation, files: {train: own.txt}}")


def parameters(folder):
    with h5py.File(newest(folder)) as file:
        return {name: file["parameters"][name][()].tobytes() for name in file["parameters"]}


class Corpus(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chdir(folder.name)

    def done(self, *words):
        done = run(AMBIT, *words, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_exported_sentences_train_to_the_same_bits(self):
        for language in LANGUAGES:
            with self.subTest(language):
                config = write_config(f"{language}.yaml", CONFIG.replace("LANGUAGE", language))
                said = self.done("export", "--corpus", config, language)
                for split, count in SPLITS.items():
                    with open(f"{language}/{split}.txt", encoding="utf-8") as file:
                        self.assertEqual(len(file.readlines()), count)
                # The lines that the program proposes for a config.
                read = CONFIG.splitlines()
                read[3] = said.splitlines()[-1].strip()
                files = write_config(f"{language}_files.yaml", "\n".join(read))
                self.done("pretrain", config, "-o", f"{language}_drawn", "--quiet")
                self.done("pretrain", files, "-o", f"{language}_read", "--quiet")
                self.assertEqual(log(f"{language}_drawn"), log(f"{language}_read"))
                self.assertEqual(parameters(f"{language}_drawn"), parameters(f"{language}_read"))
                self.done("export", "--corpus", f"{language}_read", f"{language}_again")
                for split in SPLITS:
                    with open(f"{language}/{split}.txt", "rb") as one, open(f"{language}_again/{split}.txt", "rb") as two:
                        self.assertEqual(one.read(), two.read())

    def test_nothing_is_replaced(self):
        config = write_config(text=CONFIG.replace("LANGUAGE", "dyck"))
        self.done("export", "--corpus", config, "out", "--corpus.validation=0")
        self.assertEqual(sorted(os.listdir("out")), ["generalization.txt", "train.txt"])
        before = os.stat("out/train.txt").st_mtime_ns
        done = run(AMBIT, "export", "--corpus", config, "out")
        self.assertEqual((done.returncode, done.stderr), (2, "ambit: out/train.txt: exists; give another folder\n"))
        self.assertEqual(sorted(os.listdir("out")), ["generalization.txt", "train.txt"])
        self.assertEqual(os.stat("out/train.txt").st_mtime_ns, before)

    def test_export_of_what_has_no_corpus(self):
        config = write_config(text="out_dir: runs\nmodel: {n_positions: 4, n_dims: 3, n_embd: 8, n_layer: 1, "
                                   "n_head: 2}\ntraining: {task: linear_regression}\n")
        done = run(AMBIT, "export", "--corpus", config, "out")
        self.assertEqual((done.returncode, done.stderr), (2, "ambit: tiny.yaml: has no corpus; give a config with "
                                                             "model.head: language\n"))
        self.assertFalse(os.path.exists("out"))

    def assert_refused(self, config, text, message, code=2):
        write_config("own.txt", text)
        done = run(AMBIT, "pretrain", write_config(text=config), "--dry-run")
        self.assertEqual(done.returncode, code, done.stdout)
        self.assertIn(message, done.stderr)

    def test_ten_broken_files(self):
        good = "the newt does sleep . decl\tthe newt does sleep .\nthe newts do sleep . quest\tdo the newts sleep ?\n"
        for broken, message in [
                (good.replace("quest\t", "quest "), "own.txt:2:48: found no TAB"),
                (good.replace("newts do sleep . ", "newts does sleep . "), "own.txt:2:11: found 'does', expected do or"),
                (good.replace("do the newts", "do the newt"), "own.txt:2:35: found 'newt', expected 'newts'"),
                (good.replace("newts sleep ?", "newts sleep ? ?"), "own.txt:2:49: found '?', expected 'the end'"),
                (good.replace("sleep ?", "sleep"), "own.txt:2:46: found 'the end', expected '?'"),
                (good.replace("decl", "dcel"), "own.txt:1:23: found 'dcel', which is no word of question_formation; "
                                               "did you mean 'decl'?"),
                (good.replace(".\nthe", ".\n\nthe"), "own.txt:2:1: found an empty line"),
                (good.replace("\n", "\r\n"), "own.txt:1:49: found a carriage return"),
                (good.replace("newts sleep", "newts sl\x00eep"), "own.txt:2:43: found the control character 0x00"),
                (good.replace("?\n", "?\textra\n"), "own.txt:2:48: found a second TAB"),
                ("", "own.txt: found no line")]:
            with self.subTest(message):
                self.assert_refused(QUESTIONS, broken, message)
        self.assert_refused(OWN, "eins zwei drei\n", "own.txt:1:15: found neither a TAB nor END")
        self.assert_refused(OWN.replace("n_embd: 16", "n_embd: 16, n_context: 4"), "a b\tc\na b\tc d\n",
                            "own.txt:2:7: found 4 words, allowed are at most 3")
        for nothing in ("{}", "null"):
            self.assert_refused(OWN.replace("{train: own.txt}", nothing), "", "files.train: missing, needs text")
        self.assert_refused(OWN.replace("own.txt", "absent.txt"), "", "absent.txt: No such file", code=1)

    def test_sentences_of_training_elsewhere_are_told(self):
        write_config("own.txt", "a b\tc\na b\td\n")
        write_config("other.txt", "a b\tc\nb\tc\n")
        config = write_config(text=OWN.replace("train: own.txt", "train: own.txt, validation: other.txt"))
        self.assertIn("\nnote        train has 1 of the 2 sentences of validation, too\n",
                      self.done("pretrain", config, "--dry-run"))

    def test_languages_are_listed(self):
        listed = self.done("list", "languages")
        for language in LANGUAGES:
            self.assertIn(f"  {language} ", listed)
            self.assertIn("  generalization: ", self.done("list", "languages", language))
        self.assertIn("tree: (((her unicorn) (who (does wait))) (doesn't giggle))",
                      self.done("list", "languages", "question_formation"))


if __name__ == "__main__":
    cases.run()
