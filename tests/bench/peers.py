# SPDX-License-Identifier: MIT
"""Whole training steps of ambit beside PyTorch's, alternating in one run: models of prompts (20 dims, 41 points,
batches of 64) and language models on sentences of question formation (dropout .1, clipping), all with Adam.

    python3 tests/bench/peers.py BUILD [MODEL…] [--json FILE] [--threads N] [--rounds N] [--python PATH…] …

BUILD is a build folder, PATH a Python that may have PyTorch (given: this one, and Debian's). What cannot run is left
out and said. Each ambit is compared with the best mode of each PyTorch: ratios of times are taken within rounds, of
which median and quartiles are printed. PyTorch pads a batch of sentences to its longest, ambit does not; rates count
real tokens. PyTorch's Adam is the fused one where there is one, its attention scaled_dot_product_attention likewise.
On a machine that is busy with other things, --threads 1 --processor says more: it takes the processor's time.
"""
import argparse
import itertools
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

PROMPTS = {"tiny": (64, 3, 2), "small": (128, 6, 4), "standard": (256, 12, 8)}  # width, layers, heads
LANGUAGE = {"language-small": (128, 4, 4, 16, 4), "language-paper": (512, 6, 8, 8, 2)}  # …, batch, shards
MODELS = [*PROMPTS, *LANGUAGE]
MODES = ["eager float32", "compiled float32", "eager bfloat16", "compiled bfloat16"]
DIMS, POINTS, BATCH = 20, 41, 64
PROMPTS_CONFIG = """out_dir: unused
model: {{n_positions: {points}, n_dims: {dims}, n_embd: {0}, n_layer: {1}, n_head: {2}}}
training: {{task: linear_regression, batch_size: {batch}}}
"""
LANGUAGE_CONFIG = """out_dir: unused
model: {{head: language, n_embd: {0}, n_layer: {1}, n_head: {2}, norm: post, activation: relu,
  positions: sinusoidal, dropout: 0.1}}
corpus: {{language: question_formation, train: 20000, validation: 100, generalization: 100}}
training: {{batch_size: {3}, shards: {4}, clip: 1}}
"""


# The side of PyTorch: a process of its own for each model and mode, which answers each line "go".

def faster_attention():
    """Lets the models of the tests use scaled_dot_product_attention, where PyTorch has it."""
    import torch  # pylint: disable=import-outside-toplevel
    attend = getattr(torch.nn.functional, "scaled_dot_product_attention", None)

    def run(project, split_heads, x, dropout):
        batch, tokens, width = x.shape
        query, key, value = (t.view(batch, tokens, split_heads, -1).transpose(1, 2)
                             for t in project.c_attn(x).split(width, 2))
        x = attend(query, key, value, is_causal=True, dropout_p=dropout)
        return project.c_proj(x.transpose(1, 2).reshape(batch, tokens, width))

    if attend:
        import gpt2  # pylint: disable=import-outside-toplevel
        import language  # pylint: disable=import-outside-toplevel
        gpt2.Attention.forward = lambda self, x: run(self, self.heads, x, 0.0)
        language.Layer.attention = lambda self, x, drop: drop(run(self.attn, self.heads, x, 0.1), 0)


def prompt_step(name, compiled):
    import torch  # pylint: disable=import-outside-toplevel
    from gpt2 import Transformer  # pylint: disable=import-outside-toplevel
    model = Transformer(POINTS, DIMS, *PROMPTS[name])
    run = torch.compile(model) if compiled else model

    def loss():
        xs = torch.randn(BATCH, POINTS, DIMS)
        ys = (xs @ torch.randn(BATCH, DIMS, 1))[..., 0]
        return (run(xs, ys) - ys).square().mean()
    return model, loss


