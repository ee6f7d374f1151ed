#!/usr/bin/env python3
"""One fine-tuning step of an EDGY encoder in plain PyTorch, to hold `edgy finetune` against.

Usage: tests/bench/finetune_step.py [CHANNELS] [BATCH] [FRAMES] [STEPS]     (needs Debian's python3-torch, libopenblas0-pthread)

The step is the trainer's: masked weights, symmetric fake quantization of weights per output channel, 7-bit fake quantization of
activations, straight-through gradients, squared error against kept targets, Adam. Prints the median time of a step; the trainer writes
its own as "median_step_seconds" into RUN/log.json.
"""
import statistics
import sys
import time

import torch
import torch.nn.functional as functional

channels, batch, frames, steps = (int(a) for a in (sys.argv[1:] + ["768", "8", "128", "10"][len(sys.argv) - 1:])[:4])
torch.set_num_threads(2)
torch.manual_seed(1)


def straight_through(x, rounded):
    return x + (rounded - x).detach()


def fake_quantize_weights(w):
    scale = w.detach().abs().flatten(1).amax(1).view(-1, 1, 1) / 127
    return straight_through(w, (w / scale).round().clamp(-127, 127) * scale)


def fake_quantize_activations(x, scale=0.05):
    return straight_through(x.clamp(0, 127 * scale), (x / scale).round().clamp(0, 127) * scale)


kernels = [(80, channels, 3, 1), (channels, channels, 3, 1), (channels, channels, 4, 2), (channels, channels, 3, 1),
           (channels, channels, 3, 1), (channels, 64, 1, 1)]
layers = [torch.nn.Conv1d(i, o, k, stride=s) for i, o, k, s in kernels]
masks = [(torch.rand_like(layer.weight) > 0.8).float() for layer in layers]
optimizer = torch.optim.Adam([p for layer in layers for p in layer.parameters()], lr=1e-4)
x = torch.randn(batch, 80, frames)
target = torch.randn(batch, 64, (frames - 2) // 2 - 4)
times = []
for _ in range(steps + 1):
    start = time.perf_counter()
    y = x
    for i, (layer, mask) in enumerate(zip(layers, masks)):
        y = functional.conv1d(y, fake_quantize_weights(layer.weight * mask), layer.bias, layer.stride)
        if i + 1 < len(layers):
            y = fake_quantize_activations(y)
    loss = (y - target[..., :y.shape[-1]]).square().sum() / target.square().sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    times.append(time.perf_counter() - start)
print(f"{channels} channels, batch {batch} x {frames} frames: {1000 * statistics.median(times[1:]):.0f} ms a step")
