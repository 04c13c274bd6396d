# SPDX-License-Identifier: MIT
"""Least squares against numpy.linalg.lstsq and Lasso against scikit-learn, on the same prompts.

The Lasso reference is LassoLars: the same objective as Lasso, but exact. Lasso itself, coordinate
descent, is still far from the minimum after 200 000 sweeps where k <= 20 and alpha <= 0.001.

usage: check_predictors.py DUMP_PREDICTIONS   (the program built from dump_predictions.c)
Prints the worst difference of each; exits with 1 if one is too large, 77 without scikit-learn.
"""

import subprocess
import sys

try:
    import numpy as np
    from sklearn.linear_model import LassoLars
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

DIMS, POINTS = 20, 41
ALPHAS = [1, 0.1, 0.01, 0.001, 0.0001]
TOLERANCE = 1e-8


def reference(x, y, k, alpha):
    """The prediction for point k from the k examples before it."""
    if k == 0:
        return 0.0
    if alpha is None:
        return x[k] @ np.linalg.lstsq(x[:k], y[:k], rcond=None)[0]
    model = LassoLars(alpha=alpha, fit_intercept=False, max_iter=10_000)
    return x[k] @ model.fit(x[:k], y[:k]).coef_


def worst_differences(program, family, ks):
    """For least squares and every alpha: the largest difference over prompts and ks."""
    text = subprocess.run([program, family], check=True, capture_output=True, text=True).stdout
    table = np.array([line.split(",") for line in text.splitlines()], dtype=float)
    worst = np.zeros(1 + len(ALPHAS))
    for prompt in table.reshape(-1, POINTS, table.shape[1]):
        x, y, ours = prompt[:, 2 : 2 + DIMS], prompt[:, 2 + DIMS], prompt[:, 3 + DIMS :]
        for k in ks:
            theirs = np.array([reference(x, y, k, alpha) for alpha in [None, *ALPHAS]])
            worst = np.maximum(worst, np.abs(ours[k] - theirs))
    return worst


def main():
    failed = False
    for family in ["linear_regression", "sparse_linear_regression"]:
        worst = worst_differences(sys.argv[1], family, [0, 1, 2, 5, 10, 15, 19, 20, 21, 25, 30, 40])
        print(f"{family}: least squares {worst[0]:.1e}")
        for alpha, difference in zip(ALPHAS, worst[1:]):
            print(f"{family}: lasso {alpha:g} {difference:.1e}")
        failed |= not worst.max() <= TOLERANCE
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
