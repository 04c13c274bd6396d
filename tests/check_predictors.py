# SPDX-License-Identifier: MIT
"""Baselines against numpy and scikit-learn, on the same prompts.

The Lasso reference is LassoLars: the same objective as Lasso, but exact. Lasso itself, coordinate
descent, is still far from the minimum after 200 000 sweeps where k <= 20 and alpha <= 0.001.

Trees: which of several coordinates with equally good splits a tree takes is chance, in scikit-learn
as well, and decides what it answers off its examples (small nodes can be split alike by nearly
every coordinate). On its examples all such trees agree, and with one coordinate everywhere.

usage: check_predictors.py DUMP_PREDICTIONS   (the program built from dump_predictions.c)
Prints the worst difference of each; exits with 1 if one is too large, 77 without scikit-learn.
"""

import csv
import subprocess
import sys

try:
    import numpy as np
    from sklearn.linear_model import LassoLars
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.tree import DecisionTreeRegressor
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

POINTS = 41
KS = [1, 2, 3, 5, 10, 15, 19, 20, 21, 25, 30, 40]


def lasso(alpha):
    return lambda x, y: LassoLars(alpha=alpha, fit_intercept=False, max_iter=10_000).fit(x, y).predict


def linear(solve):
    return lambda x, y: lambda query: query @ solve(x, y)


def ridge(x, y):
    return np.linalg.solve(x.T @ x + 0.5 * np.eye(x.shape[1]), x.T @ y)


def neighbors(x, y):
    return KNeighborsRegressor(min(3, len(y)), algorithm="brute").fit(x, y).predict


def tree(depth):
    return lambda x, y: DecisionTreeRegressor(max_depth=depth, random_state=0).fit(x, y).predict


SMOOTH = {
    "least_squares": linear(lambda x, y: np.linalg.lstsq(x, y, rcond=None)[0]),
    "ridge": linear(ridge),
    "averaging": linear(lambda x, y: x.T @ y / len(y)),
    "nearest_neighbors": neighbors,
    **{f"lasso_{a:g}": lasso(a) for a in (1, 0.1, 0.01, 0.001, 0.0001)},
}
TREES = {"tree_4": tree(4), "tree": tree(None)}


def prompts(program, family, dims, direction):
    """One dictionary of columns per prompt, x [POINTS, dims]."""
    command = [program, family, str(dims), direction]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = list(csv.reader(text.splitlines()))
    table = np.array(rows[1:], dtype=float).reshape(-1, POINTS, len(rows[0]))
    for prompt in table:
        columns = dict(zip(rows[0], prompt.T))
        columns["x"] = np.stack([columns[f"x{j}"] for j in range(dims)], axis=1)
        yield columns


def compare(program, family, dims, direction, references):
    """The largest difference of every predictor over prompts and ks."""
    worst = dict.fromkeys(references, 0.0)
    for prompt in prompts(program, family, dims, direction):
        for k in KS:
            # "back": row i holds example i - 1 (and row 0 example 0 too), the query is the last.
            first = 1 if direction == "back" else 0
            x, y = prompt["x"][first : first + k], prompt["y"][first : first + k]
            for name, fit in references.items():
                theirs = fit(x, y)(prompt["x"][k : k + 1])[0]
                worst[name] = np.maximum(worst[name], abs(prompt[name][k] - theirs))  # keeps NaN
    for name, difference in worst.items():
        print(f"{family}, {dims} dims, {direction}: {name} {difference:.1e}")
    return np.max(list(worst.values()))


def main():
    program = sys.argv[1]
    worst = [
        compare(program, "linear_regression", 20, "ahead", SMOOTH),
        compare(program, "sparse_linear_regression", 20, "ahead", SMOOTH),
        compare(program, "linear_regression", 20, "back", TREES),
        compare(program, "sinusoid", 1, "ahead", TREES),
    ]
    sys.exit(1 if not np.max(worst) <= 1e-8 else 0)


if __name__ == "__main__":
    main()
