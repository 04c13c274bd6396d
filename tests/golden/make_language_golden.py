# SPDX-License-Identifier: MIT
"""Writes language.h5: ten Adam steps of tiny language models in PyTorch, with sentences, weights, losses, and
the gradients of the first and last step. Dropout's masks are made here, by a Philox of their own, as
ambit/operands.h defines them. Needs PyTorch and h5py:

    python3 tests/golden/make_language_golden.py tests/golden/language.h5
"""
import sys

import h5py
import numpy
import torch

from language import LAYERS, WEIGHTS, LanguageModel

WORDS, LONGEST, WIDTH, INNER, LAYER_COUNT, HEADS, BATCH, STEPS, SEED = 11, 19, 8, 12, 2, 2, 5, 10, 2 ** 40 + 3
STREAM = 11  # AMBIT_STREAM_DROPOUT
VARIANTS = {
    "post": dict(post=True, relu=True, bias=False, learned=False, tied=False),
    "post_dropout": dict(post=True, relu=True, bias=False, learned=False, tied=False, dropout=0.25),
    "pre_dropout": dict(post=False, relu=False, bias=True, learned=True, tied=True, dropout=0.125)}


def philox(counter, key):
    counter, key = list(counter), list(key)
    for _ in range(10):
        one, two = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(two >> 32) ^ counter[1] ^ key[0], two & 0xffffffff,
                   (one >> 32) ^ counter[3] ^ key[1], one & 0xffffffff]
        key = [(key[0] + 0x9E3779B9) & 0xffffffff, (key[1] + 0xBB67AE85) & 0xffffffff]
    return counter


def factors(count, dropout, step, sequence, place):
    """What dropout multiplies the elements of one sequence at one place by."""
    threshold = round(65536 * dropout)
    seed = (SEED & 0xffffffff, SEED >> 32)
    words = philox((place, sequence, step, STREAM << 24), seed)
    found = numpy.empty((-(-count // 128), 8, 16))
    for chunk in range(len(found)):
        for lane in range(16):
            block = philox((16 * chunk + lane, words[2], words[3], 0), words[:2])
            found[chunk, :, lane] = [w & 0xffff for w in block] + [w >> 16 for w in block]
    return numpy.where(found.reshape(-1)[:count] < threshold, 0, 65536 / (65536 - threshold))


def is_of_heads(place):
    return place >= LAYERS and (place - LAYERS) % (WEIGHTS + HEADS) >= WEIGHTS


def dropper(dropout, step, lengths):
    def drop(x, place):
        mask = torch.ones_like(x)
        for b, rows in enumerate(lengths):
            if is_of_heads(place):
                padded = -(-rows // 16) * 16
                for head in range(HEADS):
                    made = factors(rows * padded, dropout, step, b, place + head)
                    mask[b, head, :rows, :rows] = torch.tensor(made.reshape(rows, padded)[:, :rows].T)
            else:
                made = factors(rows * x.shape[2], dropout, step, b, place)
                mask[b, :rows] = torch.tensor(made.reshape(rows, x.shape[2]))
        return mask * x
    return drop


def flat(tensors):
    return numpy.concatenate([t.detach().numpy().ravel() for t in tensors])


def train(group, variant, ids, lengths):
    dropout = variant.pop("dropout", 0)
    torch.manual_seed(7)
    model = LanguageModel(WORDS, LONGEST, WIDTH, INNER, LAYER_COUNT, HEADS, **variant)
    with torch.no_grad():  # far from the special values of initialisation, so that every gradient counts
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    group.attrs["settings"] = [variant[name] for name in ("post", "relu", "bias", "learned", "tied")]
    group.attrs["dropout"] = dropout
    group.attrs["names"] = [name for name, _ in model.named_parameters()]
    group["initial"] = flat(model.parameters())
    losses = []
    for step in range(STEPS):
        adam.zero_grad()
        drop = dropper(dropout, step, lengths[step]) if dropout else lambda x, place: x
        scores = model(torch.tensor(ids[step, :, :-1]), drop)
        real = torch.arange(LONGEST)[None] < torch.tensor(lengths[step])[:, None]
        loss = torch.nn.functional.cross_entropy(scores[real], torch.tensor(ids[step, :, 1:])[real])
        loss.backward()
        losses.append(loss.item())
        if step in (0, STEPS - 1):
            group[f"gradient_{step}"] = flat(p.grad for p in model.parameters())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        adam.step()
    group["losses"] = losses
    group["final"] = flat(model.parameters())


def main(path):
    random = numpy.random.default_rng(20231001)
    ids = random.integers(WORDS, size=(STEPS, BATCH, LONGEST + 1))
    lengths = random.integers(1, LONGEST + 1, size=(STEPS, BATCH))
    lengths[:, 0] = LONGEST
    with h5py.File(path, "w") as file:
        file.attrs["sizes"] = [WORDS, LONGEST, WIDTH, INNER, LAYER_COUNT, HEADS, BATCH, STEPS]
        file.attrs["seed"] = SEED
        file["ids"], file["lengths"] = ids.astype("i4"), lengths.astype("i4")
        for name, variant in VARIANTS.items():
            train(file.create_group(name), dict(variant), ids, lengths)


if __name__ == "__main__":
    main(sys.argv[1])
