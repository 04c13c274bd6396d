# SPDX-License-Identifier: MIT
"""Garg et al.'s regression transformer in plain PyTorch, written for the tests and the benchmark: a
GPT-2 trunk (pre-layer-norm, gelu_new) between a linear read-in and a scalar read-out, with the parameter
names of their state_dict."""
import math

import torch
from torch import nn


class Conv1D(nn.Module):
    """Hugging Face GPT-2's linear layer: weight is [in, out]."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.c_attn = Conv1D(width, 3 * width)
        self.c_proj = Conv1D(width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        split = (batch, tokens, self.heads, width // self.heads)
        query, key, value = (t.view(split).transpose(1, 2) for t in self.c_attn(x).split(width, 2))
        score = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
        future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        weight = score.masked_fill(future, float("-inf")).softmax(3)
        return self.c_proj((weight @ value).transpose(1, 2).reshape(batch, tokens, width))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = Conv1D(width, 4 * width)
        self.c_proj = Conv1D(4 * width, width)

    def forward(self, x):
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = MLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Trunk(nn.Module):
    def __init__(self, positions, width, layers, heads):
        super().__init__()
        self.wpe = nn.Embedding(2 * positions, width)
        self.h = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, x):
        x = x + self.wpe.weight[: x.shape[1]]
        for block in self.h:
            x = block(x)
        return self.ln_f(x)


class Transformer(nn.Module):
    def __init__(self, positions, dims, width, layers, heads):
        super().__init__()
        self._read_in = nn.Linear(dims, width)
        self._backbone = Trunk(positions, width, layers, heads)
        self._read_out = nn.Linear(width, 1)
        for name, parameter in self.named_parameters():
            if name.endswith("weight") and parameter.dim() == 2 and "_read" not in name:
                scale = 0.02 / math.sqrt(2 * layers) if "c_proj" in name else 0.02
                nn.init.normal_(parameter, 0, scale)

    def forward(self, xs, ys):
        """Predictions [B, P] of ys [B, P] at the tokens of xs [B, P, D]."""
        batch, points, dims = xs.shape
        labels = torch.cat((ys[:, :, None], torch.zeros(batch, points, dims - 1)), 2)
        tokens = torch.stack((xs, labels), 2).view(batch, 2 * points, dims)
        return self._read_out(self._backbone(self._read_in(tokens)))[:, ::2, 0]
