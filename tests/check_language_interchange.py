# SPDX-License-Identifier: MIT
"""Weights of language models to PyTorch and back: a plain model gives the sentences of a corpus the losses
that ambit gives them. Usage: check_language_interchange.py AMBIT"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

import cases

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: threads that spin are slow on a busy machine
try:
    import h5py
    import numpy
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
from language import LanguageModel  # noqa: E402

AMBIT = os.path.abspath(sys.argv[1])
WIDTH, INNER, LAYERS, HEADS = 32, 48, 2, 4
CONFIG = """
out_dir: unused
model: {{head: language, n_embd: 32, n_inner: 48, n_layer: 2, n_head: 4, dropout: 0.1, {model}}}
corpus: {{language: question_formation, train: 500, validation: 60, generalization: 60, seed: 1}}
training: {{batch_size: 8, learning_rate: 1.0e-2, train_steps: 20}}
evaluation: {{n_examples: 60, predictors: [transformer, uniform]}}
"""
MODELS = {"post": ("norm: post, activation: relu, positions: sinusoidal, attention_bias: false, "
                   "initialization: xavier", {}),
          "pre": ("norm: pre, activation: gelu, positions: learned, tied: true",
                  {"post": False, "relu": False, "bias": True, "learned": True, "tied": True})}


def run(*arguments):
    return subprocess.run([AMBIT, *arguments], capture_output=True, text=True, check=False)


def must(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def read_safetensors(path):
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__")
    return {name.replace("transformer.", "_backbone."):
            torch.tensor(numpy.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]))
            for name, entry in header.items()}, metadata


class Corpus:
    """The sentences as `ambit export --corpus` writes them, and ids by the sorted words."""

    def __init__(self, config):
        must("export", "--corpus", config, "corpus")
        self.lines = {}
        for split in ("train", "validation", "generalization"):
            with open(f"corpus/{split}.txt", encoding="utf-8") as file:
                self.lines[split] = [line.split() for line in file]
        words = sorted({word for lines in self.lines.values() for line in lines for word in line})
        self.ids = {word: i for i, word in enumerate(words)}
        self.size = len(words) + 2  # the end symbol and the start symbol follow the words
        self.longest = max(len(line) for lines in self.lines.values() for line in lines)

    def losses(self, model, split, examples):
        end, found = self.size - 2, []
        with torch.no_grad():
            for i in examples:
                words = [self.ids[word] for word in self.lines[split][i]]
                scores = model(torch.tensor([[end + 1, *words]]))[0]
                found.append(torch.nn.functional.cross_entropy(scores, torch.tensor([*words, end])).item())
        return numpy.array(found)


class Interchange(unittest.TestCase):
    def same_losses(self, corpus, model, results):
        with h5py.File(results) as file:
            for split in ("validation", "generalization"):
                target = file[f"targets/{split}"]
                ours = target["loss"][0]
                self.assertEqual(len(ours), 60)
                self.assertGreater(ours.std(), 1e-3)
                self.assertLess(abs(corpus.losses(model, split, target["example"][()]) - ours).max(), 1e-4)

    def both_ways(self, name):
        settings, options = MODELS[name]
        with open("config.yaml", "w", encoding="utf-8") as file:
            file.write(CONFIG.format(model=settings))
        corpus = Corpus("config.yaml")
        torch.manual_seed(7)
        model = LanguageModel(corpus.size, corpus.longest + 1, WIDTH, INNER, LAYERS, HEADS, **options)
        theirs = {n: values.detach().numpy().copy() for n, values in model.named_parameters()}
        with h5py.File("theirs.h5", "w") as file:
            for n, values in theirs.items():
                file[n] = values
        must("import", "theirs.h5", "imported", "config.yaml")
        must("evaluate", "imported", "-o", "imported.h5", "--quiet")
        self.same_losses(corpus, model, "imported.h5")

        must("pretrain", "config.yaml", "-o", "run", "--quiet")
        must("evaluate", "run", "-o", "run.h5", "--quiet")
        must("export", "run", "model.safetensors")
        tensors, metadata = read_safetensors("model.safetensors")
        if name == "post":
            table = tensors.pop("_backbone.wpe.weight")
            self.assertLess(abs(table - model._backbone.table).max(), 1e-6)
        model.load_state_dict(tensors)
        self.same_losses(corpus, model, "run.h5")
        self.assertNotIn("gpt2_config", metadata)  # GPT-2 multiplies no embedding by √E

    def in_folder(self, name):
        here = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                self.both_ways(name)
            finally:
                os.chdir(here)

    def test_post_norm_both_ways(self):
        self.in_folder("post")

    def test_pre_norm_tied_both_ways(self):
        self.in_folder("pre")

    def test_a_second_read_out_is_not_dropped(self):
        """A tied model has no place for lm_head.weight, and says so."""
        with tempfile.TemporaryDirectory() as folder:
            config = f"{folder}/config.yaml"
            with open(config, "w", encoding="utf-8") as file:
                file.write(CONFIG.format(model=MODELS["pre"][0]))
            must("pretrain", config, "-o", f"{folder}/run", "--quiet")
            with h5py.File(f"{folder}/run/checkpoint_00000020.h5") as run_file, \
                    h5py.File(f"{folder}/more.h5", "w") as file:
                for name, values in run_file["parameters"].items():
                    file[name] = values[()]
                file["lm_head.weight"] = file["_backbone.wte.weight"][()]
            done = run("import", f"{folder}/more.h5", f"{folder}/bad", config)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("lm_head.weight is none of the model's", done.stderr)


if __name__ == "__main__":
    cases.run()
