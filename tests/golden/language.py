# SPDX-License-Identifier: MIT
"""A causal language model in plain PyTorch, written for the tests and the benchmark: a trunk in pre- or
post-norm order between a token embedding times √E and a read-out, with ambit's names of parameters."""
import math

import torch
from torch import nn

EMBEDDED, LAYERS = 0, 1  # places of dropout, as in src/model/trunk.c
ATTENTION, MLP, HIDDEN, WEIGHTS = range(4)


class Conv1D(nn.Module):
    """Hugging Face GPT-2's linear layer: weight is [in, out]."""

    def __init__(self, n_in, n_out, bias=True):
        super().__init__()
        self.weight = nn.Parameter(0.1 * torch.randn(n_in, n_out))
        self.bias = nn.Parameter(0.1 * torch.randn(n_out)) if bias else None

    def forward(self, x):
        x = x @ self.weight
        return x if self.bias is None else x + self.bias


class Attention(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.c_attn = Conv1D(width, 3 * width, bias)
        self.c_proj = Conv1D(width, width, bias)


class Inside(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.c_fc = Conv1D(width, inner)
        self.c_proj = Conv1D(inner, width)


class Layer(nn.Module):
    def __init__(self, width, inner, heads, place, post, relu, bias):
        super().__init__()
        self.heads, self.place, self.post = heads, place, post
        self.activate = nn.functional.relu if relu else lambda x: nn.functional.gelu(x, approximate="tanh")
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, bias)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = Inside(width, inner)

    def attention(self, x, drop):
        batch, tokens, width = x.shape
        split = (batch, tokens, self.heads, width // self.heads)
        query, key, value = (t.view(split).transpose(1, 2) for t in self.attn.c_attn(x).split(width, 2))
        score = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
        future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        weight = drop(score.masked_fill(future, float("-inf")).softmax(3), self.place + WEIGHTS)
        x = self.attn.c_proj((weight @ value).transpose(1, 2).reshape(batch, tokens, width))
        return drop(x, self.place + ATTENTION)

    def inside(self, x, drop):
        hidden = drop(self.activate(self.mlp.c_fc(x)), self.place + HIDDEN)
        return drop(self.mlp.c_proj(hidden), self.place + MLP)

    def forward(self, x, drop):
        if self.post:
            x = self.ln_1(x + self.attention(x, drop))
            return self.ln_2(x + self.inside(x, drop))
        x = x + self.attention(self.ln_1(x), drop)
        return x + self.inside(self.ln_2(x), drop)


def sinusoids(positions, width):
    angle = torch.arange(positions)[:, None] / 10000 ** (torch.arange(0, width, 2) / width)
    return torch.stack((angle.sin(), angle.cos()), 2).view(positions, width)


class Trunk(nn.Module):
    def __init__(self, words, positions, width, inner, layers, heads, post, relu, bias, learned):
        super().__init__()
        self.wte = nn.Embedding(words, width)
        if learned:
            self.wpe = nn.Embedding(positions, width)
        else:
            self.table = sinusoids(positions, width)
        self.h = nn.ModuleList(Layer(width, inner, heads, LAYERS + i * (WEIGHTS + heads), post, relu, bias)
                               for i in range(layers))
        if not post:
            self.ln_f = nn.LayerNorm(width)

    def forward(self, ids, drop):
        table = self.wpe.weight if hasattr(self, "wpe") else self.table
        x = self.wte(ids) * math.sqrt(self.wte.embedding_dim) + table[: ids.shape[1]]
        x = drop(x, EMBEDDED)
        for layer in self.h:
            x = layer(x, drop)
        return self.ln_f(x) if hasattr(self, "ln_f") else x


class ReadOut(nn.Module):
    def __init__(self, words, width, tied):
        super().__init__()
        self.weight = None if tied else nn.Parameter(0.1 * torch.randn(words, width))
        self.bias = nn.Parameter(0.1 * torch.randn(words))


class LanguageModel(nn.Module):
    """Sequences are padded at their end, where the causal mask hides the padding."""

    def __init__(self, words, positions, width, inner, layers, heads, post=True, relu=True, bias=False,
                 learned=False, tied=False):
        super().__init__()
        self._backbone = Trunk(words, positions, width, inner, layers, heads, post, relu, bias, learned)
        self.lm_head = ReadOut(words, width, tied)

    def forward(self, ids, drop=lambda x, place: x):
        """Scores [B, T, V] of the words that follow ids [B, T]; drop(x, place) applies dropout."""
        weight = self._backbone.wte.weight if self.lm_head.weight is None else self.lm_head.weight
        return self._backbone(ids, drop) @ weight.T + self.lm_head.bias