def language_step(name, compiled, file):
    import torch  # pylint: disable=import-outside-toplevel
    from language import LanguageModel  # pylint: disable=import-outside-toplevel
    with open(file, encoding="utf-8") as text:
        lines = [line.split() for line in text]
    width, layers, heads, batch, _ = LANGUAGE[name]
    words = {word: i for i, word in enumerate(sorted({word for line in lines for word in line}))}
    model = LanguageModel(len(words) + 2, max(map(len, lines)) + 1, width, 4 * width, layers, heads)
    for parameter in model.parameters():
        if parameter.dim() == 2:
            torch.nn.init.xavier_uniform_(parameter)
    run = torch.compile(model, dynamic=True) if compiled else model

    def drop(x, _):
        return torch.nn.functional.dropout(x, 0.1)

    def loss():
        ids = [torch.tensor([len(words), *(words[w] for w in line), len(words) + 1])
               for line in random.sample(lines, batch)]
        padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=-1)
        scores = run(padded[:, :-1].clamp(min=0), drop)
        return torch.nn.functional.cross_entropy(scores.flatten(0, 1), padded[:, 1:].flatten(), ignore_index=-1)
    return model, loss


def work(name, mode, threads, file, clock):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
    import torch  # pylint: disable=import-outside-toplevel
    torch.set_num_threads(threads)
    faster_attention()
    compiled, rounded = mode.startswith("compiled"), mode.endswith("bfloat16")
    model, loss = prompt_step(name, compiled) if name in PROMPTS else language_step(name, compiled, file)
    try:
        adam = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
    except (RuntimeError, TypeError):
        adam = torch.optim.Adam(model.parameters(), lr=1e-4)

    def step():
        begin = clock()
        adam.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=rounded):
            value = loss()
        value.backward()
        if name in LANGUAGE:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        adam.step()
        return clock() - begin

    for _ in range(5):
        step()
    print(json.dumps({"pytorch": torch.__version__}), flush=True)
    for _ in sys.stdin:
        begin, times = time.perf_counter(), []
        while len(times) < 3 or time.perf_counter() - begin < 1:
            times.append(step())
        print(json.dumps(1e3 * statistics.median(times)), flush=True)


