# SPDX-License-Identifier: MIT
"""Training steps of language models on sentences of question formation (dropout .1, Adam, clipping): real
tokens per second of ambit beside PyTorch, with the better of its two Adams (plain, fused), alternating in
one run. PyTorch pads each batch to its longest sentence, ambit does not. On a machine that is busy with other things, the milliseconds of the processor and
one thread say more than the clock. Needs PyTorch:

    python3 tests/bench/language_step_beside_pytorch.py build/tests/language_step [kernels [threads [rounds]]]

ambit runs with this script's OPENBLAS_CORETYPE, PyTorch without.
"""
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

CORETYPE = os.environ.pop("OPENBLAS_CORETYPE", None)  # before torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import torch  # noqa: E402
from language import LanguageModel  # noqa: E402

MODELS = {"paper size": (6, 512, 8, 8), "small": (4, 128, 4, 16)}  # layers, width, heads, batch
SHARDS = {"paper size": 2, "small": 4}
SECONDS = 8


def ambit_measures(program, kernels, threads, name, *file):
    environment = dict(os.environ, **({"OPENBLAS_CORETYPE": CORETYPE} if CORETYPE else {}))
    said = subprocess.run([program, kernels, str(threads), str(SHARDS[name]), *map(str, MODELS[name]),
                           str(SECONDS), *file], check=True, capture_output=True, text=True, env=environment).stdout
    *level, milliseconds, processor, tokens, flop, peak, memory, parameters, _ = said.split()
    return {"kernels": " ".join(level), "rate": 1e3 * float(tokens) / float(milliseconds),
            "processor": 1e3 * float(tokens) / float(processor), "milliseconds": float(milliseconds),
            "flop": float(flop), "peak": float(peak), "memory": float(memory), "parameters": float(parameters)}


def drop(x, place):
    return torch.nn.functional.dropout(x, 0.1)


def pytorch_measures(lines, words, name, fused):
    layers, width, heads, batch = MODELS[name]
    start, end = len(words), len(words) + 1
    model = LanguageModel(len(words) + 2, max(map(len, lines)) + 1, width, 4 * width, layers, heads)
    for parameter in model.parameters():
        if parameter.dim() == 2:
            torch.nn.init.xavier_uniform_(parameter)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, fused=fused)
    begin, processor, tokens, steps = None, 0, 0, -3
    while steps < 3 or time.perf_counter() - begin < SECONDS:
        if steps == 0:
            begin, processor, tokens = time.perf_counter(), time.process_time(), 0
        ids = [torch.tensor([start] + [words[w] for w in line] + [end]) for line in random.sample(lines, batch)]
        padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=-1)
        given, wanted = padded[:, :-1], padded[:, 1:]
        adam.zero_grad()
        scores = model(given.clamp(min=0), drop)
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten(), ignore_index=-1)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
        adam.step()
        tokens += sum(map(len, ids)) - batch
        steps += 1
    taken = time.perf_counter() - begin
    return {"rate": tokens / taken, "processor": tokens / (time.process_time() - processor),
            "milliseconds": 1e3 * taken / steps}


def median_of(measures, key):
    return statistics.median(m[key] for m in measures)


def main(program, kernels="auto", threads=os.cpu_count(), rounds=3):
    torch.set_num_threads(int(threads))
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as file:
        ambit_measures(program, kernels, threads, "small", file.name)
        lines = [line.split() for line in file]
    words = {word: i for i, word in enumerate(sorted({word for line in lines for word in line}))}
    print(f"PyTorch {torch.__version__}, {threads} threads; medians of {rounds} rounds of {SECONDS} s each; "
          f"{sum(map(len, lines)) / len(lines):.1f} words a line")
    for name in MODELS:
        both = [(ambit_measures(program, kernels, threads, name),
                 max((pytorch_measures(lines, words, name, fused) for fused in (False, True)),
                     key=lambda measures: measures["rate"]))
                for _ in range(int(rounds))]
        ours, theirs = zip(*both)
        print(f"{name}, {ours[0]['kernels']}:")
        for label, side in ("ambit", ours), ("PyTorch", theirs):
            print(f"  {label:8}{median_of(side, 'rate'):8.0f} real tokens/s ({median_of(side, 'milliseconds'):7.1f} ms "
                  f"a step), {median_of(side, 'processor'):8.0f} by the processor's time")
        # what Adam moves: parameter and moments are read and written, the gradient is read
        print(f"  ratio {statistics.median(a['rate'] / b['rate'] for a, b in both):.2f}, by the processor's time "
              f"{statistics.median(a['processor'] / b['processor'] for a, b in both):.2f}; ambit's share of the "
              f"float32 peak {statistics.median(a['flop'] * a['rate'] / a['peak'] for a in ours):.2f}, "
              f"{28 * ours[0]['parameters'] / median_of(ours, 'milliseconds') / 1e6:.1f} GB/s for Adam alone, "
              f"{ours[0]['memory'] / 2 ** 20:.0f} MiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
