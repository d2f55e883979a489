"""The PyTorch side of bench/training-step.ts: the specimen's training step on the same shape, timed.

python bench/training-step.py STEPS PRECISION: float32 or bfloat16 (autocast). Prints one line of JSON.
A gated SiLU decoder with RMSNorm and rotary positions, packed rows under a mask, Muon on matrices (those of one shape
together) and AdamW on the rest: what the feasibility run of the specimen used, but for the gate.
"""

import contextlib
import json
import sys
import time

import torch
import torch.nn.functional as F

steps, precision = int(sys.argv[1]), sys.argv[2]
torch.manual_seed(1)
rows, length, width, layers, heads, hidden, vocabulary = 20, 96, 128, 6, 4, 352, 3058
tokens, head = rows * length, width // heads


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        matrix = lambda out, read: torch.nn.Parameter(torch.randn(out, read) * 0.5 / read**0.5)
        self.norm1, self.norm2 = (torch.nn.Parameter(torch.ones(width)) for _ in range(2))
        self.q, self.k, self.v, self.o = (matrix(width, width) for _ in range(4))
        self.gate, self.up, self.down = matrix(hidden, width), matrix(hidden, width), matrix(width, hidden)

    def forward(self, x, mask, cos, sin):
        h = F.rms_norm(x, (width,), self.norm1, 1e-5)
        split = lambda w: (h @ w.T).view(rows, length, heads, head).transpose(1, 2)
        q, k, v = split(self.q), split(self.k), split(self.v)

        def turned(y):
            a, b = y[..., : head // 2], y[..., head // 2 :]
            return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

        scores = (turned(q) @ turned(k).transpose(-1, -2)) / head**0.5 + mask
        x = x + (scores.softmax(-1) @ v).transpose(1, 2).reshape(rows, length, width) @ self.o.T
        h = F.rms_norm(x, (width,), self.norm2, 1e-5)
        return x + (F.silu(h @ self.gate.T) * (h @ self.up.T)) @ self.down.T


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Parameter(torch.randn(vocabulary, width) * 0.02)
        self.unembedding = torch.nn.Parameter(torch.randn(vocabulary, width) * 0.02)
        self.norm = torch.nn.Parameter(torch.ones(width))
        self.blocks = torch.nn.ModuleList(Block() for _ in range(layers))

    def forward(self, ids, mask, cos, sin):
        x = self.embedding[ids]
        for block in self.blocks:
            x = block(x, mask, cos, sin)
        return F.rms_norm(x, (width,), self.norm, 1e-5) @ self.unembedding.T


model = Model()
matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
groups = {}
for p in matrices:
    groups.setdefault(p.shape, []).append(p)
momenta = {shape: torch.zeros(len(some), *shape) for shape, some in groups.items()}
others = [p for p in model.parameters() if not any(p is m for m in matrices)]
adam = torch.optim.AdamW(others, lr=3e-3, betas=(0.9, 0.98), weight_decay=0.1)


@torch.no_grad()
def muon(rate):
    for shape, some in groups.items():
        g = torch.stack([p.grad for p in some])
        m = momenta[shape].mul_(0.95).add_(g)
        y = g + 0.95 * m
        y = y / (y.norm(dim=(1, 2), keepdim=True) + 1e-7)
        for _ in range(5):
            square = y @ y.mT if shape[0] <= shape[1] else y.mT @ y
            turn = -4.775 * square + 2.0315 * square @ square
            y = 3.4445 * y + (turn @ y if shape[0] <= shape[1] else y @ turn)
        for p, step in zip(some, y):
            p.mul_(1 - rate * 0.1).add_(step, alpha=-rate * 0.2 * max(shape) ** 0.5)


ids = torch.randint(vocabulary, (rows, length))
targets = torch.randint(vocabulary, (rows, length))
# Half of the tokens carry a loss, as in the specimen's corpus; documents of 16 tokens do not see each other.
targets[torch.rand(rows, length) < 0.5] = -100
place = torch.arange(length)
seen = (place[:, None] >= place[None]) & (place[:, None] // 16 == place[None] // 16)
mask = torch.where(seen, 0.0, -1e9)
angle = (place % 16)[:, None] * 10_000.0 ** (-torch.arange(head // 2) / (head // 2))
cos, sin = angle.cos(), angle.sin()
cast = torch.autocast("cpu", torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()
times = []
for step in range(steps + 10):
    start = time.perf_counter()
    with cast:
        loss = F.cross_entropy(model(ids, mask, cos, sin).flatten(0, 1).float(), targets.flatten(), ignore_index=-100)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    muon(3e-3)
    adam.step()
    model.zero_grad()
    if step >= 10:
        times.append(time.perf_counter() - start)
times.sort()
print(json.dumps({"median": times[len(times) // 2], "tokens": tokens}))
