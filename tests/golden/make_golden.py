# SPDX-License-Identifier: MIT
"""Writes training.h5: ten Adam steps of a tiny model in PyTorch, with weights, prompts, losses and the
gradients of the first and last step. Run with Debian's python3-torch and python3-h5py:

    /usr/bin/python3 tests/golden/make_golden.py tests/golden/training.h5
"""
import sys

import h5py
import torch

from gpt2 import Transformer

POSITIONS, DIMS, WIDTH, LAYERS, HEADS, BATCH, STEPS = 5, 3, 8, 2, 2, 6, 10


def main(path):
    torch.manual_seed(20231001)
    model = Transformer(POSITIONS, DIMS, WIDTH, LAYERS, HEADS)
    with torch.no_grad():  # far from the special values of initialisation, so that every gradient counts
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    xs = torch.randn(STEPS, BATCH, POSITIONS, DIMS)
    ys = (xs @ torch.randn(STEPS, BATCH, DIMS, 1))[..., 0]
    losses = []
    with h5py.File(path, "w") as file:
        file.attrs["sizes"] = [POSITIONS, DIMS, WIDTH, LAYERS, HEADS, BATCH, STEPS]
        file["xs"], file["ys"] = xs.double().numpy(), ys.double().numpy()
        for name, parameter in model.named_parameters():
            file[f"initial/{name}"] = parameter.detach().numpy()
        for step in range(STEPS):
            adam.zero_grad()
            loss = (model(xs[step], ys[step]) - ys[step]).square().mean()
            loss.backward()
            losses.append(loss.item())
            if step in (0, STEPS - 1):
                for name, parameter in model.named_parameters():
                    file[f"gradient_{step}/{name}"] = parameter.grad.numpy()
            adam.step()
        file["losses"] = losses
        for name, parameter in model.named_parameters():
            file[f"final/{name}"] = parameter.detach().numpy()


if __name__ == "__main__":
    main(sys.argv[1])
