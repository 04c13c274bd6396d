# SPDX-License-Identifier: MIT
"""One training step (d = 20, 41 points, batch 64, Adam) of the tiny, small and standard models: ambit
beside PyTorch, alternating in one run. Needs Debian's python3-torch:

    /usr/bin/python3 tests/bench/step_beside_pytorch.py build/ambit [rounds]
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import torch  # noqa: E402
from gpt2 import Transformer  # noqa: E402

SIZES = {"tiny": (64, 3, 2), "small": (128, 6, 4), "standard": (256, 12, 8)}
DIMS, POINTS, BATCH = 20, 41, 64
CONFIG = """
out_dir: unused
model: {{n_positions: {points}, n_dims: {dims}, n_embd: {0}, n_layer: {1}, n_head: {2}}}
training: {{task: linear_regression, batch_size: {batch}}}
"""


def ambit_milliseconds(program, size):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(CONFIG.format(*size, points=POINTS, dims=DIMS, batch=BATCH))
        config.flush()
        said = subprocess.run([program, "pretrain", config.name, "--dry-run"], check=True,
                              capture_output=True, text=True).stdout
    return float(re.search(r"([0-9.e+]+) ms measured", said).group(1))


def pytorch_milliseconds(size):
    """The fastest of as many steps as fit a second, after one that warms up, as ambit measures."""
    model = Transformer(POINTS, DIMS, *size)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4)
    fastest, started = float("inf"), None
    while started is None or time.perf_counter() - started < 1 or fastest == float("inf"):
        begin = time.perf_counter()
        xs = torch.randn(BATCH, POINTS, DIMS)
        ys = (xs @ torch.randn(BATCH, DIMS, 1))[..., 0]
        adam.zero_grad()
        (model(xs, ys) - ys).square().mean().backward()
        adam.step()
        if started is None:
            started = time.perf_counter()
        else:
            fastest = min(fastest, time.perf_counter() - begin)
    return 1e3 * fastest


def main(program, rounds):
    torch.set_num_threads(os.cpu_count())
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; medians of {rounds} rounds")
    for name, size in SIZES.items():
        times = [(ambit_milliseconds(program, size), pytorch_milliseconds(size))
                 for _ in range(rounds)]
        ours, theirs = (statistics.median(side) for side in zip(*times))
        print(f"{name:9} ambit {ours:8.1f} ms ({64e3 / ours:6.0f} prompts/s)   PyTorch {theirs:8.1f} ms "
              f"({64e3 / theirs:6.0f} prompts/s)   ratio {statistics.median(t / o for o, t in times):.2f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