class PyTorch:
    def __init__(self, python, name, mode, args, file):
        self.process = subprocess.Popen(
            [python, os.path.abspath(__file__), "--work", name, mode, str(args.threads), file,
             "process_time" if args.processor else "perf_counter"], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            self.label = f"PyTorch {json.loads(self.process.stdout.readline())['pytorch']} {mode}"
        except json.JSONDecodeError:
            said = self.process.communicate()[1].strip() or "nothing"
            raise RuntimeError(f"{python}: {said.splitlines()[-1]}") from None

    def milliseconds(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Ambit:
    """By the clock: medians that --dry-run measures. By the processor's time: what longer runs take more."""

    def __init__(self, config, kernels, args):
        self.command = [f"{args.build}/ambit", "pretrain", config, f"--kernels={kernels}", f"--threads={args.threads}"]
        done = subprocess.run([*self.command, "--dry-run"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"ambit {kernels}: {done.stderr.strip()}")
        self.said, self.processor = done.stdout, args.processor
        self.label = f"ambit {re.search(r'^kernels +(.*), ', self.said, re.MULTILINE)[1]}"
        # steps of three seconds or more, since what a run takes besides varies by a tenth of a second
        self.more = max(2, math.ceil(3000 / self.measured(self.said)))

    @staticmethod
    def measured(said):
        number, unit = re.search(r"([0-9.e+]+) (m?s) measured", said).groups()
        return float(number) * (1 if unit == "ms" else 1000)

    def processor_milliseconds(self, steps):
        with tempfile.TemporaryDirectory() as folder, subprocess.Popen(
                [*self.command, "-o", f"{folder}/run", f"--training.train_steps={steps}", "--quiet"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            _, run.returncode, usage = os.wait4(run.pid, 0)
        if run.returncode:
            raise RuntimeError("pretrain failed")
        return 1e3 * (usage.ru_utime + usage.ru_stime)

    def milliseconds(self):
        if self.processor:
            return (self.processor_milliseconds(1 + self.more) - self.processor_milliseconds(1)) / self.more
        return self.measured(subprocess.run([*self.command, "--dry-run"], capture_output=True, text=True,
                                            check=True).stdout)

    def close(self):
        pass


def opened(sides):
    """The sides that can be opened; the others are said."""
    found = []
    for make, *arguments in sides:
        try:
            found.append(make(*arguments))
        except (RuntimeError, OSError) as error:
            print(f"  left out: {error}", flush=True)
    return found


def spread(values):
    """Lower quartile, median, upper quartile."""
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else 3 * values


def report(times, per_step, unit):
    for label, values in times.items():
        low, median, high = spread(values)
        print(f"  {label:36}{median:9.2f} ms a step ({low:.2f} to {high:.2f}) {1e3 * per_step / median:9.0f} {unit}/s")
    theirs = {label: values for label, values in times.items() if label.startswith("PyTorch")}
    ratios = {}
    for version in dict.fromkeys(label.split()[1] for label in theirs):
        best = min((label for label in theirs if label.split()[1] == version),
                   key=lambda label: statistics.median(theirs[label]))
        for label in (label for label in times if label not in theirs):
            ratios[f"{label} : {best}"] = spread([b / a for a, b in zip(times[label], theirs[best])])
    for name, (low, median, high) in ratios.items():
        print(f"  {name}: {median:.2f} times as fast ({low:.2f} to {high:.2f})", flush=True)
    return ratios


def compare(name, args, folder, sentences):
    print(f"{name}:", flush=True)
    config = f"{folder}/{name}.yaml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(PROMPTS_CONFIG.format(*PROMPTS[name], points=POINTS, dims=DIMS, batch=BATCH) if name in PROMPTS
                   else LANGUAGE_CONFIG.format(*LANGUAGE[name]))
    ours = opened((Ambit, config, kernels, args) for kernels in args.kernels)
    theirs = opened((PyTorch, python, name, mode, args, sentences)
                    for python, mode in itertools.product(args.python, args.modes))
    times = {side.label: [] for side in ours + theirs}
    for _ in range(args.rounds):
        for side in ours + theirs:
            times[side.label].append(side.milliseconds())
    for side in theirs:
        side.close()
    per_step, unit = BATCH, "prompts"
    if name in LANGUAGE and ours:
        per_step = LANGUAGE[name][3] * float(re.search(r"^tokens +(\S+) a sentence", ours[0].said, re.MULTILINE)[1])
        unit = "tokens"
    return {"model": name, "milliseconds": times, "ratios": report(times, per_step, unit)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("models", nargs="*", metavar="MODEL", default=[], help=", ".join(MODELS))
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--processor", action="store_true", help="times of the processor, not of the clock")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--python", nargs="+", default=list(dict.fromkeys([sys.executable, "/usr/bin/python3"])))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES, metavar="MODE", help=", ".join(MODES))
    parser.add_argument("--kernels", nargs="+", default=["auto", "bfloat16"], help="of ambit")
    args = parser.parse_intermixed_args()
    unknown = set(args.models) - set(MODELS)
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; allowed are {', '.join(MODELS)}")
    print(f"{args.threads} threads, {'processor' if args.processor else 'clock'}; "
          f"medians and quartiles of {args.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/corpus.yaml", "w", encoding="utf-8") as file:
            file.write(LANGUAGE_CONFIG.format(*LANGUAGE["language-small"]))
        subprocess.run([f"{args.build}/ambit", "export", "--corpus", f"{folder}/corpus.yaml", f"{folder}/corpus"],
                       check=True, capture_output=True)
        measured = [compare(name, args, folder, f"{folder}/corpus/train.txt") for name in args.models or MODELS]
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"threads": args.threads, "processor": args.processor, "models": measured}, file, indent=1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], getattr(time, sys.argv[6]))
    else:
        main()
