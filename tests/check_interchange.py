# SPDX-License-Identifier: MIT
"""Weights and predictions to and from other programs: a plain GPT-2 in PyTorch answers as ambit does,
both ways; files that are damaged or of another model are refused by name; predictions made elsewhere are
scored. Usage: check_interchange.py AMBIT CONFIG"""
import csv
import json
import os
import shutil
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
    import xarray
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
from gpt2 import Transformer  # noqa: E402

AMBIT, CONFIG = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
POINTS = 5
SIZES = {"n_positions": POINTS, "n_dims": 8, "n_embd": 32, "n_layer": 2, "n_head": 4}
MODEL = [f"--model.{name}={value}" for name, value in SIZES.items()]
TRAINING = ["--training.train_steps=20", "--quiet"]
EVALUATION = ["--evaluation.n_prompts=100", "--evaluation.predictors=[transformer, least_squares]"]


def run(*arguments):
    return subprocess.run([AMBIT, *arguments], capture_output=True, text=True, check=False)


def must(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_safetensors(path):
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    assert sorted(entry["data_offsets"] for entry in header.values())[-1][1] == len(data)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32"
        tensors[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return tensors, metadata


def make_header(tensors):
    header, end = {}, 0
    for name, values in tensors.items():
        begin, end = end, end + values.nbytes
        dtype = "F64" if values.dtype == numpy.float64 else "F32"
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [begin, end]}
    return header


def write_safetensors(path, tensors, header=None, length=None):
    text = json.dumps(make_header(tensors) if header is None else header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text) if length is None else length) + text)
        for values in tensors.values():
            file.write(values.tobytes())


def random_model():
    torch.manual_seed(7)
    model = Transformer(*(SIZES[name] for name in
                          ("n_positions", "n_dims", "n_embd", "n_layer", "n_head")))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return model


def state_of(model):
    return {name: values.detach().numpy() for name, values in model.named_parameters()}


def renamed(tensors, old, new):
    return {name.replace(old, new) if name.startswith(old) else name: values
            for name, values in tensors.items()}


def answers(model, target):
    """What a PyTorch model answers to the prompts of an exported target."""
    with torch.no_grad():
        return model(torch.tensor(target["x"][()]).float(), torch.tensor(target["y"][()]).float()).numpy()


class Interchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        os.chdir(cls.folder.name)
        must("pretrain", CONFIG, "-o", "run", *MODEL, *TRAINING)
        must("export", "run", "model.safetensors")
        must("export", "--prompts", "run", "prompts.h5", "--quiet", *EVALUATION)
        cls.theirs = state_of(random_model())

    def same_answers(self, model, prompts):
        with h5py.File(prompts) as file:
            for name in ("dense", "sparse"):
                target = file[f"targets/{name}"]
                self.assertEqual(target["prediction"].shape, (2, 100, POINTS))
                ours = target["prediction"][0]
                self.assertGreater(ours.std(), 1e-3)
                self.assertLess(abs(answers(model, target) - ours).max(), 1e-4)

    def test_exported_weights_answer_alike_in_pytorch(self):
        tensors, metadata = read_safetensors("model.safetensors")
        self.assertEqual(metadata["format"], "pt")
        self.assertEqual(metadata["step"], "20")
        gpt2 = json.loads(metadata["gpt2_config"])
        self.assertEqual((gpt2["n_layer"], gpt2["n_head"], gpt2["n_positions"]), (2, 4, 2 * POINTS))
        model = random_model()
        model.load_state_dict({name: torch.tensor(values) for name, values in
                               renamed(tensors, "transformer.", "_backbone.").items()})
        self.same_answers(model, "prompts.h5")

    def test_checkpoint_opened_with_h5py_answers_alike(self):
        model = random_model()
        with h5py.File("run/checkpoint_00000020.h5") as file:
            model.load_state_dict({name: torch.from_numpy(values[()])
                                   for name, values in file["parameters"].items()})
        self.same_answers(model, "prompts.h5")

    def imported(self, name, tensors):
        write_safetensors(f"{name}.safetensors", tensors)
        must("import", f"{name}.safetensors", name, CONFIG, *MODEL)
        must("export", "--prompts", name, f"{name}.h5", "--quiet", *EVALUATION)
        return f"{name}.h5"

    def test_imported_weights_answer_alike(self):
        tensors = renamed(self.theirs, "_backbone.", "transformer.")
        tensors["_read_in.weight"] = tensors["_read_in.weight"].astype("f8")
        self.same_answers(random_model(), self.imported("hugging_face", tensors))

    def test_garg_style_state_dict_with_its_buffers(self):
        extra = {f"_backbone.h.{layer}.attn.{name}": values for layer in range(2) for name, values in
                 (("bias", numpy.ones((1, 1, 24, 24), "f4")), ("masked_bias", numpy.float32([-1e4])))}
        extra["_backbone.wte.weight"] = numpy.zeros((1, 32), "f4")
        self.same_answers(random_model(), self.imported("garg", {**extra, **self.theirs}))
        done = run("import", "garg.safetensors", "garg_again", CONFIG, *MODEL)
        notes = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
        self.assertEqual(notes, [f"warning: the model has no place for these tensors, which are dropped: {'; '.join(extra)}"])
        again = run("import", "garg_again/checkpoint_00000000.h5", "garg_copy")
        self.assertEqual((again.returncode, again.stderr), (0, ""))

    def test_state_dict_that_h5py_wrote(self):
        """At the root and in groups; buffers of any kind beside it; either width and byte order."""
        tensors = dict(self.theirs)
        tensors["_read_in.weight"] = tensors["_read_in.weight"].astype("f8")
        tensors["_read_out.weight"] = tensors["_read_out.weight"].astype(">f4")
        tensors["_backbone.h.0.attn.bias"] = numpy.ones((1, 1, 24, 24), bool)
        tensors["_backbone.h.0.attn.masked_bias"] = numpy.float32(-1e4)
        for group, others in (("/", []), ("parameters", ["optimizer"]), ("state_dict", ["optimizer"]),
                              ("model", [])):
            name = f"h5py_{group.strip('/')}"
            with h5py.File(f"{name}.safetensors", "w") as file:  # the content counts, not the name
                for key, values in tensors.items():
                    file.require_group(group)[key] = values
                for other in others:
                    file.create_group(other)
            must("import", f"{name}.safetensors", name, CONFIG, *MODEL)
            must("export", "--prompts", name, f"{name}_prompts.h5", "--quiet", *EVALUATION)
            self.same_answers(random_model(), f"{name}_prompts.h5")

    def refused_hdf(self, change, *words):
        with h5py.File("bad.h5", "w") as file:
            for key, values in self.theirs.items():
                file[key] = values
            change(file)
        done = run("import", "bad.h5", "bad", CONFIG, *MODEL)
        self.assertEqual(done.returncode, 2, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse(os.path.exists("bad"))

    def test_state_dicts_at_fault_are_refused(self):
        def replace(name, *place, **how):
            def change(file):
                values = file.pop(name)[()]
                if place:
                    file[name] = place[0]
                elif "dtype" in how:
                    file[name] = values.astype(how["dtype"])
                else:
                    file.create_dataset(name, data=values, **how)
            return change

        def misfit(file):
            del file["_read_out.bias"]
            file["_read_in.weight.T"] = file.pop("_read_in.weight")[()].T
            file.move("_read_in.weight.T", "_read_in.weight")
            file["optimizer/lr"] = 1.0

        name = "_read_in.weight"
        self.refused_hdf(misfit, "_read_out.bias is missing", f"{name} is 8×32, the model's 32×8",
                         "optimizer is none of the model's", "compare model.*")
        self.refused_hdf(replace(name, h5py.ExternalLink("prompts.h5", "/x")), name, "is a link")
        self.refused_hdf(replace(name, h5py.SoftLink("/_read_in.bias")), name, "is a link")
        self.refused_hdf(replace(name, dtype="f2"), name, "allowed are float32 and float64")
        self.refused_hdf(replace(name, dtype="i4"), name, "allowed are float32 and float64")
        self.refused_hdf(replace(name, compression="gzip"), name, "without compression")
        self.refused_hdf(replace(name, external="elsewhere.bin"), name, "stored plainly")
        self.refused_hdf(lambda file: [file.clear(), file.create_group("a"), file.create_group("b")],
                         "found 2 groups and no tensors", "/state_dict")
        torch.save(random_model().state_dict(), "state.pt")
        done = run("import", "state.pt", "bad", CONFIG, *MODEL)
        self.assertEqual(done.returncode, 2)
        self.assertIn("save a state dict as HDF5", done.stderr)
        done = run("import", "prompts.h5", "bad", CONFIG, *MODEL)
        self.assertEqual(done.returncode, 2)
        self.assertIn("found a results file", done.stderr)

    def test_addresses_near_the_greatest(self):
        """HDF5's own drivers crash where a read ends at 2^64 − 1; found by fuzzing."""
        with h5py.File("bad.h5", "w") as file:
            for name, values in self.theirs.items():
                file[name] = values
        with open("bad.h5", "r+b") as file:
            content = file.read()
            file.seek(content.index(b"TREE") + 32)  # the address of the first node of names
            file.write((2**64 - 1 - 328).to_bytes(8, "little"))  # of its size
        done = run("import", "bad.h5", "bad", CONFIG, *MODEL)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("not a group", done.stderr)

    def test_there_and_back(self):
        must("import", "run/checkpoint_00000020.h5", "direct")
        must("export", "direct", "direct.safetensors")
        must("import", "model.safetensors", "back")
        must("export", "back", "again.safetensors")
        with open("model.safetensors", "rb") as one, open("again.safetensors", "rb") as other:
            content = one.read()
            self.assertEqual(content, other.read())
        with open("direct.safetensors", "rb") as direct:
            self.assertEqual(content, direct.read())

    def test_imported_weights_are_trained_on(self):
        """Weights that training has not moved, trained on, make the same log as a run from the start."""
        settings = [*MODEL, *TRAINING, "--wandb.log_every_steps=1"]
        must("pretrain", CONFIG, "-o", "fresh", *settings)
        must("pretrain", CONFIG, "-o", "still", *settings, "--training.learning_rate=1e-30")
        must("export", "still", "still.safetensors")
        must("import", "still.safetensors", "tuned", CONFIG, *settings[:-2], settings[-1])
        must("pretrain", "tuned/config.yaml", "-o", "tuned", "--resume", "--quiet")
        with open("fresh/log.jsonl", "rb") as fresh, open("tuned/log.jsonl", "rb") as tuned:
            self.assertEqual(fresh.read(), tuned.read())
        must("import", "model.safetensors", "ended")
        done = run("pretrain", "ended/config.yaml", "-o", "ended", "--resume",
                   "--training.train_steps=40")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("imported weights of step 20", done.stderr)
        self.assertIn("ambit import ended/checkpoint_00000020.h5 NEW_RUN CONFIG.yaml", done.stderr)

    def test_fixed_positions_are_exported(self):
        must("pretrain", CONFIG, "-o", "waves", *MODEL, *TRAINING, "--model.positions=sinusoidal")
        must("export", "waves", "waves.safetensors")
        must("export", "--prompts", "waves", "waves.h5", "--quiet", *EVALUATION)
        model = random_model()
        model.load_state_dict({name: torch.tensor(values) for name, values in renamed(
            read_safetensors("waves.safetensors")[0], "transformer.", "_backbone.").items()})
        self.same_answers(model, "waves.h5")
        must("import", "waves.safetensors", "waves_back")

    def refused(self, tensors, *words, config=CONFIG, **header):
        write_safetensors("bad.safetensors", tensors, **header)
        done = run("import", "bad.safetensors", "bad", *([config] if config else []), *MODEL)
        self.assertEqual(done.returncode, 2, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse(os.path.exists("bad"))

    def test_tensors_at_fault_are_named(self):
        t = dict(self.theirs)
        del t["_read_out.bias"]
        t["_read_in.weight"] = t["_read_in.weight"].T
        t["_backbone.h.2.ln_1.weight"] = t["_backbone.h.1.ln_1.weight"]
        self.refused(t, "_read_out.bias is missing", "_read_in.weight is 8×32, the model's 32×8",
                     "_backbone.h.2.ln_1.weight is none of the model's")
        self.refused(self.theirs, "brings no config", config=None)

    def test_values_of_a_failed_training_are_refused(self):
        for value in (numpy.nan, numpy.inf):
            tensors = {name: values.copy() for name, values in self.theirs.items()}
            tensors["_read_in.bias"][3] = value
            self.refused(tensors, "_read_in.bias holds", f"{value} at place 3", "take earlier weights")

    def test_configs_of_others_inherit_nothing(self):
        text = "inherit: [/etc/passwd]\n"
        header = {"__metadata__": {"format": "pt", "config": text}, **make_header(self.theirs)}
        self.refused(self.theirs, "found a list", "no `inherit`", config=None, header=header)

    def test_steps_are_steps(self):
        for step in ("abc", "", "-5", "1e3", str(2**63), 60, None):
            header = {"__metadata__": {"step": step, "config": "out_dir: x\n"}, **make_header(self.theirs)}
            self.refused(self.theirs, "__metadata__.step", "export it again", header=header)
        write_safetensors("epoch.safetensors", self.theirs,
                          {"__metadata__": {"step": "epoch 3"}, **make_header(self.theirs)})
        must("import", "epoch.safetensors", "epoch", CONFIG, *MODEL)  # another program's steps

    def test_bytes_and_names_too_many(self):
        more = {**self.theirs, "more": numpy.zeros(9, "f4")}
        self.refused(more, "36 bytes follow the last tensor", header=make_header(self.theirs))
        both = {**self.theirs, "transformer.ln_f.bias": self.theirs["_backbone.ln_f.bias"]}
        self.refused(both, "_backbone.ln_f.bias is there twice")

    def test_damaged_checkpoints_are_not_imported(self):
        for name, change in (("numbers", lambda file: file["parameters/_read_in.weight"].write_direct(
                                 numpy.float32([[1e30] * 8] * 32))),
                             ("step", lambda file: file.attrs.modify("step", numpy.int64(-3)))):
            shutil.copy("run/checkpoint_00000020.h5", "bad.h5")
            with h5py.File("bad.h5", "r+") as file:
                change(file)
            done = run("import", "bad.h5", "bad")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("damaged", done.stderr, name)
            self.assertFalse(os.path.exists("bad"))

    def test_headers_are_not_believed(self):
        good, name = make_header(self.theirs), "_backbone.ln_f.weight"
        begin, end = good[name]["data_offsets"]
        total = max(entry["data_offsets"][1] for entry in good.values())
        for entry in ({"data_offsets": [total, total + 128]}, {"data_offsets": [end, begin]},
                      {"data_offsets": [begin, end + 4]}, {"data_offsets": [-128, 0]},
                      {"data_offsets": [begin + 0.5, end + 0.5]}, {"data_offsets": [begin]},
                      {"data_offsets": [2**64, 2**64 + 128]}, {"data_offsets": "here"},
                      {"shape": [2**40, 2**40]}, {"shape": [2**62, 4]}, {"shape": [-32]},
                      {"shape": [1] * 99}, {"shape": None}, {"dtype": "F16"}, {"dtype": 3}):
            self.refused(self.theirs, name, header={**good, name: {**good[name], **entry}})
        self.refused(self.theirs, name, header={**good, name: None})
        for length in (2**63, 2**64 - 1, 2**25, 10**9):
            self.refused(self.theirs, "neither HDF5 nor safetensors", length=length)
        for length in (0, 100):
            self.refused(self.theirs, "not a JSON object", length=length)
        self.refused({}, "not a JSON object", header=[1])
        for content in (b"", b"\x89HDF", b"\x02\0\0\0\0\0\0\0{"):
            with open("bad.safetensors", "wb") as file:
                file.write(content)
            self.assertEqual(run("import", "bad.safetensors", "bad", CONFIG).returncode, 2)

    def test_used_folder_is_refused(self):
        done = run("import", "model.safetensors", "run")
        self.assertEqual(done.returncode, 2)
        self.assertIn("already holds", done.stderr)

    def evaluate_file(self, *more):
        predictors = "[least_squares, {name: file, label: theirs, kwargs: {path: theirs.h5}}, zero]"
        return run("evaluate", "run", "-o", "scored.h5", "--quiet", "--evaluation.n_prompts=100",
                   f"--evaluation.predictors={predictors}", *more)

    def write_answers(self, change=lambda values: values, seed=None, name_of_seed="evaluation_seed"):
        with h5py.File("prompts.h5") as prompts, h5py.File("theirs.h5", "w") as theirs:
            theirs.attrs[name_of_seed] = prompts.attrs["evaluation_seed"] if seed is None else seed
            for name, target in prompts["targets"].items():
                theirs[f"targets/{name}/prediction"] = change(target["prediction"][..., 1, :, :])

    def test_predictions_made_elsewhere_are_scored(self):
        self.write_answers()
        done = self.evaluate_file()
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("dense", "sparse", "skewed", "convex"):
            with xarray.open_dataset("scored.h5", group=f"targets/{name}") as target:
                error = target.error
                self.assertTrue((error.sel(predictor="theirs").values
                                 == error.sel(predictor="least_squares").values).all(), name)
        self.write_answers(lambda values: values[..., :-1])
        done = self.evaluate_file()
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"found another shape than prompts have here: 100×\d+, expected 100×\d+ \(prompts")
        self.write_answers(name_of_seed="seed")  # as scripts up to schema version 3 call it
        self.assertEqual(self.evaluate_file().returncode, 0)

    def test_prompts_are_written_once_for_all_steps(self):
        with open("every.yaml", "w", encoding="utf-8") as file:
            file.write("evaluation: {every: 20}\n")
        must("export", "--prompts", "run", "every.h5", "every.yaml", "--quiet", *EVALUATION)
        with h5py.File("prompts.h5") as once, h5py.File("every.h5") as every:
            for name in ("x", "y", "prediction"):
                self.assertTrue((once[f"targets/dense/{name}"][()] == every[f"targets/dense/{name}"][()]).all())

    def test_predictions_of_other_prompts_are_refused(self):
        for change, seed, word in ((lambda v: v, 99, "seed 99"), (lambda v: v[..., 1:], None, "shape"),
                                   (lambda v: v[None], None, "shape"),
                                   (lambda v: v.astype(int), None, "type")):
            self.write_answers(change, seed)
            done = self.evaluate_file()
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(word, done.stderr)
        self.write_answers()
        with h5py.File("theirs.h5", "a") as theirs:
            del theirs["targets/skewed"]
        self.assertIn("skewed is missing", self.evaluate_file().stderr)

    def test_table(self):
        must("convert", "prompts.h5", "errors.csv")
        with open("errors.csv", newline="", encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(must("convert", "prompts.h5"), text)
        rows = list(csv.DictReader(text.splitlines()))
        self.assertEqual(len(rows), POINTS * 2 * (1 + 1 + 1 + 5))
        with xarray.open_dataset("prompts.h5", group="targets/convex") as convex:
            for row in rows:
                if row["target"] == "convex":
                    here = convex.sel(alpha=float(row["value"]), predictor=row["predictor"],
                                      k=int(row["k"]))
                    for name in ("mean", "low", "high", "median"):
                        self.assertEqual(float(row[name]), float(here[name]))

    def table(self, *arguments):
        return list(csv.DictReader(must("convert", *arguments).splitlines()))

    def test_table_of_prompts(self):
        rows = self.table("--raw", "prompts.h5")
        self.assertEqual(len(rows), 100 * POINTS * 2 * (1 + 1 + 1 + 5))
        found = {(row["target"], row["value"], row["predictor"], row["prompt"], row["query"]): row
                 for row in rows}
        self.assertEqual(len(found), len(rows))
        with h5py.File("prompts.h5") as file:
            for name, target in file["targets"].items():
                errors, flags = target["error"][()], target["flag"][()]
                values = [f"{value:g}" for value in target["alpha"]] if name == "convex" else [""]
                errors = errors.reshape(len(values), *errors.shape[-3:])
                flags = flags.reshape(errors.shape)
                predictors = target["predictor"].asstr()[()]
                for at in numpy.ndindex(errors.shape):
                    row = found[name, values[at[0]], predictors[at[1]], str(at[2]), str(at[3])]
                    self.assertEqual(float(row["error"]), errors[at])
                    self.assertEqual(int(row["flag"]), flags[at])
                    self.assertEqual(int(row["k"]), target["k"][at[3]])
        must("convert", "--raw", "prompts.h5", "raw.csv")
        with open("raw.csv", newline="", encoding="utf-8") as file:
            self.assertEqual(list(csv.DictReader(file)), rows)

    def test_table_of_measurements(self):
        """Every number of every measurement, and its place on each of its axes."""
        rows = self.table("--more", "prompts.h5")
        n_expected = 0
        for name in ("dense", "convex"):
            with xarray.open_dataset("prompts.h5", group=f"targets/{name}") as target:
                for array in (target[measured] for measured in numpy.atleast_1d(target.measurements)):
                    mine = [row for row in rows
                            if row["target"] == name and row["measurement"] == array.name]
                    self.assertEqual(len(mine), array.size)
                    n_expected += array.size
                    for row in mine:
                        place = {axis: row["value" if axis == "alpha" else axis] for axis in array.dims}
                        here = array.sel({axis: kind(value) for axis, value in place.items()
                                          for kind in [array[axis].dtype.type]})
                        self.assertEqual(float(row["measured"] or "nan"), float(here))
        self.assertGreater(n_expected, 50)
        done = run("convert", "--more", "--raw", "prompts.h5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("give one", done.stderr)

    def test_raw_errors_that_are_not_ambits_are_refused(self):
        for name, change, word in (
                ("cut", lambda values: {"data": values[:, :50]}, "×50×"),
                ("plain", lambda values: {"data": values}, "evaluate again"),
                ("wide", lambda values: {"data": values.astype("f4"), "compression": "gzip",
                                         "shuffle": True}, "number type"),
                ("bare", lambda values: {"shape": values.shape, "dtype": "f8", "compression": "gzip",
                                         "shuffle": True, "chunks": values.shape}, "evaluate again")):
            shutil.copy("prompts.h5", f"{name}.h5")
            with h5py.File(f"{name}.h5", "a") as file:
                dense = file["targets/dense"]
                values = dense["error"][()]
                del dense["error"]
                dense.create_dataset("error", **change(values))
            done = run("convert", "--raw", f"{name}.h5", f"{name}.csv")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(word, done.stderr)
            self.assertFalse([left for left in os.listdir(".") if left.startswith(f"{name}.csv")])
            must("convert", f"{name}.h5")

    def test_files_of_a_newer_version(self):
        shutil.copy("prompts.h5", "newer.h5")
        with h5py.File("newer.h5", "a") as file:
            file.attrs["schema_version"] = numpy.int32(99)
        done = run("show", "newer.h5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("schema version 99", done.stderr)

    def test_exported_prompts_explain_themselves(self):
        with xarray.open_dataset("prompts.h5", group="targets/dense") as dense:
            self.assertEqual(dense.x.dims, ("prompt", "point", "dim"))
            self.assertEqual(dense.prediction.dims, ("predictor", "prompt", "k"))
            error = (dense.prediction - dense.y_query) ** 2 / dense.normalizer
            self.assertTrue(numpy.allclose(error, dense.error.transpose(*error.dims)))
        with xarray.open_dataset("prompts.h5", group="targets/convex") as convex:
            self.assertEqual(convex.x.dims, ("alpha", "prompt", "point", "dim"))


if __name__ == "__main__":
    cases.run()
